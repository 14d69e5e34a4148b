"""Two endpoints side by side from tables, in files and by the commands; what is refused."""

from __future__ import annotations

import csv
import io
import json
import math
from copy import deepcopy
from xml.etree import ElementTree

import pytest
from beside_records import CALLED, PAIRS, other, tables, trials_of
from forest_records import record, survival, trial
from matplotlib.figure import Figure
from panel_checks import check_canvas, check_panels, check_texts
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app
from trialpool.figures.forest.panels.pairing import NOT_POOLABLE
from trialpool.figures.forest.panels.table import Absent
from trialpool.figures.forest.sheet import csv_text
from trialpool.figures.forest.table import Row
from trialpool.figures.given.records import record_of_pool
from trialpool.records.files import write_record


def test_tables_are_matched_by_name():
    first, second = tables()
    drawn = tp.forest(first, beside=second, names=("PFS", "OS"))
    same = tp.forest(first, beside=(tp.pool(second), second), names=("PFS", "OS"))
    assert drawn.geometry == same.geometry
    shown = {row.label: [isinstance(p, Row) for p in row.parts] for row in trials_of(drawn)}
    assert shown == {
        "A": [True, True], "D": [False, True], "B": [True, False], "C": [True, False],
    }  # fmt: skip
    (row,) = [row for row in drawn.table.rows if row.kind == "pool"]
    assert [part.estimate for part in row.parts] == [tp.pool(e).estimate for e in (first, second)]
    heads = [t.text for t in drawn.geometry.texts if t.role == "header"]
    assert {"PFS", "OS"} <= set(heads)
    check_panels(drawn)
    cells = [{"dose": 5 * i} for i in range(3)]
    wider = tp.forest(
        *(first,), beside=second, names=("PFS", "OS"), cells=cells,
        beside_cells=[{"dose": 0}, {"dose": 20}], columns=["dose"],
    )  # fmt: skip
    assert {row.label: row.cell("dose") for row in trials_of(wider)} == {
        "A": "0", "D": "20", "B": "5", "C": "10",
    }  # fmt: skip


def test_what_cannot_stand_side_by_side_is_refused(real):
    first, second = tables()
    with pytest.raises(ValueError, match=r"names=.*: the two plots must be told apart"):
        tp.forest(first, beside=second)
    with pytest.raises(ValueError, match="names and beside_cells go with beside"):
        tp.forest(first, names=("PFS", "OS"))
    twice = tp.effect_sizes(yi=[0.1, 0.2], vi=[1, 1], measure="HR", labels=["A", "A"])
    with pytest.raises(ValueError, match="'A' stands twice in the group 'All trials'"):
        tp.forest(twice, beside=second, names=("PFS", "OS"))
    with pytest.raises(ValueError, match="Second: proportions of single arms"):
        tp.forest(survival(), beside=real["her2-mutant-orr"], names=CALLED)
    with pytest.raises(TypeError, match="no result record"):
        tp.forest(first, beside={"a": 1}, names=CALLED)


def test_names_that_stand_twice_are_told_apart_by_comparison():
    effect = (0.8, 0.6, 1.1)
    items = [trial("MULTI", 2020, "All", f"arm {n}", effect) for n in (1, 2)]
    for item in items:
        item["experimental"]["arm_id"] = ""
    drawn = tp.forest(
        record("a", "A", items), beside=record("b", "B", deepcopy(items[1:])), names=CALLED
    )
    shown = [(row.cell("comparison"), isinstance(row.parts[1], Row)) for row in trials_of(drawn)]
    assert shown == [("arm 1", False), ("arm 2", True)]


def test_csv_is_what_is_drawn(real):
    drawn = tp.forest(real["metastatic-pfs"], beside=real["metastatic-os"])
    rows = list(csv.DictReader(io.StringIO(csv_text(drawn))))
    assert len(rows) == len(drawn.table.rows)
    for line, row in zip(rows, drawn.table.rows, strict=True):
        assert (line["kind"], line["label"]) == (row.kind, row.label)
        for code, part in zip(("PFS", "OS"), row.parts or (None, None), strict=True):
            if isinstance(part, Absent):
                assert line[f"{code}_effect"] == part.text
            elif part is None:
                assert not line[f"{code}_effect"]
            else:
                assert line[f"{code}_effect"] == part.effect
                if part.estimate is not None:
                    assert float(line[f"{code}_estimate"]) == pytest.approx(math.exp(part.estimate))


@pytest.mark.parametrize(
    ("preset", "looks"),
    [
        ("default", {"pi_style": "density", "stripes": True, "cid": 0.9}),
        ("jama", {"pi_style": "shade", "squares": "exact", "symmetric": True}),
        ("revman5", {"columns": ["comparison", "counts"]}),
        ("lancet", {"pi_style": "polygon", "stamp": True, "label_style": "parentheses"}),
    ],
)
def test_what_the_caller_changes_of_a_preset_holds_for_both_plots(preset, looks):
    built = survival()
    drawn = tp.forest(built, beside=other(built), names=CALLED, preset=preset, **looks)
    check_texts(drawn.geometry)
    check_canvas(drawn.geometry)
    kinds = [mark.kind for mark in drawn.geometry.marks]
    assert ("stripe" in kinds) == ("stripes" in looks)
    assert kinds.count("band") == (2 if "cid" in looks else 0)
    totals = [row for row in drawn.table.rows if row.kind == "total"]
    assert bool(totals) == (preset == "revman5")
    said = {r.label.split(":")[0] for r in drawn.table.rows if r.kind == "statistics"}
    assert said == {"Heterogeneity, First", "Heterogeneity, Second"}
    stamps = [note for note in drawn.notes if note.startswith("Data version: First ")]
    assert len(stamps) == ("stamp" in looks)


def test_characters_without_a_glyph_are_named_and_risk_of_bias_is_refused():
    built = survival()
    built["trials"][0]["label"] = "CLEOPATRA \U00012000"
    drawn = tp.forest(built, beside=other(built), names=CALLED)
    assert any("U+12000" in note for note in drawn.notes)
    check_panels(drawn)
    with pytest.raises(ValueError, match="rob is not drawn in a plot of several panels"):
        tp.forest(built, beside=other(built), names=CALLED, columns_right=["effect", "rob"])


def test_trials_of_a_table_that_could_not_be_pooled_are_named():
    first = {"events_experimental": [0, 5, 3], "n_experimental": [10, 20, 30],
             "events_control": [0, 8, 9], "n_control": [10, 20, 30]}  # fmt: skip
    second = {**first, "events_experimental": [2, 5, 3]}
    sizes = [tp.effect_sizes(**c, measure="OR", labels=list("ABC")) for c in (first, second)]
    records = [
        record_of_pool(
            {
                **tp.pool(s).to_dict(),
                "excluded": [{"label": out.label, "reason": out.reason} for out in s.excluded],
            },
            s,
        )
        for s in sizes
    ]
    drawn = tp.forest(records[0], beside=records[1], names=CALLED)
    (row,) = [row for row in trials_of(drawn) if row.label == "A"]
    assert isinstance(row.parts[0], Absent)
    assert row.parts[0].text == NOT_POOLABLE
    assert any(r.label.startswith("First: A: ") for r in drawn.table.rows)
    check_panels(drawn)


def test_files_are_whole_and_the_same_every_time(real, tmp_path):
    def drawn():
        return tp.forest(real["her2low-pfs"], beside=real["her2low-os"])

    for extension in ("svg", "pdf", "png", "csv"):
        (one,) = drawn().save(tmp_path / f"one.{extension}")
        (two,) = drawn().save(tmp_path / f"two.{extension}")
        assert one.read_bytes() == two.read_bytes()
    root = ElementTree.parse(tmp_path / "one.svg").getroot()
    identifier = "her2low-pfs-beside-her2low-os"
    assert root.get("id") == identifier
    assert all(e.get("id", identifier).startswith(identifier) for e in root.iter())
    words = next(e.text for e in root.iter() if e.tag.endswith("desc"))
    assert words.startswith("Two forest plots side by side on 2 comparisons, 1 of them in both")


def test_drawn_into_axes_of_the_user(real):
    figure = Figure(figsize=(12, 8))
    drawn = tp.forest(real["her2low-pfs"], beside=real["her2low-os"], ax=figure.add_subplot())
    assert drawn.figure is figure


def run(*arguments):
    return CliRunner().invoke(app, ["forest", *map(str, arguments)])


def test_command_draws_records_and_tables(real, tmp_path):
    paths = []
    for name in PAIRS[1]:
        paths.append(tmp_path / f"{name}.json")
        write_record(paths[-1], real[name])
    done = run(paths[0], "--beside", paths[1], "-o", tmp_path / "out.csv", "--preset", "jama")
    assert done.exit_code == 0, done.output
    wanted = tp.forest(real["her2low-pfs"], beside=real["her2low-os"], preset="jama")
    assert (tmp_path / "out.csv").read_text("utf-8") == csv_text(wanted)
    (tmp_path / "pfs.csv").write_text("trial,hr,ci_lower,ci_upper\nA,.7,.5,.9\nB,.8,.6,1.1\n")
    (tmp_path / "os.csv").write_text("trial,hr,ci_lower,ci_upper\nA,.9,.7,1.2\n")
    command = [tmp_path / "pfs.csv", "--beside", tmp_path / "os.csv", "-o", tmp_path / "t.csv"]
    done = run(*command, "--json")
    assert done.exit_code == 0, done.output
    assert [len(built["trials"]) for built in json.loads(done.stdout)] == [2, 1]
    head = (tmp_path / "t.csv").read_text("utf-8").splitlines()[0]
    assert "pfs_effect" in head
    assert "os_effect" in head


def test_command_refuses_what_it_cannot_draw(real, tmp_path):
    path = tmp_path / "result.json"
    write_record(path, real["her2low-pfs"])
    out = ("-o", tmp_path / "x.svg")
    for arguments, status, words in (
        ((path, "--tau2", "DL"), 2, "is pooled already"),
        ((path, "--names", "a", "b"), 2, "goes with --beside"),
        ((path, "--beside", path), 2, "must be told apart"),
    ):
        done = run(*arguments, *out)
        assert done.exit_code == status
        assert words in " ".join(done.output.replace("│", " ").split())
    for content, words in (("{", "cannot be read as JSON"), ("[]", "this is no result record")):
        path.write_text(content, encoding="utf-8")
        done = run(path, *out)
        assert (done.exit_code, isinstance(done.exception, tp.InputError)) == (1, True)
        assert words in str(done.exception)


def test_step_draws_the_pair_and_removes_what_is_no_longer_asked(real, tmp_path):
    for name in PAIRS[1]:
        (tmp_path / name).mkdir()
        path = tmp_path / name / "result.json"
        write_record(path, real[name])
    folder = tmp_path / "her2low-pfs"
    step = ["step", "figures", str(folder)]
    done = CliRunner().invoke(app, [*step, "--beside", "her2low-pfs=her2low-os"])
    assert done.exit_code == 0, done.output
    found = {path.name for path in folder.glob("beside.*")}
    assert found == {"beside.svg", "beside.pdf", "beside.png", "beside.csv"}
    wanted = csv_text(tp.forest(real["her2low-pfs"], beside=real["her2low-os"]))
    assert (folder / "beside.csv").read_text("utf-8") == wanted
    assert CliRunner().invoke(app, step).exit_code == 0
    assert not list(folder.glob("beside.*"))
    assert CliRunner().invoke(app, [*step, "--beside", "her2low-pfs"]).exit_code == 2

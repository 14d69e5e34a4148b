"""Two results on one set of rows: which trials meet, what stands where, and its numbers."""

from __future__ import annotations

import csv
import io
import json
import math
from copy import deepcopy
from xml.etree import ElementTree

import pytest
from forest_records import non_inferiority, record, response, single, survival, trial
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from panel_checks import check_canvas, check_panels, check_texts
from stress_records import clipped, names, two_hundred, wide_range
from typer.testing import CliRunner

import trialpool as tp
from trialpool import formatting as fmt
from trialpool.cli.main import app
from trialpool.figures.panels.pairing import ELSEWHERE, LEFT_OUT, NOT_POOLABLE, NOT_REPORTED
from trialpool.figures.panels.table import Absent, merged
from trialpool.figures.pooled import record_of_pool
from trialpool.figures.presets import PRESETS, get_preset
from trialpool.figures.save import csv_text
from trialpool.figures.table import Row
from trialpool.measures import get_measure

PAIRS = (
    ("metastatic-pfs", "metastatic-os"),
    ("her2low-pfs", "her2low-os"),
    ("brain-metastases-pfs", "brain-metastases-os"),
)
CALLED = ("First", "Second")


def other(built, **changes):
    """The same trials under another endpoint: every other one, effects moved, one new."""
    copy = deepcopy(built)
    for item in copy["trials"]:
        for name in ("estimate", "ci_lower", "ci_upper"):
            item[name] += 0.1
    kept = copy["trials"][::2]
    if kept:
        kept.append({**deepcopy(kept[0]), "label": "Newcomer", "trial_id": "new"})
        kept[-1]["experimental"]["arm_id"] = "n"
    made = record("other", "Another endpoint", sorted(kept, key=lambda t: t["group"]))
    return {**made, "endpoints": ["PFS"], **changes}


def trials_of(drawn):
    return [row for row in drawn.table.rows if row.kind == "trial"]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
def test_layout_of_every_preset_on_the_real_questions(real, pair, preset):
    check_panels(tp.forest(real[pair[0]], beside=real[pair[1]], preset=preset))


# Each case under two presets, each preset on two or three cases.
STRAIN = [names, wide_range, clipped, response, non_inferiority, single]
TWICE = [*zip(STRAIN, [*PRESETS, "jama"], strict=True)]
TWICE += zip(STRAIN, ["revman5", "lancet", "default", "jama", "revman5", "bmj"], strict=True)


@pytest.mark.parametrize(("build", "preset"), TWICE)
def test_layout_under_strain(build, preset):
    built = build()
    check_panels(tp.forest(built, beside=other(built), names=CALLED, preset=preset))


def test_two_hundred_trials_on_pages():
    built = two_hundred()
    drawn = tp.forest(built, beside=other(built), names=CALLED)
    assert len(drawn.pages) >= 4
    check_panels(drawn)
    for page in drawn.pages:
        roles = [text.role for text in page.geometry.texts]
        assert {"title", "header", "tick", "favours"} <= set(roles)
        assert len({t.row for t in page.geometry.texts if t.row is not None}) <= 60


@pytest.mark.parametrize(("width", "columns"), [(183.0, []), (297.0, None), (340.0, ["counts"])])
def test_width_can_be_chosen(real, width, columns):
    drawn = tp.forest(
        real["metastatic-pfs"], beside=real["metastatic-os"], width_mm=width, columns=columns
    )
    assert drawn.geometry.width == pytest.approx(width * 72 / 25.4)
    check_panels(drawn)


def test_too_narrow_a_width_is_refused_with_the_least_possible(real):
    with pytest.raises(ValueError, match=r"width_mm = 100: the columns need at least \d+ mm"):
        tp.forest(real["her2low-pfs"], beside=real["her2low-os"], width_mm=100)


@pytest.mark.parametrize("preset", PRESETS)
def test_printed_numbers_are_those_of_the_records(real, preset):
    """Every trial, pool and prediction interval of both records, as its texts print it."""
    records = [real[name] for name in PAIRS[0]]
    drawn = tp.forest(records[0], beside=records[1], preset=preset, rows_per_page=None)
    style, measure = get_preset(preset).style, get_measure("HR")

    def printed(estimate, lower, upper):
        return fmt.effect_with_interval(estimate, lower, upper, measure, style)

    for number, built in enumerate(records):
        column = "effect" if number == 0 else "effect 2"
        found = {"trial": [], "pool": [], "prediction": []}
        for index, row in enumerate(drawn.table.rows):
            part = row.parts[number] if row.parts else None
            if not isinstance(part, Row) or row.kind == "heading":
                continue
            texts = [t for t in drawn.geometry.texts_of(index) if t.column == column]
            texts = sorted((t for t in texts if t.role != "symbol"), key=lambda t: t.box[0])
            shown = "".join(text.text for text in texts).replace(" ", "")
            assert shown == part.effect.replace(" ", "")
            found[row.kind].append(part.effect)
        wanted = {
            "trial": [
                printed(t["estimate"], t["ci_lower"], t["ci_upper"]) for t in built["trials"]
            ],
            "pool": [],
            "prediction": [],
        }
        for group in built["groups"]:
            if group["k"] == 1:
                continue
            for name in ("bayes", "common-effect", "hk-adhoc"):
                pool = group["models"][name]
                wanted["pool"].append(printed(pool["estimate"], pool["ci_lower"], pool["ci_upper"]))
            wanted["prediction"].append(
                style.opening
                + fmt.interval(group["pi_lower"], group["pi_upper"], measure, style)
                + style.closing
            )
        assert {kind: sorted(texts) for kind, texts in found.items()} == {
            kind: sorted(texts) for kind, texts in wanted.items()
        }


def test_a_trial_without_one_endpoint_says_so(real):
    drawn = tp.forest(real["metastatic-pfs"], beside=real["metastatic-os"])
    said = {}
    notes = dict(drawn.table.flags)
    for row in trials_of(drawn):
        for number, part in enumerate(row.parts):
            if isinstance(part, Absent):
                said[row.label, number] = (part.text, *(notes[symbol] for symbol in part.flags))
    assert said["BOLERO-1", 1] == (NOT_REPORTED,)
    assert said["H0648g (Slamon pivotal)", 0] == (NOT_REPORTED,)
    assert said["TAnDEM", 1] == (NOT_POOLABLE, "Overall survival: no estimate was printed")
    assert said["PRECIOUS (JBCRG-M05)", 0][0] == NOT_POOLABLE
    excluded = {item["label"] for item in real["metastatic-os"]["excluded"]
                if item["stage"] == NOT_POOLABLE}  # fmt: skip
    assert {
        label for (label, n), (text, *_) in said.items() if n == 1 and text == NOT_POOLABLE
    } <= (excluded)
    texts = [t.text for t in drawn.pages[0].geometry.texts if t.role == "missing"]
    assert NOT_REPORTED in texts
    for label, _ in said:
        assert label in drawn.alt


def test_results_of_other_patients_are_left_out_with_their_reason(real):
    drawn = tp.forest(real["brain-metastases-pfs"], beside=real["brain-metastases-os"])
    notes = dict(drawn.table.flags)
    parts = {row.label.partition(",")[0]: row.parts[1] for row in trials_of(drawn)}
    assert parts["HER2CLIMB"].text == NOT_POOLABLE
    assert parts["DESTINY-Breast03"].text == LEFT_OUT
    reasons = [item["reason"] for item in real["brain-metastases-os"]["excluded"]
               if item["trial_id"] == "destiny-breast03"]  # fmt: skip
    (symbol,) = parts["DESTINY-Breast03"].flags
    assert notes[symbol] == f"Overall survival: {reasons[0]}"


def test_every_trial_of_both_stands_once_in_its_group(real):
    for first, second in PAIRS:
        drawn = tp.forest(real[first], beside=real[second])
        for number, name in enumerate((first, second)):
            shown = [(row.group, row.parts[number].trial_id) for row in trials_of(drawn)
                     if isinstance(row.parts[number], Row)]  # fmt: skip
            assert sorted(shown) == sorted(
                (t["group"], t["trial_id"]) for t in real[name]["trials"]
            )
        assert all(any(isinstance(p, Row) for p in row.parts) for row in trials_of(drawn))


def test_groups_keep_the_first_order_and_new_ones_follow_their_forerunner(real):
    drawn = tp.forest(real["metastatic-pfs"], beside=real["metastatic-os"])
    shown = [row.group for row in drawn.table.rows if row.kind == "heading"]
    first = [group["label"] for group in real["metastatic-pfs"]["groups"]]
    assert [label for label in shown if label in first] == first
    new = "CDK4/6 inhibitor + endocrine therapy instead of chemotherapy"
    assert new not in first
    assert shown[shown.index(new) - 1] == "mTOR inhibitor added"


@given(st.lists(st.integers(0, 9), unique=True), st.lists(st.integers(0, 9), unique=True))
def test_merged_orders(first, second):
    order = merged(first, second)
    assert sorted(order) == sorted({*first, *second})
    assert [item for item in order if item in first] == first
    fresh = [item for item in second if item not in first]
    if first == sorted(first) and second == sorted(second):
        assert [item for item in order if item in fresh] == fresh
    for item in fresh:
        before = second[: second.index(item)]
        assert not before or order.index(before[-1]) < order.index(item)


def test_a_trial_in_another_group_is_not_put_beside_pools_of_which_it_is_no_part():
    built = survival()
    moved = deepcopy(built)
    moved["trials"][0]["group"] = moved["trials"][-1]["group"]
    moved["trials"].sort(key=lambda t: t["group"])
    drawn = tp.forest(built, beside=record("b", "B", moved["trials"]), names=CALLED)
    rows = [row for row in trials_of(drawn) if row.label == "CLEOPATRA, 2020"]
    assert [[isinstance(p, Row) for p in row.parts] for row in rows] == [
        [True, False],
        [False, True],
    ]
    assert {part.text for row in rows for part in row.parts if isinstance(part, Absent)} == {
        ELSEWHERE
    }


def test_each_side_of_each_null_is_named_for_its_own_endpoint():
    drawn = tp.forest(survival(), beside=response(), names=CALLED)
    texts = [text for text in drawn.geometry.texts if text.role == "favours"]
    nulls = [panel.x(0.0) for panel in drawn.geometry.panels]
    middle = sum(nulls) / 2
    for number, built in enumerate((survival(), response())):
        own = [t for t in texts if (t.box[0] > middle) == (number == 1)]
        left = " ".join(t.text for t in own if t.box[2] < nulls[number])
        right = " ".join(t.text for t in own if t.box[0] > nulls[number])
        assert (left, right) == (built["favours"]["lower"], built["favours"]["higher"])
    lines = [mark for mark in drawn.geometry.marks if mark.kind == "pooled-line"]
    assert [mark.panel for mark in lines] == [1]


def test_notes_of_both_endpoints_share_one_set_of_letters(real):
    drawn = tp.forest(real["metastatic-pfs"], beside=real["metastatic-os"])
    notes = dict(drawn.table.flags)
    assert len(set(notes.values())) == len(notes)
    for number, name in enumerate(PAIRS[0]):
        flags = {(t["group"], t["trial_id"]): t["flags"] for t in real[name]["trials"]}
        for row in trials_of(drawn):
            part = row.parts[number]
            if isinstance(part, Row):
                own = flags[row.group, part.trial_id]
                assert {notes[symbol] for symbol in part.flags} == set(own)


def test_years_stand_only_where_they_are_those_of_both_endpoints(real):
    drawn = tp.forest(real["metastatic-pfs"], beside=real["metastatic-os"])
    assert "CLEOPATRA" in {row.label for row in trials_of(drawn)}
    same = survival()
    labels = {row.label for row in trials_of(tp.forest(same, beside=other(same), names=CALLED))}
    assert "CLEOPATRA, 2020" in labels


def test_columns_of_one_endpoint_stand_with_its_plot_and_shared_ones_once():
    built = survival()
    another = other(built)
    for made in (built, another):
        for item in made["trials"]:
            item["region"] = "Europe"
            item["follow_up"] = 12 if made is built else 24
    drawn = tp.forest(
        built,
        beside=another,
        names=CALLED,
        columns=["region", "counts", "follow_up"],
        columns_right=["effect"],
        arms=("New", "Old"),
    )
    assert [column.name for column in drawn.table.shared] == ["region"]
    for half, follow_up in zip(drawn.table.panels, ("12", "24"), strict=True):
        assert half.left == ("experimental", "control", "follow_up")
        assert half.right == ("effect",)
        assert {r.cell("follow_up") for r in half.rows if r.kind == "trial"} == {follow_up}
    check_panels(drawn)
    with pytest.raises(ValueError, match="First: columns: no trial has dose"):
        tp.forest(built, beside=another, names=CALLED, columns_right=["dose"])
    with pytest.raises(ValueError, match="columns: no trial of either result has dose"):
        tp.forest(built, beside=another, names=CALLED, columns=["dose"])
    with pytest.raises(ValueError, match="First: order='size': no trial has it"):
        tp.forest(built, beside=another, names=CALLED, order="size")


def tables():
    first = tp.effect_sizes(
        hr=[0.7, 0.8, 0.9], ci_lower=[0.5, 0.6, 0.5], ci_upper=[0.9, 1.1, 1.5], labels=list("ABC")
    )
    second = tp.effect_sizes(
        hr=[0.75, 0.85], ci_lower=[0.5, 0.6], ci_upper=[1.1, 1.2], labels=["A", "D"]
    )
    return first, second


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


def test_what_cannot_stand_side_by_side_is_refused():
    first, second = tables()
    with pytest.raises(ValueError, match=r"names=.*: the two plots must be told apart"):
        tp.forest(first, beside=second)
    with pytest.raises(ValueError, match="names and beside_cells go with beside"):
        tp.forest(first, names=("PFS", "OS"))
    twice = tp.effect_sizes(yi=[0.1, 0.2], vi=[1, 1], measure="HR", labels=["A", "A"])
    with pytest.raises(ValueError, match="'A' stands twice in the group 'All trials'"):
        tp.forest(twice, beside=second, names=("PFS", "OS"))
    with pytest.raises(ValueError, match="Second: proportions of single arms"):
        tp.forest(survival(), beside={**survival(), "single_arm": True}, names=CALLED)
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
        paths[-1].write_text(json.dumps(real[name]), encoding="utf-8")
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
    path.write_text(json.dumps(real["her2low-pfs"]), encoding="utf-8")
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
        path.write_text(json.dumps(real[name]), encoding="utf-8")
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

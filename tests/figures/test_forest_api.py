"""`trialpool.forest`: what it accepts, columns, order, widths, pages, axes and files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from xml.etree import ElementTree

import pypdfium2
import pytest
from forest_records import survival
from layout_checks import check_layout
from matplotlib.figure import Figure
from PIL import Image
from stress_records import two_hundred
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app
from trialpool.figures.forest.columns import MM
from trialpool.figures.forest.options.presets import PRESETS
from trialpool.figures.forest.words.flags import CHANGED, NEW, SINGLE_READER

HR = {
    "hr": [0.69, 0.68, 1.05, 0.68],
    "ci_lower": [0.58, 0.45, 0.73, 0.51],
    "ci_upper": [0.82, 1.03, 1.52, 0.90],
}
LABELS = ["CLEOPATRA", "PUFFIN", "PERTAIN", "PHEREXA"]


@pytest.fixture
def effects():
    return tp.effect_sizes(**HR, labels=LABELS)


def test_the_three_inputs_draw_the_same(effects):
    pooled = tp.pool(effects)
    one, two = tp.forest(effects), tp.forest(pooled, effects)
    assert one.geometry == two.geometry
    assert tp.forest(survival()).geometry.texts
    rows = [row for row in one.table.rows if row.kind == "trial"]
    assert [row.label for row in rows] == LABELS
    assert rows[0].effect == "0.69 [0.58 to 0.82]"
    (pool,) = [row for row in one.table.rows if row.kind == "pool"]
    assert (pool.estimate, pool.lower, pool.upper) == (
        pooled.estimate, pooled.ci_lower, pooled.ci_upper,
    )  # fmt: skip
    assert [row.weight for row in rows] == list(pooled.weights)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (lambda e: (tp.pool(e),), TypeError, "give the EffectSizes"),
        (lambda e: ([0.1],), TypeError, "result is list; allowed"),
        (lambda e: ({"a": 1},), TypeError, "no result record"),
        (
            lambda e: (tp.pool(e), tp.effect_sizes(yi=[0.1, 0.2], vi=[1, 1], measure="HR")),
            ValueError,
            "the pool has 4 trials of HR, the effects 2 of HR",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(effects, arguments, error, message):
    with pytest.raises(error, match=message):
        tp.forest(*arguments(effects))


def test_columns_of_the_data_left_and_right(effects):
    cells = [{"dose": f"{5 * i} mg", "follow_up": 12.5 + i} for i in range(4)]
    drawn = tp.forest(effects, cells=cells, columns=["dose"], columns_right=["effect", "follow_up"])
    assert (drawn.table.left, drawn.table.right) == (("dose",), ("effect", "follow_up"))
    panel = drawn.geometry.panel
    at = {text.text: text for text in drawn.geometry.texts}
    assert at["10 mg"].box[2] < panel.left
    assert at["13.5"].box[0] > panel.right
    assert at["Follow up"].align == at["13.5"].align == "right"
    assert at["Dose"].align == at["10 mg"].align == "left"
    check_layout(drawn)


def test_a_column_that_no_trial_has_is_refused(effects):
    with pytest.raises(ValueError, match="columns: no trial has age; there are: comparison"):
        tp.forest(effects, columns=["age"])
    with pytest.raises(ValueError, match="weight is asked for twice"):
        tp.forest(effects, columns=["weight"], columns_right=["effect", "weight"])


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("given", LABELS),
        ("label", sorted(LABELS)),
        ("precision", ["CLEOPATRA", "PHEREXA", "PERTAIN", "PUFFIN"]),
        ("n", ["PERTAIN", "PUFFIN", "PHEREXA", "CLEOPATRA"]),
    ],
)
def test_order_of_trials(effects, order, expected):
    cells = [{"n": n} for n in (808, 243, 100, 452)]
    drawn = tp.forest(effects, cells=cells, order=order)
    assert [row.label for row in drawn.table.rows if row.kind == "trial"] == expected


def test_order_by_estimate_and_an_unknown_one(effects):
    rows = [row for row in tp.forest(effects, order="estimate").table.rows if row.kind == "trial"]
    assert [row.estimate for row in rows] == sorted(row.estimate for row in rows)
    with pytest.raises(ValueError, match="order='size': no trial has it; there are: "):
        tp.forest(effects, order="size")


def test_rows_say_who_read_them_and_what_is_new():
    record = survival()
    record["trials"][0]["extraction"] = "single"
    before = survival()
    del before["trials"][2]
    before["trials"][1]["estimate"] += 1e-6
    drawn = tp.forest(record, mark_single_reader=True, previous=before)
    texts = dict(drawn.table.flags)
    rows = [row for row in drawn.table.rows if row.kind == "trial"]
    last = [texts[row.flags[-1]] if row.flags else "" for row in rows[:3]]
    assert last == [SINGLE_READER, CHANGED, NEW]
    added = {SINGLE_READER, CHANGED, NEW}
    assert not any(texts[symbol] in added for row in rows[3:] for symbol in row.flags)
    assert not added & set(dict(tp.forest(record).table.flags).values())
    check_layout(drawn)


def test_names_of_the_arms_stand_over_the_counts():
    names = ("Pertuzumab, trastuzumab and docetaxel", "Placebo")
    drawn = tp.forest(survival(), arms=names)
    heads = [t for t in drawn.geometry.texts if t.role == "header" and t.column == "experimental"]
    assert " ".join(text.text for text in heads) == f"{names[0]} events/n"
    check_layout(drawn)


@pytest.mark.parametrize(("name", "mm"), [("column", 89), ("lancet-page", 154), ("page", 183)])
def test_named_widths(effects, name, mm):
    drawn = tp.forest(effects, width_mm=name, columns=[], columns_right=["effect"])
    assert drawn.geometry.width <= mm * MM + 1e-6
    check_layout(drawn)


def test_one_column_of_the_lancet(effects):
    drawn = tp.forest(
        effects, preset="lancet", width_mm="lancet-column", columns=[], columns_right=["effect"]
    )
    assert drawn.geometry.width == pytest.approx(75 * MM)
    check_layout(drawn)


@pytest.mark.parametrize(("width", "message"), [("wide", "is not known; allowed"), (-3, "above 0")])
def test_widths_that_are_none(effects, width, message):
    with pytest.raises(ValueError, match=message):
        tp.forest(effects, width_mm=width)


def test_arguments_win_over_the_preset(effects):
    drawn = tp.forest(
        effects, preset="revman5", columns=(), columns_right=("effect",), title="Mine",
        favours=("Favours A", "Favours B"),
    )  # fmt: skip
    assert (drawn.table.left, drawn.table.right) == ((), ("effect",))
    assert drawn.table.title == "Mine"
    assert drawn.table.favours == ("Favours A", "Favours B")


@pytest.mark.parametrize("size", [(12.0, 6.0), (3.0, 9.0), (5.0, 1.5)])
@pytest.mark.parametrize("preset", PRESETS)
def test_axes_of_the_user_hold_the_whole_plot(effects, size, preset):
    figure = Figure(figsize=size, dpi=130)
    one, two = figure.subplots(1, 2)
    drawn = tp.forest(effects, ax=two, preset=preset)
    assert drawn.figure is figure
    assert not one.texts
    assert not one.patches
    assert one.axison
    lower, upper = two.get_xlim()
    assert (lower, upper) >= (0.0, drawn.geometry.width - 1e-6)
    assert two.get_ylim()[0] >= drawn.geometry.height - 1e-6
    box = two.get_window_extent()
    points = box.width * 72 / figure.dpi
    scale = points / upper
    assert scale <= 1.0 + 1e-9
    assert points / upper == pytest.approx(box.height * 72 / figure.dpi / two.get_ylim()[0])
    sizes = [artist.get_fontsize() for artist in two.texts]
    # matplotlib draws no text below one point.
    expected = [max(1.0, scale * text.size) for text in drawn.geometry.texts]
    assert sizes == pytest.approx(expected)


@pytest.mark.slow
def test_pages_are_one_pdf_and_numbered_svg_and_png(tmp_path):
    drawn = tp.forest(two_hundred())
    count = len(drawn.pages)
    assert count > 3
    assert drawn.save(tmp_path / "f.pdf") == (tmp_path / "f.pdf",)
    document = pypdfium2.PdfDocument(tmp_path / "f.pdf")
    assert len(document) == count
    texts = [document[i].get_textpage().get_text_range() for i in range(count)]
    for number, text in enumerate(texts, start=1):
        assert f"(page {number} of {count})" in text
        assert "Hazard ratio" in text
    assert "Trial 200" in "".join(texts)
    written = drawn.save(tmp_path / "f.svg")
    assert [path.name for path in written] == [f"f-{i + 1}.svg" for i in range(count)]
    ids = [i for path in written for i in re.findall(r'\bid="([^"]+)"', path.read_text("utf-8"))]
    assert len(ids) == len(set(ids))
    first = (tmp_path / "f.pdf").read_bytes()
    tp.forest(two_hundred()).save(tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == first


def test_rows_per_page_has_a_least():
    with pytest.raises(ValueError, match="rows_per_page=3; allowed: 10 or more"):
        tp.forest(two_hundred(), rows_per_page=3)


def test_notebook_shows_svg_of_one_page_and_html_of_all(effects):
    ElementTree.fromstring(tp.forest(effects)._repr_svg_())
    drawn = tp.forest(two_hundred())
    assert drawn._repr_svg_() is None
    assert drawn._repr_html_().count("<svg ") == len(drawn.pages)


def test_drawing_loads_no_pyplot():
    code = (
        "import sys, trialpool as tp; e = tp.effect_sizes(yi=[1., 2.], vi=[1., 1.]); "
        "assert 'matplotlib' not in sys.modules; tp.forest(e)._repr_html_(); "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def ratios(tmp_path):
    path = tmp_path / "ratios.csv"
    lines = ["study,hr,ci_lower,ci_upper,setting,follow_up"]
    for i, label in enumerate(LABELS):
        lines.append(",".join(map(str, [label, *(HR[n][i] for n in HR), f"s{i % 2}", 30.5 - i])))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_command_draws_what_pool_prints(ratios, tmp_path):
    run = CliRunner().invoke
    out = tmp_path / "out.csv"
    found = run(app, ["forest", str(ratios), "-o", str(out), "--by", "setting", "--json",
                      "--ci", "wald", "--column", "follow_up"])  # fmt: skip
    assert found.exit_code == 0, found.output
    record = json.loads(found.stdout)
    pooled = json.loads(
        run(app, ["pool", str(ratios), "--by", "setting", "--json", "--ci", "wald"]).stdout
    )
    for mine, theirs in zip(
        [record["overall"], *record["groups"]], [pooled, *pooled["groups"]], strict=True
    ):
        for key in ("estimate", "ci_lower", "ci_upper", "tau2", "i2", "q"):
            assert mine[key] == theirs[key]
    assert record["subgroup_test"] == pooled["subgroup_test"]
    header, *rows = out.read_text("utf-8").splitlines()
    assert header.endswith(",follow_up")
    assert sum(",trial," in row for row in rows) == 4


@pytest.mark.parametrize("extension", ["svg", "pdf", "png", "tiff", "eps"])
def test_command_writes_each_format(ratios, tmp_path, extension):
    out = tmp_path / f"out.{extension}"
    found = CliRunner().invoke(app, ["forest", str(ratios), "-o", str(out), "--preset", "bmj"])
    assert found.exit_code == 0, found.output
    assert found.stdout.strip() == str(out)
    start = {
        **{"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"},
        **{"tiff": b"II*\x00", "eps": b"%!PS-Adobe-3.0 EPSF-3.0"},
    }[extension]
    assert out.read_bytes().startswith(start)


def test_tiff_and_eps_are_the_same_bytes_and_as_large_as_the_plot(tmp_path):
    drawn = tp.forest(survival())
    once, again = ({}, {})
    for kind in ("tiff", "eps"):
        for found, name in ((once, "one"), (again, "two")):
            (path,) = drawn.save(tmp_path / f"{name}.{kind}", dpi=144)
            found[kind] = path.read_bytes()
    assert once == again
    with Image.open(tmp_path / "one.tiff") as picture:
        assert picture.info["dpi"] == (144, 144)
        # Points are 1/72 inch: two pixels each.
        assert picture.size == (int(2 * drawn.geometry.width), int(2 * drawn.geometry.height))
    eps = once["eps"].decode("latin-1")
    assert "CreationDate" not in eps
    assert "/FontType 42 def" in eps  # embedded, as outlines of the face itself
    assert "/OpenSans" in eps


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-o", "x.gif"], "extension"),
        (["-o", "x.svg", "--preset", "nejm"], "allowed: default, jama"),
        (["-o", "x.svg", "--column", "age"], "no trial has age"),
        (["-o", "x.svg", "--width", "20"], "the columns need at least"),
        (["-o", "x.svg", "--tau2", "XX"], "tau2"),
    ],
)
def test_command_refuses_with_status_two(ratios, options, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, ["forest", str(ratios), *options], env={"COLUMNS": "400"})
    assert found.exit_code == 2
    assert words in found.output
    assert not list(tmp_path.glob("x.*"))


def test_a_page_is_painted_when_it_is_asked_for_and_once(monkeypatch):
    import trialpool.figures.forest.figure as module

    painted = []
    real = module.paint
    monkeypatch.setattr(module, "paint", lambda *args: (painted.append(args), real(*args)))
    drawn = tp.forest(survival())
    assert drawn.geometry.texts
    assert not painted
    assert drawn.figure is drawn.figure
    assert len(painted) == 1

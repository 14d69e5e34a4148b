"""Layout of the plots: no text over another, nothing off the canvas, every trial present."""

import csv
import io
import itertools

import pytest
from each_case import each_case
from PIL import Image
from plot_samples import CASES, SOURCES, drawn

import trialpool as tp
from trialpool.figures.canvas.rendering import rendered, svg_text
from trialpool.figures.plots.drawing.files import plot_csv
from trialpool.figures.plots.drawing.labels import Target, place_labels, shorten_to
from trialpool.figures.plots.drawing.scene import clip, overlap
from trialpool.figures.plots.network.placement import wrap_keeping_end
from trialpool.figures.text.widths import text_width


def test_names_on_one_line_keep_apart():
    """Two names without a gap between them read as one."""
    targets = [Target(100.0 + 2.0 * i, 50.0, 2.0, f"Ferguson {1949 + i}") for i in range(30)]
    labels, left_out = place_labels(targets, [], (0.0, 0.0, 400.0, 100.0))
    assert len(labels) >= 2
    assert len(labels) + left_out == len(targets)
    for one, two in itertools.combinations(labels, 2):
        level = one.box[1] < two.box[3] and two.box[1] < one.box[3]
        assert not level or max(one.box[0] - two.box[2], two.box[0] - one.box[2]) >= 2.5


@pytest.mark.parametrize("letters", [30, 200, 20_000])
def test_a_long_name_loses_its_middle_and_no_more_than_that(letters):
    name = "A" + letters * "x" + "end"
    (head, tail) = shorten_to(name, 7.0, 130.0).split("…") if letters > 30 else (name, "")
    assert name.startswith(head)
    assert name.endswith(tail)
    whole = f"{head}…{tail}" if tail else head
    assert text_width(whole, 7.0) <= 130.0
    assert letters == 30 or text_width(f"{head}x…{tail}", 7.0) > 130.0
    lines = wrap_keeping_end(name, 7.5, 90.0, 3)
    assert len(lines) <= 3
    assert all(text_width(line, 7.5, "bold") <= 90.0 for line in lines)
    assert lines[-1].endswith("xend")


every_plot = each_case("case", CASES)


@every_plot
def test_no_two_texts_overlap(case):
    plot = drawn(*case)
    boxes = [(t.text, *t.box) for t in plot.geometry.texts]
    # Line boxes hold the room of ascenders; a twentieth of a point is no overlap.
    shrunk = [(n, (a + 0.05, b + 0.6, c - 0.05, d - 0.6)) for n, a, b, c, d in boxes]
    shrunk.sort(key=lambda entry: entry[1][1])
    for (one, a), (two, b) in itertools.combinations(shrunk, 2):
        assert not overlap(a, b), (one, two)


@every_plot
def test_nothing_leaves_the_canvas(case):
    plot = drawn(*case)
    width, height = plot.geometry.width, plot.geometry.height
    for item in (*plot.geometry.texts, *plot.geometry.shapes):
        left, top, right, bottom = item.box
        assert left >= 0, item
        assert top >= 0, item
        assert right <= width, item
        assert bottom <= height, item


@every_plot
def test_every_trial_has_its_marks(case):
    plot = drawn(*case)
    kind, name = case
    if kind in ("specification", "overview", "gosh", "labbe"):
        return_to = {"gosh": "subsets", "specification": "estimate"}.get(kind, "trial")
        assert plot.geometry.of(return_to)
        return
    wanted = SOURCES[name]().labels
    mark = {"leave-one-out": "refit", "cumulative": "refit", "posterior": "shrunken"}
    found = [s.label for s in plot.geometry.of(mark.get(kind, "trial"))]
    assert sorted(set(found)) == sorted(set(wanted))
    times = 7 if kind == "influence" else 1
    assert len(found) == times * len(wanted)


@every_plot
def test_marks_of_trials_stand_at_their_values(case):
    plot = drawn(*case)
    frames = plot.geometry.frames
    if case[0] not in ("funnel", "radial", "labbe", "baujat", "bubble"):
        assert frames
        return
    for shape in plot.geometry.of("trial"):
        assert shape.points[0] == pytest.approx(frames[0].at(*shape.values))
        assert frames[0].left <= shape.points[0][0] <= frames[0].right
        assert frames[0].top <= shape.points[0][1] <= frames[0].bottom


@every_plot
def test_labels_cover_no_point(case):
    plot = drawn(*case)
    if case[0] not in ("funnel", "radial", "labbe", "baujat", "bubble"):
        assert plot.geometry.texts
        return
    names = {s.label for s in plot.geometry.of("trial")}
    labels = [t for t in plot.geometry.texts if t.text in names and t.role == "cell"]
    for label, shape in itertools.product(labels, plot.geometry.of("trial")):
        assert not overlap(label.box, shape.box), (label.text, shape.label)


@every_plot
def test_csv_has_the_columns_and_rows_drawn(case):
    plot = drawn(*case)
    read = list(csv.reader(io.StringIO(plot_csv(plot))))
    assert tuple(read[0]) == plot.columns
    assert len(read) - 1 == len(plot.rows) > 0
    for cells, row in zip(read[1:], plot.rows, strict=True):
        assert len(cells) == len(plot.columns)
        for cell, value in zip(cells, row, strict=True):
            if isinstance(value, float) and cell:
                assert float(cell) == pytest.approx(value, rel=1e-11)


@every_plot
def test_alternative_text_says_what_is_shown(case):
    plot = drawn(*case)
    assert len(plot.alt) > 40
    assert "nan" not in plot.alt
    assert "None" not in plot.alt


FAST = [case for case in CASES if case[1] in ("bcg", "")]


@pytest.mark.parametrize("case", FAST, ids="-".join)
def test_files_have_the_same_bytes_on_every_run(case):
    kind, name = case
    first = drawn(kind, name)
    again = drawn.__wrapped__(kind, name)
    assert svg_text(first) == svg_text(again)
    assert rendered(first, "pdf") == rendered(again, "pdf")
    # All PNGs are painted from the same marks in one way.
    if kind in ("funnel", "overview", "gosh"):
        assert rendered(first, "png") == rendered(again, "png")


def test_saved_files(tmp_path):
    drawn_plot = drawn("funnel", "bcg")
    files = tp.save_plot(drawn_plot, tmp_path / "funnel")
    assert [f.name for f in files] == ["funnel.svg", "funnel.pdf", "funnel.png", "funnel.csv"]
    text = files[0].read_text(encoding="utf-8")
    assert 'role="img"' in text
    assert "<desc" in text
    assert "Aronson 1948</text>" in text
    assert files[1].read_bytes().startswith(b"%PDF")
    with Image.open(files[2]) as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert image.width == pytest.approx(drawn_plot.geometry.width / 72 * 300, abs=1)
    assert drawn_plot._repr_png_().startswith(b"\x89PNG")


def test_clip_cuts_a_triangle_at_a_box():
    assert set(clip(((0, 0), (10, 10), (-10, 10)), (-5, 0, 5, 10))) == {
        (0, 0), (5, 5), (5, 10), (-5, 10), (-5, 5),
    }  # fmt: skip
    assert clip(((20, 0), (30, 0), (25, 5)), (0, 0, 10, 10)) == ()

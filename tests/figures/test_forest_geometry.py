"""Where everything stands: nothing overlaps, leaves the canvas or misses its value."""

from __future__ import annotations

import itertools
import math

import pytest
from forest_records import (
    all_records,
    equivalence,
    long_names,
    non_inferiority,
    record,
    response,
    survival,
    trial,
)
from matplotlib.backends.backend_agg import FigureCanvasAgg

from trialpool.figures import draw_forest
from trialpool.figures.canvas.style import plot_style
from trialpool.figures.forest.columns import MM, PREFERRED_WIDTH
from trialpool.figures.forest.layout import TALL
from trialpool.figures.forest.marks.row_marks import LARGEST_SIDE, SMALLEST_SIDE
from trialpool.figures.text.widths import ELLIPSIS

TOLERANCE = 1e-6


def overlap(a, b, slack=0.0):
    return min(a[2], b[2]) - max(a[0], b[0]) > slack and min(a[3], b[3]) - max(a[1], b[1]) > slack


def rows_of(drawn, kind):
    return [(i, row) for i, row in enumerate(drawn.table.rows) if row.kind == kind]


def test_no_two_texts_overlap(drawn):
    for one, two in itertools.combinations(drawn.geometry.texts, 2):
        # Note letters are raised beside their label: line boxes may touch, glyphs do not.
        slack = 2.6 if "symbol" in (one.role, two.role) else 0.01
        assert not overlap(one.box, two.box, slack), (one.text, two.text)


def test_no_text_lies_on_the_plot(drawn):
    panel = drawn.geometry.panel
    area = (panel.left - 5.0, panel.top, panel.right + 5.0, panel.bottom)
    for text in drawn.geometry.texts:
        assert not overlap(text.box, area), text.text


def test_nothing_leaves_the_canvas(drawn):
    geometry = drawn.geometry
    for item in (*geometry.texts, *geometry.marks):
        left, top, right, bottom = item.box
        assert min(left, top) >= 0, item
        assert right <= geometry.width, item
        assert bottom <= geometry.height, item


def test_canvas_is_filled_to_its_edges(drawn):
    geometry = drawn.geometry
    boxes = [item.box for item in (*geometry.texts, *geometry.marks)]
    assert geometry.height - max(box[3] for box in boxes) < 12
    assert geometry.width - max(box[2] for box in boxes) < 12
    assert min(box[1] for box in boxes) < 12
    filled = sorted((box[1], box[3]) for box in boxes if box[3] - box[1] < 30)
    reached = 0.0
    for top, bottom in filled:
        assert top - reached < 16, "an empty band"
        reached = max(reached, bottom)


def test_boxes_are_what_matplotlib_draws(result):
    """The measured width is the drawn one, up to the bearings of the outer glyphs."""
    drawn = draw_forest(result)
    zoom = 10
    with plot_style("test"):
        drawn.figure.set_dpi(72 * zoom)
        renderer = FigureCanvasAgg(drawn.figure).get_renderer()
        artists = drawn.figure.axes[0].texts
        boxes = [artist.get_window_extent(renderer) for artist in artists]
    for box, text in zip(boxes, drawn.geometry.texts, strict=True):
        left, top, right, bottom = text.box
        assert box.x0 / zoom == pytest.approx(left, abs=0.7)
        assert box.x1 / zoom == pytest.approx(right, abs=0.7)
        assert drawn.geometry.height - box.y1 / zoom >= top - 0.3
        assert drawn.geometry.height - box.y0 / zoom <= bottom + 0.3


def test_rows_go_down_the_page(drawn):
    tops = [min(t.box[1] for t in drawn.geometry.texts_of(i)) for i in range(len(drawn.table.rows))]
    assert tops == sorted(tops)
    assert len(set(tops)) == len(tops)


def test_all_text_is_between_seven_and_nine_points_but_note_letters(drawn):
    for text in drawn.geometry.texts:
        assert 7 <= text.size <= 9 or text.role == "symbol"


def test_every_trial_has_a_square_at_its_estimate(drawn):
    panel = drawn.geometry.panel
    for index, row in rows_of(drawn, "trial"):
        (square,) = drawn.geometry.marks_of(index, "square")
        left, _, right, _ = square.box
        assert (left + right) / 2 == pytest.approx(panel.x(row.estimate), abs=TOLERANCE)


def test_lines_end_at_the_limits_or_at_the_panel(drawn):
    panel = drawn.geometry.panel
    for index, row in enumerate(drawn.table.rows):
        if row.kind not in ("trial", "prediction"):
            continue
        kind = "interval" if row.kind == "trial" else "prediction"
        left, _, right, _ = drawn.geometry.marks_of(index, kind)[0].box
        assert left == pytest.approx(max(panel.x(row.lower), panel.left), abs=TOLERANCE)
        assert right == pytest.approx(min(panel.x(row.upper), panel.right), abs=TOLERANCE)


def test_diamonds_are_exact(drawn):
    panel = drawn.geometry.panel
    for index, row in rows_of(drawn, "pool"):
        (diamond,) = drawn.geometry.marks_of(index, "diamond")
        left, top, right, bottom = diamond.box
        assert left == pytest.approx(max(panel.x(row.lower), panel.left), abs=TOLERANCE)
        assert right == pytest.approx(min(panel.x(row.upper), panel.right), abs=TOLERANCE)
        peak = next(x for x, y in diamond.points if y == top)
        assert peak == pytest.approx(panel.x(row.estimate), abs=TOLERANCE)
        foot = next(x for x, y in diamond.points if y == bottom)
        assert foot == pytest.approx(peak, abs=TOLERANCE)


def test_single_trials_have_no_diamond():
    drawn = draw_forest(all_records()["difference"])
    assert not [mark for mark in drawn.geometry.marks if mark.kind == "diamond"]
    assert not rows_of(drawn, "statistics")


def test_square_areas_are_proportional_to_weights_within_a_group(drawn):
    groups = {}
    for index, row in rows_of(drawn, "trial"):
        left, _, right, _ = drawn.geometry.marks_of(index, "square")[0].box
        if right - left > SMALLEST_SIDE + 1e-9:
            groups.setdefault(row.group, []).append((right - left) ** 2 / row.weight)
    for ratios in groups.values():
        assert ratios == pytest.approx([ratios[0]] * len(ratios))


def test_largest_square_has_the_full_size_and_none_vanishes(drawn):
    sides = [
        drawn.geometry.marks_of(index, "square")[0].box[2]
        - drawn.geometry.marks_of(index, "square")[0].box[0]
        for index, _ in rows_of(drawn, "trial")
    ]
    assert bool(sides) == bool(drawn.table.rows)
    assert max(sides, default=LARGEST_SIDE) == pytest.approx(LARGEST_SIDE)
    assert min(sides, default=SMALLEST_SIDE) >= SMALLEST_SIDE - TOLERANCE


def test_interval_hidden_in_its_square_is_drawn_over_it():
    drawn = draw_forest(long_names())
    index = next(i for i, row in rows_of(drawn, "trial") if row.trial_id == "big")
    marks = drawn.geometry.marks_of(index)
    assert [(mark.kind, mark.style) for mark in marks] == [("square", ""), ("interval", "inside")]


def test_arrows_stand_on_the_cut_sides_only(drawn):
    axis, panel = drawn.geometry.panel.axis, drawn.geometry.panel
    for index, row in enumerate(drawn.table.rows):
        arrows = drawn.geometry.marks_of(index, "arrow")
        expected = () if row.lower is None else axis.clipped_sides(row.lower, row.upper)
        assert tuple(mark.style.split()[0] for mark in arrows) == expected
        for mark in arrows:
            base = panel.left if mark.style.startswith("lower") else panel.right
            tip = max((x for x, _ in mark.points), key=lambda x: abs(x - base))
            assert (tip < base) == mark.style.startswith("lower")


def test_samples_do_hold_cut_trials_and_cut_diamonds():
    cut = {
        mark.style.split()[1]
        for build in (survival, response)
        for mark in draw_forest(build()).geometry.marks
        if mark.kind == "arrow" and mark.style != "favours"
    }
    assert cut >= {"trial", "primary"}


def test_ticks_and_null_line_stand_at_their_values(drawn):
    geometry = drawn.geometry
    panel, axis = geometry.panel, geometry.panel.axis
    labels = [text for text in geometry.texts if text.role == "tick"]
    if not drawn.table.rows:
        # Nothing to place: no axis, no line and no sides, only the sentence that says so.
        assert not labels
        assert {text.role for text in geometry.texts} == {"title", "header", "note"}
        return
    ticks = axis.ticks * (2 if len(drawn.table.rows) > TALL else 1)
    assert [text.text for text in labels] == [tick.text for tick in ticks]
    for text, tick in zip(labels, ticks, strict=True):
        assert text.x == pytest.approx(panel.x(tick.value))
    (null,) = [mark for mark in geometry.marks if mark.kind == "null"]
    assert null.points[0][0] == pytest.approx(panel.x(0.0))


@pytest.mark.parametrize("build", [survival, response])
def test_what_each_side_means_stands_on_its_side(build):
    result = build()
    drawn = draw_forest(result)
    null = drawn.geometry.panel.x(0.0)
    texts = [text for text in drawn.geometry.texts if text.role == "favours"]
    left = " ".join(t.text for t in texts if t.box[2] < null)
    right = " ".join(t.text for t in texts if t.box[0] > null)
    assert (left, right) == (result["favours"]["lower"], result["favours"]["higher"])


def test_dashed_line_at_the_pool_of_all_groups_only():
    result = response()
    drawn = draw_forest(result)
    (line,) = [mark for mark in drawn.geometry.marks if mark.kind == "pooled-line"]
    assert line.points[0][0] == pytest.approx(
        drawn.geometry.panel.x(result["overall"]["models"]["hk-adhoc"]["estimate"])
    )
    assert not [m for m in draw_forest(survival()).geometry.marks if m.kind == "pooled-line"]


def test_margins_stand_at_their_values_on_trials_and_diamonds_alone(drawn):
    panel = drawn.geometry.panel
    for index, row in enumerate(drawn.table.rows):
        marks = drawn.geometry.marks_of(index, "margin")
        values = [value for value in row.margin if value is not None]
        assert not values or row.kind in ("trial", "pool")
        assert [mark.box[0] for mark in marks] == pytest.approx([panel.x(v) for v in values])
        for value, mark in zip(values, marks, strict=True):
            assert panel.axis.holds(value)
            left, top, right, bottom = mark.box
            assert left == right
            # Seen above and below whatever else stands on the row, and over it.
            others = [m for m in drawn.geometry.marks_of(index) if m.kind != "margin"]
            assert all(top < m.box[1] and m.box[3] < bottom for m in others)
            order = drawn.geometry.marks
            assert all(order.index(m) < order.index(mark) for m in others)


def test_margin_marks_of_two_rows_keep_apart(drawn):
    boxes = sorted(m.box for m in drawn.geometry.marks if m.kind == "margin")
    for one, two in itertools.pairwise(boxes):
        assert one[0] != two[0] or one[3] < two[1]


@pytest.mark.parametrize(("build", "count"), [(non_inferiority, 4), (equivalence, 6)])
def test_samples_do_hold_margins_of_trials_and_pools(build, count):
    drawn = draw_forest(build())
    assert len([mark for mark in drawn.geometry.marks if mark.kind == "margin"]) == count


def test_numbers_of_a_column_end_at_one_edge(drawn):
    for column in ("experimental", "control", "margin", "weight"):
        edges = {round(t.box[2], 6) for t in drawn.geometry.texts if t.column == column}
        assert len(edges) <= 1


def test_whole_text_of_a_row_is_printed(drawn):
    for index, row in rows_of(drawn, "trial"):
        texts = drawn.geometry.texts_of(index)
        effect = sorted((t for t in texts if t.column == "effect"), key=lambda t: t.x)
        assert [t.text for t in effect] == [part for part in row.effect_parts if part]
        printed = "".join(t.text for t in texts if t.column == "comparison").replace(" ", "")
        expected = row.comparison.replace(" ", "")
        if printed.endswith(ELLIPSIS):
            assert expected.startswith(printed[:-1])
        else:
            assert printed == expected


def test_preferred_width_is_kept_by_wrapping(drawn):
    assert drawn.geometry.width <= PREFERRED_WIDTH + TOLERANCE


@pytest.mark.parametrize("width", [235.0, 260.0, 297.0])
def test_width_can_be_chosen(width):
    assert draw_forest(survival(), width_mm=width).geometry.width == pytest.approx(width * MM)


def test_too_narrow_a_width_is_refused_with_the_least_possible():
    with pytest.raises(ValueError, match=r"width_mm = 80: the columns need at least \d+ mm"):
        draw_forest(survival(), width_mm=80)


def test_title_can_be_left_to_the_page():
    drawn = draw_forest(survival(), title=False)
    assert not [text for text in drawn.geometry.texts if text.role == "title"]
    assert drawn.geometry.height < draw_forest(survival()).geometry.height


def test_characters_that_the_font_lacks_are_replaced():
    item = trial("TRIAL⁺ ทดลอง 試験", 2020, "g‖h", "c", (0.8, 0.6, 1.1))
    drawn = draw_forest(record("x", "t", [item]))
    label = next(row.label for row in drawn.table.rows if row.kind == "trial")
    assert label == "TRIAL+ ????? 試験, 2020"


@pytest.mark.parametrize("estimate", [0.001, 0.05, 20.0, 900.0])
def test_estimates_far_from_the_null(estimate):
    items = [
        trial(f"T{i}", 2020, "g", "c", (estimate, estimate / 1.5, estimate * 1.5), (1, 2), (3, 4))
        for i in range(3)
    ]
    drawn = draw_forest(record("x", "t", items))
    test_no_two_texts_overlap(drawn)
    test_no_text_lies_on_the_plot(drawn)
    test_nothing_leaves_the_canvas(drawn)
    assert math.isfinite(drawn.geometry.height)

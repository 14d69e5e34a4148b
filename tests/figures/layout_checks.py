"""What every layout must satisfy, whatever preset drew it."""

from __future__ import annotations

import pytest

from trialpool.figures.forest.marks.prediction import SPANS
from trialpool.figures.forest.marks.row_marks import SMALLEST_SIDE


def overlap(a, b, slack):
    return min(a[2], b[2]) - max(a[0], b[0]) > slack and min(a[3], b[3]) - max(a[1], b[1]) > slack


def check_texts(geometry):
    """No text lies on another, or on the plot."""
    texts = sorted(geometry.texts, key=lambda text: text.box[1])
    panel = geometry.panel
    area = (panel.left - 5.0, panel.top, panel.right + 5.0, panel.bottom)
    for index, one in enumerate(texts):
        assert not overlap(one.box, area, 0.0), one.text
        for two in texts[index + 1 :]:
            if two.box[1] >= one.box[3]:
                break
            slack = 2.6 if "symbol" in (one.role, two.role) else 0.01
            assert not overlap(one.box, two.box, slack), (one.text, two.text)


def check_canvas(geometry):
    for item in (*geometry.texts, *geometry.marks):
        left, top, right, bottom = item.box
        assert min(left, top) >= 0, item
        assert right <= geometry.width + 1e-6, item
        assert bottom <= geometry.height + 1e-6, item


def check_rows(drawn):
    """Every row stands on exactly one page, with its marks at the values' places."""
    found = []
    for page in drawn.pages:
        shown = sorted({text.row for text in page.geometry.texts if text.row is not None})
        found += shown
        for index in shown:
            check_marks(page.geometry, index, drawn.table.rows[index])
    assert found == list(range(len(drawn.table.rows)))


def check_marks(geometry, index, row):
    panel = geometry.panel
    if row.kind == "trial":
        (square,) = (m for m in geometry.marks_of(index, "square") if "shrunken" not in m.style)
        left, top, right, bottom = square.box
        assert (left + right) / 2 == pytest.approx(panel.x(row.estimate), abs=1e-6)
        assert right - left == pytest.approx(bottom - top)
    if row.kind in ("trial", "prediction"):
        marks = geometry.marks_of(index, "interval" if row.kind == "trial" else "prediction")
        line = marks[0] if row.kind == "trial" else next(m for m in marks if m.style in SPANS)
        assert line.box[0] == pytest.approx(max(panel.x(row.lower), panel.left), abs=1e-6)
        assert line.box[2] == pytest.approx(min(panel.x(row.upper), panel.right), abs=1e-6)
    if row.kind == "pool":
        (diamond,) = geometry.marks_of(index, "diamond")
        assert diamond.box[0] == pytest.approx(max(panel.x(row.lower), panel.left), abs=1e-6)
        assert diamond.box[2] == pytest.approx(min(panel.x(row.upper), panel.right), abs=1e-6)
    arrows = {mark.style.split()[0] for mark in geometry.marks_of(index, "arrow")}
    cut = () if row.lower is None else panel.axis.clipped_sides(row.lower, row.upper)
    assert arrows == set(cut)


def check_areas(drawn):
    """Area of a square over weight is one number within a group, the smallest apart."""
    ratios = {}
    for page in drawn.pages:
        for mark in page.geometry.marks:
            if mark.kind != "square" or "shrunken" in mark.style:
                continue
            row, side = drawn.table.rows[mark.row], mark.box[2] - mark.box[0]
            if side > SMALLEST_SIDE + 1e-9:
                ratios.setdefault(row.group, []).append(side**2 / (row.weight or row.area))
    assert ratios
    for values in ratios.values():
        assert values == pytest.approx([values[0]] * len(values))


def check_layout(drawn):
    for page in drawn.pages:
        check_texts(page.geometry)
        check_canvas(page.geometry)
    check_rows(drawn)
    check_areas(drawn)


def marks(drawn, kind):
    """Marks of one kind."""
    return [mark for mark in drawn.geometry.marks if mark.kind == kind]

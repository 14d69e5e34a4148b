"""What every layout of several panels must satisfy, whatever preset drew it."""

from __future__ import annotations

import itertools

import pytest
from layout_checks import check_canvas, overlap

from trialpool.figures.forest.marks.row_marks import LARGEST_SIDE, SMALLEST_SIDE
from trialpool.figures.forest.table import Row


def check_texts(geometry):
    """No text lies on another, or on a plot."""
    texts = sorted(geometry.texts, key=lambda text: text.box[1])
    areas = [(p.left - 5.0, p.top, p.right + 5.0, p.bottom) for p in geometry.panels]
    for index, one in enumerate(texts):
        for area in areas:
            assert not overlap(one.box, area, 0.0), one.text
        for two in itertools.islice(texts, index + 1, None):
            if two.box[1] >= one.box[3]:
                break
            slack = 2.6 if "symbol" in (one.role, two.role) else 0.01
            assert not overlap(one.box, two.box, slack), (one.text, two.text)


def check_rows(drawn):
    """Every row stands on exactly one page, named, with its marks at the values' places."""
    found = []
    for page in drawn.pages:
        shown = sorted({text.row for text in page.geometry.texts if text.row is not None})
        found += shown
        for index in shown:
            for number, part in enumerate(drawn.table.rows[index].parts):
                check_marks(page.geometry, index, number, part)
    assert found == list(range(len(drawn.table.rows)))


def check_marks(geometry, index, number, part):
    panel = geometry.panels[number]
    marks = [mark for mark in geometry.marks_of(index) if mark.panel == number]
    if not isinstance(part, Row) or part.kind in ("heading", "total"):
        assert not marks
        return

    def of(kind):
        return [mark for mark in marks if mark.kind == kind]

    low = None if part.lower is None else max(panel.x(part.lower), panel.left)
    high = None if part.upper is None else min(panel.x(part.upper), panel.right)
    if part.kind == "trial":
        (square,) = of("square")
        left, top, right, bottom = square.box
        assert (left + right) / 2 == pytest.approx(panel.x(part.estimate), abs=1e-6)
        assert right - left == pytest.approx(bottom - top)
    name = {"trial": "interval", "prediction": "prediction", "pool": "diamond"}[part.kind]
    if low is None:
        assert not of(name)
    elif not part.density:
        box = of(name)[0].box
        assert (box[0], box[2]) == pytest.approx((low, high), abs=1e-6)
        if part.kind == "pool":
            peak = min(of("diamond")[0].points, key=lambda point: point[1])
            assert peak[0] == pytest.approx(panel.x(part.estimate), abs=1e-6)
    arrows = {mark.style.split()[0] for mark in of("arrow")}
    assert arrows == set(() if low is None else panel.axis.clipped_sides(part.lower, part.upper))


def check_areas(drawn):
    """Area of a square over its weight is one number within a group of one panel."""
    ratios = {}
    sides = {}
    for page in drawn.pages:
        for mark in page.geometry.marks:
            if mark.kind != "square":
                continue
            part = drawn.table.rows[mark.row].parts[mark.panel]
            side = mark.box[2] - mark.box[0]
            sides.setdefault(mark.panel, []).append(side)
            if side > SMALLEST_SIDE + 1e-9:
                ratios.setdefault((part.group, mark.panel), []).append(side**2 / part.area)
                ratios.setdefault((mark.panel,), []).append(side**2 / part.area)
    assert ratios
    for values in ratios.values():
        assert values == pytest.approx([values[0]] * len(values))
    for found in sides.values():
        assert max(found) == pytest.approx(LARGEST_SIDE)


def check_panels(drawn):
    for page in drawn.pages:
        check_texts(page.geometry)
        check_canvas(page.geometry)
        for panel, axis in zip(page.geometry.panels, drawn.geometry.panels, strict=True):
            assert panel.axis == axis.axis
    check_rows(drawn)
    check_areas(drawn)

"""Ticks of any axis: few, round, apart, with no difference; limits from weight and on request."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import trialpool as tp
from trialpool.figures.canvas.axis import Axis, make_axis
from trialpool.figures.forest.columns import SMALL
from trialpool.figures.plots.drawing.axes import effect_axis
from trialpool.figures.text.widths import text_width
from trialpool.measures import MEASURES

HR, RD, MD = MEASURES["HR"], MEASURES["RD"], MEASURES["generic"]
WIDTH = 150.0


def fits(axis: Axis) -> bool:
    places = [
        (WIDTH * axis.fraction(tick.value), text_width(tick.text, SMALL) / 2) for tick in axis.ticks
    ]
    return all(b - a > half + other + 4.0 for (a, half), (b, other) in pairwise(places))


def read(text: str) -> float:
    """Read a printed tick."""
    plain = text.replace("−", "-").replace("×", "e0*")
    if "10^" in plain:
        factor, _, power = plain.rpartition("10^")
        return (float(factor.removesuffix("e0*") or 1) if factor not in ("", "-") else
                float(f"{factor}1")) * 10.0 ** int(power)  # fmt: skip
    return float(plain)


def check(axis: Axis, measure) -> None:
    assert 3 <= len(axis.ticks) <= 7, axis
    assert any(math.isclose(t.value, axis.null, abs_tol=1e-12) for t in axis.ticks), axis
    assert all(axis.holds(tick.value) for tick in axis.ticks)
    assert len({tick.text for tick in axis.ticks}) == len(axis.ticks)
    assert fits(axis)
    factor = 100.0 if measure.code == "RD" else 1.0
    for tick in axis.ticks:
        shown = factor * measure.to_display(tick.value)
        # What is printed is the place of the tick: nothing is rounded away.
        assert read(tick.text) == pytest.approx(shown, rel=1e-9)
        near_one = measure is HR and axis.upper - axis.lower < 0.1
        digits = f"{abs(read(tick.text) - near_one):.6e}".partition("e")[0].rstrip("0").rstrip(".")
        assert len(digits.replace(".", "")) <= 3, tick


@settings(max_examples=300, deadline=None)
@given(
    st.floats(-4.0, 1.5),
    st.floats(-2.0, 2.0),
    st.sampled_from([HR, RD, MD]),
)
@example(-3.0, 0.5, HR)
def test_any_axis_has_few_round_ticks_and_no_difference(power, centre, measure):
    """Spans from 0.0001 to more than 10^1 on the analysis scale, the null anywhere about."""
    half = 10.0**power / 2
    middle = centre * half
    axis = make_axis(measure, 0.0, [middle], [(middle - half, middle + half)], label_fits=fits)
    if measure is HR and axis.upper - axis.lower < 1e-4:
        return  # no report prints ratios so close to 1
    check(axis, measure)


@settings(max_examples=150, deadline=None)
@given(st.floats(-3.5, 8.0), st.floats(-1.0, 1.0))
def test_axes_of_numbers_far_from_one(power, share):
    size = 10.0**power
    axis = make_axis(MD, 0.0, [share * size], [(share * size - size, share * size + size)],
                     label_fits=fits)  # fmt: skip
    check(axis, MD)


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.97, 1.03, ["0.97", "0.98", "0.99", "1", "1.01", "1.02", "1.03"]),
        (0.001, 1000.0, ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]),
    ],
)
def test_narrow_and_wide_axes_of_ratios(low, high, texts):
    ends = math.log(low), math.log(high)
    axis = make_axis(HR, 0.0, [0.0], [ends], limits=ends, label_fits=lambda axis: True)
    assert [tick.text for tick in axis.ticks] == texts
    free = make_axis(HR, 0.0, [0.0], [ends], label_fits=fits)
    check(free, HR)
    other = effect_axis(HR, ends, WIDTH)
    check(other, HR)


def extreme(**drawing):
    """One trial of 0.1 % weight at e^8, the others from 0.58 to 0.90."""
    effects = tp.effect_sizes(
        yi=[-0.30, -0.10, -0.55, 8.0, -0.2], sei=[0.02, 0.05, 0.10, 4.5, 0.30],
        labels=list("ABCDE"), measure="HR",
    )  # fmt: skip
    return tp.forest(effects, **drawing)


def test_a_trial_without_weight_does_not_say_how_long_the_axis_is():
    drawn = extreme()
    axis = drawn.geometry.panel.axis
    assert math.exp(axis.upper) < 2.0
    rows = {row.label: i for i, row in enumerate(drawn.table.rows)}
    heavy = [axis.holds(drawn.table.rows[rows[name]].estimate) for name in "ABCE"]
    assert all(heavy)
    d = rows["D"]
    assert not drawn.geometry.marks_of(d, "square")
    sides = {mark.style for mark in drawn.geometry.marks_of(d, "arrow")}
    assert sides == {"lower trial", "upper trial"}
    assert drawn.table.rows[d].effect == ">999 [0.44 to >999]"
    assert "Arrow without a square or tip: the estimate lies beyond the axis." in drawn.notes[-1]
    (line,) = drawn.geometry.marks_of(d, "interval")
    assert line.box[0] == pytest.approx(drawn.geometry.panel.left)
    assert line.box[2] == pytest.approx(drawn.geometry.panel.right)


def test_a_light_trial_that_is_near_is_on_the_axis():
    effects = tp.effect_sizes(
        yi=[-0.30, -0.10, -0.55, 0.1, -0.2], sei=[0.02, 0.05, 0.10, 4.5, 0.30], measure="HR"
    )
    drawn = tp.forest(effects)
    assert len([m for m in drawn.geometry.marks if m.kind == "square"]) == 5


def test_limits_that_were_asked_for_are_the_ends_of_the_axis():
    drawn = extreme(limits=(0.8, 1.2))
    axis = drawn.geometry.panel.axis
    assert (math.exp(axis.lower), math.exp(axis.upper)) == pytest.approx((0.8, 1.2))
    assert [tick.text for tick in axis.ticks] == ["0.8", "0.9", "1", "1.1", "1.2"]
    rows = {row.label: i for i, row in enumerate(drawn.table.rows)}
    # 0.74 [0.71 to 0.77] lies beyond as a whole: an arrow and no line.
    assert [mark.kind for mark in drawn.geometry.marks_of(rows["A"])] == ["arrow"]
    # The diamond from 0.52 to 1.08 with its middle at 0.75: what is seen ends in its right tip.
    pool = next(i for i, row in enumerate(drawn.table.rows) if row.kind == "pool")
    (diamond,) = drawn.geometry.marks_of(pool, "diamond")
    panel, row = drawn.geometry.panel, drawn.table.rows[pool]
    assert diamond.box[0] == pytest.approx(panel.left)
    assert diamond.box[2] == pytest.approx(panel.x(row.upper))
    assert all(panel.left - 5 <= x <= panel.right + 5 for m in drawn.geometry.marks
               if m.row is not None for x, _ in m.points)  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ((1.2, 3.0), "allowed: limits around no difference, 1"),
        ((2.0, 0.5), "a lower and a higher number above 0"),
        ((0.0, 2.0), "a lower and a higher number above 0"),
    ],
)
def test_limits_that_cannot_be_are_refused(limits, message):
    with pytest.raises(ValueError, match=message):
        extreme(limits=limits)


def effects_of(drawn) -> list[str]:
    return [row.effect for row in drawn.table.rows if row.kind in ("trial", "pool")]


def test_small_differences_have_as_many_decimals_as_their_intervals_ask_for():
    """12 of 30,000 against 20 of 30,000 is −0.027 percentage points (−0.064 to 0.010)."""
    effects = tp.effect_sizes(
        events_experimental=[12, 5, 3], n_experimental=[30000, 22000, 8000],
        events_control=[20, 9, 2], n_control=[30000, 22000, 8000], measure="RD",
    )  # fmt: skip
    assert effects_of(tp.forest(effects))[:2] == [
        "−0.027 [−0.064 to 0.010]", "−0.018 [−0.052 to 0.015]",
    ]  # fmt: skip
    assert effects_of(tp.forest(effects, digits=1))[0] == "0.0 [−0.1 to 0.0]"


@pytest.mark.parametrize(
    ("yi", "se", "measure", "text"),
    [
        (512.4, 30.0, "generic", "512 [454 to 571]"),
        (0.00041, 0.0001, "generic", "0.00041 [0.00021 to 0.00061]"),
        (math.log(0.997), 0.0015, "HR", "0.997 [0.994 to 1.000]"),
        (math.log(0.69), 0.09, "HR", "0.69 [0.58 to 0.82]"),
        (math.log(14.0), 0.3, "OR", "14.0 [7.78 to 25.2]"),
        (-1.25, 0.4, "RMSTD", "−1.25 [−2.03 to −0.47]"),
    ],
)
def test_decimals_come_from_the_width_of_the_intervals(yi, se, measure, text):
    effects = tp.effect_sizes(yi=[yi] * 3, sei=[se] * 3, measure=measure)
    assert effects_of(tp.forest(effects))[0] == text


@pytest.mark.parametrize("digits", [-1, 9, True, 1.5])
def test_decimals_that_cannot_be_printed_are_refused(digits):
    effects = tp.effect_sizes(yi=[0.1, 0.2], sei=[0.1, 0.1])
    with pytest.raises(ValueError, match=r"digits=.*; allowed: 0 to 8"):
        tp.forest(effects, digits=digits)

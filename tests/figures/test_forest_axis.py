"""Limits, ticks and clipping."""

from __future__ import annotations

import math

import pytest

from trialpool.figures.canvas.axis import make_axis
from trialpool.measures import MEASURES, get_measure

HR, RD = MEASURES["HR"], MEASURES["RD"]


def logs(*pairs):
    return [(math.log(a), math.log(b)) for a, b in pairs]


def ratio_axis(points, trials, pools=()):
    return make_axis(HR, 0.0, [math.log(p) for p in points], logs(*trials), logs(*pools))


def test_ordinary_ratios_get_doubling_ticks_and_no_cuts():
    trials = [(0.24, 0.9), (0.4, 1.2), (0.5, 3.1)]
    axis = ratio_axis([0.45, 0.7, 1.2], trials)
    assert [tick.text for tick in axis.ticks] == ["0.25", "0.5", "1", "2", "4"]
    assert not any(axis.clipped_sides(*pair) for pair in logs(*trials))


def test_interval_of_two_trials_under_hartung_knapp_does_not_squash_the_axis():
    axis = ratio_axis([0.57, 0.76], [(0.47, 0.70), (0.61, 0.95)], [(0.11, 4.07)])
    assert axis.upper - axis.lower < math.log(4)
    assert axis.clipped_sides(*logs((0.11, 4.07))[0]) == ("lower", "upper")


def test_one_side_only():
    axis = ratio_axis([0.6, 0.7, 1.1], [(0.5, 0.75), (0.5, 0.9), (0.9, 9.0)])
    assert axis.clipped_sides(*logs((0.9, 9.0))[0]) == ("upper",)


@pytest.mark.parametrize("factor", [0.001, 0.05, 0.3, 0.99, 1.01, 7.0, 300.0, 1e12])
def test_every_estimate_and_the_null_lie_inside_with_room(factor):
    axis = ratio_axis([factor, factor * 1.2], [(factor * 0.9, factor * 1.3)])
    for value in (0.0, math.log(factor), math.log(factor * 1.2)):
        assert 0.0 < axis.fraction(value) < 1.0
    assert 2 <= len(axis.ticks) <= 7
    assert all(axis.holds(tick.value) for tick in axis.ticks)
    assert len({tick.text for tick in axis.ticks}) == len(axis.ticks)


def test_equal_lengths_for_a_ratio_and_its_inverse():
    axis = ratio_axis([0.5, 2.0], [(0.25, 4.0)])
    assert axis.fraction(math.log(2)) - axis.fraction(0.0) == pytest.approx(
        axis.fraction(0.0) - axis.fraction(math.log(0.5))
    )


def test_differences_have_an_even_axis_in_percentage_points_with_a_true_minus():
    axis = make_axis(RD, 0.0, [0.02, -0.025], [(-0.004, 0.046), (-0.049, -0.002)])
    texts = [tick.text for tick in axis.ticks]
    assert "0" in texts
    assert any(text.startswith("−") for text in texts)
    steps = {round(b.value - a.value, 12) for a, b in zip(axis.ticks, axis.ticks[1:], strict=False)}
    assert len(steps) == 1


def test_infinite_limits_are_cut():
    axis = make_axis(HR, 0.0, [0.1], [(-0.2, 0.4), (-math.inf, math.inf)])
    assert math.isfinite(axis.lower)
    assert axis.clipped_sides(-math.inf, math.inf) == ("lower", "upper")


def test_no_interval_at_all():
    axis = make_axis(HR, 0.0, [0.0], [])
    assert axis.lower < 0.0 < axis.upper


def test_coarser_ticks_where_labels_do_not_fit():
    fine = make_axis(HR, 0.0, [0.1], [(-1.5, 1.2)])
    coarse = make_axis(HR, 0.0, [0.1], [(-1.5, 1.2)], label_fits=lambda axis: len(axis.ticks) < 4)
    assert len(coarse.ticks) < len(fine.ticks)


def test_no_interval_of_a_proportion_is_cut():
    """Two patients say next to nothing; the axis of percentages shows even that whole."""
    proportion = get_measure("PR")
    narrow = [(0.55, 0.65), (0.58, 0.7), (0.6, 0.68)]
    axis = make_axis(proportion, 0.0, [0.6, 0.62], narrow, [(0.02, 0.98)])
    assert not axis.clipped_sides(0.02, 0.98)
    assert axis.lower >= -0.02
    assert axis.upper <= 1.02
    assert [tick.text for tick in axis.ticks][-1] == "100"


def test_interval_of_the_primary_pool_is_shown_whole_where_others_like_it_are_cut():
    trials, wide = [(0.40, 0.63), (0.52, 0.74)], logs((0.31, 1.00), (0.14, 2.19))
    usual = logs(*trials)
    primary = make_axis(HR, 0.0, [-0.6, -0.5], usual, wide, primary_intervals=wide[:1])
    assert not primary.clipped_sides(*wide[0])
    assert primary.clipped_sides(*wide[1]) == ("lower", "upper")
    other = make_axis(HR, 0.0, [-0.6, -0.5], usual, wide)
    assert "lower" in other.clipped_sides(*wide[0])
    squashing = make_axis(HR, 0.0, [-0.6, -0.5], usual, wide, primary_intervals=wide[1:])
    assert squashing.clipped_sides(*wide[1])


def test_ticks_go_on_to_both_ends_of_the_axis():
    axis = ratio_axis([0.13], [(0.04, 0.49)])
    assert [tick.text for tick in axis.ticks] == ["0.05", "0.1", "0.2", "0.5", "1", "2"]

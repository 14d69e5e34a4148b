"""Rank plot: scores, chances and effects as in the result; what narrow plots leave out."""

import pytest
from network_plot_samples import analysed, drawn
from plot_checks import check_texts_apart, check_within_canvas

import trialpool as tp
from trialpool import formatting as fmt
from trialpool.figures.plots.network.ranks import rank_style
from trialpool.measures import get_measure


def column(plot, name):
    at = plot.columns.index(name)
    return [row[at] for row in plot.rows]


def test_rank_plot_shows_scores_chances_and_effects():
    result, plot = analysed("dogliotti"), drawn("rank", "dogliotti")
    scores = result.p_scores()
    full = {s.label: s.box for s in plot.geometry.of("score-range")}
    for shape in plot.geometry.of("score"):
        whole = full[shape.label]
        assert shape.values == pytest.approx((scores[shape.label],))
        share = (shape.box[2] - whole[0]) / (whole[2] - whole[0])
        assert share == pytest.approx(scores[shape.label])
    heights = [s.box[1] for s in plot.geometry.of("score")]
    assert heights == sorted(heights)
    chances = result.rank_probabilities(samples=5000)
    for shape in plot.geometry.of("rank"):
        name, rank = shape.label.split(" | ")
        wanted = chances[result.treatments.index(name), int(rank) - 1]
        assert shape.values == pytest.approx((wanted,))
        assert shape.style == rank_style(wanted)
    (frame,) = plot.geometry.frames
    for shape in plot.geometry.of("effect"):
        found = result.compare(shape.label, result.reference)
        assert shape.points[0][0] == pytest.approx(frame.x(found.estimate))
    assert len(plot.geometry.of("effect")) == len(result.treatments) - 1
    measure = get_measure("OR")
    for name, text in zip(column(plot, "treatment"), column(plot, "effect"), strict=True):
        found = result.compare(name, result.reference)
        if name != result.reference:
            limits = (found.ci_lower, found.ci_upper)
            assert text == fmt.effect_with_interval(found.estimate, *limits, measure)
    with pytest.raises(ValueError, match="too narrow for these names"):
        tp.rank_plot(analysed("long-many"), width_mm=70.0, samples=100)


def test_median_ranks_and_limits_are_in_the_csv():
    plot = drawn("rank", "smoking")
    ranks = analysed("smoking").ranking(samples=5000).ranks
    for key, values in (
        ("rank", [rank.median for rank in ranks]),
        ("rank_lower", [rank.lower for rank in ranks]),
        ("rank_upper", [rank.upper for rank in ranks]),
    ):
        assert column(plot, key) == values


def test_a_network_without_ranks_has_no_plot_of_them():
    with pytest.raises(ValueError, match="a tree with no degree of freedom"):
        tp.rank_plot(analysed("two"))


@pytest.mark.parametrize(("width", "cells", "bars"), [(125.0, 0, 8), (110.0, 0, 0)])
def test_narrow_rank_plots_leave_out_cells_then_bars(width, cells, bars):
    plot = tp.rank_plot(analysed("dogliotti"), width_mm=width, samples=500)
    assert len(plot.geometry.of("rank")) == cells
    assert len(plot.geometry.of("score")) == bars
    assert len(plot.geometry.of("effect")) == 7
    assert "in the CSV" in " ".join(t.text for t in plot.geometry.texts)
    assert "rank_8" in plot.columns
    # Never a bare score: medians and limits of the ranks take the place of the cells.
    shown = {t.text for t in plot.geometry.texts}
    for rank in analysed("dogliotti").ranking(samples=500).ranks:
        assert f"{rank.median} [{rank.lower} to {rank.upper}]" in shown
    check_texts_apart(plot)
    check_within_canvas(plot)

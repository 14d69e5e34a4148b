"""Prediction intervals, risk of bias, bands, stripes, squares: where they stand, what they say."""

from __future__ import annotations

import itertools
import math
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from forest_records import record, response, survival, trial
from layout_checks import check_canvas, check_layout, check_rows, check_texts, marks, overlap
from marked_records import posterior
from scipy.stats import norm as normal
from scipy.stats import t as student
from stress_records import clipped, wide_range

import trialpool as tp
from trialpool import formatting as fmt
from trialpool.figures import draw_forest
from trialpool.figures.forest.marks.density import predictive_density
from trialpool.figures.forest.marks.prediction import SHADES, SPANS
from trialpool.figures.forest.marks.row_marks import EQUAL_SIDE, LARGEST_SIDE, OPEN_SIDE
from trialpool.figures.forest.options.preset_changes import adapted
from trialpool.figures.forest.options.presets import PRESETS
from trialpool.pooling.bayes.predictive import predictive_pdf
from trialpool.records.files import result_of

STYLES = ("bar", "line", "polygon", "shade", "density")


def pool_made(**changes):
    (group,) = result_of(record("x", "t", [trial("A", 2020, "g", "c", (0.8, 0.6, 1.1))])).groups
    return msgspec.structs.replace(group, **changes)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("build", [survival, posterior, clipped])
def test_layout_of_every_prediction_style(preset, style, build):
    drawn = tp.forest(build(), preset=preset, pi_style=style)
    check_layout(drawn)
    panel = drawn.geometry.panel
    for mark in marks(drawn, "prediction"):
        left, _, right, _ = mark.box
        assert left >= panel.left - 1e-6
        assert right <= panel.right + 1e-6
        # Marks of one row stay off the marks of the rows around it.
        others = [m for m in drawn.geometry.marks if m.row is not None and m.row != mark.row]
        assert not [m for m in others if overlap(mark.box, m.box, 0.01)]


def test_a_cut_prediction_interval_has_no_end_stroke_on_that_side():
    for style in ("bar", "line", "shade", "density"):
        drawn = tp.forest(clipped(), pi_style=style, rows_per_page=None)
        for index, row in enumerate(drawn.table.rows):
            if row.kind != "prediction":
                continue
            cut = drawn.geometry.panel.axis.clipped_sides(row.lower, row.upper)
            ends = [m for m in drawn.geometry.marks_of(index) if m.style == "end"]
            assert len(ends) == 2 - len(cut)
            (span,) = [m for m in drawn.geometry.marks_of(index) if m.style in SPANS]
            for arrow in drawn.geometry.marks_of(index, "arrow"):
                assert arrow.points[1][1] == pytest.approx(span.points[0][1])


@pytest.mark.parametrize(("method", "lost"), [("t", 1), ("hts", 2)])
def test_density_is_the_t_whose_central_interval_is_printed(method, lost):
    k, level = 6, 0.9
    pool = pool_made(pi_lower=-0.8, pi_upper=0.2, pi_method=method, k=k, level=level)
    curve = predictive_density(pool, [])
    values, heights = np.array(curve).T
    scale = 0.5 / student.ppf(0.95, k - lost)
    expected = student.pdf((values + 0.3) / scale, k - lost)
    assert heights == pytest.approx(expected / expected.max(), rel=1e-10)
    assert max(heights) == 1.0


def test_density_of_a_normal_interval():
    pool = pool_made(pi_lower=-1.0, pi_upper=1.0, pi_method="normal", k=4, level=0.95)
    values, heights = np.array(predictive_density(pool, [])).T
    z = values * 1.959963984540054
    assert heights == pytest.approx(np.exp(-0.5 * z * z), rel=1e-9)


def test_posterior_predictive_density_holds_what_the_interval_says():
    """It integrates to 1, and to 2.5 % beyond each limit of bayesian_random_effects."""
    y, v = np.array([-0.5, -0.3, 0.0]), np.array([0.02, 0.03, 0.05])
    found = tp.bayesian_random_effects(y, v, prior="half-normal", scale=0.5).prediction
    grid = np.linspace(-10, 10, 20_001)
    density = predictive_pdf(y, v, grid, prior="half-normal", scale=0.5)
    step = grid[1] - grid[0]
    assert density.sum() * step == pytest.approx(1.0, abs=1e-6)
    assert density[grid < found.lower].sum() * step == pytest.approx(0.025, abs=1e-4)
    assert density[grid > found.upper].sum() * step == pytest.approx(0.025, abs=1e-4)


def test_density_drawn_is_the_posterior_predictive():
    result = posterior()
    (row,) = [r for r in draw_forest(result, preset=adapted("default", pi_style="density"))
              .table.rows if r.kind == "prediction"]  # fmt: skip
    values, heights = np.array(row.density).T
    items = result["trials"]
    expected = predictive_pdf(
        [i["estimate"] for i in items], [i["se"] ** 2 for i in items], values, scale=0.5
    )
    assert heights == pytest.approx(expected / expected.max(), rel=1e-12)


def test_curve_stands_at_its_values_and_heights():
    drawn = tp.forest(survival(), pi_style="density")
    panel = drawn.geometry.panel
    index = max(i for i, row in enumerate(drawn.table.rows) if row.kind == "prediction")
    row = drawn.table.rows[index]
    found = {m.style: m for m in drawn.geometry.marks_of(index, "prediction")}
    peak = min(found["curve"].points, key=lambda point: point[1])
    assert peak[0] == pytest.approx(panel.x(row.centre), abs=0.5)
    assert found["density"].box[0] == pytest.approx(panel.x(row.lower))
    assert found["density"].box[2] == pytest.approx(panel.x(row.upper))
    assert found["tail"].box[0] < found["density"].box[0]


def test_shades_are_nested_and_centred():
    drawn = tp.forest(survival(), pi_style="shade")
    panel = drawn.geometry.panel
    index = max(i for i, row in enumerate(drawn.table.rows) if row.kind == "prediction")
    boxes = [m.box for m in drawn.geometry.marks_of(index) if m.style.startswith("shade")]
    assert len(boxes) == SHADES
    for outer, inner in pairwise(boxes):
        assert outer[0] <= inner[0] < inner[2] <= outer[2]
    centre = panel.x(drawn.table.rows[index].centre)
    assert (boxes[-1][0] + boxes[-1][2]) / 2 == pytest.approx(centre, abs=0.3)


def test_an_interval_without_a_distribution_is_refused_by_curves_only():
    effects = tp.effect_sizes(
        hr=[0.7, 0.8, 0.9, 0.6], ci_lower=[0.5, 0.6, 0.7, 0.4], ci_upper=[0.98, 1.07, 1.16, 0.9]
    )
    pooled = tp.pool(effects, pi="bootstrap", seed=1)
    check_layout(tp.forest(pooled, effects, pi_style="line"))
    with pytest.raises(ValueError, match="'bootstrap' has no distribution to draw"):
        tp.forest(pooled, effects, pi_style="density")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    ("build", "cid", "limits"),
    [
        (survival, 0.8, (math.log(0.8), math.log(1.25))),
        (survival, (0.9, 1.05), (math.log(0.9), math.log(1.05))),
        (wide_range, 1.5, (-math.log(1.5), math.log(1.5))),
    ],
)
def test_band_of_differences_too_small_to_matter(preset, build, cid, limits):
    drawn = tp.forest(build(), preset=preset, cid=cid)
    check_layout(drawn)
    (band,) = marks(drawn, "band")
    panel = drawn.geometry.panel
    assert drawn.table.band == pytest.approx(limits)
    assert band.box == pytest.approx(
        (panel.x(limits[0]), panel.top, panel.x(limits[1]), panel.bottom)
    )
    assert drawn.geometry.marks.index(band) < min(
        drawn.geometry.marks.index(mark) for mark in marks(drawn, "interval")
    )
    assert "too small to matter" in " ".join(drawn.notes)


def test_band_of_a_difference_is_in_its_printed_units():
    items = [trial(f"T{i}", 2010, "g", "c", (-0.1, -0.2, 0.05 * i), log=False) for i in range(3)]
    drawn = tp.forest(record("rd", "Risk", items, measure="RD"), cid=5)
    assert drawn.table.band == pytest.approx((-0.05, 0.05))


@pytest.mark.parametrize("cid", [1.0, -0.8, 0.0, (1.1, 1.2), (1.25, 0.8), float("nan")])
def test_a_band_that_is_none_is_refused(cid):
    with pytest.raises(ValueError, match=r"cid=.*allowed: one limit, or a lower and an upper"):
        tp.forest(survival(), cid=cid)


def test_shading_lets_the_band_be_seen():
    drawn = tp.forest(survival(), pi_style="shade", cid=0.8)
    check_layout(drawn)
    (band,) = marks(drawn, "band")
    left, _, right, _ = band.box
    shades = [mark for mark in marks(drawn, "prediction") if mark.style.startswith("shade-")]
    assert any(mark.style.endswith("-band") for mark in shades)
    for mark in shades:
        inside = mark.box[0] >= left - 1e-6 and mark.box[2] <= right + 1e-6
        outside = mark.box[2] <= left + 1e-6 or mark.box[0] >= right - 1e-6
        assert inside if mark.style.endswith("-band") else outside
    # No part begins where another of its step does: together they are the whole.
    for row in {mark.row for mark in shades}:
        steps = [m for m in shades if m.row == row and m.style.removesuffix("-band") == "shade-1"]
        ends = sorted(m.box[::2] for m in steps)
        assert all(one[1] == pytest.approx(two[0]) for one, two in itertools.pairwise(ends))


@pytest.mark.parametrize("preset", PRESETS)
def test_stripes_lie_behind_every_other_trial(preset):
    drawn = tp.forest(survival(), preset=preset, stripes=True)
    check_layout(drawn)
    grounds = marks(drawn, "stripe")
    assert drawn.geometry.marks[: len(grounds)] == tuple(grounds)
    striped = []
    for index, row in enumerate(drawn.table.rows):
        texts = [t for t in drawn.geometry.texts_of(index) if t.role != "symbol"]
        if row.kind == "trial":
            around = [
                g for g in grounds
                if all(g.box[1] <= t.box[1] and t.box[3] <= g.box[3] for t in texts)
            ]  # fmt: skip
            striped.append((row.group, bool(around)))
        else:
            assert not [g for g in grounds for t in texts if overlap(g.box, t.box, 0.01)]
    groups = {group: [s for g, s in striped if g == group] for group, _ in striped}
    for found in groups.values():
        assert found == [bool(number % 2) for number in range(len(found))]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("squares", ["exact", "equal", "events"])
def test_sizes_of_squares(preset, squares):
    drawn = tp.forest(survival(), preset=preset, squares=squares)
    for page in drawn.pages:
        check_texts(page.geometry)
        check_canvas(page.geometry)
    check_rows(drawn)
    found = {}
    for mark in marks(drawn, "square"):
        row = drawn.table.rows[mark.row]
        item = next(x for x in survival()["trials"] if x["trial_id"] == row.trial_id)
        events = [item[arm]["events"] for arm in ("experimental", "control")]
        found[row.trial_id] = mark.box[2] - mark.box[0], mark.style, row, events
    if squares == "equal":
        assert [side for side, *_ in found.values()] == pytest.approx([EQUAL_SIDE] * len(found))
    elif squares == "exact":
        ratios = [side**2 / row.area for side, _, row, _ in found.values()]
        assert ratios == pytest.approx([ratios[0]] * len(ratios))
    else:
        known = [(s, sum(e)) for s, style, _, e in found.values() if style != "open"]
        most = max(events for _, events in known)
        for side, events in known:
            assert side == pytest.approx(max(2.3, LARGEST_SIDE * math.sqrt(events / most)))
        opened = [(s, e) for s, style, _, e in found.values() if style == "open"]
        assert opened
        assert all(s == pytest.approx(OPEN_SIDE) and None in e for s, e in opened)
        assert "open squares: events not in our data" in " ".join(drawn.notes)


def test_revman_names_its_method_tests_its_pools_and_sums_its_arms():
    result = response()
    for group in (*result["groups"], result["overall"]):
        group |= {"p_value": 0.04, "df": 3.0}
        for model in group.get("models", {}).values():
            model |= {"p_value": 0.04, "df": 3.0}
    drawn = tp.forest(result, preset="revman5")
    check_layout(drawn)
    heads = [t.text for t in drawn.geometry.texts if t.role == "header" and t.column == "panel"]
    assert " ".join(heads) == "Odds ratio IV, Random, 95% CI"
    pools = [r for r in drawn.table.rows if r.label.startswith("Test for overall effect: t = ")]
    assert len(pools) == len(result["groups"]) + 1
    overall = result["overall"]["models"]["hk-adhoc"]
    expected = f"{overall['estimate'] / overall['se']:.2f}".replace("-", "−")
    assert pools[-1].label == f"Test for overall effect: t = {expected} (df = 3, P = 0.04)"
    totals = [row for row in drawn.table.rows if row.kind == "total"]
    assert (totals[0].experimental, totals[0].control) == ("319/593", "231/587")
    assert not any(row.experimental for row in drawn.table.rows if row.kind == "heading")
    assert drawn.table.preset.palette.square == PRESETS["revman5"].squares_by_measure["counts"]
    usual = tp.forest(result).table
    assert not [r for r in usual.rows if r.kind == "total" or r.label.startswith("Test for")]


def test_bayesian_pools_are_tested_by_their_probability():
    result = posterior()
    drawn = tp.forest(result, preset="revman5")
    check_layout(drawn)
    below = result["groups"][0]["models"]["bayes"]["probability_below"]
    (line,) = [r.label for r in drawn.table.rows if r.label.startswith("Overall effect")]
    assert line == f"Overall effect: probability that HR is below 1: {100 * below:.1f}%"
    assert drawn.table.heads.panel[1] == "IV, Random (Bayesian), 95% CI"


def test_the_only_group_has_a_dashed_line():
    drawn = tp.forest(posterior())
    (line,) = marks(drawn, "pooled-line")
    estimate = posterior()["groups"][0]["models"]["bayes"]["estimate"]
    assert line.points[0][0] == pytest.approx(drawn.geometry.panel.x(estimate))
    assert "Dashed line: the pooled estimate." in " ".join(drawn.notes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pi_style": "cloud"}, "pi_style='cloud' is not known; allowed: bar, line"),
        ({"squares": "n"}, "squares='n' is not known; allowed: weight, exact"),
        ({"label_style": "nejm"}, "label_style='nejm' is not known; allowed: comma"),
        ({"stripes": "yes"}, "stripes='yes'; allowed: true or false"),
    ],
)
def test_looks_that_there_are_not(change, message):
    with pytest.raises(ValueError, match=message):
        tp.forest(survival(), **change)


@pytest.mark.parametrize("preset", PRESETS)
def test_column_of_tests_against_no_difference(preset):
    result = survival()
    for group in result["groups"]:
        for model in group["models"].values():
            model["p_value"] = 0.0321
    drawn = tp.forest(result, preset=preset, columns_right=["effect", "p"])
    check_layout(drawn)
    style = PRESETS[preset].style
    for row in drawn.table.rows:
        if row.kind == "trial":
            item = next(x for x in result["trials"] if x["trial_id"] == row.trial_id)
            expected = 2 * normal.sf(abs(item["estimate"] / item["se"]))
            assert row.cell("p") == fmt.p_value(expected, style)
        elif row.kind == "pool":
            assert row.cell("p") == fmt.p_value(0.0321, style)
    heads = [t.text for t in drawn.geometry.texts if t.role == "header" and t.column == "p"]
    assert heads == [style.p_letter]


def test_a_column_p_of_the_table_is_not_computed_anew():
    effects = tp.effect_sizes(hr=[0.7, 0.8], ci_lower=[0.5, 0.6], ci_upper=[0.98, 1.07])
    drawn = tp.forest(effects, cells=[{"p": "0.5"}, {"p": "0.6"}], columns_right=["effect", "p"])
    assert [r.cell("p") for r in drawn.table.rows if r.kind == "trial"] == ["0.5", "0.6"]
    assert not any(row.cell("p") for row in drawn.table.rows if row.kind == "pool")

"""Positions and numbers of the plots against the formulas and the kernel."""

import copy
import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
import sample_records
from forest_records import all_records
from plot_samples import BCG, LATITUDE, bcg, counts, drawn, made, rows_of_multiverse

import trialpool as tp
from trialpool.cli.figure.plot_commands import KINDS
from trialpool.figures.plots.labbe import LARGEST, SMALLEST, other_risk
from trialpool.figures.plots.orchard import stack
from trialpool.sensitivity import baujat, gosh, influence


def column(plot, name):
    at = plot.columns.index(name)
    return [row[at] for row in plot.rows]


def test_funnel_contours_end_at_z_times_the_standard_error():
    plot = drawn("funnel", "bcg")
    (frame,) = plot.geometry.frames
    found = {shape.values[1]: shape for shape in plot.geometry.of("contour")}
    # Quantiles of the normal distribution for two-sided p of 0.10, 0.05 and 0.01.
    assert sorted(found) == pytest.approx([1.644854, 1.959964, 2.575829], abs=1e-6)
    for z, shape in found.items():
        apex = (frame.x(0.0), frame.y(0.0))
        assert any(point == pytest.approx(apex) for point in shape.points)
        for x, y in shape.points:
            share = (y - frame.top) / (frame.bottom - frame.top)
            se = frame.y_axis.lower + share * (frame.y_axis.upper - frame.y_axis.lower)
            reach = abs(x - frame.x(0.0))
            edge = abs(frame.x(z * se) - frame.x(0.0))
            at_side = x == pytest.approx(frame.left) or x == pytest.approx(frame.right)
            assert reach == pytest.approx(edge, abs=1e-6) or (at_side and reach < edge + 1e-6)


def test_funnel_rows_are_effects_errors_and_p_values():
    plot, effects = drawn("funnel", "bcg"), bcg()
    assert column(plot, "estimate") == pytest.approx(effects.yi.tolist())
    assert column(plot, "se") == pytest.approx(np.sqrt(effects.vi).tolist())
    # Two-sided p = 2(1 - Φ(|z|)), z = 2 for an effect of twice its error.
    exact = tp.funnel_plot(tp.effect_sizes(yi=[0.4, 0.0], vi=[0.04, 0.01]))
    assert column(exact, "p_value") == pytest.approx([0.0455002638963584, 1.0])
    assert drawn("funnel", "two").rows[0][0] == "Trial 1"


def test_funnel_says_that_few_trials_show_no_asymmetry():
    assert any("at least 10" in t.text for t in drawn("funnel", "two").geometry.texts)
    assert not any("at least 10" in t.text for t in drawn("funnel", "bcg").geometry.texts)


def test_radial_ray_has_the_pooled_effect_as_slope_and_trials_lie_on_theirs():
    plot, effects = drawn("radial", "bcg"), bcg()
    (frame,) = plot.geometry.frames
    (ray,) = plot.geometry.of("pool")
    w = 1.0 / effects.vi
    pooled = float((w * effects.yi).sum() / w.sum())
    assert ray.values == pytest.approx((pooled,))
    (x0, y0), (x1, y1) = ray.points
    rise = (y0 - y1) / (frame.bottom - frame.top) * (frame.y_axis.upper - frame.y_axis.lower)
    run = (x1 - x0) / (frame.right - frame.left) * (frame.x_axis.upper - frame.x_axis.lower)
    assert rise / run == pytest.approx(pooled)
    for shape, y in zip(plot.geometry.of("trial"), effects.yi, strict=True):
        assert shape.values[1] / shape.values[0] == pytest.approx(y)
    outside = [abs(b - pooled * a) > 1.959964 for a, b in zip(
        column(plot, "x"), column(plot, "y"), strict=True)]  # fmt: skip
    assert [not value for value in column(plot, "in_band")] == outside


def test_radial_ruler_reads_the_effect_where_a_ray_leaves():
    plot = drawn("radial", "bcg")
    (frame,) = plot.geometry.frames
    for tick in plot.geometry.of("ruler-tick"):
        assert tick.points[0] == pytest.approx(
            (frame.right, frame.y(tick.values[0] * frame.x_axis.upper))
        )


def test_labbe_places_risks_and_areas():
    plot = drawn("labbe", "bcg")
    a, n1, c, n0 = counts()
    size = {row[0]: n1[i] + n0[i] for i, row in enumerate(BCG)}
    for shape in plot.geometry.of("trial"):
        i = [row[0] for row in BCG].index(shape.label)
        assert shape.values == pytest.approx((c[i] / n0[i], a[i] / n1[i]))
        exact = LARGEST * math.sqrt(size[shape.label] / max(size.values()))
        assert shape.radius == pytest.approx(max(SMALLEST, exact))
        told = any("larger than to scale" in t.text for t in plot.geometry.texts)
        assert told or exact >= SMALLEST


@pytest.mark.parametrize(
    ("measure", "effect", "expected"),
    [("RD", -0.1, 0.3), ("RR", math.log(0.5), 0.2), ("OR", math.log(0.5), 0.25)],
)
def test_labbe_curve(measure, effect, expected):
    # Odds of 0.4 are 2/3; half of them are 1/3, a risk of 1/4.
    assert other_risk(0.4, effect, measure) == pytest.approx(expected)


def test_labbe_names_trials_without_information():
    plot = tp.labbe_plot([0, 3], [50, 60], [0, 9], [50, 60], labels=["Empty", "Full"], measure="OR")
    assert len(plot.geometry.of("trial")) == 2
    assert any("Without information" in t.text and "Empty" in t.text for t in plot.geometry.texts)


def test_baujat_marks_are_those_of_the_kernel():
    plot, effects = drawn("baujat", "bcg"), bcg()
    found = baujat(effects.yi, effects.vi)
    assert column(plot, "heterogeneity") == pytest.approx(found.x.tolist(), rel=1e-12)
    assert column(plot, "influence") == pytest.approx(found.y.tolist(), rel=1e-12)
    values = {s.label: s.values for s in plot.geometry.of("trial")}
    assert values["Hart 1977"] == pytest.approx((found.x[3], found.y[3]))


def test_influence_panel_shows_the_diagnostics_and_cut_offs():
    plot, effects = drawn("influence", "bcg"), bcg()
    found = influence(effects.yi, effects.vi)
    for name in ("rstudent", "dffits", "cook_d", "cov_ratio", "tau2_deleted", "hat", "dfbetas"):
        assert column(plot, name) == pytest.approx(getattr(found, name).tolist(), rel=1e-12)
    assert column(plot, "influential") == found.influential.tolist()
    marks = plot.geometry.of("trial")
    assert len(marks) == 7 * 13
    for frame, start in zip(plot.geometry.frames, range(0, len(marks), 13), strict=True):
        for shape in marks[start : start + 13]:
            assert shape.points[0] == pytest.approx(frame.at(*shape.values))
    cuts = {round(v, 6) for s in plot.geometry.of("limit") for v in s.values}
    assert {round(3 / math.sqrt(12), 6), 1.0} <= cuts


def test_gosh_points_equal_the_fits():
    plot, effects = drawn("gosh", "bcg"), bcg()
    found = gosh(effects.yi, effects.vi, ci="wald", smallest=2, max_subsets=3000)
    assert column(plot, "estimate") == found.estimate.tolist()
    assert column(plot, "i2") == found.i2.tolist()
    clouds = {s.label: s for s in plot.geometry.of("subsets")}
    inside = np.array(column(plot, "with_marked"))
    frame = plot.geometry.frames[-1]
    assert len(clouds["with"].points) == inside.sum()
    assert len(clouds["without"].points) == (~inside).sum()
    first = int(np.flatnonzero(inside)[0])
    assert clouds["with"].points[0] == pytest.approx(
        frame.at(found.estimate[first], found.i2[first])
    )
    assert sum(s.values[2] for s in plot.geometry.of("bar")) == len(found)


def test_bubble_area_is_proportional_to_weight_and_line_is_the_fit():
    plot, effects = drawn("bubble", "bcg"), bcg()
    fit = tp.meta_regression(effects.yi, effects.vi, LATITUDE[:, None], names=["Latitude"])
    weight = dict(zip(effects.labels, 1.0 / (effects.vi + fit.tau2), strict=True))
    for shape in plot.geometry.of("trial"):
        assert (shape.radius / 11.0) ** 2 == pytest.approx(
            weight[shape.label] / max(weight.values())
        )
    assert sum(column(plot, "weight")) == pytest.approx(1.0)
    (line,) = plot.geometry.of("fit")
    (frame,) = plot.geometry.frames
    for x, y in line.points:
        at = frame.x_axis.lower + (x - frame.left) / (frame.right - frame.left) * (
            frame.x_axis.upper - frame.x_axis.lower
        )
        assert y == pytest.approx(frame.y(line.values[0] + line.values[1] * at))


def test_refits_are_those_of_the_kernel():
    effects = bcg()
    left_out = tp.leave_one_out(effects.yi, effects.vi)
    plot = drawn("leave-one-out", "bcg")
    assert column(plot, "estimate")[:-1] == left_out.estimate.tolist()
    (frame,) = plot.geometry.frames
    for shape, estimate in zip(plot.geometry.of("refit"), left_out.estimate, strict=True):
        assert shape.points[0][0] == pytest.approx(frame.x(estimate))
    entering = drawn("cumulative", "bcg")
    assert column(entering, "k") == list(range(1, 14))
    assert column(entering, "estimate")[-1] == pytest.approx(column(plot, "estimate")[-1])


def test_posterior_shows_the_shrunken_effects():
    plot, effects = drawn("posterior", "bcg"), bcg()
    found = tp.bayesian_random_effects(effects.yi, effects.vi, measure="RR")
    shown = [s.values[0] for s in plot.geometry.of("shrunken")]
    assert shown == [p.median for p in found.shrunken]
    (diamond,) = plot.geometry.of("pool")
    assert diamond.values == pytest.approx((found.estimate, found.ci_lower, found.ci_upper))


def test_orchard_discs_keep_apart_and_areas_follow_precision():
    plot = drawn("orchard", "many")
    discs = plot.geometry.of("trial")
    assert len(discs) == 200
    for one, two in itertools.combinations(discs, 2):
        gap = math.dist(one.points[0], two.points[0])
        assert gap >= one.radius + two.radius - 1e-6
    ratios = [s.radius**2 / s.values[1] for s in discs]
    assert max(ratios) == pytest.approx(min(ratios))
    (frame,) = plot.geometry.frames
    for shape in discs:
        assert shape.points[0][0] == pytest.approx(frame.x(shape.values[0]))


def test_stack_leaves_a_single_disc_on_the_line():
    assert stack([10.0], [3.0]) == [0.0]
    assert stack([0.0, 100.0], [3.0, 3.0]) == [0.0, 0.0]


def test_specification_curve_sorts_and_marks_every_choice_once():
    plot, rows = drawn("specification", ""), rows_of_multiverse()
    estimates = [s.values[1] for s in plot.geometry.of("estimate")]
    assert estimates == sorted(float(row["estimate"]) for row in rows)
    assert len(plot.geometry.of("choice")) == 4 * len(rows)
    assert len(plot.geometry.of("interval")) == sum(row["ci_lower"] != "" for row in rows)
    order = sorted(rows, key=lambda row: float(row["estimate"]))
    for shape in plot.geometry.of("choice"):
        key, _, value = shape.label.partition("=")
        assert order[int(shape.values[0]) - 1][key] == value


def test_overview_has_every_group_with_the_numbers_of_its_record():
    plot, records = drawn("overview", ""), all_records().values()
    shown = {(row[0], row[1]) for row in plot.rows}
    assert shown == {(r["id"], g["label"]) for r in records for g in r["groups"]}
    intervals = {s.label: s.values for s in plot.geometry.of("interval")}
    by_label = {s.label: s.values[0] for s in plot.geometry.shapes if s.kind in ("trial", "pool")}
    for question, group, _, _, model, estimate, lower, upper, _ in plot.rows:
        name = f"{question}: {group}: {model}"
        assert by_label[name] == estimate
        if model == "single-trial":
            assert intervals[name] == (lower, upper)
    # Sides of benefit never share an axis.
    kinds = {(r["measure"], r["benefit"], *r["favours"].values()) for r in records}
    assert len(plot.geometry.frames) == len(kinds)


ARMS = sample_records.result(
    kind="proportion", measure="PLO", null_value=None, single_arm=True, settings={"single_arm": {}}
)


def test_overview_leaves_single_arms_out_and_says_so():
    records = [all_records()["survival"], ARMS]
    plot = tp.overview_plot(records)
    assert {row[0] for row in plot.rows} == {"metastatic-os"}
    assert any("1 question is not shown" in t.text for t in plot.geometry.texts)


def test_overview_without_a_comparison_is_a_page_that_says_so():
    plot = tp.overview_plot([ARMS])
    assert plot.rows == ()
    assert "no question compares" in plot.alt


def test_specification_curve_without_an_answer_says_so():
    rows = [{**row, "holds": ""} for row in rows_of_multiverse()]
    plot = tp.specification_curve(rows, measure="HR")
    assert {s.style for s in plot.geometry.of("estimate")} == {"unknown"}
    assert "no single answer" in plot.alt


def test_groups_of_a_record_are_not_mixed():
    record = all_records()["survival"]
    with pytest.raises(ValueError, match="the record has"):
        tp.funnel_plot(record)
    label = record["groups"][0]["label"]
    plot = tp.funnel_plot(record, group=label)
    assert len(plot.rows) == record["groups"][0]["k"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tp.gosh_plot(made(2)), "three trials"),
        (lambda: tp.baujat_plot(made(1)), "needs two"),
        (lambda: tp.leave_one_out_plot(made(1)), "two trials"),
        (lambda: tp.gosh_plot(made(4), mark="X"), "mark='X'"),
        (lambda: tp.bubble_plot(made(4), [1.0, 2.0]), "expected 4"),
        (lambda: tp.orchard_plot(made(4), ["a"]), "expected 4"),
        (lambda: tp.labbe_plot([1], [2], [1], [2], measure="HR"), "allowed: OR, RR, RD"),
        (lambda: tp.specification_curve([], measure="HR"), "the multiverse has: none"),
        (lambda: tp.overview_plot([]), "no result record"),
        (lambda: tp.funnel_plot(made(4), width_mm=20), "allowed: 60 to 600"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_gallery_names_what_exists():
    folder = Path(__file__).resolve().parents[2] / "docs" / "gallery"
    text = (folder / "plots.md").read_text(encoding="utf-8")
    shown = (folder / "index.md").read_text(encoding="utf-8")
    pictures = re.findall(r"\((\.\./images/[^)]+)\)", shown)
    assert len(pictures) == len(set(pictures)) == 17
    for picture in pictures:
        assert 0 < (folder / picture).stat().st_size < 150_000
    rows = re.findall(r"\| `(\w+)`, `([\w-]+)` \|", text)
    assert {kind for _, kind in rows} == set(KINDS)
    assert all(callable(getattr(tp, name)) for name, _ in rows)


def test_overview_says_which_model_is_primary():
    record = copy.deepcopy(all_records()["survival"])
    for group in record["groups"]:
        if group["k"] > 1:
            group["primary_model"] = "bayes"
    texts = [t.text for t in tp.overview_plot([record]).geometry.texts]
    pooled = sum(group["k"] > 1 for group in record["groups"])
    assert texts.count("Bayesian") == pooled > 0
    assert texts.count("the trial") == len(record["groups"]) - pooled

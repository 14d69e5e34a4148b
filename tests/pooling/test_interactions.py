"""Interactions within trials: by hand, against metafor, exact properties, ecological bias."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.effects.levels import subtract_level, trend
from trialpool.pooling import meta_regression, random_effects, random_effects_many
from trialpool.pooling.dependent.floating_subgroups import (
    WithinTrial,
    floating_subgroups,
    within_trial_levels,
)
from trialpool.pooling.dependent.interactions import naive_difference, within_trial_differences

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
METAFOR = json.loads((REFERENCE / "interactions.json").read_text(encoding="utf-8"))
SEXES = ("women", "men")


def anker() -> list[dict[str, str]]:
    with (REFERENCE / "anker2025.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def anker_rows() -> tuple[list[float], list[float], list[str], list[str]]:
    yi, vi, trial, level = [], [], [], []
    for row in anker():
        for sex, name in (("women", "female"), ("men", "male")):
            yi.append(float(row[f"{name}_logrr"]))
            vi.append(float(row[f"{name}_se"]) ** 2)
            trial.append(row["study"])
            level.append(sex)
    return yi, vi, trial, level


def test_iron_in_women_and_men_by_hand():
    found = within_trial_differences(*anker_rows(), SEXES)
    # AFFIRM-AHF: -0.0001 + 0.4513; 0.1783² + 0.1576² = 0.03179 + 0.02484.
    assert found.trials[2] == "AFFIRM-AHF"
    assert found.estimates[2] == pytest.approx(0.4512, abs=1e-12)
    assert found.variances[2] == pytest.approx(0.05662865, abs=1e-12)
    assert found.one_level == ()
    # The published interaction per trial. Of the first three the data set repeats the standard
    # error of men, which a difference cannot have: the two levels are independent.
    for row, estimate, variance in zip(anker(), found.estimates, found.variances, strict=True):
        if row["sex_se"] == row["male_se"]:
            assert math.sqrt(variance) > float(row["sex_se"])
        else:
            assert estimate == pytest.approx(float(row["sex_logrrr"]), abs=0.07)
            assert math.sqrt(variance) == pytest.approx(float(row["sex_se"]), rel=0.01)


@pytest.mark.parametrize(
    ("tau2", "ci", "name"), [("CE", "wald", "common"), ("REML", "hk", "random_hk")]
)
def test_iron_in_women_and_men_against_metafor(tau2, ci, name):
    theirs = METAFOR["anker2025"]
    found = within_trial_differences(*anker_rows(), SEXES)
    np.testing.assert_allclose(found.estimates, theirs["estimates"], rtol=1e-14)
    np.testing.assert_allclose(found.variances, theirs["variances"], rtol=1e-14)
    ours = random_effects(found.estimates, found.variances, tau2=tau2, ci=ci, measure="RHR")
    assert ours.scale == "log"
    for key in ("estimate", "se", "ci_lower", "ci_upper"):
        assert getattr(ours, key) == pytest.approx(theirs[name][key], rel=1e-10), key


def test_levels_pooled_each_for_itself_against_metafor():
    theirs = METAFOR["anker2025"]
    found = naive_difference(*anker_rows(), SEXES, theirs["common"]["estimate"], ci="hk")
    for ours, name in ((found.first, "naive_female"), (found.second, "naive_male")):
        for key in ("estimate", "se", "ci_lower", "ci_upper"):
            assert getattr(ours, key) == pytest.approx(theirs[name][key], rel=1e-6), (name, key)
    assert found.apparent == pytest.approx(0.2524, abs=1e-4)
    assert found.between == pytest.approx(found.apparent - 0.25144, abs=1e-5)
    assert found.share == pytest.approx(found.between / found.apparent)


def test_floating_effects_differ_by_exactly_the_pooled_interaction():
    yi, vi, trial, level = anker_rows()
    # Trials of one level: they place the effects and leave the interaction alone.
    more = ([*yi, -0.9, 0.2], [*vi, 0.02, 0.05], [*trial, "X", "Y"], [*level, "women", "men"])
    for rows in ((yi, vi, trial, level), more):
        within = within_trial_levels(*rows, ("men", "women"))
        assert within.trials == 6
        differences = within_trial_differences(*rows, SEXES)
        pooled = random_effects(differences.estimates, differences.variances, ci="hk-adhoc")
        floating = floating_subgroups(*rows, within)
        men, women = floating.effects
        assert women.estimate - men.estimate == pytest.approx(pooled.estimate, abs=1e-12)
        assert within.estimates[1] == pytest.approx(pooled.estimate, rel=1e-10)
        assert math.sqrt(within.covariance[1, 1]) == pytest.approx(pooled.se, rel=1e-10)
        assert within.df == pooled.df
    assert floating.k == 8
    assert (men.k, women.k) == (7, 7)


def test_variance_of_floating_effects_is_that_of_a_linear_estimator():
    # Under a common effect and interaction every estimate is linear in the data: its variance is
    # Σ g²v with the derivatives g.
    yi, vi, trial, level = anker_rows()
    rows = ([*yi, -0.9], [*vi, 0.02], [*trial, "X"], [*level, "women"])

    def effects(y):
        within = within_trial_levels(y, *rows[1:], ("men", "women"), tau2="CE", ci="wald")
        return floating_subgroups(y, *rows[1:], within, tau2="CE", ci="wald").effects

    base = effects(rows[0])
    for position in range(2):
        variance = 0.0
        for row in range(len(rows[0])):
            moved = list(rows[0])
            moved[row] += 1.0
            slope = effects(moved)[position].estimate - base[position].estimate
            variance += slope**2 * rows[1][row]
        assert base[position].se == pytest.approx(math.sqrt(variance), rel=1e-10)


def test_equal_shares_of_levels_make_floating_and_naive_effects_agree():
    vi = [0.02, 0.03, 0.04, 0.06, 0.01, 0.015]
    yi = [0.1, 0.4, -0.2, 0.3, 0.0, 0.5]
    rows = (yi, vi, ["a", "a", "b", "b", "c", "c"], ["low", "high"] * 3)
    within = within_trial_levels(*rows, ("low", "high"), tau2="CE", ci="wald")
    floating = floating_subgroups(*rows, within, tau2="CE", ci="wald")
    naive = naive_difference(*rows, ("high", "low"), within.estimates[1], tau2="CE", ci="wald")
    assert floating.effects[0].estimate == pytest.approx(naive.second.estimate, rel=1e-12)
    assert floating.effects[1].estimate == pytest.approx(naive.first.estimate, rel=1e-12)
    assert floating.effects[1].se == pytest.approx(naive.first.se, rel=1e-12)
    assert naive.between == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("tau2", "name"), [("CE", "common"), ("REML", "random")])
def test_three_levels_against_metafor(tau2, name):
    data = METAFOR["three_levels"]
    rows = (data["y"], data["v"], data["trial"], data["level"])
    ours = within_trial_levels(*rows, ("a", "b", "c"), tau2=tau2, ci="wald")
    assert data["random"]["tau2"] > 0.05
    assert ours.tau2 == pytest.approx(data[name]["tau2"], rel=1e-5)
    np.testing.assert_allclose(ours.estimates[1:], data[name]["estimates"], rtol=1e-6)
    np.testing.assert_allclose(ours.covariance[1:, 1:], data[name]["covariance"], rtol=1e-5)


def test_one_trial_of_three_levels_is_its_own_differences():
    within = within_trial_levels([0.1, 0.3, 0.9], [0.1, 0.2, 0.4], "ttt", "abc", "abc")
    np.testing.assert_allclose(within.estimates, [0.0, 0.2, 0.8], atol=1e-12)
    np.testing.assert_allclose(within.covariance[1:, 1:], [[0.3, 0.1], [0.1, 0.5]], rtol=1e-10)
    assert within.df is None


def test_trend_is_the_slope_of_a_regression_with_known_variances():
    yi, vi, scores = [0.1, 0.5, 0.4], [0.04, 0.02, 0.08], [0.0, 1.0, 2.0]
    fit = meta_regression(yi, vi, scores, tau2="CE", ci="wald")
    slope, variance = trend(yi, vi, scores)
    assert slope == pytest.approx(fit.coefficients[1].estimate, rel=1e-12)
    assert math.sqrt(variance) == pytest.approx(fit.coefficients[1].se, rel=1e-12)
    # Of two levels one apart it is their difference.
    assert trend(yi[:2], vi[:2], [0, 1]) == pytest.approx((0.4, 0.06))


@given(
    y=st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
    v=st.tuples(st.floats(0.01, 2), st.floats(0.01, 2)),
)
def test_subtracting_a_level_undoes_the_weighted_mean(y, v):
    w = (1 / v[0], 1 / v[1])
    total = ((w[0] * y[0] + w[1] * y[1]) / sum(w), 1 / sum(w))
    rest = subtract_level(total, (y[0], v[0]))
    assert rest == pytest.approx((y[1], v[1]), rel=1e-6, abs=1e-8)


def test_what_cannot_be_is_refused_with_its_name():
    rows = ([0.1, 0.2, 0.3], [0.1, 0.1, 0.1])
    with pytest.raises(ValueError, match="trial 'a' has two effects for 'high'"):
        within_trial_differences(*rows, "aab", ["high", "high", "low"], ("high", "low"))
    with pytest.raises(ValueError, match="level 'mid' of 'a'; allowed: high, low"):
        within_trial_differences(*rows, "aab", ["high", "mid", "low"], ("high", "low"))
    with pytest.raises(ValueError, match="no trial links high to low"):
        within_trial_levels(*rows, "abc", ["high", "low", "low"], ("low", "high"))
    with pytest.raises(ValueError, match="less precise than the whole"):
        subtract_level((0.0, 0.2), (0.0, 0.1))
    with pytest.raises(ValueError, match="at least two different"):
        trend([0.1, 0.2], [0.1, 0.1], [1, 1])
    with pytest.raises(ValueError, match="trial has 2 entries and yi 3"):
        within_trial_differences(*rows, "ab", ["high", "high", "low"], ("high", "low"))


def ecological(rng: np.random.Generator, true: float) -> tuple[np.ndarray, ...]:
    """Eight trials: where the marker is frequent, the treatment works less in everybody."""
    frequency = np.array([0.15, 0.2, 0.25, 0.3, 0.6, 0.7, 0.8, 0.85])
    effect = -0.2 + 0.8 * (frequency - 0.5)
    v_positive = 4.0 / (400.0 * frequency)
    v_negative = 4.0 / (400.0 * (1.0 - frequency))
    positive = rng.normal(effect + true, np.sqrt(v_positive))
    negative = rng.normal(effect, np.sqrt(v_negative))
    return positive, v_positive, negative, v_negative


@pytest.mark.parametrize("true", [0.0, -0.3])
def test_trials_that_differ_bias_the_naive_difference_and_not_the_within_trial_one(true):
    rng = np.random.default_rng(20260101)
    sets = [ecological(rng, true) for _ in range(2000)]
    positive, v_positive, negative, v_negative = (
        np.array(part) for part in zip(*sets, strict=True)
    )
    within = random_effects_many(positive - negative, v_positive + v_negative).estimate
    error = within.std(ddof=1) / math.sqrt(2000)
    assert abs(within.mean() - true) < 3 * error
    for tau2, least in (("CE", 0.2), ("REML", 0.08)):
        naive = (
            random_effects_many(positive, v_positive, tau2=tau2).estimate
            - random_effects_many(negative, v_negative, tau2=tau2).estimate
        )
        assert naive.mean() - true > least
        if tau2 == "CE":
            # Known variances: means of the trials' effects, weighted by the patients of a level.
            frequency = v_negative[0] / (v_positive[0] + v_negative[0])
            effect = -0.2 + 0.8 * (frequency - 0.5)
            bias = np.average(effect, weights=frequency) - np.average(effect, weights=1 - frequency)
            spread = naive.std(ddof=1) / math.sqrt(2000)
            assert abs(naive.mean() - true - bias) < 3 * spread


def test_ecological_bias_of_one_set_by_the_shipped_functions():
    rng = np.random.default_rng(7)
    positive, v_positive, negative, v_negative = ecological(rng, 0.0)
    rows = (
        [*positive, *negative],
        [*v_positive, *v_negative],
        [*range(8), *range(8)],
        ["positive"] * 8 + ["negative"] * 8,
    )
    levels = ("positive", "negative")
    within = within_trial_levels(*rows, levels[::-1])
    assert isinstance(within, WithinTrial)
    naive = naive_difference(*rows, levels, within.estimates[1])
    assert naive.apparent == pytest.approx(within.estimates[1] + naive.between, rel=1e-12)
    assert naive.between > 0.05

"""Two endpoints in one model against metafor and mixmeta, closed forms and simulated truth."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialpool.pooling import random_effects
from trialpool.pooling.bivariate import likelihood
from trialpool.pooling.bivariate.model import bivariate
from trialpool.pooling.bivariate.regressions import errors_in_variables, weighted_line
from trialpool.pooling.bivariate.surrogacy import surrogacy

CASES = json.loads((Path(__file__).parents[1] / "reference/bivariate.json").read_text("utf-8"))[
    "cases"
]
FITS = [(case, fit) for case, content in CASES.items() for fit in content["fits"]]


def columns(case):
    trials = CASES[case]["trials"]
    y1, s1, y2, s2 = (np.array(trials[name]) for name in ("y1", "s1", "y2", "s2"))
    return y1, s1**2, y2, s2**2


def correlation(case, fit):
    said = fit.split("_")[1]
    return np.array(CASES[case]["trials"]["rho"]) if said == "given" else float(said)


def fitted(case, fit):
    return surrogacy(
        *columns(case), correlation=correlation(case, fit), method=fit.rpartition("_")[2]
    )


@pytest.mark.parametrize(("case", "fit"), FITS)
def test_equals_metafor(case, fit):
    expected, found = CASES[case]["fits"][fit], fitted(case, fit)
    assert found.fit.converged
    # The likelihood that metafor ended at is never the larger one: nlminb stops at about 1e-7.
    assert found.fit.log_likelihood >= expected["logLik"] - 1e-10
    assert found.fit.log_likelihood == pytest.approx(expected["logLik"], abs=1e-9)
    assert found.fit.g == pytest.approx(np.array(expected["G"]), rel=6e-6)
    assert found.fit.estimates == pytest.approx(expected["estimates"], rel=1e-6)
    assert found.fit.covariance == pytest.approx(np.array(expected["vcov"]), rel=6e-6)
    assert found.fit.q == pytest.approx(expected["QE"], rel=1e-10)
    assert found.slope == pytest.approx(expected["slope"], rel=6e-6)
    assert found.intercept == pytest.approx(expected["intercept"], rel=6e-6)
    assert found.r2 == pytest.approx(expected["R2"], rel=6e-6)
    # Of nothing where the correlation is 1.
    assert found.residual_variance == pytest.approx(
        expected["conditional_variance"], rel=6e-6, abs=1e-9
    )
    if expected["slope_se"] is not None and not found.fit.at_boundary:
        assert found.slope_se == pytest.approx(expected["slope_se"], rel=6e-6)


@pytest.mark.parametrize(("case", "fit"), FITS)
def test_what_is_foretold_with_a_known_slope_equals_what_metafor_gives(case, fit):
    expected, found = CASES[case]["fits"][fit], fitted(case, fit)
    for told in expected["predictions"]:
        line = found.foretell(told["x0"], slope_known=True)
        assert line.estimate == pytest.approx(told["predicted"], abs=1e-5)
        assert (line.ci_lower, line.ci_upper) == pytest.approx(told["ci_mean"], abs=1e-5)
        assert (line.pi_lower, line.pi_upper) == pytest.approx(told["pi_normal"], abs=1e-5)
    for threshold in expected["threshold"] or ():
        assert found.foretell(threshold, slope_known=True).pi_upper == pytest.approx(0, abs=1e-4)


def test_the_threshold_is_where_the_limit_of_prediction_is_no_effect():
    found = fitted("pfs_os12", "rho_0_UN_REML")
    assert found.foretell(found.threshold).pi_upper == pytest.approx(0.0, abs=1e-9)
    assert found.foretell(found.threshold - 0.05).pi_upper < 0
    # An estimated slope asks for more than a known one does.
    assert found.threshold < CASES["pfs_os12"]["fits"]["rho_0_UN_REML"]["threshold"][0]
    assert found.enough


def test_the_threshold_of_a_response_lies_on_its_other_side():
    """Log odds ratios of a response: a larger one is the benefit, and the slope is negative."""
    y1, v1, y2, v2 = columns("pfs_os12")
    mirrored = surrogacy(-y1, v1, y2, v2, early_benefit="higher")
    straight = surrogacy(y1, v1, y2, v2)
    assert mirrored.threshold == pytest.approx(-straight.threshold, rel=1e-6)
    assert mirrored.slope == pytest.approx(-straight.slope, rel=1e-6)
    assert mirrored.r2 == pytest.approx(straight.r2, rel=1e-6)


def test_limits_of_r2_are_where_the_profile_has_fallen_by_half_a_quantile():
    found = fitted("pfs_os12", "rho_0_UN_REML")
    taus = np.sqrt(np.diag(found.fit.g))
    for limit in (found.r2_lower, found.r2_upper):
        value = likelihood.profile(found.fit.pairs, math.sqrt(limit), taus)
        drop = 2.0 * (found.fit.log_likelihood - value)
        assert drop == pytest.approx(3.841458820694124, abs=1e-5)


def test_the_score_is_the_slope_of_the_likelihood():
    pairs = fitted("berkey1998", "rho_given_UN_REML").fit.pairs
    g = np.array([[0.02, 0.005], [0.005, 0.03]])
    score = likelihood.at(pairs, g).score
    for i, j, factor in ((0, 0, 0.5), (0, 1, 1.0), (1, 1, 0.5)):
        step = np.zeros((2, 2))
        step[i, j] = step[j, i] = 1e-6
        slope = (likelihood.at(pairs, g + step).value - likelihood.at(pairs, g - step).value) / 2e-6
        assert factor * score[i, j] == pytest.approx(slope, rel=1e-6)


def test_without_any_correlation_the_likelihood_is_that_of_two_models():
    y1, v1, y2, v2 = columns("pfs_os12")
    one, two = random_effects(y1, v1, ci="wald"), random_effects(y2, v2, ci="wald")
    pairs = fitted("pfs_os12", "rho_0_UN_REML").fit.pairs
    point = likelihood.at(pairs, np.diag([one.tau2, two.tau2]))
    assert point.means == pytest.approx([one.estimate, two.estimate], rel=1e-12)
    assert np.sqrt(np.diag(point.covariance)) == pytest.approx([one.se, two.se], rel=1e-12)
    # REML of each alone is the root of the score of both together.
    assert np.diag(point.score) == pytest.approx([0, 0], abs=1e-5)


def test_a_trial_with_one_endpoint_weighs_as_if_the_other_were_almost_unknown():
    y1, v1, y2, v2 = columns("pfs_os12")
    hidden, vague = y2.copy(), v2.copy()
    hidden[[2, 5]] = np.nan
    without = np.where(np.isnan(hidden), np.nan, v2)
    vague[[2, 5]] = 1e9
    found = bivariate(y1, v1, hidden, without)
    assert (found.k, found.k_both) == (12, 10)
    limit = bivariate(y1, v1, y2, vague)
    assert found.estimates == pytest.approx(limit.estimates, rel=1e-6)
    assert found.g == pytest.approx(limit.g, rel=1e-5)
    # What the early endpoint of those two trials says makes the final one surer.
    known = ~np.isnan(hidden)
    alone = bivariate(y1[known], v1[known], y2[known], v2[known])
    assert found.ses[1] < alone.ses[1]


@pytest.mark.parametrize("case", CASES)
def test_regressions_beside_it(case):
    y1, v1, y2, v2 = columns(case)
    expected = CASES[case]["weighted"]
    assert expected["weights"] == "1 / s2^2"
    line = weighted_line(y1, y2, v2)
    assert (line.intercept, line.slope) == pytest.approx(expected["coef"], rel=1e-9)
    assert line.slope_se == pytest.approx(expected["se"][1], rel=1e-9)
    for name, told in CASES[case]["errors_in_variables"].items():
        given = correlation(case, f"{name}_")
        line = errors_in_variables(y1, v1, y2, v2, correlation=given)
        assert line.slope == pytest.approx(told["slope"], rel=2e-4)
        assert line.tau2 == pytest.approx(told["tau2"], rel=2e-3, abs=1e-7)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.01, 100), st.floats(-3, 3), st.floats(0.01, 100))
def test_scale_and_place_do_not_matter(scale, shift, other):
    y1, v1, y2, v2 = columns("pfs_os12")
    plain = bivariate(y1, v1, y2, v2, correlation=0.5)
    moved = bivariate(shift + scale * y1, scale**2 * v1, other * y2, other**2 * v2, correlation=0.5)
    assert moved.estimates[0] == pytest.approx(shift + scale * plain.estimates[0], abs=1e-6 * scale)
    assert moved.estimates[1] == pytest.approx(other * plain.estimates[1], rel=1e-6)
    assert moved.rho == pytest.approx(plain.rho, abs=1e-5)
    units = np.array([scale, other])
    assert moved.g == pytest.approx(plain.g * np.outer(units, units), rel=1e-5)


def test_trials_that_do_not_differ_give_no_line():
    y = np.full(12, -0.3)
    v = np.full(12, 0.04)
    found = surrogacy(y, v, y, v)
    assert found.fit.at_boundary
    assert found.threshold is None
    assert found.fit.estimates == pytest.approx((-0.3, -0.3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"v1": [0.1, 0.1]}, "shape"),
        ({"v2": [0.1, -0.1, 0.1, 0.1]}, "not positive"),
        ({"y1": [0.1, np.nan, 0.1, 0.1]}, "missing in the same trials"),
        ({"correlation": 1.0}, "between -1 and 1"),
        ({"y1": [0.1, math.inf, 0.1, 0.1]}, "infinite"),
        ({"method": "DL"}, "not known"),
    ],
)
def test_bad_input_is_named(change, message):
    given = {name: [0.1, 0.2, 0.3, 0.4] for name in ("y1", "v1", "y2", "v2")} | change
    with pytest.raises(ValueError, match=message):
        bivariate(**given)


def test_two_trials_with_both_effects_are_too_few():
    y = [0.1, 0.2, 0.3]
    with pytest.raises(ValueError, match="2 trials report both"):
        bivariate(y, [0.1] * 3, [0.1, 0.2, np.nan], [0.1, 0.1, np.nan])

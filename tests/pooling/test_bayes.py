"""The Bayesian model against bayesmeta, closed forms, and another way to integrate."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, special

import trialpool as tp
from trialpool.pooling.bayes import posterior, tau_posterior
from trialpool.pooling.bayes.hierarchical_model import bayesian_random_effects
from trialpool.pooling.bayes.priors import FAMILIES

REFERENCE = json.loads(
    (Path(__file__).resolve().parents[1] / "reference/bayesmeta.json").read_text(encoding="utf-8")
)
SETS = ["two_trials", "three_trials", "colditz1994", "normand1999_smd", "riley2003_os"]
# Three log hazard ratios; what they are does not matter, that they differ does.
YI, VI = [-0.48, -0.37, -0.09], [0.0096, 0.0066, 0.0121]


@pytest.mark.parametrize("scale", ["0.5", "1"])
@pytest.mark.parametrize("name", SETS)
def test_equals_bayesmeta(name, scale):
    data = REFERENCE[name]
    expected = data[f"half-normal {scale}"]
    pooled = bayesian_random_effects(data["yi"], data["vi"], scale=float(scale))
    # bayesmeta integrates tau adaptively: to rounding.
    assert pooled.tau.median == pytest.approx(expected["tau_median"], abs=1e-11)
    assert pooled.tau.mean == pytest.approx(expected["tau_mean"], abs=1e-12)
    # The mean it approximates by a few components (delta = 0.01), which are a little too narrow:
    # the limits of both differ by up to 1.2 thousandths of the interval's width.
    assert pooled.estimate == pytest.approx(expected["mu_median"], abs=1e-4)
    assert pooled.mean.mean == pytest.approx(expected["mu_mean"], abs=1e-4)
    assert pooled.se == pytest.approx(expected["mu_sd"], abs=5e-4)
    width = pooled.ci_upper - pooled.ci_lower
    assert pooled.ci_lower == pytest.approx(expected["mu_q025"], abs=1.2e-3 * width)
    assert pooled.ci_upper == pytest.approx(expected["mu_q975"], abs=1.2e-3 * width)
    shrunken = [effect.mean for effect in pooled.shrunken]
    assert shrunken == pytest.approx(expected["shrinkage_mean"], abs=4e-4)


@pytest.mark.parametrize("scale", ["0.5", "1"])
@pytest.mark.parametrize("name", SETS[:4])
def test_shortest_intervals_equal_bayesmeta(name, scale):
    data = REFERENCE[name]
    expected = data[f"half-normal {scale}"]
    pooled = bayesian_random_effects(
        data["yi"], data["vi"], scale=float(scale), interval="shortest"
    )
    assert pooled.ci_method == "shortest"
    # bayesmeta finds it by a search that stops near 1e-5.
    assert pooled.tau.upper == pytest.approx(expected["tau_upper95"], abs=1e-5)
    width = pooled.ci_upper - pooled.ci_lower
    assert pooled.ci_lower == pytest.approx(expected["mu_lower"], abs=1.2e-3 * width)
    assert pooled.ci_upper == pytest.approx(expected["mu_upper"], abs=1.2e-3 * width)
    width = pooled.pi_upper - pooled.pi_lower
    assert pooled.pi_lower == pytest.approx(expected["theta_lower"], abs=1.2e-3 * width)
    assert pooled.pi_upper == pytest.approx(expected["theta_upper"], abs=1.2e-3 * width)


def test_eight_schools_as_printed_by_the_author_of_bayesmeta():
    """Röver's worked example: vignette of bayesmeta, data of Rubin 1981.

    Normal prior of the mean, half-Cauchy prior of tau, shortest intervals.
    """
    effects = [28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16]
    errors = [14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6]
    pooled = bayesian_random_effects(
        effects,
        np.square(errors),
        prior="half-cauchy",
        scale=25.0,
        mean_prior=(0.0, 50.0),
        interval="shortest",
    )
    assert pooled.tau.median == pytest.approx(4.758539, abs=2e-6)
    assert pooled.tau.mean == pytest.approx(5.884511, abs=2e-6)
    assert pooled.tau.sd == pytest.approx(4.869904, abs=2e-6)
    assert pooled.tau.lower == 0.0
    assert pooled.tau.upper == pytest.approx(15.165894, abs=2e-6)
    # Of the approximated mean, as above.
    assert pooled.estimate == pytest.approx(7.962961, abs=2e-3)
    assert pooled.mean.mean == pytest.approx(7.985729, abs=2e-3)
    assert pooled.se == pytest.approx(4.995762, abs=1e-2)
    assert pooled.ci_lower == pytest.approx(-1.823353, abs=2.5e-2)
    assert pooled.ci_upper == pytest.approx(17.824562, abs=2.5e-2)


def by_adaptive_quadrature(yi, vi, density, mean_prior=None, upper=np.inf):
    """Distribution functions of mean, new trial and first trial, with scipy's quad on tau.

    Densities as products of normal ones, written from the model without its sums.
    """
    y, v = np.array(yi), np.array(vi)

    def given(tau):
        var = v + tau**2
        if mean_prior is not None:
            y_all, var_all = np.append(y, mean_prior[0]), np.append(var, mean_prior[1] ** 2)
        else:
            y_all, var_all = y, var
        s2 = 1 / np.sum(1 / var_all)
        m = s2 * np.sum(y_all / var_all)
        log = -0.5 * np.sum(np.log(var_all) + (y_all - m) ** 2 / var_all) + 0.5 * np.log(s2)
        return density(tau) * np.exp(log), m, s2

    points = {"points": [0.01, 0.1, 0.3]} if np.isfinite(upper) else {}

    def integral(f):
        options = {"epsabs": 0, "epsrel": 1e-11, "limit": 500}
        if np.isfinite(upper):
            return integrate.quad(f, 0, upper, **options, **points)[0]
        near = integrate.quad(f, 0, 1, **options, points=[0.01, 0.1, 0.3])[0]
        return near + integrate.quad(f, 1, np.inf, **options)[0]

    total = integral(lambda t: given(t)[0])

    def below(q, what):
        def part(tau):
            p, m, s2 = given(tau)
            if what == "prediction":
                s2 = s2 + tau**2
            elif what == "first":
                b = tau**2 / (tau**2 + v[0])
                m, s2 = b * y[0] + (1 - b) * m, b * v[0] + (1 - b) ** 2 * s2
            return p * special.ndtr((q - m) / math.sqrt(s2))

        return integral(part) / total

    def tau_below(q):
        return integrate.quad(lambda t: given(t)[0], 0, q, epsrel=1e-11, limit=500)[0] / total

    return below, tau_below


PRIORS = [
    ("half-normal", 0.5, lambda t: np.exp(-2 * t * t), np.inf),
    ("half-normal", 0.05, lambda t: np.exp(-200 * t * t), np.inf),
    ("half-cauchy", 0.5, lambda t: 1 / (1 + 4 * t * t), np.inf),
    ("uniform", 2.0, lambda t: 1.0, 2.0),
]


@pytest.mark.parametrize("mean_prior", [None, (0.1, 0.3)])
@pytest.mark.parametrize(("prior", "scale", "density", "upper"), PRIORS)
def test_limits_by_another_quadrature(prior, scale, density, upper, mean_prior):
    at = [math.log(0.8), -0.1, 0.0, 0.05]
    pooled = bayesian_random_effects(YI, VI, prior=prior, scale=scale, mean_prior=mean_prior, at=at)
    below, tau_below = by_adaptive_quadrature(YI, VI, density, mean_prior, upper)
    assert pooled.below_at == pytest.approx([below(x, "mean") for x in at], abs=1e-10)
    for what, found in (
        ("mean", pooled.mean),
        ("prediction", pooled.prediction),
        ("first", pooled.shrunken[0]),
    ):
        for p, q in ((0.025, found.lower), (0.5, found.median), (0.975, found.upper)):
            assert below(q, what) == pytest.approx(p, abs=1e-9), (what, p)
    for p, q in ((0.025, pooled.tau.lower), (0.5, pooled.tau.median), (0.975, pooled.tau.upper)):
        assert tau_below(q) == pytest.approx(p, abs=1e-9)
    assert pooled.probability_below == pytest.approx(below(0.0, "mean"), abs=1e-10)
    assert pooled.prediction_above == pytest.approx(1 - below(0.0, "prediction"), abs=1e-10)


@pytest.mark.parametrize(("prior", "scale", "density", "upper"), PRIORS)
def test_shortest_interval_holds_its_level_between_equal_densities(prior, scale, density, upper):
    pooled = bayesian_random_effects(YI, VI, prior=prior, scale=scale, interval="shortest")
    central = bayesian_random_effects(YI, VI, prior=prior, scale=scale)
    below, tau_below = by_adaptive_quadrature(YI, VI, density, upper=upper)
    lower, upper_limit = pooled.ci_lower, pooled.ci_upper
    assert below(upper_limit, "mean") - below(lower, "mean") == pytest.approx(0.95, abs=1e-9)
    assert tau_below(pooled.tau.upper) - tau_below(pooled.tau.lower) == pytest.approx(
        0.95, abs=1e-9
    )

    def density_at(q):
        return (below(q + 1e-4, "mean") - below(q - 1e-4, "mean")) / 2e-4

    assert density_at(lower) == pytest.approx(density_at(upper_limit), rel=1e-4)
    assert upper_limit - lower <= central.ci_upper - central.ci_lower + 1e-12
    assert pooled.tau.upper - pooled.tau.lower < central.tau.upper - central.tau.lower


def test_one_trial_in_closed_form():
    """Without a second trial tau keeps its prior, so variances add up."""
    y, v, a = -0.3, 0.04, 0.5
    pooled = bayesian_random_effects([y], [v], scale=a)
    assert pooled.estimate == pytest.approx(y, abs=1e-14)
    assert pooled.se == pytest.approx(math.sqrt(v + a * a), rel=1e-12)
    assert pooled.prediction.sd == pytest.approx(math.sqrt(v + 2 * a * a), rel=1e-12)
    assert pooled.tau.median == pytest.approx(a * special.ndtri(0.75), rel=1e-10)
    assert pooled.tau.upper == pytest.approx(a * special.ndtri(0.9875), rel=1e-10)
    assert pooled.tau.mean == pytest.approx(a * math.sqrt(2 / math.pi), rel=1e-12)
    assert pooled.shrunken[0].sd == pytest.approx(math.sqrt(v), rel=1e-12)
    assert pooled.weights == (pytest.approx(1.0),)
    assert (pooled.i2, pooled.h2, pooled.q_p_value) == (None, None, None)
    uniform = bayesian_random_effects([y], [v], prior="uniform", scale=3.0)
    assert uniform.tau.median == pytest.approx(1.5, rel=1e-10)
    assert uniform.tau.lower == pytest.approx(0.075, rel=1e-9)
    assert uniform.se == pytest.approx(math.sqrt(v + 3.0), rel=1e-11)


def test_half_cauchy_tail_leaves_moments_out_where_they_do_not_exist():
    one = bayesian_random_effects([0.2], [0.04], prior="half-cauchy")
    assert one.tau.median == pytest.approx(0.5, rel=1e-9)
    assert one.tau.upper == pytest.approx(0.5 * math.tan(0.4875 * math.pi), rel=1e-8)
    assert (one.mean.mean, one.se, one.tau.mean, one.prediction.mean) == (None,) * 4
    assert "no posterior mean of the mean effect" in one.diagnostics.notes[0]
    two = bayesian_random_effects([0.2, 0.5], [0.04, 0.04], prior="half-cauchy")
    assert two.mean.mean == pytest.approx(0.35, abs=1e-12)
    assert (two.se, two.tau.sd, two.prediction.sd) == (None,) * 3
    three = bayesian_random_effects(YI, VI, prior="half-cauchy")
    assert three.se > 0
    assert three.prediction.sd > three.se
    assert three.diagnostics.notes == ()
    proper = bayesian_random_effects([0.2], [0.04], prior="half-cauchy", mean_prior=(0.0, 1.0))
    assert 0 < proper.se < 1
    assert (proper.prediction.sd, proper.tau.sd) == (None, None)


def test_a_prior_at_zero_is_the_common_effect():
    pooled = bayesian_random_effects(YI, VI, scale=1e-7)
    common = tp.random_effects(YI, VI, tau2="CE", ci="wald")
    for name in ("estimate", "se", "ci_lower", "ci_upper"):
        assert getattr(pooled, name) == pytest.approx(getattr(common, name), abs=1e-10), name
    assert pooled.weights == pytest.approx(common.weights, abs=1e-10)
    assert all(e.mean == pytest.approx(common.estimate, abs=1e-9) for e in pooled.shrunken)
    assert (pooled.q, pooled.q_df, pooled.q_p_value, pooled.i2_q) == (
        common.q,
        common.q_df,
        common.q_p_value,
        common.i2_q,
    )


def test_equal_variances_leave_the_plain_average():
    pooled = bayesian_random_effects([-0.2, 0.1, 0.7], [0.04] * 3)
    assert pooled.estimate == pytest.approx(0.2, abs=1e-13)
    assert pooled.mean.mean == pytest.approx(0.2, abs=1e-13)
    assert pooled.ci_lower + pooled.ci_upper == pytest.approx(0.4, abs=1e-12)
    assert pooled.weights == pytest.approx([1 / 3] * 3, abs=1e-13)
    # Typical variance of equal trials is their variance.
    assert pooled.i2 == pytest.approx(100 * pooled.tau2 / (pooled.tau2 + 0.04), rel=1e-12)
    assert pooled.h2 == pytest.approx(pooled.tau2 / 0.04 + 1, rel=1e-12)


def test_a_normal_prior_of_the_mean_takes_its_part_of_the_weight():
    pooled = bayesian_random_effects([0.5], [0.04], scale=1e-7, mean_prior=(0.0, 0.2))
    # Known variances: the mean is half of the way, its variance half of either.
    assert pooled.estimate == pytest.approx(0.25, abs=1e-9)
    assert pooled.se == pytest.approx(math.sqrt(0.02), abs=1e-9)
    assert pooled.weights[0] == pytest.approx(0.5, abs=1e-9)


def test_weights_are_those_of_the_posterior_mean():
    data = REFERENCE["colditz1994"]
    pooled = bayesian_random_effects(data["yi"], data["vi"])
    assert sum(pooled.weights) == pytest.approx(1.0, abs=1e-13)
    assert np.dot(pooled.weights, data["yi"]) == pytest.approx(pooled.mean.mean, abs=1e-13)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("prior", ["half-normal", "half-cauchy", "uniform"])
def test_twice_the_nodes_move_nothing(name, prior):
    data = REFERENCE[name]
    y, v = np.array(data["yi"]), np.array(data["vi"])
    pooled = bayesian_random_effects(y, v, prior=prior, scale=1.0)
    model = tau_posterior.Model(y, v, FAMILIES[prior](1.0), 0.0, 0.0)
    found = tau_posterior.find_range(model, posterior.moments(model).highest)
    nodes = tau_posterior.on_nodes(model, found, 2 * (pooled.nodes - 1))
    finer = posterior.answer(model, nodes, "equal-tailed", 0.95)
    for row, effect in zip(
        [*finer.effects, finer.tau],
        [pooled.mean, pooled.prediction, *pooled.shrunken, pooled.tau],
        strict=True,
    ):
        coarse = [effect.median, effect.lower, effect.upper, effect.mean, effect.sd]
        for fine, number in zip(row, coarse, strict=True):
            assert (number is None and math.isnan(fine)) or abs(fine - number) < 1e-8
    assert finer.weights == pytest.approx(pooled.weights, abs=1e-8)


def test_the_record_has_the_keys_of_a_pool_first():
    pooled = bayesian_random_effects(YI, VI, measure="HR").to_dict()
    keys = list(tp.random_effects(YI, VI, measure="HR").to_dict())
    assert list(pooled)[: len(keys)] == keys
    assert (pooled["measure"], pooled["scale"]) == ("HR", "log")
    assert pooled["estimate"] == pooled["mean"]["median"]
    assert pooled["tau2"] == pooled["tau"]["median"] ** 2
    assert [len(pooled["weights"]), len(pooled["shrunken"])] == [3, 3]
    assert pooled["prior"] == "bartos2023-hr"
    assert json.loads(json.dumps(pooled, allow_nan=False)) == pooled

"""Priors of tau: posteriors against another quadrature, densities, scales and refusals."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from each_case import each_case
from scipy import integrate, stats

from trialpool.pooling import bayesian_random_effects
from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.bayes.predictive import predictive_pdf
from trialpool.pooling.bayes.priors import FAMILIES, InverseGamma, narrower_and_wider

SETS = json.loads(
    (Path(__file__).resolve().parents[1] / "reference/tau_priors.json").read_text(encoding="utf-8")
)["sets"]
CASES = [(data, result) for data in SETS.values() for result in data["results"]]
YI, VI = [-0.48, -0.37, -0.09], [0.0096, 0.0066, 0.0121]
# As scipy has them; the half-t and the log-t prior it has not, they come from its t.
PRIORS = {
    "half-normal:0.2": stats.halfnorm(scale=0.2),
    "half-cauchy:0.3": stats.halfcauchy(scale=0.3),
    "uniform:2": stats.uniform(0, 2),
    "exponential:5": stats.expon(scale=1 / 5),
    "inverse-gamma:2.42:0.3": stats.invgamma(2.42, scale=0.3),
    "inverse-gamma:0.92:0.11": stats.invgamma(0.92, scale=0.11),
    "inverse-gamma:5000:700": stats.invgamma(5000, scale=700),
    "log-normal:-1.28:0.87": stats.lognorm(0.87, scale=math.exp(-1.28)),
    "log-normal:-1.28:0.01": stats.lognorm(0.01, scale=math.exp(-1.28)),
}


def quantile(text, p):
    family, *values = text.split(":")
    if family == "half-t":
        df, scale = map(float, values)
        return scale * stats.t(df).ppf(0.5 + p / 2)
    if family == "log-t":
        df, mean, sd = map(float, values)
        return math.exp(mean + sd * stats.t(df).ppf(p))
    return PRIORS[text].ppf(p)


def logpdf(text, tau):
    family, *values = text.split(":")
    if family == "half-t":
        df, scale = map(float, values)
        return math.log(2.0) + stats.t(df, scale=scale).logpdf(tau)
    if family == "log-t":
        df, mean, sd = map(float, values)
        return stats.t(df, mean, sd).logpdf(np.log(tau)) - np.log(tau)
    return PRIORS[text].logpdf(tau)


ALL = [*PRIORS, "half-t:4:0.3", "half-t:1.5:0.3", "log-t:5:-1.72:1.295"]


def limits(posterior):
    return [posterior.median, posterior.lower, posterior.upper]


@each_case(("data", "expected"), CASES)
def test_posteriors_equal_another_quadrature(data, expected):
    mean_prior = expected["mean_prior"] and tuple(expected["mean_prior"])
    vi = np.square(data["sei"])
    wanted = expected["mean"]
    at = [wanted["median"], *wanted["central"], 0.0]
    pooled = bayesian_random_effects(
        data["yi"], vi, prior=expected["prior"], mean_prior=mean_prior, at=at
    )
    assert pooled.below_at == pytest.approx([0.5, 0.025, 0.975, wanted["p_below_0"]], abs=1e-8)
    assert "below_at" not in pooled.to_dict()
    likelihood = math.exp(pooled.log_marginal_likelihood)
    assert likelihood == pytest.approx(expected["marginal_likelihood"], rel=1e-9)
    shrunken = zip(pooled.shrunken, expected["shrunken"], strict=True)
    for found, reference in (
        (pooled.mean, expected["mean"]),
        (pooled.tau, expected["tau"]),
        (pooled.prediction, expected["prediction"]),
        *shrunken,
    ):
        wanted = [reference["median"], *reference["central"]]
        assert limits(found) == pytest.approx(wanted, abs=1e-10)
    assert pooled.probability_below == pytest.approx(expected["mean"]["p_below_0"], abs=1e-10)
    assert pooled.prediction_below == pytest.approx(expected["prediction"]["p_below_0"], abs=1e-10)
    for found, reference in ((pooled.mean, expected["mean"]), (pooled.tau, expected["tau"])):
        for name in ("mean", "sd"):
            value = getattr(found, name)
            # Both say of the same ones that they do not exist.
            assert (value is None) == (reference[name] is None), name
            assert value is None or value == pytest.approx(reference[name], abs=1e-9), name


@each_case(("data", "expected"), CASES[::7])
def test_shortest_intervals_equal_another_quadrature(data, expected):
    mean_prior = expected["mean_prior"] and tuple(expected["mean_prior"])
    pooled = bayesian_random_effects(
        data["yi"],
        np.square(data["sei"]),
        prior=expected["prior"],
        mean_prior=mean_prior,
        interval="shortest",
    )
    for found, name in ((pooled.mean, "mean"), (pooled.prediction, "prediction")):
        # A minimum is flat: the reference finds its place to half of its digits.
        assert limits(found)[1:] == pytest.approx(expected[name]["shortest95"], abs=1e-6)


@each_case("text", ALL)
def test_densities_are_those_of_scipy(text):
    prior = check_prior(text).prior
    tau = np.geomspace(0.02, 1.9, 25)
    found = prior.log_kernel(tau, np.log(tau)) + prior.log_constant
    wanted = logpdf(text, tau)
    assert found == pytest.approx(wanted, abs=1e-8 * np.abs(wanted).max())


@each_case("text", ALL)
def test_one_trial_leaves_tau_its_prior(text):
    """However heavy its tail, and however far its mass is from the trial's standard error."""
    for v in (1e-8, 0.04, 1e4):
        tau = bayesian_random_effects([0.3], [v], prior=text).tau
        wanted = [quantile(text, p) for p in (0.5, 0.025, 0.975)]
        assert limits(tau) == pytest.approx(wanted, rel=1e-7)


@each_case("text", ALL)
def test_a_scaled_prior_is_that_of_scaled_tau(text):
    prior = check_prior(text).prior
    tau = np.geomspace(0.02, 1.0, 9)
    for factor, scaled in zip((0.5, 2.0), narrower_and_wider(prior), strict=True):
        moved = factor * tau
        difference = scaled.log_kernel(moved, np.log(moved)) - prior.log_kernel(tau, np.log(tau))
        assert np.ptp(difference) == pytest.approx(0.0, abs=1e-8)


def test_narrower_and_wider_as_parameters():
    def texts(text):
        return [prior.text for prior in narrower_and_wider(check_prior(text).prior)]

    assert texts("half-normal:0.2") == ["half-normal:0.1", "half-normal:0.4"]
    assert texts("half-t:4:0.3") == ["half-t:4:0.15", "half-t:4:0.6"]
    assert texts("uniform:2") == ["uniform:1", "uniform:4"]
    assert texts("exponential:5") == ["exponential:10", "exponential:2.5"]
    assert texts("bartos2023-hr") == ["inverse-gamma:2.42:0.15", "inverse-gamma:2.42:0.6"]
    narrow, wide = narrower_and_wider(check_prior("log-normal:-1.28:0.87").prior)
    assert narrow.parameters == {"mean": pytest.approx(-1.28 - math.log(2)), "sd": 0.87}
    assert wide.parameters == {"mean": pytest.approx(-1.28 + math.log(2)), "sd": 0.87}


@each_case("text", ALL)
@each_case("unit", [-(2.0**-60), 1.37, 2.0**60])
def test_units_do_not_matter_where_the_prior_has_them_too(text, unit):
    prior = check_prior(text).prior
    here = bayesian_random_effects(YI, VI, prior=prior)
    there = bayesian_random_effects(
        np.multiply(YI, unit), np.multiply(VI, unit**2), prior=prior.scaled(abs(unit))
    )
    expected = limits(here.mean) if unit > 0 else np.array(limits(here.mean))[[0, 2, 1]]
    assert np.array(limits(there.mean)) / unit == pytest.approx(np.array(expected), abs=1e-8)
    assert np.array(limits(there.tau)) / abs(unit) == pytest.approx(limits(here.tau), rel=1e-7)


@each_case("text", ALL)
@each_case(
    ("yi", "vi"),
    [
        ([0.3] * 5, [0.04] * 5),
        ([0.3, 0.4, 0.9], [1e-12] * 3),
        ([0.3, 0.4, 0.9], [1e12] * 3),
        ([0.3, 0.4, 0.9], [1e-30, 1.0, 1e25]),
        ([0.1] * 1000, [0.01] * 1000),
    ],
)
def test_extreme_trials_have_a_finite_posterior(text, yi, vi):
    pooled = bayesian_random_effects(yi, vi, prior=text)
    for found in (pooled.mean, pooled.tau, pooled.prediction, *pooled.shrunken):
        assert all(math.isfinite(value) for value in limits(found))
        assert found.lower < found.median < found.upper
    assert min(yi) - 1e-12 <= pooled.estimate <= max(yi) + 1e-12


def test_a_family_that_holds_another_agrees_with_it():
    cauchy = bayesian_random_effects(YI, VI, prior="half-cauchy", scale=0.3)
    t = bayesian_random_effects(YI, VI, prior="half-t:1:0.3")
    assert limits(t.mean) == pytest.approx(limits(cauchy.mean), abs=1e-11)
    normal = bayesian_random_effects(YI, VI, prior="log-normal:-1.72:1.295")
    log_t = bayesian_random_effects(YI, VI, prior="log-t:10000:-1.72:1.295")
    assert limits(log_t.mean) == pytest.approx(limits(normal.mean), abs=1e-4)
    # The half-normal prior is the limit of half-t.
    half_normal = bayesian_random_effects(YI, VI, scale=0.3)
    many = bayesian_random_effects(YI, VI, prior="half-t:10000:0.3")
    assert limits(many.mean) == pytest.approx(limits(half_normal.mean), abs=1e-5)


def test_a_prior_is_asked_for_in_three_ways_and_read_back():
    expected = limits(bayesian_random_effects(YI, VI, prior="inverse-gamma:2.42:0.30").mean)
    for prior in (
        "bartos2023-hr",
        ("inverse-gamma", (2.42, 0.3)),
        InverseGamma(shape=2.42, scale=0.3),
    ):
        pooled = bayesian_random_effects(YI, VI, prior=prior)
        assert limits(pooled.mean) == expected
        assert pooled.prior_family == "inverse-gamma"
        assert pooled.prior_parameters == {"shape": 2.42, "scale": 0.3}
        again = bayesian_random_effects(YI, VI, prior=pooled.prior, scale=pooled.prior_scale)
        assert limits(again.mean) == expected
    named = bayesian_random_effects(YI, VI, prior="bartos2023-hr")
    assert (named.prior, named.prior_scale) == ("bartos2023-hr", None)
    assert pooled.prior == "inverse-gamma:2.42:0.3"
    usual = bayesian_random_effects(YI, VI, prior="half-normal:0.5")
    assert usual == bayesian_random_effects(YI, VI)
    assert (usual.prior, usual.prior_scale) == ("half-normal", 0.5)


def test_predictive_density_under_a_named_prior():
    pooled = bayesian_random_effects(YI, VI, prior="bartos2023-hr")

    def density(q):
        return float(predictive_pdf(YI, VI, [q], prior="bartos2023-hr")[0])

    inside, _ = integrate.quad(density, pooled.pi_lower, pooled.pi_upper)
    assert inside == pytest.approx(0.95, abs=1e-8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prior": "bartos2023"}, "prior='bartos2023' is not known (near: bartos2023-"),
        ({"prior": "normal"}, "inverse-gamma:SHAPE:SCALE, log-normal:MEAN:SD"),
        ({"prior": "normal"}, "a name of the catalogue: bartos2023-hr; bartos2023-or;"),
        ({"prior": "normal"}, "turner2015-(mortality|obstetric|composite|"),
        ({"prior": "normal"}, "(pharm-placebo|pharm|nonpharm-placebo|nonpharm-pharm|nonpharm)"),
        ({"prior": 3}, "prior=3 is not known; allowed: half-normal, half-cauchy, uniform with"),
        ({"prior": "half-t"}, "prior='half-t'; allowed: half-t:DF:SCALE"),
        ({"prior": "half-t:4"}, "prior='half-t:4'; allowed: half-t:DF:SCALE"),
        ({"prior": "half-normal:1:2"}, "prior='half-normal:1:2'; allowed: half-normal:SCALE"),
        ({"prior": "log-normal:a:1"}, "prior='log-normal:a:1': 'a' is not a number; allowed: log"),
        (
            {"prior": "log-normal:-1:0"},
            "sd=0.0 is not the sd of a log-normal prior of tau",
        ),
        ({"prior": "inverse-gamma:0:1"}, "shape=0.0 is not the shape of an inverse-gamma prior"),
        ({"prior": "exponential:nan"}, "rate=nan is not the rate of an exponential prior"),
        ({"prior": ("half-t", (4, True))}, "scale=True is not the scale of a half-t prior"),
        ({"prior": "uniform:inf"}, "needs three trials to give a posterior at all"),
        ({"prior": "half-normal:0.2", "scale": 0.2}, "scale=0.2 belongs to a prior that is named"),
        ({"prior": "bartos2023-hr", "scale": 0.2}, "prior='bartos2023-hr' has its own"),
    ],
)
def test_bad_priors_are_named(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        bayesian_random_effects(YI, VI, **options)


def test_every_family_is_tested():
    assert {text.split(":")[0] for text in ALL} == set(FAMILIES)

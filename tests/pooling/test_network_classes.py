"""Class effects in networks against a general mixed model written out, closed forms, limits."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from network_samples import random_rows
from scipy.optimize import minimize
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from trialpool.pooling.bayes.priors import HalfNormal, InverseGamma
from trialpool.pooling.network import network, network_classes
from trialpool.pooling.network.classes.declared import declare
from trialpool.pooling.network.classes.likelihood_peak import highest
from trialpool.pooling.network.classes.reduced import class_model, reduce
from trialpool.pooling.network.joined import all_studies
from trialpool.pooling.numeric.normal_mixtures import Mixtures

THROUGH = "through the class assumption"
# T0 is the reference and in a class itself: nothing may depend on that.
CLASSES = {"T0": "even", "T2": "even", "T4": "even", "T1": "odd", "T3": "odd"}


class Dense:
    """The same model with the covariance of all contrasts as one matrix."""

    def __init__(self, result, classes):
        names, studies = result.treatments, all_studies(result)
        group = {t: classes.get(t, t) for t in names}
        columns = sorted(set(group.values()) - {group[result.reference]})
        shared = [t for t in names if sum(classes.get(s) == group[t] for s in names) > 1]
        self.names = names
        means = np.array([[float(group[t] == c) for c in columns] for t in names])
        within = np.array([[float(t == s) for s in shared] for t in names])
        k = sum(len(s.treatments) - 1 for s in studies)
        self.y, x = np.zeros(k), np.zeros((k, len(names)))
        self.v, self.g = np.zeros((k, k)), np.zeros((k, k))
        at = 0
        for s in studies:
            m = len(s.treatments) - 1
            own = slice(at, at + m)
            self.y[own], self.v[own, own] = s.contrasts, s.contrast_covariance
            self.g[own, own] = 0.5 * (np.eye(m) + 1.0)
            for row, name in enumerate(s.treatments[1:]):
                x[at + row, names.index(name)] += 1.0
                x[at + row, names.index(s.treatments[0])] -= 1.0
            at += m
        self.x, self.u = x @ means, x @ within
        self.means, self.within = means, within

    def fit(self, tau2, w):
        """Restricted log likelihood, means and covariance of the treatments' effects."""
        whole = self.v + tau2 * self.g + w * self.u @ self.u.T
        inverse = np.linalg.inv(whole)
        a = np.linalg.inv(self.x.T @ inverse @ self.x)
        means = a @ self.x.T @ inverse @ self.y
        rest = self.y - self.x @ means
        value = -0.5 * (
            np.linalg.slogdet(whole)[1] - np.linalg.slogdet(a)[1] + rest @ inverse @ rest
        )
        p = inverse - inverse @ self.x @ a @ self.x.T @ inverse
        c = w * self.u.T
        departures = c @ inverse @ rest
        of_departures = w * np.eye(c.shape[0]) - c @ p @ c.T
        between = -a @ self.x.T @ inverse @ c.T
        full = np.block([[a, between], [between.T, of_departures]])
        z = np.hstack([self.means, self.within])
        return value, z @ np.concatenate([means, departures]), z @ full @ z.T


def pairs(names):
    return list(combinations(range(len(names)), 2))


@pytest.mark.parametrize("seed", range(4))
def test_given_both_deviations_it_is_the_mixed_model_written_out(seed):
    found = network(**random_rows(seed), reference="T0", node_splitting=False)
    dense = Dense(found, CLASSES)
    result = network_classes(found, CLASSES, tau=0.17, spread=0.23)
    _, effects, covariance = dense.fit(0.17**2, 0.23**2)
    for i, j in pairs(result.treatments):
        own = result.compare(result.treatments[i], result.treatments[j])
        variance = covariance[i, i] + covariance[j, j] - 2.0 * covariance[i, j]
        assert own.estimate == pytest.approx(effects[i] - effects[j], abs=1e-11)
        assert own.se == pytest.approx(math.sqrt(variance), rel=1e-9)
        reach = 1.959963984540054 * math.sqrt(variance + 0.17**2)
        assert own.pi_upper - own.estimate == pytest.approx(reach, rel=1e-9)
        assert own.note == ""


def test_the_reduced_likelihood_is_that_of_all_contrasts():
    found = network(**random_rows(5), node_splitting=False)
    dense = Dense(found, CLASSES)
    declared = declare(CLASSES, found.treatments, found.studies, found.reference)
    model = class_model(declared, equal=False)
    grid = [(t, w) for t in (0.0, 0.01, 0.3) for w in (0.0, 0.02, 5.0)]
    ours = [reduce(model, t).log_likelihood(np.array([w]))[0] for t, w in grid]
    theirs = [dense.fit(t, w)[0] for t, w in grid]
    assert np.diff(ours) == pytest.approx(np.diff(theirs), abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_reml_is_the_maximum_of_the_dense_likelihood(seed):
    found = network(**random_rows(seed, trials=20), node_splitting=False)
    dense = Dense(found, CLASSES)
    declared = declare(CLASSES, found.treatments, found.studies, found.reference)
    peak = highest(class_model(declared, equal=False), None, None)

    def minus(x):
        return -dense.fit(x[0] ** 2, x[1] ** 2)[0]

    starts = [(0.2, 0.2), *((a, b) for a in (0.0, 0.6) for b in (0.0, 0.6))]
    options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000}
    best = min(
        (minimize(minus, s, method="Nelder-Mead", options=options) for s in starts),
        key=lambda one: one.fun,
    )
    here = dense.fit(peak.tau2, peak.within)[0]
    assert here >= -best.fun - 1e-10
    assert peak.tau2 == pytest.approx(best.x[0] ** 2, abs=1e-6)
    assert peak.within == pytest.approx(best.x[1] ** 2, abs=1e-6)


def test_reml_result_uses_the_maximum():
    found = network(**random_rows(3, trials=20), node_splitting=False)
    result = network_classes(found, CLASSES, method="REML")
    dense = Dense(found, CLASSES)
    _, effects, covariance = dense.fit(result.tau.value**2, result.spread.value**2)
    own = result.compare("T5", "T1")
    assert own.estimate == pytest.approx(effects[5] - effects[1], abs=1e-10)
    variance = covariance[5, 5] + covariance[1, 1] - 2.0 * covariance[5, 1]
    z = own.estimate / math.sqrt(variance)
    df = min(result.q_treatments.df, result.spread_df)
    assert own.p_value == pytest.approx(2.0 * stdtr(df, -abs(z)), rel=1e-8)
    half = stdtrit(df, 0.975) * math.sqrt(variance)
    assert own.ci_upper == pytest.approx(own.estimate + half, rel=1e-8)
    known = network_classes(found, CLASSES, method="REML", tau=0.1, spread=0.2)
    z = known.compare("T5", "T1").estimate / known.compare("T5", "T1").se
    assert known.compare("T5", "T1").p_value == pytest.approx(2.0 * ndtr(-abs(z)), rel=1e-8)
    assert (result.spread.source, result.nodes, result.sensitivity) == ("REML", 1, ())


def brute_force(found, classes, tau_prior, spread_prior, count):
    """Posterior of all pairs by the trapezoidal rule in the logarithms of both deviations."""
    dense = Dense(found, classes)
    sd = np.geomspace(1e-8, 1e3, count)

    def log_mass(prior):
        return prior.log_kernel(sd, np.log(sd)) + np.log(sd)

    prior = log_mass(tau_prior)[:, None] + log_mass(spread_prior)[None, :]
    height, means, sds = [], [], []
    own = np.array(pairs(dense.names)).T
    # No likelihood of six trials makes up for e^-80 of prior mass.
    for i, j in np.argwhere(prior > prior.max() - 80.0):
        value, effects, c = dense.fit(sd[i] ** 2, sd[j] ** 2)
        height.append(value + prior[i, j])
        means.append(effects[own[0]] - effects[own[1]])
        sds.append(np.sqrt(c[own[0], own[0]] + c[own[1], own[1]] - 2.0 * c[own[0], own[1]]))
    p = np.exp(np.array(height) - max(height))
    used = p > 1e-13 * p.sum()
    weights = p[used]
    return Mixtures(weights / weights.sum(), np.array(means)[used], np.array(sds)[used])


@pytest.mark.parametrize(
    ("tau_prior", "spread_prior"),
    [
        (HalfNormal(0.3), HalfNormal(0.2)),
        pytest.param(*(InverseGamma(2.42, 0.3), InverseGamma(2.42, 0.3)), marks=pytest.mark.slow),
    ],
)
def test_quadrature_equals_a_dense_grid(tau_prior, spread_prior):
    found = network(**random_rows(2, n=4, trials=6), node_splitting=False)
    classes = {"T0": "a", "T1": "a", "T2": "b", "T3": "b"}
    result = network_classes(found, classes, prior=tau_prior, spread_prior=spread_prior)
    grid = brute_force(found, classes, tau_prior, spread_prior, 110)
    tail = np.full(grid.mean.shape[1], 0.025)
    lower, upper = grid.lower_quantile(tail), grid.upper_quantile(tail)
    middle = grid.lower_quantile(np.full(tail.size, 0.5))
    below = grid.cdf(np.zeros(tail.size))
    for at, (i, j) in enumerate(pairs(result.treatments)):
        own = result.compare(result.treatments[i], result.treatments[j])
        # Both promise less than 1e-6 of a width.
        close = 2e-6 * (upper[at] - lower[at])
        assert own.estimate == pytest.approx(middle[at], abs=close)
        assert own.ci_lower == pytest.approx(lower[at], abs=close)
        assert own.ci_upper == pytest.approx(upper[at], abs=close)
        assert own.probability_below == pytest.approx(below[at], abs=1e-6)
        turned = result.compare(result.treatments[j], result.treatments[i])
        assert (turned.ci_lower, turned.ci_upper) == (-own.ci_upper, -own.ci_lower)


def test_spread_to_zero_is_the_model_of_equal_treatments():
    found = network(**random_rows(1), reference="T5", node_splitting=False)
    equal = network_classes(found, CLASSES, effects="equal", tau=0.2)
    tiny = network_classes(found, CLASSES, tau=0.2, spread=1e-9)
    dense = Dense(found, CLASSES)
    _, effects, covariance = dense.fit(0.04, 0.0)
    for i, j in pairs(found.treatments):
        a, b = found.treatments[i], found.treatments[j]
        own, near = equal.compare(a, b), tiny.compare(a, b)
        assert own.estimate == pytest.approx(effects[i] - effects[j], abs=1e-11)
        assert near.estimate == pytest.approx(own.estimate, abs=1e-7)
        variance = max(0.0, covariance[i, i] + covariance[j, j] - 2.0 * covariance[i, j])
        assert own.se == pytest.approx(math.sqrt(variance), abs=1e-8)
        assert near.se == pytest.approx(own.se, abs=1e-7)
    assert equal.ranking.reason.startswith("treatments of a class are equal")
    assert equal.compare("T1", "T3").estimate == 0.0
    assert equal.spread is None


def test_spread_to_infinity_is_the_network_of_unrelated_treatments():
    found = network(**random_rows(1), tau2=0.04, ci="wald", node_splitting=False)
    wide = network_classes(found, CLASSES, tau=0.2, spread=1e5)
    for a, b in combinations(found.treatments, 2):
        own, network_own = wide.compare(a, b), found.compare(a, b)
        assert own.estimate == pytest.approx(network_own.estimate, abs=1e-7)
        assert own.se == pytest.approx(network_own.se, rel=1e-7)
    assert wide.p_scores() == pytest.approx(found.p_scores(), abs=1e-6)


APART = {
    "study": ["one", "two", "three"], "treat1": ["a1", "a2", "x"], "treat2": ["p", "q", "y"],
    "yi": [-0.5, -0.2, 0.1], "vi": [0.02, 0.03, 0.05],
}  # fmt: skip


def test_what_classes_join_in_closed_form():
    """q against p through a1 and a2, which differ by a normal with twice the spread's square."""
    found = network(**APART, reference="p")
    result = network_classes(found, {"a1": "a", "a2": "a"}, tau=0.1, spread=0.3)
    own = result.compare("q", "p")
    assert own.estimate == pytest.approx(-0.5 + 0.2, abs=1e-12)
    variance = 0.02 + 0.03 + 2 * 0.1**2 + 2 * 0.3**2
    assert own.se == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert own.note == THROUGH
    assert result.compare("a1", "p").note == ""
    assert result.compare("a1", "p").se == pytest.approx(math.sqrt(0.02 + 0.01), rel=1e-12)
    assert result.compare("a2", "p").note == THROUGH
    missing = result.compare("x", "p")
    assert missing.estimate is None
    assert "not estimable" in missing.note
    assert "neither trials nor classes join: x, y" in result.notes
    # A tree without a degree of freedom: nothing is ranked.
    assert result.ranking.ranks == ()
    assert "tree with no degree of freedom" in result.ranking.reason
    assert set(result.p_scores().values()) == {None}


def test_where_trials_say_nothing_of_the_spread_it_is_its_prior():
    found = network(**APART, reference="p")
    classes = {"a1": "a", "a2": "a"}
    result = network_classes(found, classes, tau=0.1, spread_prior="half-normal:0.3")
    quantile = 0.3 * ndtri(0.5 + 0.5 * np.array([0.5, 0.025, 0.975]))
    spread = result.spread
    assert [spread.value, spread.lower, spread.upper] == pytest.approx(quantile, rel=1e-7)
    assert "half-normal" in spread.source
    assert any("it is that of its prior" in note for note in result.notes)
    own = result.compare("q", "p")
    assert own.estimate == pytest.approx(-0.3, abs=1e-9)
    # The variance is that of normals with the mean square of the prior, scale².
    assert own.se == pytest.approx(math.sqrt(0.05 + 0.02 + 2 * 0.3**2), rel=1e-7)
    half, double = result.sensitivity
    assert (half.factor, double.factor) == (0.5, 2.0)
    assert half.spread.value == pytest.approx(0.5 * spread.value, rel=1e-7)
    assert double.spread.upper == pytest.approx(2.0 * spread.upper, rel=1e-7)
    q = next(one for one in double.treatments if one.name == "q").effect
    assert q.se == pytest.approx(math.sqrt(0.07 + 2 * 0.6**2), rel=1e-7)
    assert q.note == THROUGH
    with pytest.raises(ValueError, match="no trials inform the spread"):
        network_classes(found, classes, method="REML")


def test_class_means_and_another_treatment_of_the_class():
    """Many precise trials of three treatments of a class against one control."""
    y = [-0.5, -0.2, -0.35]
    found = network(
        study=["s1", "s2", "s3"], treat1=["a1", "a2", "a3"], treat2=["p"] * 3, yi=y, vi=[0.01] * 3
    )
    result = network_classes(found, {f"a{i}": "a" for i in (1, 2, 3)}, tau=0.0, spread=0.4)
    (own,) = result.class_effects
    # One way random effects: the mean of the three, variance (v + w)/3.
    assert own.effect.estimate == pytest.approx(np.mean(y), abs=1e-12)
    assert own.effect.se == pytest.approx(math.sqrt((0.01 + 0.16) / 3), rel=1e-12)
    reach = 1.959963984540054 * math.sqrt((0.01 + 0.16) / 3 + 0.16)
    assert own.effect.pi_upper == pytest.approx(np.mean(y) + reach, rel=1e-9)
    # The test of equal effects is Cochran's Q of the three.
    assert result.q_difference.q == pytest.approx(((np.array(y) - np.mean(y)) ** 2).sum() / 0.01)
    assert result.q_difference.df == 2


def test_the_choice_of_reference_changes_nothing():
    rows = random_rows(7)
    first = network_classes(network(**rows, reference="T0", node_splitting=False), CLASSES,
                            sensitivity=False)  # fmt: skip
    other = network_classes(network(**rows, reference="T5", node_splitting=False), CLASSES,
                            sensitivity=False)  # fmt: skip
    for a, b in combinations(first.treatments, 2):
        one, two = first.compare(a, b), other.compare(a, b)
        width = one.ci_upper - one.ci_lower
        assert one.ci_lower == pytest.approx(two.ci_lower, abs=2e-6 * width)
        assert one.estimate == pytest.approx(two.estimate, abs=2e-6 * width)
    assert first.spread.value == pytest.approx(other.spread.value, rel=1e-5)


def test_ranks_of_the_posterior_agree_with_its_p_scores():
    found = network(**random_rows(7, trials=14), node_splitting=False)
    result = network_classes(found, CLASSES, sensitivity=False)
    n = len(found.treatments)
    assert len(result.ranking.ranks) == n
    for own in result.ranking.ranks:
        mean = float(np.arange(1, n + 1) @ np.array(own.probabilities))
        assert (n - mean) / (n - 1) == pytest.approx(own.p_score, abs=0.01)
        assert own.lower <= own.median <= own.upper
    assert sum(own.p_score for own in result.ranking.ranks) == pytest.approx(n / 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": {"zz": "a"}}, "'zz' is in no trial"),
        ({"classes": {"T0": ""}}, "allowed: a name"),
        ({"classes": {"T0": "a", "T1": "b"}}, "none has two treatments"),
        ({"effects": "same"}, "effects='same'"),
        ({"method": "mcmc"}, "method='mcmc'"),
        ({"tau": -1.0}, "tau=-1.0"),
        ({"tau": 0.1, "prior": "half-normal:0.2"}, "without tau"),
        ({"method": "REML", "spread_prior": "half-normal:0.2"}, "goes with method='bayes'"),
        ({"effects": "equal", "spread": 0.2}, "go with effects='exchangeable'"),
        ({"spread_prior": "half-norml:0.2"}, "is not known"),
    ],
)
def test_what_is_refused(options, message):
    found = network(**random_rows(1), node_splitting=False)
    with pytest.raises(ValueError, match=message):
        network_classes(found, **({"classes": CLASSES} | options))


def test_all_in_one_class_and_equal_leaves_nothing():
    found = network(**random_rows(1, n=4), node_splitting=False)
    one = dict.fromkeys(found.treatments, "all")
    with pytest.raises(ValueError, match="all treatments are in one class"):
        network_classes(found, one, effects="equal")
    result = network_classes(found, one, tau=0.2, spread=0.3)
    _, effects, _ = Dense(found, one).fit(0.04, 0.09)
    assert result.compare("T1", "T0").estimate == pytest.approx(effects[1] - effects[0], abs=1e-11)

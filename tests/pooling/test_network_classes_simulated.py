"""Class effects in networks against simulated truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trialpool.pooling.bayes.priors import HalfNormal
from trialpool.pooling.network import network
from trialpool.pooling.network.classes.analysis import limits_df
from trialpool.pooling.network.classes.declared import declare
from trialpool.pooling.network.classes.estimates import Estimates
from trialpool.pooling.network.classes.likelihood_peak import highest
from trialpool.pooling.network.classes.posterior import Slice, axes, find_ranges, on_nodes
from trialpool.pooling.network.classes.reduced import class_model, reduce


def drawn(rng, tau, spread):
    """A network of two classes of three treatments and a control, 15 trials, and its truth."""
    names = ["p", "a1", "a2", "a3", "b1", "b2", "b3"]
    means = {"p": 0.0, "a": -0.3, "b": 0.2}
    truth = {t: means[t[0]] + (rng.normal(0.0, spread) if t != "p" else 0.0) for t in names}
    designs = [("p", t) for t in names[1:]] * 2 + [("a1", "b1"), ("a2", "b2"), ("a1", "b3")]
    rows = {c: [] for c in ("study", "treat1", "treat2", "yi", "vi")}
    for i, (b, a) in enumerate(designs):
        v = rng.uniform(0.01, 0.05)
        y = truth[a] - truth[b] + rng.normal(0.0, math.sqrt(v + tau**2))
        for name, value in zip(rows, (f"s{i}", a, b, y, v), strict=True):
            rows[name].append(value)
    return rows, truth, {t: t[0] for t in names if t != "p"}


@pytest.mark.slow
def test_reml_recovers_the_truth_in_2000_networks():
    rng = np.random.default_rng(20261130)
    tau, spread = 0.12, 0.2
    errors, covered, within = [], [], []
    for _ in range(2000):
        rows, truth, classes = drawn(rng, tau, spread)
        found = network(**rows, reference="p", tau2=tau**2, node_splitting=False)
        declared = declare(classes, found.treatments, found.studies, "p")
        model = class_model(declared, equal=False)
        peak = highest(model, None, None)
        within.append(peak.within)
        one = Slice(reduce(model, peak.tau2), np.array([peak.within]), np.ones(1))
        own = Estimates(declared, [one], 0.95, limits_df(True, True, 15 - 6, 6 - 2))
        at = found.treatments.index("p")
        rows_ = np.array([own.row(i, at) for i in range(len(found.treatments)) if i != at])
        columns = own.contrasts(rows_)
        true = np.array([truth[t] for t in found.treatments if t != "p"])
        errors.append(columns.estimate - true)
        covered.append((columns.lower <= true) & (true <= columns.upper))
    # Errors of about 0.13 in 12,000 estimates, correlated within networks.
    assert abs(np.mean(errors)) <= 4 * 0.13 / math.sqrt(2000)
    assert np.mean(within) == pytest.approx(spread**2, rel=0.08)
    # Two variances that are then taken as known: t with the fewer degrees of freedom of the two.
    assert 0.94 <= np.mean(covered) <= 0.98


@pytest.mark.slow
def test_posterior_covers_truth_that_is_drawn_from_its_priors():
    """With the truth from the priors, 95 % of intervals hold it, whatever the network."""
    rng, prior = np.random.default_rng(11), HalfNormal(0.2)
    covered = []
    for _ in range(400):
        tau, spread = np.abs(rng.normal(0.0, 0.2, 2))
        rows, truth, classes = drawn(rng, tau, spread)
        found = network(**rows, reference="p", tau2=0.0, node_splitting=False)
        declared = declare(classes, found.treatments, found.studies, "p")
        model = class_model(declared, equal=False)
        both = axes(model, prior, prior)
        own = Estimates(declared, on_nodes(model, both, find_ranges(model, both), 48).slices, 0.95)
        names = ("a1", "a3", "b2")
        at = [found.treatments.index(name) for name in ("p", *names)]
        columns = own.contrasts(np.array([own.row(i, at[0]) for i in at[1:]]))
        true = np.array([truth[name] for name in names])
        covered.append((columns.lower <= true) & (true <= columns.upper))
    # 1,200 intervals, three of a network correlated.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.025)

"""Counts against metafor, and against published results."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from each_case import each_case

from trialpool.pooling import random_effects
from trialpool.pooling.counts import (
    count_effects,
    mantel_haenszel,
    odds_ratio_glmm,
    peto,
    proportion_effects,
    proportion_glmm,
)
from trialpool.pooling.counts.likelihoods import hypergeometric
from trialpool.pooling.counts.mixed import Model, fit_mixed

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
METAFOR = json.loads((REFERENCE / "metafor_counts.json").read_text(encoding="utf-8"))
TABLES, SINGLES = METAFOR["tables"], METAFOR["singles"]
EXACT = json.loads((REFERENCE / "metafor_counts_exact.json").read_text(encoding="utf-8"))
EXACT.pop("versions")
SETS = sorted(TABLES)


def close(value, rel=1e-11):
    return pytest.approx(value, rel=rel, abs=1e-13)


def counts(data):
    return data["a"], data["n1"], data["c"], data["n2"]


@each_case("name", SETS)
@each_case("measure", ["OR", "RR", "RD"])
def test_mantel_haenszel_is_metafors(name, measure):
    got, want = mantel_haenszel(*counts(TABLES[name]), measure=measure), TABLES[name][measure]
    assert got.estimate == close(want["estimate"])
    assert got.se == close(want["se"])
    assert (got.ci_lower, got.ci_upper) == close((want["lower"], want["upper"]))
    assert got.p_value == close(want["p"], 1e-9)
    assert got.q == close(want["q"], 1e-10)
    assert got.q_p_value == close(want["q_p"], 1e-9)
    if measure == "OR":
        for test, key in (
            ("cochran-mantel-haenszel", "mh"),
            ("breslow-day", "bd"),
            ("tarone", "ta"),
        ):
            assert got.tests[test].value == close(want[key], 1e-9)
            assert got.tests[test].p_value == close(want[f"{key}_p"], 1e-8)


@each_case("name", SETS)
def test_peto_is_metafors(name):
    got, want = peto(*counts(TABLES[name])), TABLES[name]["peto"]
    assert got.estimate == close(want["estimate"])
    assert got.se == close(want["se"])
    assert (got.ci_lower, got.ci_upper) == close((want["lower"], want["upper"]))
    assert got.p_value == close(want["p"], 1e-9)
    assert got.q == close(want["q"], 1e-10)


@pytest.mark.parametrize("points", [7, 25])
@pytest.mark.parametrize("name", SETS)
def test_unconditional_model_is_metafors_with_the_same_quadrature(name, points):
    """lme4's optimiser is stopped at 1e-9; what is left is its numerical Hessian."""
    got = odds_ratio_glmm(*counts(TABLES[name]), quadrature_points=points)
    want = TABLES[name][f"um{points}"]
    assert got.estimate == pytest.approx(want["estimate"], abs=1e-5)
    assert got.se == pytest.approx(want["se"], abs=2e-5)
    assert got.tau2 == pytest.approx(want["tau2"], abs=1e-5)
    assert got.tests["likelihood-ratio"].value == pytest.approx(want["lrt"], abs=1e-8)
    if got.tests["wald"].value is not None:
        assert got.tests["wald"].value == pytest.approx(want["wald"], rel=1e-6)


@pytest.mark.parametrize("name", sorted(EXACT))
def test_conditional_model_is_metafors(name):
    """Metafor integrates by adaptive subdivision.

    Its standard error is from a numerical Hessian of such integrals, off by 3e-4 of
    itself: the next test differentiates the likelihood here.
    """
    got, want = odds_ratio_glmm(*counts(EXACT[name]), model="conditional"), EXACT[name]
    assert got.estimate == pytest.approx(want["estimate"], abs=1e-5)
    assert got.se == pytest.approx(want["se"], rel=5e-4)
    assert got.tau2 == pytest.approx(want["tau2"], abs=1e-5)
    assert got.tests["likelihood-ratio"].value == pytest.approx(want["lrt"], abs=1e-4)


@pytest.mark.parametrize("name", sorted(EXACT))
def test_standard_error_is_the_curvature_of_the_likelihood(name):
    data = EXACT[name]
    a, n1, c, n2 = (np.array(column, dtype=float) for column in counts(data))
    some = a + c > 0
    likelihood = hypergeometric(a[some], n1[some], c[some], n2[some])
    fit = fit_mixed(likelihood, points=60, start=np.zeros(int(some.sum())))
    step, zeros = 1e-3, np.zeros(likelihood.k)

    def height(mean, tau):
        at = Model(likelihood, 60).state(fit.mean + mean * step, fit.tau + tau * step, zeros)
        return at.value

    here = height(0, 0)
    mean = height(1, 0) - 2 * here + height(-1, 0)
    tau = height(0, 1) - 2 * here + height(0, -1)
    both = (height(1, 1) - height(1, -1) - height(-1, 1) + height(-1, -1)) / 4
    variance = step**2 * -tau / (mean * tau - both**2)
    assert fit.se == pytest.approx(math.sqrt(variance), rel=1e-6)


RULES = {"only0": "affected", "if0all": "all-if-any", "all": "all", "none": "none"}


@each_case("name", SETS)
@each_case("to", RULES)
@each_case("measure", ["OR", "RR", "RD"])
@each_case("rule", ["drop", "keep"])
def test_zero_cell_rules_are_escalcs(name, to, measure, rule):
    want = TABLES[name]["effects"][f"{measure}_{to}_{'TRUE' if rule == 'drop' else 'FALSE'}"]
    exists = [
        i
        for i, (y, v) in enumerate(zip(want["yi"], want["vi"], strict=True))
        if y is not None and v is not None and v > 0
    ]
    got = count_effects(
        *counts(TABLES[name]), measure=measure, zero_cells=RULES[to], double_zero=rule
    )
    assert got.rows.tolist() == exists
    np.testing.assert_allclose(got.yi, [want["yi"][i] for i in exists], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(got.vi, [want["vi"][i] for i in exists], rtol=1e-12)


@pytest.mark.parametrize("name", sorted(SINGLES))
def test_proportions_are_metafors(name):
    data = SINGLES[name]
    for points in (7, 25):
        got, want = proportion_glmm(data["x"], data["n"], quadrature_points=points), data
        want = data[f"glmm{points}"]
        assert got.estimate == pytest.approx(want["estimate"], abs=5e-5)
        assert got.se == pytest.approx(want["se"], abs=5e-5)
        assert got.tau2 == pytest.approx(want["tau2"], abs=1e-4)
        assert got.tests["likelihood-ratio"].value == pytest.approx(want["lrt"], abs=1e-7)
    for measure in ("PLO", "PFT"):
        effects, want = proportion_effects(data["x"], data["n"], measure=measure), data[measure]
        np.testing.assert_allclose(effects.yi, want["yi"], rtol=1e-13)
        np.testing.assert_allclose(effects.vi, want["vi"], rtol=1e-13)
        pooled = random_effects(effects.yi, effects.vi, ci="wald")
        assert pooled.estimate == pytest.approx(want["estimate"], abs=1e-9)
        assert pooled.tau2 == pytest.approx(want["tau2"], abs=1e-8)


def test_proportions_of_pritz_are_those_of_metafor_5():
    """Numbers of metafor 5.1 with its default stopping rules and 7 points."""
    want = json.loads((REFERENCE / "pritz1997.json").read_text(encoding="utf-8"))
    x, n = want["events"], want["n"]
    for measure in ("PLO", "PFT"):
        effects = proportion_effects(x, n, measure=measure)
        got = random_effects(effects.yi, effects.vi, ci="wald")
        for key in ("estimate", "se", "tau2", "ci_lower", "ci_upper"):
            assert getattr(got, key) == pytest.approx(want[measure][key], abs=1e-6)
    fit = proportion_glmm(x, n, quadrature_points=7)
    for key in ("estimate", "se", "tau2"):
        assert getattr(fit, key) == pytest.approx(want["GLMM"][key], abs=1e-4)


def test_stijnen_2010_catheters():
    """Stijnen, Hamza and Özdemir 2010, Table IV: conditional logistic model with random effect.

    Log odds ratio -1.353 with standard error 0.351.
    """
    got = odds_ratio_glmm(*counts(TABLES["nielweise2007"]), model="conditional")
    assert round(got.estimate, 3) == -1.353
    assert round(got.se, 3) == 0.351


@pytest.mark.parametrize(
    ("table", "events", "patients", "ratio"),
    [
        ("6", (165, 165), (1900, 1711), (0.93, 0.74, 1.18)),
        ("10", (827, 986), (10452, 9860), (0.77, 0.70, 0.85)),
    ],
)
def test_yusuf_1985_totals_and_peto_odds_ratios(table, events, patients, ratio):
    """Yusuf et al. 1985, Tables 6 and 10: deaths in short-term and long-term trials.

    Of the latter the article says that mortality is reduced by about 25 %.
    """
    a, n1, c, n2 = counts(TABLES[f"yusuf1985_{table}"])
    assert (sum(a), sum(c)) == events
    assert (sum(n1), sum(n2)) == patients
    got = peto(a, n1, c, n2)
    found = [math.exp(x) for x in (got.estimate, got.ci_lower, got.ci_upper)]
    assert tuple(round(x, 2) for x in found) == ratio


def test_mantel_haenszel_of_a_textbook():
    """Tolbutamide and deaths by age, Rothman, Greenland and Lash 2008, Table 15-1."""
    data = ([8, 22], [106, 98], [5, 16], [120, 85])
    risk_difference = mantel_haenszel(*data, measure="RD")
    assert round(risk_difference.estimate, 3) == 0.035
    ratio = mantel_haenszel(*data, measure="RR")
    assert [round(math.exp(x), 2) for x in (ratio.estimate, ratio.ci_lower, ratio.ci_upper)] == [
        1.33,
        0.80,
        2.20,
    ]
    odds = mantel_haenszel(*data)
    assert [round(math.exp(x), 2) for x in (odds.estimate, odds.ci_lower, odds.ci_upper)] == [
        1.40,
        0.76,
        2.58,
    ]

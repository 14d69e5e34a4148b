"""Estimators of tau² by hand and at the edges, and published numbers."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from trialpool.pooling import random_effects, random_effects_many
from trialpool.pooling.univariate.tau2 import TAU2_METHODS

REFERENCE = Path(__file__).parents[1] / "reference"
SETS = json.loads((REFERENCE / "metafor_grid.json").read_text(encoding="utf-8"))["sets"]
GROUPS = json.loads((REFERENCE / "metafor_generic.json").read_text(encoding="utf-8"))["tests"]
ESTIMATED = [method for method in TAU2_METHODS if method != "CE"]


def exact(value, rel=1e-13):
    return pytest.approx(value, rel=rel, abs=1e-15)


@pytest.mark.parametrize(
    ("method", "tau2", "se"),
    [
        # Effects 1, 2, 4 with variance 1: Q = Σ(y - ȳ)² = 14/3, w = 1, k = 3. The
        # sample variance is 7/3; Var(Q) = 2·2(1 + tau²)².
        ("DL2", 4 / 3, 7 / 3),
        ("EB", 4 / 3, 7 / 3),
        ("HE", 4 / 3, 7 / 3),
        # (14/3 - 3)/3 = 5/9, and SE 2(1 + 5/9)/3.
        ("HS", 5 / 9, 28 / 27),
        # (3/2 · 14/3 - 3)/3 = 4/3.
        ("HSk", 4 / 3, 7 / 3),
        # t = 14/9, weights 9/23: tau² = 14/9 · 9/23 · 14/3 / 2 = 98/69; SE: Q_a has mean
        # 2 + (tau² - t)·2·9/23 and standard deviation 2(1 + 9/23 (tau² - t)); times t/2.
        ("SJ", 98 / 69, 14 / 9 * (1 + 9 / 23 * (98 / 69 - 14 / 9))),
    ],
)
def test_equal_variances_by_hand(method, tau2, se):
    got = random_effects([1, 2, 4], [1, 1, 1], tau2=method)
    assert got.tau2 == exact(tau2)
    assert got.tau2_se == exact(se)


def test_unequal_variances_in_exact_arithmetic():
    """The formulas as printed, in fractions, on sets with one dominating trial too."""
    rng = np.random.default_rng(21)
    for _ in range(40):
        k = int(rng.integers(2, 8))
        vi = 10.0 ** rng.uniform(-8, 1, k)
        yi = rng.normal(0, 2, k)
        y, v = [Fraction(float(x)) for x in yi], [Fraction(float(x)) for x in vi]

        def form(weights, y=y):
            total = sum(weights)
            mean = sum(a * b for a, b in zip(weights, y, strict=True)) / total
            squares = sum(a * (b - mean) ** 2 for a, b in zip(weights, y, strict=True))
            return squares, total, total - sum(a * a for a in weights) / total

        def general(first, v=v, k=k, form=form):
            """DerSimonian and Kacker 2007, their equation for any weights a."""
            a = [1 / (x + first) for x in v]
            squares, total, trace = form(a)
            expected = sum(b * x for b, x in zip(a, v, strict=True))
            expected -= sum(b * b * x for b, x in zip(a, v, strict=True)) / total
            return max((squares - expected) / trace, Fraction(0))

        q, total, _ = form([1 / x for x in v])
        plain, _, _ = form([Fraction(1)] * k)
        crude = plain / k
        sj, _, _ = form([1 / (x / crude + 1) for x in v])
        expected = {
            "DL": general(Fraction(0)),
            "DL2": general(general(Fraction(0))),
            "HE": max(plain / (k - 1) - sum(v) / k, Fraction(0)),
            "HS": max((q - k) / total, Fraction(0)),
            "HSk": max((Fraction(k, k - 1) * q - k) / total, Fraction(0)),
            "SJ": sj / (k - 1),
        }
        for method, value in expected.items():
            got = random_effects(yi, vi, tau2=method)
            scale = float(value) if value else float(plain)
            assert got.tau2 == pytest.approx(float(value), rel=1e-10, abs=1e-10 * scale), method


@pytest.mark.parametrize("method", ESTIMATED)
def test_edges(method):
    single = random_effects([0.3], [0.04], tau2=method)
    assert (single.tau2, single.tau2_se, single.i2_ci_lower) == (0.0, None, None)

    equal = random_effects([0.3] * 4, [0.1, 0.2, 0.3, 0.1], tau2=method, ci="wald")
    assert equal.tau2 == 0.0
    assert equal.diagnostics.at_boundary
    assert equal.tau2_se > 0 or method == "SJ"

    for scale in (1e-30, 1e-6, 1e6, 1e30):
        plain = random_effects([0.1, 0.9, -0.4], [0.01, 0.02, 0.09], tau2=method)
        far = random_effects(
            [0.1 * scale, 0.9 * scale, -0.4 * scale],
            [0.01 * scale**2, 0.02 * scale**2, 0.09 * scale**2],
            tau2=method,
        )
        assert far.tau2 == pytest.approx(scale**2 * plain.tau2, rel=1e-10)
        assert far.diagnostics.converged

    apart = random_effects([0.3, 5.0, -2.0], [1e-20, 1.0, 1e20], tau2=method)
    for name, value in apart.to_dict().items():
        assert not (isinstance(value, float) and not math.isfinite(value)), name


@pytest.mark.parametrize("method", ESTIMATED)
def test_ten_thousand_trials(method):
    rng = np.random.default_rng(4)
    vi = rng.uniform(0.01, 1, 10_000)
    yi = rng.normal(0.2, np.sqrt(vi + 0.3))
    got = random_effects(yi, vi, tau2=method)
    if method == "SJ":
        # Known to be pulled towards its crude start, here 0.8.
        assert 0.3 < got.tau2 < 0.8
    else:
        assert abs(got.tau2 - 0.3) < 5 * got.tau2_se
    assert got.diagnostics.converged
    assert math.fsum(got.weights) == pytest.approx(1, abs=1e-12)


def test_sidik_jonkman_is_positive():
    rng = np.random.default_rng(6)
    yi, vi = rng.normal(0, 1e-3, (50, 5)), rng.uniform(0.1, 1, (50, 5))
    assert (random_effects_many(yi, vi, tau2="SJ").tau2 > 0).all()
    assert not random_effects_many(yi, vi, tau2="SJ").diagnostics.at_boundary.any()


# --- published numbers ---------------------------------------------------------------------------


def pooled(name, **options):
    data = SETS[name]
    return random_effects(data["yi"], data["vi"], **{"ci": "wald", **options})


def ratio(got):
    return tuple(round(math.exp(x), 2) for x in (got.estimate, got.ci_lower, got.ci_upper))


def test_colditz_1994():
    """BCG vaccine, 13 trials, DerSimonian-Laird: JAMA 271:698, abstract on p. 698."""
    assert ratio(pooled("bcg_rr", tau2="DL")) == (0.49, 0.34, 0.70)


def test_van_houwelingen_2002():
    """BCG log odds ratio by maximum likelihood: Statistics in Medicine 21:589, pp. 596-597."""
    common = pooled("bcg_or", tau2="CE")
    assert (round(common.estimate, 3), round(common.se, 3)) == (-0.436, 0.042)
    # p. 596 in the text has odds ratios: 0.647 (0.595 to 0.703), p. 597 0.476 (0.336 to 0.675).
    assert math.exp(common.estimate) == pytest.approx(0.6465, abs=5e-4)
    assert math.exp(common.ci_lower) == pytest.approx(0.595, abs=5e-4)
    got = pooled("bcg_or", tau2="ML", tau2_ci="profile-likelihood")
    assert (round(got.estimate, 3), round(got.se, 3)) == (-0.742, 0.178)
    assert round(got.tau2, 3) == 0.302
    assert tuple(round(math.exp(x), 3) for x in (got.estimate, got.ci_lower, got.ci_upper)) == (
        0.476,
        0.336,
        0.675,
    )
    assert (round(got.tau2_ci_lower, 2), round(got.tau2_ci_upper, 2)) == (0.12, 0.89)


def test_viechtbauer_2007():
    """Diuretics and pre-eclampsia: Statistics in Medicine 26:37, table II on p. 44."""
    for method, tau2 in (("DL", 0.23), ("ML", 0.24), ("REML", 0.30), ("SJ", 0.46)):
        assert round(pooled("collins1985b", tau2=method).tau2, 2) == tau2
    got = pooled("collins1985b")
    assert (round(got.tau2_ci_lower, 2), round(got.tau2_ci_upper, 2)) == (0.07, 2.20)
    for method, limits in (("ML", (0.03, 1.13)), ("REML", (0.04, 1.47))):
        got = pooled("collins1985b", tau2=method, tau2_ci="profile-likelihood")
        assert (round(got.tau2_ci_lower, 2), round(got.tau2_ci_upper, 2)) == limits


def test_raudenbush_2009():
    """Teacher expectancy (Raudenbush 1985).

    Handbook of Research Synthesis, 2nd ed., chapter 16, table 16.2 on p. 301 and text on p. 302.
    """
    common = pooled("raudenbush1985", tau2="CE")
    assert (round(common.estimate, 3), round(common.se, 3)) == (0.060, 0.036)
    assert round(common.q, 2) == 35.83
    got = pooled("raudenbush1985")
    assert (round(got.estimate, 3), round(got.se, 3), round(got.tau2, 3)) == (0.084, 0.052, 0.019)


def test_pignon_2000():
    """Chemotherapy in head and neck cancer, O - E and V: Lancet 355:949, abstract on p. 949."""
    assert ratio(pooled("pignon2000", tau2="CE")) == (0.90, 0.85, 0.94)
    data = GROUPS["pignon_group"]
    found = {}
    for group in dict.fromkeys(data["group"]):
        own = [i for i, name in enumerate(data["group"]) if name == group]
        yi, vi = ([data[key][i] for i in own] for key in ("yi", "vi"))
        found[len(own)] = ratio(random_effects(yi, vi, tau2="CE", ci="wald"))
    # Neoadjuvant (31 comparisons) and concomitant (26).
    assert (found[31], found[26]) == ((0.95, 0.88, 1.01), (0.81, 0.76, 0.88))


def test_hackshaw_1997():
    """Passive smoking, DerSimonian-Laird: BMJ 315:980, abstract on p. 980 (24 %, 13 to 36 %)."""
    assert ratio(pooled("hackshaw1998", tau2="DL")) == (1.24, 1.13, 1.36)


def test_cannon_2006():
    """Intensive statin therapy, coronary death or infarction: JACC 48:438, abstract, p. 438."""
    assert ratio(pooled("cannon2006", tau2="CE")) == (0.84, 0.77, 0.91)


def test_molloy_2014():
    """Conscientiousness and adherence: Annals of Behavioral Medicine 47:92, abstract on p. 92."""
    got = pooled("molloy2014")
    shown = tuple(round(math.tanh(x), 2) for x in (got.estimate, got.ci_lower, got.ci_upper))
    assert shown == (0.15, 0.09, 0.21)


def test_quintana_2015():
    """The same data, heterogeneity: Frontiers in Psychology 6:1549, section on heterogeneity."""
    got = pooled("molloy2014")
    assert (round(got.q, 2), round(got.i2, 2), round(got.tau2, 4)) == (38.16, 61.73, 0.0081)


def test_lipsey_and_wilson_2001():
    """Delinquency programmes: Practical Meta-Analysis, exhibit 7.3 on p. 133."""
    yi = [-0.33, 0.32, 0.39, 0.31, 0.17, 0.64, -0.33, 0.15, -0.02, 0.00]
    vi = [0.084, 0.035, 0.017, 0.034, 0.072, 0.117, 0.102, 0.093, 0.012, 0.067]
    common = random_effects(yi, vi, tau2="CE", ci="wald")
    assert (round(common.estimate, 4), round(common.se, 4)) == (0.1549, 0.0609)
    assert (round(common.ci_lower, 4), round(common.ci_upper, 4)) == (0.0356, 0.2742)
    assert (round(common.q, 3), round(common.q_p_value, 4)) == (14.764, 0.0976)
    got = random_effects(yi, vi, tau2="DL", ci="wald")
    assert (round(got.estimate, 4), round(got.se, 4)) == (0.1534, 0.0858)
    assert round(got.tau2, 6) == 0.025955

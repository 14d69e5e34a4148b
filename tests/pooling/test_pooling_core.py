"""Pooling by hand, at the edges, and with wrong input."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from trialpool.measures import MEASURES
from trialpool.pooling import random_effects, random_effects_many
from trialpool.pooling.numeric.tails import two_sided_p
from trialpool.pooling.options import MEASURE_NULLS, MEASURE_SCALES

FIELDS = [
    "k",
    "measure",
    "scale",
    "estimate",
    "se",
    "ci_lower",
    "ci_upper",
    "p_value",
    "tau2",
    "tau2_se",
    "tau2_ci_lower",
    "tau2_ci_upper",
    "i2",
    "i2_q",
    "h2",
    "q",
    "q_df",
    "q_p_value",
    "pi_lower",
    "pi_upper",
    "tau2_method",
    "ci_method",
    "weights",
    "level",
    "pi_method",
    "df",
    "diagnostics",
    "i2_ci_lower",
    "i2_ci_upper",
    "h2_ci_lower",
    "h2_ci_upper",
    "tau2_ci_method",
]


def exact(value, rel=1e-13):
    return pytest.approx(value, rel=rel, abs=1e-15)


def t_quantile_2df(p):
    """Student's t has a closed form for two degrees of freedom."""
    return (2 * p - 1) / math.sqrt(2 * p * (1 - p))


def test_three_trials_by_hand():
    """Effects 1, 2, 4 with variance 1 each.

    Mean 7/3; squares 16/9 + 1/9 + 25/9 = 14/3 = Q. With equal variances REML, DL
    and PM are the sample variance 14/6 = 7/3 minus 1, ML is 14/9 minus 1. All
    weights are 1/(1 + 4/3) = 3/7: Wald SE = √(7/9), and since
    q² = (3/7)(14/3)/2 = 1 Hartung-Knapp's is the same. Typical variance 1.
    """
    for method in ("REML", "DL", "PM"):
        got = random_effects([1, 2, 4], [1, 1, 1], tau2=method)
        assert got.tau2 == exact(4 / 3)
        assert got.estimate == exact(7 / 3)
        assert got.se == exact(math.sqrt(7) / 3)
        assert got.ci_upper - got.estimate == exact(t_quantile_2df(0.975) * math.sqrt(7) / 3)
        assert got.pi_upper - got.estimate == exact(
            t_quantile_2df(0.975) * math.sqrt(4 / 3 + 7 / 9)
        )
        assert (got.q, got.q_df) == (exact(14 / 3), 2)
        # The chi-square tail on two degrees of freedom is exp(-Q/2).
        assert got.q_p_value == exact(math.exp(-7 / 3))
        assert (got.i2, got.i2_q, got.h2) == (exact(400 / 7), exact(400 / 7), exact(7 / 3))
        # tr(P²) = 2 (3/7)², so √(2/tr(P²)) = 7/3.
        assert got.tau2_se == exact(7 / 3)
        # Q(tau²) = (14/3)/(1 + tau²); the chi-square quantiles are -2 log(0.025), -2 log(0.975).
        assert got.tau2_ci_lower == 0.0
        assert got.tau2_ci_upper == exact(14 / 3 / (-2 * math.log(0.975)) - 1)
        assert got.weights == exact((1 / 3, 1 / 3, 1 / 3))
        assert got.df == 2
    assert random_effects([1, 2, 4], [1, 1, 1], tau2="ML").tau2 == exact(5 / 9)


def test_two_unequal_trials_by_hand():
    """Effects 0 and 3 with variances 1 and 2, DerSimonian-Laird.

    w = 1, 1/2: mean 1, Q = 1 + 4/2 = 3, C = 3/2 - (5/4)/(3/2) = 2/3, so
    tau² = (3 - 1)/(2/3) = 3. Then w = 1/4, 1/5: mean (3/5)/(9/20) = 4/3.
    """
    got = random_effects([0, 3], [1, 2], tau2="DL", ci="wald")
    assert (got.tau2, got.q, got.estimate) == (exact(3), exact(3), exact(4 / 3))
    assert got.se == exact(1 / math.sqrt(9 / 20))
    assert got.i2 == exact(100 * 3 / (3 + 1.5))
    assert got.p_value == exact(math.erfc(4 / 3 / got.se / math.sqrt(2)))
    # q² = (16/9)/4 + (25/9)/5 = 1, so Hartung-Knapp agrees here too.
    assert random_effects([0, 3], [1, 2], tau2="DL", ci="hk").se == exact(got.se)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_score_is_zero_in_exact_arithmetic(method):
    rng = np.random.default_rng(7)
    for _ in range(20):
        k = int(rng.integers(3, 9))
        vi = 10.0 ** rng.uniform(-4, 1, k)
        yi = rng.normal(3.0, 2.0, k)
        got = random_effects(yi, vi, tau2=method)
        if got.diagnostics.at_boundary:
            continue
        y, t = [Fraction(float(x)) for x in yi], Fraction(got.tau2)
        w = [1 / (Fraction(float(x)) + t) for x in vi]
        total = sum(w)
        mean = sum(a * b for a, b in zip(w, y, strict=True)) / total
        squares = sum(a * a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
        trace = total - (sum(a * a for a in w) / total if method == "REML" else 0)
        assert abs(squares / trace - 1) < Fraction(1, 10**11)


def test_highest_of_several_maxima():
    """A likelihood with two maxima, of which the upper one is higher; checked on a dense grid."""
    yi, vi = np.array([0.0, 5.0, 0.02]), np.array([1e-4, 0.5, 1e-4])

    def likelihood(t):
        w = 1 / (vi + t[:, None])
        mean = (w * yi).sum(1) / w.sum(1)
        return 0.5 * (np.log(w).sum(1) - np.log(w.sum(1)) - (w * (yi - mean[:, None]) ** 2).sum(1))

    grid = np.concatenate([[0.0], np.geomspace(1e-8, 1e3, 20001)])
    values = likelihood(grid)
    inner = (values[1:-1] > values[:-2]) & (values[1:-1] >= values[2:])
    got = random_effects(yi, vi)
    assert got.diagnostics.multimodal == (inner.sum() + (values[0] > values[1]) > 1)
    assert got.diagnostics.multimodal
    assert likelihood(np.array([got.tau2]))[0] >= values.max() - 1e-12
    assert any("several local maxima" in note for note in got.diagnostics.notes)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("k", [2, 3, 4, 5, 8])
def test_global_maximum_on_hard_sets(method, k):
    """Variances over six decades, where a third of the likelihoods have several maxima."""
    rng = np.random.default_rng(3)
    vi = 10.0 ** rng.uniform(-4, 2, (400, k))
    yi = rng.normal(0, 1, vi.shape) * np.sqrt(vi) * 10.0 ** rng.uniform(-0.5, 1, vi.shape)
    got = random_effects_many(yi, vi, tau2=method)
    assert got.diagnostics.converged.all()
    for y, v, tau2 in zip(yi, vi, got.tau2, strict=True):
        grid = np.concatenate([[tau2], v.min() * np.expm1(np.linspace(0, 25, 4000))])
        w = 1 / (v + grid[:, None])
        mean = (w * y).sum(1) / w.sum(1)
        values = np.log(w).sum(1) - (w * (y - mean[:, None]) ** 2).sum(1)
        values -= np.log(w.sum(1)) if method == "REML" else 0.0
        assert values[0] >= values.max() - 1e-9


def test_single_trial_has_its_wald_interval():
    for ci in ("wald", "hk", "hk-adhoc"):
        got = random_effects([0.3], [0.04], ci=ci, measure="HR")
        assert got.estimate == 0.3
        assert got.se == exact(0.2)
        assert got.ci_upper == exact(0.3 + 0.2 * 1.959963984540054)
        assert got.p_value == exact(math.erfc(1.5 / math.sqrt(2)))
        assert (got.tau2, got.q, got.q_df, got.weights) == (0.0, 0.0, 0, (1.0,))
        for name in [
            "tau2_se",
            "tau2_ci_lower",
            "tau2_ci_upper",
            "i2",
            "i2_q",
            "h2",
            "q_p_value",
            "pi_lower",
            "df",
        ]:
            assert getattr(got, name) is None, name


def test_equal_effects_under_hartung_knapp():
    got = random_effects([0.3, 0.3, 0.3], [0.1, 0.2, 0.3], ci="hk")
    assert (got.se, got.ci_lower, got.ci_upper) == (0.0, 0.3, 0.3)
    assert got.p_value is None
    assert "no p-value" in got.diagnostics.notes[0]
    adhoc = random_effects([0.3, 0.3, 0.3], [0.1, 0.2, 0.3], ci="hk-adhoc")
    assert adhoc.se == random_effects([0.3, 0.3, 0.3], [0.1, 0.2, 0.3], ci="wald").se > 0
    assert adhoc.p_value is not None


def test_prediction_interval_needs_three_trials():
    assert random_effects([0.1, 0.9], [0.1, 0.1]).pi_lower is None
    assert random_effects([0.1, 0.9, 0.4], [0.1, 0.1, 0.1]).pi_lower is not None
    assert random_effects([0.1, 0.9, 0.4], [0.1, 0.1, 0.1], tau2="CE").pi_lower is None


def test_boundary_is_reported():
    got = random_effects([0.10, 0.11, 0.12], [0.1, 0.2, 0.1])
    assert got.tau2 == 0.0
    assert got.diagnostics.at_boundary
    assert not random_effects([0.0, 3.0], [0.1, 0.1]).diagnostics.at_boundary


def test_one_dominating_trial():
    got = random_effects([-0.2, 0.4, -0.9], [1e-12, 0.5, 0.4], tau2="CE", ci="wald")
    assert got.estimate == pytest.approx(-0.2, abs=1e-11)
    assert got.se == pytest.approx(1e-6, rel=1e-9)
    # C of DerSimonian and Laird in exact arithmetic; Σw - Σw²/Σw in doubles has few digits left.
    w = [1 / Fraction(x) for x in (1e-12, 0.5, 0.4)]
    c = sum(w) - sum(a * a for a in w) / sum(w)
    yi = [-0.2, 1.4, -3.9]
    y = [Fraction(x) for x in yi]
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    expected = float((q - 2) / c)
    assert random_effects(yi, [1e-12, 0.5, 0.4], tau2="DL").tau2 == exact(expected, rel=1e-12)


def test_tails_do_not_underflow():
    # Two degrees of freedom: p = 1 - t/√(2 + t²), which is 1/t² for large t.
    p = two_sided_p(np.array([1e100, 3.0]), np.array([2.0, 2.0]))
    assert p == pytest.approx([1e-200, 1 - 3 / math.sqrt(11)], rel=1e-12, abs=0)
    z = two_sided_p(np.array([-37.0, 1.5]), np.array([np.nan, np.nan]))
    assert z == pytest.approx(
        [math.erfc(37 / math.sqrt(2)), math.erfc(1.5 / math.sqrt(2))], rel=1e-12
    )
    assert 0 < z[0] < 1e-290


def test_level():
    narrow = random_effects([1, 2, 4], [1, 1, 1], level=0.5)
    assert narrow.ci_upper - narrow.estimate == exact(t_quantile_2df(0.75) * narrow.se)
    assert narrow.tau2_ci_lower == exact(max(0.0, 14 / 3 / (-2 * math.log(0.25)) - 1))


def test_record():
    got = random_effects([1, 2, 4], [1, 1, 1], measure="OR")
    plain = got.to_dict()
    assert list(plain) == FIELDS
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert got.summary().loc["mean", "estimate"] == exact(math.exp(7 / 3))
    with pytest.raises(dataclasses.FrozenInstanceError):
        got.k = 4
    single = random_effects([0.3], [0.04])
    assert single.summary().loc["tau²", "lower":].isna().all()
    json.dumps(single.to_dict(), allow_nan=False)


def test_measures_have_the_scale_and_the_null_of_the_package():
    assert {code: m.scale for code, m in MEASURES.items()} == MEASURE_SCALES
    nulls = {code: MEASURE_NULLS.get(code, 0.0) for code in MEASURES}
    assert {code: m.null for code, m in MEASURES.items()} == nulls
    assert set(MEASURE_NULLS) <= set(MEASURES)


def test_core_runs_without_pandas():
    code = (
        "import sys, trialpool.pooling\n"
        "print([m for m in ('pandas', 'scipy.stats', 'scipy.optimize') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_accepts_series_and_integers():
    expected = random_effects([1.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    assert random_effects(pd.Series([1, 2, 4]), (1, 1, 1)) == expected


@pytest.mark.parametrize(
    ("yi", "vi", "options", "message"),
    [
        ([1, math.nan], [1, 1], {}, r"yi\[1\]=nan; allowed: finite"),
        ([1, math.inf], [1, 1], {}, r"yi\[1\]=inf; allowed: finite"),
        ([1, 2], [1, math.nan], {}, r"vi\[1\]=nan; allowed: finite numbers above 0"),
        ([1, 2], [1, 0], {}, r"vi\[1\]=0\.0; allowed: finite numbers above 0"),
        ([1, 2], [-1, 1], {}, r"vi\[0\]=-1\.0; allowed"),
        ([1, 2], [1], {}, r"yi has shape \(2,\) and vi has shape \(1,\)"),
        ([], [], {}, "yi is empty"),
        (["0.1", "0.2"], [1, 1], {}, "yi has entries of type"),
        ([0.1, None], [1, 1], {}, "yi contains None"),
        ([True, False], [1, 1], {}, "yi has entries of type bool"),
        ([[1, 2]], [[1, 1]], {}, r"yi has shape \(1, 2\); expected \(k,\)"),
        ([[1], [1, 2]], [1, 1], {}, "yi is ragged"),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), [1, 1], {}, "yi has masked entries"),
        ([1, 2], [1, 1e80], {}, "vi: largest / smallest variance"),
        ([1, 1e200], [1, 1], {}, r"yi\[1\] has size 1e\+200"),
        (
            [1, 2],
            [1, 1],
            {"tau2": "reml"},
            "tau2='reml' is not known; allowed: REML, DL, DL2, PM, ML, EB, HE, HS, HSk, SJ, CE",
        ),
        ([1, 2], [1, 1], {"ci": "knha"}, "ci='knha' is not known; allowed: wald, hk, hk-adhoc, kr"),
        ([1, 2], [1, 1], {"pi": None}, "pi=None is not known; allowed: t, hts, normal, bootstrap"),
        ([1, 2], [1, 1], {"measure": "hr"}, "measure='hr' is not known; allowed: HR"),
        ([1, 2], [1, 1], {"level": 95}, r"level=95 is not a confidence level"),
    ],
)
def test_refuses(yi, vi, options, message):
    with pytest.raises(ValueError, match=message):
        random_effects(yi, vi, **options)


@pytest.mark.parametrize(
    ("yi", "vi", "message"),
    [
        ([[1, math.nan]], [[1, 1]], r"yi\[0, 1\]=nan but vi\[0, 1\]=1.0"),
        ([[1, 2], [math.nan] * 2], [[1, 2], [math.nan] * 2], r"yi\[1\] has no entry"),
        ([1, 2], [1, 1], r"yi has shape \(2,\); expected \(n_sets, k\)"),
        ([[1, 2]], [[1, -1]], r"vi\[0, 1\]=-1.0"),
    ],
)
def test_batch_refuses(yi, vi, message):
    with pytest.raises(ValueError, match=message):
        random_effects_many(yi, vi)

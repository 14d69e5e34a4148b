"""Kenward-Roger, profile likelihood, intervals of I² and H², and the bootstrap."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from trialpool.pooling import at_tau2, random_effects, random_effects_many
from trialpool.pooling.numeric.cochran_q import q_cdf

SETS = json.loads(
    (Path(__file__).parents[1] / "reference" / "intervals_generic.json").read_text(encoding="utf-8")
)["sets"]


@pytest.mark.parametrize("name", SETS)
def test_kenward_roger_equals_meta(name):
    data, expected = SETS[name], SETS[name]["ci_KR"]
    got = at_tau2(data["yi"], data["vi"], expected["tau2"], ci="kr")
    for key in ("estimate", "se", "df"):
        assert getattr(got, key) == pytest.approx(expected[key], rel=1e-12), key
    if expected["df"] < 1:
        assert (got.ci_lower, got.ci_upper, got.p_value) == (None, None, None)
        assert "less than one degree of freedom" in got.diagnostics.notes[0]
    else:
        assert got.ci_lower == pytest.approx(expected["ci_lower"], rel=1e-12)
        assert got.ci_upper == pytest.approx(expected["ci_upper"], rel=1e-12)
    own = random_effects(data["yi"], data["vi"], ci="kr")
    assert own.se == pytest.approx(expected["se"], rel=1e-4)


@pytest.mark.parametrize("k", [2, 3, 7])
def test_kenward_roger_with_equal_variances_is_student(k):
    """The weights do not vary, so nothing is added to 1/Σw, and k - 1 degrees of freedom."""
    yi = np.linspace(-1, 1, k) ** 3
    kr, wald = (random_effects(yi, [0.02] * k, ci=ci) for ci in ("kr", "wald"))
    assert kr.se == pytest.approx(wald.se, rel=1e-14)
    assert kr.df == pytest.approx(k - 1, rel=1e-12)
    assert kr.ci_upper is not None


def test_kenward_roger_from_the_matrices():
    """The general formulas, with the design, V and its derivative as matrices."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        k = int(rng.integers(3, 9))
        vi, yi = rng.uniform(0.01, 0.5, k), rng.normal(0, 0.7, k)
        got = random_effects(yi, vi, ci="kr")
        inverse, x = np.diag(1 / (vi + got.tau2)), np.ones((k, 1))
        phi = np.linalg.inv(x.T @ inverse @ x)
        p = inverse - inverse @ x @ phi @ x.T @ inverse
        variance = 2 / np.trace(p @ p)
        first = -x.T @ inverse @ inverse @ x
        second = x.T @ inverse @ inverse @ inverse @ x
        adjusted = phi + 2 * variance * phi @ (second - first @ phi @ first) @ phi
        assert got.se**2 == pytest.approx(adjusted.item(), rel=1e-12)
        assert got.df == pytest.approx(2 / (variance * (adjusted * first).item() ** 2), rel=1e-11)


def test_kenward_roger_of_one_trial_is_wald():
    got = random_effects([0.3], [0.04], ci="kr")
    assert (got.se, got.df) == (pytest.approx(0.2, rel=1e-15), None)
    assert got.ci_upper == random_effects([0.3], [0.04], ci="wald").ci_upper


@pytest.mark.parametrize("name", SETS)
def test_profile_likelihood_equals_metafor(name):
    data = SETS[name]
    for method, key in (("REML", "tau2_profile_likelihood"), ("ML", "tau2_profile_likelihood_ML")):
        got = random_effects(data["yi"], data["vi"], tau2=method, tau2_ci="profile-likelihood")
        # metafor's default steps end near 1e-5; the grid compares with tight ones.
        assert got.tau2_ci_lower == pytest.approx(data[key]["lower"], rel=5e-4, abs=1e-8)
        assert got.tau2_ci_upper == pytest.approx(data[key]["upper"], rel=5e-5)
        assert got.tau2_ci_method == "profile-likelihood"


def log_likelihood(yi, vi, tau2, restricted):
    w = 1 / (vi + tau2)
    mean = (w * yi).sum() / w.sum()
    value = 0.5 * (np.log(w).sum() - (w * (yi - mean) ** 2).sum())
    return value - 0.5 * math.log(w.sum()) * restricted


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_profile_limits_lie_on_the_cut(method):
    rng = np.random.default_rng(8)
    for _ in range(60):
        k = int(rng.integers(2, 12))
        vi = 10.0 ** rng.uniform(-3, 0, k)
        yi = rng.normal(0, 1, k) * np.sqrt(vi) * 10.0 ** rng.uniform(-0.5, 1)
        got = random_effects(yi, vi, tau2=method, tau2_ci="profile-likelihood")
        top = log_likelihood(yi, vi, got.tau2, method == "REML")
        cut = top - special.chdtri(1, 0.05) / 2
        assert 0 <= got.tau2_ci_lower <= got.tau2 <= got.tau2_ci_upper
        upper = log_likelihood(yi, vi, got.tau2_ci_upper, method == "REML")
        assert upper == pytest.approx(cut, abs=1e-8)
        lower = log_likelihood(yi, vi, got.tau2_ci_lower, method == "REML")
        if got.tau2_ci_lower > 0:
            assert lower == pytest.approx(cut, abs=1e-8)
        else:
            assert lower >= cut - 1e-9


def test_profile_interval_covers_separate_maxima():
    """Two maxima of nearly the same height: the limits are the outermost crossings."""
    yi, vi = np.array([0.0, 5.0, 0.02]), np.array([1e-4, 0.5, 1e-4])
    got = random_effects(yi, vi, tau2_ci="profile-likelihood")
    assert got.diagnostics.multimodal
    cut = log_likelihood(yi, vi, got.tau2, True) - special.chdtri(1, 0.05) / 2
    grid = np.concatenate([[0.0], np.geomspace(1e-8, 1e4, 20001)])
    inside = grid[[log_likelihood(yi, vi, t, True) >= cut for t in grid]]
    assert got.tau2_ci_lower <= inside[0] * (1 + 1e-9)
    assert inside[-1] <= got.tau2_ci_upper <= inside[-1] * 1.01


@pytest.mark.parametrize("tau2_ci", ["q-profile", "profile-likelihood"])
def test_i2_and_h2_limits_come_from_tau2(tau2_ci):
    data = SETS["colditz1994"]
    got = random_effects(data["yi"], data["vi"], tau2_ci=tau2_ci)
    typical = got.tau2 / (got.h2 - 1)
    for end in ("lower", "upper"):
        limit = getattr(got, f"tau2_ci_{end}")
        assert getattr(got, f"h2_ci_{end}") == pytest.approx(1 + limit / typical, rel=1e-12)
        assert getattr(got, f"i2_ci_{end}") == pytest.approx(
            100 * limit / (limit + typical), rel=1e-12
        )
    assert random_effects(data["yi"], data["vi"], tau2="CE").i2_ci_lower is None


# --- distribution of Q ---------------------------------------------------------------------------


@pytest.mark.parametrize("k", [2, 3, 4, 13, 100, 1000])
def test_q_with_equal_variances_is_scaled_chi_square(k):
    tau2 = np.array([0.0, 0.01, 1.0, 30.0, 1e6])
    for share in (0.01, 0.5, 1.0, 1.1, 3.0, 50.0):
        q = share * k
        expected = special.chdtr(k - 1, q / (1 + tau2))
        assert q_cdf(np.ones(k), q, tau2) == pytest.approx(expected, abs=2e-9 if k == 2 else 1e-11)


def test_q_of_three_trials_by_polar_coordinates():
    """λ₁X² + λ₂Y² <= q: given the angle, the squared radius is exponential."""
    rng = np.random.default_rng(2)
    angle = (np.arange(20000) + 0.5) / 20000 * math.pi / 2
    for i in range(100):
        v = 10 ** rng.uniform(0, (1, 4)[i % 2], 3)
        w = 1 / (v / v.min())
        tau2, q = 10 ** rng.uniform(-2, 2), 10 ** rng.uniform(-1, 3)
        root = np.linalg.eigvalsh(np.diag(w) - np.outer(w, w) / w.sum())[1:]
        first, second = 1 + tau2 * root
        radius = first * np.cos(angle) ** 2 + second * np.sin(angle) ** 2
        expected = (1 - np.exp(-q / 2 / radius)).mean()
        assert q_cdf(v / v.min(), q, np.array([tau2]))[0] == pytest.approx(expected, abs=1e-10)


# --- bootstrap -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(SETS) - {"two_trials"}))
def test_bootstrap_equals_pimeta(name):
    data, expected = SETS[name], SETS[name]["pi_bootstrap"]
    # Ten of our runs give the Monte Carlo error of one; pimeta drew half as often.
    runs = [random_effects(data["yi"], data["vi"], pi="bootstrap", seed=s) for s in range(10)]
    for end in ("lower", "upper"):
        limits = np.array([getattr(run, f"pi_{end}") for run in runs])
        error = limits.std(ddof=1)
        tolerance = 3 * error * math.sqrt(2 + 1 / 10)
        assert limits.mean() == pytest.approx(expected[end], abs=tolerance)


def test_bootstrap_is_deterministic_and_does_not_see_its_batch():
    data = SETS["normand1999_smd"]
    k = len(data["yi"])
    one = random_effects(data["yi"], data["vi"], pi="bootstrap")
    assert random_effects(data["yi"], data["vi"], pi="bootstrap") == one
    assert random_effects(data["yi"], data["vi"], pi="bootstrap", seed=1) != one
    other = SETS["colditz1994"]
    gap = [math.nan] * (len(other["yi"]) - k)
    batch = random_effects_many(
        [other["yi"], gap + data["yi"]], [other["vi"], gap + data["vi"]], pi="bootstrap"
    )
    assert repr(batch[1]) == repr(one)


def test_bootstrap_scale_shift_and_estimator():
    """It draws tau² itself: the estimator moves nothing, c and shifts carry through."""
    yi, vi = np.array(SETS["three_trials"]["yi"]), np.array(SETS["three_trials"]["vi"])
    plain = random_effects(yi, vi, pi="bootstrap")
    scaled = random_effects(4 * yi, 16 * vi, pi="bootstrap")
    assert scaled.pi_lower == pytest.approx(4 * plain.pi_lower, rel=1e-12)
    moved = random_effects(yi + 3, vi, pi="bootstrap", tau2="DL")
    assert moved.pi_upper - 3 == pytest.approx(plain.pi_upper, abs=1e-9)
    turned = random_effects(yi[::-1], vi[::-1], pi="bootstrap")
    assert turned.pi_lower == pytest.approx(plain.pi_lower, rel=1e-9)


def test_bootstrap_where_there_is_none():
    assert random_effects([0.1, 0.5], [0.1, 0.2], pi="bootstrap").pi_lower is None
    assert random_effects([0.1] * 3, [0.1] * 3, tau2="CE", pi="bootstrap").pi_upper is None
    # Equal effects: tau² is 0 in every draw, and so is the standard error.
    equal = random_effects([0.3] * 3, [0.1, 0.2, 0.3], pi="bootstrap")
    assert (equal.pi_lower, equal.pi_upper) == (0.3, 0.3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ci": "kr", "tau2": "DL"}, r"ci='kr' does not go with tau2='DL'.*allowed: tau2='REML'"),
        ({"ci": "kr", "tau2": "CE"}, "ci='kr' does not go with tau2='CE'"),
        (
            {"tau2": "PM", "tau2_ci": "profile-likelihood"},
            "tau2_ci='profile-likelihood' does not go with tau2='PM'; allowed: tau2='REML' or 'ML'",
        ),
        ({"tau2_ci": "wald"}, "tau2_ci='wald' is not known; allowed: q-profile, profile-likel"),
        ({"seed": -1}, "seed=-1; allowed: whole numbers from 0"),
        ({"seed": 1.5}, r"seed=1\.5; allowed"),
        ({"bootstrap_samples": 10}, "bootstrap_samples=10; allowed: whole numbers from 1000"),
        ({"bootstrap_samples": True}, "bootstrap_samples=True; allowed"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        random_effects([0.1, 0.5, 0.9], [0.1, 0.1, 0.1], **options)


@pytest.mark.parametrize(
    ("tau2", "options", "message"),
    [
        (-0.1, {}, r"tau2=-0\.1 is not a variance; it must lie in \[0, 1e100\]"),
        (math.nan, {}, "tau2=nan"),
        ("REML", {}, "tau2='REML' is not a variance"),
        (0.1, {"pi": "bootstrap"}, "pi='bootstrap' draws tau².*allowed: t, hts, normal"),
    ],
)
def test_given_tau2_refuses(tau2, options, message):
    with pytest.raises(ValueError, match=message):
        at_tau2([0.1, 0.5, 0.9], [0.1, 0.1, 0.1], tau2, **options)


def test_given_tau2_is_the_fit_at_its_own_tau2():
    data = SETS["colditz1994"]
    fit = random_effects(data["yi"], data["vi"])
    got = at_tau2(data["yi"], data["vi"], fit.tau2)
    assert (got.estimate, got.se, got.pi_lower, got.i2, got.weights) == (
        fit.estimate,
        fit.se,
        fit.pi_lower,
        fit.i2,
        fit.weights,
    )
    assert (got.tau2_method, got.tau2_se, got.tau2_ci_lower) == ("given", None, None)

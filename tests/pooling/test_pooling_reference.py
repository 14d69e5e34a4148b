"""Pooling against metafor, meta, statsmodels and published numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from each_case import each_case
from statsmodels.stats.meta_analysis import combine_effects

from trialpool.pooling import random_effects

REFERENCE = Path(__file__).parents[1] / "reference"
SETS = json.loads((REFERENCE / "metafor_generic.json").read_text(encoding="utf-8"))["sets"]
META = json.loads((REFERENCE / "meta_generic.json").read_text(encoding="utf-8"))["sets"]
METHODS = ("REML", "ML", "DL", "PM", "CE")

# Both programs solve to rounding level, so 1e-9 is far above what remains and
# far below what any wrong formula would leave.
TIGHT = {"rel": 1e-9, "abs": 1e-12}


@each_case("method", METHODS)
@each_case("name", SETS)
def test_heterogeneity_equals_metafor(name, method):
    data, expected = SETS[name], SETS[name]["methods"][method]
    got = random_effects(data["yi"], data["vi"], tau2=method)
    # metafor stops its ML iteration near 1e-14 instead of at 0 when the bound is hit.
    assert abs(got.tau2 - expected["tau2"]) <= 1e-9 * max(expected["tau2"], 1e-3)
    assert got.q == pytest.approx(expected["q"], **TIGHT)
    assert got.q_p_value == pytest.approx(expected["q_p_value"], rel=1e-9)
    assert got.weights == pytest.approx(expected["weights"], **TIGHT)
    assert got.diagnostics.converged
    if method == "CE":
        assert (got.tau2_se, got.i2, got.h2, got.tau2_ci_lower) == (None,) * 4
        # metafor's I² of a common-effect model is the one from Q.
        assert got.i2_q == pytest.approx(expected["i2"], **TIGHT)
    else:
        assert got.tau2_se == pytest.approx(expected["tau2_se"], **TIGHT)
        assert got.i2 == pytest.approx(expected["i2"], rel=1e-9, abs=1e-7)
        assert got.h2 == pytest.approx(expected["h2"], **TIGHT)
        assert got.tau2_ci_lower == pytest.approx(data["tau2_ci_lower"], **TIGHT)
        assert got.tau2_ci_upper == pytest.approx(data["tau2_ci_upper"], **TIGHT)


@each_case("method", METHODS)
@each_case("ci", ["wald", "hk", "hk-adhoc"])
@each_case("name", SETS)
def test_intervals_equal_metafor(name, ci, method):
    data, expected = SETS[name], SETS[name]["methods"][method][ci]
    # metafor's prediction interval takes the normal under a Wald interval.
    pi = "normal" if ci == "wald" else "t"
    got = random_effects(data["yi"], data["vi"], tau2=method, ci=ci, pi=pi)
    for key in ("estimate", "se", "ci_lower", "ci_upper", "p_value"):
        assert getattr(got, key) == pytest.approx(expected[key], rel=1e-9, abs=1e-11), key
    for key in ("pi_lower", "pi_upper"):
        if got.k < 3 or method == "CE":
            assert getattr(got, key) is None
        else:
            assert getattr(got, key) == pytest.approx(expected[key], rel=1e-9, abs=1e-11), key


@each_case("name", SETS)
def test_hts_prediction_interval(name):
    data = SETS[name]
    for method in ("REML", "DL"):
        expected = data["methods"][method]["hts"]
        # The Wald SE whatever interval the mean has.
        got = random_effects(data["yi"], data["vi"], tau2=method, ci="hk", pi="hts")
        if got.k < 3:
            assert got.pi_lower is None
            continue
        assert got.pi_lower == pytest.approx(expected["pi_lower"], rel=1e-9, abs=1e-11)
        assert got.pi_upper == pytest.approx(expected["pi_upper"], rel=1e-9, abs=1e-11)


@pytest.mark.parametrize(
    ("ci", "pi", "ci_name", "pi_name"),
    [
        ("wald", "t", "ci_classic", "pi_V"),
        ("hk", "t", "ci_HK", "pi_HK"),
        ("hk-adhoc", "hts", "ci_HK_se", "pi_HTS"),
        ("hk", "normal", "ci_HK", "pi_S"),
    ],
)
def test_equals_meta(ci, pi, ci_name, pi_name):
    for data in META.values():
        got = random_effects(data["yi"], data["vi"], ci=ci, pi=pi)
        expected, prediction = data[ci_name], data[pi_name]
        # meta leaves metafor's default threshold, which ends about 1e-6 from the maximum.
        assert got.tau2 == pytest.approx(expected["tau2"], rel=1e-5, abs=1e-12)
        for key in ("estimate", "se", "ci_lower", "ci_upper"):
            assert getattr(got, key) == pytest.approx(expected[key], abs=2e-6)
        assert got.df == expected["df"]
        if got.k >= 3:
            assert got.pi_lower == pytest.approx(prediction["lower"], abs=2e-5)
            assert got.pi_upper == pytest.approx(prediction["upper"], abs=2e-5)


@each_case("name", SETS)
def test_equals_statsmodels(name):
    yi, vi = np.array(SETS[name]["yi"]), np.array(SETS[name]["vi"])
    # Its Paule-Mandel iteration returns 0 under a tight tolerance, so its default one is used.
    for method, theirs, rel in (("DL", "chi2", 1e-9), ("PM", "iterated", 1e-4)):
        result = combine_effects(yi, vi, method_re=theirs)
        got = random_effects(yi, vi, tau2=method, ci="wald")
        # statsmodels does not truncate DerSimonian-Laird at 0.
        assert got.tau2 == pytest.approx(max(result.tau2, 0.0), rel=rel, abs=1e-9)
        if result.tau2 > 0:
            assert got.estimate == pytest.approx(result.mean_effect_re, rel=rel)
            assert got.se == pytest.approx(result.sd_eff_w_re, rel=rel)
            hk = random_effects(yi, vi, tau2=method, ci="hk")
            assert hk.se == pytest.approx(result.sd_eff_w_re_hksj, rel=rel)
    common = random_effects(yi, vi, tau2="CE", ci="wald")
    assert common.estimate == pytest.approx(result.mean_effect_fe, rel=1e-12)
    assert common.se == pytest.approx(result.sd_eff_w_fe, rel=1e-12)
    assert common.q == pytest.approx(result.q, rel=1e-10)


def test_bcg_as_published():
    """BCG vaccine, log risk ratio: Viechtbauer 2010, Journal of Statistical Software 36(3)."""
    bcg = SETS["bcg"]
    got = random_effects(bcg["yi"], bcg["vi"], ci="wald", measure="RR")
    assert round(got.estimate, 4) == -0.7145
    assert round(got.se, 4) == 0.1798
    assert (round(got.ci_lower, 4), round(got.ci_upper, 4)) == (-1.0669, -0.3622)
    assert (round(got.tau2, 4), round(got.tau2_se, 4)) == (0.3132, 0.1664)
    assert (round(got.tau2_ci_lower, 4), round(got.tau2_ci_upper, 4)) == (0.1197, 1.1115)
    assert (round(got.i2, 2), round(got.h2, 2), round(got.q, 4)) == (92.22, 12.86, 152.2330)
    assert got.scale == "log"

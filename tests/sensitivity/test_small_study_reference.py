"""Small-study effects against metafor 3.8-1 and lm() (tests/reference/metafor_bias.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from trialpool.pooling import random_effects
from trialpool.sensitivity import (
    gosh,
    harbord,
    peters,
    rank_test,
    regression_test,
    selection_model,
    trim_and_fill,
)
from trialpool.sensitivity.lines import _log_likelihood

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "metafor_bias.json").read_text("utf-8")
)
SETS = REFERENCE["sets"]
TAU2 = {"FE": "CE"}
CI = {"z": "wald", "knha": "hk"}


def close(mine, theirs, rel, absolute=1e-12):
    if theirs is None:
        return mine is None
    return mine == pytest.approx(theirs, rel=rel, abs=absolute)


def vector(x):
    return x if isinstance(x, list) else [x]


def test_reference_is_complete():
    assert len(SETS) >= 8
    assert sum(len(data["regression"]) for data in SETS.values()) >= 200
    assert sum(len(data["selection"]) for data in SETS.values()) >= 25
    assert REFERENCE["versions"]["metafor"].startswith("3.8")


@pytest.mark.parametrize("name", SETS)
def test_regression_tests(name):
    data = SETS[name]
    elsewhere = []
    for case in data["regression"]:
        additive = case["model"] == "rma"
        mine = regression_test(
            data["yi"],
            data["vi"],
            model="random-effects" if additive else "multiplicative",
            predictor=case["predictor"],
            ni=data["ni"],
            tau2=TAU2.get(case["method"], case["method"]),
            ci=CI[case["test"]],
        )
        if additive and abs(mine.tau2 - case["tau2"]) > 1e-6 * max(mine.tau2, 1e-3):
            elsewhere.append((case, mine))
            continue
        for key in ("statistic", "p_value", "slope", "limit", "limit_lower", "limit_upper"):
            assert close(getattr(mine, key), case[key], 1e-9, 1e-11), (case, key)
        assert close(mine.slope_se, case["slope_se"], 1e-9), case
        assert mine.df == case["df"], case
        assert close(mine.tau2, case["tau2"], 1e-9, 1e-11), case
    # Two maxima of the likelihood: here the higher one, in metafor the one near its start.
    expected = {"egger2001": ["vi", "ninv"], "li2007": ["sei"]}.get(name, [])
    assert [case["predictor"] for case, _ in elsewhere] == expected
    y, v = np.array(data["yi"]), np.array(data["vi"])
    for case, mine in elsewhere:
        assert case["method"] == "ML"
        x = {"sei": np.sqrt(v), "vi": v, "ninv": 1.0 / np.array(data["ni"])}[case["predictor"]]
        mine_ll = _log_likelihood(y, v, x, mine.tau2, False)
        assert mine_ll > _log_likelihood(y, v, x, case["tau2"], False)


@pytest.mark.parametrize("name", SETS)
def test_rank_test(name):
    data = SETS[name]
    mine = rank_test(data["yi"], data["vi"])
    assert mine.tau == pytest.approx(data["rank"]["tau"], rel=1e-12)
    assert mine.p_value == pytest.approx(data["rank"]["p_value"], rel=1e-10)
    ties = len(set(data["vi"])) < len(data["vi"])
    assert mine.exact == (not ties)


@pytest.mark.parametrize("name", SETS)
def test_trim_and_fill(name):
    data = SETS[name]
    for case in data["trim_and_fill"]:
        mine = trim_and_fill(
            data["yi"],
            data["vi"],
            ci="wald",
            estimator=case["estimator"],
            side=case["asked"],
            tau2=TAU2.get(case["method"], case["method"]),
        )
        where = {k: case[k] for k in ("method", "estimator", "asked")}
        assert (mine.side, mine.k0) == (case["side"], case["k0"]), where
        assert mine.p_value == case["p_k0"], where
        # trimfill() refits with the default control, so its REML stops early.
        rel = 5e-4 if case["method"] == "REML" else 1e-9
        filled = vector(case["filled_yi"])
        assert sorted(mine.filled_yi) == pytest.approx(
            filled, rel=rel, abs=1e-5 if rel > 1e-6 else 1e-9
        )
        for key in ("estimate", "se", "ci_lower", "ci_upper", "tau2"):
            assert close(getattr(mine.pooled, key), case[key], rel, 1e-5 if rel > 1e-6 else 1e-9), (
                where
            )
        if case["method"] != "REML":
            assert close(mine.k0_se, case["se_k0"], 1e-12), where


# metafor climbs from one start; from many, these have a higher maximum at tau² = 0.
HIGHER = {
    ("li2007", "less", (0.025,)),
    ("egger2001", "less", (0.025,)),
    ("egger2001", "less", (0.05, 0.5)),
}


@pytest.mark.parametrize("name", SETS)
def test_selection_model(name):
    data = SETS[name]
    for case in data["selection"]:
        steps = vector(case["steps"])
        mine = selection_model(data["yi"], data["vi"], steps=steps, alternative=case["alternative"])
        where = (name, case["alternative"], tuple(steps))
        assert list(mine.counts) == case["counts"], where
        if 0 in case["counts"]:
            # metafor fits on and warns; a weight without a trial is not identified.
            assert mine.estimate is None
            assert "no trial has" in mine.note
            continue
        if where in HIGHER:
            assert mine.log_likelihood > case["log_likelihood"] + 0.5, where
            assert mine.multimodal
            continue
        assert mine.log_likelihood == pytest.approx(case["log_likelihood"], abs=1e-9), where
        scale = max(1e-2, mine.se)
        assert mine.estimate == pytest.approx(case["estimate"], abs=2e-6 * scale), where
        # metafor's standard errors come from numerical derivatives.
        assert mine.se == pytest.approx(case["se"], rel=1e-5), where
        assert mine.tau2 == pytest.approx(case["tau2"], rel=1e-6, abs=1e-8), where
        assert mine.weights[1:] == pytest.approx(case["weights"][1:], rel=1e-5), where
        assert mine.weights_se[1:] == pytest.approx(case["weights_se"][1:], rel=1e-4), where
        assert mine.lrt == pytest.approx(case["lrt"], rel=1e-8, abs=1e-9), where
        assert mine.lrt_df == case["lrt_df"]
        assert mine.lrt_p_value == pytest.approx(case["lrt_p"], rel=1e-7), where
        if mine.tau2 > 0:
            assert mine.tau2_se == pytest.approx(case["tau2_se"], rel=1e-5), where
        else:
            assert mine.tau2_se is None


@pytest.mark.parametrize("name", REFERENCE["counts"])
@pytest.mark.parametrize("test", [harbord, peters])
def test_odds_ratios(name, test):
    data = REFERENCE["counts"][name]
    mine = test(data["ai"], data["n1i"], data["ci"], data["n2i"])
    theirs = data[test.__name__]
    assert mine.slope == pytest.approx(theirs["estimate"], rel=1e-10)
    assert mine.slope_se == pytest.approx(theirs["se"], rel=1e-10)
    assert mine.statistic == pytest.approx(theirs["statistic"], rel=1e-10)
    assert mine.p_value == pytest.approx(theirs["p_value"], rel=1e-9)
    assert mine.df == mine.k - 2


def test_gosh():
    data, theirs = SETS["normand1999"], REFERENCE["gosh"]
    mine = gosh(data["yi"], data["vi"], tau2="DL", ci="wald")
    assert mine.complete
    assert len(mine) == 2 ** len(data["yi"]) - 1
    place = {tuple(row): i for i, row in enumerate(theirs["incl"])}
    order = [place[tuple(row)] for row in mine.member.astype(int).tolist()]
    several = mine.k > 1
    for key in ("estimate", "tau2", "q", "i2"):
        wanted = np.array(theirs[key], dtype=float)[order][several]
        np.testing.assert_allclose(getattr(mine, key)[several], wanted, rtol=1e-9, atol=1e-9)
    for i in (0, 100, 510):
        own = mine.member[i]
        alone = random_effects(np.array(data["yi"])[own], np.array(data["vi"])[own], tau2="DL")
        assert mine.estimate[i] == alone.estimate

"""Pools of contrasts that share an arm, against dense matrices, metafor and closed forms."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trialpool.pooling import random_effects, subgroup_difference
from trialpool.pooling.dependent.gls import gls_pool, gls_subgroup_difference
from trialpool.pooling.univariate.results import NARROWER

REFERENCE = Path(__file__).parents[1] / "reference"
SETS = json.loads((REFERENCE / "metafor_moderators.json").read_text(encoding="utf-8"))["dependents"]
NUMBERS = ("estimate", "se", "ci_lower", "ci_upper", "p_value", "i2", "q", "pi_lower", "pi_upper")


def test_two_contrasts_with_one_arm_by_hand():
    # Variances 0.05 and 0.04 with covariance 0.02: weights (0.02, 0.03)/0.05 of the two.
    got = gls_pool([-0.4, -0.2], [0.05, 0.04], ["a", "a"], [(0, 1, 0.02)], tau2="CE", ci="wald")
    assert got.weights == pytest.approx([0.4, 0.6], rel=1e-12)
    assert got.estimate == pytest.approx(0.4 * -0.4 + 0.6 * -0.2, rel=1e-12)
    # Variance 1/(1'W1) = (0.05·0.04 - 0.02²)/(0.05 + 0.04 - 2·0.02) = 0.032.
    assert got.se == pytest.approx(math.sqrt(0.032), rel=1e-12)
    assert got.q == pytest.approx(0.2**2 / 0.05, rel=1e-12)
    taken_for_two_trials = random_effects([-0.4, -0.2], [0.05, 0.04], tau2="CE", ci="wald")
    assert taken_for_two_trials.se < got.se


@pytest.mark.parametrize(
    ("name", "random"), [("berkey_effect", "effect"), ("berkey_trial", "cluster")]
)
def test_known_covariances_equal_metafor(name, random):
    # rma.mv(yi, V, mods = ~ outcome): the two outcomes are two groups of contrasts of one trial.
    data = SETS[name]
    groups = ["AL" if row == [1] else "PD" for row in data["moderators"]]
    pairs = [(int(i), int(j), c) for i, j, c in data["pairs"]]
    assert set(groups) == {"AL", "PD"}
    test = gls_subgroup_difference(
        data["yi"], data["vi"], data["cluster"], groups, pairs, random=random
    )
    (expected,) = data["sigma2"] if isinstance(data["sigma2"], list) else [data["sigma2"]]
    assert test.tau2 == pytest.approx(expected, rel=2e-5)
    assert (test.df1, test.df2) == (1, len(groups) - 2)
    # Knapp-Hartung divides metafor's Wald chi-square by r'Wr/(k - 2); the residuals are rebuilt.
    s = np.diag(np.array(data["vi"]))
    for i, j, c in pairs:
        s[i, j] = s[j, i] = c
    same = np.array([[a == b for b in data["cluster"]] for a in data["cluster"]], dtype=float)
    w = np.linalg.inv(s + expected * (same if random == "cluster" else np.eye(len(groups))))
    x = np.column_stack([np.ones(len(groups)), [1.0 if g == "AL" else 0.0 for g in groups]])
    r = np.array(data["yi"]) - x @ np.array(data["wald"]["estimate"])
    assert test.value == pytest.approx(
        data["wald"]["qm"] / (r @ w @ r / (len(groups) - 2)), rel=1e-4
    )


def test_two_comparisons_of_one_trial_are_no_two_trials():
    y, v, pairs = [-0.5, -0.3, 0.1], [0.04, 0.05, 0.03], [(0, 1, 0.02)]
    got = gls_pool(y, v, ["a", "a", "b"], pairs)
    assert (got.k, got.df, got.pi_lower) == (3, 1.0, None)
    # The quantile of t with 1 degree of freedom is tan(0.475 π).
    assert got.ci_upper - got.estimate == pytest.approx(got.se * math.tan(0.475 * math.pi))
    alone = gls_pool(y[:2], v[:2], ["a", "a"], pairs, ci="hk")
    assert alone.df is None
    assert alone.ci_upper - alone.estimate == pytest.approx(alone.se * 1.959963984540054)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(-1, 1).map(lambda x: round(x, 3)), min_size=4, max_size=8),
    st.sampled_from(["wald", "hk", "hk-adhoc"]),
    st.sampled_from(["t", "hts", "normal"]),
)
@example([0.0, 0.0, 0.0, 0.0], "hk", "t")
def test_without_pairs_it_is_the_ordinary_pool(y, ci, pi):
    v = [0.05 + 0.03 * i for i in range(len(y))]
    got = gls_pool(y, v, list(range(len(y))), [], random="effect", ci=ci, pi=pi)
    pool = random_effects(y, v, ci=ci, pi=pi)
    assert got.tau2 == pytest.approx(pool.tau2, rel=1e-6, abs=1e-9)
    for name in NUMBERS:
        expected = getattr(pool, name)
        # Equal effects have no Hartung-Knapp p-value: it does not exist here either.
        close = None if expected is None else pytest.approx(expected, rel=1e-5, abs=1e-7)
        assert getattr(got, name) == close, name
    assert got.weights == pytest.approx(pool.weights, rel=1e-5)
    assert set(got.to_dict()) == set(pool.to_dict())


def test_the_f_test_without_pairs_is_the_ordinary_one():
    y, v = [-0.5, -0.1, -0.3, 0.2, 0.1], [0.02, 0.03, 0.01, 0.05, 0.02]
    groups = ["a", "a", "a", "b", "b"]
    got = gls_subgroup_difference(y, v, list(range(5)), groups, [], random="effect")
    expected = subgroup_difference(y, v, groups)
    assert got.value == pytest.approx(expected.value, rel=1e-6)
    assert got.p_value == pytest.approx(expected.p_value, rel=1e-6)
    assert got.residual_q == pytest.approx(expected.residual_q, rel=1e-9)
    assert got.residual_df == expected.residual_df == 3
    assert got.residual_p_value == pytest.approx(expected.residual_p_value, rel=1e-9)
    alone = gls_subgroup_difference(y, v, list(range(5)), list("abcde"), [])
    assert alone.value is None
    assert "every group has one trial" in alone.note
    one = gls_subgroup_difference(y, v, list(range(5)), ["a"] * 5, [])
    assert one.note == "there is only one group"


def test_two_groups_of_one_multiarm_trial_by_hand():
    # One three-arm trial and one two-arm trial per group, tau² 0: the difference of the two
    # contrasts of the three-arm trial has variance va + vb - 2c.
    y, v = [-0.4, -0.1, -0.41, -0.11], [0.05, 0.05, 0.4, 0.4]
    groups, trials, c = ["a", "b", "a", "b"], ["x", "x", "y", "z"], 0.03
    got = gls_subgroup_difference(y, v, trials, groups, [(0, 1, c)])
    assert got.tau2 == 0.0
    s = np.diag(v)
    s[0, 1] = s[1, 0] = c
    x = np.array([[1, 0], [1, 1], [1, 0], [1, 1]], dtype=float)
    w = np.linalg.inv(s)
    a = np.linalg.inv(x.T @ w @ x)
    beta = a @ x.T @ w @ np.array(y)
    r = np.array(y) - x @ beta
    scale = r @ w @ r / 2
    assert got.residual_q == pytest.approx(r @ w @ r, rel=1e-9)
    assert got.value == pytest.approx(beta[1] ** 2 / a[1, 1] / scale, rel=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tau2": "DL"}, "tau2='DL' is not known; allowed: REML, ML, CE"),
        ({"ci": "kr"}, "ci='kr'"),
        ({"pi": "bootstrap"}, "pi='bootstrap'"),
        ({"random": "trial"}, "random='trial'"),
    ],
)
def test_errors_name_what_is_wrong(change, words):
    with pytest.raises(ValueError, match=words):
        gls_pool([0.1, 0.2, 0.3], [0.1] * 3, ["a", "a", "b"], [(0, 1, 0.02)], **change)


def test_without_floor_a_narrow_interval_is_noted():
    """Alike contrasts: as `random_effects`, and not once the contrasts differ."""
    y, v, trial = [-0.30, -0.31, -0.29, -0.30], [0.04, 0.02, 0.03, 0.04], ["a", "a", "b", "c"]
    pairs = [(0, 1, 0.012)]
    assert NARROWER in gls_pool(y, v, trial, pairs, ci="hk").diagnostics.notes
    for ci in ("hk-adhoc", "wald"):
        assert NARROWER not in gls_pool(y, v, trial, pairs, ci=ci).diagnostics.notes
    apart = gls_pool([-1.0, -0.9, 0.8, 0.2], v, trial, pairs, ci="hk")
    assert NARROWER not in apart.diagnostics.notes

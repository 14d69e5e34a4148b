"""Closed forms, properties and refusals of leave-one-out, cumulative, influence and groups."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialpool.pooling import at_tau2, random_effects, subgroup_difference
from trialpool.sensitivity import (
    baujat,
    cumulative,
    influence,
    leave_one_out,
    refits,
    subgroups,
)

METHODS = st.sampled_from(["REML", "ML", "DL", "PM", "CE"])
CIS = st.sampled_from(["wald", "hk", "hk-adhoc"])
TRIALS = st.lists(
    st.tuples(
        st.floats(-3, 3).map(lambda x: round(x, 4)), st.floats(0.005, 2).map(lambda x: round(x, 4))
    ),
    min_size=2,
    max_size=9,
)
POOL_COLUMNS = [
    f.name
    for f in fields(refits.Refits)
    if f.name not in ("trial", "converged", "narrower", "entered")
]


def split(trials):
    return np.array([y for y, _ in trials]), np.array([v for _, v in trials])


def same(mine, pooled):
    """Bit for bit; NaN in an array is None in a single pool."""
    for name in POOL_COLUMNS:
        value = getattr(pooled, name)
        got = getattr(mine[0], name)[mine[1]].item()
        assert math.isnan(got) if value is None else got == value, name


@given(TRIALS, METHODS, CIS, st.sampled_from([1, 20, 2**22]))
@settings(deadline=None)
def test_leave_one_out_is_the_refit(trials, tau2, ci, entries):
    yi, vi = split(trials)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refits, "_MOST_ENTRIES", entries)
        got = leave_one_out(yi, vi, tau2=tau2, ci=ci)
    for i in range(len(trials)):
        rest = np.delete(np.arange(len(trials)), i)
        same((got, i), random_effects(yi[rest], vi[rest], tau2=tau2, ci=ci))


@given(TRIALS, METHODS, CIS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_cumulative_is_the_refit(trials, tau2, ci, random):
    yi, vi = split(trials)
    order = np.array([random.randint(1990, 1995) for _ in trials])
    got = cumulative(yi, vi, order, tau2=tau2, ci=ci)
    years = sorted(set(order.tolist()))
    assert got.entered == tuple(tuple(np.flatnonzero(order == year)) for year in years)
    for i in range(len(years)):
        entered = np.concatenate(got.entered[: i + 1])
        same((got, i), random_effects(yi[entered], vi[entered], tau2=tau2, ci=ci))
        assert got.trial[i] == entered[-1]


@given(TRIALS, st.sampled_from(["DL", "PM", "CE"]), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_permutation(trials, tau2, random):
    """Trials in another order have their own numbers in that order."""
    yi, vi = split(trials)
    order = list(range(len(trials)))
    random.shuffle(order)
    for call, names in (
        (leave_one_out, ["estimate", "se", "tau2", "q"]),
        (influence, ["rstudent", "dffits", "cook_d", "cov_ratio", "hat", "q_deleted"]),
        (baujat, ["x", "y"]),
    ):
        plain, moved = call(yi, vi, tau2=tau2), call(yi[order], vi[order], tau2=tau2)
        for name in names:
            mine = getattr(plain, name)[order]
            np.testing.assert_allclose(getattr(moved, name), mine, rtol=1e-9, atol=1e-9)


@given(TRIALS, st.sampled_from(["REML", "DL", "CE"]), st.integers(-20, 20))
@settings(deadline=None)
def test_scale(trials, tau2, power):
    """Diagnostics have no unit: effects times c and variances times c² change nothing."""
    yi, vi = split(trials)
    c = 2.0**power
    plain, scaled = influence(yi, vi, tau2=tau2), influence(c * yi, c * c * vi, tau2=tau2)
    for name in ("rstudent", "dffits", "cook_d", "cov_ratio", "hat", "dfbetas", "q_deleted"):
        assert getattr(plain, name).tolist() == getattr(scaled, name).tolist()


@given(TRIALS)
@settings(deadline=None)
def test_common_effect_closed_forms(trials):
    """With tau² = 0 a deletion has a closed form in the residual and the hat value.

    mu - mu(-i) = h e/(1 - h), Q - Q(-i) = e²/(v (1 - h)), which is also the
    squared studentized residual; Baujat's x add up to Q.
    """
    yi, vi = split(trials)
    pooled = random_effects(yi, vi, tau2="CE", ci="wald")
    h = np.array(pooled.weights)
    e = yi - pooled.estimate
    got, plot = influence(yi, vi, tau2="CE"), baujat(yi, vi)
    close = {"rtol": 1e-8, "atol": 1e-10}
    np.testing.assert_allclose(got.hat, h, **close)
    np.testing.assert_allclose(got.rstudent, e / np.sqrt(vi * (1 - h)), **close)
    np.testing.assert_allclose(got.q_deleted, pooled.q - e**2 / vi / (1 - h), **close)
    np.testing.assert_allclose(got.cov_ratio, 1 / (1 - h), **close)
    np.testing.assert_allclose(got.dffits, np.sqrt(h / vi) * e / (1 - h), **close)
    np.testing.assert_allclose(got.cook_d, h * e**2 / vi / (1 - h) ** 2, **close)
    np.testing.assert_allclose(plot.x, e**2 / vi, **close)
    assert plot.x.sum() == pytest.approx(pooled.q, rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(plot.y, h * e**2 / vi / (1 - h), **close)


def test_two_trials_by_hand():
    """Effects 0 and 2 with variance 1: mean 1, without one the other; Q = 2, h = 1/2."""
    got = influence([0.0, 2.0], [1.0, 1.0], tau2="CE")
    assert got.rstudent.tolist() == pytest.approx([-math.sqrt(2), math.sqrt(2)])
    assert got.dffits.tolist() == pytest.approx([-math.sqrt(2), math.sqrt(2)])
    assert got.cook_d.tolist() == pytest.approx([2.0, 2.0])
    assert got.cov_ratio.tolist() == pytest.approx([2.0, 2.0])
    assert got.q_deleted.tolist() == [0.0, 0.0]
    assert leave_one_out([0.0, 2.0], [1.0, 1.0]).estimate.tolist() == [2.0, 0.0]


def test_far_from_zero():
    """A constant of 1e8 costs the effects eight digits and the diagnostics no more."""
    rng = np.random.default_rng(3)
    yi, vi = rng.normal(size=8).round(3), rng.uniform(0.1, 1, 8)
    plain, moved = influence(yi, vi), influence(yi + 1e8, vi)
    np.testing.assert_allclose(plain.cook_d, moved.cook_d, rtol=1e-5)


def test_many_trials():
    """More trials than one call holds."""
    rng = np.random.default_rng(5)
    yi, vi = rng.normal(size=2500), rng.uniform(0.1, 1, 2500)
    got = influence(yi, vi, tau2="CE")
    h = got.hat
    e = yi - (h * yi).sum()
    np.testing.assert_allclose(got.rstudent, e / np.sqrt(vi * (1 - h)), rtol=1e-9, atol=1e-12)
    assert got.weight.sum() == pytest.approx(1)


def test_rows_are_plain():
    rows = leave_one_out([0.1, 0.4], [0.1, 0.2]).to_rows()
    assert rows[0]["trial"] == 0
    assert rows[0]["q_p_value"] is None
    assert set(rows[0]) == {f.name for f in fields(refits.Refits)} - {"entered"}
    assert isinstance(influence([0.1, 0.4], [0.1, 0.2]).to_rows()[0]["influential"], bool)
    assert set(baujat([0.1, 0.4], [0.1, 0.2]).to_rows()[0]) == {"trial", "x", "y"}


@pytest.mark.parametrize("call", [leave_one_out, influence, baujat])
def test_refusals(call):
    for yi, vi, words in (
        ([0.1], [0.1], "needs at least 2"),
        ([], [], "yi is empty"),
        ([0.1, 0.2], [0.1], r"yi has shape \(2,\) and vi has shape \(1,\)"),
        ([0.1, math.nan], [0.1, 0.1], r"yi\[1\]=nan"),
        ([0.1, 0.2], [0.1, 0.0], r"vi\[1\]=0.0; allowed: finite numbers above 0"),
        (["0.1", "0.2"], [0.1, 0.1], "allowed: real numbers"),
    ):
        with pytest.raises(ValueError, match=words):
            call(yi, vi)
    with pytest.raises(ValueError, match="tau2='reml' is not known; allowed: REML"):
        call([0.1, 0.2], [0.1, 0.2], tau2="reml")


def test_cumulative_refusals():
    for order, words in (
        ([1], r"order has shape \(1,\)"),
        ([1, math.nan], r"order\[1\]=nan"),
        (["a", "b"], "order has entries of type"),
    ):
        with pytest.raises(ValueError, match=words):
            cumulative([0.1, 0.2], [0.1, 0.2], order)


YI, VI = [0.1, 0.5, -0.2, 0.9, 0.4, 0.3], [0.02, 0.05, 0.04, 0.1, 0.03, 0.2]
GROUPS = ["b", "a", "b", "a", "a", "c"]


@pytest.mark.parametrize("assumption", ["common", "separate"])
def test_groups_are_their_own_pools(assumption):
    got = subgroups(YI, VI, GROUPS, tau2_assumption=assumption, tau2="DL", measure="OR")
    assert got.labels == ("b", "a", "c")
    assert got.members == ((0, 2), (1, 3, 4), (5,))
    yi, vi = np.array(YI), np.array(VI)
    for own, pooled in zip(got.members, got.pools, strict=True):
        i = list(own)
        assert repr(pooled) == repr(random_effects(yi[i], vi[i], tau2="DL", measure="OR"))
    expected = subgroup_difference(
        YI,
        VI,
        GROUPS,
        tau2="DL",
        tau2_assumption=assumption,
        test="hk-f" if assumption == "common" else "q",
    )
    assert got.difference == expected
    if assumption == "separate":
        assert got.pools_common is None
        return
    for own, pooled in zip(got.members, got.pools_common, strict=True):
        i = list(own)
        assert repr(pooled) == repr(at_tau2(yi[i], vi[i], expected.tau2, measure="OR"))


def test_groups_without_a_test():
    got = subgroups(YI, VI, range(6))
    assert got.difference.value is None
    assert got.pools_common is None
    assert [p.k for p in got.pools] == [1] * 6
    assert subgroups(YI, VI, np.zeros(6, dtype=int)).difference.note == "there is only one group"
    with pytest.raises(ValueError, match="length 2"):
        subgroups(YI, VI, ["a", "b"])
    with pytest.raises(ValueError, match="one text"):
        subgroups(YI, VI, "babaac")
    with pytest.raises(ValueError, match="tau2_assumption='both'"):
        subgroups(YI, VI, GROUPS, tau2_assumption="both")

"""Test of differences between groups."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from trialpool.pooling import meta_regression, random_effects, subgroup_difference

TESTS = json.loads(
    (Path(__file__).parents[1] / "reference" / "metafor_generic.json").read_text(encoding="utf-8")
)["tests"]


@pytest.mark.parametrize("method", ["REML", "ML", "DL"])
@pytest.mark.parametrize("name", TESTS)
def test_common_tau2_equals_metafor(name, method):
    data, expected = TESTS[name], TESTS[name]["common"][method]
    f = subgroup_difference(data["yi"], data["vi"], data["group"], tau2=method)
    assert abs(f.tau2 - expected["tau2"]) <= 1e-9 * max(expected["tau2"], 1e-3)
    assert (f.statistic, f.df1, f.df2) == ("F", expected["f_df1"], expected["f_df2"])
    assert f.value == pytest.approx(expected["f"], rel=1e-9)
    assert f.p_value == pytest.approx(expected["f_p_value"], rel=1e-9)
    q = subgroup_difference(data["yi"], data["vi"], data["group"], tau2=method, test="q")
    assert (q.statistic, q.df2) == ("Q", None)
    assert q.value == pytest.approx(expected["q"], rel=1e-9)
    assert q.p_value == pytest.approx(expected["q_p_value"], rel=1e-9)


@pytest.mark.parametrize("name", TESTS)
def test_separate_tau2_equals_metafor(name):
    data, expected = TESTS[name], TESTS[name]["separate"]
    got = subgroup_difference(
        data["yi"], data["vi"], data["group"], tau2_assumption="separate", test="q"
    )
    assert got.tau2 == pytest.approx(expected["tau2"], rel=1e-9, abs=1e-12)
    assert got.value == pytest.approx(expected["q"], rel=1e-9)
    assert got.p_value == pytest.approx(expected["q_p_value"], rel=1e-9)
    assert (got.k, got.groups, got.df1) == (
        len(data["yi"]),
        len(set(data["group"])),
        got.groups - 1,
    )


def test_by_hand():
    """Groups (1, 3) and (4, 8), all variances 1: an analysis of variance.

    Means 2 and 6, squares within 2 + 8 = 10 on 2 degrees of freedom, between
    2·(4 - 2)² + 2·(6 - 4)² = 16 on 1. With equal variances F does not depend on
    tau²: 16/5. Its tail equals that of t = √3.2 on 2 degrees of freedom,
    1 - t/√(2 + t²). REML: tau² = 10/2 - 1 = 4.
    """
    got = subgroup_difference([1, 3, 4, 8], [1, 1, 1, 1], [0, 0, 1, 1])
    assert (got.df1, got.df2, got.k, got.groups, got.note) == (1, 2, 4, 2, "")
    assert got.value == pytest.approx(3.2, rel=1e-13)
    assert got.tau2 == pytest.approx(4, rel=1e-13)
    assert got.p_value == pytest.approx(1 - math.sqrt(3.2 / 5.2), rel=1e-12)
    # The tail of chi-square on 2 degrees of freedom is exp(-x/2).
    assert (got.residual_q, got.residual_df) == (pytest.approx(10, rel=1e-13), 2)
    assert got.residual_p_value == pytest.approx(math.exp(-5), rel=1e-12)


def test_separate_equals_the_pools():
    data = TESTS["bcg_alloc"]
    yi, vi, group = (np.array(data[key]) for key in ("yi", "vi", "group"))
    pools = [
        random_effects(yi[group == g], vi[group == g], ci="wald")
        for g in dict.fromkeys(data["group"])
    ]
    between = random_effects([p.estimate for p in pools], [p.se**2 for p in pools], tau2="CE")
    got = subgroup_difference(yi, vi, group, tau2_assumption="separate", test="q")
    assert got.value == pytest.approx(between.q, rel=1e-12)
    assert got.tau2 == tuple(p.tau2 for p in pools)


@pytest.mark.parametrize("options", [{}, {"tau2_assumption": "separate", "test": "q"}])
@pytest.mark.parametrize("name", TESTS)
def test_residual_heterogeneity_is_that_of_the_groups_together(name, options):
    data = TESTS[name]
    yi, vi, group = (np.array(data[key]) for key in ("yi", "vi", "group"))
    got = subgroup_difference(yi, vi, group, **options)
    within = [
        random_effects(yi[group == g], vi[group == g], ci="wald").q
        for g in dict.fromkeys(data["group"])
        if np.sum(group == g) > 1
    ]
    regression = meta_regression(
        yi, vi, [[float(g == x) for x in sorted(set(data["group"]))[1:]] for g in group]
    )
    assert got.residual_q == pytest.approx(sum(within), rel=1e-10)
    assert got.residual_q == pytest.approx(regression.qe, rel=1e-9)
    assert got.residual_df == regression.qe_df == len(yi) - got.groups
    assert got.residual_p_value == pytest.approx(regression.qe_p_value, rel=1e-8)


def test_label_order_and_shift_do_not_matter():
    data = TESTS["bcg_own"]
    plain = subgroup_difference(data["yi"], data["vi"], data["group"])
    turned = subgroup_difference(
        [y + 5 for y in reversed(data["yi"])], data["vi"][::-1], data["group"][::-1]
    )
    assert turned.value == pytest.approx(plain.value, rel=1e-10)


@pytest.mark.parametrize(
    ("group", "note"),
    [([1, 1, 1], "only one group"), ([1, 2, 3], "no residual degree of freedom")],
)
def test_no_test_has_a_reason(group, note):
    got = subgroup_difference([0.1, 0.5, 0.9], [0.1, 0.1, 0.1], group)
    assert (got.value, got.p_value, got.tau2) == (None, None, None)
    assert (got.residual_q, got.residual_p_value) == (None, None)
    assert note in got.note
    json.dumps(got.to_dict(), allow_nan=False)


def test_no_spread_within_groups():
    got = subgroup_difference([1, 1, 2, 2], [1, 1, 1, 1], list("aabb"))
    assert got.value is None
    assert "no spread within groups" in got.note


@pytest.mark.parametrize(
    ("group", "options", "message"),
    [
        ([1, 2], {}, "group_index has length 2 and yi 3"),
        (["a", None, "b"], {}, r"group_index\[1\]=None"),
        ([1.0, math.nan, 2.0], {}, r"group_index\[1\]=nan"),
        ("aab", {}, "is one text"),
        ([1, 1, 2], {"test": "f"}, "test='f' is not known; allowed: hk-f, q"),
        ([1, 1, 2], {"tau2_assumption": "both"}, "allowed: common, separate"),
        ([1, 1, 2], {"tau2_assumption": "separate"}, "test='hk-f' does not go with"),
        ([1, 1, 2], {"tau2": "X"}, "tau2='X' is not known"),
    ],
)
def test_refuses(group, options, message):
    with pytest.raises(ValueError, match=message):
        subgroup_difference([0.1, 0.5, 0.9], [0.1, 0.1, 0.1], group, **options)

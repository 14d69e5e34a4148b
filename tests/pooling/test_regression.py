"""Meta-regression against metafor, fractions, published numbers and its own symmetries."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from each_case import each_case
from hypothesis import given, settings
from hypothesis import strategies as st

from trialpool.pooling import random_effects, subgroup_difference
from trialpool.pooling.regression.designs import dummies
from trialpool.pooling.regression.meta_regression import meta_regression
from trialpool.pooling.regression.permutation import arrangements

REFERENCE = Path(__file__).parents[1] / "reference"
JSON = json.loads((REFERENCE / "metafor_moderators.json").read_text(encoding="utf-8"))
SETS = JSON["regressions"]
METHODS = ("REML", "ML", "DL", "PM", "EB", "HE", "HS", "HSk", "SJ", "CE")
OUTPUT = ("estimate", "se", "p_value", "ci_lower", "ci_upper")

# metafor solves the normal equations of the moderators as they are (years near
# 1950), which costs it up to nine digits; exact fractions below show whose they are.
CLOSE = {"rel": 2e-8, "abs": 1e-10}


def design(data):
    return np.array(data["moderators"], dtype=float)


@each_case("method", METHODS)
@each_case("name", SETS)
def test_heterogeneity_equals_metafor(name, method):
    data, expected = SETS[name], SETS[name]["methods"][method]
    got = meta_regression(data["yi"], data["vi"], design(data), tau2=method)
    assert got.tau2 == pytest.approx(expected["tau2"], rel=1e-8, abs=1e-11)
    assert got.qe == pytest.approx(expected["qe"], **CLOSE)
    assert got.qe_p_value == pytest.approx(expected["qe_p_value"], rel=1e-7)
    assert got.diagnostics.converged
    if method == "CE":
        assert (got.tau2_se, got.i2, got.r2, got.tau2_null) == (None,) * 4
        return
    assert got.tau2_se == pytest.approx(expected["tau2_se"], **CLOSE)
    assert got.i2 == pytest.approx(expected["i2"], rel=1e-8, abs=1e-7)
    assert got.h2 == pytest.approx(expected["h2"], **CLOSE)
    assert got.tau2_ci_lower == pytest.approx(data["tau2_ci_lower"], **CLOSE)
    assert got.tau2_ci_upper == pytest.approx(data["tau2_ci_upper"], **CLOSE)
    if method != "SJ":
        # Sidik-Jonkman starts from residuals here; the mean's tau² in R² is not metafor's.
        assert got.tau2_null == pytest.approx(expected["tau2_null"], rel=1e-8, abs=1e-11)
        if got.tau2_null == 0.0:
            # metafor says 0 here: there is nothing to explain.
            assert got.r2 is None
        else:
            assert got.r2 == pytest.approx(expected["r2"], rel=1e-7, abs=1e-6)


@each_case("method", METHODS)
@each_case("ci", ["wald", "hk", "hk-adhoc"])
@each_case("name", SETS)
def test_coefficients_and_tests_equal_metafor(name, ci, method):
    data, expected = SETS[name], SETS[name]["methods"][method][ci]
    got = meta_regression(data["yi"], data["vi"], design(data), tau2=method, ci=ci)
    for key in OUTPUT:
        values = [getattr(c, key) for c in got.coefficients]
        # An intercept far outside the years carries the scale of its standard error.
        loss = 2e-9 * max(1.0, *(abs(c.se) for c in got.coefficients))
        assert values == pytest.approx(np.atleast_1d(expected[key]), rel=2e-8, abs=loss), key
    assert got.qm == pytest.approx(expected["qm"], **CLOSE)
    assert got.qm_p_value == pytest.approx(expected["qm_p_value"], rel=1e-7, abs=1e-12)


@each_case("method", METHODS)
@each_case("name", SETS)
def test_predictions_equal_metafor(name, method):
    data, expected = SETS[name], SETS[name]["methods"][method]["prediction"]
    x = design(data)
    fit = meta_regression(data["yi"], data["vi"], x, tau2=method, ci="hk")
    (got,) = fit.predict(x.mean(axis=0))
    for key in ("estimate", "se", "ci_lower", "ci_upper"):
        assert getattr(got, key) == pytest.approx(expected[key], rel=1e-8, abs=1e-9), key
    if method == "CE":
        assert got.pi_lower is None
    else:
        assert got.pi_lower == pytest.approx(expected["pi_lower"], rel=1e-8, abs=1e-9)
        assert got.pi_upper == pytest.approx(expected["pi_upper"], rel=1e-8, abs=1e-9)


def solve_exactly(matrix, right):
    """Solve a linear system in fractions."""
    n = len(matrix)
    rows = [[*matrix[i], right[i]] for i in range(n)]
    for j in range(n):
        pivot = next(i for i in range(j, n) if rows[i][j] != 0)
        rows[j], rows[pivot] = rows[pivot], rows[j]
        rows[j] = [value / rows[j][j] for value in rows[j]]
        for i in range(n):
            if i != j:
                factor = rows[i][j]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[j], strict=True)]
    return [row[n] for row in rows]


@pytest.mark.parametrize("name", ["bcg_all", "hackshaw_year"])
def test_common_effect_and_dersimonian_laird_in_fractions(name):
    data = SETS[name]
    y, v = ([Fraction(value) for value in data[key]] for key in ("yi", "vi"))
    x = [[Fraction(1), *map(Fraction, row)] for row in design(data).tolist()]
    k, p = len(y), len(x[0])
    w = [1 / value for value in v]

    def cross(power):
        return [
            [sum(w[i] ** power * x[i][a] * x[i][b] for i in range(k)) for b in range(p)]
            for a in range(p)
        ]

    gram = cross(1)
    beta = solve_exactly(gram, [sum(w[i] * x[i][a] * y[i] for i in range(k)) for a in range(p)])
    r = [y[i] - sum(x[i][a] * beta[a] for a in range(p)) for i in range(k)]
    qe = sum(w[i] * r[i] ** 2 for i in range(k))
    columns = [solve_exactly(gram, [row[b] for row in cross(2)]) for b in range(p)]
    trace = sum(w) - sum(columns[b][b] for b in range(p))
    tau2 = (qe - (k - p)) / trace
    got = meta_regression(data["yi"], data["vi"], design(data), tau2="CE")
    assert got.qe == pytest.approx(float(qe), rel=1e-12)
    expected = [float(value) for value in beta]
    assert [c.estimate for c in got.coefficients] == pytest.approx(expected, rel=1e-11)
    got = meta_regression(data["yi"], data["vi"], design(data), tau2="DL")
    assert got.tau2 == pytest.approx(float(tau2), rel=1e-12)


def test_published_numbers():
    # Viechtbauer 2010, J Stat Softw 36(3), the BCG trials of Berkey et al. 1995 on absolute
    # latitude and year of publication, REML.
    data = SETS["bcg_all"]
    x = design(data)[:, :2]
    got = meta_regression(data["yi"], data["vi"], x, names=["ablat", "year"], ci="wald")
    assert got.tau2 == pytest.approx(0.1108, abs=5e-5)
    assert got.tau2_se == pytest.approx(0.0845, abs=5e-5)
    assert got.r2 == pytest.approx(64.63, abs=5e-3)
    assert got.i2 == pytest.approx(71.98, abs=5e-3)
    # Printed from an iteration that stops at 1e-5.
    assert got.qm == pytest.approx(12.2043, abs=3e-4)
    assert got.qe == pytest.approx(28.3251, abs=5e-5)
    latitude = got.coefficients[1]
    assert latitude.estimate == pytest.approx(-0.0280, abs=5e-5)
    assert (latitude.ci_lower, latitude.ci_upper) == pytest.approx((-0.0481, -0.0080), abs=5e-5)
    # Raudenbush 2009 (Handbook of Research Synthesis), weeks capped at 3: intercept 0.407,
    # slope -0.157, tau² 0.0 (REML).
    data = SETS["raudenbush_capped"]
    got = meta_regression(data["yi"], data["vi"], design(data), ci="wald")
    assert [c.estimate for c in got.coefficients] == pytest.approx([0.407, -0.157], abs=5e-4)
    assert [c.se for c in got.coefficients] == pytest.approx([0.087, 0.036], abs=5e-4)
    assert got.tau2 == 0.0
    assert got.diagnostics.at_boundary


@pytest.mark.parametrize("method", [*METHODS, "DL2"])
def test_a_mean_alone_is_the_pool_and_dummies_are_the_subgroup_test(method):
    data = SETS["bcg_all"]
    y, v = data["yi"], data["vi"]
    mean, pool = meta_regression(y, v, None, tau2=method), random_effects(y, v, tau2=method)
    assert mean.qm is None
    assert mean.tau2 == pytest.approx(pool.tau2, rel=1e-11, abs=1e-14)
    assert mean.coefficients[0].estimate == pytest.approx(pool.estimate, rel=1e-12)
    assert mean.coefficients[0].se == pytest.approx(pool.se, rel=1e-12)
    if pool.tau2_se is not None:
        assert mean.tau2_se == pytest.approx(pool.tau2_se, rel=1e-10)
    groups = ["random" if a else "other" for a in design(data)[:, 2]]
    coding = dummies("allocation", groups, reference="other")
    assert coding.names == ("allocation: random",)
    got = meta_regression(y, v, coding.columns, names=coding.names, tau2=method, ci="hk")
    expected = subgroup_difference(y, v, groups, tau2=method)
    assert got.tau2 == pytest.approx(expected.tau2, rel=1e-10, abs=1e-13)
    assert got.qm == pytest.approx(expected.value, rel=1e-10)
    assert got.qm_p_value == pytest.approx(expected.p_value, rel=1e-10)


numbers = st.floats(-3, 3, allow_nan=False).map(lambda x: round(x, 3))


@st.composite
def regressions(draw, least=5, most=12):
    k = draw(st.integers(least, most))
    y = draw(st.lists(numbers, min_size=k, max_size=k))
    v = draw(st.lists(st.floats(0.01, 2.0), min_size=k, max_size=k))
    x = draw(st.lists(numbers, min_size=k, max_size=k).filter(lambda c: np.ptp(c) > 0.5))
    return np.array(y), np.array(v), np.array(x)


@settings(max_examples=30, deadline=None)
@given(regressions(), st.sampled_from(METHODS), st.sampled_from(["wald", "hk", "hk-adhoc"]))
def test_equivariance(data, method, ci):
    y, v, x = data
    base = meta_regression(y, v, x, tau2=method, ci=ci)
    order = np.random.default_rng(1).permutation(y.size)
    moved = meta_regression(y[order] + 1.7, v[order], x[order], tau2=method, ci=ci)
    scaled = meta_regression(3.0 * y, 9.0 * v, 10.0 * x + 1950.0, tau2=method, ci=ci)
    size = 1e-8 * (1.0 + base.tau2)
    assert moved.tau2 == pytest.approx(base.tau2, abs=size)
    assert scaled.tau2 == pytest.approx(9.0 * base.tau2, abs=9 * size)
    a, b = (c.estimate for c in base.coefficients)
    assert moved.coefficients[0].estimate == pytest.approx(a + 1.7, abs=1e-6)
    assert moved.coefficients[1].estimate == pytest.approx(b, abs=1e-6)
    assert scaled.coefficients[1].estimate == pytest.approx(0.3 * b, abs=1e-6)
    assert scaled.coefficients[0].estimate == pytest.approx(3.0 * a - 1950 * 0.3 * b, abs=1e-3)
    if base.qm is not None and base.qm < 1e6:
        assert scaled.qm == pytest.approx(base.qm, rel=1e-5, abs=1e-8)
        assert scaled.qm_p_value == pytest.approx(base.qm_p_value, rel=1e-5, abs=1e-8)


@settings(max_examples=20, deadline=None)
@given(regressions(least=6))
def test_another_basis_of_the_same_moderators_changes_nothing(data):
    y, v, x = data
    square = x * x
    if np.linalg.cond(np.column_stack([np.ones_like(x), x, square])) > 1e4:
        return
    base = meta_regression(y, v, np.column_stack([x, square]), ci="wald")
    other = np.column_stack([x + 2.0 * square, square - x + 1.0])
    mixed = meta_regression(y, v, other, ci="wald")
    assert mixed.tau2 == pytest.approx(base.tau2, rel=1e-6, abs=1e-8)
    assert mixed.qm == pytest.approx(base.qm, rel=1e-5, abs=1e-7)
    at = base.predict([[0.3, 0.09]])[0]
    there = mixed.predict([[0.3 + 0.18, 0.09 - 0.3 + 1.0]])[0]
    assert there.estimate == pytest.approx(at.estimate, abs=1e-6)
    assert there.se == pytest.approx(at.se, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(regressions(), st.booleans())
def test_no_tau2_has_a_higher_likelihood(data, restricted):
    y, v, x = data
    got = meta_regression(y, v, x, tau2="REML" if restricted else "ML")
    full = np.column_stack([np.ones_like(x), x])

    def height(tau2):
        w = 1.0 / (v + tau2)
        gram = full.T @ (w[:, None] * full)
        r = y - full @ np.linalg.solve(gram, full.T @ (w * y))
        twice = np.log(w).sum() - (w * r * r).sum()
        return 0.5 * (twice - np.linalg.slogdet(gram)[1] if restricted else twice)

    best = height(got.tau2)
    assert all(height(t) <= best + 1e-9 for t in [0.0, *np.geomspace(1e-4, 100.0, 100)])


@pytest.mark.parametrize("name", JSON["permutations"])
def test_exact_permutation_tests_equal_metafor(name):
    data = JSON["permutations"][name]
    got = meta_regression(
        data["yi"],
        data["vi"],
        np.array(data["moderators"]),
        tau2=data["tau2_method"],
        ci=data["ci"],
        permutations=10_000,
    )
    assert got.permutation.exact
    assert got.permutation.permutations == data["permutations"]
    assert got.permutation.qm_p_value == pytest.approx(data["qm_p_value"], abs=1e-12)
    found = [c.permutation_p_value for c in got.coefficients]
    # metafor also shuffles the moderators to test the intercept, which they say nothing about.
    assert found[0] is None
    assert found[1:] == pytest.approx(data["p_values"][1:], abs=1e-12)


def test_permutations_by_brute_force_and_at_random():
    data = JSON["permutations"]["bcg_seven"]
    y, v = np.array(data["yi"])[:5], np.array(data["vi"])[:5]
    x = np.array([1.0, 2.0, 2.0, 4.0, 1.0])
    got = meta_regression(y, v, x, tau2="DL", ci="wald", permutations=10_000)
    every = [
        meta_regression(y, v, x[list(o)], tau2="DL", ci="wald") for o in permutations(range(5))
    ]
    target = got.coefficients[1].statistic
    share = sum(abs(r.coefficients[1].statistic) >= abs(target) - 1e-9 for r in every) / len(every)
    assert got.permutation.permutations == 30
    assert got.coefficients[1].permutation_p_value == pytest.approx(share, abs=1e-12)
    whole = SETS["bcg_ablat"]
    drawn = [
        meta_regression(whole["yi"], whole["vi"], design(whole), permutations=4_000, seed=seed)
        for seed in (1, 1, 2)
    ]
    first, again, other = (r.coefficients[1].permutation_p_value for r in drawn)
    assert first == again
    assert not drawn[0].permutation.exact
    assert abs(first - other) < 5 * math.sqrt(2 * first / 4_000)
    assert (first * 4_001) == pytest.approx(round(first * 4_001), abs=1e-6)


def test_permutation_p_values_are_uniform_where_nothing_is_true():
    rng = np.random.default_rng(5)
    x = np.arange(6.0)
    found = []
    for _ in range(100):
        v = rng.uniform(0.02, 0.3, 6)
        y = rng.normal(0.0, np.sqrt(0.1 + v))
        got = meta_regression(y, v, x, tau2="DL", permutations=800)
        found.append(got.coefficients[1].permutation_p_value)
    # Of 100 sets 10 are expected at or below 0.1; more than 99.9 % of the time within these limits.
    assert 2 <= sum(p <= 0.1 for p in found) <= 22


def test_a_set_does_not_see_its_batch():
    data = SETS["bcg_ablat"]
    found = []
    for size in (3, 1_000):
        batches = arrangements(np.column_stack([np.ones(6), np.arange(6.0)]), 1_000, 1)
        found.append(np.concatenate(list(batches.batches(size))))
    assert (found[0] == found[1]).all()
    assert len({tuple(row) for row in found[0].tolist()}) == 720
    y, v = np.array(data["yi"]), np.array(data["vi"])
    from trialpool.pooling.regression.batch_sums import RegressionSets
    from trialpool.pooling.regression.designs import check_design
    from trialpool.pooling.regression.tau2 import maximum_likelihood

    orders = np.random.default_rng(3).permuted(np.tile(np.arange(13), (500, 1)), axis=1)
    basis = check_design(design(data), 13).basis
    together = maximum_likelihood(
        RegressionSets(y[orders.T], v[orders.T], basis), restricted=True
    ).tau2
    for i in (0, 17, 499):
        sets = RegressionSets(y[orders[i]][:, None], v[orders[i]][:, None], basis)
        assert maximum_likelihood(sets, restricted=True).tau2[0] == together[i]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"moderators": [2000.0] * 6}, "'x1' is the same in every trial"),
        ({"moderators": [[1, 2], [2, 4], [3, 6], [4, 8], [5, 10], [6, 12]]}, "'x2' is determined"),
        ({"moderators": [1, 2, 3]}, "moderators has 3 rows and yi 6"),
        ({"moderators": [1, 2, 3, math.nan, 5, 6]}, r"moderators\[3, 0\] \(x1\)=nan"),
        ({"moderators": np.eye(6)[:, :5]}, "no residual degree of freedom"),
        ({"tau2": "reml"}, "tau2='reml' is not known"),
        ({"ci": "kr"}, "ci='kr' is not known"),
        ({"names": ["a", "b"]}, "names has length 2"),
        ({"permutations": 0}, "permutations=0"),
        ({"vi": [1e-9, 1, 1, 1, 1, 1e4]}, "1e12 times"),
    ],
)
def test_errors_name_what_is_wrong(change, words):
    given = {
        "yi": [0.1, 0.3, -0.2, 0.4, 0.2, 0.0],
        "vi": [0.1] * 6,
        "moderators": [1, 2, 3, 5, 8, 9],
    }
    arguments = {**given, **change}
    with pytest.raises(ValueError, match=words):
        meta_regression(**arguments)


def test_dummies():
    coding = dummies("line", ["2", "1", "1", "3"])
    assert (coding.reference, coding.names) == ("1", ("line: 2", "line: 3"))
    assert coding.columns.tolist() == [[1, 0], [0, 0], [0, 0], [0, 1]]
    with pytest.raises(ValueError, match="'x' is no level of 'line'"):
        dummies("line", ["1", "2"], reference="x")
    with pytest.raises(ValueError, match="'1' in every trial"):
        dummies("line", ["1", "1"])


def test_equal_effects_have_no_hartung_knapp_test():
    got = meta_regression([0.5] * 5, [0.1, 0.2, 0.1, 0.3, 0.2], [1, 2, 3, 4, 6], ci="hk")
    assert got.coefficients[1].se == pytest.approx(0.0, abs=1e-12)
    assert got.tau2 == 0.0
    floor = meta_regression([0.5] * 5, [0.1, 0.2, 0.1, 0.3, 0.2], [1, 2, 3, 4, 6])
    assert floor.coefficients[1].se > 0.01

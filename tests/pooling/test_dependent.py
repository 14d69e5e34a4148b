"""Multilevel models, robust errors and known covariances against metafor and clubSandwich."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialpool.pooling import random_effects
from trialpool.pooling.dependent.multilevel import dependent_effects
from trialpool.pooling.regression.meta_regression import meta_regression

REFERENCE = Path(__file__).parents[1] / "reference"
SETS = json.loads((REFERENCE / "metafor_moderators.json").read_text(encoding="utf-8"))["dependents"]
# metafor 5.1 and clubSandwich 0.6.0, coef_test(vcov = "CR2"); inputs in the CSV files beside.
CLUBSANDWICH = json.loads((REFERENCE / "clubsandwich.json").read_text(encoding="utf-8"))
OUTPUT = ("estimate", "se", "p_value", "ci_lower", "ci_upper")


def arguments(data):
    return {
        "yi": data["yi"],
        "vi": data["vi"],
        "cluster": data["cluster"],
        "moderators": np.array(data["moderators"], dtype=float) if data["moderators"] else None,
        "pairs": [(int(i), int(j), c) for i, j, c in data["pairs"]],
        "components": data["components"],
    }


def components_of(data):
    """Variances that metafor found; it writes 0 for a model without any."""
    return data["sigma2"] if data["components"] else []


def table(name):
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}


@pytest.mark.parametrize("name", SETS)
def test_variance_components_equal_metafor(name):
    data = SETS[name]
    got = dependent_effects(**arguments(data), ci="wald")
    assert got.converged
    # Its optimiser stops near the top: the likelihood here is never lower.
    assert got.log_likelihood >= data["log_likelihood"] - 1e-9
    assert got.log_likelihood == pytest.approx(data["log_likelihood"], abs=1e-8)
    found = [component.variance for component in got.components]
    assert found == pytest.approx(components_of(data), rel=2e-5, abs=1e-7)


@pytest.mark.parametrize("ci", ["wald", "t"])
@pytest.mark.parametrize("name", SETS)
def test_what_follows_from_the_components_equals_metafor(name, ci):
    data = SETS[name]
    got = dependent_effects(**arguments(data), given=components_of(data), ci=ci)
    assert got.log_likelihood == pytest.approx(data["log_likelihood_there"], abs=1e-9)
    assert got.q == pytest.approx(data["q"], rel=1e-8)
    expected = data[ci]
    for key in OUTPUT:
        values = [getattr(c, key) for c in got.coefficients]
        loss = 1e-9 * max(1.0, *(c.se for c in got.coefficients))
        assert values == pytest.approx(np.atleast_1d(expected[key]), rel=1e-8, abs=loss), key
    if data["moderators"]:
        assert got.qm == pytest.approx(expected["qm"], rel=1e-7)
        assert got.qm_p_value == pytest.approx(expected["qm_p_value"], rel=1e-7)


@pytest.mark.parametrize("name", SETS)
def test_the_sandwich_equals_metafor(name):
    data = SETS[name]
    got = dependent_effects(**arguments(data), given=components_of(data), robust="CR1")
    g = data["clusters"]
    expected = [se * math.sqrt(g / (g - 1)) for se in np.atleast_1d(data["se_cr0"])]
    assert [c.se for c in got.coefficients] == pytest.approx(expected, rel=1e-7)


def test_cr2_equals_clubsandwich():
    data, expected = table("konstantopoulos2011"), CLUBSANDWICH["konstantopoulos_CR2"]
    got = dependent_effects(
        [float(x) for x in data["yi"]],
        [float(x) for x in data["vi"]],
        data["district"],
        robust="CR2",
        given=expected["sigma2"],
    ).coefficients[0]
    for value, key in (
        (got.estimate, "estimate"),
        (got.se, "se"),
        (got.df, "df"),
        (got.p_value, "p"),
    ):
        assert value == pytest.approx(expected[key], rel=1e-11), key
    assert got.statistic == pytest.approx(expected["t"], rel=1e-11)
    data, expected = table("tannersmith2016"), CLUBSANDWICH["tannersmith_CR2"]
    coefficients = dependent_effects(
        [float(x) for x in data["yi"]],
        [float(x) for x in data["vi"]],
        data["studyid"],
        [float(x) for x in data["aget1"]],
        components=["cluster"],
        robust="CR2",
        given=[expected["sigma2"]],
    ).coefficients
    for key, name in (("estimate", "estimate"), ("se", "se"), ("df", "df"), ("p_value", "p")):
        assert [getattr(c, key) for c in coefficients] == pytest.approx(expected[name], rel=1e-9)


def test_published_konstantopoulos():
    # Konstantopoulos 2011, Research Synthesis Methods 2:61, table 6: three-level REML mean 0.185
    # (SE 0.085), variances 0.065 between and 0.033 within districts.
    data = table("konstantopoulos2011")
    y, v = ([float(x) for x in data[key]] for key in ("yi", "vi"))
    got = dependent_effects(y, v, data["district"], ci="wald", profile=True)
    assert got.coefficients[0].estimate == pytest.approx(0.185, abs=5e-4)
    assert got.coefficients[0].se == pytest.approx(0.085, abs=5e-4)
    between, within = got.components
    assert (between.variance, within.variance) == pytest.approx((0.065, 0.033), abs=5e-4)
    assert (between.levels, within.levels) == (11, 56)
    assert got.i2 == pytest.approx(95.19, abs=5e-3)
    # Profile likelihood limits that the metafor documentation prints for this model.
    assert (between.ci_lower, between.ci_upper) == pytest.approx((0.0222, 0.2072), abs=5e-5)
    assert (within.ci_lower, within.ci_upper) == pytest.approx((0.0163, 0.0628), abs=5e-5)


def dense(y, v, pairs, clusters, x, components, variances):
    """Likelihood, coefficients and their variances by dense matrices, written out."""
    k = len(y)
    same = np.array([[a == b for b in clusters] for a in clusters], dtype=float)
    s = np.diag(np.array(v, dtype=float))
    for i, j, c in pairs:
        s[i, j] = s[j, i] = c
    shapes = {"cluster": same, "effect": np.eye(k), "shared-arm": 0.5 * same + 0.5 * np.eye(k)}
    for name, value in zip(components, variances, strict=True):
        s = s + value * shapes[name]
    w = np.linalg.inv(s)
    gram = x.T @ w @ x
    a = np.linalg.inv(gram)
    beta = a @ x.T @ w @ np.array(y)
    r = np.array(y) - x @ beta
    twice = np.linalg.slogdet(s)[1] + np.linalg.slogdet(gram)[1] + r @ w @ r
    constant = (k - x.shape[1]) * math.log(2 * math.pi) - np.linalg.slogdet(x.T @ x)[1]
    return -0.5 * (twice + constant), beta, a, s, w, r


def drawn(seed, sizes=(1, 2, 3, 3, 4, 1, 2)):
    rng = np.random.default_rng(seed)
    clusters = [i for i, size in enumerate(sizes) for _ in range(size)]
    k = len(clusters)
    v = rng.uniform(0.05, 0.4, k)
    effects = rng.normal(0, 0.5, len(sizes))[clusters]
    y = rng.normal(0.3 + effects, np.sqrt(v + 0.1))
    pairs = [
        (i, j, 0.4 * math.sqrt(v[i] * v[j]))
        for i in range(k)
        for j in range(i + 1, k)
        if clusters[i] == clusters[j]
    ]
    return y, v, clusters, pairs, rng.normal(size=k)


@pytest.mark.parametrize("components", [["cluster", "effect"], ["effect"], ["shared-arm"], []])
@pytest.mark.parametrize("seed", range(4))
def test_blocks_are_the_dense_model(components, seed):
    y, v, clusters, pairs, x = drawn(seed)
    got = dependent_effects(y, v, clusters, x, pairs=pairs, components=components, ci="wald")
    full = np.column_stack([np.ones_like(x), x])
    found = [c.variance for c in got.components]
    best, beta, a, *_ = dense(y, v, pairs, clusters, full, components, found)
    assert got.log_likelihood == pytest.approx(best, abs=1e-9)
    assert [c.estimate for c in got.coefficients] == pytest.approx(beta, abs=1e-10)
    assert got.covariance == pytest.approx(a, abs=1e-10)
    for factor in (0.5, 0.9, 0.999, 1.001, 1.1, 2.0):
        for place in range(len(components)):
            other = list(found)
            other[place] = other[place] * factor + 1e-6
            height = dense(y, v, pairs, clusters, full, components, other)[0]
            assert height <= best + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_cr2_and_its_degrees_of_freedom_by_dense_matrices(seed):
    y, v, clusters, pairs, x = drawn(seed)
    variances = [0.1, 0.05]
    got = dependent_effects(
        y,
        v,
        clusters,
        x,
        pairs=pairs,
        robust="CR2",
        given=variances,
        components=["cluster", "effect"],
    )
    full = np.column_stack([np.ones_like(x), x])
    _, _, a, s, w, _ = dense(y, v, pairs, clusters, full, ["cluster", "effect"], variances)
    rest = np.eye(len(y)) - full @ a @ full.T @ w
    labels = np.array(clusters)
    columns = []
    for label in sorted(set(clusters)):
        own = np.flatnonzero(labels == label)
        block = s[np.ix_(own, own)]
        upper = np.linalg.cholesky(block).T
        inside = upper @ (rest @ s @ rest.T)[np.ix_(own, own)] @ upper.T
        values, vectors = np.linalg.eigh(inside)
        half = (
            vectors @ np.diag([1 / math.sqrt(u) if u > 1e-9 else 0.0 for u in values]) @ vectors.T
        )
        adjust = upper.T @ half @ upper
        columns.append(rest[own].T @ adjust.T @ np.linalg.inv(block) @ full[own] @ a)
    for j in range(2):
        p = np.column_stack([c[:, j] for c in columns])
        m = p.T @ s @ p
        assert got.coefficients[j].df == pytest.approx(np.trace(m) ** 2 / np.trace(m @ m), rel=1e-8)
        # Unbiased under the working model, and the sandwich of the residuals themselves.
        assert np.trace(m) == pytest.approx(a[j, j], rel=1e-8)
        assert got.coefficients[j].se ** 2 == pytest.approx(((p.T @ y) ** 2).sum(), rel=1e-8)


numbers = st.floats(-2, 2).map(lambda x: round(x, 3))


@st.composite
def clustered(draw):
    k = draw(st.integers(6, 10))
    y = draw(st.lists(numbers, min_size=k, max_size=k).filter(lambda c: np.ptp(c) > 0.2))
    v = draw(st.lists(st.floats(0.02, 1.0), min_size=k, max_size=k))
    cluster = draw(st.lists(st.integers(0, 3), min_size=k, max_size=k))
    return np.array(y), np.array(v), cluster


@settings(max_examples=12, deadline=None)
@given(clustered(), st.sampled_from([["effect"], ["cluster"], ["shared-arm"]]))
def test_equivariance(data, components):
    y, v, cluster = data
    base = dependent_effects(y, v, cluster, components=components, ci="wald")
    order = np.random.default_rng(2).permutation(y.size)
    moved = dependent_effects(
        y[order] - 4.0, v[order], [cluster[i] for i in order], components=components, ci="wald"
    )
    scaled = dependent_effects(5.0 * y, 25.0 * v, cluster, components=components, ci="wald")
    size = 1e-6 * (1.0 + base.components[0].variance)
    assert moved.components[0].variance == pytest.approx(base.components[0].variance, abs=size)
    assert scaled.components[0].variance == pytest.approx(
        25 * base.components[0].variance, abs=25 * size
    )
    assert moved.coefficients[0].estimate == pytest.approx(
        base.coefficients[0].estimate - 4.0, abs=1e-6
    )
    assert scaled.coefficients[0].se == pytest.approx(5 * base.coefficients[0].se, rel=1e-5)
    assert scaled.log_likelihood == pytest.approx(
        base.log_likelihood - (y.size - 1) * math.log(5.0), abs=1e-8
    )


@settings(max_examples=12, deadline=None)
@given(clustered())
def test_without_dependence_it_is_the_ordinary_model(data):
    y, v, _ = data
    alone = list(range(y.size))
    for ci in ("wald", "hk", "hk-adhoc"):
        got = dependent_effects(y, v, alone, components=["effect"], ci=ci)
        pool = random_effects(y, v, ci=ci)
        assert got.components[0].variance == pytest.approx(pool.tau2, rel=1e-6, abs=1e-9)
        assert got.coefficients[0].se == pytest.approx(pool.se, rel=1e-5, abs=1e-9)
    x = np.arange(float(y.size))
    got = dependent_effects(y, v, alone, x, components=["effect"], ci="wald")
    other = meta_regression(y, v, x, ci="wald")
    assert got.qm == pytest.approx(other.qm, rel=1e-4, abs=1e-7)


def test_a_boundary_is_reported():
    y, v = [0.1, 0.2, 0.15, 0.12, 0.18, 0.11], [0.1, 0.2, 0.1, 0.3, 0.2, 0.1]
    got = dependent_effects(y, v, ["a", "a", "b", "b", "c", "c"], profile=True)
    assert [c.variance for c in got.components] == [0.0, 0.0]
    assert all(c.at_boundary and c.ci_lower == 0.0 for c in got.components)
    assert got.coefficients[0].df == 2.0


GOOD = {"yi": [0.1, 0.2, 0.3, 0.5], "vi": [0.1] * 4, "cluster": ["a", "a", "b", "b"]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cluster": ["a", "a"]}, "cluster has length 2 and yi 4"),
        ({"cluster": ["a", None, "b", "b"]}, r"cluster\[1\]=None"),
        ({"cluster": ["a", "b", "c", "d"]}, "every cluster has one effect"),
        ({"cluster": ["a"] * 4}, "one cluster only"),
        ({"components": ["district"]}, "components='district' is not known"),
        ({"robust": "CR3"}, "robust='CR3' is not known"),
        ({"pairs": [(0, 2, 0.01)]}, "different clusters"),
        ({"pairs": [(0, 1, 0.1)]}, "a correlation between -1 and 1"),
        ({"pairs": [(0, 1, 0.01), (1, 0, 0.01)]}, "given twice"),
        ({"pairs": [(0, 0, 0.01)]}, "two different effects"),
        ({"given": [0.1]}, "2 variances"),
    ],
)
def test_errors_name_what_is_wrong(change, words):
    with pytest.raises(ValueError, match=words):
        dependent_effects(**{**GOOD, **change})


def test_a_covariance_matrix_that_cannot_be_is_refused():
    pairs = [(0, 1, 0.09), (0, 2, 0.09), (1, 2, -0.09)]
    with pytest.raises(ValueError, match="not positive definite"):
        dependent_effects(
            [0.1, 0.2, 0.3, 0.5],
            [0.1] * 4,
            ["a", "a", "a", "b"],
            pairs=pairs,
            components=["effect"],
        )

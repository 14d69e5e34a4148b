"""Variances against the delta method, worked out from the covariance of the counts alone.

Gradients are numeric and cells multinomial or two binomials, so that nothing of the formulas
is used: what follows from the definition of a measure needs no paper.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

import trialpool as tp

TABLES = ([17, 23, 9, 31], [40, 12, 25, 28], [6, 50, 14, 44])
ARMS = ("events_experimental", "n_experimental", "events_control", "n_control")
PAIRS = ("both", "only_first", "only_second", "neither")


def gradient(function, cells):
    cells = np.asarray(cells, dtype=float)
    steps = np.eye(cells.size) * 1e-4 * cells
    return np.array([(function(cells + h) - function(cells - h)) / (2 * h.sum()) for h in steps])


def multinomial(cells):
    cells = np.asarray(cells, dtype=float)
    return np.diag(cells) - np.outer(cells, cells) / cells.sum()


def two_binomials(cells):
    whole = np.zeros((4, 4))
    whole[:2, :2], whole[2:, 2:] = multinomial(cells[:2]), multinomial(cells[2:])
    return whole


def phi(x):
    a, b, c, d = x
    return (a * d - b * c) / np.sqrt((a + b) * (c + d) * (a + c) * (b + d))


def tetrachoric(x):
    """The correlation at which the normal quadrant holds a / N, by bisection."""
    a, b, c, _ = np.asarray(x) / np.sum(x)
    corner = norm.ppf([a + b, a + c])
    low, high = -0.99, 0.99
    for _ in range(45):
        rho = (low + high) / 2
        held = multivariate_normal.cdf(corner, cov=[[1, rho], [rho, 1]], abseps=1e-12)
        low, high = (rho, high) if held < a else (low, rho)
    return (low + high) / 2


def logit(p):
    return np.log(p / (1 - p))


def of_arms(x):
    a, b, c, d = x
    return a / (a + b), c / (c + d)


def of_margins(x):
    a, b, c, d = x
    return (a + b) / (a + b + c + d), (a + c) / (a + b + c + d)


def odds(x):
    return x[0] * x[3] / (x[1] * x[2])


@pytest.mark.parametrize("cells", TABLES)
@pytest.mark.parametrize(
    ("measure", "options", "function", "covariance"),
    [
        ("OR", {}, lambda x: np.log(odds(x)), two_binomials),
        ("RR", {}, lambda x: np.log(np.divide(*of_arms(x))), two_binomials),
        ("RD", {}, lambda x: np.subtract(*of_arms(x)), two_binomials),
        ("PBIT", {}, lambda x: np.subtract(*norm.ppf(of_arms(x))), two_binomials),
        ("YUQ", {}, lambda x: (odds(x) - 1) / (odds(x) + 1), multinomial),
        ("YUY", {}, lambda x: (odds(x) ** 0.5 - 1) / (odds(x) ** 0.5 + 1), multinomial),
        ("PHI", {"vtype": "ST"}, phi, two_binomials),
        ("PHI", {"vtype": "CS"}, phi, multinomial),
        ("ZPHI", {"vtype": "CS"}, lambda x: np.arctanh(phi(x)), multinomial),
        ("RTET", {}, tetrachoric, multinomial),
    ],
)
def test_two_by_two(measure, options, function, covariance, cells):
    a, b, c, d = cells
    columns = dict(zip(ARMS, ([a], [a + b], [c], [c + d]), strict=True))
    found = tp.effect_sizes(measure=measure, **columns, **options)
    slope = gradient(function, cells)
    near = 1e-4 if measure == "RTET" else 1e-6
    assert found.yi[0] == pytest.approx(function(np.array(cells, dtype=float)), abs=near)
    assert found.vi[0] == pytest.approx(slope @ covariance(cells) @ slope, rel=near)


@pytest.mark.parametrize("cells", TABLES)
@pytest.mark.parametrize(
    ("measure", "function"),
    [
        ("MPRD", lambda x: np.subtract(*of_margins(x))),
        ("MPRR", lambda x: np.log(np.divide(*of_margins(x)))),
        ("MPOR", lambda x: np.subtract(*(logit(p) for p in of_margins(x)))),
        ("MPORC", lambda x: np.log(x[1] / x[2])),
    ],
)
def test_pairs(measure, function, cells):
    columns = {name: [cell] for name, cell in zip(PAIRS, cells, strict=True)}
    found = tp.effect_sizes(measure=measure, **columns)
    slope = gradient(function, cells)
    assert found.yi[0] == pytest.approx(function(np.array(cells, dtype=float)), abs=1e-12)
    assert found.vi[0] == pytest.approx(slope @ multinomial(cells) @ slope, rel=1e-6)


def test_genotypes_and_what_is_left_out_of_them():
    found = tp.effect_sizes(
        measure="REH",
        homozygous_dominant=[40, 0, 12, 3],
        heterozygous=[55, 8, 0, 9],
        homozygous_recessive=[12, 5, 7, 0],
    )
    cells = [40, 55, 12]
    slope = gradient(lambda x: np.log(x[1] / (2 * np.sqrt(x[0] * x[2]))), cells)
    assert found.vi == pytest.approx([slope @ multinomial(cells) @ slope], rel=1e-6)
    # metafor 3.8-1 gives NA where a genotype is empty: it adds nothing.
    assert found.rows == (0,)
    assert [x.row for x in found.excluded] == [1, 2, 3]


# metafor 3.8-1, escalc(…, ai=c(0,0,3,5,7), bi=c(10,2,0,4,0), ci=c(4,6,2,0,0), di=c(9,8,7,6,5)).
ZEROS = ([0, 0, 3, 5, 7], [10, 2, 0, 4, 0], [4, 6, 2, 0, 0], [9, 8, 7, 6, 5])
WITH_ZEROS = {
    ("PETO", None): (
        [-1.65584415584416, -1.05974025974026, 2.36979166666667, 1.97229437229437,
         3.23871527777778],
        [0.974025974025974, 1.58961038961039, 1.32708333333333, 1.00086580086580,
         1.10590277777778],
    ),
    ("MPRR", None): (
        [0.788457360364270, -0.847297860387204, -0.405465108108164, 0.510825623765991, 0.0],
        [0.272727272727273, 0.428571428571429, 0.125, 0.0833333333333333, 0.015625],
    ),
    ("MPORC", None): (
        [0.847297860387203, -0.955511445027436, -1.609437912434101, 2.197224577336220, 0.0],
        [0.317460317460317, 0.553846153846154, 2.4, 2.22222222222222, 4.0],
    ),
    ("MPPETO", None): (
        [0.8, -0.888888888888889, -1.333333333333333, 1.6, 0.0],
        [0.266666666666667, 0.444444444444444, 1.333333333333333, 0.8, 4.0],
    ),
    ("PHI", "ST"): (
        [-0.402421818292767, -0.292770021884560, 0.683130051063973, 0.577350269189626],
        [0.0102681140228663, 0.00522448979591837, 0.0213333333333333, 0.0166666666666667],
    ),
    ("PHI", "CS"): (
        [-0.402421818292767, -0.292770021884560, 0.683130051063973, 0.577350269189626],
        [0.0118752970873150, 0.0130612244897959, 0.0296296296296297, 0.0203703703703704],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("measure", "vtype"), WITH_ZEROS)
def test_empty_cells_are_filled_as_in_metafor(measure, vtype):
    a, b, c, d = (np.array(column) for column in ZEROS)
    if measure.startswith("MP"):
        columns = dict(zip(PAIRS, (a, b, c, d), strict=True))
    else:
        columns = dict(zip(ARMS, (a, a + b, c, c + d), strict=True))
    found = tp.effect_sizes(measure=measure, vtype=vtype, **columns)
    yi, vi = WITH_ZEROS[measure, vtype]
    # A phi of 1 has no variance; metafor gives 0.
    assert found.rows == tuple(range(len(yi)))
    assert found.yi == pytest.approx(yi, abs=1e-13)
    assert found.vi == pytest.approx(vi, rel=1e-13)

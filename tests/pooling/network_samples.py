"""Networks for the tests: public data sets, and random ones with trials of several arms."""

from __future__ import annotations

import csv
import math
from itertools import combinations
from pathlib import Path

import numpy as np

from trialpool.pooling.network import NetworkResult, network
from trialpool.pooling.network.inconsistency import ONE_PATH, EvidenceSplit, split_test
from trialpool.pooling.network.model import basic_matrix, build, estimate_tau2, fit

REFERENCE = Path(__file__).parents[1] / "reference"


def table(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"network_{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def contrasts(name: str) -> dict[str, list]:
    rows = table(name)
    found: dict[str, list] = {c: [row[c] for row in rows] for c in ("study", "treat1", "treat2")}
    return found | {c: [float(row[c]) for row in rows] for c in ("yi", "sei")}


def arms(name: str) -> dict[str, list]:
    rows = table(name)
    found: dict[str, list] = {c: [row[c] for row in rows] for c in ("study", "treatment")}
    return found | {c: [int(row[c]) for row in rows] for c in ("events", "n")}


def analysed(name: str, **options) -> NetworkResult:
    """A public data set: contrasts, or arms with the odds ratio; Wald intervals as in netmeta."""
    options = {"ci": "wald"} | options
    if "yi" in table(name)[0]:
        return network(**contrasts(name), **options)
    return network(**arms(name), measure="OR", **options)


def random_rows(seed: int, n: int = 6, trials: int = 9) -> dict[str, list]:
    """Contrasts of a connected network in which trials have two to four arms."""
    rng = np.random.default_rng(seed)
    names = [f"T{i}" for i in range(n)]
    truth = rng.normal(0.0, 0.4, n)
    rows: dict[str, list] = {c: [] for c in ("study", "treat1", "treat2", "yi", "vi")}
    for trial in range(trials):
        m = int(rng.integers(2, 5))
        # A chain through all treatments keeps the network in one piece.
        first = trial % (n - 1)
        own = [first, first + 1]
        others = [i for i in range(n) if i not in own]
        own += rng.choice(others, m - 2, replace=False).tolist()
        v = rng.uniform(0.01, 0.3, m)
        y = truth[own] + rng.normal(0.0, np.sqrt(v + 0.05))
        for i, j in combinations(range(m), 2):
            rows["study"].append(f"S{trial}")
            rows["treat1"].append(names[own[i]])
            rows["treat2"].append(names[own[j]])
            rows["yi"].append(float(y[i] - y[j]))
            rows["vi"].append(float(v[i] + v[j]))
    return rows


def matrix(result, names, model, what):
    """Estimates or errors of a league table, of shape (names, names)."""
    league = result.league(model)
    return np.array([[getattr(league[a][b], what) for b in names] for a in names])


def plain_split(studies, a, b, columns, network, method) -> EvidenceSplit:
    """Give the trials that compare two treatments an effect of their own, by a model of its own.

    The model of consistency with one more coefficient: in trials that hold both treatments
    the effect of `a` is higher by half of it and that of `b` lower by half of it, so that no
    arm of a trial with several arms is preferred (Dias et al. 2010; Tu 2016, Epidemiology
    27:838). It is the difference between direct and indirect evidence. tau² is estimated
    anew.

    """
    p = len(columns)
    blocks = []
    for study in studies:
        x = np.zeros((len(study.treatments) - 1, p + 1))
        x[:, :p] = basic_matrix(study.treatments, columns, p)
        if {a, b} <= set(study.treatments):
            shift = np.array([0.5 * (t == a) - 0.5 * (t == b) for t in study.treatments])
            x[:, p] = shift[1:] - shift[0]
        blocks.append((study.contrasts, study.contrast_covariance, x))
    k = sum({a, b} <= set(study.treatments) for study in studies)
    stacked = np.concatenate([block[2] for block in blocks])
    if np.linalg.matrix_rank(stacked) < p + 1:
        return EvidenceSplit(a, b, k, None, *network, None, None, None, None, None, None, None,
                             None, None,
                             ONE_PATH)  # fmt: skip
    model = build(blocks)
    tau2 = estimate_tau2(model, method).value
    found = fit(model, tau2)
    to_network = np.zeros(p + 1)
    for name, sign in ((a, 1.0), (b, -1.0)):
        if name in columns:
            to_network[columns[name]] = sign
    to_direct = to_network.copy()
    to_direct[p] = 1.0

    def of(vector):
        variance = float(vector @ found.covariance @ vector)
        return float(vector @ found.coefficients), math.sqrt(variance)

    direct, indirect = of(to_direct), of(to_network)
    test = split_test(float(found.coefficients[p]), float(found.covariance[p, p]))
    return EvidenceSplit(a, b, k, None, *network, *direct, *indirect, *test, tau2)

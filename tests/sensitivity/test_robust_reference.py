"""Pools, selection models, influence and clusters against metafor 5.0 and clubSandwich 0.6.

The files have more methods than trialpool: Henmi and Copas, location-scale models, t and mixture
distributions of effects, other weight functions, Copas, limit meta-analysis, tests of excess
significance and fail-safe numbers, CR0 and CR3. Permutations are random there.
"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import trialpool as tp

FOLDER = Path(__file__).parents[1] / "reference" / "robust"
SETS = ("own10", "bcg_or")
CLUSTERED = ("own_ml", "konstantopoulos")


def read(kind: str, name: str):
    record = json.loads((FOLDER / f"{kind}_{name}.json").read_text(encoding="utf-8"))
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    y, se, x = (np.array([float(row[column]) for row in rows]) for column in ("y", "se", "x"))
    return record, y, se, x, [row["study"] for row in rows]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("tau2", ["REML", "DL"])
def test_pools(name, tau2):
    record, y, se, _, _ = read("robust", name)
    pool, expected = tp.random_effects(y, se**2, tau2=tau2, ci="wald"), record[f"rma_{tau2}"]
    assert [pool.tau2, pool.q] == pytest.approx([expected["tau2"], expected["QE"]], rel=1e-10)
    for attribute, key in (
        ("estimate", "coef"), ("se", "se"), ("p_value", "p"),
        ("ci_lower", "ci_lb"), ("ci_upper", "ci_ub"),
    ):  # fmt: skip
        assert getattr(pool, attribute) == pytest.approx(expected[key][0], rel=1e-10)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("steps", [(0.025,), (0.025, 0.5), (0.05,)])
def test_step_function_selection(name, steps):
    record, y, se, _, _ = read("robust", name)
    expected = record["selmodel"]["_".join(["stepfun", *map(str, steps)])]
    alternative = record["selmodel_alternative"]
    found = tp.selection_model(y, se**2, steps=steps, alternative=alternative)
    assert found.log_likelihood == pytest.approx(expected["logLik"], abs=1e-10)
    assert found.lrt == pytest.approx(expected["LRT"], abs=1e-10)
    # The likelihood is flat at its maximum: the optimiser of the reference stops within 1e-6.
    mine = [found.estimate, found.se, found.tau2, found.tau2_se, *found.weights]
    theirs = [expected["coef"][0], expected["se"][0], expected["tau2"], expected["se_tau2"]]
    assert mine == pytest.approx([*theirs, *expected["delta"]], rel=2e-6)


@pytest.mark.parametrize("name", SETS)
def test_influence_and_small_study_tests(name):
    record, y, se, _, _ = read("robust", name)
    found, expected = tp.influence(y, se**2), record["influence"]
    names = {
        "rstudent": "rstudent", "dffits": "dffits", "cook_d": "cook.d", "cov_ratio": "cov.r",
        "tau2_deleted": "tau2.del", "q_deleted": "QE.del", "hat": "hat",
    }  # fmt: skip
    for attribute, key in names.items():
        assert getattr(found, attribute) == pytest.approx(expected[key], rel=1e-10, abs=1e-11)
    assert 100 * found.weight == pytest.approx(expected["weight"], rel=1e-10)
    assert found.influential.tolist() == expected["is_infl"]
    tests = record["tests"]
    line, own = tp.regression_test(y, se**2), tests["egger_rma_sei"]
    assert [line.statistic, line.limit, line.limit_lower, line.limit_upper] == pytest.approx(
        [own["z"], own["limit"], *own["ci"]], rel=1e-10
    )
    egger, own = tp.egger(y, se**2), tests["egger_lm_sei"]
    assert [egger.statistic, egger.limit, egger.p_value] == pytest.approx(
        [own["t"], own["limit"], own["p"]], rel=1e-10
    )
    rank = tp.rank_test(y, se**2)
    assert [rank.tau, rank.p_value] == pytest.approx(
        [tests["rank"]["tau"]["tau"], tests["rank"]["p"]], rel=1e-10
    )


@pytest.mark.parametrize("name", CLUSTERED)
@pytest.mark.parametrize("known", ["independent", "rho_0.6"])
@pytest.mark.parametrize("moderators", ["intercept", "x"])
def test_multilevel_and_robust(name, known, moderators):
    record, y, se, x, study = read("multilevel", name)
    expected = record[f"{known}_{moderators}"]
    places = [(j, i) for i in range(len(y)) for j in range(i) if study[i] == study[j]]
    pairs = [] if known == "independent" else [(i, j, 0.6 * se[i] * se[j]) for i, j in places]
    arguments = (y, se**2, study, x if moderators == "x" else None)
    fit, model = tp.dependent_effects(*arguments, pairs=pairs, ci="wald"), expected["model"]
    assert fit.log_likelihood == pytest.approx(model["logLik"], abs=1e-9)
    assert [c.estimate for c in fit.coefficients] == pytest.approx(model["coef"], abs=1e-8)
    assert [c.se for c in fit.coefficients] == pytest.approx(model["se"], abs=1e-8)
    sigma2 = model["sigma2_between_study_within_study"]
    assert [part.variance for part in fit.components] == pytest.approx(sigma2, abs=1e-8)
    assert [part.i2 for part in fit.components] == pytest.approx(expected["I2"], abs=1e-5)
    for kind in ("CR1", "CR2"):
        found = tp.dependent_effects(*arguments, pairs=pairs, robust=kind).coefficients
        assert [c.se for c in found] == pytest.approx(expected[kind]["se"], rel=1e-7)
    # The reference tests CR1 with clusters less one; here both have Satterthwaite's degrees.
    assert [c.df for c in found] == pytest.approx(expected["CR2"]["df"], rel=1e-6)
    assert [c.p_value for c in found] == pytest.approx(expected["CR2"]["p"], abs=1e-8)

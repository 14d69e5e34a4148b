"""A small run of the simulation of few trials against what is known about its intervals."""

import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from trialpool import bayesian_random_effects

FILE = Path(__file__).resolve().parents[2] / "simulations" / "small_k.py"


@pytest.fixture(scope="module")
def small_k():
    spec = importlib.util.spec_from_file_location("simulated_small_k", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def cells(small_k, errors, k, tau, methods, replicates=2000):
    found = small_k.simulate(np.array(errors), replicates, [k], [tau], methods, seed=11)
    return {cell.method: cell for cell in found}


def test_batched_posterior_is_the_one_of_the_package(small_k):
    rng = np.random.default_rng(3)
    for k in (2, 3, 5, 20):
        y, v = small_k.draw(rng, 6, k, 0.4, np.array([0.05, 0.1, 0.3, 0.6]))
        lower, upper = small_k.bayes_limits(y, v)
        for i in range(6):
            pooled = bayesian_random_effects(y[i], v[i], scale=small_k.PRIOR_SCALE)
            assert lower[i] == pytest.approx(pooled.ci_lower, abs=1e-6)
            assert upper[i] == pytest.approx(pooled.ci_upper, abs=1e-6)


def test_wald_covers_too_little_with_three_trials_that_differ(small_k):
    found = cells(small_k, [0.1, 0.15, 0.2], 3, 1.0, ["common-effect", "wald", "hk"])
    assert found["common-effect"].covered < 0.35
    assert found["wald"].covered + 4 * found["wald"].covered_se < 0.9
    assert found["hk"].covered > found["wald"].covered


@pytest.mark.parametrize("k", [2, 3, 5])
def test_hartung_knapp_is_exact_with_equal_variances(small_k, k):
    """Then the mean and its standard error are those of k normal numbers: Student's t."""
    for tau in (0.0, 0.5):
        cell = cells(small_k, [0.15], k, tau, ["hk"], 4000)["hk"]
        assert cell.covered == pytest.approx(0.95, abs=4 * cell.covered_se)


def test_the_floor_never_covers_less(small_k):
    found = cells(small_k, [0.1, 0.4], 3, 0.1, ["hk", "hk-adhoc"])
    assert found["hk-adhoc"].covered >= found["hk"].covered
    assert found["hk-adhoc"].median_width >= found["hk"].median_width


def test_the_common_effect_is_exact_where_trials_do_not_differ(small_k):
    cell = cells(small_k, [0.1, 0.4], 3, 0.0, ["common-effect"], 4000)["common-effect"]
    assert cell.covered == pytest.approx(0.95, abs=4 * cell.covered_se)


@pytest.mark.parametrize("k", [2, 4])
def test_credible_intervals_are_calibrated_where_the_prior_is_true(small_k, k):
    cell = cells(small_k, [0.1, 0.15, 0.3], k, math.nan, ["bayes"], 3000)["bayes"]
    assert cell.covered == pytest.approx(0.95, abs=4 * cell.covered_se)


def test_kenward_roger_often_has_no_interval_with_two_trials(small_k):
    cell = cells(small_k, [0.1, 0.2], 2, 0.0, ["kr"], 500)["kr"]
    assert cell.without > 0.3
    row = small_k.row(cell)
    assert float(row["no_interval"]) == pytest.approx(cell.without, abs=1e-4)


def test_seeded(small_k):
    first, again = (cells(small_k, [0.1, 0.2], 3, 0.2, ["hk", "bayes"], 300) for _ in range(2))
    assert first == again


def test_shipped_numbers_are_complete_and_agree_with_a_small_run(small_k):
    import csv

    file = FILE.parents[1] / "docs/small-k.csv"
    rows = list(csv.DictReader(file.open(encoding="utf-8", newline="")))
    assert len(rows) == len(small_k.SIZES) * len(small_k.TAUS) * len(small_k.METHODS)
    page = (FILE.parents[1] / "docs/small-k.md").read_text(encoding="utf-8").splitlines()
    assert set(small_k.markdown_rows(rows)) <= set(page)
    shipped = {(r["k"], r["tau"], r["method"]): r for r in rows}
    errors = small_k.standard_errors()
    assert errors.size > 100
    for cell in small_k.simulate(errors, 1500, [3], [0.2], ["hk-adhoc", "bayes"], seed=5):
        row = shipped["3", "0.2", cell.method]
        se = math.hypot(cell.covered_se, float(row["coverage_mcse"]))
        assert float(row["coverage"]) == pytest.approx(cell.covered, abs=4 * se + 1e-4)
        se = math.hypot(cell.median_width_se, float(row["median_width_mcse"]))
        assert float(row["median_width"]) == pytest.approx(cell.median_width, abs=5 * se)

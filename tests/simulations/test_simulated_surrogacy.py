"""The simulation of the association between trials: what is shipped, and a part of it again."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from trialpool.pooling.bivariate.model import bivariate

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "simulations"))

import surrogacy as simulation  # noqa: E402


@pytest.fixture(scope="module")
def shipped():
    with (ROOT / "docs" / "explanation" / "surrogacy.csv").open(encoding="utf-8") as file:
        return {(int(row["trials"]), float(row["r2"])): row for row in csv.DictReader(file)}


def test_with_forty_trials_r2_is_hardly_biased_and_its_interval_holds_the_truth(shipped):
    assert set(shipped) == {(n, r2) for n in simulation.TRIALS for r2 in simulation.R2}
    for (trials, _), row in shipped.items():
        assert int(row["sets"]) == simulation.SETS
        if trials == 40:
            assert abs(float(row["bias"])) <= 0.05
        # 400 sets: 0.95 minus three standard errors.
        assert float(row["coverage"]) >= 0.917


def test_the_first_sets_again(shipped):
    found = [
        bivariate(y1, v1, y2, v2, correlation=simulation.WITHIN).rho ** 2
        for y1, v1, y2, v2 in simulation.draws(40, 0.6, 150)
    ]
    mean = float(shipped[40, 0.6]["mean_r2"])
    assert np.mean(found) == pytest.approx(mean, abs=4 * np.std(found) / np.sqrt(len(found)))

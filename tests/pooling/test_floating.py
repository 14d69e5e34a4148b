"""The worked example of the floating-subgroup method, against one regression in metafor."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from trialpool.effects.counts import effect_from_counts
from trialpool.pooling.dependent.floating_subgroups import floating_subgroups, within_trial_levels
from trialpool.pooling.dependent.interactions import naive_difference

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
METAFOR = json.loads((REFERENCE / "floating.json").read_text(encoding="utf-8"))
LEVELS = ("no", "yes")


def tocilizumab() -> tuple[list[float], list[float], list[str], list[str]]:
    """Log odds ratios by trial and level, where both arms have patients and one has a death."""
    yi, vi, trial, level = [], [], [], []
    with (REFERENCE / "tocilizumab2021.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            experimental, control = (
                (int(row[f"events_{arm}"]), int(row[f"n_{arm}"]))
                for arm in ("experimental", "control")
            )
            if not experimental[1] or not control[1] or not experimental[0] + control[0]:
                continue
            effect = effect_from_counts(*experimental, *control, "OR")
            yi.append(effect.yi)
            vi.append(effect.sei**2)
            trial.append(row["trial"])
            level.append(row["corticosteroids"])
    return yi, vi, trial, level


def test_effects_of_the_worked_example_are_those_of_metafor():
    yi, vi, trial, level = tocilizumab()
    assert (trial, level) == (METAFOR["trial"], METAFOR["level"])
    np.testing.assert_allclose(yi, METAFOR["yi"], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(vi, METAFOR["vi"], rtol=1e-12)


@pytest.mark.parametrize(("tau2", "name"), [("CE", "within_common"), ("REML", "within_reml")])
def test_floating_effects_of_the_worked_example_against_one_regression(tau2, name):
    rows = tocilizumab()
    within = within_trial_levels(*rows, LEVELS, tau2=tau2, ci="wald")
    assert within.trials == 12
    assert within.tau2 == pytest.approx(METAFOR[name]["tau2"], abs=1e-9)
    assert within.estimates[1] == pytest.approx(METAFOR[name]["estimate"], rel=1e-8)
    assert math.sqrt(within.covariance[1, 1]) == pytest.approx(METAFOR[name]["se"], rel=1e-8)
    # The variance between trials is zero too, so both models are the regression of the script.
    floating = floating_subgroups(*rows, within, tau2=tau2, ci="wald")
    assert floating.tau2 == pytest.approx(0.0, abs=1e-9)
    assert floating.k == 15
    for effect, level, k in zip(floating.effects, LEVELS, (13, 14), strict=True):
        theirs = METAFOR[f"floating_{level}"]
        assert effect.k == k
        assert effect.estimate == pytest.approx(theirs["estimate"], rel=1e-8)
        assert effect.se == pytest.approx(theirs["se"], rel=1e-8)


def test_levels_pooled_each_for_itself_show_less_than_trials_say():
    # Three trials have one level only and the rest unequal shares.
    found = naive_difference(
        *tocilizumab(), ("yes", "no"), METAFOR["within_common"]["estimate"], tau2="CE", ci="wald"
    )
    for pool, level in ((found.first, "yes"), (found.second, "no")):
        theirs = METAFOR[f"naive_{level}"]
        assert pool.estimate == pytest.approx(theirs["estimate"], rel=1e-8)
        assert pool.se == pytest.approx(theirs["se"], rel=1e-8)
    assert round(math.exp(found.apparent), 2) == 0.72
    assert round(math.exp(found.within), 2) == 0.69
    assert found.share is None

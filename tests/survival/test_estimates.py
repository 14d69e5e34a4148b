"""Kaplan-Meier, restricted means, Cox and proportional hazards against R's survival."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from lifelines import CoxPHFitter
from lifelines.exceptions import ConvergenceError
from public_data import load

from trialpool.survival.hazards import compare_hazards, interval_hazard_ratios
from trialpool.survival.kaplan_meier import (
    TimeEstimate,
    difference,
    kaplan_meier,
    restricted_mean,
    survival_at,
)

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "survival.json").read_text(encoding="utf-8")
)["sets"]
DATA = load()


def test_the_reference_is_complete():
    assert sorted(REFERENCE) == sorted(DATA)


@pytest.mark.parametrize("name", sorted(DATA))
def test_curves_restricted_means_and_landmarks(name):
    time, event, arm = DATA[name]
    expected = REFERENCE[name]
    horizon = expected["horizon"]
    for side, own in (("control", ~arm), ("experimental", arm)):
        curve = kaplan_meier(time[own], event[own])
        mean, landmark = restricted_mean(curve, horizon), survival_at(curve, horizon)
        assert curve.n == expected[side]["n"]
        assert curve.events.sum() == expected[side]["events"]
        median = expected[side]["median"]
        assert curve.median == (None if median is None else pytest.approx(median, rel=1e-12))
        assert mean.estimate == pytest.approx(expected[side]["rmst"], rel=1e-12)
        assert mean.se == pytest.approx(expected[side]["rmst_se"], rel=1e-10)
        assert landmark.estimate == pytest.approx(expected[side]["survival"], rel=1e-12)
        assert landmark.se == pytest.approx(expected[side]["survival_se"], rel=1e-10)


@pytest.mark.parametrize("name", sorted(DATA))
def test_cox_and_proportional_hazards(name):
    time, event, arm = DATA[name]
    found = compare_hazards(time, event, arm)
    assert found.log_hr == pytest.approx(REFERENCE[name]["log_hr"], rel=1e-9)
    assert found.se == pytest.approx(REFERENCE[name]["se"], rel=1e-9)
    assert found.ph_statistic == pytest.approx(REFERENCE[name]["ph_statistic"], rel=1e-8)
    assert found.ph_p_value == pytest.approx(REFERENCE[name]["ph_p_value"], rel=1e-8)


def test_restricted_mean_by_hand():
    # S = 1 to 1, 3/4 to 2, 3/8 after it (one of two at risk dies at 2): areas 1, 3/4, 3/8 · 2.
    curve = kaplan_meier([1.0, 1.5, 2.0, 4.0], [1, 0, 1, 0])
    mean = restricted_mean(curve, 4.0)
    assert mean.estimate == pytest.approx(1 + 0.75 + 0.75)
    variance = 1.5**2 / (4 * 3) + 0.75**2 / (2 * 1)
    assert mean.se == pytest.approx(math.sqrt(variance))
    assert curve.number_at_risk([0.0, 1.0, 1.2, 4.0, 5.0]).tolist() == [4, 4, 3, 1, 0]
    assert curve.at([0.0, 0.99, 1.0, 2.0, 9.0]).tolist() == [1.0, 1.0, 0.75, 0.375, 0.375]


def test_intervals_without_censoring_between_add_up():
    # Exponential arms: with the cut at infinity, one interval is the whole.
    time, event, arm = DATA["gbsg2"]
    whole = interval_hazard_ratios(time, event, arm, [])
    assert len(whole) == 1
    assert whole[0].log_hr == pytest.approx(compare_hazards(time, event, arm).log_hr, rel=1e-9)
    parts = interval_hazard_ratios(time, event, arm, [500.0, 1000.0])
    assert sum(p.events_experimental + p.events_control for p in parts) == event.sum()
    # Information adds up over disjoint risk sets, and the whole is their weighted mean.
    weights = np.array([1 / p.se**2 for p in parts if p.se])
    mean = np.average([p.log_hr for p in parts if p.log_hr is not None], weights=weights)
    assert mean == pytest.approx(whole[0].log_hr, abs=0.01)
    assert 1 / math.sqrt(weights.sum()) == pytest.approx(whole[0].se, rel=0.01)


def test_difference_of_independent_arms():
    found = difference(TimeEstimate(10.0, 3.0, 12.0), TimeEstimate(8.0, 4.0, 12.0))
    assert (found.estimate, found.se, found.horizon) == (2.0, 5.0, 12.0)
    with pytest.raises(ValueError, match="horizons 12 and 24 differ"):
        difference(TimeEstimate(1.0, 1.0, 12.0), TimeEstimate(1.0, 1.0, 24.0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kaplan_meier([], []), "time has shape"),
        (lambda: kaplan_meier([1.0, -1.0], [1, 0]), r"time\[1\]=-1.0"),
        (lambda: kaplan_meier([1.0, math.nan], [1, 0]), r"time\[1\]=nan"),
        (lambda: kaplan_meier([1.0, 2.0], [1, 2]), r"event\[1\]=2"),
        (lambda: kaplan_meier([1.0, 2.0], [1]), "must be equal"),
        (lambda: restricted_mean(kaplan_meier([1.0, 2.0], [1, 0]), 3.0), "horizon=3.0"),
        (lambda: survival_at(kaplan_meier([1.0, 2.0], [1, 0]), 0.0), "horizon=0.0"),
        (lambda: compare_hazards([1.0, 2.0], [1, 0], [1, 0]), "the control arm has no event"),
        (lambda: compare_hazards([1.0, 2.0], [1, 1], [1, 1]), "one arm only"),
        (lambda: interval_hazard_ratios([1.0, 2.0], [1, 1], [1, 0], [5, 5]), "ascending"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_where_lifelines_runs_away_the_maximum_is_found_all_the_same(monkeypatch):
    time, event, arm = DATA["gbsg2"]

    def runs_away(*_):
        raise ConvergenceError("nan")

    monkeypatch.setattr(CoxPHFitter, "fit", runs_away)
    found, expected = compare_hazards(time, event, arm), REFERENCE["gbsg2"]
    assert found.log_hr == pytest.approx(expected["log_hr"], rel=1e-8)
    assert found.se == pytest.approx(expected["se"], rel=1e-8)

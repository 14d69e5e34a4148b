"""Reconstruction: exact where nothing is lost, close where a figure is read, errors named."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from public_data import load

from trialpool.survival.clean import clean_points
from trialpool.survival.kaplan_meier import kaplan_meier
from trialpool.survival.reconstruct import reconstruct
from trialpool.survival.round_trip import KNOWN, round_trip, tick_step

DATA = load()


def exact_points(curve):
    return np.concatenate([[0.0], curve.time]), np.concatenate([[1.0], curve.survival])


def test_without_censoring_the_curve_gives_back_every_event():
    rng = np.random.default_rng(5)
    time = np.sort(rng.exponential(10.0, 60))
    curve = kaplan_meier(time, np.ones(60, dtype=int))
    found = reconstruct(*exact_points(curve), 60)
    assert found.events == 60
    np.testing.assert_allclose(found.time, time, rtol=1e-12)
    assert found.curve_error_max < 1e-12


def test_numbers_at_risk_and_events_are_met_exactly():
    time, event, arm = DATA["gbsg2"]
    curve = kaplan_meier(time[arm], event[arm])
    ticks = np.arange(300.0, curve.time[-1], 300.0)
    table = list(zip(ticks.tolist(), curve.number_at_risk(ticks).tolist(), strict=True))
    events = int(event[arm].sum())
    found = reconstruct(*exact_points(curve), curve.n, at_risk=table, events=events)
    assert found.at_risk_error == 0
    assert found.events == events
    assert found.time.size == curve.n
    # 94 events of 246: a step is 0.004, and censoring inside an interval is not known.
    assert found.curve_error_rms < 2 * 0.004


def test_a_flat_tail_invents_no_deaths():
    # Ten of twenty die by 10; the curve is then flat to 50 while patients leave.
    time = np.array([0.0, *range(1, 11), 20.0, 30.0, 40.0, 50.0])
    survival = np.array([1.0, *(1 - 0.05 * i for i in range(1, 11)), 0.5, 0.5, 0.5, 0.5])
    found = reconstruct(time, survival, 20, at_risk=[(15.0, 10), (30.0, 5), (45.0, 1)])
    assert found.time[found.event].max() == 10.0
    assert found.events == 10


@pytest.mark.parametrize("known", KNOWN)
def test_reading_eight_public_curves(known):
    """Median errors; the aims are for curves with numbers at risk and events."""
    trips = [
        round_trip(*data, known=known, seed=17 + i)
        for i, data in enumerate(DATA[name] for name in sorted(DATA))
    ]
    # Without numbers at risk there are no aims; these bounds say what "stated" means.
    in_se, hr, rmst = {
        "at-risk-and-events": (0.1, 0.03, 0.01),
        "at-risk": (0.15, 0.03, 0.01),
        "events": (0.3, 0.08, 0.01),
        "curve": (0.5, 0.15, 0.01),
    }[known]
    assert np.median([abs(x.log_hr_error_in_se) for x in trips]) <= in_se
    assert np.median([x.hr_error for x in trips]) <= hr
    assert np.median([x.rmst_error for x in trips]) <= rmst
    if known == "at-risk-and-events":
        assert max(x.median_error or 0.0 for x in trips) <= 1.0


@given(
    st.integers(10, 200),
    st.floats(0.05, 3.0),
    st.integers(0, 2**32 - 1),
    st.sampled_from(KNOWN),
)
@settings(max_examples=60, deadline=None)
def test_any_trial_gives_whole_patients_and_meets_what_is_printed(n, censoring, seed, known):
    rng = np.random.default_rng(seed)
    death, lost = rng.exponential(1.0, n), rng.exponential(1.0 / censoring, n)
    time, event = np.minimum(death, lost), death <= lost
    if not event.any():
        return
    curve = kaplan_meier(time, event)
    points = exact_points(curve)
    step = tick_step(curve.last)
    ticks = np.arange(step, points[0][-1], step)
    table = list(zip(ticks.tolist(), curve.number_at_risk(ticks).tolist(), strict=True))
    found = reconstruct(
        *points,
        n,
        at_risk=table if known.startswith("at-risk") else (),
        events=int(event.sum()) if known.endswith("events") else None,
    )
    assert found.time.size == found.event.size == n
    assert (np.diff(found.time) >= 0).all()
    assert found.time[0] >= 0.0
    assert found.time[-1] <= points[0][-1]
    assert found.at_risk_error == 0 or not known.startswith("at-risk")
    if known.endswith("events"):
        assert found.events == event.sum() or found.notes
    assert set(found.time[found.event]) <= set(curve.time)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (([0.0, 1.0, 2.0], [1.0, 0.6, 0.9]), "rises by 0.3"),
        (([0.0, 1.0], [1.2, 0.9]), "above 1"),
        (([0.0, 1.0, 2.0], [100.0, 90.0, 70.0]), "in percent"),
        (([0.0, 1.0], [1.0, -0.2]), "below 0"),
        (([-5.0, 1.0], [1.0, 0.9]), "time -5 is below 0"),
        (([0.0], [1.0]), "at least two"),
        (([0.0, math.nan], [1.0, 0.9]), "not a finite number"),
        (([0.0, 0.0], [1.0, 0.9]), "no time is above 0"),
        (([0.0, 1.0], [0.8, 0.7]), "starts at 0.8"),
        (([0.0, 1.0], [1.0]), "must be equal"),
    ],
)
def test_points_that_are_no_curve_are_refused(points, message):
    with pytest.raises(ValueError, match=message):
        clean_points(*points)


def test_reading_noise_is_repaired_and_told():
    time = np.array([0.0, 1.0, 3.0, 2.0, 4.0, 5.0, 6.0])
    survival = np.array([1.005, 0.95, 0.905, 0.90, 0.80, 0.80, 0.80])
    clean = clean_points(time, survival, marked="corners")
    assert (np.diff(clean.time) > 0).all()
    assert (np.diff(clean.survival) <= 0).all()
    assert clean.survival[0] == 1.0
    # Isotonic regression puts the two that are out of order at their mean.
    assert clean.survival[2] == clean.survival[3] == pytest.approx(0.9025)
    assert clean.moved_max == pytest.approx(0.005)
    words = " ".join(clean.repairs)
    assert "order of time" in words
    assert "outside 0 to 1" in words
    assert "1 rise(s)" in words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"at_risk": [(1.0, 8), (2.0, 9)]}, "8 at 1 and 9 at 2"),
        ({"at_risk": [(1.0, 12)]}, "10 at 0 and 12 at 1"),
        ({"at_risk": [(9.0, 5)]}, "reaches 9 and the curve ends at 3"),
        ({"events": 11}, "events=11"),
    ],
)
def test_contradictions_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        reconstruct([0.0, 1.0, 3.0], [1.0, 0.8, 0.5], 10, **options)


def test_what_cannot_be_met_is_said():
    # A curve that never falls holds no event; one may hide in the noise of reading.
    found = reconstruct([0.0, 10.0], [1.0, 1.0], 20, at_risk=[(5.0, 10)], events=1)
    assert found.events == 0
    assert found.notes == ("the curve and the numbers at risk allow 0 events, not 1",)


def test_more_at_risk_than_the_curve_leaves_is_refused():
    time, survival = [0.0, 3.0, 6.0, 12.0], [1.0, 0.8, 0.7, 0.5]
    with pytest.raises(ValueError, match=r"at_risk: 95 at 6, but 80.0% of 100 patients are 80"):
        reconstruct(time, survival, 100, at_risk=[(6.0, 95)])
    # Within what a reading can be off: printed 83 where the curve leaves 80.
    assert reconstruct(time, survival, 100, at_risk=[(6.0, 83)]).used_at_risk

"""Exact curves give their events back; totals they exclude are refused; arms without an event."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.findings import InputError
from trialpool.survival.clean import clean_points
from trialpool.survival.contradictions import events_possible
from trialpool.survival.kaplan_meier import kaplan_meier, restricted_mean, survival_at
from trialpool.survival.reconstruct import reconstruct_points

CASES = Path(__file__).parent / "cases"
IMPOSSIBLE = CASES / "curve-impossible-events.csv"


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def record(*arguments):
    done = call(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def refused(*arguments) -> str:
    done = call(*arguments)
    assert done.exit_code == 1
    assert isinstance(done.exception, InputError)
    return str(done.exception)


def test_the_last_fall_of_an_exact_curve_counts():
    # 80 patients down to 0.55 without censoring before: 36 events.
    found = record("reconstruct", CASES / "curve-flat-tail.csv", "--patients", 80)
    assert found["events"] == 36
    assert found["curve_error_max"] < 1e-9
    assert found["repairs"] == []


def test_the_last_step_of_a_vector_figure_counts(tmp_path):
    # 20 steps of 2 of 400 units: 200 patients, 20 events.
    points = tmp_path / "points.csv"
    axes = ["--x", "100=0", "--x", "700=24", "--y", "100=1", "--y", "500=0"]
    done = call("digitise", CASES / "curve-last-event.svg", *axes, "-o", points)
    assert done.exit_code == 0, done.output
    found = record("reconstruct", points, "--patients", 200)
    assert (found["events"], found["n"]) == (20, 200)
    assert found["curve_error_max"] < 1e-9


@pytest.mark.parametrize("marked", ["line", "corners"])
def test_every_event_of_a_drawn_curve_comes_back(marked):
    """As a plot draws it: two corners per fall; or the foot of each fall alone."""
    rng = np.random.default_rng(11)
    time = np.sort(rng.exponential(10.0, 50))
    curve = kaplan_meier(np.minimum(time, 12.0), time <= 12.0)
    if marked == "line":
        t = np.concatenate([[0.0], np.repeat(curve.time, 2), [12.0]])
        s = np.repeat(np.concatenate([[1.0], curve.survival]), 2)
    else:
        t = np.concatenate([[0.0], curve.time, [12.0]])
        s = np.concatenate([[1.0], curve.survival, curve.survival[-1:]])
    found = reconstruct_points(t, s, 50, marked=marked)
    assert found.events == int((time <= 12.0).sum())
    np.testing.assert_allclose(found.time, np.minimum(time, 12.0), rtol=1e-12)
    assert found.curve_error_max < 1e-12


def test_what_noise_makes_of_the_end_is_still_levelled():
    rng = np.random.default_rng(3)
    t = np.linspace(0.0, 40.0, 200)
    s = np.maximum(1.0 - 0.02 * t, 0.5) + rng.normal(0.0, 0.005, 200)
    s[0], s[-1] = 1.0, s[100:].min() - 0.003
    clean = clean_points(t, s)
    assert "a fall read from the last one or two points, within noise, was levelled" in (
        clean.repairs
    )
    assert clean.survival[-1] == pytest.approx(0.5, abs=0.01)


def test_the_distance_is_to_the_points_as_they_were_read():
    # Isotonic regression lays both at 0.75: each is 0.01 off, and the report says so.
    found = reconstruct_points([0, 1, 2, 3, 9], [1.0, 0.75, 0.74, 0.76, 0.75], 100)
    assert found.curve_error_max == pytest.approx(0.01)
    assert found.curve_error_rms == pytest.approx(0.01 * np.sqrt(2 / 5))


def test_a_total_that_the_curve_excludes_is_refused():
    words = refused("reconstruct", IMPOSSIBLE, "--patients", 100, "--events", 10)
    assert "events=10; the falls of the curve of 100 patients to 44.0%" in words
    # More than 56 of 100 cannot have the event before 44 are left; 56 can.
    words = refused("reconstruct", IMPOSSIBLE, "--patients", 100, "--events", 65)
    assert "takes 11 to 56 events" in words
    assert record("reconstruct", IMPOSSIBLE, "--patients", 100, "--events", 56)["events"] == 56
    assert record("reconstruct", IMPOSSIBLE, "--patients", 100, "--events", 45)["events"] == 45


def test_numbers_at_risk_narrow_the_totals():
    risk = [part for pair in ("6:75", "12:55", "18:30", "24:20") for part in ("--at-risk", pair)]
    words = refused("reconstruct", IMPOSSIBLE, "--patients", 100, "--events", 20, *risk)
    assert "with 4 numbers at risk" in words
    assert record("reconstruct", IMPOSSIBLE, "--patients", 100, "--events", 48, *risk)["events"]


def test_possible_totals_by_hand():
    # Half of 10 die at 1, nobody is left out: between 1 of 2 at risk and 5 of 10.
    t, s = np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.5, 0.5])
    assert events_possible(t, s, [(0.0, 10)]) == (1.0, 5.0)
    # Four at risk at 1.5 lost as many before, one for one.
    low, high = events_possible(t, s, [(0.0, 10), (1.5, 4)])
    assert (low, high) == (pytest.approx(4.0), pytest.approx(5.0))


def test_true_totals_are_never_refused():
    rng = np.random.default_rng(8)
    for _ in range(40):
        n = int(rng.integers(10, 200))
        death, lost = rng.exponential(1.0, n), rng.exponential(rng.uniform(0.3, 20.0), n)
        time, event = np.minimum(death, lost), death <= lost
        if not event.any():
            continue
        curve = kaplan_meier(time, event)
        t, s = np.append(0.0, curve.time), np.append(1.0, curve.survival)
        ticks = np.linspace(0.0, t[-1], 6)[1:-1]
        table = list(zip(ticks.tolist(), curve.number_at_risk(ticks).tolist(), strict=True))
        for known in ((), table):
            low, high = events_possible(t, s, [(0.0, n), *known])
            assert low - 0.02 * n - 1 <= event.sum() <= high + 1e-9
            reconstruct_points(t, s, n, marked="corners", at_risk=known, events=int(event.sum()))


def test_own_outputs_are_readable(tmp_path):
    """Exponents in, plain decimals out."""
    found = record("reconstruct", CASES / "exp_min.csv", "--patients", 20)
    assert found["events"] == 4
    points, data = tmp_path / "points.csv", tmp_path / "data.csv"
    assert call("digitise", CASES / "exp_min.csv", "-o", points).exit_code == 0
    assert points.read_text() == "time,survival\n0.00000013,1\n2,0.9\n3,0.8\n"
    assert call("reconstruct", points, "--patients", 20, "-o", data).exit_code == 0
    assert "e" not in data.read_text().replace("time", "").replace("event", "")
    for text in (points.read_text(), data.read_text()):
        assert all(float(cell) >= 0 for row in text.splitlines()[1:] for cell in row.split(","))


def test_an_arm_without_an_event_leaves_everything_but_the_hazard_ratio(tmp_path):
    case = CASES / "survival-arm-without-event.csv"
    figure = tmp_path / "curves.svg"
    done = call("survival", case, "--experimental", "new", "--figure", figure)
    assert done.exit_code == 0, done.output
    assert "No hazard ratio: the control arm has no event" in done.output
    assert "not reached" in done.output
    assert "No hazard ratio: the control arm has no event" in figure.read_text(encoding="utf-8")
    found = record("survival", case, "--experimental", "new")
    assert found["hazard_ratio"] is None
    assert "no event" in found["hazard_ratio_missing"]
    new, old = found["arms"]
    # One of four dies at 1: 1 + 0.75 × 11 of 12 months; nobody of the other arm.
    assert new["restricted_mean"]["estimate"] == pytest.approx(9.25)
    assert (old["restricted_mean"]["estimate"], old["restricted_mean"]["se"]) == (12.0, 0.0)
    assert found["survival_difference"]["estimate"] == pytest.approx(-0.25)
    assert (new["median"], old["median"], old["parametric"]) == (None, None, [])
    assert new["curve"]["survival"] == [0.75]
    assert old["curve"]["time"] == []


def test_neither_arm_with_an_event(tmp_path):
    file = tmp_path / "data.csv"
    file.write_text("time,event,arm\n3,0,a\n9,0,a\n4,0,b\n8,0,b\n", encoding="utf-8")
    done = call("survival", file, "--experimental", "a", "--published-hr", "0.7", "--cut", 5)
    assert done.exit_code == 0, done.output
    assert "neither arm has an event" in done.output
    assert "The printed hazard ratio is not compared" in done.output


def test_a_horizon_past_an_arm_that_has_come_to_0_is_known(tmp_path):
    file = tmp_path / "data.csv"
    rows = ["3,1,old", "7,1,old", "5,1,new", "20,0,new", "20,0,new"]
    file.write_text("\n".join(["time,event,arm", *rows, ""]), encoding="utf-8")
    found = record("survival", file, "--experimental", "new", "--horizon", 12)
    new, old = found["arms"]
    # Both have died by 7: the mean of 3 and 7 whatever the horizon.
    assert old["restricted_mean"]["estimate"] == pytest.approx(5.0)
    assert (old["survival"]["estimate"], old["survival"]["se"]) == (0.0, 0.0)
    assert new["restricted_mean"]["estimate"] == pytest.approx(5 + 7 * 2 / 3)
    words = refused("survival", file, "--experimental", "new", "--horizon", 21)
    assert "at most 20" in words


def test_a_censored_end_is_not_known_beyond():
    curve = kaplan_meier([2.0, 4.0], [1, 0])
    for estimate in (restricted_mean, survival_at):
        with pytest.raises(ValueError, match="at most 4"):
            estimate(curve, 5.0)


def test_the_shipped_round_trip_does_not_move():
    """The last falls of curves read with noise are those of docs/explanation/round-trip.csv."""
    from public_data import load

    from trialpool.survival.round_trip import round_trip

    root = Path(__file__).resolve().parents[2]
    with (root / "docs" / "explanation" / "round-trip.csv").open(
        encoding="utf-8", newline=""
    ) as stream:
        rows = {(row["data"], row["known"]): row for row in csv.DictReader(stream)}
    for seed, (name, values) in enumerate(load().items(), 1):
        if name in ("lung", "leukemia"):
            trip = round_trip(*values, known="at-risk-and-events", seed=seed)
            row = rows[f"public: {name}", "at-risk-and-events"]
            assert f"{trip.log_hr_error_in_se:.4f}" == row["log_hr_error_in_se"]

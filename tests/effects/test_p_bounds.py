"""Between which two values a p-value puts a standard error that it does not fix."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from trialpool.effects.derive import derive_effects
from trialpool.effects.p_bounds import BOUNDED, bounds_of, standard_error_between
from trialpool.evidence.printed import parse_number, parse_p_value
from trialpool.evidence.reading import read_evidence

NORMAL = NormalDist()


def between(estimate: str, p: str, least: float = 0.0, **said: bool):
    return standard_error_between(parse_number(estimate), parse_p_value(p), least, **said)


@pytest.fixture(scope="module")
def effects():
    return {row["row_id"]: row for row in derive_effects(read_evidence("data/raw"))}


def test_pertain_overall_survival_lies_between_its_rounding_ends(effects):
    """HR 1.05, p = .78 of 258 patients: no one-sided p gives that few patients so small a SE."""
    row = effects["pertain.os.t01"]
    assert (row["status"], row["rung"]) == ("estimate-only", BOUNDED)
    low = math.log(1.045) / NORMAL.inv_cdf(1 - 0.775 / 2)
    high = math.log(1.055) / NORMAL.inv_cdf(1 - 0.785 / 2)
    assert float(row["sei_lower"]) == pytest.approx(low, rel=1e-9)
    assert float(row["sei_upper"]) == pytest.approx(high, rel=1e-9)
    assert math.log(1.055) / NORMAL.inv_cdf(0.775) < 2 / math.sqrt(258) < low
    assert (
        "its p-value (two-sided) leaves the standard error between 0.154 and 0.196" in row["flags"]
    )
    assert "between 0.154 and 0.196" in row["reason"]


def test_destiny_breast02_overall_survival_holds_the_printed_interval(effects):
    """Lancet 2023;401:1773: HR 0.66 (95 % 0.50 to 0.86) beside the congress' 0.658, p = 0.0021."""
    row = effects["destiny-breast02.os.t01"]
    printed = math.log(0.86 / 0.50) / (2 * NORMAL.inv_cdf(0.975))
    assert float(row["sei_lower"]) < printed < float(row["sei_upper"])
    # Sides are not said: z of 1 − p/2 below, of 1 − p above.
    low = -math.log(0.6585) / NORMAL.inv_cdf(1 - 0.00205 / 2)
    high = -math.log(0.6575) / NORMAL.inv_cdf(1 - 0.00215)
    assert float(row["sei_lower"]) == pytest.approx(low, rel=1e-9)
    assert float(row["sei_upper"]) == pytest.approx(high, rel=1e-9)


@pytest.mark.parametrize("two_sided", [True, False])
def test_five_hundred_true_standard_errors_lie_between_their_ends(two_sided):
    rng = np.random.default_rng(16)
    widths = []
    for _ in range(500):
        se = rng.uniform(0.08, 0.5)
        yi = rng.normal(-0.1, 1.5 * se)
        z = yi / se
        sides = 2 if two_sided else rng.integers(1, 3)
        p = 2 * NORMAL.cdf(-abs(z)) if sides == 2 else NORMAL.cdf(z)
        hr, shown = f"{math.exp(yi):.2f}", f"{p:.{rng.integers(2, 5)}f}"
        worse = None if hr == "1.00" else float(hr) > 1
        found = between(hr, shown, two_sided=two_sided, worse=worse)
        if found is None:
            # Nothing is bounded where rounding lets the ratio be 1 and z be 0 alike.
            assert min(abs(math.log(float(hr))), abs(z)) < 0.02 or float(shown) >= 0.49
            continue
        low, high = found[0]
        assert low <= se <= high
        widths.append((low, high))
    assert len(widths) > 400


def test_one_sided_p_above_a_half_belongs_to_an_arm_that_did_worse():
    (low, high), reading = between("1.20", "0.90", worse=True)
    assert reading == "one- or two-sided"
    assert low == pytest.approx(math.log(1.195) / NORMAL.inv_cdf(0.905), rel=1e-9)
    assert high == pytest.approx(math.log(1.205) / -NORMAL.inv_cdf(0.905 / 2), rel=1e-9)
    (alone, same), reading = between("0.80", "0.90", worse=False)
    assert reading == "two-sided"
    assert alone == pytest.approx(-math.log(0.805) / -NORMAL.inv_cdf(0.895 / 2), rel=1e-9)
    assert same == pytest.approx(-math.log(0.795) / -NORMAL.inv_cdf(0.905 / 2), rel=1e-9)


def test_bounds_of_p_leave_one_end_open():
    (low, high), _ = between("0.50", "<0.001", two_sided=True)
    assert low == 0.0
    assert high == pytest.approx(-math.log(0.495) / NORMAL.inv_cdf(0.9995), rel=1e-9)
    (floor, _), _ = between("0.50", "<0.001", 0.1, two_sided=True)
    assert floor == 0.1
    (low, high), _ = between("0.80", ">0.05", two_sided=True)
    assert low == pytest.approx(-math.log(0.805) / NORMAL.inv_cdf(0.975), rel=1e-9)
    assert math.isinf(high)


def test_a_ratio_of_one_with_a_p_of_one_bounds_nothing():
    assert between("1.00", "1.000") is None
    (low, high), _ = between("1.00", "0.97", 0.1)
    assert low == 0.1
    assert high == pytest.approx(-math.log(0.995) / -NORMAL.inv_cdf(0.975 / 2), rel=1e-9)


def test_no_reading_may_need_more_patients_than_there_are():
    assert between("0.50", "0.40", 3.0) is None


@pytest.mark.parametrize(
    "cells",
    [
        {"p_value": ".02 (one-sided)"},
        {"p_value": ".02", "p_sides": "1"},
        {"p_value": ".0089 (noninferiority)"},
        {"p_value": ""},
        {"estimate": ""},
        {"measure": "RD"},
    ],
)
def test_what_is_no_p_value_of_superiority_bounds_nothing(cells):
    row = {"measure": "HR", "estimate": "0.80", "p_value": ".02", "experimental_arm": "x"}
    assert bounds_of(row) is not None
    assert bounds_of({**row, **cells}) is None


def test_events_come_before_patients_and_a_log_odds_ratio_has_a_floor_of_its_own():
    row = {"measure": "HR", "estimate": "0.36", "p_value": "<.001", "experimental_arm": "x"}
    counts = {"n_experimental": "100", "n_control": "100"}
    events = {"events_experimental": "40", "events_control": "60"}
    assert bounds_of({**row, **counts, **events}, 400).sei_lower == pytest.approx(0.2)
    assert bounds_of({**row, **counts}, 400).sei_lower == pytest.approx(2 / math.sqrt(200))
    assert bounds_of(row, 400).sei_lower == pytest.approx(0.1)
    assert bounds_of({**row, "measure": "OR"}, 400).sei_lower == pytest.approx(0.2)
    assert bounds_of({**row, "measure": "RR"}, 400).sei_lower == 0.0

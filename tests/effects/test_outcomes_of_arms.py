"""Means, rates and published differences: from printed cells to effects, by closed forms."""

import math

import pytest
from scipy.stats import norm, t

from trialpool.effects.outcomes.arms import arm_mean, arm_rate, effect_of_arms, of_arm
from trialpool.effects.outcomes.published import published_contrast
from trialpool.evidence.printed_rows import printed_row
from trialpool.evidence.schemas import TABLES


def row(table: str, **cells: str) -> dict[str, str]:
    blank = {column.name: "" for column in TABLES[table].columns}
    return {**blank, "row_id": "a.1", "trial_id": "a", "value": "final"} | cells


def test_the_first_way_to_a_standard_deviation_is_used() -> None:
    printed = {"mean": "5.2", "sd": "1.4", "se": "0.3", "ci_lower": "4.6", "ci_upper": "5.8"}
    mean = row("means", n="20", **printed)
    found = arm_mean(mean)
    assert found.numbers == {"mean": 5.2, "sd": 1.4, "n": 20.0}
    assert found.flags == ()
    found = arm_mean(mean | {"sd": ""})
    assert found.numbers["sd"] == pytest.approx(0.3 * math.sqrt(20))
    assert found.flags == ("standard deviation from the standard error",)
    # Cochrane Handbook 6.5.2.2: of small samples by Student's t.
    found = arm_mean(mean | {"sd": "", "se": "", "ci_level": "90"})
    assert found.numbers["sd"] == pytest.approx(math.sqrt(20) * 1.2 / (2 * t.ppf(0.95, 19)))
    found = arm_mean(row("means", n="20", median="5", q1="4", q3="6"))
    assert found.rung == "median with quartiles or range"
    # Wan 2014: the quartiles of n normal values are 2 Φ⁻¹((0.75 n − 0.125)/(n + 0.25)) apart.
    assert found.numbers["sd"] == pytest.approx(2 / (2 * norm.ppf(14.875 / 20.25)))
    assert "estimated from the median" in found.flags[0]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"mean": "5", "sd": "1"}, "no number of patients"),
        ({"mean": "5", "sd": "1", "n": "1"}, "fewer than 2 patients"),
        ({"mean": "5", "n": "20"}, "no standard deviation, standard error or interval"),
        ({"n": "20"}, "neither a mean with its spread nor a median"),
        ({"mean": "5", "sd": "0", "n": "20"}, "the standard deviation gives no spread"),
        ({"median": "5", "q1": "6", "q3": "4", "n": "20"}, "must rise"),
    ],
)
def test_a_row_without_a_mean_says_why(cells: dict[str, str], reason: str) -> None:
    found = of_arm("means", row("means", **cells))
    assert found.status == "none"
    assert reason in found.reason


def test_rows_of_one_arm_in_the_table_of_effects() -> None:
    mean = of_arm("means", row("means", mean="5.2", sd="1.4", n="20"))
    assert (mean.status, mean.measure, mean.yi) == ("mean", "MN", 5.2)
    assert mean.sei == pytest.approx(1.4 / math.sqrt(20))
    rate = of_arm("rates", row("rates", events="12", person_time="3.5", time_unit="100 years"))
    assert (rate.status, rate.measure, rate.scale) == ("rate", "IRLN", "log")
    assert rate.yi == pytest.approx(math.log(12 / 350))
    assert rate.sei == pytest.approx(math.sqrt(1 / 12))
    assert arm_rate(row("rates", events="12", time_unit="years")) == (
        "events and person-time are not both given"
    )


def test_effects_of_two_arms() -> None:
    ours, theirs = {"mean": 5.0, "sd": 1.0, "n": 20.0}, {"mean": 4.0, "sd": 1.2, "n": 22.0}
    difference = effect_of_arms("MD", ours, theirs)
    assert difference.yi == pytest.approx(1.0)
    assert difference.sei == pytest.approx(math.sqrt(1 / 20 + 1.44 / 22))
    assert effect_of_arms("ROM", ours, theirs | {"mean": -4.0}) == (
        "a ratio of means needs means above 0"
    )
    rates = effect_of_arms("IRR", {"events": 0.0, "time": 20.0}, {"events": 0.0, "time": 20.0})
    assert "no events in both arms" in rates


def contrast(**cells: str) -> dict[str, str]:
    return row("outcome_contrasts", measure="MD", estimate="-0.50", adjusted="no", **cells)


def test_a_published_difference_takes_its_interval_then_its_error_then_its_p() -> None:
    z = norm.ppf(0.975)
    limits = {"ci_lower": "-0.80", "ci_upper": "-0.20"}
    found = published_contrast(contrast(se="0.2", p_value="0.001", **limits))
    assert (found.status, found.rung) == ("effect", "effect with interval")
    assert found.sei == pytest.approx(0.6 / (2 * z))
    assert (found.sei_lower, found.sei_upper) == pytest.approx((0.59 / (2 * z), 0.61 / (2 * z)))
    found = published_contrast(contrast(se="0.20", p_value="0.001"))
    assert (found.sei, found.sei_lower) == pytest.approx((0.2, 0.195))
    found = published_contrast(contrast(p_value="0.00100"))
    assert found.sei == pytest.approx(0.5 / norm.ppf(1 - 0.0005))
    assert "standard error from the p-value" in found.flags
    ratio = contrast() | {"measure": "ROM", "estimate": "0.80", "ci_lower": "0.7"}
    found = published_contrast(ratio | {"ci_upper": "0.91"})
    assert (found.scale, found.yi) == ("log", pytest.approx(math.log(0.8)))
    assert found.sei == pytest.approx(math.log(0.91 / 0.7) / (2 * z))


@pytest.mark.parametrize(
    ("cells", "status", "reason"),
    [
        ({}, "estimate-only", "no standard error"),
        ({"p_value": "<0.001"}, "estimate-only", "a bound"),
        ({"p_value": "0.02 (one-sided)"}, "estimate-only", "one-sided"),
        ({"p_value": "0.9"}, "estimate-only", "rounding"),
        ({"ci_lower": "-0.2", "ci_upper": "-0.8"}, "unreadable", "lower limit"),
        ({"se": "0"}, "unreadable", "above 0"),
    ],
)
def test_a_difference_without_a_standard_error_says_why(cells, status: str, reason: str) -> None:
    found = published_contrast(contrast(**cells))
    assert (found.status, found.sei) == (status, None)
    assert reason in found.reason


def test_rows_in_their_own_words() -> None:
    mean = row("means", mean="5.20", sd="1.4", n="20", unit="mmol/L")
    assert printed_row("means", mean) == "5.20 (SD 1.4) mmol/L, n 20"
    median = row("means", median="5", q1="4", q3="6", n="20", unit="mm")
    assert printed_row("means", median) == "median 5 (4 to 6) mm, n 20"
    rate = row("rates", events="12", person_time="345", time_unit="years")
    assert printed_row("rates", rate) == "12 in 345 years"
    both = contrast(ci_lower="-0.8", ci_upper="-0.2")
    assert printed_row("outcome_contrasts", both) == "MD -0.50 (-0.8 to -0.2)"

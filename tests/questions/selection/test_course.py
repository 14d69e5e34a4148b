"""The course of an effect over time: from rows of curves to the record's `curves`."""

from __future__ import annotations

import math

import pooled_records
import pytest
from msgspec import structs
from test_restricted_means import curve, run

from trialpool.questions.mean_time.course import courses
from trialpool.records.files import to_plain

Z = 1.959963984540054
# Survival of 100 and 90 patients without censoring at 6, 12 and 24 months.
OURS, THEIRS = (0.9, 0.7, 0.3), (0.8, 0.6, 0.3)


def rows(trial_id: str, months=("6", "12", "24"), **cells: str) -> list[dict[str, str]]:
    found = []
    for i, month in enumerate(months):
        values = {}
        for side, survival, n in (("experimental", OURS, 100), ("control", THEIRS, 90)):
            s = survival[i]
            values[f"survival_{side}"] = repr(s)
            values[f"survival_{side}_se"] = repr(math.sqrt(s * (1 - s) / n))
        found.append(curve(trial_id, month, **values, **cells))
    return found


def log_ratio(i: int) -> tuple[float, float]:
    """Log ratio of cumulative hazards in interval i, and its standard error, by hand."""
    hazards, terms = [], []
    for survival, n in ((OURS, 100), (THEIRS, 90)):
        before = 1.0 if i == 0 else survival[i - 1]
        p, at_risk = survival[i] / before, n * before
        hazards.append(-math.log(p))
        terms.append((1 - p) / (at_risk * p) / hazards[-1] ** 2)
    return math.log(hazards[0] / hazards[1]), math.sqrt(sum(terms))


def record_of(table, **settings):
    return curves_of(run(table, **settings).trials)


def curves_of(trials, short=()):
    trials = [pooled_records.trial(one) for one in trials]
    return [to_plain(one) for one in courses(trials, short, pooled_records.pooling())]


def test_one_trial_is_its_own_curve_and_its_own_ratios():
    (entry,) = record_of(rows("one", ph_p_value="0.02"))
    assert entry["data"] == "landmarks"
    assert entry["not_proportional"] == [{"trial": "one", "p_value": 0.02}]
    ours = entry["arms"]["experimental"]
    assert [mark["survival"] for mark in ours] == pytest.approx(OURS, rel=1e-9)
    # Greenwood on the log scale.
    half = Z * math.sqrt(0.7 / (0.3 * 100))
    assert ours[2]["ci_lower"] == pytest.approx(0.3 * math.exp(-half), rel=1e-6)
    assert [(p["start"], p["end"]) for p in entry["intervals"]] == [(0, 6), (6, 12), (12, 24)]
    for i, pool in enumerate(entry["intervals"]):
        estimate, se = log_ratio(i)
        assert pool["primary_model"] == "single-trial"
        assert pool["estimate"] == pytest.approx(estimate, rel=1e-9)
        assert pool["se"] == pytest.approx(se, rel=1e-9)
        assert pool["ci_upper"] == pytest.approx(estimate + Z * se, rel=1e-9)
    assert entry["whole"]["estimate"] == pytest.approx(math.log(0.8))


def test_early_is_up_to_half_of_the_follow_up_and_the_change_their_difference():
    (entry,) = record_of(rows("one"))
    early, late, change = entry["early"], entry["late"], entry["change"]
    assert (early["start"], early["end"], late["end"]) == (0, 12, 24)
    expected = math.log(math.log(0.7) / math.log(0.6))
    assert early["estimate"] == pytest.approx(expected, rel=1e-9)
    assert late["estimate"] == pytest.approx(log_ratio(2)[0], rel=1e-9)
    assert change["measure"] == "RHR"
    assert change["estimate"] == pytest.approx(late["estimate"] - early["estimate"], rel=1e-9)
    assert change["se"] == pytest.approx(math.hypot(late["se"], early["se"]), rel=1e-9)


def test_equal_trials_pool_to_themselves_with_a_smaller_interval():
    (one,) = record_of(rows("one"))
    (both,) = record_of([*rows("one"), *rows("two")])
    assert both["k"] == 2
    for single, pool in zip(one["intervals"], both["intervals"], strict=True):
        assert pool["primary_model"] is None
        common = pool["models"]["common-effect"]
        assert common["estimate"] == pytest.approx(single["estimate"], rel=1e-9)
        assert common["se"] == pytest.approx(single["se"] / math.sqrt(2), rel=1e-9)
    for alone, pooled in zip(
        one["arms"]["control"], both["arms"]["control"], strict=True
    ):  # fmt: skip
        assert pooled["survival"] == pytest.approx(alone["survival"], rel=1e-9)
        assert pooled["k"] == 2
        widths = [math.log(m["ci_upper"] / m["ci_lower"]) for m in (alone, pooled)]
        assert widths[1] < widths[0] or alone["ci_upper"] == 1.0


def test_a_trial_that_ends_early_is_in_the_intervals_that_it_reaches():
    (entry,) = record_of([*rows("one"), *rows("two", ("6", "12"))])
    assert [pool["k"] for pool in entry["intervals"]] == [2, 2, 1]
    assert [mark["k"] for mark in entry["arms"]["control"]] == [2, 2, 1]
    # What all trials reach is 12 months: early and late are cut there.
    assert (entry["early"]["end"], entry["late"]["end"]) == (6, 12)


def test_individual_data_give_the_cox_model_of_the_interval_and_the_exposed():
    table = rows("one")
    for row, log_hr in zip(table, ("0.1", "-0.2", ""), strict=True):
        row |= {"exposed_experimental": "95", "exposed_control": "85.5"}
        row |= {"interval_log_hr": log_hr, "interval_log_hr_se": "0.3" if log_hr else ""}
    (entry,) = record_of(table)
    assert entry["data"] == "individual"
    first, second, third = entry["intervals"]
    assert (first["estimate"], second["estimate"]) == (0.1, -0.2)
    assert third["estimate"] is None
    assert third["left_out"] == [{"trial": "one", "reason": "no event in an arm"}]
    # Early: both intervals by inverse variance.
    assert entry["early"]["estimate"] == pytest.approx(-0.05)
    assert entry["early"]["se"] == pytest.approx(0.3 / math.sqrt(2))
    # The variance of ln S is that of a share of 95 patients.
    half = Z * math.sqrt(0.1 / (0.9 * 95))
    mark = entry["arms"]["experimental"][0]
    assert mark["ci_lower"] == pytest.approx(0.9 * math.exp(-half), rel=1e-6)


def test_without_curves_there_is_no_entry():
    assert curves_of([{"group": "a"}]) == []


def test_comparisons_that_share_an_arm_are_not_pooled():
    found = run(rows("one"))
    (trial,) = found.trials
    other = structs.replace(trial.experimental, arm_id="z")
    (entry,) = curves_of([trial, structs.replace(trial, experimental=other)])
    assert "share an arm" in entry["note"]
    assert list(entry["intervals"]) == []
    assert entry["whole"] is None


def test_a_curve_that_ends_before_the_horizon_is_shown_and_not_pooled():
    found = run([*rows("one"), *rows("two", ("6",))], horizon_months=12)
    assert [trial.trial_id for trial in found.trials] == ["one"]
    (short,) = found.question.short_curves
    assert short.trial_id == "two"
    first, second = curves_of(found.trials, [short])
    assert (first["pooled"], first["k"]) == (True, 1)
    assert (second["pooled"], second["trials"]) == (False, ["two"])
    assert [pool["end"] for pool in second["intervals"]] == [6]
    assert second["early"] is None

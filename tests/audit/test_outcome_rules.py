"""Rules on means, rates and published differences beyond the two examples that each rule has."""

import random
from pathlib import Path
from statistics import median

import pytest

from trialpool.audit.context import AuditContext
from trialpool.audit.counts.patients import row_n_at_most_arm_n
from trialpool.audit.outcomes.correlations import correlation_interval, correlation_range
from trialpool.audit.outcomes.means import (
    change_sign,
    deviation_not_error,
    mean_case,
    median_without,
    spreads_agree,
)
from trialpool.audit.outcomes.others import difference_of_arms, difference_symmetric
from trialpool.audit.ratios.intervals import (
    interval_holds_estimate,
    interval_width,
    limits_in_order,
    ratio_positive,
)
from trialpool.audit.ratios.p_values import p_against_interval, p_one_sided
from trialpool.audit.rule import Rule
from trialpool.audit.tables.identifiers import doi_form
from trialpool.audit.tables.repeats import row_twice
from trialpool.effects.derive import derive_effects
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence, RawTable
from trialpool.evidence.validation import check_contents
from trialpool.findings import Finding
from trialpool.settings import Settings


def context(**tables: list[dict[str, str]]) -> AuditContext:
    frames = {}
    for name, rows in tables.items():
        columns = tuple(column.name for column in TABLES[name].columns)
        blank = dict.fromkeys(columns, "")
        numbered = ({**blank, **row, LINE: line} for line, row in enumerate(rows, 2))
        frames[name] = RawTable(columns, tuple(numbered))
    return AuditContext(Evidence(frames), Settings(Path(), Path("config.yaml")))


def found(rule: Rule, **tables: list[dict[str, str]]) -> list[Finding]:
    return [finding for finding in rule.judge(context(**tables)) if finding is not None]


def means(*rows: dict[str, str]) -> list[dict[str, str]]:
    return [dict(row) for row in mean_case(*rows).tables["means"]]


def contrast(**cells: str) -> dict[str, str]:
    same = {"row_id": "a.1", "trial_id": "a", "experimental_arm": "x", "control_arm": "y"}
    return {**same, "endpoint": "LDL", "measure": "MD", "source_id": "s"} | cells


def correlation(**cells: str) -> dict[str, str]:
    same = {"row_id": "a.1", "trial_id": "a", "arm_id": "x", "endpoint": "pain", "variable": "age"}
    return {**same, "source_id": "s"} | cells


def test_an_interval_of_a_correlation_agrees_with_its_patients() -> None:
    # 55 patients: 0.34 (0.08 to 0.56) by Fisher's z.
    whole = correlation(r="0.34", ci_lower="0.08", ci_upper="0.56", n="55")
    assert found(correlation_interval, correlations=[whole]) == []
    (told,) = found(correlation_interval, correlations=[whole | {"n": "40"}])
    assert "40 patients one of 0.164" in told.message
    assert told.feasible == "51 to 56 patients"
    # The same limits at another level are of other patients; coarse limits leave more open.
    assert found(correlation_interval, correlations=[whole | {"ci_level": "90"}])
    coarse = whole | {"ci_lower": "0.1", "ci_upper": "0.6", "n": "45"}
    assert found(correlation_interval, correlations=[coarse]) == []


def test_a_correlation_outside_its_interval_its_range_or_twice() -> None:
    outside = correlation(r="0.60", ci_lower="0.08", ci_upper="0.56")
    assert len(found(interval_holds_estimate, correlations=[outside])) == 1
    turned = correlation(r="0.34", ci_lower="0.56", ci_upper="0.08")
    assert len(found(limits_in_order, correlations=[turned])) == 1
    assert found(correlation_range, correlations=[correlation(r="-1.00")]) == []
    percent = correlation(r="34", ci_lower="8", ci_upper="56")
    assert len(found(correlation_range, correlations=[percent])) == 3
    twice = [correlation(r="0.187", n="109"), correlation(r="0.187", n="109", row_id="a.2")]
    (told,) = found(row_twice, correlations=twice)
    assert "the same result as a.1" in told.message
    other = [twice[0], twice[1] | {"variable": "weight"}]
    assert found(row_twice, correlations=other) == []
    arms = [{"trial_id": "a", "arm_id": "x", "n": "100"}]
    assert len(found(row_n_at_most_arm_n, arms=arms, correlations=twice[:1])) == 1


def test_the_p_value_of_a_difference_agrees_with_its_interval() -> None:
    # z = 0.50 / (0.62 / 3.92) = 3.16, two-sided p = 0.0016; one-sided half of it.
    whole = contrast(estimate="-0.50", ci_lower="-0.81", ci_upper="-0.19", p_value="0.0016")
    for rule in (p_against_interval, p_one_sided):
        assert found(rule, outcome_contrasts=[whole]) == []
    (told,) = found(p_against_interval, outcome_contrasts=[whole | {"p_value": "0.04"}])
    assert told.row_id == "a.1"
    assert found(p_against_interval, outcome_contrasts=[whole | {"p_value": "<0.01"}]) == []
    assert len(found(p_against_interval, outcome_contrasts=[whole | {"p_value": ">0.05"}])) == 1
    exact = {"estimate": "-0.500", "ci_lower": "-0.810", "ci_upper": "-0.190"}
    half = whole | exact | {"p_value": "0.0008"}
    assert len(found(p_one_sided, outcome_contrasts=[half])) == 1
    assert found(p_one_sided, outcome_contrasts=[half | {"p_value": "0.0008 (one-sided)"}]) == []


OTHERS = [{"mean": "2.6", "sd": "0.9", "n": "35", "trial_id": trial} for trial in ("b", "c", "d")]


def test_a_report_that_slips_in_all_its_arms_is_found() -> None:
    slipped = [{"mean": mean, "sd": "0.15", "n": "36"} for mean in ("2.4", "2.9")]
    told = found(deviation_not_error, means=means(*slipped, *OTHERS))
    assert [finding.line for finding in told] == [2, 3]
    assert "looks like a standard error" in told[0].message
    assert told[0].feasible == "about 0.9"
    # A deviation in the column of the standard error.
    reverse = [{"mean": mean, "se": "0.9", "n": "36"} for mean in ("2.4", "2.9")]
    told = found(deviation_not_error, means=means(*reverse, *OTHERS))
    assert [finding.column for finding in told] == ["se", "se"]
    # Arms that agree with each other, one of them no √n away from the rest, are what they are.
    narrow = [{"mean": "2.4", "sd": sd, "n": "36"} for sd in ("0.33", "0.20")]
    assert found(deviation_not_error, means=means(*narrow, *OTHERS)) == []


def test_spreads_agree_within_their_rounding() -> None:
    good = {"mean": "2.50", "sd": "0.80", "se": "0.15", "n": "30"}
    assert found(spreads_agree, means=means(good)) == []
    assert found(spreads_agree, means=means({**good, "ci_lower": "2.20", "ci_upper": "2.80"})) == []
    told = found(spreads_agree, means=means({**good, "ci_lower": "2.45", "ci_upper": "2.55"}))
    assert [finding.column for finding in told] == ["ci_upper"]
    assert told[0].feasible.startswith("a standard deviation of 0.794")


def test_intervals_of_differences_may_be_negative_and_hold_their_estimate() -> None:
    good = contrast(estimate="-0.50", ci_lower="-0.81", ci_upper="-0.19")
    rules = (ratio_positive, limits_in_order, interval_holds_estimate, interval_width)
    for rule in (*rules, difference_symmetric):
        assert found(rule, outcome_contrasts=[good]) == []
    turned = {**good, "ci_lower": "0.19", "ci_upper": "-0.81"}
    assert len(found(limits_in_order, outcome_contrasts=[turned])) == 1
    outside = {**good, "estimate": "0.50"}
    assert len(found(interval_holds_estimate, outcome_contrasts=[outside])) == 1
    ratio = {**good, "measure": "IRR", "estimate": "-0.5", "ci_lower": "", "ci_upper": ""}
    assert len(found(ratio_positive, outcome_contrasts=[ratio])) == 1
    mean = means({"mean": "2.5", "ci_lower": "2.6", "ci_upper": "2.8"})
    assert len(found(interval_holds_estimate, means=mean)) == 1


def test_an_offset_within_rounding_is_none_and_a_small_one_a_warning() -> None:
    for upper, levels in (("-0.20", []), ("-0.15", ["warning"]), ("0.19", ["unusable"])):
        row = contrast(estimate="-0.50", ci_lower="-0.81", ci_upper=upper)
        told = found(difference_symmetric, outcome_contrasts=[row])
        assert [finding.level for finding in told] == levels


def test_a_difference_with_the_wrong_sign_is_called_so() -> None:
    arms = [
        {"arm_id": arm, "mean": mean, "sd": "0.8", "n": "50"}
        for arm, mean in (("x", "2.4"), ("y", "2.9"))
    ]
    row = contrast(estimate="0.50", ci_lower="0.19", ci_upper="0.81", unit="mmol/L", value="final")
    (told,) = found(difference_of_arms, means=means(*arms), outcome_contrasts=[row])
    assert "with the other sign they agree" in told.message


def test_more_patients_than_were_randomised() -> None:
    arms = [{"trial_id": "a", "arm_id": "x1", "n": "40"}]
    told = found(row_n_at_most_arm_n, arms=arms, means=means({"mean": "2.5", "n": "50"}))
    assert [(finding.column, finding.feasible) for finding in told] == [("n", "0 to 40")]


def test_one_result_in_two_rows() -> None:
    same = {"mean": "2.5", "sd": "0.8", "n": "50", "arm_id": "x"}
    assert len(found(row_twice, sources=[], means=means(same, same))) == 1
    later = {**same, "timepoint": "24 weeks"}
    assert found(row_twice, sources=[], means=means({**same, "timepoint": "12 weeks"}, later)) == []


@pytest.mark.parametrize(
    ("table", "cells", "rule"),
    [
        ("means", {"value": "difference"}, "cell-is-choice"),
        ("means", {"sd": "0,8"}, "cell-is-number"),
        ("rates", {"time_unit": "decades"}, "cell-is-choice"),
        ("rates", {"events": "1.5"}, "cell-is-count"),
        ("outcome_contrasts", {"measure": "HR"}, "cell-is-choice"),
    ],
)
def test_cells_that_cannot_be_read_are_named(table: str, cells: dict[str, str], rule: str) -> None:
    good = {"means": {"value": "final"}, "rates": {"time_unit": "years"}}
    blank = dict.fromkeys((column.name for column in TABLES[table].columns), "")
    row = {**blank, "row_id": "a.1", "trial_id": "a", "arm_id": "x", "source_id": "s"}
    row |= {"measure": "MD", "experimental_arm": "x", "control_arm": "y", "extraction": "single"}
    row = {name: text for name, text in row.items() if name in blank}
    told = check_contents(context(**{table: [row | good.get(table, {}) | cells]}).evidence)
    assert [(finding.rule, finding.column) for finding in told] == [(rule, next(iter(cells)))]


def test_what_the_audit_stops_is_read_all_the_same() -> None:
    rows = means({"mean": "2.5", "sd": "-0.8", "n": "30"}, {"mean": "2.5", "sd": "0.8", "n": "x"})
    effects = derive_effects(context(means=rows).evidence)
    assert [effect["status"] for effect in effects] == ["none", "none"]


def test_an_older_doi_is_one() -> None:
    old = "10.1002/(sici)1097-0258(19990215)18:3<321::aid-sim28>3.0.co;2-p"
    assert found(doi_form, sources=[{"doi": old}]) == []
    assert len(found(doi_form, sources=[{"doi": "10.1002/<b>"}])) == 1


def test_the_median_of_other_reports_is_that_of_the_values_left():
    rng = random.Random(3)
    for _ in range(300):
        values = [float(rng.randint(1, 6)) for _ in range(rng.randint(2, 12))]
        some = rng.sample(range(len(values)), rng.randint(1, len(values) - 1))
        left = [value for at, value in enumerate(values) if at not in some]
        assert median_without(sorted(values), [values[at] for at in some]) == median(left)


def test_one_change_against_all_others_is_told_of_and_two_are_not():
    def told(*changes: str) -> list[str]:
        rows = [
            {"mean": text, "value": "change", "trial_id": f"t{i}"} for i, text in enumerate(changes)
        ]
        return [finding.row_id for finding in found(change_sign, means=means(*rows))]

    assert told("-1.1", "-0.9", "1.2", "-1.4") == ["a.3"]
    assert told("1.1", "0.9", "-1.0", "1.4") == ["a.3"]
    assert told("-1.1", "0.9", "1.2", "-1.4", "-1.3") == []
    assert told("-1.1", "-0.9", "0", "1.2", "-1.4") == []
    # Larger than any other: perhaps another outcome.
    assert told("-1.1", "-0.9", "2.2", "-1.4") == []

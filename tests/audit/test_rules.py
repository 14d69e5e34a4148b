"""Every rule by its own examples, and the table of rules as the one place that describes them."""

import json

import pytest
from bad_input_cases import CASES
from each_case import each_case
from rule_cases import findings_of_rule
from typer.testing import CliRunner

from trialpool.audit.registry import ROW_RULES, RULES, rule_of
from trialpool.audit.rule import Case
from trialpool.cli.main import app
from trialpool.evidence.schemas import TABLES
from trialpool.findings import LEVELS

BY_ID = each_case("rule", ROW_RULES)


@BY_ID
def test_rule_passes_its_true_case(rule):
    assert rule.holds != Case()
    assert findings_of_rule(rule, rule.holds) == []


@BY_ID
def test_rule_finds_its_false_case(rule):
    assert rule.fails != Case()
    found = findings_of_rule(rule, rule.fails)
    assert found
    for finding in found:
        assert rule_of(finding.rule) in (rule, rule_of(rule.id)) or finding.rule == "agent-known"
        assert finding.level in rule.levels
        assert finding.message
        assert finding.remedy


@BY_ID
def test_finding_gives_place_range_and_source(rule):
    if not rule.tables:
        return
    finding = findings_of_rule(rule, rule.fails)[0]
    assert finding.file in {TABLES[table].file for table in rule.tables}
    assert finding.column in finding.printed
    assert finding.feasible
    assert finding.reference == rule.reference


def test_every_rule_is_described_once():
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    for rule in RULES:
        assert rule.statement.endswith(".")
        assert rule.reference
        assert rule.levels
        assert list(rule.levels) == sorted(rule.levels, key=LEVELS.index)


@pytest.mark.parametrize("id_", sorted({case.rule for case in CASES}))
def test_findings_of_reading_have_their_rule(id_):
    rule = rule_of(id_)
    assert rule is not None
    assert "fatal" in rule.levels


@pytest.mark.parametrize(
    ("rule", "cells"),
    [
        # 0.7 may be 0.74, inside an interval that starts at 0.72; 0.70 may not.
        ("interval-holds-estimate", ("0.7", "0.72", "0.95", 0)),
        ("interval-holds-estimate", ("0.70", "0.72", "0.95", 1)),
        # 0.64 and 0.65 at the same digit: their order is that of the true values.
        ("interval-holds-estimate", ("0.64", "0.65", "0.85", 1)),
        # CEREBEL's deaths: the middle of 0.95 to 1.64 is 1.248.
        ("interval-symmetric", ("1.34", "0.95", "1.64", 1)),
        ("interval-symmetric", ("1.25", "0.95", "1.64", 0)),
    ],
)
def test_printed_digits_decide(rule, cells):
    estimate, lower, upper, count = cells
    row = {"estimate": estimate, "ci_lower": lower, "ci_upper": upper}
    found = findings_of_rule(rule_of(rule), Case({"time_to_event": [row]}))
    assert len(found) == count


def test_least_standard_error_of_a_hazard_ratio():
    """100 events: SE ≥ 2/√100 = 0.2, so a 95 % interval reaches at least exp(± 0.392)."""
    rule = rule_of("interval-width")
    events = {"events_experimental": "50", "events_control": "50"}

    def found(lower: str, upper: str) -> int:
        row = {"estimate": "1.000", "ci_lower": lower, "ci_upper": upper, **events}
        return len(findings_of_rule(rule, Case({"time_to_event": [row]})))

    assert found("0.676", "1.480") == 0  # exp(±0.392) = 0.6757, 1.4799
    assert found("0.677", "1.478") == 1


@pytest.mark.parametrize(
    ("n", "percent", "count"),
    [
        ("28", "17.9", 0),
        ("28", "17.8", 1),
        ("999", "12.3", 0),
        ("150", "17", 0),
        ("150", "17.1", 1),
    ],
)
def test_grim(n, percent, count):
    """5 of 28 is 17.857 %, 17 % of 150 is 25.5 (25 gives 16.7, 26 gives 17.3)."""
    row = {"n": n, "percent": percent}
    assert len(findings_of_rule(rule_of("percent-of-whole"), Case({"responses": [row]}))) == count


@pytest.mark.parametrize(
    ("p", "rules"),
    [
        # z of 0.74 (0.56 to 0.98): ln 0.74 / 0.1428 = 2.109, two-sided p 0.035.
        (".035", []),
        (".0175", ["p-one-sided"]),
        (".0175 (one-sided)", []),
        ("<0.05", []),
        ("<0.0001", ["p-against-interval"]),
        (".40", ["p-against-interval"]),
    ],
)
def test_p_values_beside_an_interval(p, rules):
    row = {"estimate": "0.74", "ci_lower": "0.56", "ci_upper": "0.98", "p_value": p}
    case = Case({"time_to_event": [row]})
    names = ("p-one-sided", "p-against-interval")
    assert [name for name in names if findings_of_rule(rule_of(name), case)] == rules


def test_a_wrong_p_of_a_non_inferiority_trial_says_what_it_may_be():
    row = {"trial_id": "a", "estimate": "0.86", "ci_lower": "0.67", "ci_upper": "1.11"}
    trial = {"trial_id": "a", "notes": "non-inferiority margin 1.3"}
    case = Case({"trials": [trial], "time_to_event": [{**row, "p_value": "<.0001"}]})
    (finding,) = findings_of_rule(rule_of("p-against-interval"), case)
    assert "non-inferiority" in finding.message


def test_a_p_value_said_to_be_of_non_inferiority_is_not_judged():
    row = {"estimate": "0.86", "ci_lower": "0.67", "ci_upper": "1.11", "p_value": "<.0001"}
    case = Case({"time_to_event": [{**row, "evidence_note": "p is for non-inferiority"}]})
    assert findings_of_rule(rule_of("p-against-interval"), case) == []


def test_an_interval_computed_on_the_plain_scale_is_named():
    """2.64 is the arithmetic mean of 2.20 and 3.07, not the geometric one (2.60)."""
    row = {"estimate": "2.64", "ci_lower": "2.20", "ci_upper": "3.07"}
    case = Case({"time_to_event": [row]})
    (finding,) = findings_of_rule(rule_of("interval-symmetric"), case)
    assert finding.level == "warning"
    assert "plain scale" in finding.message


def test_rates_of_a_model_are_no_counts():
    row = {"trial_id": "a", "n": "47", "percent": "31"}
    known = Case({"responses": [row]}, taxonomy={"responses_not_counts": {"a": "predicted"}})
    assert findings_of_rule(rule_of("percent-of-whole"), known) == []


def test_rules_are_printed_by_help_and_as_json():
    runner = CliRunner()
    text = runner.invoke(app, ["audit", "--rules"]).output
    shown = runner.invoke(app, ["audit", "--help"]).output
    listed = json.loads(runner.invoke(app, ["audit", "--rules", "--json"]).output)
    assert [rule["rule"] for rule in listed] == [rule.id for rule in RULES]
    for rule in RULES:
        assert f"{rule.id}: {rule.statement}" in text
        assert f"{rule.id}: {rule.statement}" in shown


def test_audit_without_a_folder_is_wrong_usage():
    assert CliRunner().invoke(app, ["audit"]).exit_code == 2


@pytest.mark.parametrize(
    ("levels", "count"),
    [
        # Active and stable metastases are parts of those that are present.
        ({"present": "263", "stable": "157", "active": "106"}, 0),
        ({"present": "15", "active": "10"}, 0),
        ({"stable": "160", "active": "106"}, 1),
        ({"present": "200", "stable": "160", "active": "106"}, 1),
        ({"present": "200", "absent": "70", "active": "10"}, 1),
        ({"3+": "200", "2+": "64"}, 1),
        ({"loss": "140", "normal": "124"}, 1),
    ],
)
def test_levels_that_may_be_parts_of_another_are_not_added_to_it(levels, count):
    arm = {"trial_id": "a", "arm_id": "x", "n": "263"}
    row = {"trial_id": "a", "arm_id": "x", "endpoint": "ORR", "biomarker": "marker"}
    rows = [{**row, "biomarker_level": level, "n": n} for level, n in levels.items()]
    case = Case({"arms": [arm], "responses": rows})
    assert len(findings_of_rule(rule_of("levels-add-up"), case)) == count


@pytest.mark.parametrize(("events", "count"), [("102", 1), ("103", 0), ("", 1)])
def test_two_endpoints_with_their_own_events_are_two_results(events, count):
    same = {"trial_id": "a", "estimate": "0.47", "ci_lower": "0.34", "ci_upper": "0.66"}
    rows = [
        {**same, "row_id": "a.1", "endpoint": "IDFS", "events_control": "102"},
        {**same, "row_id": "a.2", "endpoint": "DFS", "events_control": events},
    ]
    case = Case({"time_to_event": rows})
    assert len(findings_of_rule(rule_of("same-number-two-endpoints"), case)) == count

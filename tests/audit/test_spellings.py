"""Words that differ only in how they are written are told; other words are not."""

from itertools import combinations
from pathlib import Path

import pytest
from rule_cases import context_of

from trialpool.audit.context import AuditContext
from trialpool.audit.registry import rule_of
from trialpool.audit.rule import Case
from trialpool.audit.tables.spellings import wording
from trialpool.evidence.tables import read_tables
from trialpool.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("trials", "time_to_event", "responses", "response_contrasts", "biomarker_contrasts")
SHORT = {"hormone receptor": "hr"}


def found(context):
    return [finding for finding in rule_of("one-spelling").judge(context) if finding]


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "HR-positive",
            "hormone receptor positive",
            "Hormone receptor-positive",
            "HR+",
            "hr positive",
        ),
        ("wild-type", "Wild type", "wildtype"),
        (">=20%", "≥20 %", "at least 20%", "20% or above"),
        ("<65 years", "under 65 years", "below 65 years"),
        ("F/V", "V/F"),
        ("V carrier", "V carriers"),
        ("active brain metastases (n=174)", "Active brain metastases (174 in all)"),
        ("brain metastasis, active", "active brain metastases"),
        ("node-positive", "nodes positive"),
    ],
)
def test_one_thing_in_several_spellings(spellings):
    for one, other in combinations(spellings, 2):
        assert wording(one, SHORT) & wording(other, SHORT), (one, other)


@pytest.mark.parametrize(
    "meanings",
    [
        ("HR-positive", "HR-negative", "HR-negative or unknown"),
        ("mutated", "non-mutated"),
        (">20%", ">=20%", "<20%", "<=20%"),
        ("ypT0 ypN0", "ypT0/is ypN0", "ypT0/is"),
        ("1-3 nodes", "4+ nodes"),
        ("2+", "2+/ISH-", "3+"),
        ("CTA 2+ (n = 120)", "CTA 2+ (n = 349)"),
        ("confirmed", "confirmed, investigator"),
        ("H/R", "H/H", "R/R"),
    ],
)
def test_several_things(meanings):
    for one, other in combinations(meanings, 2):
        assert not wording(one, SHORT) & wording(other, SHORT), (one, other)


def shipped(taxonomy=None) -> AuditContext:
    evidence, _ = read_tables(ROOT / "data" / "raw", list(TABLES))
    settings, _ = load_settings(ROOT / "config" / "config.yaml", ROOT)
    if taxonomy is not None:
        settings.taxonomy.update(taxonomy)
    return AuditContext(evidence, settings)


def test_the_shipped_tables_have_every_spelling_joined():
    assert found(shipped()) == []


def test_without_its_aliases_the_shipped_tables_have_these():
    told = found(shipped({"level_aliases": {}}))
    assert {tuple(sorted(set(one.printed.values()))) for one in told} == {
        ("F carrier", "F carriers"),
        ("F/V", "V/F"),
        ("V carrier", "V carriers"),
    }


def test_any_population_of_the_shipped_tables_in_other_letters_is_found():
    context = shipped()
    placed = context.settings.taxonomy["populations"]
    rows = [{"row_id": f"a.{n}", "population": text} for n, text in enumerate(placed)]
    again = [{"row_id": f"b.{n}", "population": text.upper()} for n, text in enumerate(placed)]
    case = Case({"time_to_event": [*rows, *again]}, taxonomy={"populations": placed})
    told = {finding.value for finding in found(context_of(case))}
    assert told == {text.upper() for text in placed} - set(placed)


def test_a_population_or_definition_that_is_placed_otherwise_names_both_and_the_way_to_join():
    taxonomy = {
        "populations": {"ITT": "itt", "HR-positive": "biomarker-level"},
        "biomarker_labels": {"HR": "Hormone receptor"},
        "response_definitions": {"ORR": {"RECIST, BICR": {"assessor": "blinded"}}},
    }
    rows = [
        {"row_id": "a.1", "population": "HR-positive"},
        {"row_id": "b.1", "population": "hormone receptor positive"},
        {"row_id": "c.1", "population": "itt"},
        {"row_id": "d.1", "population": "ITT"},
    ]
    responses = [
        {"row_id": "a.2", "endpoint": "ORR", "definition": "BICR, RECIST"},
        {"row_id": "b.2", "endpoint": "ORR", "definition": "RECIST, BICR"},
    ]
    case = Case({"time_to_event": rows, "responses": responses}, taxonomy=taxonomy)
    first, second, third = found(context_of(case))
    assert (first.row_id, first.value) == ("b.1", "hormone receptor positive")
    assert "'HR-positive' (a.1 population)" in first.message
    assert "'populations'" in first.remedy
    assert (second.row_id, second.printed["c.1 population"]) == ("d.1", "itt")
    assert (third.row_id, third.column) == ("b.2", "definition")
    assert "'response_definitions'" in third.remedy
    placed = {**taxonomy["populations"], "hormone receptor positive": "biomarker-level"}
    joined = {**taxonomy, "populations": placed}
    again = found(context_of(Case({"time_to_event": rows[:2]}, taxonomy=joined)))
    assert again == []


def test_lines_and_assessors_are_compared_too():
    case = Case(
        {
            "trials": [{"trial_id": "a", "line": "2+"}, {"trial_id": "b", "line": "2 +"}],
            "time_to_event": [
                {"row_id": "a.1", "assessor": "BICR"},
                {"row_id": "a.2", "assessor": "bicr"},
            ],
        }
    )
    told = [(one.row_id, one.column) for one in found(context_of(case))]
    assert ("a.2", "assessor") in told

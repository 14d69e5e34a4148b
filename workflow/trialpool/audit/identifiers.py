"""Rules on identifiers: agents, endpoints, populations, DOI and trial registration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialpool.audit.context import AuditContext, finding
from trialpool.evidence.contrasts import Taxonomy, split_agents
from trialpool.findings import Finding

_DOI = re.compile(r"10\.\d{4,9}/\S+")
# ClinicalTrials.gov, or another registry's prefix and digits; several are separated by ";".
_ONE_REGISTRATION = r"(?:NCT\d{8}|(?!NCT)[A-Z]{3,}\d{4,})"
_REGISTRATION = re.compile(rf"{_ONE_REGISTRATION}(?:; ?{_ONE_REGISTRATION})*")


def check_agents(context: AuditContext) -> Iterator[Finding]:
    """Check that every agent of every arm is in the taxonomy."""
    taxonomy = Taxonomy(context.settings.taxonomy)
    for row in context.rows("arms"):
        agents = split_agents(str(row["agents"]))
        if not agents:
            message = "an arm without agents: what it compares cannot be known"
            remedy = "Name its agents, or 'placebo' where nothing else is given."
            yield finding("arms", row, "fatal", "arm-has-agents", "agents", message, remedy)
        for agent in agents:
            if not taxonomy.knows(agent):
                message = f"agent {agent!r} is not in the taxonomy"
                remedy = "Correct the spelling, or add it under 'agents' in taxonomy.yaml."
                yield finding("arms", row, "fatal", "agent-known", "agents", message, remedy)


def check_endpoints(context: AuditContext) -> Iterator[Finding]:
    """Check that endpoints are known: their direction of benefit depends on it."""
    known = context.settings.endpoints
    for table in ("time_to_event", "responses", "reconstructed_survival"):
        for row in context.rows(table):
            if row["endpoint"] not in known:
                message = f"unknown endpoint; known: {', '.join(known)}"
                remedy = "Correct it, or add it under 'endpoints' in config.yaml."
                yield finding(table, row, "fatal", "endpoint-known", "endpoint", message, remedy)


def check_populations(context: AuditContext) -> Iterator[Finding]:
    """Name analysis populations that the taxonomy does not place: their rows stay out."""
    known = context.settings.taxonomy.get("populations", {})
    for row in context.rows("time_to_event"):
        if row["population"] not in known:
            message = "an analysis population that the taxonomy does not place; the row stays out"
            remedy = "Add its words under 'populations' in taxonomy.yaml."
            yield finding(
                "time_to_event", row, "warning", "population-known", "population", message, remedy
            )


def check_definitions(context: AuditContext) -> Iterator[Finding]:
    """Name response definitions that the taxonomy does not place: their rows stay out."""
    known = context.settings.taxonomy.get("response_definitions", {})
    for row in context.rows("responses"):
        if row["endpoint"] in known and row["definition"] not in known[row["endpoint"]]:
            message = "a definition that the taxonomy does not place; the row stays out"
            remedy = "Add its words under 'response_definitions' in taxonomy.yaml."
            yield finding(
                "responses", row, "warning", "definition-known", "definition", message, remedy
            )


def check_forms(context: AuditContext) -> Iterator[Finding]:
    """Check the form of DOI and registration numbers."""
    for table, column, form, words in (
        ("sources", "doi", _DOI, "a DOI such as 10.1056/NEJMoa1113216"),
        ("trials", "nct", _REGISTRATION, "NCT and eight digits"),
        ("review_trials", "nct_in_review", _REGISTRATION, "NCT and eight digits"),
    ):
        for row in context.rows(table):
            if row[column] and not form.fullmatch(str(row[column])):
                message = f"must be {words}"
                remedy = "Compare it with the registry or the article."
                yield finding(table, row, "warning", f"{column}-form", column, message, remedy)

"""Rules on identifiers: agents, endpoints, populations, DOI, PubMed and registration numbers."""

from __future__ import annotations

import re
from typing import Final

from trialpool.audit.context import AuditContext
from trialpool.audit.rule import OUTCOMES, Case, Fault, Judgements, rule
from trialpool.evidence.contrasts import Taxonomy, split_agents
from trialpool.evidence.risk_of_bias import TABLE as RISK_OF_BIAS

# Only what the International DOI Foundation fixes: directory 10, a registrant, a suffix. Older ones
# have the code of a journal's page in them: "18:3<321::aid-sim28>3.0.co;2-p".
_DOI: Final = re.compile(r"10\.\d{4,9}/(?:[^\s<>\"]|<\d+::[^\s<>]+>)*[^\s<>\".,;]")
_PMID: Final = re.compile(r"[1-9]\d{0,7}")
# ClinicalTrials.gov, or another registry's prefix and digits; several are separated by ";".
_ONE_REGISTRATION: Final = r"(?:NCT\d{8}|(?!NCT)[A-Z]{3,}\d{4,})"
_REGISTRATION: Final = re.compile(rf"{_ONE_REGISTRATION}(?:; ?{_ONE_REGISTRATION})*")

_RESOLVES: Final = "referential integrity: a name means something only where it is defined"
_AGENTS: Final = {
    "classes": {"blocker": {"label": "blocker", "targeted": True}},
    "mechanisms": {"channel": {"label": "channel blocker", "class": "blocker"}},
    "agents": {"drugine": {"mechanism": "channel"}},
}


def _arm(agents: str) -> Case:
    return Case(
        {"arms": [{"trial_id": "a", "arm_id": "x", "agents": agents}]},
        taxonomy=_AGENTS,
        words=f"agents {agents or '(empty)'}, where the taxonomy has drugine",
    )


@rule(
    "arm-has-agents",
    "An arm names its agents.",
    levels=("fatal",),
    reference=_RESOLVES,
    remedy="Name its agents, or 'placebo' where nothing else is given.",
    tables=("arms",),
    needs=("taxonomy",),
    holds=_arm("drugine"),
    fails=_arm(""),
)
def arm_has_agents(context: AuditContext) -> Judgements:
    """Judge every arm."""
    for row in context.rows("arms"):
        message = "an arm without agents: what it compares cannot be known"
        fault = Fault("arms", row, "agents", message, "at least one agent")
        yield None if split_agents(str(row["agents"])) else fault


@rule(
    "agent-known",
    "Every agent of an arm is in the taxonomy.",
    levels=("fatal",),
    reference=_RESOLVES,
    remedy="Correct the spelling, or add it under 'agents' in taxonomy.yaml.",
    tables=("arms",),
    needs=("taxonomy",),
    holds=_arm("drugine"),
    fails=_arm("durgine"),
)
def agent_known(context: AuditContext) -> Judgements:
    """Judge every agent of every arm."""
    taxonomy = Taxonomy(context.settings.taxonomy)
    for row in context.rows("arms"):
        for agent in split_agents(str(row["agents"])):
            message = f"agent {agent!r} is not in the taxonomy"
            known = taxonomy.knows(agent)
            yield None if known else Fault("arms", row, "agents", message, "an agent of it")


_WITH_ENDPOINT: Final = (
    *("time_to_event", "responses", "reconstructed_survival"),
    *("means", "rates", "correlations", "outcome_contrasts", RISK_OF_BIAS),
)


@rule(
    "endpoint-known",
    "Endpoints are known: their direction of benefit depends on it.",
    levels=("fatal",),
    reference=_RESOLVES,
    remedy="Correct it, or add it under 'endpoints' in config.yaml.",
    tables=_WITH_ENDPOINT,
    needs=("config",),
    holds=Case({"responses": [{"endpoint": "remission"}]}, OUTCOMES),
    fails=Case({"responses": [{"endpoint": "remision"}]}, OUTCOMES),
)
def endpoint_known(context: AuditContext) -> Judgements:
    """Judge the endpoint of every row."""
    known = context.settings.endpoints
    for table in _WITH_ENDPOINT:
        for row in context.rows(table):
            if table == RISK_OF_BIAS and not row.get("endpoint"):
                continue  # about every result of its trial
            message = f"unknown endpoint; known: {', '.join(known)}"
            fault = Fault(table, row, "endpoint", message, "one of them")
            yield None if row["endpoint"] in known else fault


_WITH_POPULATION: Final = (
    *("time_to_event", "means", "rates", "correlations", "outcome_contrasts"),
)
_POPULATIONS: Final = {"populations": {"ITT": "all randomised"}}


@rule(
    "population-known",
    "The taxonomy places every analysis population; a row with another stays out.",
    levels=("warning",),
    reference=_RESOLVES,
    remedy="Write one of its words there, or add yours under 'populations' in taxonomy.yaml.",
    tables=_WITH_POPULATION,
    needs=("taxonomy",),
    holds=Case({"time_to_event": [{"population": "ITT"}]}, taxonomy=_POPULATIONS),
    fails=Case({"time_to_event": [{"population": "TTI"}]}, taxonomy=_POPULATIONS),
)
def population_known(context: AuditContext) -> Judgements:
    """Judge the population of every comparison."""
    known = context.settings.taxonomy.get("populations", {})
    for table in _WITH_POPULATION:
        for row in context.rows(table):
            # Means and rates need not say in whom.
            if table != "time_to_event" and not row["population"]:
                continue
            what = "an analysis population that the taxonomy does not place"
            message = (
                f"{what if row['population'] else 'no analysis population'}; the row stays out"
            )
            fault = Fault(
                table,
                row,
                "population",
                message,
                ", ".join(known) or "words of the taxonomy",
                ("endpoint", "estimate", "ci_lower", "ci_upper"),
            )
            yield None if row["population"] in known else fault


_REMISSION: Final = {"endpoint": "remission", "definition": "at week 8"}
_DEFINITIONS: Final = {"response_definitions": {"remission": {"at week 8": "at 8 weeks"}}}


@rule(
    "definition-known",
    "The taxonomy places every definition of a response; a row with another stays out.",
    levels=("warning",),
    reference=_RESOLVES,
    remedy="Add its words under 'response_definitions' in taxonomy.yaml.",
    tables=("responses",),
    needs=("taxonomy",),
    holds=Case({"responses": [_REMISSION]}, taxonomy=_DEFINITIONS),
    fails=Case({"responses": [{**_REMISSION, "definition": "at weak 8"}]}, taxonomy=_DEFINITIONS),
)
def definition_known(context: AuditContext) -> Judgements:
    """Judge the definitions of endpoints for which the taxonomy has some."""
    known = context.settings.taxonomy.get("response_definitions", {})
    for row in context.rows("responses"):
        if row["endpoint"] in known:
            message = "a definition that the taxonomy does not place; the row stays out"
            fault = Fault(
                "responses",
                row,
                "definition",
                message,
                "words of the taxonomy",
                ("endpoint", "events", "n", "percent"),
            )
            yield None if row["definition"] in known[row["endpoint"]] else fault


def _form(
    context: AuditContext, table: str, column: str, form: re.Pattern[str], words: str
) -> Judgements:
    for row in context.rows(table):
        if row[column]:
            fault = Fault(table, row, column, f"must be {words}", words)
            yield None if form.fullmatch(str(row[column])) else fault


_LOOK_UP: Final = "Compare it with the registry or the article."


@rule(
    "doi-form",
    "A DOI has the form 10.registrant/suffix.",
    levels=("warning",),
    reference="ISO 26324 (DOI)",
    remedy=_LOOK_UP,
    tables=("sources",),
    holds=Case({"sources": [{"doi": "10.1056/NEJMoa1113216"}]}),
    fails=Case({"sources": [{"doi": "10.1056"}]}),
)
def doi_form(context: AuditContext) -> Judgements:
    """Judge every DOI."""
    yield from _form(context, "sources", "doi", _DOI, "a DOI such as 10.1056/NEJMoa1113216")


@rule(
    "pmid-form",
    "A PubMed number has one to eight digits and does not start with 0.",
    levels=("warning",),
    reference="National Library of Medicine: PubMed unique identifier",
    remedy=_LOOK_UP,
    tables=("sources", "reconstructed_survival"),
    holds=Case({"sources": [{"pmid": "26598744"}]}),
    fails=Case({"sources": [{"pmid": "265987449"}]}),
)
def pmid_form(context: AuditContext) -> Judgements:
    """Judge every PubMed number."""
    words = "a PubMed number of one to eight digits"
    for table in ("sources", "reconstructed_survival"):
        yield from _form(context, table, "pmid", _PMID, words)


_REGISTRY: Final = "ClinicalTrials.gov identifiers; WHO ICTRP primary registries"


@rule(
    "nct-form",
    "A registration number is NCT and eight digits, or another registry's prefix and digits.",
    levels=("warning",),
    reference=_REGISTRY,
    remedy=_LOOK_UP,
    tables=("trials",),
    holds=Case({"trials": [{"nct": "NCT00829166"}]}),
    fails=Case({"trials": [{"nct": "NCT0829166"}]}),
)
def nct_form(context: AuditContext) -> Judgements:
    """Judge the registration numbers of trials."""
    yield from _form(context, "trials", "nct", _REGISTRATION, "NCT and eight digits")


@rule(
    "nct_in_review-form",
    "The same of the numbers that the framing review prints.",
    levels=("warning",),
    reference=_REGISTRY,
    remedy=_LOOK_UP,
    tables=("review_trials",),
    holds=Case({"review_trials": [{"nct_in_review": "NCT04539938"}]}),
    fails=Case({"review_trials": [{"nct_in_review": "NCT045399938"}]}),
)
def nct_in_review_form(context: AuditContext) -> Judgements:
    """Judge the registration numbers in the review."""
    words = "NCT and eight digits"
    yield from _form(context, "review_trials", "nct_in_review", _REGISTRATION, words)

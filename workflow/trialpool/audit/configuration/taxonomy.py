"""The rule on the taxonomy: what its entries name are entries of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool.audit.context import AuditContext
from trialpool.audit.rule import Case, Judgements, Rule
from trialpool.findings import Finding

# Entries of the taxonomy that say something of a trial, by its id.
_BY_TRIAL: Final = (
    "enrolled_levels",
    "responses_not_counts",
    "designs_equivalence",
    "designs_cohort",
)
RESOLVES: Final = "referential integrity: a name means something only where it is defined"
_MECHANISM: Final = {"label": "channel blocker", "class": "blocker"}


def check_taxonomy(context: AuditContext) -> Judgements:
    """Check that mechanisms, classes and agents refer to entries that exist."""
    taxonomy = context.settings.taxonomy
    mechanisms = taxonomy.get("mechanisms", {})
    classes = taxonomy.get("classes", {})
    agents = taxonomy.get("agents", {})

    for name, mechanism in mechanisms.items():
        if mechanism["class"] not in classes:
            yield _unknown(f"mechanisms.{name}.class", mechanism["class"], "class")
    for name, agent in agents.items():
        if agent["mechanism"] not in mechanisms:
            yield _unknown(f"agents.{name}.mechanism", agent["mechanism"], "mechanism")
        for link in ("same_as", "biosimilar_of", "compared_as"):
            if link in agent and agent[link] not in agents:
                yield _unknown(f"agents.{name}.{link}", agent[link], "agent")
    for name, entry in classes.items():
        if "compared_as" in entry and entry["compared_as"] not in agents:
            yield _unknown(f"classes.{name}.compared_as", entry["compared_as"], "agent")
    yield from _check_comparison_columns(context)
    yield from _check_trials(context)
    yield from _check_chapters(context)


def _check_chapters(context: AuditContext) -> Iterator[Finding]:
    """Check that the chapters of the framework name strategies and questions that exist."""
    taxonomy = context.settings.taxonomy
    for name, chapter in taxonomy.get("framework", {}).get("chapters", {}).items():
        place = f"framework.chapters.{name}"
        for strategy in chapter.get("strategies", ()):
            if strategy not in taxonomy.get("mechanisms", {}):
                yield _unknown(f"{place}.strategies", strategy, "mechanism")
        for question in chapter.get("questions", ()):
            if question not in context.settings.questions:
                yield _unknown(f"{place}.questions", question, "question", "questions.yaml")


def _unknown(place: str, value: str, noun: str, where: str = "the taxonomy") -> Finding:
    return Finding(
        "fatal",
        f"{noun}-known",
        "taxonomy.yaml",
        column=place,
        value=value,
        message=f"{noun} {value!r} is not in {where}",
        remedy=f"Correct the spelling, or add the {noun}.",
    )


def _check_trials(context: AuditContext) -> Iterator[Finding]:
    """Check that the trials of which entries say something are in trials.csv."""
    trials = {row["trial_id"] for row in context.rows("trials")}
    for name in _BY_TRIAL if trials else ():
        for trial_id in context.settings.taxonomy.get(name, {}):
            if trial_id not in trials:
                yield Finding(
                    "fatal",
                    "trial-known",
                    "taxonomy.yaml",
                    column=name,
                    value=str(trial_id),
                    message="trials.csv has no such trial",
                    remedy="Correct the spelling.",
                )


def _check_comparison_columns(context: AuditContext) -> Iterator[Finding]:
    """Check that trials.csv has the columns that tell comparisons apart or describe trials."""
    table = context.evidence.tables.get("trials")
    taxonomy = context.settings.taxonomy
    named = [("trial_columns", column) for column in taxonomy.get("trial_columns", {})]
    for at, entry in enumerate(taxonomy.get("comparison_columns", [])):
        columns = (entry["column"], *entry.get("only", {}))
        named += [(f"comparison_columns.{at}", column) for column in columns]
    for place, column in named:
        if table is not None and column not in table.columns:
            yield Finding(
                "fatal",
                "comparison-column-known",
                "taxonomy.yaml",
                column=place,
                value=column,
                message=f"trials.csv has no such column; it has {', '.join(table.columns)}",
                remedy="Correct the spelling.",
            )


taxonomy_resolves: Final = Rule(
    "taxonomy-resolves",
    "Mechanisms, classes, agents, columns, trials and questions of the taxonomy refer to what is "
    "there (reported as class-known, mechanism-known, agent-known, comparison-column-known, "
    "trial-known, question-known).",
    ("fatal",),
    RESOLVES,
    "Correct the spelling, or add the entry.",
    (),
    check_taxonomy,
    ("taxonomy",),
    Case(
        taxonomy={"classes": {"blocker": {}}, "mechanisms": {"channel": _MECHANISM}},
        words="class blocker of a mechanism, where the taxonomy has it",
    ),
    Case(
        taxonomy={"classes": {}, "mechanisms": {"channel": _MECHANISM}},
        words="class blocker of a mechanism, where the taxonomy has none",
    ),
)

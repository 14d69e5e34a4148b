"""The rule on questions: what they name exists, in the configuration and in the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any, Final

from msgspec.structs import replace

from trialpool.audit.configuration.taxonomy import RESOLVES
from trialpool.audit.context import AuditContext
from trialpool.audit.rule import OUTCOMES, Case, Judgements, Rule
from trialpool.evidence.comparisons import compare
from trialpool.evidence.contrasts import Taxonomy, split_agents
from trialpool.evidence.placeholders import numbers_in, placeholder_faults
from trialpool.findings import Finding, Level
from trialpool.settings.kinds import settings_of

# What the pool of comparisons that share an arm knows; a test keeps it equal to the pooling's.
_GLS_TAU2 = ("REML", "ML")


def _question(
    question_id: str, setting: str, value: str, message: str, remedy: str, level: Level = "fatal"
) -> Finding:
    return Finding(
        level,
        "question-setting",
        "questions.yaml",
        row_id=question_id,
        column=setting,
        value=value,
        message=message,
        remedy=remedy,
    )


def check_questions(context: AuditContext) -> Judgements:
    """Check that what a question names exists: columns, endpoints, populations, arms."""
    for finding in _question_faults(context):
        yield context.settings.origins.located(finding)


def _question_faults(context: AuditContext) -> Iterator[Finding]:
    for question_id, question in context.settings.questions.items():
        for place, variant in enumerate(question.get("variants", [])):
            varied = {**question, **variant["settings"]}
            for finding in (
                *_check_endpoints(context, question_id, varied),
                *_check_populations(context, question_id, varied),
            ):
                if finding.column in variant["settings"]:
                    column = f"variants.{place}.settings.{finding.column}"
                    yield replace(finding, column=column)
        if early := question.get("early"):
            of_early = {**question, **early}
            for finding in (
                *_check_endpoints(context, question_id, of_early),
                *_check_populations(context, question_id, of_early),
            ):
                if finding.column in early:
                    yield replace(finding, column=f"early.{finding.column}")
        yield from _check_endpoints(context, question_id, question)
        yield from _check_trial_filters(context, question_id, question)
        yield from _check_populations(context, question_id, question)
        yield from _check_outcomes(context, question_id, question)
        yield from _check_named_arms(context, question_id, question)
        yield from _check_beside(context, question_id, question)
        yield from _check_strategies(context, question_id, question)
        yield from _check_control_risk(context, question_id, question)
        yield from _check_comment(context, question_id, question)


def _check_comment(
    context: AuditContext, question_id: str, question: Mapping[str, Any]
) -> Iterator[Finding]:
    """Check that numbers of the data in a comment are placeholders, and that these resolve."""
    comment = question.get("comment", "")
    for placeholder, fault in placeholder_faults(comment, context.evidence):
        remedy = "Write {row_id.column} of a cell that is not empty."
        yield _question(question_id, "comment", placeholder, fault, remedy)
    for number in numbers_in(comment):
        message = "a number of the data stands in the text, where a new report leaves it as it is"
        remedy = "Write {row_id.column} of the cell that prints it, or leave it out."
        yield _question(question_id, "comment", number, message, remedy, "warning")


def _check_control_risk(
    context: AuditContext, question_id: str, question: Mapping[str, Any]
) -> Iterator[Finding]:
    """Check that a control risk that a question names is a rate at its landmark."""
    asked = question.get("absolute") or {}
    name = asked.get("control_risk")
    if name is None:
        return
    found = next((row for row in context.rows("baseline_risk") if row["row_id"] == name), None)
    months = f"{asked['landmark_months']:g}"
    if found is None:
        message = "baseline_risk.csv has no such row"
    elif (found["measure"], found["time_months"]) != ("survival", months):
        message = f"the row is no rate without the event at {months} months"
    else:
        return
    remedy = f"Name a row with measure 'survival' and time_months {months}."
    yield _question(question_id, "absolute.control_risk", name, message, remedy)


def _check_beside(
    context: AuditContext, question_id: str, question: Mapping[str, Any]
) -> Iterator[Finding]:
    """Check that the question drawn beside this one is another one that compares treatments."""
    other = question.get("beside")
    if other is None:
        return
    questions = context.settings.questions
    if other not in questions or other == question_id:
        message = "there is no other question of this id"
        yield _question(question_id, "beside", other, message, "Correct the spelling.")
        return
    kind = questions[other]["kind"]
    if "beside" not in settings_of(kind):
        message = f"questions of kind {kind} are not drawn beside others"
        yield _question(question_id, "beside", other, message, "Leave the setting out.")


def _check_strategies(
    context: AuditContext, question_id: str, question: Mapping[str, Any]
) -> Iterator[Finding]:
    """Check that the comparisons that a question pools as a strategy are made by some trial."""
    declared = question.get("strategies", {})
    known = _comparisons(context) if declared else set()
    for name, strategy in declared.items():
        for comparison in strategy["comparisons"]:
            if comparison not in known:
                message = "no two arms of a trial make a comparison of this id"
                remedy = "Correct it; results/comparisons.json lists the ids."
                yield _question(question_id, f"strategies.{name}", comparison, message, remedy)


def _comparisons(context: AuditContext) -> set[str]:
    taxonomy = Taxonomy(context.settings.taxonomy)
    trials = {row["trial_id"]: row for row in context.rows("trials")}
    arms: dict[str, list[tuple[str, str]]] = {name: [] for name in trials}
    for row in context.rows("arms"):
        if row["trial_id"] in trials and all(map(taxonomy.knows, split_agents(row["agents"]))):
            arms[row["trial_id"]].append((row["arm_id"], row["agents"]))
    return {
        compare(taxonomy, trials[name], *pair)[0].id
        for name, own in arms.items()
        for pair in permutations(own, 2)
    }


def _check_endpoints(
    context: AuditContext, question_id: str, question: Mapping[str, Any]
) -> Iterator[Finding]:
    known = context.settings.endpoints
    benefits = set()
    for endpoint in question["endpoints"]:
        if endpoint not in known:
            message = f"unknown endpoint; known: {', '.join(known)}"
            remedy = "Correct it, or add it under 'endpoints' in config.yaml."
            yield _question(question_id, "endpoints", endpoint, message, remedy)
        else:
            benefits.add(known[endpoint].higher_is_good)
    if len(benefits) > 1:
        value = ", ".join(question["endpoints"])
        message = "endpoints with opposite directions of benefit cannot be pooled"
        yield _question(question_id, "endpoints", value, message, "Make two questions of it.")


def _check_trial_filters(
    context: AuditContext, question_id: str, question: Mapping[str, Any]
) -> Iterator[Finding]:
    table = context.evidence.tables.get("trials")
    if table is None:
        return
    columns = table.columns
    for column in question.get("moderators", []):
        if column != "year" and column not in columns:
            message = f"trials.csv has no column {column!r}; it has {', '.join(columns)}"
            yield _question(question_id, "moderators", column, message, "Correct the spelling.")
    for column, values in question.get("trials", {}).items():
        if column not in columns:
            message = f"trials.csv has no column {column!r}; it has {', '.join(columns)}"
            yield _question(
                question_id, f"trials.{column}", column, message, "Correct the spelling."
            )
            continue
        seen = {word for (word,) in context.cells("trials", column)}
        for value in values:
            if value not in seen:
                shown = ", ".join(repr(word) for word in sorted(seen))
                message = f"no trial has this {column}; there are {shown}"
                remedy = "Correct the spelling if it is one."
                yield _question(
                    question_id, f"trials.{column}", str(value), message, remedy, "warning"
                )


def _check_populations(
    context: AuditContext, question_id: str, question: Mapping[str, Any]
) -> Iterator[Finding]:
    kinds = context.settings.taxonomy.get("population_kinds", {})
    words = context.settings.taxonomy.get("populations", {})
    for kind in question.get("populations", []):
        if kind not in kinds and kind not in words:
            message = "neither a kind of population nor words of a report; kinds are " + ", ".join(
                kinds
            )
            remedy = "Correct it, or add it under 'population_kinds' in taxonomy.yaml."
            yield _question(question_id, "populations", kind, message, remedy)


def _check_named_arms(
    context: AuditContext, question_id: str, question: Mapping[str, Any]
) -> Iterator[Finding]:
    arms, trials = context.cells("arms", "trial_id", "arm_id"), context.cells("trials", "trial_id")
    for setting in ("choose", "all_arms"):
        for trial_id, contrasts in question.get(setting, {}).items():
            for arm in sorted({arm for contrast in contrasts for arm in contrast}):
                if (trial_id, arm) not in arms:
                    message = f"arms.csv has no arm {trial_id} / {arm}"
                    remedy = "Correct the spelling of trial or arm."
                    yield _question(question_id, f"{setting}.{trial_id}", arm, message, remedy)
    tau2 = context.settings.config.get("pooling", {}).get("tau2")
    if (question.get("multiarm") == "gls" or "all_arms" in question) and tau2 not in _GLS_TAU2:
        message = f"comparisons that share an arm are pooled under {' or '.join(_GLS_TAU2)} only"
        remedy = "Set pooling.tau2 to one of them, or multiarm to choose without all_arms."
        yield _question(question_id, "multiarm", str(tau2), message, remedy)
    for setting in ("exclude_trials", "joint_analyses", "margins"):
        for trial_id in question.get(setting, ()):
            if (trial_id,) not in trials:
                place = setting if setting == "joint_analyses" else f"{setting}.{trial_id}"
                message = "trials.csv has no such trial"
                yield _question(question_id, place, trial_id, message, "Correct the spelling.")
    tables = dict.fromkeys((question["table"], *_BESIDE.get(question["table"], ())))
    for row_id in question.get("exclude_rows", ()):
        if all((row_id,) not in context.cells(table, "row_id") for table in tables):
            message = f"{question['table']}.csv has no such row"
            place = f"exclude_rows.{row_id}"
            yield _question(question_id, place, row_id, message, "Correct the spelling.")


# Where a table's questions take published effects from.
_BESIDE: Final = {
    "responses": ("response_contrasts",),
    **dict.fromkeys(("means", "rates"), ("outcome_contrasts",)),
}


# Settings that name cells of a column.
_NAMED: Final = (("timepoints", "timepoint"), ("units", "unit"), ("variables", "variable"))


def _check_outcomes(
    context: AuditContext, question_id: str, question: Mapping[str, Any]
) -> Iterator[Finding]:
    """Check that the table is read, and that what a question names of outcomes stands in it."""
    tables = (question["table"], *_BESIDE.get(question["table"], ()))
    listed = context.settings.config.get("tables", tables)
    if not set(tables) & {*listed, *context.evidence.tables}:
        message = f"this review does not read {question['table']}.csv"
        remedy = f"Add {question['table']} to 'tables' in config.yaml."
        yield _question(question_id, "table", question["table"], message, remedy)

    def seen_in(column: str) -> set[str]:
        cells = (cell for table in tables for cell in context.cells(table, "endpoint", column))
        return {word for endpoint, word in cells if endpoint in question["endpoints"]}

    wanted, kinds = set(question.get("values", ())), seen_in("value")
    if kinds and wanted and not wanted & kinds:
        message = (
            f"no row of its endpoints holds such a value; there are {', '.join(sorted(kinds))}"
        )
        remedy = "Correct it, or the column 'value' of the rows."
        yield _question(
            question_id, "values", ", ".join(sorted(wanted)), message, remedy, "warning"
        )
    for setting, column in _NAMED:
        named = question.get(setting, ())
        seen = seen_in(column) if named else set()
        for value in named:
            if value not in seen:
                shown = ", ".join(repr(word) for word in sorted(seen)) or "no rows"
                message = f"no row of its endpoints has this {column}; there are {shown}"
                remedy = "Correct the spelling if it is one."
                yield _question(question_id, setting, value, message, remedy, "warning")


_QUESTION: Final = {"table": "responses", "endpoints": ["remission"]}

question_setting: Final = Rule(
    "question-setting",
    "What a question names exists: endpoints of one direction of benefit, columns, populations, "
    "arms, trials, rows. A filter that no trial meets is a warning.",
    ("fatal", "warning"),
    RESOLVES,
    "Correct the spelling.",
    (),
    check_questions,
    ("questions", "taxonomy", "config"),
    Case(config=OUTCOMES, questions={"responding": _QUESTION}, words="a question about remission"),
    Case(
        config=OUTCOMES,
        questions={"responding": {**_QUESTION, "endpoints": ["remision"]}},
        words="a question about remision",
    ),
)

"""Rows of raw tables from an outcome that names an endpoint: hazard ratios, responders."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from trialpool.evidence.printed import parse_number
from trialpool.intake.endpoints import Named
from trialpool.intake.ids import next_number, row_id
from trialpool.intake.json_tree import Node, text
from trialpool.intake.record import Imported
from trialpool.intake.registry.analyses import DIRECTION, Estimate
from trialpool.intake.registry.outcome import PATIENTS, Outcome, Pair, Row

_NOT_REACHED: Final = re.compile(
    r"not (?:yet )?(?:reached|estimable|evaluable|calculable|attained)|\bN[RE]\b", re.IGNORECASE
)
_UNITS: Final = {"month": "months", "week": "weeks", "day": "days", "year": "years"}


def _population(outcome: Outcome, named: Named, pair: Pair, *more: str) -> str:
    """Return the report's own words for who was analysed.

    A title with more words than the endpoint, and the description of an analysis,
    may name a part of the patients; they are kept, so that the row stays out until
    a person has placed the words in the taxonomy.
    """
    parts = [outcome.title if named.rest else "", text(outcome.node, "populationDescription")]
    groups = (outcome.groups[group].title for group in (pair.ours, pair.theirs))
    return "; ".join(dict.fromkeys(part for part in (*parts, *groups, *more) if part))


def _medians(outcome: Outcome, row: Row | None, imported: Imported) -> tuple[dict[str, str], str]:
    """Return the median of each group as printed and its unit; empty where none is given."""
    unit = outcome.unit.casefold().rstrip("s")
    if outcome.kind != "MEDIAN" or row is None:
        return {}, ""
    if unit not in _UNITS:
        imported.leave(outcome.place, "medians", outcome.unit, "an unknown unit of time")
        return {}, ""
    medians = {}
    for group, entry in row.cells.items():
        value, comment = text(entry, "value"), text(entry, "comment")
        if parse_number(value) is not None:
            medians[group] = value
        elif value.upper() in ("NA", "NR", "NE") and _NOT_REACHED.search(comment or value):
            medians[group] = "NR"
        elif value:
            imported.leave(outcome.place, f"median of {group}", value, "not a number")
    return medians, _UNITS[unit]


def time_to_event(
    outcome: Outcome,
    named: Named,
    estimates: Sequence[Estimate],
    origin: Mapping[str, str],
    imported: Imported,
) -> None:
    """Add a row of time_to_event.csv for every hazard ratio of two arms."""
    for estimate in estimates:
        if estimate.measure != "HR":
            continue
        medians, unit = _medians(outcome, estimate.row, imported)
        ours, theirs = estimate.pair.ours, estimate.pair.theirs
        trial, endpoint = origin["trial_id"], named.endpoint
        taken = [row["row_id"] for row in imported.tables.get("time_to_event", [])]
        described = text(estimate.analysis, "groupDescription")
        counts = outcome.n_of(estimate.analysis)
        imported.add(
            "time_to_event",
            {
                **origin,
                "row_id": row_id(trial, endpoint, "t", next_number(trial, endpoint, "t", taken)),
                "experimental_arm": outcome.groups[ours].arm.arm_id,
                "control_arm": outcome.groups[theirs].arm.arm_id,
                "endpoint": endpoint,
                "assessor": named.assessor,
                "population": _population(outcome, named, estimate.pair, described),
                "measure": "HR",
                "estimate": estimate.value,
                "ci_lower": estimate.lower,
                "ci_upper": estimate.upper,
                "ci_level": estimate.level,
                "p_value": estimate.p_value,
                "n_experimental": counts.get(ours, ""),
                "n_control": counts.get(theirs, ""),
                "median_experimental": medians.get(ours, ""),
                "median_control": medians.get(theirs, ""),
                "time_unit": unit if medians else "",
                "locator": estimate.where,
                "evidence_note": _note(outcome, estimate.analysis),
            },
        )


def _note(outcome: Outcome, analysis: Node) -> str:
    """Return what the record says of an analysis, after what was inferred."""
    parts = [DIRECTION]
    for words, key in (
        ("method", "statisticalMethod"),
        ("hypothesis", "nonInferiorityType"),
        ("margin or hypothesis", "nonInferiorityComment"),
        ("on p", "pValueComment"),
        ("on the estimate", "estimateComment"),
    ):
        if found := text(analysis, key):
            parts.append(f"{words}: {found}")
    if frame := text(outcome.node, "timeFrame"):
        parts.append(f"time frame: {frame}")
    return "; ".join(parts)


def responses(
    outcome: Outcome, named: Named, origin: Mapping[str, str], imported: Imported
) -> None:
    """Add a row of responses.csv for each group's count or percentage."""
    unit = outcome.unit.casefold()
    column = "events" if unit in PATIENTS else ""
    if "percent" in unit or unit == "%":
        column = "percent"
    row, place = outcome.only_row, outcome.place
    if row is None or outcome.kind not in ("COUNT_OF_PARTICIPANTS", "NUMBER") or not column:
        reason = "not one count or percentage of patients for each group"
        imported.leave(place, "measurements", f"{outcome.kind}, {unit}", reason)
        return
    is_interval = re.search(
        r"confidence interval", text(outcome.node, "dispersionType"), re.IGNORECASE
    )
    trial, endpoint = origin["trial_id"], named.endpoint
    for group, entry in row.cells.items():
        if group not in outcome.groups:
            if group not in outcome.strangers:
                imported.leave(place, "groupId", group, "the outcome has no such group")
            continue
        value = text(entry, "value")
        if not _is_share(column, value):
            imported.leave(place, f"value of {group}", value, f"not a {column} of patients")
            continue
        limits: dict[str, Any] = {}
        if column == "percent" and is_interval:
            limits = {"ci_lower": text(entry, "lowerLimit"), "ci_upper": text(entry, "upperLimit")}
            if not all(_is_share("percent", limit) for limit in limits.values()):
                shown = " to ".join(limits.values())
                imported.leave(place, f"interval of {group}", shown, "not two percentages")
                limits = {}
        taken = [row["row_id"] for row in imported.tables.get("responses", [])]
        matched = outcome.groups[group]
        said = (text(outcome.node, key) for key in ("description", "populationDescription"))
        imported.add(
            "responses",
            {
                **origin,
                **limits,
                column: value,
                "row_id": row_id(trial, endpoint, "r", next_number(trial, endpoint, "r", taken)),
                "arm_id": matched.arm.arm_id,
                "endpoint": endpoint,
                "definition": "; ".join(filter(None, (outcome.title, matched.title))),
                "n": row.counts.get(group, ""),
                "locator": f"{place}, group {group}",
                "evidence_note": "; ".join(filter(None, said)),
            },
        )


def _is_share(column: str, value: str) -> bool:
    if column == "events":
        return value.isascii() and value.isdigit()
    number = parse_number(value)
    return number is not None and 0 <= number.value <= 100

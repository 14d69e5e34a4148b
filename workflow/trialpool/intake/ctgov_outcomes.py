"""Outcome measures of a ClinicalTrials.gov record: hazard ratios and counts of responders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from trialpool.evidence.printed import parse_number, parse_p_value
from trialpool.intake.endpoints import Named, assessor, read_title
from trialpool.intake.ids import next_number, row_id
from trialpool.intake.json_tree import Node, nodes, text, texts
from trialpool.intake.record import Imported

_NOT_REACHED: Final = re.compile(
    r"not (?:yet )?(?:reached|estimable|evaluable|calculable|attained)|\bN[RE]\b", re.IGNORECASE
)
_UNITS: Final = {"month": "months", "week": "weeks", "day": "days", "year": "years"}
# The registry's word for a declared superiority test; what else there is gives a p of another kind.
_SUPERIORITY: Final = {
    "SUPERIORITY",
    "SUPERIORITY_OR_OTHER",
    "SUPERIORITY_OR_OTHER_LEGACY",
    "",
}
DIRECTION: Final = (
    "DIRECTION INFERRED: the registry does not say which group the ratio refers to; taken as "
    "experimental against control"
)


class ArmLike(Protocol):
    """An arm with its identifier, label and role."""

    @property
    def arm_id(self) -> str: ...  # noqa: D102
    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def role(self) -> str: ...  # noqa: D102


ArmOf = Callable[[str], ArmLike | None]


def read_outcomes(
    outcomes: Sequence[Node], arm_of: ArmOf, origin: Mapping[str, str], imported: Imported
) -> None:
    """Add the rows of every outcome measure; what gives no row is left out by name."""
    for number, outcome in enumerate(outcomes, 1):
        place = f"outcome measure {number}"
        title = text(outcome, "title")
        named = read_title(title)
        before = imported.n_rows + len(imported.left_out)
        if isinstance(named, str):
            imported.leave(place, "title", title, named)
        elif named.is_time:
            _time_to_event(place, outcome, named, arm_of, origin, imported)
        else:
            _response(place, outcome, named, arm_of, origin, imported)
        if imported.n_rows + len(imported.left_out) == before:
            imported.leave(place, "measurements", title, "no number is posted for any group")


def _arms_of_groups(
    place: str, outcome: Node, arm_of: ArmOf, imported: Imported
) -> dict[str, ArmLike]:
    """Return the arm of every group; a group that is no arm is left out by name."""
    arms: dict[str, ArmLike] = {}
    for group in nodes(outcome, "groups"):
        title = text(group, "title")
        arm = arm_of(title)
        if arm is None:
            imported.leave(
                place,
                f"group {text(group, 'id')}",
                title,
                "no arm of the protocol is called so",
                "Name its arm: --group 'title of the group=label of the arm'.",
            )
        else:
            arms[text(group, "id")] = arm
    return arms


def _counts(outcome: Node) -> dict[str, str]:
    """Return the patients analysed in each group."""
    counts = {}
    for denominator in nodes(outcome, "denoms")[:1]:
        if text(denominator, "units").casefold() in ("participants", ""):
            for entry in nodes(denominator, "counts"):
                value = text(entry, "value")
                if value.isascii() and value.isdigit():
                    counts[text(entry, "groupId")] = value
    return counts


def _only_measurements(outcome: Node) -> list[Node] | None:
    """Return the measurements of an outcome without classes and categories, else None."""
    classes = nodes(outcome, "classes")
    if len(classes) != 1 or len(nodes(classes[0], "categories")) != 1:
        return None
    return nodes(nodes(classes[0], "categories")[0], "measurements")


def _population(outcome: Node, named: Named, *more: str) -> str:
    """Return the report's own words for who was analysed.

    A title with more words than the endpoint, and the description of an analysis,
    may name a part of the patients; they are kept, so that the row stays out until
    a person has placed the words in the taxonomy.
    """
    parts = [text(outcome, "title") if named.rest else "", text(outcome, "populationDescription")]
    return "; ".join(part for part in (*parts, *more) if part)


def _medians(place: str, outcome: Node, imported: Imported) -> tuple[dict[str, str], str]:
    """Return the median of each group as printed and its unit; empty where none is given."""
    if text(outcome, "paramType").upper() != "MEDIAN":
        return {}, ""
    unit = text(outcome, "unitOfMeasure").casefold().rstrip("s")
    measurements = _only_measurements(outcome)
    if measurements is None or unit not in _UNITS:
        value = text(outcome, "unitOfMeasure")
        imported.leave(place, "medians", value, "several classes, or an unknown unit of time")
        return {}, ""
    medians = {}
    for entry in measurements:
        value, comment = text(entry, "value"), text(entry, "comment")
        if parse_number(value) is not None:
            medians[text(entry, "groupId")] = value
        elif value.upper() in ("NA", "NR", "NE") and _NOT_REACHED.search(comment or value):
            medians[text(entry, "groupId")] = "NR"
        elif value:
            imported.leave(place, f"median of {text(entry, 'groupId')}", value, "not a number")
    return medians, _UNITS[unit]


def _time_to_event(
    place: str,
    outcome: Node,
    named: Named,
    arm_of: ArmOf,
    origin: Mapping[str, str],
    imported: Imported,
) -> None:
    analyses = nodes(outcome, "analyses")
    if not analyses:
        imported.leave(place, "analyses", text(outcome, "title"), "no comparison is posted")
        return
    arms = _arms_of_groups(place, outcome, arm_of, imported)
    medians, unit = _medians(place, outcome, imported)
    counts = _counts(outcome)
    for number, analysis in enumerate(analyses, 1):
        where = f"{place}, analysis {number}"
        kind = text(analysis, "paramType")
        if not re.search(r"hazard ratio", kind, re.IGNORECASE) or "log" in kind.casefold():
            reason = "not a hazard ratio"
            imported.leave(where, "paramType", kind or text(analysis, "statisticalMethod"), reason)
            continue
        groups = texts(analysis, "groupIds")
        pair = _pair(where, groups, arms, imported)
        if pair is None:
            continue
        ours, theirs = pair
        numbers = _ratio(where, analysis, imported)
        if numbers is None:
            continue
        if _turned(where, numbers, medians.get(ours, ""), medians.get(theirs, ""), imported):
            continue
        trial, endpoint = origin["trial_id"], named.endpoint
        taken = [row["row_id"] for row in imported.tables.get("time_to_event", [])]
        imported.add(
            "time_to_event",
            {
                **origin,
                **numbers,
                "row_id": row_id(trial, endpoint, "t", next_number(trial, endpoint, "t", taken)),
                "experimental_arm": arms[ours].arm_id,
                "control_arm": arms[theirs].arm_id,
                "endpoint": endpoint,
                "assessor": named.assessor or assessor(text(outcome, "description")),
                "population": _population(outcome, named, text(analysis, "groupDescription")),
                "measure": "HR",
                "n_experimental": counts.get(ours, ""),
                "n_control": counts.get(theirs, ""),
                "median_experimental": medians.get(ours, ""),
                "median_control": medians.get(theirs, ""),
                "time_unit": unit if medians else "",
                "locator": where,
                "evidence_note": _note(outcome, analysis),
            },
        )


def _pair(
    where: str, groups: Sequence[str], arms: Mapping[str, ArmLike], imported: Imported
) -> tuple[str, str] | None:
    """Return the experimental and the control group of a comparison of two."""
    if len(groups) != 2:
        imported.leave(where, "groupIds", ", ".join(groups), "not a comparison of two groups")
        return None
    if unknown := [group for group in groups if group not in arms]:
        imported.leave(where, "groupIds", ", ".join(unknown), "the group is no arm of the protocol")
        return None
    roles = [arms[group].role for group in groups]
    if sorted(roles) != ["control", "experimental"]:
        reason = "the protocol does not say which of the two arms is experimental"
        remedy = "Enter the row by hand, with the direction that the article gives."
        imported.leave(where, "roles", " and ".join(map(repr, roles)), reason, remedy)
        return None
    ours = groups[roles.index("experimental")]
    return ours, groups[roles.index("control")]


def _ratio(where: str, analysis: Node, imported: Imported) -> dict[str, str] | None:
    """Return estimate, interval and p-value as printed; None if there is no estimate."""
    estimate = text(analysis, "paramValue")
    if parse_number(estimate) is None:
        imported.leave(where, "paramValue", estimate, "not a number")
        return None
    cells = {"estimate": estimate, "p_value": _p_value(where, analysis, imported)}
    lower, upper = text(analysis, "ciLowerLimit"), text(analysis, "ciUpperLimit")
    if not lower and not upper:
        return cells
    sides = text(analysis, "ciNumSides").upper()
    if "ONE" in sides or sides.startswith("1"):
        reason = "a one-sided interval gives no standard error here"
        imported.leave(where, "confidence interval", f"{lower} to {upper}", reason)
        return cells
    if parse_number(lower) is None or parse_number(upper) is None:
        imported.leave(where, "confidence interval", f"{lower} to {upper}", "not two numbers")
        return cells
    level = text(analysis, "ciPctValue").removesuffix("%").strip()
    if level and parse_number(level) is None:
        imported.leave(where, "ciPctValue", level, "not a number; the level is left empty")
        level = ""
    return {**cells, "ci_lower": lower, "ci_upper": upper, "ci_level": level}


def _p_value(where: str, analysis: Node, imported: Imported) -> str:
    """Return the p-value as printed, with what it is where it is not two-sided superiority."""
    printed = text(analysis, "pValue")
    if not printed:
        return ""
    cell = printed
    comment = text(analysis, "pValueComment")
    remarks = []
    if re.search(r"(?:1|one)[ -]?(?:sided|tailed)", f"{comment} {printed}", re.IGNORECASE):
        remarks.append("one-sided")
    kind = text(analysis, "nonInferiorityType").upper()
    if kind not in _SUPERIORITY:
        remarks.append(kind.replace("_", "-").casefold())
    if remarks and "(" not in cell:
        cell = f"{cell} ({', '.join(remarks)})"
    if parse_p_value(cell) is None:
        imported.leave(where, "pValue", printed, "not a p-value between 0 and 1")
        return ""
    return cell


def _turned(
    where: str, numbers: Mapping[str, str], ours: str, theirs: str, imported: Imported
) -> bool:
    """Leave out a ratio whose direction the medians contradict."""
    ratio, a, b = (parse_number(cell) for cell in (numbers["estimate"], ours, theirs))
    if ratio is None or a is None or b is None:
        return False
    if (ratio.value - 1) * (a.value - b.value) <= 0:
        return False
    value = f"HR {ratio.text}, medians {a.text} and {b.text}"
    reason = "the medians point the other way: the ratio may be control against experimental"
    remedy = "Enter the row by hand, with the direction that the article gives."
    imported.leave(where, "direction", value, reason, remedy)
    return True


def _note(outcome: Node, analysis: Node) -> str:
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
    if frame := text(outcome, "timeFrame"):
        parts.append(f"time frame: {frame}")
    return "; ".join(parts)


def _response(
    place: str,
    outcome: Node,
    named: Named,
    arm_of: ArmOf,
    origin: Mapping[str, str],
    imported: Imported,
) -> None:
    measurements = _only_measurements(outcome)
    kind, unit = text(outcome, "paramType").upper(), text(outcome, "unitOfMeasure").casefold()
    column = "events" if unit in ("participants", "patients", "subjects") else ""
    if "percent" in unit or unit == "%":
        column = "percent"
    if measurements is None or kind not in ("COUNT_OF_PARTICIPANTS", "NUMBER") or not column:
        value = f"{kind}, {unit}"
        reason = "not one count or percentage of patients for each group"
        imported.leave(place, "measurements", value, reason)
        return
    arms = _arms_of_groups(place, outcome, arm_of, imported)
    counts = _counts(outcome)
    is_interval = re.search(r"confidence interval", text(outcome, "dispersionType"), re.IGNORECASE)
    trial, endpoint = origin["trial_id"], named.endpoint
    for entry in measurements:
        group = text(entry, "groupId")
        if group not in arms:
            if group not in {text(known, "id") for known in nodes(outcome, "groups")}:
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
        part = _population(outcome, named) if named.rest else ""
        title = text(outcome, "title")
        imported.add(
            "responses",
            {
                **origin,
                **limits,
                column: value,
                "row_id": row_id(trial, endpoint, "r", next_number(trial, endpoint, "r", taken)),
                "arm_id": arms[group].arm_id,
                "endpoint": endpoint,
                "definition": part or title,
                "n": counts.get(group, ""),
                "locator": f"{place}, group {group}",
                "evidence_note": "; ".join(
                    words
                    for words in (
                        text(outcome, "description"),
                        text(outcome, "populationDescription"),
                    )
                    if words
                ),
            },
        )
    for number, analysis in enumerate(nodes(outcome, "analyses"), 1):
        kind = text(analysis, "paramType") or text(analysis, "statisticalMethod")
        value = f"{kind} {text(analysis, 'paramValue')}".strip()
        reason = "a comparison of responses is derived from the counts, not copied"
        imported.leave(f"{place}, analysis {number}", "paramType", value, reason)


def _is_share(column: str, value: str) -> bool:
    if column == "events":
        return value.isascii() and value.isdigit()
    number = parse_number(value)
    return number is not None and 0 <= number.value <= 100

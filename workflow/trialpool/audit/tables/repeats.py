"""Rules on one result that stands twice: under other words, another source id, another trial id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from trialpool.audit.context import AuditContext, Row
from trialpool.audit.levels import side_of
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.evidence.printed import parse_number, parse_p_value

_COPIED: Final = "Cochrane Handbook 6.5, 5.5 (errors of extraction)"
_RATIO: Final = ("estimate", "ci_lower", "ci_upper")


@dataclass(frozen=True)
class _Place:
    """Where the cells of a table stand that tell its results apart.

    Attributes
    ----------
    arms, levels, words : tuple of str
        Columns of arms, of the levels of a marker, and of words that say how or in whom.
    figures : tuple of str
        What a result prints; two that share three are one result.
    sizes : tuple of str
        Patients and events beside it: they may contradict, but all results of a group share them.
    """

    arms: tuple[str, ...]
    levels: tuple[str, ...]
    words: tuple[str, ...]
    figures: tuple[str, ...]
    sizes: tuple[str, ...] = ()


_PLACES: Final = {
    "time_to_event": _Place(
        ("experimental_arm", "control_arm"),
        ("biomarker_level",),
        ("assessor", "maturity"),
        (*_RATIO, "p_value", "median_experimental", "median_control"),
        ("n_experimental", "n_control", "events_experimental", "events_control"),
    ),
    "responses": _Place(
        ("arm_id",),
        ("biomarker_level",),
        ("definition",),
        ("events", "n", "percent", "ci_lower", "ci_upper"),
    ),
    "response_contrasts": _Place(
        ("experimental_arm", "control_arm"),
        ("biomarker_level",),
        ("definition", "population", "measure", "adjusted"),
        (*_RATIO, "p_value"),
    ),
    "means": _Place(
        ("arm_id",),
        ("biomarker_level",),
        ("definition", "timepoint", "population", "value", "unit"),
        ("mean", "sd", "se", "ci_lower", "ci_upper", "median", "q1", "q3", "min", "max"),
        ("n",),
    ),
    "rates": _Place(
        ("arm_id",),
        ("biomarker_level",),
        ("definition", "timepoint", "population"),
        ("events", "person_time"),
        ("n",),
    ),
    "correlations": _Place(
        ("arm_id",),
        ("biomarker_level",),
        ("variable", "definition", "timepoint", "population"),
        ("r", "ci_lower", "ci_upper", "n"),
    ),
    "outcome_contrasts": _Place(
        ("experimental_arm", "control_arm"),
        ("biomarker_level",),
        ("definition", "timepoint", "population", "measure", "value", "unit", "adjusted"),
        (*_RATIO, "se", "p_value"),
        ("n_experimental", "n_control"),
    ),
    "biomarker_contrasts": _Place(
        ("arm_id",),
        ("level_a", "level_b"),
        ("measure",),
        (*_RATIO, "value_a", "value_b", "p_value"),
        ("n_a", "n_b", "events_a", "events_b"),
    ),
}
# Of a result under two trials, that many shared numbers are more than a coincidence.
_ENOUGH: Final = 3


def _value(column: str, text: str) -> object:
    """Return what a cell says, however it is spelt: 1.10 and 1.1 are one number."""
    if column == "p_value":
        p = parse_p_value(text)
        return (p.relation.replace("=", ""), p.number.value) if p is not None else text.casefold()
    number = parse_number(text.removesuffix("%"))
    return number.value if number is not None else text.casefold()


def _shared(one: Row, other: Row, columns: Iterable[str]) -> list[str] | None:
    """Return the columns in which both rows print the same; None if one of them differs."""
    both = [c for c in columns if one[c] and other[c]]
    same = [c for c in both if _value(c, str(one[c])) == _value(c, str(other[c]))]
    return same if len(same) == len(both) else None


def _words(text: str) -> set[str]:
    """Return the words and numbers of a text; endings that only inflect are cut."""
    return {w.removesuffix("s") for w in re.findall(r"[^\W_]+", text.casefold())}


def _alike(one: str, other: str) -> bool:
    """Whether two texts may mean the same: one says no more than the other, or nothing."""
    ours, theirs = _words(one), _words(other)
    return ours <= theirs or theirs <= ours


def _same_level(one: str, other: str) -> bool:
    """Whether two levels of a marker may be one: the same words, or the same side and numbers."""
    ours, theirs = (set(re.findall(r"\d+", text)) for text in (one, other))
    sides = {side_of(one), side_of(other)} - {""}
    if len(sides) > 1 or (ours and theirs and ours != theirs):
        return False
    says_side = bool(side_of(one) and side_of(other))
    return says_side or bool(ours and theirs) or _alike(one, other)


def _same_patients(context: AuditContext, place: _Place, one: Row, other: Row) -> bool:
    """Whether two rows may be about the same level of the same marker, by the same definition."""
    (marker, *ours), (its, *theirs) = (context.marker(row, place.levels) for row in (one, other))
    if bool(marker) != bool(its) or not _alike(marker, its):
        return False
    return all(map(_same_level, ours, theirs)) and all(
        _alike(str(one[c]), str(other[c])) for c in place.words
    )


def _same_figures(context: AuditContext, place: _Place, one: Row, other: Row) -> list[str]:
    """Return the figures that make two rows of one report the same result, none if they are not."""
    if _shared(one, other, place.sizes) is None:
        return []
    shared = _shared(one, other, place.figures)
    # Many results have a p-value below 0.0001.
    if not shared or shared == ["p_value"]:
        return []
    # Counts of a small group agree by chance, an estimate with both limits does not.
    strong = [c for c in shared if "events" not in place.figures or c.startswith("ci_")]
    return shared if len(strong) >= _ENOUGH or _same_patients(context, place, one, other) else []


def _said(row: Row, columns: Iterable[str]) -> str:
    return ", ".join(str(row[c]) for c in columns)


def _case(first: Mapping[str, str], second: Mapping[str, str]) -> Case:
    same = {"endpoint": "relapse", "estimate": "1.10", "ci_lower": "0.83", "ci_upper": "1.45"}
    rows = [{"row_id": "a.1", **same, **first}, {"row_id": "a.2", **same, **second}]
    return Case({"time_to_event": rows})


_ONE_TRIAL: Final = {"trial_id": "a", "source_id": "s"}


@rule(
    "row-twice",
    "One report gives one row per result: not the same numbers of one comparison and endpoint in "
    "two rows, however they and the patients are spelt. One report is one source, one DOI, PubMed "
    "number or title, or one address.",
    levels=("warning",),
    reference=_COPIED,
    remedy="Keep one row, or say in the note what sets them apart; a pool uses one of them.",
    tables=("sources", *_PLACES),
    holds=_case(_ONE_TRIAL, {**_ONE_TRIAL, "estimate": "1.11"}),
    fails=_case(_ONE_TRIAL, {**_ONE_TRIAL, "estimate": "1.1", "biomarker_level": "low"}),
)
def row_twice(context: AuditContext) -> Judgements:
    """Judge rows with numbers against the rows before them of the same trial, arms and endpoint."""
    for table, place in _PLACES.items():
        seen: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in context.rows(table):
            if not any(row[c] for c in place.figures):
                continue
            key = tuple(str(row[c]) for c in ("trial_id", "endpoint", *place.arms))
            twins = (
                (twin, shared)
                for twin in seen[key]
                if context.same_report(row, twin)
                and (shared := _same_figures(context, place, row, twin))
            )
            twin, shared = next(twins, (None, []))
            seen[key].append(row)
            if twin is None:
                yield None
                continue
            shown = _said(row, shared)
            message = f"the same result as {twin['row_id']} from the same report: {shown}"
            others = {f"{twin['row_id']} {c}": str(twin[c]) for c in shared[:1]}
            yield Fault(table, row, shared[0], message, "one row", tuple(shared[1:]), others)


_TWO_TRIALS: Final = ({"trial_id": "a", "source_id": "s"}, {"trial_id": "b", "source_id": "s"})


@rule(
    "result-of-one-trial",
    "A report's numbers stand under one trial: two trials do not share three numbers of one report "
    "on the same endpoint and patients.",
    levels=("warning",),
    reference=_COPIED,
    remedy="If they are one analysis, make one trial of the two; else say in the notes why not.",
    tables=("sources", *_PLACES),
    holds=_case(_TWO_TRIALS[0], {**_TWO_TRIALS[1], "estimate": "1.11"}),
    fails=_case(*_TWO_TRIALS),
)
def result_of_one_trial(context: AuditContext) -> Judgements:
    """Judge rows with numbers against the rows of other trials from the same source."""
    found: dict[tuple[str, str], list[tuple[str, Row, Row, list[str]]]] = defaultdict(list)
    judged = 0
    for table, place in _PLACES.items():
        seen: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in context.rows(table):
            if not any(row[c] for c in place.figures):
                continue
            judged += 1
            source = context.same_source.get(str(row["source_id"]), str(row["source_id"]))
            endpoint = str(row["endpoint"]).partition(" ")[0]
            for twin in seen[source, endpoint]:
                if twin["trial_id"] == row["trial_id"] or not _same_patients(
                    context, place, row, twin
                ):
                    continue
                if shared := _shared(row, twin, (*place.figures, *place.sizes)):
                    pair = (str(twin["trial_id"]), str(row["trial_id"]))
                    found[pair].append((table, row, twin, shared))
            seen[source, endpoint].append(row)
    faults = list(_of_two_trials(found))
    yield from faults
    yield from [None] * (judged - len(faults))


def _of_two_trials(
    found: Mapping[tuple[str, str], list[tuple[str, Row, Row, list[str]]]],
) -> Iterator[Fault]:
    """Yield a fault for each row of two trials that share enough numbers, once per row."""
    told: set[tuple[str, str]] = set()
    for (trial_id, _), pairs in found.items():
        # A percentage says nothing more beside the events and the n that it follows from.
        figures = (len(shared) - ("percent" in shared and "n" in shared) for *_, shared in pairs)
        if sum(figures) < _ENOUGH:
            continue
        for table, row, twin, shared in pairs:
            if (table, row["row_id"]) in told:
                continue
            told.add((table, row["row_id"]))
            message = (
                f"the numbers of {twin['row_id']} of trial {trial_id} from the same report: "
                f"{_said(row, shared)}"
            )
            others = {f"{twin['row_id']} {c}": str(twin[c]) for c in shared[:1]}
            yield Fault(
                table, row, shared[0], message, "one trial", ("trial_id", *shared[1:]), others
            )

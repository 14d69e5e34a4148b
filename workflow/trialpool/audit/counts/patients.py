"""Rules on numbers of patients and events that must fit each other across rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from trialpool.audit.context import AuditContext, Row, number, whole
from trialpool.audit.levels import side_of
from trialpool.audit.rule import Case, Fault, Judgements, rule

_PARTS: Final = "a part is not larger than the whole"
_COMPARE: Final = "Compare both numbers with their sources."
_ARM: Final = {"trial_id": "a", "arm_id": "x", "n": "120"}
_CONTRAST: Final = ("trial_id", "experimental_arm", "control_arm", "endpoint")
_MATURITY: Final = {"interim": 0, "primary": 1, "update": 2, "final": 3}


@rule(
    "arm-n-at-most-trial-n",
    "An arm has at most as many patients as its trial.",
    levels=("warning",),
    reference=_PARTS,
    remedy=_COMPARE,
    tables=("trials", "arms"),
    holds=Case({"trials": [{"trial_id": "a", "n_randomised": "240"}], "arms": [_ARM]}),
    fails=Case({"trials": [{"trial_id": "a", "n_randomised": "24"}], "arms": [_ARM]}),
)
def arm_n_at_most_trial_n(context: AuditContext) -> Judgements:
    """Judge every arm with a number of patients."""
    for row in context.rows("arms"):
        n, largest = whole(row, "n"), context.trial_n.get(str(row["trial_id"]))
        if n is None or largest is None:
            continue
        message = f"an arm of {n} patients in a trial of {largest}"
        others = {"trials.csv n_randomised": str(largest)}
        fault = Fault("arms", row, "n", message, f"0 to {largest}", others=others)
        yield None if n <= largest else fault


@rule(
    "row-n-at-most-arm-n",
    "An analysis has at most as many patients of an arm as the arm has.",
    levels=("warning",),
    reference=_PARTS,
    remedy="Compare both numbers with their sources; an analysis of other patients than the "
    "trial's is not about this trial's arms.",
    tables=(
        *("arms", "time_to_event", "responses", "means", "rates", "correlations"),
        *("outcome_contrasts", "reconstructed_survival"),
    ),
    holds=Case({"arms": [_ARM], "responses": [{"trial_id": "a", "arm_id": "x", "n": "118"}]}),
    fails=Case({"arms": [_ARM], "responses": [{"trial_id": "a", "arm_id": "x", "n": "181"}]}),
)
def row_n_at_most_arm_n(context: AuditContext) -> Judgements:
    """Judge the patients of responses and of both arms of comparisons."""
    for table, sides in (
        ("responses", _ARM_N),
        ("means", _ARM_N),
        ("rates", _ARM_N),
        ("correlations", _ARM_N),
        ("outcome_contrasts", _SIDES),
        ("time_to_event", _SIDES),
        ("reconstructed_survival", _SIDES),
    ):
        for row in context.rows(table):
            for arm, column in sides:
                n = whole(row, column)
                largest = context.arm_n.get((str(row["trial_id"]), str(row[arm])))
                if n is None or largest is None:
                    continue
                message = f"{n} patients of an arm of {largest}"
                others = {"arms.csv n": str(largest)}
                fault = Fault(table, row, column, message, f"0 to {largest}", others=others)
                yield None if n <= largest else fault


_ARM_N: Final = (("arm_id", "n"),)
_SIDES: Final = (("experimental_arm", "n_experimental"), ("control_arm", "n_control"))


def _levels(*counts: str) -> Case:
    row = {"trial_id": "a", "arm_id": "x", "endpoint": "cure", "biomarker": "marker"}
    levels = ("positive", "negative")
    rows = [{**row, "biomarker_level": b, "n": n} for b, n in zip(levels, counts, strict=True)]
    return Case({"arms": [_ARM], "responses": rows})


@rule(
    "levels-add-up",
    "The levels of one biomarker in one report have together at most the patients and events of "
    "the whole. Levels that name no side (active, stable) may be parts of one that does (present).",
    levels=("warning",),
    reference=_PARTS,
    remedy="Compare the numbers with the source; levels that overlap (low, and low or absent) "
    "may add up to more.",
    tables=("arms", "time_to_event", "responses"),
    holds=_levels("70", "50"),
    fails=_levels("70", "80"),
)
def levels_add_up(context: AuditContext) -> Judgements:
    """Judge groups of rows of one report that differ in the level of one biomarker."""
    places: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str, str], ...]], ...] = (
        (
            "responses",
            ("trial_id", "arm_id", "endpoint", "definition", "source_id"),
            (("arm_id", "n", "events"),),
        ),
        (
            "time_to_event",
            (*_CONTRAST, "assessor", "source_id", "maturity"),
            (
                ("experimental_arm", "n_experimental", "events_experimental"),
                ("control_arm", "n_control", "events_control"),
            ),
        ),
    )
    for table, key, sides in places:
        wholes, parts = _split(context.rows(table), key)
        for group, levels in parts.items():
            for arm, n, events in sides:
                for column in (n, events):
                    largest = whole(wholes[group], column) if group in wholes else None
                    if largest is None and column == n:
                        trial, arm_id = str(levels[0]["trial_id"]), str(levels[0][arm])
                        largest = context.arm_n.get((trial, arm_id))
                    yield from _sum(table, levels, column, largest)


def _split(
    rows: Sequence[Row], key: tuple[str, ...]
) -> tuple[dict[tuple[str, ...], Row], dict[tuple[str, ...], list[Row]]]:
    """Rows on all patients, and groups of rows on levels of one biomarker, each level once."""
    wholes: dict[tuple[str, ...], Row] = {}
    seen: dict[tuple[str, ...], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        group = tuple(str(row[column]) for column in key)
        if row["biomarker"]:
            levels = seen[(*group, str(row["biomarker"]))]
            levels.setdefault(str(row["biomarker_level"]), row)
        else:
            wholes.setdefault(group, row)
    by_biomarker = {group: list(levels.values()) for group, levels in seen.items()}
    return {g: wholes[g[:-1]] for g in by_biomarker if g[:-1] in wholes}, by_biomarker


def _sum(table: str, levels: list[Row], column: str, largest: int | None) -> Judgements:
    every = [(row, n) for row in levels if (n := whole(row, column)) is not None]
    sides = [side_of(str(row["biomarker_level"])) for row, _ in every]
    if "high" in sides and "" in sides:
        for is_named in (True, False):
            some = [one for one, side in zip(every, sides, strict=True) if bool(side) is is_named]
            yield from _together(table, some, column, largest)
    else:
        yield from _together(table, every, column, largest)


def _together(
    table: str, counted: list[tuple[Row, int]], column: str, largest: int | None
) -> Judgements:
    if largest is None or len(counted) < 2:
        return
    together = sum(n for _, n in counted)
    if together <= largest:
        yield None
        return
    row = counted[-1][0]
    words = " + ".join(f"{n} ({r['biomarker_level']})" for r, n in counted)
    message = f"levels of {row['biomarker']} add up to more than the whole: {words} > {largest}"
    others = {f"{r['row_id']} {column}": str(n) for r, n in counted[:-1]}
    feasible = f"at most {largest} together"
    yield Fault(table, row, column, message, feasible, others={**others, "whole": str(largest)})


def _cuts(first: str, second: str) -> Case:
    row = {"trial_id": "a", "endpoint": "death", "experimental_arm": "x", "control_arm": "y"}
    return Case(
        {
            "time_to_event": [
                {**row, "row_id": "a.1", "maturity": "interim", "events_experimental": first},
                {**row, "row_id": "a.2", "maturity": "final", "events_experimental": second},
            ]
        }
    )


@rule(
    "events-grow",
    "A later data cut of the same comparison has at least as many events.",
    levels=("warning",),
    reference="events are only added as follow-up goes on",
    remedy="Compare maturity, follow-up and events of both rows with their sources.",
    tables=("time_to_event",),
    holds=_cuts("33", "60"),
    fails=_cuts("60", "33"),
)
def events_grow(context: AuditContext) -> Judgements:
    """Judge pairs of cuts of one comparison.

    Later is by follow-up where both rows print it, else interim < primary < update < final.
    """
    key = (*_CONTRAST, "assessor", "population", "biomarker", "biomarker_level")
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in context.rows("time_to_event"):
        groups[tuple(str(row[column]) for column in key)].append(row)
    for rows in groups.values():
        for earlier, later in _in_time(rows):
            for column in ("events_experimental", "events_control"):
                before, after = whole(earlier, column), whole(later, column)
                if before is None or after is None:
                    continue
                if before <= after:
                    yield None
                    continue
                message = (
                    f"{after} events at the later cut, {before} at the earlier one "
                    f"({earlier['row_id']})"
                )
                yield Fault(
                    "time_to_event",
                    later,
                    column,
                    message,
                    f"at least {before}",
                    ("maturity", "follow_up_months"),
                    {f"{earlier['row_id']} {column}": str(before)},
                )


def _in_time(rows: list[Row]) -> Iterator[tuple[Row, Row]]:
    """Pairs of rows of which one is known to be later."""
    for index, one in enumerate(rows):
        for other in rows[index + 1 :]:
            first, second = _later(one), _later(other)
            months = [number(row, "follow_up_months") for row in (one, other)]
            if months[0] is not None and months[1] is not None:
                if months[0].upper < months[1].lower:
                    yield one, other
                elif months[1].upper < months[0].lower:
                    yield other, one
            elif first is not None and second is not None and first != second:
                yield (one, other) if first < second else (other, one)


def _later(row: Row) -> int | None:
    return _MATURITY.get(str(row["maturity"]))


def _same_patients(n: str) -> Case:
    row = {"trial_id": "a", "experimental_arm": "x", "control_arm": "y", "n_experimental": n}
    arms = [_ARM, {"trial_id": "a", "arm_id": "y", "n": "118"}]
    return Case({"arms": arms, "reconstructed_survival": [{**row, "n_control": "118"}]})


@rule(
    "reconstructed-n",
    "A reconstructed curve has the patients of its arm: within 5 % of the arm's number.",
    levels=("warning",),
    reference="Guyot 2012, BMC Med Res Methodol 12:9 (numbers at risk at time 0)",
    remedy="Look whether the figure shows another analysis set.",
    tables=("arms", "reconstructed_survival"),
    holds=_same_patients("118"),
    fails=_same_patients("81"),
)
def reconstructed_n(context: AuditContext) -> Judgements:
    """Judge both arms of every reconstructed comparison."""
    for row in context.rows("reconstructed_survival"):
        for arm, column in _SIDES:
            n = whole(row, column)
            size = context.arm_n.get((str(row["trial_id"]), str(row[arm])))
            if n is None or size is None:
                continue
            message = f"{n} reconstructed patients of an arm of {size}"
            feasible = f"{int(0.95 * size)} to {size}"
            others = {"arms.csv n": str(size)}
            fault = Fault("reconstructed_survival", row, column, message, feasible, others=others)
            yield None if n >= 0.95 * size else fault

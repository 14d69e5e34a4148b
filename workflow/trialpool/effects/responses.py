"""What a row of responses.csv yields: events of n, as printed or from a percentage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from trialpool.effects.counts import PERCENT_FORMULA, PERCENT_REFERENCE, count_from_percent
from trialpool.effects.implied_n import (
    IMPLIED,
    IMPLIED_FORMULA,
    IMPLIED_REFERENCE,
    ImpliedN,
    n_from_interval,
)
from trialpool.effects.p_values import ROUNDING_LIMIT
from trialpool.effects.rung import Row, RowEffect, cells_of, number_in, whole_in
from trialpool.evidence.printed import Printed, parse_count, parse_number

# Levels that an interval without a printed one may have, the usual one first.
_LEVELS_TRIED: Final = (95.0, 90.0)
_INTERVAL: Final = ("percent", "ci_lower", "ci_upper")


@dataclass(frozen=True)
class Denominators:
    """Where the patients of a percentage may come from when its row does not print them.

    Attributes
    ----------
    says_itt : pattern
        Words by which a report says that all randomised patients were counted.
    from_intervals : bool
        Whether the interval of the percentage may tell.
    levels : mapping of (str, str) to float
        Level in percent of the intervals that a source prints without one of a trial, see
        `levels_of_reports`.
    """

    says_itt: re.Pattern[str]
    from_intervals: bool = False
    levels: Mapping[tuple[str, str], float] = field(default_factory=dict)


def levels_of_reports(rows: Iterable[Row]) -> dict[tuple[str, str], float]:
    """Find the level of intervals printed without one, from rows that print n beside them.

    Parameters
    ----------
    rows : iterable of mapping
        Of responses.csv.

    Returns
    -------
    dict
        Source and trial to the one usual level at which all such rows fit their own n by Wald's,
        Wilson's or Clopper and Pearson's interval. Reports without one are not there.
    """
    fits: dict[tuple[str, str], list[set[float]]] = {}
    for row in rows:
        percent, lower, upper = (_percent(row, name) for name in _INTERVAL)
        n = whole_in(row, "n")
        if n is None or percent is None or lower is None or upper is None or row["ci_level"]:
            continue
        found = {
            level
            for level in _LEVELS_TRIED
            if lower.value < upper.value
            and (implied := n_from_interval(percent, lower, upper, level, n)) is not None
            and implied.largest == n
        }
        fits.setdefault((str(row["source_id"]), str(row["trial_id"])), []).append(found)
    shared = {report: set.intersection(*found) for report, found in fits.items()}
    return {report: levels.pop() for report, levels in shared.items() if len(levels) == 1}


def response(row: Row, arm_n: str, denominators: Denominators) -> RowEffect:
    """Give events of n of a row: as printed, or from a percentage of n.

    Parameters
    ----------
    row : mapping
        Cells of responses.csv by column, as text.
    arm_n : str
        Patients randomised to the arm, empty where not known.
    denominators : Denominators
    """
    inputs = cells_of(row, "events", "n", "percent", "definition")
    events, n = whole_in(row, "events"), whole_in(row, "n")
    flags: list[str] = []
    if n is None:
        if parse_count(arm_n) is None:
            reason = "no denominator was printed"
        elif not denominators.says_itt.search(f"{row['definition']} {row['evidence_note']}"):
            reason = (
                "no denominator was printed, and the report does not say that it counts "
                "all randomised"
            )
        else:
            reason = ""
            n = int(arm_n)
            inputs["n of arms.csv"] = arm_n
            flags.append("the arm's randomised n stands in for the denominator")
        if reason:
            implied = None
            if denominators.from_intervals and events is None:
                told = denominators.levels.get((row["source_id"], row["trial_id"]))
                implied = _implied(row, parse_count(arm_n), inputs, reason, told)
            return implied or RowEffect("none", reason, inputs=inputs)
    if n is None or n < 1:
        return RowEffect("none", "the denominator is zero", inputs=inputs)
    percent = _percent(row, "percent")
    if events is not None:
        if events > n:
            return RowEffect("none", f"{events} events of {n} patients", inputs=inputs)
        return RowEffect(
            "count",
            events=events,
            n=n,
            events_smallest=events,
            events_largest=events,
            rung="events and n",
            formula="events and n as printed",
            inputs=inputs,
            flags=tuple(flags),
        )
    if percent is None:
        return RowEffect("none", "neither events nor a percentage was printed", inputs=inputs)
    return _from_percent(percent, n, inputs, flags)


def _percent(row: Row, column: str) -> Printed | None:
    return parse_number(str(row.get(column, "")).removesuffix("%"))


def _from_percent(
    percent: Printed, n: int, inputs: Mapping[str, str], flags: list[str]
) -> RowEffect:
    count = count_from_percent(percent, n)
    if count is None:
        reason = f"no whole number of {n} patients is {percent.text} %"
        return RowEffect("none", reason, inputs=inputs)
    flags.append(
        "events from a percentage"
        if count.is_unique
        else "events from a percentage that fits several counts"
    )
    return RowEffect(
        "count",
        events=count.nearest,
        n=n,
        events_smallest=count.smallest,
        events_largest=count.largest,
        rung="percentage of n",
        formula=PERCENT_FORMULA,
        reference=PERCENT_REFERENCE,
        inputs=inputs,
        flags=tuple(flags),
    )


def _implied(
    row: Row, arm_n: int | None, inputs: Mapping[str, str], missing: str, told: float | None
) -> RowEffect | None:
    """Take n from the interval of the percentage; None where the row has no interval.

    Its level is the printed one, else what the report's other rows tell, else 95 %, or 90 % where
    no number of patients fits 95 %.
    """
    percent, lower, upper = (_percent(row, name) for name in _INTERVAL)
    if percent is None or lower is None or upper is None:
        return None
    used = {**inputs, **cells_of(row, "ci_lower", "ci_upper", "ci_level")}
    if arm_n is not None:
        used["n of arms.csv"] = str(arm_n)
    printed = number_in(row, "ci_level")
    level, implied = 0.0, None
    known = told if printed is None else printed.value
    for level in _LEVELS_TRIED if known is None else (known,):
        try:
            implied = n_from_interval(percent, lower, upper, level, arm_n)
        except ValueError as error:
            return RowEffect("none", f"{missing}; its interval: {error}", inputs=used)
        if implied is not None:
            break
    if implied is None:
        of_arm = "" if arm_n is None else f" up to the {arm_n} of the arm"
        reason = (
            f"{missing}; its interval {lower.text} to {upper.text} fits no number of patients"
            f"{of_arm} of whom {percent.text} % respond"
        )
        return RowEffect("none", reason, inputs=used)
    if implied.se_open_by > ROUNDING_LIMIT:
        reason = (
            f"{missing}; its interval fits {implied.smallest} to {implied.largest} patients, too "
            "many to take one"
        )
        return RowEffect("none", reason, inputs=used)
    count = implied.middle
    nearest = min(
        max(round(percent.value * count.n / 100), count.events_smallest), count.events_largest
    )
    return RowEffect(
        "count",
        events=nearest,
        n=count.n,
        events_smallest=count.events_smallest,
        events_largest=count.events_largest,
        rung=IMPLIED,
        formula=IMPLIED_FORMULA,
        reference=IMPLIED_REFERENCE,
        inputs=used,
        flags=(_implied_in_words(implied, level, _level_from(printed, told)),),
    )


def _level_from(printed: Printed | None, told: float | None) -> str:
    if printed is not None:
        return ""
    known = "" if told is None else ", known from other arms of the report"
    return f", level not printed{known}"


def _implied_in_words(implied: ImpliedN, level: float, said: str) -> str:
    """Say from what n comes, by which formulas, and what else it could be."""
    n = str(implied.middle.n)
    if implied.smallest != implied.largest:
        n += f" ({implied.smallest} to {implied.largest} fit)"
    methods = " or ".join(implied.methods)
    return f"n {n} from the interval of the percentage ({methods}, {level:g}%{said})"

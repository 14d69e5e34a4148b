"""Every raw row with what can be derived from it, or the reason why nothing can.

The result is one flat table, results/effects.csv. A row of counts has no effect
size of its own: two of them make one, when a question compares two arms.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from trialpool.effects.counts import PERCENT_FORMULA, PERCENT_REFERENCE, count_from_percent
from trialpool.effects.ratios import (
    INTERVAL_FORMULA,
    INTERVAL_REFERENCE,
    log_ratio_from_interval,
)
from trialpool.evidence.printed import Printed, parse_count, parse_number
from trialpool.evidence.tables import LINE, Evidence

ASSUMED_LEVEL: Final = 95.0
SECONDARY: Final = "read in a secondary source"
EFFECT_COLUMNS: Final = (
    "row_id",
    "table",
    "line",
    "trial_id",
    "endpoint",
    "status",
    "reason",
    "measure",
    "scale",
    "yi",
    "sei",
    "sei_lower",
    "sei_upper",
    "asymmetry",
    "events",
    "n",
    "events_smallest",
    "events_largest",
    "rung",
    "formula",
    "reference",
    "inputs",
    "flags",
    "source_id",
    "locator",
)


@dataclass(frozen=True)
class RowEffect:
    """What one raw row yields.

    `status` is ``"effect"`` (a number with its standard error), ``"count"``
    (events of n), ``"estimate-only"`` (no standard error), ``"none"`` or
    ``"unreadable"``. `inputs` are the printed cells that were used.
    """

    status: str
    reason: str = ""
    measure: str = ""
    scale: str = ""
    yi: float | None = None
    sei: float | None = None
    sei_lower: float | None = None
    sei_upper: float | None = None
    asymmetry: float | None = None
    events: int | None = None
    n: int | None = None
    events_smallest: int | None = None
    events_largest: int | None = None
    rung: str = ""
    formula: str = ""
    reference: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


Row = Mapping[str, Any]


def derive_effects(evidence: Evidence, itt_words: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Derive an effect size or a count from every raw row that allows it.

    Parameters
    ----------
    evidence : Evidence
        The raw tables.
    itt_words : sequence of str
        Words by which a report says that all randomised patients were counted.

    Returns
    -------
    list of dict
        Columns `EFFECT_COLUMNS`, one row per raw row, in the order of tables
        and lines. Effects are on the analysis scale (log for ratios).
    """
    arm_n = {(row["trial_id"], row["arm_id"]): str(row["n"]) for row in evidence.rows("arms")}
    says_itt = re.compile(
        "|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in itt_words) or r"(?!)", re.IGNORECASE
    )

    def response(row: Row) -> RowEffect:
        return _response(row, arm_n.get((row["trial_id"], row["arm_id"]), ""), says_itt)

    derivations: list[tuple[str, Callable[[Row], RowEffect]]] = [
        ("time_to_event", _time_to_event),
        ("responses", response),
        ("biomarker_contrasts", _biomarker_contrast),
        ("reconstructed_survival", _reconstructed),
    ]
    return [
        record
        for table, derive in derivations
        for record in _records(table, evidence.rows(table), derive)
    ]


def _records(
    table: str, rows: Sequence[Row], derive: Callable[[Row], RowEffect]
) -> Iterator[dict[str, Any]]:
    for row in rows:
        effect = derive(row)
        flags = (*effect.flags, *_noted(str(row.get("evidence_note", ""))))
        record = {
            **effect.__dict__,
            "row_id": row["row_id"],
            "table": table,
            "line": row[LINE],
            "trial_id": row["trial_id"],
            "endpoint": row["endpoint"],
            "source_id": row.get("source_id", ""),
            "locator": row.get("locator", row.get("figure", "")),
            "inputs": json.dumps(dict(effect.inputs), ensure_ascii=False),
            "flags": "; ".join(flags),
        }
        yield {column: _plain(record[column]) for column in EFFECT_COLUMNS}


def _noted(note: str) -> list[str]:
    """Turn the two conventions of evidence_note (docs/data-dictionary.md) into flags."""
    flags = []
    if note.startswith("secondary"):
        flags.append(SECONDARY)
    if "DIRECTION INFERRED" in note:
        flags.append("direction inferred by the reader")
    return flags


def _plain(value: Any) -> Any:
    return "" if value is None else value


def _inputs(row: Row, *columns: str) -> dict[str, str]:
    return {column: str(row[column]) for column in columns if str(row[column])}


def _time_to_event(row: Row) -> RowEffect:
    return _ratio(row, str(row["measure"]), "estimate", "ci_lower", "ci_upper")


def _biomarker_contrast(row: Row) -> RowEffect:
    measure = str(row["measure"])
    if measure not in ("HR", "OR"):
        return RowEffect("none", f"a {measure} by biomarker level, not a ratio with an interval")
    return _ratio(row, measure, "estimate", "ci_lower", "ci_upper")


def _ratio(row: Row, measure: str, estimate: str, lower: str, upper: str) -> RowEffect:
    """Rung 1 of the ladder: a ratio with its confidence interval."""
    names = (estimate, lower, upper)
    printed = {name: parse_number(str(row[name])) for name in names}
    inputs = _inputs(row, *names, "ci_level", "p_value")
    unread = [name for name in names if row[name] and printed[name] is None]
    if unread:
        return RowEffect("unreadable", f"not a number: {', '.join(unread)}", inputs=inputs)
    middle, low, high = (printed[name] for name in names)
    if middle is None:
        return RowEffect("none", "no estimate was printed", measure, "log", inputs=inputs)
    if low is None or high is None:
        yi = math.log(middle.value) if middle.value > 0 else None
        reason = "an estimate without a confidence interval: no standard error"
        return RowEffect("estimate-only", reason, measure, "log", yi, inputs=inputs)
    flags: tuple[str, ...] = ()
    level = parse_number(str(row["ci_level"]))
    if level is None:
        flags = (f"level of the interval not printed, taken as {ASSUMED_LEVEL:g}%",)
    elif level.value != ASSUMED_LEVEL:
        flags = (f"printed with a {level.text}% interval",)
    try:
        ratio = log_ratio_from_interval(
            middle, low, high, level.value if level is not None else ASSUMED_LEVEL
        )
    except ValueError as error:
        return RowEffect("unreadable", str(error), measure, "log", inputs=inputs)
    return RowEffect(
        "effect",
        measure=measure,
        scale="log",
        yi=ratio.yi,
        sei=ratio.sei,
        sei_lower=ratio.sei_lower,
        sei_upper=ratio.sei_upper,
        asymmetry=ratio.asymmetry,
        rung="ratio with interval",
        formula=INTERVAL_FORMULA,
        reference=INTERVAL_REFERENCE,
        inputs=inputs,
        flags=flags,
    )


def _whole(row: Row, column: str) -> int | None:
    return parse_count(str(row[column]))


def _response(row: Row, arm_n: str, says_itt: re.Pattern[str]) -> RowEffect:
    """Events of n: as printed, or from a percentage of n."""
    inputs = _inputs(row, "events", "n", "percent", "definition")
    events, n = _whole(row, "events"), _whole(row, "n")
    flags: list[str] = []
    if n is None and parse_count(arm_n) is not None:
        text = f"{row['definition']} {row['evidence_note']}"
        if not says_itt.search(text):
            reason = (
                "no denominator was printed, and the report does not say that it counts "
                "all randomised"
            )
            return RowEffect("none", reason, inputs=inputs)
        n = int(arm_n)
        inputs["n of arms.csv"] = arm_n
        flags.append("the arm's randomised n stands in for the denominator")
    if n is None:
        return RowEffect("none", "no denominator was printed", inputs=inputs)
    if n < 1:
        return RowEffect("none", "the denominator is zero", inputs=inputs)
    percent = parse_number(str(row["percent"]).removesuffix("%"))
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


def _reconstructed(row: Row) -> RowEffect:
    """Difference in restricted mean survival time; the two arms are independent."""
    names = ("rmst_experimental", "rmst_experimental_se", "rmst_control", "rmst_control_se")
    printed = [parse_number(str(row[name])) for name in names]
    inputs = _inputs(row, "horizon_months", *names)
    if any(value is None for value in printed):
        return RowEffect("unreadable", "RMST or its standard error is not a number", inputs=inputs)
    ours, ours_se, theirs, theirs_se = (value.value for value in printed if value is not None)
    return RowEffect(
        "effect",
        measure="RMSTD",
        scale="identity",
        yi=ours - theirs,
        sei=math.hypot(ours_se, theirs_se),
        rung="reconstructed curve",
        formula="yi = RMST experimental − RMST control; se² = the sum of both squared",
        reference="Guyot 2012, BMC Med Res Methodol 12:9",
        inputs=inputs,
    )

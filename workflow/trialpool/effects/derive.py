"""Every raw row with what can be derived from it, or the reason why nothing can.

The result is one flat table, results/effects.csv. A row of counts has no effect
size of its own: two of them make one, when a question compares two arms.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from trialpool.effects.counts import COUNT_FORMULAS, COUNT_REFERENCE
from trialpool.effects.flags import CORRECTED, PUBLISHED, noted
from trialpool.effects.levels import odds_of_levels
from trialpool.effects.outcomes.arms import ARMS, of_arm
from trialpool.effects.outcomes.published import published_contrast
from trialpool.effects.p_bounds import BOUNDED, BOUNDED_REFERENCE, bounds_of
from trialpool.effects.responses import Denominators, levels_of_reports, response
from trialpool.effects.rung import Row, RowEffect, Rung
from trialpool.effects.rungs import (
    LADDER,
    difference_with_interval,
    first_usable,
    ratio_with_interval,
    reconstructions_by_contrast,
    reconstructions_of,
    rungs_of,
)
from trialpool.evidence.printed import parse_count, parse_number
from trialpool.evidence.tables import LINE, Evidence
from trialpool.measures import endpoints_of

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
    "rungs",
    "source_id",
    "locator",
)


_SIDES: Final = ("experimental", "control")


def derive_as_configured(evidence: Evidence, config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Call `derive_effects` with what config.yaml says of it."""
    words = [str(word) for word in config.get("intention_to_treat_words", [])]
    from_intervals = bool(config.get("n_from_intervals", False))
    good = {code for code, endpoint in endpoints_of(config).items() if endpoint.higher_is_good}
    return derive_effects(evidence, words, config.get("ladder", LADDER), from_intervals, good)


def derive_effects(
    evidence: Evidence,
    itt_words: Sequence[str] = (),
    ladder: Sequence[int] = LADDER,
    n_from_intervals: bool = False,
    responses: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Derive an effect size or a count from every raw row that allows it.

    Parameters
    ----------
    evidence : Evidence
        The raw tables.
    itt_words : sequence of str
        Words by which a report says that all randomised patients were counted.
    ladder : sequence of int
        The rungs whose standard errors may enter a pool; the others are kept for
        comparison.
    n_from_intervals : bool
        Whether a percentage without a denominator may take it from its interval.
    responses : collection of str
        Endpoints of patients who respond: rates over time are no counts.

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

    levels = levels_of_reports(evidence.rows("responses")) if n_from_intervals else {}
    denominators = Denominators(says_itt, n_from_intervals, levels)

    def counts(row: Row) -> RowEffect:
        return response(row, arm_n.get((row["trial_id"], row["arm_id"]), ""), denominators)

    reported = evidence.rows("time_to_event")
    contrasts = reconstructions_by_contrast(evidence.rows("reconstructed_survival"))
    pmids = {row["source_id"]: str(row["pmid"]) for row in evidence.rows("sources")}
    found = reconstructions_of(reported, contrasts, pmids)
    curves = {row[LINE]: curve for row, curve in zip(reported, found, strict=True)}

    def time_to_event(row: Row) -> RowEffect:
        return _time_to_event(row, curves[row[LINE]], ladder, randomised(row))

    def randomised(row: Row) -> int | None:
        arms = (arm_n.get((row["trial_id"], row[f"{s}_arm"]), "") for s in _SIDES)
        sizes = [parse_count(n) for n in arms]
        return None if None in sizes else sum(n for n in sizes if n is not None)

    def response_contrast(row: Row) -> RowEffect:
        return _response_contrast(row, randomised(row))

    derivations: list[tuple[str, Callable[[Row], RowEffect]]] = [
        ("time_to_event", time_to_event),
        ("responses", counts),
        ("response_contrasts", response_contrast),
        *((table, partial(of_arm, table)) for table in ARMS),
        ("outcome_contrasts", published_contrast),
        ("biomarker_contrasts", lambda row: _biomarker_contrast(row, responses)),
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
        flags = (*effect.flags, *noted(row))
        record = {
            **effect.__dict__,
            "row_id": row["row_id"],
            "table": table,
            "line": row[LINE],
            "trial_id": row["trial_id"],
            "endpoint": row["endpoint"],
            "source_id": row.get("source_id", ""),
            "locator": "; ".join(
                part for part in (row.get("locator", row.get("figure", "")), effect.place) if part
            ),
            "rungs": rungs_as_json(effect.rungs),
            "inputs": json.dumps(dict(effect.inputs), ensure_ascii=False),
            "flags": "; ".join(flags),
        }
        yield {column: _plain(record[column]) for column in EFFECT_COLUMNS}


def _plain(value: Any) -> Any:
    return "" if value is None else value


def _inputs(row: Row, *columns: str) -> dict[str, str]:
    return {column: str(row[column]) for column in columns if str(row[column])}


def rungs_as_json(rungs: Sequence[Rung]) -> str:
    """Write the rungs of a row as one cell; empty where it has none."""
    if not rungs:
        return ""
    return json.dumps([_finite(rung) for rung in rungs], ensure_ascii=False)


def _finite(rung: Rung) -> dict[str, Any]:
    """Return the rung's fields; a bound that rounding leaves open is null."""
    fields = {**rung.__dict__, "inputs": dict(rung.inputs), "flags": list(rung.flags)}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in fields.items()
    }


def _time_to_event(
    row: Row, curve: Row | None, ladder: Sequence[int], randomised: int | None
) -> RowEffect:
    """Climb the ladder: the first rung that holds is used, all are kept."""
    measure = str(row["measure"])
    cells = ("estimate", "ci_lower", "ci_upper")
    inputs = _inputs(row, *cells, "ci_level", "p_value")
    if fault := _unread(row, cells):
        return RowEffect("unreadable", fault, inputs=inputs)
    rungs = tuple(
        rung
        if rung.number in ladder or rung.reason
        else replace(rung, reason="the configuration lets no such standard error into a pool")
        for rung in rungs_of(row, curve)
    )
    used = first_usable(rungs)
    if used is not None:
        return _from_rung(used, measure, _inputs(row, "p_value"), rungs)
    if rungs and rungs[0].number == 1 and rungs[0].sei is None:
        return RowEffect("unreadable", rungs[0].reason, measure, "log", inputs=inputs, rungs=rungs)
    estimate = parse_number(str(row["estimate"]))
    told = "; ".join(dict.fromkeys(rung.reason for rung in rungs))
    beside = f" ({told})" if told else ""
    if estimate is None:
        reason = f"no estimate was printed{beside}"
        return RowEffect("none", reason, measure, "log", inputs=inputs, rungs=rungs)
    return _estimate_only(row, inputs, randomised, rungs, beside)


def _estimate_only(
    row: Row,
    inputs: Mapping[str, str],
    randomised: int | None,
    rungs: tuple[Rung, ...] = (),
    beside: str = "",
) -> RowEffect:
    """Give a ratio without a standard error, or with the ends between which its p-value puts it."""
    measure, estimate = str(row["measure"]), parse_number(str(row["estimate"]))
    reason = f"an estimate without a confidence interval: no standard error{beside}"
    bounds = bounds_of(row, randomised)
    if bounds is None:
        yi = math.log(estimate.value) if estimate is not None and estimate.value > 0 else None
        return RowEffect("estimate-only", reason, measure, "log", yi, inputs=inputs, rungs=rungs)
    return RowEffect(
        "estimate-only",
        f"{reason}; {bounds.words}: pooled at both ends beside the main analysis",
        measure,
        "log",
        bounds.yi,
        sei_lower=bounds.sei_lower if bounds.sei_lower > 0 else None,
        sei_upper=bounds.sei_upper if math.isfinite(bounds.sei_upper) else None,
        rung=BOUNDED,
        formula=bounds.formula,
        reference=BOUNDED_REFERENCE,
        inputs={**inputs, **bounds.inputs},
        flags=(bounds.words,),
        rungs=rungs,
    )


def _from_rung(
    used: Rung, measure: str, beside: Mapping[str, str], rungs: tuple[Rung, ...] = ()
) -> RowEffect:
    return RowEffect(
        "effect",
        measure=measure,
        scale="log",
        yi=used.yi,
        sei=used.sei,
        sei_lower=used.sei_lower,
        sei_upper=used.sei_upper,
        asymmetry=used.asymmetry,
        rung=used.name,
        formula=used.formula,
        reference=used.reference,
        inputs={**used.inputs, **beside},
        flags=used.flags,
        rungs=rungs,
        place=used.locator,
    )


def _unread(row: Row, cells: Sequence[str]) -> str:
    unread = [name for name in cells if row[name] and parse_number(str(row[name])) is None]
    return f"not a number: {', '.join(unread)}" if unread else ""


def _biomarker_contrast(row: Row, responses: Collection[str]) -> RowEffect:
    """Rung 1, or the counts of both levels: with against without a marker, not arm against arm."""
    measure = str(row["measure"])
    found = RowEffect("none", f"a {measure} by biomarker level, not a ratio with an interval")
    if measure in ("HR", "OR"):
        found = _with_interval(row, "log", ratio_with_interval)
    if found.status == "effect" or measure not in ("OR", "percent"):
        return found
    odds = odds_of_levels(row) if row["endpoint"] in responses else None
    if odds is None:
        return found
    return RowEffect(
        "effect",
        measure="OR",
        scale="log",
        yi=odds.effect.yi,
        sei=odds.effect.sei,
        rung="counts of two levels",
        formula=COUNT_FORMULAS["OR"],
        reference=COUNT_REFERENCE,
        inputs={**odds.inputs, **_inputs(row, "p_value")},
        flags=(*odds.flags, *([CORRECTED] if odds.effect.corrected else [])),
    )


def _response_contrast(row: Row, randomised: int | None) -> RowEffect:
    """Rung 1 alone: a published odds ratio, risk ratio or difference of a binary endpoint."""
    is_difference = row["measure"] == "RD"
    found = (
        _with_interval(row, "identity", difference_with_interval)
        if is_difference
        else _with_interval(row, "log", ratio_with_interval, randomised)
    )
    said = {"yes": "adjusted or stratified estimate", "": "adjustment not stated"}
    flags = (said[row["adjusted"]],) if row["adjusted"] in said else ()
    return replace(found, flags=(PUBLISHED, *found.flags, *flags))


def _with_interval(
    row: Row, scale: str, climb: Callable[[Row], Rung | None], randomised: int | None = None
) -> RowEffect:
    measure = str(row["measure"])
    cells = ("estimate", "ci_lower", "ci_upper")
    inputs = _inputs(row, *cells, "ci_level", "p_value")
    if fault := _unread(row, cells):
        return RowEffect("unreadable", fault, inputs=inputs)
    rung = climb(row)
    if rung is not None and rung.is_usable:
        return replace(_from_rung(rung, measure, _inputs(row, "p_value")), scale=scale)
    if rung is not None:
        return RowEffect("unreadable", rung.reason, measure, scale, inputs=inputs)
    estimate = parse_number(str(row["estimate"]))
    if estimate is None:
        return RowEffect("none", "no estimate was printed", measure, scale, inputs=inputs)
    if scale == "log":
        return _estimate_only(row, inputs, randomised)
    reason = "an estimate without a confidence interval: no standard error"
    return RowEffect("estimate-only", reason, measure, scale, estimate.value / 100, inputs=inputs)


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

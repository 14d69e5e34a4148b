"""Rules on printed hazard ratios and medians beside those of their published curves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from trialpool.audit.context import AuditContext, Row, number
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.effects.agreement import (
    MEDIAN_LIMIT,
    curve_ratio,
    gap,
    is_of_all_patients,
    median_gap,
)
from trialpool.effects.rungs import RECONSTRUCTION_LIMIT, reconstructions_by_contrast
from trialpool.survival.units import MONTHS

_CELLS: Final = ("trial_id", "experimental_arm", "control_arm", "endpoint")
_PLACE: Final = {
    "trial_id": "a",
    "experimental_arm": "x",
    "control_arm": "y",
    "endpoint": "relapse",
}
_CURVE: Final = {**_PLACE, "hr": "0.62", "hr_ci_lower": "0.51", "hr_ci_upper": "0.75"}


def _case(estimate: str) -> Case:
    row = {**_PLACE, "population": "ITT", "estimate": estimate}
    return Case({"time_to_event": [row], "reconstructed_survival": [_CURVE]})


@rule(
    "hr-against-curve",
    "A hazard ratio of all patients lies within half a standard error of that of its published "
    "curve, reconstructed; beyond it the two are of different cuts, assessors or analyses, or the "
    "curve was read wrongly.",
    levels=("warning",),
    reference="Guyot 2012, BMC Med Res Methodol 12:9 (reported against reconstructed)",
    remedy="Compare the report's data cut, assessor and model with those of the figure; if they "
    "are the same, read the curve again.",
    tables=("time_to_event", "reconstructed_survival", "sources"),
    holds=_case("0.62"),
    fails=_case("0.69"),
)
def hr_against_curve(context: AuditContext) -> Judgements:
    """Judge every hazard ratio of a whole trial whose contrast has a reconstructed curve."""
    for row, curve, of in _with_curves(context):
        printed, ratio = number(row, "estimate"), curve_ratio(curve)
        off = None if printed is None or ratio is None else gap(printed, *ratio)
        if printed is None or ratio is None or off is None:
            continue
        if off <= RECONSTRUCTION_LIMIT:
            yield None
            continue
        hr, se = ratio
        message = (
            f"{printed.text} is {off:.1f} standard errors from the {hr:.2f} of the curve "
            f"(figure {curve['figure'] or 'not named'}, PMID {curve['pmid'] or 'not recorded'}); "
            f"the row is of {of}, data cut: {row['maturity'] or 'not noted'}"
        )
        feasible = " to ".join(
            f"{hr * math.exp(way * RECONSTRUCTION_LIMIT * se):.3g}" for way in (-1.0, 1.0)
        )
        names = ("hr", "hr_ci_lower", "hr_ci_upper")
        others = {f"reconstructed {name}": str(curve[name]) for name in names}
        yield Fault("time_to_event", row, "estimate", message, feasible, (), others)


def _with_curves(context: AuditContext) -> Iterator[tuple[Row, Row, str]]:
    """Rows of whole trials, the curve of their contrast, and whose report each row is of."""
    curves = reconstructions_by_contrast(context.rows("reconstructed_survival"))
    pmids = {str(row["source_id"]): str(row["pmid"]) for row in context.rows("sources")}
    for row in context.rows("time_to_event"):
        curve = curves.get(tuple(str(row[name]) for name in _CELLS))
        if curve is not None and is_of_all_patients(row):
            yield row, curve, _report(pmids.get(str(row["source_id"]), ""), curve)


def _report(pmid: str, curve: Row) -> str:
    """Name a row's report beside that of its curve."""
    if not pmid:
        return "a report without PubMed number here"
    return "the same report" if pmid == str(curve["pmid"]) else "another report"


def _medians(printed: str) -> Case:
    row = {**_PLACE, "population": "ITT", "estimate": "0.62", "median_control": printed}
    return Case(
        {
            "time_to_event": [{**row, "time_unit": "months"}],
            "reconstructed_survival": [{**_CURVE, "median_control": "12.6"}],
        }
    )


@rule(
    "median-against-curve",
    "A median of all patients lies within 15 % of that of its published curve, reconstructed; "
    "beyond it the two are of different cuts, assessors or analyses, or the curve was read "
    "wrongly.",
    levels=("warning",),
    reference="Guyot 2012, BMC Med Res Methodol 12:9 (reported against reconstructed)",
    remedy="Compare the report's data cut and assessor with those of the figure; if they are the "
    "same, read the curve again.",
    tables=("time_to_event", "reconstructed_survival", "sources"),
    holds=_medians("12.4"),
    fails=_medians("21.4"),
)
def median_against_curve(context: AuditContext) -> Judgements:
    """Judge every median of a whole trial whose contrast has a reconstructed curve."""
    for row, curve, of in _with_curves(context):
        unit = MONTHS.get(str(row["time_unit"]))
        if unit is None:
            continue
        for column in ("median_experimental", "median_control"):
            printed, theirs = number(row, column), number(curve, column)
            off = median_gap(printed, theirs.value, unit) if printed and theirs else None
            if printed is None or theirs is None or off is None:
                continue
            if off <= MEDIAN_LIMIT:
                yield None
                continue
            message = (
                f"a median of {printed.text} {row['time_unit']}, the curve gives "
                f"{theirs.value:.3g} months (figure {curve['figure'] or 'not named'}, PMID "
                f"{curve['pmid'] or 'not recorded'}); the row is of {of}, data cut: "
                f"{row['maturity'] or 'not noted'}"
            )
            feasible = " to ".join(
                f"{theirs.value / unit * math.exp(way * MEDIAN_LIMIT):.3g}" for way in (-1.0, 1.0)
            )
            others = {f"reconstructed {column}": theirs.text}
            yield Fault("time_to_event", row, column, message, feasible, ("time_unit",), others)

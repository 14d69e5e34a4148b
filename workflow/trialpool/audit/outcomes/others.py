"""Rules on person-time, and on effects of means and rates as they are published."""

from __future__ import annotations

from typing import Final

from trialpool.audit.context import AuditContext, Row, number, whole
from trialpool.audit.ratios.intervals import ASYMMETRY_UNUSABLE
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.effects.outcomes.arms import arm_mean
from trialpool.evidence.outcome_schemas import TIME_UNITS
from trialpool.evidence.printed import Printed

_T: Final = "rates"
_C: Final = "outcome_contrasts"
_COMPARE: Final = "Compare the numbers with the source."
# Years that patients of a trial are followed for, and how much longer one arm than the other.
LONGEST: Final = 40.0
SHORTEST: Final = 1.0 / 365.25
APART: Final = 3.0


def _rates(*rows: dict[str, str]) -> Case:
    same = {"trial_id": "a", "source_id": "s", "endpoint": "falls", "time_unit": "years"}
    many = [{**same, "row_id": f"a.{i}", "arm_id": f"x{i}", **row} for i, row in enumerate(rows, 1)]
    return Case({_T: many})


@rule(
    "person-time-positive",
    "Person-time is above zero.",
    levels=("unusable",),
    reference="definition of a rate",
    remedy=_COMPARE,
    tables=(_T,),
    holds=_rates({"events": "12", "person_time": "345.5"}),
    fails=_rates({"events": "12", "person_time": "0"}),
)
def person_time_positive(context: AuditContext) -> Judgements:
    """Judge every person-time."""
    for row in context.rows(_T):
        time = number(row, "person_time")
        if time is not None:
            fault = Fault(_T, row, "person_time", "person-time must be above 0", "above 0")
            yield None if time.value > 0 else fault


@rule(
    "person-time-plausible",
    f"Person-time by patient is between a day and {LONGEST:g} years, and that of the arms of one "
    f"report differs by less than {APART:g} times.",
    levels=("warning",),
    reference="patients of the arms of a trial are followed for as long",
    remedy="Check person-time, its unit and the number of patients.",
    tables=("arms", _T),
    holds=_rates(
        {"person_time": "210", "n": "100"},
        {"person_time": "204", "n": "98"},
    ),
    fails=_rates(
        {"person_time": "210", "n": "100"},
        {"person_time": "2040", "n": "98"},
    ),
)
def person_time_plausible(context: AuditContext) -> Judgements:
    """Judge rates whose patients, or those of their arm, are known."""
    names = ("trial_id", "source_id", "endpoint", "definition", "timepoint", "population")
    first: dict[tuple[str, ...], tuple[Row, float]] = {}
    for row in context.rows(_T):
        time = number(row, "person_time")
        n = whole(row, "n") or context.arm_n.get((str(row["trial_id"]), str(row["arm_id"])))
        if time is None or not time.value > 0 or not n:
            continue
        years = time.value * TIME_UNITS[str(row["time_unit"])] / n
        if not SHORTEST <= years <= LONGEST:
            message = f"{years:.3g} years by patient"
            feasible = f"a day to {LONGEST:g} years by patient"
            yield Fault(_T, row, "person_time", message, feasible, ("time_unit", "n"))
            continue
        place = (*(str(row[name]) for name in names), *context.marker(row, ["biomarker_level"]))
        other, theirs = first.setdefault(place, (row, years))
        if other is row or 1 / APART < years / theirs < APART:
            yield None
            continue
        message = f"{years:.3g} years by patient, those of {other['row_id']} {theirs:.3g}"
        others = {f"{other['row_id']} person_time": str(other["person_time"])}
        feasible = f"about {theirs:.3g} years by patient"
        yield Fault(_T, row, "person_time", message, feasible, ("time_unit", "n"), others)


def _contrast(**cells: str) -> Case:
    return Case({_C: [{"measure": "MD", **cells}]})


def _triple(row: Row) -> tuple[Printed, Printed, Printed] | None:
    """Read a difference with its limits, in order; None where one is missing."""
    if row["measure"] not in ("MD", "SMD"):
        return None
    estimate, lower, upper = (number(row, name) for name in ("estimate", "ci_lower", "ci_upper"))
    if estimate is None or lower is None or upper is None or lower.value >= upper.value:
        return None
    return estimate, lower, upper


@rule(
    "difference-symmetric",
    "A difference of means lies in the middle of its interval. An offset that no rounding explains "
    f"is a warning, beyond {ASYMMETRY_UNUSABLE} half-widths the row is unusable.",
    levels=("unusable", "warning"),
    reference="Cochrane Handbook 6.5, 6.3.1",
    remedy="Compare estimate and limits with the source: a sign, or a decimal mark.",
    tables=(_C,),
    holds=_contrast(estimate="-0.50", ci_lower="-0.81", ci_upper="-0.19"),
    fails=_contrast(estimate="-0.50", ci_lower="-0.81", ci_upper="0.19"),
)
def difference_symmetric(context: AuditContext) -> Judgements:
    """Judge published differences with both limits."""
    for row in context.rows(_C):
        read = _triple(row)
        if read is None:
            continue
        estimate, lower, upper = read
        rounding = (lower.half_unit + upper.half_unit) / 2 + estimate.half_unit
        offset = abs((lower.value + upper.value) / 2 - estimate.value) - rounding
        share = max(offset, 0.0) / ((upper.value - lower.value) / 2)
        if share <= 1e-9:
            yield None
            continue
        message = (
            f"{estimate.text} lies {share:.2f} half-widths from the middle of {lower.text} to "
            f"{upper.text}, beyond what rounding explains"
        )
        ends = (lower.value + upper.value) / 2
        level = "unusable" if share > ASYMMETRY_UNUSABLE else "warning"
        cells = ("ci_lower", "ci_upper", "measure")
        yield Fault(_C, row, "estimate", message, f"about {ends:.3g}", cells, level=level)  # type: ignore[arg-type]


_ARMS: Final = {
    "means": [
        {"trial_id": "a", "arm_id": arm, "endpoint": "LDL", "unit": "mmol/L", "value": "final"}
        | {"row_id": f"a.{arm}", "mean": mean, "sd": "0.8", "n": "50"}
        for arm, mean in (("x", "2.4"), ("y", "2.9"))
    ]
}
_BETWEEN: Final = {
    "trial_id": "a",
    "experimental_arm": "x",
    "control_arm": "y",
    "endpoint": "LDL",
    "measure": "MD",
    "unit": "mmol/L",
    "value": "final",
    "ci_lower": "-0.81",
    "ci_upper": "-0.19",
}


@rule(
    "difference-of-arms",
    "A published difference agrees with the means of its arms: their difference lies in its "
    "interval.",
    levels=("warning",),
    reference="definition of a mean difference; an adjusted one may differ by less",
    remedy="Compare both with the source; a difference is experimental minus control.",
    tables=("means", _C),
    holds=Case({**_ARMS, _C: [{**_BETWEEN, "estimate": "-0.50"}]}),
    fails=Case(
        {**_ARMS, _C: [{**_BETWEEN, "estimate": "0.50", "ci_lower": "0.19", "ci_upper": "0.81"}]},
        words="means of 2.4 and 2.9 and a difference of 0.50 (0.19 to 0.81)",
    ),
)
def difference_of_arms(context: AuditContext) -> Judgements:
    """Judge published differences whose arms stand in means.csv at the same time."""
    names = ("trial_id", "endpoint", "timepoint", "value", "unit", "population")
    arms: dict[tuple[str, ...], tuple[Row, float]] = {}
    for row in context.rows("means"):
        mean = arm_mean(row)
        if not isinstance(mean, str):
            key = tuple(str(row[name]) for name in names)
            place = (*key, str(row["arm_id"]), *context.marker(row, ["biomarker_level"]))
            arms.setdefault(place, (row, mean.numbers["mean"]))
    for row in context.rows(_C):
        read, key = _triple(row), tuple(str(row[name]) for name in names)
        level = context.marker(row, ["biomarker_level"])
        ours = arms.get((*key, str(row["experimental_arm"]), *level))
        theirs = arms.get((*key, str(row["control_arm"]), *level))
        if read is None or row["measure"] != "MD" or ours is None or theirs is None:
            continue
        estimate, lower, upper = read
        found = ours[1] - theirs[1]
        if lower.lower <= found <= upper.upper:
            yield None
            continue
        mirrored = lower.lower <= -found <= upper.upper
        turned = "; with the other sign they agree" if mirrored else ""
        message = (
            f"the arms differ by {found:.3g}, outside the interval {lower.text} to {upper.text} of "
            f"the published {estimate.text}{turned}"
        )
        others = {f"{one['row_id']} mean": str(one["mean"]) for one, _ in (ours, theirs)}
        cells = ("ci_lower", "ci_upper")
        yield Fault(_C, row, "estimate", message, f"about {found:.3g}", cells, others)

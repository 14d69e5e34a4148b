"""Rules on reconstructed survival: what any survival curve and its area must satisfy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from trialpool.audit.context import AuditContext, Row, number
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.evidence.printed import Printed

_TABLE: Final = "reconstructed_survival"
_ARMS: Final = ("experimental", "control")
_CURVE: Final = ("trial_id", "experimental_arm", "control_arm", "endpoint", "pmid", "figure")
_CHECK: Final = "Reconstruct the curve again, or compare with the file it came from."
_AREA: Final = "Royston and Parmar 2013, BMC Med Res Methodol 13:152 (RMST: area under the curve)"
_CURVES: Final = "a survival curve starts at 1 and never rises"
_SLACK: Final = 1e-9


def _case(*rows: dict[str, str]) -> Case:
    return Case({_TABLE: list(rows)})


def _first(**cells: str) -> dict[str, str]:
    return {"row_id": "a.12", "horizon_months": "12", **cells}


def _second(**cells: str) -> dict[str, str]:
    return {"row_id": "a.24", "horizon_months": "24", **cells}


def _cells(context: AuditContext, kind: str) -> Iterator[tuple[Row, str, Printed]]:
    for row in context.rows(_TABLE):
        for arm in _ARMS:
            column = kind.format(arm)
            printed = number(row, column)
            if printed is not None:
                yield row, column, printed


@rule(
    "rmst-within-horizon",
    "Mean survival time up to a horizon is between 0 and the horizon.",
    levels=("unusable",),
    reference=_AREA,
    remedy=_CHECK,
    tables=(_TABLE,),
    holds=_case(_first(rmst_control="11.8")),
    fails=_case(_first(rmst_control="18.1")),
)
def rmst_within_horizon(context: AuditContext) -> Judgements:
    """Judge every restricted mean."""
    for row, column, rmst in _cells(context, "rmst_{}"):
        horizon = number(row, "horizon_months")
        if horizon is None:
            continue
        if rmst.upper >= 0 and rmst.lower <= horizon.upper + _SLACK:
            yield None
            continue
        message = f"a mean survival time of {rmst.text} up to month {horizon.text}"
        yield Fault(_TABLE, row, column, message, f"0 to {horizon.text}", ("horizon_months",))


@rule(
    "survival-proportion",
    "Survival is between 0 and 1.",
    levels=("unusable",),
    reference=_CURVES,
    remedy=_CHECK,
    tables=(_TABLE,),
    holds=_case(_first(survival_control="0.97")),
    fails=_case(_first(survival_control="97")),
)
def survival_proportion(context: AuditContext) -> Judgements:
    """Judge every survival proportion."""
    for row, column, survival in _cells(context, "survival_{}"):
        if survival.upper >= 0 and survival.lower <= 1:
            yield None
        else:
            message = f"a survival of {survival.text}"
            yield Fault(_TABLE, row, column, message, "0 to 1")


@rule(
    "standard-error-positive",
    "A standard error is above zero.",
    levels=("unusable",),
    reference="definition of a standard error",
    remedy=_CHECK,
    tables=(_TABLE,),
    holds=_case(_first(rmst_control_se="0.027")),
    fails=_case(_first(rmst_control_se="-0.027")),
)
def standard_error_positive(context: AuditContext) -> Judgements:
    """Judge the standard errors of means and, where survival is between 0 and 1, of survival."""
    for kind in ("rmst", "survival"):
        for row, column, se in _cells(context, kind + "_{}_se"):
            value = number(row, column.removesuffix("_se"))
            at_the_end = value is not None and (
                value.upper >= 1 if kind == "survival" else _no_event(row, value)
            )
            if se.value > 0 or (se.value == 0 and (se.decimals > 0 or at_the_end)):
                yield None
                continue
            message = f"a standard error of {se.text}"
            yield Fault(_TABLE, row, column, message, "above 0", (column.removesuffix("_se"),))


def _no_event(row: Row, rmst: Printed) -> bool:
    """Whether nobody had the event before the horizon."""
    horizon = number(row, "horizon_months")
    return horizon is not None and rmst.upper >= horizon.lower


def _pairs(context: AuditContext) -> Iterator[tuple[Row, Row]]:
    """Neighbouring horizons of one curve."""
    curves: dict[tuple[str, ...], list[tuple[float, Row]]] = defaultdict(list)
    for row in context.rows(_TABLE):
        horizon = number(row, "horizon_months")
        if horizon is not None:
            curves[tuple(str(row[c]) for c in _CURVE)].append((horizon.value, row))
    for rows in curves.values():
        ordered = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
        yield from pairwise(ordered)


@rule(
    "survival-falls",
    "Survival at a later horizon is not higher.",
    levels=("unusable",),
    reference=_CURVES,
    remedy=_CHECK,
    tables=(_TABLE,),
    holds=_case(_first(survival_control="0.97"), _second(survival_control="0.93")),
    fails=_case(_first(survival_control="0.79"), _second(survival_control="0.93")),
)
def survival_falls(context: AuditContext) -> Judgements:
    """Judge neighbouring horizons of one curve."""
    for earlier, later in _pairs(context):
        for arm in _ARMS:
            column = f"survival_{arm}"
            before, after = number(earlier, column), number(later, column)
            if before is None or after is None:
                continue
            if after.lower <= before.upper + _SLACK:
                yield None
                continue
            message = f"survival rises from {before.text} at month {earlier['horizon_months']}"
            yield Fault(
                _TABLE,
                later,
                column,
                message,
                f"0 to {before.text}",
                ("horizon_months",),
                {f"{earlier['row_id']} {column}": before.text},
            )


@rule(
    "rmst-grows-with-survival",
    "Between two horizons the mean survival time grows by the months between them times a survival "
    "between those at both.",
    levels=("unusable",),
    reference=_AREA,
    remedy=_CHECK,
    tables=(_TABLE,),
    holds=_case(
        _first(survival_control="0.97", rmst_control="11.8"),
        _second(survival_control="0.93", rmst_control="23.2"),
    ),
    fails=_case(
        _first(survival_control="0.97", rmst_control="11.8"),
        _second(survival_control="0.93", rmst_control="22.3"),
    ),
)
def rmst_grows_with_survival(context: AuditContext) -> Judgements:
    """Judge neighbouring horizons of one curve."""
    for earlier, later in _pairs(context):
        h1, h2 = number(earlier, "horizon_months"), number(later, "horizon_months")
        for arm in _ARMS:
            m1, m2 = number(earlier, f"rmst_{arm}"), number(later, f"rmst_{arm}")
            s1, s2 = number(earlier, f"survival_{arm}"), number(later, f"survival_{arm}")
            if h1 is None or h2 is None or m1 is None or m2 is None or s1 is None or s2 is None:
                continue
            months = h2.value - h1.value
            least, most = months * s2.lower, months * s1.upper
            if m2.upper - m1.lower >= least - _SLACK and m2.lower - m1.upper <= most + _SLACK:
                yield None
                continue
            message = (
                f"the mean grows by {m2.value - m1.value:.2f} months from month {h1.text}, where "
                f"survival is {s1.text}, to month {h2.text}, where it is {s2.text}"
            )
            feasible = f"{m1.value + least:.6g} to {m1.value + most:.6g}"
            yield Fault(
                _TABLE,
                later,
                f"rmst_{arm}",
                message,
                feasible,
                ("horizon_months", f"survival_{arm}"),
                {
                    f"{earlier['row_id']} rmst_{arm}": m1.text,
                    f"{earlier['row_id']} survival_{arm}": s1.text,
                },
            )

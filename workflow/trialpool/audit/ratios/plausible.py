"""Ratios that no trial finds: percent, or a lost decimal mark."""

from __future__ import annotations

from typing import Final

from trialpool.audit.context import AuditContext, number
from trialpool.audit.ratios.intervals import DIFFERENCES, RATIOS, ratio_case
from trialpool.audit.rule import Fault, Judgements, rule

# The estimate, and the limit on the side of no effect: a wide interval may hold anything.
_FAR: Final = 20.0
_SURE: Final = 10.0


@rule(
    "ratio-plausible",
    "A ratio is between 1/20 and 20, unless its interval reaches into 1/10 to 10.",
    levels=("warning",),
    reference="no hazard ratio or odds ratio of a randomised trial is so large and so sure",
    remedy="Enter 0.74 for 74 percent; check the decimal marks against the source.",
    tables=tuple(RATIOS),
    holds=ratio_case("0.74", "0.65", "0.85"),
    fails=ratio_case("74", "65", "85"),
)
def ratio_plausible(context: AuditContext) -> Judgements:
    """Judge every printed ratio, but differences."""
    for table, columns in RATIOS.items():
        for row in context.rows(table):
            estimate, lower, upper = (number(row, column) for column in columns)
            if estimate is None or not estimate.value > 0 or row.get("measure") in DIFFERENCES:
                continue
            high = estimate.value > _FAR and (lower is None or lower.value > _SURE)
            low = estimate.value < 1 / _FAR and (upper is None or upper.value < 1 / _SURE)
            message = "a ratio so far from 1 is no result of a trial"
            feasible = f"{1 / _FAR:g} to {_FAR:g}"
            yield Fault(table, row, columns[0], message, feasible) if high or low else None

"""A rule on published differences of two percentages; they share the others with ratios."""

from __future__ import annotations

from trialpool.audit.context import AuditContext
from trialpool.audit.ratios.intervals import ASYMMETRY_UNUSABLE
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.effects.rungs import difference_with_interval


def _case(estimate: str, lower: str, upper: str) -> Case:
    row = {"measure": "RD", "estimate": estimate, "ci_lower": lower, "ci_upper": upper}
    return Case({"response_contrasts": [row]})


@rule(
    "difference-centred",
    "A difference of percentages lies within "
    f"{ASYMMETRY_UNUSABLE} half-widths of the middle of its interval, and within 100 points.",
    levels=("unusable", "warning"),
    reference="Newcombe 1998, Stat Med 17:873 (such intervals are symmetric, or nearly)",
    remedy="Compare estimate and limits with the source.",
    tables=("response_contrasts",),
    holds=_case("17.5", "6.9", "28.0"),
    fails=_case("17.5", "6.9", "38.0"),
)
def difference_centred(context: AuditContext) -> Judgements:
    """Judge every published difference with an interval."""
    cells = ("ci_lower", "ci_upper")
    for row in context.rows("response_contrasts"):
        rung = difference_with_interval(row) if row["measure"] == "RD" else None
        if rung is None:
            continue
        if rung.asymmetry is None:
            yield Fault("response_contrasts", row, "estimate", rung.reason, cells=cells)
        elif abs(rung.asymmetry) <= ASYMMETRY_UNUSABLE:
            yield None
        else:
            message = (
                f"{row['estimate']} lies {abs(rung.asymmetry):.2f} half-widths from the middle of "
                f"{row['ci_lower']} to {row['ci_upper']}, beyond what rounding explains"
            )
            yield Fault(
                "response_contrasts", row, "estimate", message, cells=cells, level="warning"
            )

"""A rule on the ways in which one row gives a standard error."""

from __future__ import annotations

from itertools import combinations
from typing import Final

from trialpool.audit.context import AuditContext
from trialpool.audit.ratios.intervals import ratio_case
from trialpool.audit.rule import Fault, Judgements, rule
from trialpool.effects.rung import Rung, disagreement
from trialpool.effects.rungs import reconstruction_of, reconstructions_by_contrast, rungs_of

# A log-rank beside a Cox test, or a curve read from a figure, moves a standard error by a tenth
# or two; a slip of a digit by more.
LARGEST_GAP: Final = 0.25


@rule(
    "rungs-disagree",
    "Two ways in which a row gives a standard error (interval, O − E and V, two-sided p, log-rank "
    f"with events, reconstructed curve, one limit) agree within {100 * LARGEST_GAP:.0f} %.",
    levels=("warning",),
    reference="Tierney 2007, Trials 8:16; Parmar 1998, Stat Med 17:2815",
    remedy="Compare all the numbers with the source; the first way is the one that is used.",
    tables=("time_to_event", "reconstructed_survival", "sources"),
    holds=ratio_case("0.74", "0.56", "0.98", p_value=".035 (two-sided)"),
    fails=ratio_case("0.47", "0.56", "0.98", p_value=".035 (two-sided)"),
)
def rungs_disagree(context: AuditContext) -> Judgements:
    """Judge each pair of ways that may enter a pool."""
    curves = reconstructions_by_contrast(context.rows("reconstructed_survival"))
    pmids = {str(row["source_id"]): str(row["pmid"]) for row in context.rows("sources")}
    for row in context.rows("time_to_event"):
        curve = reconstruction_of(row, curves, pmids.get(str(row["source_id"]), ""))
        usable = [rung for rung in rungs_of(row, curve) if rung.is_usable]
        for one, other in combinations(usable, 2):
            gap = disagreement(one, other)
            if gap is None:
                continue
            if gap <= LARGEST_GAP:
                yield None
                continue
            message = (
                f"the standard error is {_range(one)} by the {one.name}, {_range(other)} by the "
                f"{other.name}"
            )
            cells = tuple(dict.fromkeys([*one.inputs, *other.inputs]))
            column = cells[0] if cells[0] in row else "estimate"
            others = {
                name: text
                for rung in (one, other)
                for name, text in rung.inputs.items()
                if name not in row
            }
            yield Fault("time_to_event", row, column, message, _range(one), cells, others)


def _range(rung: Rung) -> str:
    return f"{rung.sei_lower:.3g} to {rung.sei_upper:.3g}"

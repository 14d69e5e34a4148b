"""A rule on odds ratios of a biomarker beside the rates that they compare."""

from __future__ import annotations

import math
import re
from typing import Final

from trialpool.audit.context import AuditContext, Row, number, whole
from trialpool.audit.counts.events import counts_responses
from trialpool.audit.rule import OUTCOMES, Case, Fault, Judgements, rule

_ADJUSTED: Final = re.compile(r"adjust|multivari", re.IGNORECASE)
Range = tuple[float, float]


def _case(**cells: str) -> Case:
    row = {"endpoint": "remission", "measure": "OR", **cells}
    return Case({"biomarker_contrasts": [row]}, OUTCOMES)


@rule(
    "odds-ratio-of-rates",
    "An odds ratio is that of the counts or rates beside it. Adjusted ones may differ.",
    levels=("warning",),
    reference="Cochrane Handbook 6.5, 10.4; Szumilas 2010, J Can Acad Child Adolesc "
    "Psychiatry 19:227",
    remedy="Compare levels, rates and odds ratio with the source; an adjusted odds ratio should "
    "say so.",
    tables=("biomarker_contrasts",),
    holds=_case(estimate="0.49", value_a="19.4", value_b="32.8"),
    fails=_case(estimate="0.94", value_a="19.4", value_b="32.8"),
)
def odds_ratio_of_rates(context: AuditContext) -> Judgements:
    """Judge odds ratios of responses with counts, or else percentages, of both levels."""
    for row in context.rows("biomarker_contrasts"):
        printed = number(row, "estimate")
        if row["measure"] != "OR" or printed is None or not counts_responses(context.settings, row):
            continue
        odds = [_odds(row, side) for side in ("a", "b")]
        if odds[0] is None or odds[1] is None or _ADJUSTED.search(str(row["evidence_note"])):
            continue
        low = _divide(odds[0][0], odds[1][1])
        high = _divide(odds[0][1], odds[1][0])
        if printed.lower <= high * (1 + 1e-9) and printed.upper >= low * (1 - 1e-9):
            yield None
            continue
        message = f"the rates of the two levels give an odds ratio of {low:.3g} to {high:.3g}"
        cells = tuple(f"{kind}_{side}" for side in ("a", "b") for kind in ("value", "events", "n"))
        feasible = f"{low:.3g} to {high:.3g}"
        yield Fault("biomarker_contrasts", row, "estimate", message, feasible, cells)


def _odds(row: Row, side: str) -> Range | None:
    """Range of the odds that a level's counts or printed rate allow."""
    events, n = whole(row, f"events_{side}"), whole(row, f"n_{side}")
    if events is not None and n is not None and 0 <= events <= n and n > 0:
        odds = _divide(events, n - events)
        return odds, odds
    rate = number(row, f"value_{side}")
    if rate is None or not 0 <= rate.value <= 100:
        return None
    low, high = max(rate.lower, 0.0), min(rate.upper, 100.0)
    return _divide(low, 100.0 - low), _divide(high, 100.0 - high)


def _divide(above: float, below: float) -> float:
    if below > 0:
        return above / below
    return math.inf

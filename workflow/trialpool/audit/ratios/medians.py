"""A rule on medians beside a hazard ratio: plausibility only, never a source of an effect."""

from __future__ import annotations

import math
from typing import Final

from trialpool.audit.context import AuditContext, Row, number, total
from trialpool.audit.ratios.intervals import ratio_case, read_ratio
from trialpool.audit.rule import Fault, Judgements, rule

# With exponential times, ln(median ratio) + ln HR has about this many times the standard
# error of ln HR: a median's relative error is 1 / (ln 2 √n), and each half weighs as 2/√events.
_SE_FACTOR: Final = 1.75
_SMALLEST_GAP: Final = math.log(2.0)
_Z: Final = 4.0


@rule(
    "medians-against-hr",
    "The ratio of medians does not contradict the hazard ratio grossly: with exponential times "
    "HR × median experimental / median control is 1. Fails beyond a factor of 2 and of 4 standard "
    "errors; hazards that are not proportional move it by less.",
    levels=("warning",),
    reference="Tierney 2007, Trials 8:16; Parmar 1998, Stat Med 17:2815 (ratio of medians)",
    remedy="Compare medians, arms and hazard ratio with the source; look at the curves.",
    tables=("time_to_event",),
    holds=ratio_case("0.65", "0.50", "0.85", median_experimental="18.5", median_control="12.4"),
    fails=ratio_case("0.65", "0.50", "0.85", median_experimental="81.5", median_control="12.4"),
)
def medians_against_hr(context: AuditContext) -> Judgements:
    """Judge rows with a hazard ratio, both medians and something that tells the precision."""
    for row in context.rows("time_to_event"):
        printed = [
            number(row, column) for column in ("estimate", "median_experimental", "median_control")
        ]
        if any(p is None or not p.lower > 0 for p in printed):
            continue
        hr, ours, theirs = (p for p in printed if p is not None)
        se = _standard_error(context, row)
        if se is None:
            continue
        low = math.log(hr.lower * ours.lower / theirs.upper)
        high = math.log(hr.upper * ours.upper / theirs.lower)
        gap = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
        allowed = max(_SMALLEST_GAP, _Z * _SE_FACTOR * se)
        if gap <= allowed:
            yield None
            continue
        expected = theirs.value / hr.value
        message = (
            f"medians {ours.text} and {theirs.text} have the ratio "
            f"{ours.value / theirs.value:.2f}, the hazard ratio {hr.text} would give "
            f"about {1 / hr.value:.2f}"
        )
        feasible = f"{expected * math.exp(-allowed):.3g} to {expected * math.exp(allowed):.3g}"
        cells = ("estimate", "ci_lower", "ci_upper", "median_control")
        yield Fault("time_to_event", row, "median_experimental", message, feasible, cells)


def _standard_error(context: AuditContext, row: Row) -> float | None:
    """Return the standard error of the log hazard ratio, or about what it would be."""
    read = read_ratio(row, "time_to_event")
    if read is not None:
        return read[3].sei_upper
    events = total(row, "events_experimental", "events_control")
    if events:
        return 2.0 / math.sqrt(events)
    # Medians exist once about half of the patients have had the event.
    arms = [context.arm_n.get((row["trial_id"], row[f"{s}_arm"])) for s in _SIDES]
    patients = total(row, "n_experimental", "n_control") or sum(n for n in arms if n)
    return 2.0 / math.sqrt(patients / 2.0) if patients else None


_SIDES: Final = ("experimental", "control")

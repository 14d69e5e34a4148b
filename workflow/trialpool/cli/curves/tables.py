"""The result of `trialpool survival` as tables for a reader."""

from __future__ import annotations

import math

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.curves.results import Z95, TwoArms
from trialpool.measures import get_measure
from trialpool.survival.hazards import IntervalHazardRatio
from trialpool.survival.kaplan_meier import TimeEstimate
from trialpool.survival.round_trip import tick_step


def in_tables(found: TwoArms) -> str:
    """Write the result of `trialpool survival` for a reader."""
    console = Console(highlight=False, width=120, legacy_windows=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    heads = (
        "Arm",
        "Patients",
        "Events",
        "Median",
        f"Restricted mean to {fmt.number(found.horizon, 1)}",
        "Survival then",
    )
    for i, head in enumerate((*heads, "Best fit (AIC)")):
        table.add_column(Text(head), justify="right" if i else "left")
    for arm in found.arms:
        best = arm.parametric[0] if arm.parametric else None
        table.add_row(
            Text(arm.arm),
            fmt.whole(arm.n),
            fmt.whole(arm.events),
            "not reached" if arm.median is None else fmt.number(arm.median, 1),
            _with_se(arm.restricted_mean, 2),
            fmt.percent(arm.survival.estimate),
            f"{best.family} ({fmt.number(best.aic, 1)})" if best else fmt.NOT_AVAILABLE,
        )
    with console.capture() as capture:
        console.print(Text(_headline(found), style="bold"))
        console.print(table)
        landmark = found.survival_difference
        console.print(
            Text(
                f"Difference in restricted mean: {_with_se(found.restricted_mean_difference, 2)}; "
                f"in survival: {fmt.percent(landmark.estimate)} (SE {fmt.percent(landmark.se)})"
            )
        )
        for piece in found.intervals:
            console.print(Text(_piece(piece)))
        console.print(_over_time(found))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _headline(found: TwoArms) -> str:
    """Say what the hazard ratio is, or why there is none."""
    hazard = found.hazard_ratio
    if hazard is None:
        return f"No hazard ratio: {found.hazard_ratio_missing}"
    effect = fmt.effect_with_interval(
        hazard.estimate, hazard.ci_lower, hazard.ci_upper, get_measure("HR")
    )
    p_value = fmt.p_statement(hazard.proportional_hazards_p_value)
    return f"Hazard ratio {effect}; proportional hazards: {p_value}"


def _over_time(found: TwoArms) -> Table:
    """List both curves at round times, with the patients at risk."""
    last = max(arm.curve.last for arm in found.arms)
    step = tick_step(last)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(Text("Time"))
    for arm in found.arms:
        table.add_column(Text(f"{arm.arm}: survival (at risk)"), justify="right")
    for i in range(int(last / step + 1e-9) + 1):
        time = i * step
        cells = [
            f"{fmt.percent(float(arm.curve.at([time])[0]))} "
            f"({fmt.whole(int(arm.curve.number_at_risk([time])[0]))})"
            if time <= arm.curve.known_until
            else fmt.NOT_AVAILABLE
            for arm in found.arms
        ]
        table.add_row(fmt.plain(time), *cells)
    return table


def _piece(piece: IntervalHazardRatio) -> str:
    """Say what the hazard ratio of an interval is."""
    until = "" if math.isinf(piece.end) else f" up to {piece.end:g}"
    events = f"{piece.events_experimental} and {piece.events_control} events"
    if piece.log_hr is None or piece.se is None:
        return f"After {piece.start:g}{until}: no hazard ratio ({events})"
    half = Z95 * piece.se
    effect = fmt.effect_with_interval(
        piece.log_hr, piece.log_hr - half, piece.log_hr + half, get_measure("HR")
    )
    return f"After {piece.start:g}{until}: hazard ratio {effect} ({events})"


def _with_se(entry: TimeEstimate, decimals: int) -> str:
    return f"{fmt.number(entry.estimate, decimals)} (SE {fmt.number(entry.se, decimals)})"

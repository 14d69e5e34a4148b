"""The result of `trialpool survival` as tables for a reader."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.measures import get_measure

Json = dict[str, Any]


def in_tables(record: Json) -> str:
    """Write the record of `trialpool survival` for a reader."""
    console = Console(highlight=False, width=120, legacy_windows=False)
    hazard, horizon = record["hazard_ratio"], fmt.number(record["horizon"], 1)
    effect = fmt.effect_with_interval(
        hazard["estimate"], hazard["ci_lower"], hazard["ci_upper"], get_measure("HR")
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    heads = (
        "Arm",
        "Patients",
        "Events",
        "Median",
        f"Restricted mean to {horizon}",
        "Survival then",
    )
    for i, head in enumerate((*heads, "Best fit (AIC)")):
        table.add_column(Text(head), justify="right" if i else "left")
    for arm in record["arms"]:
        best = arm["parametric"][0] if arm["parametric"] else None
        table.add_row(
            Text(arm["arm"]),
            fmt.whole(arm["n"]),
            fmt.whole(arm["events"]),
            fmt.number(arm["median"], 1),
            _with_se(arm["restricted_mean"], 2),
            fmt.percent(arm["survival"]["estimate"]),
            f"{best['family']} ({fmt.number(best['aic'], 1)})" if best else fmt.NOT_AVAILABLE,
        )
    p_value = fmt.p_statement(hazard["proportional_hazards_p_value"])
    with console.capture() as capture:
        console.print(Text(f"Hazard ratio {effect}; proportional hazards: {p_value}", style="bold"))
        console.print(table)
        mean, landmark = record["restricted_mean_difference"], record["survival_difference"]
        console.print(
            Text(
                f"Difference in restricted mean: {_with_se(mean, 2)}; in survival: "
                f"{fmt.percent(landmark['estimate'])} (SE {fmt.percent(landmark['se'])})"
            )
        )
        for piece in record["intervals"]:
            console.print(Text(_piece(piece)))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _piece(piece: Json) -> str:
    """Say what the hazard ratio of an interval is."""
    until = "" if piece["end"] is None else f" up to {piece['end']:g}"
    events = f"{piece['events_experimental']} and {piece['events_control']} events"
    if piece["log_hr"] is None:
        return f"After {piece['start']:g}{until}: no hazard ratio ({events})"
    half = 1.959963984540054 * piece["se"]
    limits = (piece["log_hr"] - half, piece["log_hr"] + half)
    effect = fmt.effect_with_interval(piece["log_hr"], *limits, get_measure("HR"))
    return f"After {piece['start']:g}{until}: hazard ratio {effect} ({events})"


def _with_se(entry: Json, decimals: int) -> str:
    return f"{fmt.number(entry['estimate'], decimals)} (SE {fmt.number(entry['se'], decimals)})"

"""`trialpool reconstruct`: individual data of one arm from its curve."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from trialpool.cli.curves.inputs import pairs, refuse, table, text_of
from trialpool.files import write_text
from trialpool.findings import refuse_overwriting

if TYPE_CHECKING:
    from trialpool.survival.clean import Marked


def reconstruct(
    file: Path,
    n: int | None,
    at_risk: list[str],
    events: int | None,
    marked: str,
    output: Path | None,
    *,
    arm: str | None = None,
    published_median: str | None = None,
    as_json: bool,
) -> int:
    """Reconstruct individual data of one arm from a curve, and say how well it is met."""
    from trialpool.cli.curves import checks
    from trialpool.survival.curve_tables import read_curve
    from trialpool.survival.kaplan_meier import kaplan_meier
    from trialpool.survival.reconstruct import reconstruct_points

    if marked not in ("line", "corners"):
        message = f"{marked!r}; allowed: line, corners"
        raise typer.BadParameter(message, param_hint="'--marked'")
    if output is not None:
        refuse_overwriting(file, output)
    told = published_median is not None
    median = checks.read_median(published_median or "NR", "'--published-median'")
    printed, notes = _at_risk(at_risk, arm)
    n = _patients(n, printed)
    try:
        time, level = read_curve(text_of(file))
        beyond = [moment for moment, count in printed if moment > time.max() and not count]
        if beyond:
            printed = [pair for pair in printed if pair[0] not in beyond]
            notes.append(f"nobody is at risk from {min(beyond):g} on, where the curve has ended")
        found = reconstruct_points(
            time, level, n, marked=cast("Marked", marked), at_risk=printed, events=events
        )
    except ValueError as error:
        remedy = "Compare the points and numbers with the figure."
        raise refuse(file, "curve-sound", str(error), remedy) from None
    if output is not None:
        rows = zip(found.time.tolist(), found.event.astype(int).tolist(), strict=True)
        write_text(output, table(["time", "event"], rows))
    curve = kaplan_meier(found.time, found.event)
    left = curve.number_at_risk([moment for moment, _ in printed]).tolist()
    compared = checks.compare_median(median, curve.median) if told else None
    if as_json:
        record = {
            "n": int(found.time.size),
            "events": found.events,
            "published_events": events,
            "median": curve.median,
            "curve_error_rms": found.curve_error_rms,
            "curve_error_max": found.curve_error_max,
            "at_risk_error": found.at_risk_error,
            "at_risk": [
                {"time": time, "published": count, "reconstructed": number}
                for (time, count), number in zip(printed, left, strict=True)
            ],
            "published_median": None if compared is None else asdict(compared),
            "repairs": list(found.repairs),
            "notes": [*notes, *found.notes],
        }
        typer.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return 0
    typer.echo(f"{found.time.size} patients, {found.events} events")
    typer.echo(
        f"Distance to the curve: {found.curve_error_rms:.4f} (root mean square), "
        f"{found.curve_error_max:.4f} (largest); to the numbers at risk: {found.at_risk_error}"
    )
    if compared is not None:
        typer.echo(checks.median_in_words("Median", compared))
    for line in (*notes, *found.repairs, *found.notes):
        typer.echo(f"Note: {line}")
    return 0


def _at_risk(given: list[str], arm: str | None) -> tuple[list[tuple[float, int]], list[str]]:
    """Read numbers at risk from the options, or from the one file that is given in their place."""
    from trialpool.survival.digitised.at_risk import choose_arm, read_at_risk

    pairs_given = [text for text in given if ":" in text or "=" in text]
    files = [text for text in given if text not in pairs_given or Path(text).is_file()]
    if not files:
        if arm is not None:
            message = f"{arm!r}: it names an arm of a file of numbers at risk, and none is given"
            raise typer.BadParameter(message, param_hint="'--arm'")
        return [(time, round(count)) for time, count in pairs(given, "'--at-risk'")], []
    if len(given) > 1:
        message = f"{files[0]!r} is no TIME:NUMBER; allowed: those, or one file"
        raise typer.BadParameter(message, param_hint="'--at-risk'")
    path = Path(files[0])
    try:
        chosen = choose_arm(read_at_risk(text_of(path)), arm)
    except ValueError as error:
        remedy = "Compare the numbers with those under the figure."
        raise refuse(path, "at-risk-read", str(error), remedy) from None
    return list(chosen.table), list(chosen.notes)


def _patients(n: int | None, printed: list[tuple[float, int]]) -> int:
    """Patients at the start: those that the option names, who must be those at risk at time 0."""
    at_start = next((count for time, count in printed if time == 0.0), None)
    known = at_start if n is None else n
    if known is None:
        message = "needed, unless the numbers at risk begin at time 0"
        raise typer.BadParameter(message, param_hint="'--patients'")
    if at_start is not None and at_start != known:
        message = f"{known}, but {at_start} are at risk at time 0"
        raise typer.BadParameter(message, param_hint="'--patients'")
    return known

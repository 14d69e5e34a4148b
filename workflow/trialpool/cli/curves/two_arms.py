"""`trialpool survival`: what the individual data of two arms say."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trialpool.cli.curves.inputs import refuse, text_of
from trialpool.files import write_bytes
from trialpool.findings import Finding, InputError

if TYPE_CHECKING:
    from trialpool.cli.curves.results import TwoArms
    from trialpool.pooling.options import Floats, Ints


def survival(
    file: Path,
    experimental: str,
    horizon: float | None,
    figure: Path | None,
    *,
    published_hr: str | None = None,
    published_medians: str | None = None,
    cuts: tuple[float, ...] = (),
    as_json: bool,
) -> int:
    """Print what individual data of two arms say: hazards, medians, restricted means, fits."""
    from trialpool.cli.curves import checks

    printed = None if published_hr is None else checks.read_ratio(published_hr, "'--published-hr'")
    medians = (
        None
        if published_medians is None
        else checks.read_medians(published_medians, "'--published-medians'")
    )
    if figure is not None and figure.suffix.lower() not in (".svg", ".pdf", ".png"):
        message = f"{figure.name}; allowed: .svg, .pdf, .png"
        raise typer.BadParameter(message, param_hint="'--figure'")
    found = _analysis(file, experimental, horizon, cuts)
    hazard = found.hazard_ratio
    ratio = (
        None
        if printed is None or hazard is None
        else checks.compare_ratio(printed, hazard.estimate, hazard.se)
    )
    compared = tuple(
        checks.compare_median(median, arm.median)
        for arm, median in zip(found.arms, medians or (), strict=False)
    )
    if figure is not None:
        _draw(file, experimental, horizon, figure)
    if as_json:
        from trialpool.cli.curves.results import as_json as plain

        typer.echo(json.dumps(plain(found, ratio, compared), ensure_ascii=False, indent=2))
        return 0
    from trialpool.cli.curves.tables import in_tables

    typer.echo(in_tables(found))
    if ratio is not None:
        typer.echo(checks.ratio_in_words(ratio))
    elif printed is not None:
        typer.echo("The printed hazard ratio is not compared: the data have none.")
    for arm, median in zip(found.arms, compared, strict=False):
        typer.echo(checks.median_in_words(f"Median of {arm.arm}", median))
    return 0


def _draw(file: Path, experimental: str, horizon: float | None, figure: Path) -> None:
    """Draw the curves; the data stand in the file already, so no CSV is written beside."""
    from trialpool.figures.canvas.rendering import rendered, svg_text
    from trialpool.figures.plots.survival import survival_plot

    time, event, arms = _individual(file)
    other = next(name for name in dict.fromkeys(arms) if name != experimental)
    drawn = survival_plot(
        time,
        event,
        [int(arm == experimental) for arm in arms],
        names=(experimental, other),
        horizon=horizon,
        unit="in the unit of the data",
        title=file.stem,
    )
    kind = figure.suffix.lower().removeprefix(".")
    write_bytes(figure, svg_text(drawn).encode() if kind == "svg" else rendered(drawn, kind))


def _analysis(
    file: Path, experimental: str, horizon: float | None, cuts: tuple[float, ...] = ()
) -> TwoArms:
    import numpy as np

    from trialpool.cli.curves.results import TwoArms, arm_survival, hazard_ratio
    from trialpool.survival.hazards import (
        NotEstimableError,
        compare_hazards,
        interval_hazard_ratios,
    )
    from trialpool.survival.kaplan_meier import difference, kaplan_meier
    from trialpool.survival.parametric import fit_parametric

    time, event, arms = _individual(file)
    names = list(dict.fromkeys(arms))
    if experimental not in names or len(names) != 2:
        message = f"{experimental!r}; the file's arms are {', '.join(map(repr, names))}"
        raise typer.BadParameter(f"{message}, and there must be two", param_hint="'--experimental'")
    order = [experimental, *(name for name in names if name != experimental)]
    label = np.array(arms)
    hazard, reason = None, None
    try:
        try:
            hazard = hazard_ratio(compare_hazards(time, event, label == experimental))
        except NotEstimableError as error:
            reason = str(error)
        pieces = interval_hazard_ratios(time, event, label == experimental, cuts) if cuts else ()
        curves = [kaplan_meier(time[label == name], event[label == name]) for name in order]
        at = horizon if horizon is not None else min(curve.last for curve in curves)
        found = [arm_survival(name, curve, at) for name, curve in zip(order, curves, strict=True)]
    except ValueError as error:
        remedy = "Check times, events, arms and the horizon."
        raise refuse(file, "survival-data", str(error), remedy) from None
    fitted = [
        replace(arm, parametric=fit_parametric(np.maximum(time[own], 1e-9), event[own]))
        if arm.events
        else arm
        for arm in found
        for own in [label == arm.arm]
    ]
    return TwoArms(
        horizon=at,
        hazard_ratio=hazard,
        hazard_ratio_missing=reason,
        arms=tuple(fitted),
        intervals=pieces,
        restricted_mean_difference=difference(*(arm.restricted_mean for arm in found)),
        survival_difference=difference(*(arm.survival for arm in found)),
    )


def _individual(file: Path) -> tuple[Floats, Ints, list[str]]:
    """Read time, event and arm of every patient, naming every faulty cell."""
    import numpy as np

    rows = list(csv.DictReader(io.StringIO(text_of(file))))
    faults: list[Finding] = []
    missing = [name for name in ("time", "event", "arm") if not rows or name not in rows[0]]
    if missing:
        message = f"columns missing: {', '.join(missing)}"
        raise refuse(file, "column-exists", message, "It needs time, event and arm.")
    values: dict[str, list[float]] = {"time": [], "event": []}
    for line, row in enumerate(rows, 2):
        for name, kept in values.items():
            try:
                number = float(row[name] or "")
            except ValueError:
                number = math.nan
            if not (math.isfinite(number) and number >= 0 and (name == "time" or number in (0, 1))):
                rule = "a time of at least 0" if name == "time" else "1 (event) or 0 (censored)"
                faults.append(
                    Finding(
                        "fatal", f"cell-is-{name}", file.name, line, column=name,
                        value=str(row[name]), message=f"must be {rule}", remedy="Correct it.",
                    )
                )  # fmt: skip
            kept.append(number)
    if faults:
        raise InputError(faults)
    arms = [str(row["arm"]) for row in rows]
    return np.array(values["time"]), np.array(values["event"]).astype(int), arms

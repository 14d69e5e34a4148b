"""Commands on survival curves: points from figures, reconstruction, what the data say."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trialpool.files import write_bytes, write_text
from trialpool.findings import Finding, InputError

if TYPE_CHECKING:
    from trialpool.cli.curves.results import TwoArms
    from trialpool.pooling.options import Floats, Ints


def _refuse(file: Path, rule: str, message: str, remedy: str) -> InputError:
    return InputError([Finding("fatal", rule, file.name, message=message, remedy=remedy)])


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}"
        raise _refuse(file, "file-readable", reason, "Check its name.") from None


def _text_of(file: Path) -> str:
    try:
        return _read(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8 text: {error.reason} at byte {error.start}"
        raise _refuse(file, "utf-8", message, "Save it with encoding UTF-8.") from None


def pairs(texts: list[str], option: str) -> list[tuple[float, float]]:
    """Read "place=value" or "time:number" pairs of an option."""
    found = []
    for text in texts:
        left, _, right = text.replace("=", ":").partition(":")
        try:
            found.append((float(left), float(right)))
        except ValueError:
            message = f"{text!r}; allowed: two numbers such as 61.2=0"
            raise typer.BadParameter(message, param_hint=option) from None
    return found


def digitise(
    file: Path, curve: str | None, x: list[str], y: list[str], page: int, output: Path | None
) -> int:
    """Write the points of a curve as CSV of time and survival."""
    from trialpool.survival import digitise as source

    suffix = file.suffix.lower()
    try:
        if suffix in (".svg", ".pdf"):
            axes = []
            for option, texts in (("'--x'", x), ("'--y'", y)):
                marks = pairs(texts, option)
                if len(marks) != 2:
                    message = f"{len(marks)} given; two are needed, such as 61.2=0"
                    raise typer.BadParameter(message, param_hint=option)
                axes.append(source.Axis((marks[0][0], marks[1][0]), (marks[0][1], marks[1][1])))
            paths = (
                source.svg_paths(_text_of(file))
                if suffix == ".svg"
                else source.pdf_paths(_read(file), page)
            )
            points = source.points_of_path(source.choose_path(paths, curve), *axes)
        elif suffix in (".csv", ".json"):
            found = source.read_digitiser(_text_of(file), suffix)
            if (curve is None and len(found) != 1) or (curve is not None and curve not in found):
                listed = ", ".join(repr(name) for name in found)
                raise typer.BadParameter(f"the file holds {listed}", param_hint="'--curve'")
            points = found[curve if curve is not None else next(iter(found))]
        else:
            raise typer.BadParameter(f"{file.name}; allowed: .svg, .pdf, .csv, .json")
    except ValueError as error:
        raise _refuse(file, "curve-read", str(error), "Name another line or file.") from None
    text = _table(["time", "survival"], zip(*(axis.tolist() for axis in points), strict=True))
    _give(text, output)
    return 0


def reconstruct(
    file: Path,
    n: int,
    at_risk: list[str],
    events: int | None,
    marked: str,
    output: Path | None,
    *,
    published_median: str | None = None,
    as_json: bool,
) -> int:
    """Reconstruct individual data of one arm from a curve, and say how well it is met."""
    from trialpool.cli.curves import checks
    from trialpool.survival.clean import clean_points
    from trialpool.survival.curve_tables import read_curve
    from trialpool.survival.kaplan_meier import kaplan_meier
    from trialpool.survival.reconstruct import reconstruct as rebuild

    if marked not in ("line", "corners"):
        message = f"{marked!r}; allowed: line, corners"
        raise typer.BadParameter(message, param_hint="'--marked'")
    told = published_median is not None
    median = checks.read_median(published_median or "NR", "'--published-median'")
    table = [(time, round(count)) for time, count in pairs(at_risk, "'--at-risk'")]
    try:
        clean = clean_points(*read_curve(_text_of(file)), marked=marked)  # type: ignore[arg-type]
        found = rebuild(clean.time, clean.survival, n, at_risk=table, events=events)
    except ValueError as error:
        remedy = "Compare the points and numbers with the figure."
        raise _refuse(file, "curve-sound", str(error), remedy) from None
    if output is not None:
        rows = zip(found.time.tolist(), found.event.astype(int).tolist(), strict=True)
        write_text(output, _table(["time", "event"], rows))
    curve = kaplan_meier(found.time, found.event)
    left = curve.number_at_risk([time for time, _ in table]).tolist()
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
                for (time, count), number in zip(table, left, strict=True)
            ],
            "published_median": None if compared is None else asdict(compared),
            "repairs": list(clean.repairs),
            "notes": list(found.notes),
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
    for line in (*clean.repairs, *found.notes):
        typer.echo(f"Note: {line}")
    return 0


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
    ratio = None if printed is None else checks.compare_ratio(printed, hazard.estimate, hazard.se)
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

    from trialpool.cli.curves.results import Z95, ArmSurvival, HazardRatio, TwoArms
    from trialpool.survival.hazards import compare_hazards, interval_hazard_ratios
    from trialpool.survival.kaplan_meier import (
        difference,
        kaplan_meier,
        restricted_mean,
        survival_at,
    )
    from trialpool.survival.parametric import fit_parametric

    time, event, arms = _individual(file)
    names = list(dict.fromkeys(arms))
    if experimental not in names or len(names) != 2:
        message = f"{experimental!r}; the file's arms are {', '.join(map(repr, names))}"
        raise typer.BadParameter(f"{message}, and there must be two", param_hint="'--experimental'")
    order = [experimental, *(name for name in names if name != experimental)]
    label = np.array(arms)
    try:
        hazard = compare_hazards(time, event, label == experimental)
        pieces = interval_hazard_ratios(time, event, label == experimental, cuts) if cuts else ()
        curves = [kaplan_meier(time[label == name], event[label == name]) for name in order]
        last = min(curve.last for curve in curves)
        at = horizon if horizon is not None else last
        means = [restricted_mean(curve, at) for curve in curves]
        landmarks = [survival_at(curve, at) for curve in curves]
        fits = [
            fit_parametric(np.maximum(time[label == n], 1e-9), event[label == n]) for n in order
        ]
    except ValueError as error:
        remedy = "Check times, events, arms and the horizon."
        raise _refuse(file, "survival-data", str(error), remedy) from None
    half = Z95 * hazard.se
    return TwoArms(
        horizon=at,
        hazard_ratio=HazardRatio(
            estimate=hazard.log_hr,
            se=hazard.se,
            ci_lower=hazard.log_hr - half,
            ci_upper=hazard.log_hr + half,
            proportional_hazards_p_value=hazard.ph_p_value,
        ),
        arms=tuple(
            ArmSurvival(name, curve.n, int(curve.events.sum()), curve.median, mean, landmark, fit)
            for name, curve, mean, landmark, fit in zip(
                order, curves, means, landmarks, fits, strict=True
            )
        ),
        intervals=pieces,
        restricted_mean_difference=difference(*means),
        survival_difference=difference(*landmarks),
    )


def _individual(file: Path) -> tuple[Floats, Ints, list[str]]:
    """Read time, event and arm of every patient, naming every faulty cell."""
    import numpy as np

    rows = list(csv.DictReader(io.StringIO(_text_of(file))))
    faults: list[Finding] = []
    missing = [name for name in ("time", "event", "arm") if not rows or name not in rows[0]]
    if missing:
        message = f"columns missing: {', '.join(missing)}"
        raise _refuse(file, "column-exists", message, "It needs time, event and arm.")
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


def _table(header: list[str], rows: Iterable[tuple[float, ...]]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def _give(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text(output, text)

"""`trialpool plot`: a table of effects in, a figure and the CSV of what it shows out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from trialpool.cli.figure.plot_kinds import KINDS, NEEDED, OPTIONS
from trialpool.cli.intake.reading_options import Reading
from trialpool.effects.inputs import (
    MeasureRefusedError,
    Table,
    UnknownColumnError,
    group_column,
    order_column,
    read_effects,
    read_table,
    where_known,
)
from trialpool.effects.typed import EffectSizes, parse_real
from trialpool.findings import Finding, InputError, refuse_overwriting
from trialpool.records.files import read_result
from trialpool.records.results import Result

if TYPE_CHECKING:
    from trialpool.figures.plots import PlotFigure
    from trialpool.records.review.risk_of_bias import RiskOfBiasSummary

FORMATS: Final = (".svg", ".pdf", ".png", ".tiff", ".eps")


@dataclass(frozen=True)
class Options:
    """Options of the kinds; None where they were not given."""

    measure: str | None = None
    label: str | None = None
    tau2: str | None = None
    ci: str | None = None
    level: float | None = None
    order: str | None = None
    moderator: str | None = None
    by: str | None = None
    reference: str | None = None
    small_values: str | None = None
    tool: str | None = None
    weighted: bool | None = None
    digits: int | None = None
    limits: tuple[float, float] | None = None

    def given(self, *names: str) -> dict[str, Any]:
        """Return those that were given, by name, as arguments of a plot; of some or of all."""
        return {
            name: value
            for name, value in vars(self).items()
            if value is not None and name in (names or vars(self))
        }


@dataclass(frozen=True)
class Request:
    """What was asked for: the kind, its options, title, width in mm and dots per inch."""

    kind: str
    options: Options
    title: str | None = None
    width: float | None = None
    dpi: int = 300
    reading: Reading = field(default_factory=Reading)


def run(file: Path, request: Request, output: Path) -> int:
    """Draw a file and write the figure; return the exit status.

    Raises
    ------
    typer.BadParameter
        For an option that is not known or does not go with the kind.
    InputError
        With every fault of the file.
    """
    check(request, output)
    refuse_overwriting(file, output, output.with_suffix(".csv"))
    try:
        drawn = draw(file, request)
    except MeasureRefusedError as error:
        raise typer.BadParameter(str(error), param_hint="'--measure'") from None
    except UnknownColumnError as error:
        raise typer.BadParameter(str(error)) from None
    except ValueError as error:
        remedy = "Choose another plot or other options."
        finding = Finding("fatal", "plot", file.name, message=f"{error}.", remedy=remedy)
        raise InputError([finding]) from None
    from trialpool.figures.plots import save_plot

    save_plot(drawn, output.with_suffix(""), (output.suffix,), request.dpi)
    return 0


def check(request: Request, output: Path) -> None:
    """Raise for what cannot be drawn, before a file is read."""
    kind = request.kind
    if kind not in KINDS:
        message = f"{kind!r} is not known; allowed: {', '.join(KINDS)}"
        raise typer.BadParameter(message, param_hint="'KIND'")
    if output.suffix not in FORMATS:
        message = f"{output.name!r} has no known format; allowed: {', '.join(FORMATS)}"
        raise typer.BadParameter(message, param_hint="'--output'")
    given = request.options.given()
    for name in given:
        if name not in OPTIONS[kind]:
            hint = f"'--{name.replace('_', '-')}'"
            raise typer.BadParameter(f"does not go with {kind}", param_hint=hint)
    needed = NEEDED.get(kind)
    if needed and needed not in given:
        raise typer.BadParameter(f"{kind} needs it", param_hint=f"'--{needed}'")


def draw(file: Path, request: Request) -> PlotFigure:
    """Draw a file."""
    from trialpool.figures import plots

    look: dict[str, Any] = {"identifier": request.kind}
    if request.title is not None:
        look["title"] = request.title
    if request.width is not None:
        look["width_mm"] = request.width
    if request.kind == "overview":
        return plots.overview_plot(_records(file), **look)
    asked = request.options
    if request.kind == "risk-of-bias":
        return plots.risk_of_bias_plot(_judged(file, asked), **look)
    if request.kind in ("network", "net-heat", "network-funnel", "league", "rank"):
        return _network(file, request, look)
    if request.kind == "specification":
        rows = list(read_table(file).rows)
        try:
            return plots.specification_curve(
                rows, measure=asked.measure or "", group=asked.by, **look
            )
        except ValueError as error:
            # The command names the group by an option of another name.
            raise ValueError(str(error).replace("group=", "--by ", 1)) from None
    table = request.reading.table(file, asked.measure, asked.label)
    effects = read_effects(table, asked.measure, asked.label)
    _warn(table, effects)
    effects = _with_cells(table, effects, request)
    options = asked.given("tau2", "ci", "level", "digits", "limits")
    if request.kind == "labbe":
        return plots.labbe_plot(*_counts(table), labels=_names(table, effects), **look,
                                measure=asked.measure or "")  # fmt: skip
    positional: list[Any] = [effects]
    if request.kind == "cumulative" and asked.order is not None:
        positional.append(order_column(table, asked.order, effects))
        options["order_text"] = [table.rows[row][asked.order] for row in effects.rows]
    elif request.kind == "bubble" and asked.moderator is not None:
        positional.append(_moderator(table, asked.moderator, effects))
        options["name"] = asked.moderator
    elif request.kind == "orchard" and asked.by is not None:
        positional.append(group_column(table, asked.by, effects))
    function = getattr(plots, f"{request.kind.replace('-', '_')}_plot")
    drawn: PlotFigure = function(*positional, **options, **look)
    return drawn


def _warn(table: Table, effects: EffectSizes) -> None:
    """Say what there is to doubt of the table and of its rows."""
    of_rows = (table.finding(warning, "warning") for warning in effects.warnings)
    for finding in (*table.warnings, *of_rows):
        typer.echo(str(finding), err=True)


def _with_cells(table: Table, effects: EffectSizes, request: Request) -> EffectSizes:
    """Leave out, and name, the trials that have no moderator of a bubble or group of an orchard."""
    asked = request.options
    option, column = {
        "bubble": ("--moderator", asked.moderator), "orchard": ("--by", asked.by)
    }.get(request.kind, ("", None))  # fmt: skip
    if column is None:
        return effects
    effects = where_known(table, option, column, effects)
    for out in effects.excluded:
        typer.echo(f"Not drawn: {out.label}: {out.reason}", err=True)
    return effects


def _judged(place: Path, asked: Options) -> RiskOfBiasSummary:
    """Count the judgements of a file, or of the trials of a results folder."""
    from trialpool.evidence.risk_of_bias import judgements
    from trialpool.evidence.risk_of_bias_summary import Result as JudgedResult
    from trialpool.evidence.risk_of_bias_summary import results_of, summarise
    from trialpool.intake.risk_of_bias import read_judged

    weighted = bool(asked.weighted)
    if place.is_dir():
        own = place / "result.json"
        records = [read_result(own)] if own.exists() else _records(place)
        if weighted and len(records) > 1:
            raise typer.BadParameter("goes with one question", param_hint="'--weighted'")
        trials = [trial for record in records for trial in record.trials]
        return summarise(results_of(trials, weighted=weighted), weighted=weighted)
    read = read_judged(place, asked.tool or "")
    for entry in read.left_out:
        typer.echo(f"Not drawn: {entry}", err=True)
    if weighted and not read.weights:
        raise ValueError(f"{place.name} has no column Weight")
    weights = read.weights if weighted else {}
    found = judgements(one.row for one in read.judged)
    results = [
        JudgedResult(trial, entry, weights.get(trial, 0.0 if weighted else 1.0))
        for (trial, _), entry in found.items()
    ]
    return summarise(results, weighted=weighted)


def _network(file: Path, request: Request, look: dict[str, Any]) -> PlotFigure:
    """Analyse a network and draw it."""
    from trialpool.cli.pool import network
    from trialpool.figures import plots

    asked = request.options.given("measure", "reference", "tau2", "small_values", "level")
    own = network.Request(**asked, reading=request.reading)
    result = network.analyse(file, own, node_splitting=False)
    if request.options.order is not None:
        look["order"] = [name.strip() for name in request.options.order.split(",") if name.strip()]
    name = f"{request.kind.replace('-', '_')}_plot"
    drawn: PlotFigure = getattr(plots, name)(result, **look)
    return drawn


def _counts(table: Table) -> tuple[list[float], ...]:
    """Events and patients of both arms, of every row."""
    columns = ("events_experimental", "n_experimental", "events_control", "n_control")
    for column in columns:
        table.need("labbe", column)
    read = [[parse_real(row[column]) for row in table.rows] for column in columns]
    return tuple([cell.value for cell in cells if cell is not None] for cells in read)


def _names(table: Table, effects: EffectSizes) -> list[str]:
    """Name every row, with those that the pool leaves out."""
    named = dict(zip(effects.rows, effects.labels, strict=True))
    named |= {x.row: x.label for x in effects.excluded}
    return [named[row] for row in range(len(table.rows))]


def _moderator(table: Table, column: str, effects: EffectSizes) -> list[float]:
    """Read a column of numbers, one per pooled row; every fault at once."""
    table.need("--moderator", column)
    found = [parse_real(table.rows[row][column]) for row in effects.rows]
    remedy = "Enter the number, or take the row out; a bubble plot needs one per trial."
    faults = [
        Finding("fatal", "number", table.file, table.lines[row], f"{row + 1}", column,
                table.rows[row][column], "not a number", remedy)
        for row, number in zip(effects.rows, found, strict=True)
        if number is None
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
    return [number.value for number in found if number is not None]


def _records(folder: Path) -> list[Result]:
    """Read the result record of every question of a results folder."""
    files = sorted(folder.glob("questions/*/result.json")) or sorted(folder.glob("*/result.json"))
    if not files:
        remedy = "Give the results folder of a build."
        message = "no questions/*/result.json in this folder"
        raise InputError([Finding("fatal", "results", folder.name, message=message, remedy=remedy)])
    return [read_result(path) for path in files]

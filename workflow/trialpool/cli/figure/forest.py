"""`trialpool forest`: the table and options of `trialpool pool`, or a result record, drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import typer

from trialpool.cli.figure.pooled import (
    NetworkAsked,
    check,
    record_of_network_table,
    record_of_table,
)
from trialpool.cli.pool.effects import check_options
from trialpool.cli.pool.request import Request
from trialpool.effects.inputs import (
    MeasureRefusedError,
    Table,
    UnknownColumnError,
)
from trialpool.figures.forest.options.display_options import Choice
from trialpool.figures.given.records import Told
from trialpool.findings import Finding, InputError, refuse_overwriting
from trialpool.records.files import result_of, to_plain
from trialpool.records.groups import Favours
from trialpool.records.results import Result

if TYPE_CHECKING:
    from trialpool.figures.forest.figure import ForestFigure
    from trialpool.figures.forest.options.forest_options import ForestOptions


@dataclass(frozen=True)
class Drawing:
    """How the plot was asked for on the command line."""

    output: Path
    preset: str
    choice: Choice
    favours: tuple[str, str] | None
    width: str | None
    title: str
    rows_per_page: int | None
    as_json: bool
    looks: Mapping[str, Any] = field(default_factory=dict)
    rob: tuple[str, ...] | None = None
    previous: Path | None = None
    single_reader: bool = False
    names: tuple[str, str] | None = None
    dpi: int = 300
    comparison: str | None = None
    network: NetworkAsked = field(default_factory=NetworkAsked)


# What a record cannot be asked any more: it is pooled.
POOLING: Final = (
    "tau2", "ci", "pi", "method", "zero_cells", "glmm_model", "measure", "by", "level", "label",
    "seed", "rob", "bayes", "prior", "prior_scale", "cluster", "robust", "network", "reference",
)  # fmt: skip


def forest(file: Path, request: Request, drawing: Drawing) -> int:
    """Pool a file and draw it; return the exit status.

    Raises
    ------
    typer.BadParameter
        For an option that is not known, or does not go with the file's columns.
    InputError
        With every fault of the file.
    """
    _check_output(drawing.output, file)
    check_options(request)
    check(request, drawing.network)
    record, remarks = _pooled(file, request, drawing)
    status = _draw(record, drawing)
    for remark in remarks:
        typer.echo(remark, err=True)
    return status


def forest_beside(
    files: tuple[Path, Path], request: Request, drawing: Drawing, given: Sequence[str]
) -> int:
    """Draw two tables or records on one set of rows; return the exit status.

    Raises
    ------
    typer.BadParameter
        For an option that is not known, or that neither of the files can follow.
    InputError
        With every fault of a file.
    """
    from trialpool.figures.forest.panels.beside import draw_beside

    _check_output(drawing.output, *files)
    check_options(request)
    check(request, drawing.network)
    if all(file.suffix.lower() == ".json" for file in files):
        _refuse_pooling(files[0], given)
    records: list[Result] = []
    for file, earlier in zip(files, (drawing.previous, None), strict=True):
        remarks: list[str] = []
        if file.suffix.lower() == ".json":
            record = _with_sides(_read_record(file), drawing)
        else:
            record, remarks = _pooled(file, request, drawing)
        for remark in remarks:
            typer.echo(f"{file.name}: {remark}", err=True)
        records.append(_marked(record, drawing, earlier))
    names = drawing.names
    if names is None and not all(record.endpoint_names for record in records):
        # A table does not say what its endpoint is called.
        names = (files[0].stem, files[1].stem)
    try:
        drawn = draw_beside(records[0], records[1], _options(drawing), names=names)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return _finish(drawn, records, drawing)


def _pooled(file: Path, request: Request, drawing: Drawing) -> tuple[Result, list[str]]:
    """Pool a table; also return what there is to say of its rows."""
    told = Told(None, drawing.title, drawing.favours, rob_columns=drawing.rob)
    if drawing.network.wanted:
        try:
            return record_of_network_table(file, request, drawing.network, told)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    table = request.reading.table(file, request.measure, request.label)
    try:
        for name in drawing.rob or ():
            table.need("--rob", name)
        _check_judgements(table, drawing.rob)
        told = replace(told, cells=table.rows)
        record, effects, remarks = record_of_table(table, request, told)
    except MeasureRefusedError as error:
        raise typer.BadParameter(str(error), param_hint="'--measure'") from None
    except (UnknownColumnError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    remarks += [f"Not drawn: {out.label}: {out.reason}" for out in effects.excluded]
    return record, remarks


def forest_of_record(file: Path, drawing: Drawing, given: Sequence[str]) -> int:
    """Draw a result record; return the exit status.

    Parameters
    ----------
    file : Path
        A result.json.
    drawing : Drawing
    given : sequence of str
        Names of the options on the command line.

    Raises
    ------
    typer.BadParameter
        For options that a record cannot follow.
    InputError
        If the file is no result record.
    """
    _check_output(drawing.output, file)
    _refuse_pooling(file, given)
    record = _read_record(file)
    if drawing.comparison is not None:
        record = _of_comparison(record, drawing.comparison)
    return _draw(_with_sides(record, drawing), drawing)


def _of_comparison(record: Result, comparison: str) -> Result:
    """Return a record with the group of one comparison alone, and its trials."""
    groups = tuple(group for group in record.groups if group.comparison == comparison)
    if not groups:
        known = ", ".join(sorted({group.comparison for group in record.groups} - {""}))
        message = f"{comparison!r}; this record has: {known or 'none'}"
        raise typer.BadParameter(message, param_hint="'--comparison'")
    labels = {group.label for group in groups}
    return msgspec.structs.replace(
        record,
        groups=groups,
        trials=tuple(trial for trial in record.trials if trial.group in labels),
        overall=None,
        overall_reason="",
        subgroup_test=None,
    )


def _refuse_pooling(file: Path, given: Sequence[str]) -> None:
    if pooling := [name for name in given if name in POOLING]:
        options = ", ".join("--" + name.replace("_", "-") for name in pooling)
        raise typer.BadParameter(f"{options}: {file.name} is pooled already; options of a table")


def _with_sides(record: Result, drawing: Drawing) -> Result:
    """Return a record with what the caller says of the sides of its null."""
    if drawing.favours is None:
        return record
    lower, higher = drawing.favours
    return msgspec.structs.replace(record, favours=Favours(lower=lower, higher=higher))


def _check_judgements(table: Table, columns: Sequence[str] | None) -> None:
    """Raise InputError with every cell that holds no judgement of risk of bias."""
    from trialpool.evidence.risk_of_bias import judgement_of
    from trialpool.figures.forest.risk_of_bias import rob_columns

    findings = []
    for name in rob_columns(table.columns, columns):
        for cells, line in zip(table.rows, table.lines, strict=True):
            try:
                judgement_of(cells[name])
            except ValueError as error:
                findings.append(
                    Finding(
                        "fatal",
                        "risk-of-bias",
                        table.file,
                        line,
                        column=name,
                        value=cells[name],
                        message=str(error),
                        remedy="Write one of these words, or leave the cell empty.",
                    )
                )
    if findings:
        raise InputError(findings)


def _draw(record: Result, drawing: Drawing) -> int:
    """Mark rows as asked for, draw them and write the plot; return the exit status."""
    from trialpool.figures.forest.draw import forest_of

    try:
        record = _marked(record, drawing, drawing.previous)
        drawn = forest_of(record, _options(drawing))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return _finish(drawn, [record], drawing)


def _marked(record: Result, drawing: Drawing, previous: Path | None) -> Result:
    from trialpool.figures.forest.words.flags import with_flags
    from trialpool.records.summaries import read_released

    before = None if previous is None else read_released(previous)
    return with_flags(record, single_reader=drawing.single_reader, previous=before)


def _options(drawing: Drawing) -> ForestOptions:
    from trialpool.figures.forest.options.forest_options import ForestOptions
    from trialpool.figures.forest.options.preset_changes import adapted

    return ForestOptions(
        preset=adapted(drawing.preset, **drawing.looks),
        choice=drawing.choice,
        width_mm=_width(drawing.width),
        title=drawing.title or True,
        rows_per_page=drawing.rows_per_page,
    )


def _check_output(output: Path, *given: Path) -> None:
    from trialpool.figures.forest.figure import FORMATS

    if output.suffix.lower() not in FORMATS:
        message = f"{output.name}: the extension must be one of {', '.join(FORMATS)}"
        raise typer.BadParameter(message, param_hint="'--output'")
    for file in given:
        refuse_overwriting(file, output)


def _read_record(path: Path) -> Result:
    """Read a result record.

    Raises
    ------
    InputError
        If the file is missing, no JSON, or holds no result record.
    """
    from trialpool.files import read_json

    def fault(rule: str, message: str) -> InputError:
        remedy = "Give a result.json that the build, or --json of this command, has written."
        return InputError([Finding("fatal", rule, path.name, message=message, remedy=remedy)])

    try:
        record = read_json(path)
    except FileNotFoundError:
        raise fault("file-exists", f"the file is missing ({path})") from None
    except (OSError, ValueError) as error:
        raise fault("file-readable", f"the file cannot be read as JSON: {error}") from None
    if not isinstance(record, dict) or not {"trials", "groups", "measure"} <= set(record):
        raise fault("result-record", "this is no result record: no trials, groups and measure")
    try:
        return result_of(record)
    except KeyError as error:
        message = f"this is no result record of this version: its kind is {error}"
    except ValueError as error:
        message = f"this is no result record of this version: {error}"
    raise fault("result-record", message)


def _finish(drawn: ForestFigure, records: Sequence[Result], drawing: Drawing) -> int:
    written = drawn.save(drawing.output, drawing.dpi)
    if drawing.as_json:
        plain = [to_plain(record) for record in records]
        shown = plain if len(plain) > 1 else plain[0]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        for path in written:
            typer.echo(str(path))
    return 0


def _width(text: str | None) -> float | str | None:
    """Read a width: a number of millimetres, or the name of one."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def cid_limits(text: str | None) -> float | tuple[float, float] | None:
    """Read --cid: one number, or two with a comma between them.

    Raises
    ------
    typer.BadParameter
        If it is neither.
    """
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2):
        message = f"{text!r}; allowed: a number, or two as in 0.8,1.25"
        raise typer.BadParameter(message, param_hint="'--cid'")
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])


def given(context: typer.Context) -> list[str]:
    """Names of the options that stand on the command line."""
    return [
        name
        for name in context.params
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]

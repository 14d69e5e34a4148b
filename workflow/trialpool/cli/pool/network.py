"""`trialpool network`: a table of contrasts or arms in, a network meta-analysis out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import typer

from trialpool.effects.inputs import MeasureRefusedError, Table, read_table
from trialpool.effects.networks import NetworkTable, read_network
from trialpool.findings import Finding, InputError
from trialpool.pooling.network import (
    NETWORK_MEASURES,
    NETWORK_TAU2,
    SMALL_VALUES,
    NetworkFault,
    NetworkInputError,
    NetworkResult,
    network,
)
from trialpool.pooling.options import check_level, choose


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    measure: str | None = None
    reference: str | None = None
    tau2: str = "REML"
    small_values: str = "good"
    level: float = 0.95

    def check(self) -> None:
        """Raise for an option that is not known, before a file is read."""
        try:
            choose("tau2", self.tau2, NETWORK_TAU2)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--tau2'") from None
        try:
            choose("small_values", self.small_values, SMALL_VALUES)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--small-values'") from None
        try:
            check_level(self.level)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--level'") from None
        if self.measure is not None:
            try:
                choose("measure", self.measure, NETWORK_MEASURES)
            except ValueError as error:
                raise typer.BadParameter(str(error), param_hint="'--measure'") from None


def run(file: Path, request: Request, *, as_json: bool) -> int:
    """Analyse a file and print the result; return the exit status.

    Raises
    ------
    typer.BadParameter
        For an option that is not known, or does not go with the file.
    InputError
        With every fault of the file.
    """
    result = analyse(file, request, node_splitting=True)
    if as_json:
        typer.echo(json.dumps(result.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        from trialpool.cli.pool.network_tables import in_tables

        typer.echo(in_tables(result))
    return 0


def analyse(file: Path, request: Request, *, node_splitting: bool) -> NetworkResult:
    """Read and analyse a file; warnings go to the error stream."""
    request.check()
    table = read_table(file)
    try:
        read = read_network(table, request.measure)
    except MeasureRefusedError as error:
        raise typer.BadParameter(str(error), param_hint="'--measure'") from None
    if request.reference is not None:
        _check_reference(table, request.reference)
    try:
        result = network(
            **read.arguments,
            reference=request.reference,
            tau2=request.tau2,
            small_values=request.small_values,
            level=request.level,
            node_splitting=node_splitting,
        )
    except NetworkInputError as error:
        raise InputError([_finding(table, read, fault) for fault in error.faults]) from None
    except ValueError as error:
        remedy = "Check the rows that it names."
        finding = Finding("fatal", "network", table.file, message=f"{error}.", remedy=remedy)
        raise InputError([finding]) from None
    for warning in read.warnings:
        typer.echo(str(warning), err=True)
    return result


def _check_reference(table: Table, reference: str) -> None:
    columns = [c for c in ("treat1", "treat2", "treatment") if c in table.columns]
    names = sorted({row[column] for row in table.rows for column in columns})
    if reference not in names:
        message = f"{reference!r} is no treatment of {table.file}; there are: {', '.join(names)}"
        raise typer.BadParameter(message, param_hint="'--reference'")


def _finding(table: Table, read: NetworkTable, fault: NetworkFault) -> Finding:
    """Put a fault of the network into the file."""
    rows = [read.rows[i] for i in fault.rows]
    lines = sorted(table.lines[i] for i in rows)
    column = read.columns.get(fault.argument, fault.argument)
    value = table.rows[rows[0]].get(column, fault.value) if rows else fault.value
    message = fault.message
    if len(lines) > 1:
        message += f" (lines {', '.join(map(str, lines))})"
    line, row = (table.lines[rows[0]], f"{rows[0] + 1}") if rows else (None, "")
    return Finding("fatal", fault.rule, table.file, line, row, column, value, message, fault.remedy)

"""`trialpool network`: a table of contrasts or arms in, a network meta-analysis out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import typer

from trialpool.cli.intake.reading_options import Reading
from trialpool.effects.inputs import (
    MeasureRefusedError,
    UnknownColumnError,
    read_table,
)
from trialpool.effects.networks import NetworkTable, read_network
from trialpool.findings import Finding, InputError
from trialpool.pooling.names import plain_name
from trialpool.pooling.network import (
    NETWORK_CI,
    NETWORK_MEASURES,
    NETWORK_TAU2,
    SMALL_VALUES,
    NetworkFault,
    NetworkInputError,
    NetworkResult,
    network,
)
from trialpool.pooling.network.given.contrasts import Sharing
from trialpool.pooling.network.given.names import one_spelling
from trialpool.pooling.network.graph import Pair
from trialpool.pooling.options import check_level, choose


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    measure: str | None = None
    reference: str | None = None
    tau2: str = "REML"
    small_values: str = "good"
    level: float = 0.95
    ci: str = "hk-adhoc"
    correlation: float | None = None
    repair_errors: bool = False
    bayes: bool = False
    prior: str | None = None
    prior_scale: float | None = None
    judgements: Path | None = None
    reading: Reading = field(default_factory=Reading)

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
            choose("ci", self.ci, NETWORK_CI)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--ci'") from None
        try:
            Sharing(self.correlation)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--correlation'") from None
        if (self.prior is not None or self.prior_scale is not None) and not self.bayes:
            raise typer.BadParameter("it goes with --bayes or --classes", param_hint="'--prior'")
        try:
            check_level(self.level)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--level'") from None
        if self.measure is not None:
            try:
                choose("measure", self.measure, NETWORK_MEASURES)
            except ValueError as error:
                raise typer.BadParameter(str(error), param_hint="'--measure'") from None


def run(file: Path, request: Request, *, as_json: bool, node_splitting: bool) -> int:
    """Analyse a file and print the result; return the exit status.

    Raises
    ------
    typer.BadParameter
        For an option that is not known, or does not go with the file.
    InputError
        With every fault of the file.
    """
    analysed = read_and_analyse(file, request, node_splitting=node_splitting)
    result, posterior, judged = analysed.result, None, None
    if request.bayes:
        try:
            posterior = result.posterior(prior=request.prior, scale=request.prior_scale)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--prior'") from None
    if request.judgements is not None:
        judged = _judged(request.judgements, result)
    if as_json:
        plain = {
            **result.to_dict(),
            "read_as": analysed.recognised,
            "warnings": [*analysed.warnings, *result.warnings],
        }
        if posterior is not None:
            plain["bayes"] = posterior.to_dict()
        if judged is not None:
            plain["judged"] = [
                {"treat1": a, "treat2": b, "shares": shares} for (a, b), shares in judged.items()
            ]
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        from trialpool.cli.pool.network_tables import in_tables

        typer.echo(in_tables(result, analysed.recognised, posterior, judged))
    return 0


@dataclass(frozen=True, eq=False)
class Analysed:
    """A network, what its file was taken for, and the headers of the file by their roles."""

    result: NetworkResult
    recognised: str
    columns: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def analyse(file: Path, request: Request, *, node_splitting: bool) -> NetworkResult:
    """Read and analyse a file; warnings go to the error stream."""
    return read_and_analyse(file, request, node_splitting=node_splitting).result


def read_and_analyse(file: Path, request: Request, *, node_splitting: bool) -> Analysed:
    """Read and analyse a file, and say what it was taken for."""
    request.check()
    reading = request.reading
    table = read_table(file, reading.sheet)
    try:
        read = read_network(
            table, request.measure, reading.names(), drop_missing=reading.drop_missing
        )
    except UnknownColumnError as error:
        raise typer.BadParameter(str(error), param_hint="'--columns'") from None
    except MeasureRefusedError as error:
        raise typer.BadParameter(str(error), param_hint="'--measure'") from None
    reference = request.reference
    if reference is not None:
        reference = _reference(read, table.file, reference)
    try:
        result = network(
            **read.arguments,
            reference=reference,
            tau2=request.tau2,
            small_values=request.small_values,
            level=request.level,
            ci=request.ci,
            correlation=request.correlation,
            repair_errors=request.repair_errors,
            node_splitting=node_splitting,
        )
    except NetworkInputError as error:
        raise InputError([_finding(read, fault) for fault in error.faults]) from None
    except ValueError as error:
        remedy = "Check the rows that it names."
        finding = Finding("fatal", "network", table.file, message=f"{error}.", remedy=remedy)
        raise InputError([finding]) from None
    for warning in read.warnings:
        typer.echo(str(warning), err=True)
    told = tuple(str(warning) for warning in read.warnings)
    return Analysed(result, read.recognised, read.columns, told)


def _reference(read: NetworkTable, file: str, reference: str) -> str:
    """Find the treatment that is meant, in the spelling that is used."""
    columns = [read.arguments[c] for c in ("treat1", "treat2", "treatment") if c in read.arguments]
    (own,), _ = one_spelling([[name for column in columns for name in column]], "treatment")
    names = sorted(set(own))
    meant = next((name for name in names if plain_name(name) == plain_name(reference)), None)
    if meant is None:
        message = f"{reference!r} is no treatment of {file}; there are: {', '.join(names)}"
        raise typer.BadParameter(message, param_hint="'--reference'")
    return meant


def _judged(file: Path, result: NetworkResult) -> dict[Pair, dict[str, float]]:
    """Read a judgement of each trial, and share it by contribution."""
    table = read_table(file)
    column = next((c for c in ("judgement", "overall", "risk_of_bias") if c in table.columns), None)
    study = next((c for c in ("study", "trial_id", "trial", "label") if c in table.columns), None)
    if column is None or study is None:
        message = "a table of judgements has the columns study and judgement"
        remedy = "Name them so, one row per trial."
        raise InputError([Finding("fatal", "columns", table.file, 1, message=message,
                                  remedy=remedy)])  # fmt: skip
    given = {row[study]: row[column] for row in table.rows}
    # Trials of the table that are in no network are no fault: it may hold the whole review.
    labels = {s.label for s in result.studies}
    pairs = [(a, result.reference) for a in result.ranked() if a != result.reference]
    return result.contributions(pairs).judged(
        {label: said for label, said in given.items() if label in labels}
    )


def _finding(read: NetworkTable, fault: NetworkFault) -> Finding:
    """Put a fault of the network into the file."""
    table = read.table
    rows = [read.rows[i] for i in fault.rows]
    lines = sorted(table.lines[i] for i in rows)
    column = read.columns.get(fault.argument, fault.argument)
    value = table.rows[rows[0]].get(column, fault.value) if rows else fault.value
    message, remedy = fault.message, fault.remedy
    if fault.rule == "errors-of-one-study":
        remedy += " --repair-errors takes them."
    if fault.rule == "all-contrasts":
        remedy = remedy.replace("state the correlation of", "state with --correlation that of")
    if len(lines) > 1:
        message += f" (lines {', '.join(map(str, lines))})"
    line, row = (table.lines[rows[0]], f"{rows[0] + 1}") if rows else (None, "")
    header = table.header(column)
    return Finding("fatal", fault.rule, table.file, line, row, header, value, message, remedy)

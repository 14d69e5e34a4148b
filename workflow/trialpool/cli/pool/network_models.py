"""`trialpool network` with classes, components or a covariate: read, fitted, told to a reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import typer
from rich.table import Table as Shown
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.network.sources import interval_words
from trialpool.cli.pool import network as command
from trialpool.cli.pool.tables import estimate, heading, new_table, printed, table_row
from trialpool.effects.inputs import Table, read_table
from trialpool.effects.typed import parse_real
from trialpool.findings import Finding, InputError, shorten
from trialpool.measures import Measure, get_measure
from trialpool.pooling.network import (
    AdditiveResult,
    ClassesResult,
    JoinedComparison,
    NetworkRegression,
    NetworkResult,
    network_classes,
    network_components,
    network_regression,
)
from trialpool.pooling.network.inconsistency import NetworkTest

# Behind an effect that only an assumption joins with the reference.
_MARK: Final = "†"


@dataclass(frozen=True)
class Model:
    """Which model beside the plain one was asked for."""

    classes: Path | None = None
    class_effects: str = "exchangeable"
    class_method: str = "bayes"
    prior: str | None = None
    spread_prior: str | None = None
    components: bool = False
    inactive: str | None = None
    interactions: tuple[str, ...] = ()
    moderator: str | None = None

    @property
    def asked(self) -> bool:
        """Whether one was."""
        return self.classes is not None or self.components or self.moderator is not None

    def check(self) -> None:
        """Refuse options without the model that they belong to, and two models at once."""
        named = {"--classes": self.classes is not None, "--components": self.components,
                 "--moderator": self.moderator is not None}  # fmt: skip
        given = [name for name, there in named.items() if there]
        if len(given) > 1:
            raise typer.BadParameter(f"{' and '.join(given)}: one model at a time")
        for option, there, owner in (
            ("--spread-prior", self.spread_prior is not None, "--classes"),
            ("--inactive", self.inactive is not None, "--components"),
            ("--interaction", bool(self.interactions), "--components"),
        ):
            if there and owner not in given:
                raise typer.BadParameter(f"it goes with {owner}", param_hint=f"'{option}'")


def run(file: Path, request: command.Request, model: Model, *, as_json: bool) -> int:
    """Fit the model and print it; return the exit status.

    Raises
    ------
    typer.BadParameter
        For an option that is not known, or does not go with the file.
    InputError
        With every fault of the files.
    """
    classes = None if model.classes is None else _read_classes(model.classes)
    read = command.read_and_analyse(file, request, node_splitting=False)
    found = read.result
    record: dict[str, Any]
    if classes is not None:
        of_classes = _fitted(network_classes, found, classes, effects=model.class_effects,
                             method=model.class_method, prior=model.prior,
                             spread_prior=model.spread_prior)  # fmt: skip
        record, parts = of_classes.to_dict(), _classes(of_classes)
    elif model.components:
        of_components = _fitted(network_components, found, inactive=model.inactive,
                                interactions=model.interactions)  # fmt: skip
        record, parts = of_components.to_dict(), _components(of_components)
    else:
        assert model.moderator is not None
        values = _covariate(read_table(file), model.moderator, found, read.columns["study"])
        regression = network_regression(found, values, covariate=model.moderator)
        record, parts = regression.to_dict(), _regression(regression)
    if as_json:
        typer.echo(json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        typer.echo(printed(parts))
    return 0


def _fitted(fit: Any, found: NetworkResult, *arguments: Any, **options: Any) -> Any:
    try:
        return fit(found, *arguments, **options)
    except ValueError as error:
        raise typer.BadParameter(f"{error}") from None


def _read_classes(path: Path) -> dict[str, str]:
    """Read a table of treatment and class."""
    table = read_table(path)
    missing = [name for name in ("treatment", "class") if name not in table.columns]
    if missing:
        message = f"no column {' and '.join(missing)}; found: {', '.join(table.columns)}"
        remedy = "Give the columns treatment and class."
        raise InputError([Finding("fatal", "columns", table.file, 1, message=message,
                                  remedy=remedy)])  # fmt: skip
    found: dict[str, str] = {}
    for line, row in zip(table.lines, table.rows, strict=True):
        name, label = row["treatment"], row["class"]
        if found.get(name, label) != label:
            message = f"{name!r} is in {found[name]!r} and in {label!r}"
            raise InputError([Finding("fatal", "class-once", table.file, line, column="class",
                                      value=label, message=message,
                                      remedy="Give each treatment one class.")])  # fmt: skip
        # A treatment whose class is empty stands for itself.
        if label:
            found[name] = label
    return found


def _covariate(table: Table, column: str, found: NetworkResult, named: str) -> dict[str, float]:
    """Read one number per trial; `named` is the column of the trials' names."""
    if column not in table.columns:
        raise typer.BadParameter(
            f"{column!r} is no column of {table.file}; there are: {', '.join(table.columns)}",
            param_hint="'--moderator'",
        )
    values: dict[str, float] = {}
    findings = []
    used = {study.label for study in found.studies}
    for line, row in zip(table.lines, table.rows, strict=True):
        study, cell = row[named], row[column]
        if study not in used:
            continue
        number = parse_real(cell)
        message = ""
        if number is None:
            message = "not a number"
        elif values.setdefault(study, number.value) != number.value:
            message = f"study {study!r} has {values[study]:g} in another row"
        if message:
            remedy = "Give one number per study."
            findings.append(
                Finding("fatal", "moderator", table.file, line, column=column, value=cell,
                        message=message, remedy=remedy)
            )  # fmt: skip
    if findings:
        raise InputError(findings)
    return values


def _test(name: str, test: NetworkTest) -> str:
    if test.q is None:
        return test.note
    return f"{fmt.statistic(name, test.q, test.df)}, {fmt.p_statement(test.p_value)}"


def _trials(result: AdditiveResult | ClassesResult) -> str:
    return "1 trial" if result.k == 1 else f"{result.k} trials"


def _title(result: AdditiveResult | ClassesResult, measure: Measure, model: str) -> Text:
    name = measure.name[0].upper() + measure.name[1:]
    told = f"{name}, network of {len(result.treatments)} treatments, {_trials(result)}, {model}"
    return Text(told, style="bold")


def _ranked(result: AdditiveResult | ClassesResult, measure: Measure) -> Iterator[Shown | Text]:
    """Every treatment against the reference, with its rank or the reason why it has none."""
    table = new_table(
        f"Against {shorten(result.reference, 40)}", heading(result.level, measure), "Prediction",
        "Common effect", "P-score", "Rank",
    )  # fmt: skip
    places = {rank.treatment: rank for rank in result.ranking.ranks}
    for name in result.ranked():
        cells = ("reference", "", "")
        found = result.compare(name, result.reference)
        if name != result.reference:
            common = result.compare(name, result.reference, "common")
            cells = (_effect(found, measure), _prediction(found, measure), _effect(common, measure))
        rank = places.get(name)
        ranks = ("", "")
        if rank is not None:
            ranks = (fmt.number(rank.p_score, 3), f"{rank.median} [{rank.lower} to {rank.upper}]")
        table_row(table, name, *cells, *ranks)
    yield table
    if any(result.compare(name, result.reference).note == result.through
           for name in result.treatments):  # fmt: skip
        yield Text(f"{_MARK} {result.through}: no trial connects it, so it has no rank.")
    if result.ranking.reason:
        yield Text(f"No ranks: {result.ranking.reason}.")
    else:
        yield Text(
            "P-scores: 1 is certainly the best, 0 certainly the worst; rank: median and "
            f"{fmt.level(result.level)} limits; small values are {result.small_values}."
        )


def _effect(found: JoinedComparison, measure: Measure) -> str:
    """Write an effect; one that exists through an assumption alone is marked."""
    if found.estimate is None:
        return "not estimable"
    return estimate(found, measure) + (f" {_MARK}" if found.note else "")


def _prediction(found: JoinedComparison, measure: Measure) -> str:
    return fmt.interval(found.pi_lower, found.pi_upper, measure)


def _notes(result: AdditiveResult | ClassesResult) -> Iterator[Text]:
    for part in result.parts[1:]:
        names = ", ".join(shorten(name) for name in part.treatments)
        yield Text(f"No trial connects with {result.reference}: {names}.")
    for note in result.notes:
        yield Text(f"Note: {note}.")


def _components(result: AdditiveResult) -> Iterator[Shown | Text]:
    measure = get_measure(result.measure)
    yield _title(
        result,
        measure,
        f"additive components, random effects, τ² by {result.tau2.method}, "
        f"{interval_words(result.interval)}",
    )
    table = new_table(
        "Component", heading(result.level, measure), "p", "Common effect",
    )  # fmt: skip
    common = {own.name: own.effect for own in result.effects("common")}
    for own in result.effects():
        table_row(table, own.name, _effect(own.effect, measure), fmt.p_value(own.effect.p_value),
                  _effect(common[own.name], measure))  # fmt: skip
    yield table
    yield from _ranked(result, measure)
    tau2 = result.tau2
    shown = fmt.tau_squared_with_interval(tau2.value, tau2.lower, tau2.upper)
    yield Text(f"Heterogeneity: τ² {shown}, {_test('Q', result.q)}")
    yield Text(f"Against the treatment model: {_test('Q', result.q_difference)}")
    yield from (Text(f"Warning: {warning}.") for warning in result.warnings)
    yield from _notes(result)


def _classes(result: ClassesResult) -> Iterator[Shown | Text]:
    measure = get_measure(result.measure)
    yield _title(result, measure, f"{result.effects} class effects, {result.method}")
    yield from _ranked(result, measure)
    table = new_table("Class", heading(result.level, measure), "Another of the class")
    for own in result.class_effects:
        table_row(table, own.name, _effect(own.effect, measure), _prediction(own.effect, measure))
    yield table
    yield Text(f"τ {_deviation(result.tau)}")
    if result.spread is not None:
        yield Text(f"Spread within classes {_deviation(result.spread)}")
    yield Text(f"Equal effects within classes: {_test('Q', result.q_difference)}")
    for row in result.sensitivity:
        told = "; ".join(
            f"{shorten(own.name, 30)} {_effect(own.effect, measure)}" for own in row.treatments
        )
        yield Text(f"Spread prior × {row.factor:g}: {told}")
    yield from _notes(result)


def _deviation(own: Any) -> str:
    text = fmt.number(own.value, 3)
    if own.lower is not None:
        text += f" [{fmt.number(own.lower, 3)} to {fmt.number(own.upper, 3)}]"
    return f"{text} ({own.source})"


def _regression(result: NetworkRegression) -> Iterator[Shown | Text]:
    measure = get_measure(result.measure)
    name = measure.name[0].upper() + measure.name[1:]
    yield Text(f"{name}, network meta-regression on {result.covariate}, {result.k} trials",
               style="bold")  # fmt: skip
    if result.reason:
        yield Text(f"{result.covariate}: {result.reason}.")
        return
    (slope,) = result.slopes
    told = fmt.number(slope.estimate, 4)
    limits = f"{fmt.number(slope.ci_lower, 4)} to {fmt.number(slope.ci_upper, 4)}"
    scale = "logarithms of ratios" if measure.scale == "log" else "units of the measure"
    yield Text(
        f"Change of every effect against {result.reference} per unit of {result.covariate}: "
        f"{told} [{limits}] ({scale}), {fmt.p_statement(slope.p_value)}; Hartung-Knapp with floor, "
        f"{result.df} degrees of freedom"
    )
    yield Text(
        f"τ² {fmt.tau_squared(result.tau2)} with {result.covariate}, "
        f"{fmt.tau_squared(result.tau2_without)} without"
    )

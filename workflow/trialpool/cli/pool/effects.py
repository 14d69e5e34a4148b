"""`trialpool pool`: any table of effect sizes in, one pooled effect out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from trialpool.cli.pool import counts
from trialpool.cli.pool.bayes import bayes_record
from trialpool.cli.pool.moderators import extend
from trialpool.cli.pool.request import Request
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
from trialpool.effects.typed import EffectSizes
from trialpool.effects.typed_pools import pool
from trialpool.findings import Finding, InputError
from trialpool.pooling import random_effects
from trialpool.sensitivity import cumulative, influence, leave_one_out, subgroups

METHODS = ("iv", *counts.COUNT_METHODS)
Json = dict[str, Any]


def run(file: Path, request: Request, *, as_json: bool) -> int:
    """Pool a file and print the result; return the exit status.

    Raises
    ------
    typer.BadParameter
        For an option that is not known, or does not go with the file's columns.
    InputError
        With every fault of the file.
    """
    check_options(request)
    table = read_table(file)
    try:
        effects = effects_of(table, request)
        if request.method in counts.COUNT_METHODS:
            record = counts.build(table, effects, request)
        else:
            record = build(table, effects, request)
    except MeasureRefusedError as error:
        raise typer.BadParameter(str(error), param_hint="'--measure'") from None
    except UnknownColumnError as error:
        raise typer.BadParameter(str(error)) from None
    for warning in effects.warnings:
        typer.echo(str(table.finding(warning, "warning")), err=True)
    small_study = record.get("small_study")
    if small_study is not None and small_study.note:
        typer.echo(f"Warning: {small_study.note}.", err=True)
    if as_json:
        if small_study is not None:
            record["small_study"] = small_study.to_dict()
        typer.echo(json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False))
    elif request.method in counts.COUNT_METHODS:
        from trialpool.cli.pool import counts_tables

        typer.echo(counts_tables.in_tables(record))
    else:
        from trialpool.cli.pool.effects_tables import in_tables

        typer.echo(in_tables(record, effects))
    return 0


def check_options(request: Request) -> None:
    """Try the options on one trial: what they may be is known to the pooling alone."""
    alone: list[tuple[str, Mapping[str, Any]]] = [
        *((f"'--{name}'", {name: value}) for name, value in request.options.items()),
        ("'--ci'", request.options),
    ]
    if request.measure is not None:
        alone.append(("'--measure'", {"measure": request.measure}))
    for hint, options in alone:
        try:
            random_effects([0.0], [1.0], **options)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint=hint) from None
    rising = list(request.steps) == sorted(set(request.steps))
    if not rising or not request.steps or not all(0.0 < step < 1.0 for step in request.steps):
        message = f"steps={list(request.steps)}; allowed: rising numbers between 0 and 1"
        raise typer.BadParameter(message, param_hint="'--selection-step'")
    if request.method not in METHODS:
        message = f"method={request.method!r} is not known; allowed: {', '.join(METHODS)}"
        raise typer.BadParameter(message, param_hint="'--method'")
    counts.check(request)
    request.bayes.check()
    request.moderated.check(request.tau2, request.ci)


def effects_of(table: Table, request: Request) -> EffectSizes:
    """Derive the effect sizes that are pooled, grouped or not."""
    effects = read_effects(table, request.measure, request.label)
    effects = counts.with_rule(table, effects, request)
    return effects if request.by is None else where_known(table, "--by", request.by, effects)


def build(table: Table, effects: EffectSizes, request: Request) -> Json:
    """Build the record that is printed.

    Returns
    -------
    dict
        The keys of `PooledEffect` on the analysis scale, with what else was asked for.
    """
    try:
        pooled = pool(effects, **request.options)
    except ValueError as error:
        # Cells that are fine one by one and too far apart to be summed.
        remedy = "Check the largest and the smallest number."
        raise InputError(
            [Finding("fatal", "range", table.file, message=str(error), remedy=remedy)]
        ) from None
    record: Json = {
        **pooled.to_dict(),
        "method": request.method,
        "labels": list(effects.labels),
        "excluded": [
            {"line": table.lines[x.row], "label": x.label, "reason": x.reason}
            for x in effects.excluded
        ],
        "warnings": [str(table.finding(fault, "warning")) for fault in effects.warnings],
    }
    counts.remark(record, table, effects)
    if request.by is not None:
        record |= _groups(group_column(table, request.by, effects), effects, request)
    refit: dict[str, Any] = {"tau2": request.tau2, "ci": request.ci, "level": request.level}
    several = len(effects) > 1
    if request.leave_one_out:
        refits = leave_one_out(effects.yi, effects.vi, **refit) if several else None
        record["leave_one_out"] = refits and _named(refits.to_rows(), effects)
    if request.cumulative is not None:
        order = order_column(table, request.cumulative, effects)
        rows = cumulative(effects.yi, effects.vi, order, **refit).to_rows()
        record["cumulative"] = [
            {**row, "entered_with": table.rows[effects.rows[at]][request.cumulative]}
            for row, at in zip(
                _named(rows, effects), [int(row["trial"]) for row in rows], strict=True
            )
        ]
    if request.influence:
        found = influence(effects.yi, effects.vi, tau2=request.tau2) if several else None
        record["influence"] = found and _named(found.to_rows(), effects)
    if request.small_study or request.gosh or request.gosh_out:
        from trialpool.cli.pool import robustness

        if request.small_study:
            record["small_study"] = robustness.small_study(table, effects, refit, request.steps)
        if request.gosh or request.gosh_out:
            out = request.gosh_out
            record["gosh"] = robustness.gosh_record(effects, refit, request.seed, out)
    if request.bayes.wanted:
        record["bayes"] = bayes_record(table.file, effects, request.bayes, request.level)
    record |= extend(table, effects, request.moderated, request.options)
    return record


def _named(rows: list[Json], effects: EffectSizes) -> list[Json]:
    """Put the label of the trial in the place of its position."""
    return [{"label": effects.labels[row.pop("trial")], **row} for row in map(dict, rows)]


def _groups(of_trial: list[str], effects: EffectSizes, request: Request) -> Json:
    """Pool by group.

    The test goes with the interval: beside a Wald interval the chi-square test
    with a tau² of each group's own, beside the others the F test of Knapp and
    Hartung with a common one.
    """
    found = subgroups(
        effects.yi,
        effects.vi,
        of_trial,
        tau2_assumption="separate" if request.ci == "wald" else "common",
        measure=effects.measure,
        **request.options,
    )
    return {
        "by": request.by,
        "groups": [
            {"label": label, **pooled.to_dict(), "labels": [effects.labels[i] for i in members]}
            for label, members, pooled in zip(found.labels, found.members, found.pools, strict=True)
        ],
        "subgroup_test": found.difference.to_dict(),
    }

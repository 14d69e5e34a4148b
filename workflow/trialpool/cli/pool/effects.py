"""`trialpool pool`: any table of effect sizes in, one pooled effect out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from trialpool.cli.pool import counts
from trialpool.cli.pool.bayes import bayes_pool
from trialpool.cli.pool.moderators import moderate
from trialpool.cli.pool.request import Request
from trialpool.cli.pool.results import EffectsResult
from trialpool.cli.pool.warned import warned
from trialpool.effects.inputs import (
    MeasureRefusedError,
    Table,
    UnknownColumnError,
    group_column,
    order_column,
    read_effects,
    where_known,
)
from trialpool.effects.typed import EffectSizes
from trialpool.effects.typed_pools import pool
from trialpool.findings import Finding, InputError
from trialpool.pooling import random_effects
from trialpool.sensitivity import Subgroups, cumulative, influence, leave_one_out, subgroups

METHODS = ("iv", *counts.COUNT_METHODS)


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
    table = request.reading.table(file, request.measure, request.label)
    try:
        effects = effects_of(table, request)
        by_counts = request.method in counts.COUNT_METHODS
        found = (counts.build if by_counts else build)(table, effects, request)
    except MeasureRefusedError as error:
        raise typer.BadParameter(str(error), param_hint="'--measure'") from None
    except UnknownColumnError as error:
        raise typer.BadParameter(str(error)) from None
    for warning in warned(found):
        typer.echo(warning, err=True)
    if isinstance(found, EffectsResult) and found.small_study and found.small_study.note:
        typer.echo(f"Warning: {found.small_study.note}.", err=True)
    if as_json:
        from trialpool.cli.pool.json_output import as_text

        typer.echo(as_text(found))
    elif isinstance(found, EffectsResult):
        from trialpool.cli.pool import effects_tables

        typer.echo(effects_tables.in_tables(found))
    else:
        from trialpool.cli.pool import counts_tables

        typer.echo(counts_tables.in_tables(found))
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
    if request.by is not None and request.pi == "bootstrap" and request.ci != "wald":
        message = (
            "pi='bootstrap' draws τ² itself and does not go with --by, whose groups share one; "
            "allowed with it: t, hts, normal, or --ci wald, which has a τ² for each group"
        )
        raise typer.BadParameter(message, param_hint="'--pi'")
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


def build(table: Table, effects: EffectSizes, request: Request) -> EffectsResult:
    """Pool effect sizes, and again for what else was asked for."""
    yi, vi, refit = effects.yi, effects.vi, request.refit
    try:
        pooled = pool(effects, **request.options)
    except ValueError as error:
        # Cells that are fine one by one and too far apart to be summed.
        remedy = "Check the largest and the smallest number."
        raise InputError(
            [Finding("fatal", "range", table.file, message=str(error), remedy=remedy)]
        ) from None
    several = len(effects) > 1
    groups = again = tests = subsets = None
    if request.by is not None:
        groups = _groups(group_column(table, request.by, effects), effects, request)
    if request.cumulative is not None:
        order = order_column(table, request.cumulative, effects)
        again = cumulative(yi, vi, order, measure=effects.measure, **refit)
    if request.small_study or request.gosh or request.gosh_out:
        from trialpool.cli.pool import robustness

        if request.small_study:
            tests = robustness.small_study(table, effects, refit, request.steps)
        if request.gosh or request.gosh_out:
            subsets = robustness.gosh_summary(effects, refit, request.seed, request.gosh_out)
    without = None
    if request.leave_one_out and several:
        without = leave_one_out(yi, vi, measure=effects.measure, **refit)
    bayes = request.bayes
    moderated = moderate(table, effects, request.moderated, request.options)
    mean = None if moderated is None else moderated.mean
    return EffectsResult(
        table=table,
        effects=effects,
        request=request,
        pool=counts.noted(mean or pooled, table, effects),
        independent=None if mean is None else pooled,
        groups=groups,
        leave_one_out=without,
        cumulative=again,
        influence=influence(yi, vi, tau2=request.tau2) if request.influence and several else None,
        small_study=tests,
        gosh=subsets,
        bayes=bayes_pool(table.file, effects, bayes, request.level) if bayes.wanted else None,
        moderated=moderated,
    )


def _groups(of_trial: list[str], effects: EffectSizes, request: Request) -> Subgroups:
    """Pool by group.

    The test goes with the interval: beside a Wald interval the chi-square test
    with a tau² of each group's own, beside the others the F test of Knapp and
    Hartung with a common one.
    """
    return subgroups(
        effects.yi,
        effects.vi,
        of_trial,
        tau2_assumption="separate" if request.ci == "wald" else "common",
        measure=effects.measure,
        **request.options,
    )

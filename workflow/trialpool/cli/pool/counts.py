"""`trialpool pool` on counts: Mantel-Haenszel, Peto, mixed models, and zero-cell rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import typer

from trialpool import formatting as fmt
from trialpool.cli.pool.request import CountOptions, Request
from trialpool.cli.pool.results import CountedTrial, CountGroup, CountsResult
from trialpool.effects.forms import COUNT_COLUMNS, PROPORTION_COLUMNS
from trialpool.effects.inputs import Table, is_missing
from trialpool.effects.typed import EffectSizes, Excluded
from trialpool.effects.typed_pools import COUNTED
from trialpool.findings import Finding, InputError
from trialpool.measures import get_measure
from trialpool.pooling import PooledEffect
from trialpool.pooling.counts import (
    GLMM_MODELS,
    PooledCounts,
    count_effects,
    proportion_effects,
)
from trialpool.pooling.counts.mantel_haenszel_random import mantel_haenszel_random
from trialpool.pooling.counts.proportions import (
    PROPORTION_ZERO_CELLS,
    ProportionEffects,
    largest_shift,
)
from trialpool.pooling.counts.results import COUNT_PI_METHODS
from trialpool.pooling.counts.tables import ZERO_CELLS, CountEffects
from trialpool.pooling.plain_values import About

COUNT_METHODS: Final = ("mh", "peto", "glmm")
# Which of the options of inverse variance agree with it.
_TAU2: Final = {"mh": ("CE", "DL"), "peto": ("CE",), "glmm": ("ML",)}


def _bad(message: str, option: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint=f"'--{option}'")


def check(request: Request) -> None:
    """Refuse options that have no meaning with the method.

    Raises
    ------
    typer.BadParameter
    """
    method, options = request.method, request.counts
    if options.zero_cells is not None and options.zero_cells not in ZERO_CELLS:
        allowed = ", ".join(ZERO_CELLS)
        raise _bad(
            f"zero_cells={options.zero_cells!r} is not known; allowed: {allowed}", "zero-cells"
        )
    if options.glmm_model is not None and options.glmm_model not in GLMM_MODELS:
        allowed = ", ".join(GLMM_MODELS)
        raise _bad(
            f"glmm_model={options.glmm_model!r} is not known; allowed: {allowed}", "glmm-model"
        )
    if method != "glmm":
        for name, value in (
            ("glmm-model", options.glmm_model),
            ("quadrature-points", options.quadrature_points),
        ):
            if value is not None:
                raise _bad(f"goes with --method glmm alone, not {method}", name)
    if method == "iv":
        return
    if method in ("peto", "glmm") and options.zero_cells not in (None, "none"):
        raise _bad(f"{method} needs nothing added to zero cells; allowed: none", "zero-cells")
    points = options.quadrature_points
    if points is not None and not 1 <= points <= 100:
        raise _bad(f"quadrature_points={points}; allowed: 1 to 100", "quadrature-points")
    spreads = method == "glmm" or ("tau2", "DL") in options.given
    fits = {
        "tau2": _TAU2[method],
        "ci": ("wald",),
        "pi": COUNT_PI_METHODS if spreads else (),
    }
    for name, value in options.given:
        if value not in fits[name]:
            allowed = ", ".join(fits[name]) or "none: a common effect has no such interval"
            raise _bad(f"{value!r} does not go with --method {method}; allowed: {allowed}", name)
    if others := request.refitting:
        message = f"goes with --method iv, not {method}: it refits effect sizes of trials"
        raise _bad(message, others[0])


def with_rule(table: Table, effects: EffectSizes, request: Request) -> EffectSizes:
    """Derive the effect sizes of counts again under another zero-cell rule.

    Raises
    ------
    typer.BadParameter
        If the columns are no counts, or no trial is left.
    """
    rule = request.counts.zero_cells
    if rule is None or request.method != "iv":
        return effects
    columns = _columns(table)
    if columns is None:
        raise _bad("goes with counts: events and n of one or of two arms", "zero-cells")
    numbers = _numbers(table, columns, range(len(table.rows)))
    try:
        if len(columns) == 2:
            if rule not in PROPORTION_ZERO_CELLS:
                allowed = ", ".join(PROPORTION_ZERO_CELLS)
                raise _bad(f"{rule} needs two arms; allowed: {allowed}", "zero-cells")
            found: ProportionEffects | CountEffects = proportion_effects(
                *numbers, measure=effects.measure, zero_cells=rule
            )
        else:
            found = count_effects(*numbers, measure=effects.measure, zero_cells=rule)
    except ValueError as error:
        raise _bad(str(error), "zero-cells") from None
    labels = dict(zip(effects.rows, effects.labels, strict=True))
    labels |= {x.row: x.label for x in effects.excluded}
    rows = found.rows.tolist()
    return EffectSizes(
        yi=found.yi,
        vi=found.vi,
        measure=effects.measure,
        labels=tuple(labels[row] for row in rows),
        rows=tuple(rows),
        excluded=tuple(Excluded(x.row, labels[x.row], x.reason) for x in found.left_out),
        warnings=effects.warnings,
    )


def _columns(table: Table) -> tuple[str, ...] | None:
    for columns in (COUNT_COLUMNS, PROPORTION_COLUMNS):
        if set(columns) <= set(table.columns):
            return columns
    return None


def _numbers(table: Table, columns: Sequence[str], rows: Sequence[int]) -> list[list[float]]:
    """Cells as numbers; they have been read before."""
    return [[float(table.rows[row][column]) for row in rows] for column in columns]


def _whole(cell: str) -> int | float:
    """Read a count, or a time, which need not be whole."""
    value = float(cell)
    return int(value) if value.is_integer() else value


def size_note(pooled: PooledEffect, table: Table, effects: EffectSizes) -> str:
    """Say what a transformation that needs a size gives with that of the trials.

    Freeman and Tukey's are turned back without a size; empty for other measures.
    """
    column = {"PFT": "n", "IRFT": "time"}.get(effects.measure, "")
    lower, upper = pooled.ci_lower, pooled.ci_upper
    if column not in table.columns or lower is None or upper is None:
        return ""
    sizes = [float(table.rows[row][column]) for row in effects.rows]
    mean = len(sizes) / sum(1 / size for size in sizes)
    measure = get_measure(effects.measure)
    own, low, high = (
        fmt.effect(measure.to_analysis(measure.display(x, mean)), measure)
        for x in (pooled.estimate, lower, upper)
    )
    other = (
        f"with the harmonic mean of {column}, {fmt.number(mean, 1)}, it is {own} [{low} to {high}]"
    )
    if effects.measure == "IRFT":
        return f"double root turned back by the square; {other}"
    smallest = int(min(sizes))
    return (
        "double arcsine turned back by sin², without a mean of the trials' sizes; it moves the "
        f"proportion of {smallest} patients by at most {100 * largest_shift(smallest):.1f} "
        f"percentage points towards 50; {other}"
    )


def noted(pooled: PooledEffect, table: Table, effects: EffectSizes) -> PooledEffect:
    """Say of a pool what a reader must know of its transformation."""
    note = size_note(pooled, table, effects)
    own = pooled.diagnostics.notes
    if get_measure(effects.measure).is_proportion:
        own = tuple(map(_of_row, own))
    notes = (*own, *([note] if note else []))
    return replace(pooled, diagnostics=replace(pooled.diagnostics, notes=notes))


def _of_row(note: str) -> str:
    """Say of a single trial whose interval the table shows."""
    return note.replace(
        "its own Wald interval",
        "its row has the interval of Clopper and Pearson, the pool the Wald interval of its scale",
    )


def build(table: Table, effects: EffectSizes, request: Request) -> CountsResult:
    """Pool counts, and groups of them where asked for.

    Raises
    ------
    typer.BadParameter
        If the method does not go with the measure or the columns.
    InputError
        If the trials hold no finite estimate.
    """
    method, by = request.method, request.by
    if not any(set(of) <= set(table.columns) for _, of, _ in COUNTED.values()):
        raise _bad(f"{method} needs counts: {', '.join(COUNT_COLUMNS)}", "method")
    if (method, effects.measure) not in COUNTED:
        allowed = ", ".join(code for name, code in COUNTED if name == method)
        raise _bad(f"{method} gives no {effects.measure}; allowed: --measure {allowed}", "method")
    columns = COUNTED[method, effects.measure][1]
    if not set(columns) <= set(table.columns):
        raise _bad(f"{method} of {effects.measure} needs counts: {', '.join(columns)}", "method")
    pool = _pooler(method, effects.measure, request.counts, request.pi, request.level)
    labels = dict(zip(effects.rows, effects.labels, strict=True))
    labels |= {x.row: x.label for x in effects.excluded}
    every = [i for i, row in enumerate(table.rows) if by is None or not is_missing(row[by])]
    pooled = _pool(pool, table, columns, every)
    rows = [every[row] for row in pooled.rows]
    pooled = pooled.of(About(effects.measure, tuple(labels[row] for row in rows)))
    excluded = [(every[x.row], x.reason) for x in pooled.left_out]
    excluded += [(x.row, x.reason) for x in effects.excluded if x.row not in every]
    groups = None
    if by is not None:
        groups = []
        for name in dict.fromkeys(table.rows[row][by] for row in rows):
            members = [row for row in rows if table.rows[row][by] == name]
            found = _pool(pool, table, columns, members, f"{by} {name}: ")
            own = tuple(labels[members[i]] for i in found.rows)
            groups.append(CountGroup(name, found.of(About(effects.measure, own)), own))
    return CountsResult(
        table=table,
        effects=effects,
        request=request,
        pool=pooled,
        columns=columns,
        trials=tuple(
            CountedTrial(labels[row], tuple(_whole(table.rows[row][c]) for c in columns))
            for row in rows
        ),
        excluded=tuple(Excluded(row, labels[row], reason) for row, reason in excluded),
        groups=None if groups is None else tuple(groups),
    )


def _pooler(
    method: str, measure: str, options: CountOptions, pi: str, level: float
) -> Callable[..., PooledCounts]:
    function, columns, told = COUNTED[method, measure]
    more: dict[str, Any] = {**told, "level": level}
    if ("tau2", "DL") in options.given:
        if columns != COUNT_COLUMNS:
            raise _bad(f"DL goes with --method mh of counts, not with {measure}", "tau2")
        function, more["pi"] = mantel_haenszel_random, pi
    if columns == COUNT_COLUMNS and method == "mh":
        more["zero_cells"] = options.zero_cells or "none"
    elif options.zero_cells is not None and method == "mh":
        raise _bad("nothing is added to events of rates", "zero-cells")
    if method == "glmm":
        more["pi"] = pi
        if options.quadrature_points is not None:
            more["quadrature_points"] = options.quadrature_points
        if len(columns) == 4:
            more["model"] = options.glmm_model or "unconditional"
        elif options.glmm_model is not None:
            one = "binomial-normal" if measure == "PLO" else "Poisson-normal"
            raise _bad(f"is about two arms; {measure} has one model, {one}", "glmm-model")
    return lambda *x: function(*x, **more)


def _pool(
    pool: Callable[..., PooledCounts],
    table: Table,
    columns: Sequence[str],
    rows: Sequence[int],
    where: str = "",
) -> PooledCounts:
    try:
        return pool(*(np.array(x) for x in _numbers(table, columns, rows)))
    except ValueError as error:
        message, _, remedy = str(error).partition("; allowed: ")
        finding = Finding(
            "fatal", "estimable", table.file, message=where + message, remedy=f"Allowed: {remedy}."
        )
        raise InputError([finding]) from None

"""`trialpool pool` with moderators and clusters: columns in, fits out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import typer

from trialpool.effects.forms import Fault
from trialpool.effects.inputs import Table, is_missing
from trialpool.effects.typed import EffectSizes, Excluded, parse_real
from trialpool.findings import Finding, InputError
from trialpool.pooling import PooledEffect
from trialpool.pooling.dependent.multilevel import LIKELIHOODS, dependent_effects
from trialpool.pooling.dependent.pooled_mean import pooled_mean
from trialpool.pooling.dependent.results import DependentEffects
from trialpool.pooling.dependent.robust import ADJUSTMENTS
from trialpool.pooling.options import Floats
from trialpool.pooling.regression.designs import Coding, dummies
from trialpool.pooling.regression.meta_regression import REGRESSION_CI_METHODS, meta_regression
from trialpool.pooling.regression.results import MetaRegression, Prediction
from trialpool.pooling.univariate.settings import DEFAULT_SEED

if TYPE_CHECKING:
    from trialpool.cli.pool.pooling_arguments import PoolOptions


@dataclass(frozen=True)
class ModeratorRequest:
    """What was asked for beside one mean.

    Attributes
    ----------
    moderators : tuple of str
        Columns.
    references : tuple of str
        "COLUMN=LEVEL": the level that others are compared with.
    permutations : int or None
    cluster : str or None
        Column whose equal cells mark effects that depend on each other.
    robust : {"CR1", "CR2"} or None
    """

    moderators: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    permutations: int | None = None
    cluster: str | None = None
    robust: str | None = None

    def check(self, tau2: str, ci: str) -> None:
        """Raise for a combination that has no meaning.

        Raises
        ------
        typer.BadParameter
        """
        if self.permutations is not None and not self.moderators:
            raise typer.BadParameter("needs --moderator", param_hint="'--permutations'")
        if self.permutations is not None and self.permutations < 1:
            raise typer.BadParameter(
                f"{self.permutations} is not known; allowed: 1 and above",
                param_hint="'--permutations'",
            )
        if self.references and not self.moderators:
            raise typer.BadParameter("needs --moderator", param_hint="'--reference'")
        if self.robust is not None and self.cluster is None:
            raise typer.BadParameter("needs --cluster", param_hint="'--robust'")
        if self.robust is not None and self.robust not in ADJUSTMENTS:
            message = f"robust={self.robust!r} is not known; allowed: {', '.join(ADJUSTMENTS)}"
            raise typer.BadParameter(message, param_hint="'--robust'")
        if self.moderators and ci not in REGRESSION_CI_METHODS:
            message = (
                f"ci={ci!r} does not go with --moderator; allowed: "
                f"{', '.join(REGRESSION_CI_METHODS)}"
            )
            raise typer.BadParameter(message, param_hint="'--ci'")
        if self.cluster is not None and tau2 not in LIKELIHOODS:
            message = f"tau2={tau2!r} does not go with --cluster; allowed: {', '.join(LIKELIHOODS)}"
            raise typer.BadParameter(message, param_hint="'--tau2'")
        for entry in self.references:
            column, equals, _ = entry.partition("=")
            if not equals or column not in self.moderators:
                message = f"{entry!r}; allowed: COLUMN=LEVEL with a column of --moderator"
                raise typer.BadParameter(message, param_hint="'--reference'")


@dataclass(frozen=True)
class Moderator:
    """One column as it enters the regression: numbers, or dummies of its levels."""

    column: str
    coding: Coding | None
    values: Floats
    names: tuple[str, ...]

    @property
    def reference(self) -> str | None:
        """Level that the others are compared with; None of numbers."""
        return None if self.coding is None else self.coding.reference


@dataclass(frozen=True)
class Moderated:
    """Fits with moderators and clusters; None for what was not asked for.

    Attributes
    ----------
    moderators : tuple of Moderator
    left_out : tuple of Excluded
        Trials of which a moderator is not known.
    regression : MetaRegression or None
    predictions : tuple of (str, Prediction)
        With the place where each is made.
    cluster : str or None
        Column.
    multilevel, robust : DependentEffects or None
    mean : PooledEffect or None
        Of the multilevel model without moderators, cluster-robust where that was asked for.
    clusters : int
    """

    moderators: tuple[Moderator, ...]
    left_out: tuple[Excluded, ...]
    regression: MetaRegression | None
    predictions: tuple[tuple[str, Prediction], ...]
    cluster: str | None
    multilevel: DependentEffects | None
    robust: DependentEffects | None
    mean: PooledEffect | None = None
    clusters: int = 0


def moderate(
    table: Table, effects: EffectSizes, request: ModeratorRequest, options: PoolOptions
) -> Moderated | None:
    """Fit what is asked for beside one mean; None if nothing is.

    Parameters
    ----------
    table : Table
    effects : EffectSizes
    request : ModeratorRequest
        Already checked.
    options : PoolOptions
        Of the pool.

    Raises
    ------
    InputError
        Where cells of the columns do not allow the fit.
    UnknownColumnError
    """
    if not request.moderators and request.cluster is None:
        return None
    kept, left_out = _complete(table, effects, request)
    y, v = np.asarray(effects.yi)[kept], np.asarray(effects.vi)[kept]
    rows = [effects.rows[i] for i in kept]
    references = dict(entry.partition("=")[::2] for entry in request.references)
    level, measure, tau2, ci = options["level"], effects.measure, options["tau2"], options["ci"]
    regression = multilevel = robust = None
    try:
        moderators = [
            _moderator(table, column, rows, references.get(column)) for column in request.moderators
        ]
        x = np.column_stack([m.values for m in moderators]) if moderators else None
        names = [name for m in moderators for name in m.names] or None
        if moderators:
            regression = meta_regression(
                *(y, v, x),
                names=names,
                tau2=tau2,
                ci=ci,
                level=level,
                measure=measure,
                permutations=request.permutations,
                seed=options.get("seed", DEFAULT_SEED),
            )
        if request.cluster is not None:
            clusters = [table.rows[row][request.cluster] for row in rows]
            fit = partial(
                dependent_effects,
                *(y, v, clusters, x),
                names=names,
                method=tau2,
                level=level,
                measure=measure,
            )
            multilevel = fit(ci="wald" if ci == "wald" else "t-clusters", profile=True)
            if request.robust is not None:
                given = [component.variance for component in multilevel.components]
                robust = fit(robust=request.robust, given=given)
        predictions = () if regression is None else _predictions(regression, moderators)
        mean, number = _mean(table, effects, request, options)
    except ValueError as error:
        remedy = "Choose other columns."
        raise InputError(
            [Finding("fatal", "moderator", table.file, message=f"{error}.", remedy=remedy)]
        ) from None
    return Moderated(
        tuple(moderators),
        left_out,
        regression,
        predictions,
        request.cluster,
        multilevel,
        robust,
        mean,
        number,
    )


def _mean(
    table: Table, effects: EffectSizes, request: ModeratorRequest, options: PoolOptions
) -> tuple[PooledEffect | None, int]:
    """Pool all effects by the multilevel model, and count the clusters."""
    if request.cluster is None:
        return None, 0
    clusters = [table.rows[row][request.cluster] for row in effects.rows]
    fit = partial(
        dependent_effects,
        *(effects.yi, effects.vi, clusters),
        method=options["tau2"],
        level=options["level"],
        measure=effects.measure,
    )
    model = fit(ci="wald" if options["ci"] == "wald" else "t-clusters")
    if request.robust is not None:
        given = [component.variance for component in model.components]
        model = fit(robust=request.robust, given=given)
    return pooled_mean(model, effects.vi, clusters), model.clusters


def _complete(
    table: Table, effects: EffectSizes, request: ModeratorRequest
) -> tuple[list[int], tuple[Excluded, ...]]:
    """Find the trials whose moderators are all known, and those left out with the reason.

    An effect without a cluster is a fault: nobody can tell what it depends on.
    """
    for column in request.moderators:
        table.need("--moderator", column)
    if request.cluster is not None:
        table.need("--cluster", request.cluster)
        faults = [
            Fault(
                row,
                request.cluster,
                table.rows[row][request.cluster],
                "cluster",
                "the cell is empty or says so, so nobody knows which effects it depends on",
                "Enter its cluster; one of its own if it depends on none.",
            )
            for row in effects.rows
            if is_missing(table.rows[row][request.cluster])
        ]
        if faults:
            raise InputError([table.finding(fault) for fault in faults])
    kept, left_out = [], []
    for i, (row, label) in enumerate(zip(effects.rows, effects.labels, strict=True)):
        missing = [column for column in request.moderators if is_missing(table.rows[row][column])]
        if missing:
            reason = f"{' and '.join(missing)} not given"
            left_out.append(Excluded(row, label, reason))
        else:
            kept.append(i)
    if not kept:
        message = f"no trial has a value of {' and '.join(request.moderators)}."
        raise InputError(
            [Finding("fatal", "moderator", table.file, message=message, remedy="Enter them.")]
        )
    return kept, tuple(left_out)


def _moderator(table: Table, column: str, rows: Sequence[int], reference: str | None) -> Moderator:
    """Read a column: numbers where every cell is one and no reference level is named."""
    cells = [table.rows[row][column].strip() for row in rows]
    numbers = [parse_real(cell) for cell in cells]
    if reference is None and all(number is not None for number in numbers):
        values = np.array([number.value for number in numbers if number is not None])
        return Moderator(column, None, values[:, None], (column,))
    coding = dummies(column, cells, reference)
    return Moderator(column, coding, coding.columns, coding.names)


def _predictions(
    fit: MetaRegression, moderators: Sequence[Moderator]
) -> tuple[tuple[str, Prediction], ...]:
    """Mean effects at each level, or at the smallest, middle and largest value.

    Given for one moderator: with several the values of the others would have to be chosen.
    """
    if len(moderators) != 1:
        return ()
    (only,) = moderators
    if only.coding is not None:
        points = np.vstack([np.zeros(len(only.names)), np.eye(len(only.names))])
        labels = [f"{only.column}: {level}" for level in only.coding.levels]
    else:
        column = only.values[:, 0]
        points = np.array([[column.min()], [float(np.median(column))], [column.max()]])
        labels = [f"{only.column} = {value:g}" for value in points[:, 0].tolist()]
    return tuple(zip(labels, fit.predict(points), strict=True))

"""`trialpool pool` with moderators and clusters: columns in, records of the fits out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import typer

from trialpool.effects.forms import Fault
from trialpool.effects.inputs import Table, is_missing
from trialpool.effects.typed import EffectSizes, parse_real
from trialpool.findings import Finding, InputError
from trialpool.pooling.dependent.multilevel import LIKELIHOODS, dependent_effects
from trialpool.pooling.dependent.robust import ADJUSTMENTS
from trialpool.pooling.options import Floats
from trialpool.pooling.regression.designs import Coding, dummies
from trialpool.pooling.regression.meta_regression import REGRESSION_CI_METHODS, meta_regression
from trialpool.pooling.regression.results import MetaRegression

Json = dict[str, Any]


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
class _Moderator:
    """One column as it enters the regression: numbers, or dummies of its levels."""

    column: str
    coding: Coding | None
    values: Floats
    names: tuple[str, ...]

    def as_json(self) -> Json:
        levels = None if self.coding is None else list(self.coding.levels)
        return {
            "column": self.column,
            "kind": "numeric" if self.coding is None else "categorical",
            "levels": levels,
            "reference": levels[0] if levels else None,
        }


def extend(table: Table, effects: EffectSizes, request: ModeratorRequest, options: Json) -> Json:
    """Build the keys that moderators and clusters add to the record.

    Parameters
    ----------
    table : Table
    effects : EffectSizes
    request : ModeratorRequest
        Already checked.
    options : dict
        `tau2, ci, level` and perhaps `seed` of the pool.

    Returns
    -------
    dict
        "regression", "multilevel" and "robust" where asked for.

    Raises
    ------
    InputError
        Where cells of the columns do not allow the fit.
    UnknownColumnError
    """
    record: Json = {}
    if not request.moderators and request.cluster is None:
        return record
    kept, left_out = _complete(table, effects, request)
    y, v = np.asarray(effects.yi)[kept], np.asarray(effects.vi)[kept]
    rows = [effects.rows[i] for i in kept]
    references = dict(entry.partition("=")[::2] for entry in request.references)
    try:
        moderators = [
            _moderator(table, column, rows, references.get(column)) for column in request.moderators
        ]
        x = np.column_stack([m.values for m in moderators]) if moderators else None
        names = [name for m in moderators for name in m.names]
        shared = {"names": names, "level": options["level"], "measure": effects.measure}
        described: Json = {"moderators": [m.as_json() for m in moderators], "left_out": left_out}
        if moderators:
            seed = {"seed": options["seed"]} if "seed" in options else {}
            fit = meta_regression(
                y,
                v,
                x,
                tau2=options["tau2"],
                ci=options["ci"],
                permutations=request.permutations,
                **shared,
                **seed,
            )
            record["regression"] = {
                **fit.to_dict(),
                **described,
                "predictions": _predictions(fit, moderators),
            }
        if request.cluster is not None:
            clusters = [table.rows[row][request.cluster] for row in rows]
            dependent = {**shared, "names": names or None, "method": options["tau2"]}
            model = dependent_effects(
                y,
                v,
                clusters,
                x,
                ci="wald" if options["ci"] == "wald" else "t-clusters",
                profile=True,
                **dependent,
            )
            record["multilevel"] = {**model.to_dict(), "cluster": request.cluster, **described}
            if request.robust is not None:
                given = [component.variance for component in model.components]
                sandwich = dependent_effects(
                    y, v, clusters, x, robust=request.robust, given=given, **dependent
                )
                record["robust"] = {**sandwich.to_dict(), "cluster": request.cluster, **described}
    except ValueError as error:
        remedy = "Choose other columns."
        raise InputError(
            [Finding("fatal", "moderator", table.file, message=f"{error}.", remedy=remedy)]
        ) from None
    return record


def _complete(
    table: Table, effects: EffectSizes, request: ModeratorRequest
) -> tuple[list[int], list[Json]]:
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
            left_out.append({"line": table.lines[row], "label": label, "reason": reason})
        else:
            kept.append(i)
    if not kept:
        message = f"no trial has a value of {' and '.join(request.moderators)}."
        raise InputError(
            [Finding("fatal", "moderator", table.file, message=message, remedy="Enter them.")]
        )
    return kept, left_out


def _moderator(table: Table, column: str, rows: Sequence[int], reference: str | None) -> _Moderator:
    """Read a column: numbers where every cell is one and no reference level is named."""
    cells = [table.rows[row][column].strip() for row in rows]
    numbers = [parse_real(cell) for cell in cells]
    if reference is None and all(number is not None for number in numbers):
        values = np.array([number.value for number in numbers if number is not None])
        return _Moderator(column, None, values[:, None], (column,))
    coding = dummies(column, cells, reference)
    return _Moderator(column, coding, coding.columns, coding.names)


def _predictions(fit: MetaRegression, moderators: Sequence[_Moderator]) -> list[Json]:
    """Mean effects at each level, or at the smallest, middle and largest value.

    Given for one moderator: with several the values of the others would have to be chosen.
    """
    if len(moderators) != 1:
        return []
    (only,) = moderators
    if only.coding is not None:
        points = np.vstack([np.zeros(len(only.names)), np.eye(len(only.names))])
        labels = [f"{only.column}: {level}" for level in only.coding.levels]
    else:
        column = only.values[:, 0]
        points = np.array([[column.min()], [float(np.median(column))], [column.max()]])
        labels = [f"{only.column} = {value:g}" for value in points[:, 0].tolist()]
    found = fit.predict(points)
    return [{"at": label, **p.to_dict()} for label, p in zip(labels, found, strict=True)]

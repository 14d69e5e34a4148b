"""What a caller hands in: effects that know what they are, or bare numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from trialpool.pooling.doubt import Doubt
from trialpool.pooling.options import Floats
from trialpool.pooling.plain_values import About


class TypedEffects(Protocol):
    """Effects with their measure and labels: `trialpool.EffectSizes`."""

    @property
    def yi(self) -> Floats:
        """Effects on the analysis scale, shape (k,)."""
        ...

    @property
    def vi(self) -> Floats:
        """Sampling variances, shape (k,)."""
        ...

    @property
    def measure(self) -> str:
        """Code of the measure."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """One per trial."""
        ...

    @property
    def warnings(self) -> tuple[Doubt, ...]:
        """What is doubtful of them."""
        ...

    @property
    def data(self) -> Any:
        """Columns of the table that the effects came from, one row per effect, or None."""
        ...


Effects = TypedEffects | npt.ArrayLike


@dataclass(frozen=True, eq=False)
class Given:
    """Arrays to compute with, and what they are of."""

    yi: npt.ArrayLike
    vi: npt.ArrayLike
    about: About
    data: Any = None

    @property
    def measure(self) -> str:
        """Code of the measure."""
        return self.about.measure

    def values(self, argument: str, named: Any) -> Any:
        """Give the values of an argument that may be the name of a column.

        Raises
        ------
        ValueError
            If the effects have no such column, or a trial no value in it.
        """
        if not isinstance(named, str):
            return named
        column = self._column(argument, named)
        missing = [self.about.label(i) for i, value in enumerate(column) if _is_missing(value)]
        if missing:
            raise ValueError(
                f"{argument}={named!r} has no value in {', '.join(missing)}; leave these trials "
                f"out with effects.where_known({named!r})"
            )
        return column

    def _column(self, argument: str, name: str) -> list[Any]:
        if self.data is None:
            raise ValueError(
                f"{argument}={name!r} is the name of a column, and there are none; allowed: one "
                "value per effect, or effects from effect_sizes(data=…)"
            )
        columns = [str(column) for column in self.data]
        if name not in columns:
            raise ValueError(f"{argument}={name!r} is no column; there are: {', '.join(columns)}")
        found = self.data[name]
        return list(found.tolist() if hasattr(found, "tolist") else found)


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def take(yi: Effects, vi: npt.ArrayLike | None, measure: str | None = None) -> Given:
    """Tell typed effects from bare numbers.

    Parameters
    ----------
    yi : TypedEffects or array-like of shape (k,)
    vi : array-like of shape (k,), optional
        Needed with bare numbers, and not allowed with typed effects.
    measure : str, optional
        Of bare numbers, "generic" if it is not given; typed effects have their own.

    Raises
    ------
    TypeError
        If variances are missing, or stand beside effects that have their own.
    ValueError
        If typed effects are of another measure.
    """
    if vi is not None:
        if _is_typed(yi):
            raise TypeError("vi: the effects have variances of their own; leave vi out")
        return Given(yi, vi, About(measure or "generic"))  # type: ignore[arg-type]
    if not _is_typed(yi):
        raise TypeError(
            f"vi is missing: yi is {type(yi).__name__}; allowed: EffectSizes, from "
            "effect_sizes(…), or effects and their variances"
        )
    effects: TypedEffects = yi  # type: ignore[assignment]
    if measure not in (None, effects.measure):
        raise ValueError(f"measure={measure!r}, and the effects are {effects.measure}")
    about = About(effects.measure, tuple(effects.labels), tuple(effects.warnings))
    return Given(effects.yi, effects.vi, about, effects.data)


def _is_typed(value: object) -> bool:
    return hasattr(value, "yi") and hasattr(value, "vi") and hasattr(value, "measure")


def design_columns(
    given: Given,
    moderators: npt.ArrayLike | str | Sequence[str] | None,
    names: Sequence[str] | None,
) -> tuple[npt.ArrayLike | None, Sequence[str] | None]:
    """Give the columns of a regression, and their names, of moderators that may be named.

    Parameters
    ----------
    given : Given
    moderators : str, sequence of str, or array-like of shape (k,) or (k, m), or None
        Names of columns: numbers as they are; text becomes one column of 0 and 1 for each
        level but the first in natural order, named `column: level`.
    names : sequence of str or None
        Of moderators that are numbers.

    Raises
    ------
    ValueError
        If a column is missing, has missing values or one level only, or `names` stands
        beside named columns.
    """
    wanted = [moderators] if isinstance(moderators, str) else moderators
    if not (
        isinstance(wanted, (list, tuple)) and wanted and all(isinstance(x, str) for x in wanted)
    ):
        return moderators, names
    if names is not None:
        raise ValueError("names: the moderators are columns, which have names; leave it out")
    columns: dict[str, list[float]] = {}
    for name in wanted:
        values = given.values("moderators", name)
        if all(_is_number(value) for value in values):
            columns[str(name)] = [float(value) for value in values]
            continue
        levels = sorted({str(value) for value in values})
        if len(levels) < 2:
            raise ValueError(f"moderators: {name} is {levels[0]!r} in every trial")
        for level in levels[1:]:
            columns[f"{name}: {level}"] = [float(str(value) == level) for value in values]
    return np.array(list(columns.values())).T, tuple(columns)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and math.isfinite(float(value))

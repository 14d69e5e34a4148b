"""How effects are computed: additions to empty cells, correction of bias, kinds of variance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Effects = tuple[Floats, Floats]
TO: Final = ("only0", "all", "if0all", "none")


@dataclass(frozen=True)
class MeasureOptions:
    """Options of computed effects, named as in metafor's ``escalc``.

    Attributes
    ----------
    add : float
        What is added to cells of counts.
    to : {"only0", "all", "if0all", "none"}
        To which trials: those with an empty cell (default), all, all if any trial has
        an empty cell, none.
    drop00 : bool or None
        Whether trials with no events, or only events, in both groups are left out.
        None: of measures that are functions of an odds or a risk ratio, about which
        such trials say nothing.
    correct : bool
        Whether the small-sample bias of standardised means, ratios of means and
        ratios of coefficients of variation is corrected.
    vtype : str or None
        Variant of the variance; None for the first of the measure's `variants`.

    Raises
    ------
    ValueError
    """

    add: float = 0.5
    to: str = "only0"
    drop00: bool | None = None
    correct: bool = True
    vtype: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.add < 1e6:
            raise ValueError(f"add={self.add!r}; allowed: a number of at least 0")
        if self.to not in TO:
            raise ValueError(f"to={self.to!r} is not known; allowed: {', '.join(TO)}")

    def addition(self, empty: npt.NDArray[np.bool_]) -> Floats:
        """Give what is added to the cells of each trial, of shape (k,).

        Parameters
        ----------
        empty : ndarray of bool of shape (k,)
            Whether the trial has an empty cell.
        """
        if self.to == "none":
            return np.zeros(len(empty))
        everywhere = self.to == "all" or (self.to == "if0all" and bool(empty.any()))
        return np.where(empty | everywhere, self.add, 0.0)


DEFAULTS: Final = MeasureOptions()
# Columns by name, each of shape (k,), and options with `vtype` filled in, to yi and vi of shape
# (k,) on the analysis scale of the measure (log for ratios).
Compute = Callable[[dict[str, Floats], MeasureOptions], Effects]


def mean_of(values: Floats, weights: Floats) -> float:
    """Weighted mean over the trials."""
    return float(np.average(values, weights=weights))


def fisher_z(correlation: Effects) -> Effects:
    """Turn correlations and their variances to Fisher's z by the delta method."""
    r, vi = correlation
    return np.arctanh(r), vi / (1 - r**2) ** 2


def times(factor: float, effects: Effects) -> Effects:
    """Multiply effects by a constant."""
    return factor * effects[0], factor**2 * effects[1]

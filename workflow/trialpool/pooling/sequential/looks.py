"""A pool at each time that a trial reported, against boundaries for repeated looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trialpool.pooling.plain_values import Plain
from trialpool.pooling.sequential.boundaries import boundaries
from trialpool.pooling.sequential.information import required_information


@dataclass(frozen=True)
class Look(Plain):
    """The pool of the trials up to a time.

    Attributes
    ----------
    time : float
    trials : int
    fraction : float
        Of the required information.
    z : float
        Mean over its standard error, random effects.
    boundary : float or None
        What |z| must reach to conclude; None once all of the error is spent.
    """

    time: float
    trials: int
    fraction: float
    z: float
    boundary: float | None


def looks(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    times: Sequence[float],
    tau2: float,
    effect: float,
    *,
    alpha: float = 0.05,
    power: float = 0.9,
    spending: str = "obrien-fleming",
) -> tuple[Look, ...]:
    """Look at a pool whenever trials reported, with the tau² of all of them.

    Information is Σ 1/(v + tau²) over ((z(alpha / 2) + z(power)) / effect)²: the same fraction
    as that of `information_size` (Wetterslev 2008, J Clin Epidemiol 61:64). The first look
    beyond all of it spends what is left of the error.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale.
    times : sequence of float
        When each trial reported; trials of one time make one look.
    tau2, effect, alpha, power
        As in `information_size`.
    spending : {"obrien-fleming", "pocock"}

    Raises
    ------
    ValueError
        As `information_size`, `boundaries`.
    """
    y, w = np.asarray(yi, dtype=float), 1.0 / (np.asarray(vi, dtype=float) + tau2)
    at = np.asarray(times, dtype=float)
    required = required_information(effect, alpha=alpha, power=power)
    steps = [(time, at <= time) for time in np.unique(at).tolist()]
    reached = [float(w[known].sum()) / required for _, known in steps]
    before = [fraction for fraction in reached if fraction < 1.0]
    last = [1.0] if len(before) < len(reached) else []
    bounds: list[float | None] = [
        *boundaries([*before, *last], alpha=alpha, spending=spending),
        *[None] * (len(reached) - len(before) - len(last)),
    ]
    return tuple(
        Look(
            time=time,
            trials=int(known.sum()),
            fraction=fraction,
            z=float(w[known] @ y[known]) / math.sqrt(float(w[known].sum())),
            boundary=bound,
        )
        for (time, known), fraction, bound in zip(steps, reached, bounds, strict=True)
    )

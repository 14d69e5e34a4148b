"""Trim and fill: how many extreme trials have no counterpart on the other side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling import PooledEffect, random_effects
from trialpool.pooling.given import Effects, take
from trialpool.pooling.options import Floats, Ints, check_effects, choose
from trialpool.pooling.plain_values import Plain, Shown
from trialpool.sensitivity.lines import TAU2_OF_LINES, fit_line, is_flat

ESTIMATORS: Final = ("L0", "R0")
SIDES: Final = ("auto", "left", "right")
_MAX_STEPS: Final = 100


@dataclass(frozen=True, repr=False)
class TrimAndFill(Shown, Plain):
    """Result of trim and fill. None: does not exist.

    Attributes
    ----------
    estimator : {"L0", "R0"}
    side : {"left", "right"} or None
        Where trials are missing: left means low effects.
    k : int
        Trials that were given.
    k0 : int or None
        Trials that are missing by the estimator.
    k0_se : float or None
        From the estimate before rounding. None also where its variance comes
        out negative, as it can for L0.
    p_value : float or None
        Test that no trial is missing: 2^-(k0 + 1), for R0 alone.
    trimmed : tuple of int
        Positions in the input of the trials that were mirrored.
    filled_yi, filled_vi : tuple of float
        Their mirror images: effects (analysis scale) and sampling variances.
    pooled : PooledEffect or None
        The pool of all trials, given and filled in.
    converged : bool
    note : str
        Empty, or why there is no result.
    """

    estimator: str
    side: str | None
    k: int
    k0: int | None
    k0_se: float | None
    p_value: float | None
    trimmed: tuple[int, ...]
    filled_yi: tuple[float, ...]
    filled_vi: tuple[float, ...]
    pooled: PooledEffect | None
    converged: bool
    note: str = ""


def trim_and_fill(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    *,
    estimator: str = "L0",
    side: str = "auto",
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    pi: str = "t",
    level: float = 0.95,
    measure: str | None = None,
) -> TrimAndFill:
    """Trim extreme trials of one side, then fill in their mirror images.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale.
    estimator : {"L0", "R0"}
        Of the number of missing trials: from the sum of ranks, or from the
        longest run of extreme ranks.
    side : {"auto", "left", "right"}
        Where trials are missing. "auto" takes the side opposite to that on which
        small trials lie: the left where effects rise with the standard error
        (random-effects regression on it), else the right.
    tau2, ci, pi, level, measure
        Of all pools, as in `random_effects`.

    Returns
    -------
    TrimAndFill
        With a `note` and no numbers for fewer than three trials.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    Duval and Tweedie 2000, Biometrics 56:455 and Journal of the American
    Statistical Association 95:89 (variances of k0). A sensitivity analysis, not
    a corrected estimate: the method reads every asymmetry as missing trials.
    """
    given = take(yi, vi, measure)
    options: dict[str, Any] = {"tau2": tau2, "level": level, "measure": given.measure}
    found = _trim_and_fill(given.yi, given.vi, estimator, side, ci, pi, options)
    return found.of(given.about)


def _trim_and_fill(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    estimator: str,
    side: str,
    ci: str,
    pi: str,
    options: dict[str, Any],
) -> TrimAndFill:
    y, v, _ = check_effects(yi, vi, ndim=1)
    choose("estimator", estimator, ESTIMATORS)
    choose("side", side, SIDES)
    whole = random_effects(y, v, ci=ci, pi=pi, **options)
    k = y.size

    def absent(note: str, converged: bool = True) -> TrimAndFill:
        known = None if side == "auto" else side
        return TrimAndFill(estimator, known, k, None, None, None, (), (), (), None, converged, note)

    if k < 3:
        return absent("needs at least three trials")
    where = side if side != "auto" else _missing_side(y, v, options["tau2"])
    # Written for trials missing on the left: the largest effects are trimmed.
    sign = 1.0 if where == "left" else -1.0
    order: Ints = np.argsort(sign * y, kind="stable")
    s, u = sign * y[order], v[order]
    k0, last = 0, -1
    for _ in range(_MAX_STEPS):
        if k0 == last:
            break
        last = k0
        centre = random_effects(s[: k - k0], u[: k - k0], ci="wald", pi="normal", **options)
        raw = _missing(s - centre.estimate, estimator)
        k0 = min(max(0, round(raw)), k - 2)
    else:
        return absent("the number of missing trials does not settle", converged=False)
    mirrored = order[k - k0 :]
    filled = sign * (2.0 * centre.estimate - s[k - k0 :])
    pooled = whole
    if k0:
        pooled = random_effects(
            np.concatenate([y, filled]), np.concatenate([v, u[k - k0 :]]), ci=ci, pi=pi, **options
        )
    return TrimAndFill(
        estimator=estimator,
        side=where,
        k=k,
        k0=k0,
        k0_se=_standard_error(k, raw, estimator),
        p_value=2.0 ** -(k0 + 1) if estimator == "R0" else None,
        trimmed=tuple(mirrored.tolist()),
        filled_yi=tuple(filled.tolist()),
        filled_vi=tuple(u[k - k0 :].tolist()),
        pooled=pooled,
        converged=True,
    )


def _missing_side(y: Floats, v: Floats, tau2: str) -> str:
    x = np.sqrt(v)
    if is_flat(x):
        # Equal variances: no small trials; the emptier tail decides.
        return "left" if float(np.mean(y)) >= float(np.median(y)) else "right"
    line = fit_line(y, v, x, tau2 if tau2 in TAU2_OF_LINES else "REML")
    return "left" if line.slope >= 0.0 else "right"


def _missing(centred: Floats, estimator: str) -> float:
    """Estimate the number of trials missing on the left, from effects sorted and centred.

    It is never half of an odd number, so rounding it has no ties.
    """
    k = centred.size
    ranks = np.empty(k)
    # Ties in their given order.
    ranks[np.argsort(np.abs(centred), kind="stable")] = np.arange(1.0, k + 1.0)
    if estimator == "R0":
        below = ranks[centred < 0.0]
        return k - (float(below.max()) if below.size else 0.0) - 1.0
    total = float(ranks[centred > 0.0].sum())
    return (4.0 * total - k * (k + 1.0)) / (2.0 * k - 1.0)


def _standard_error(k: int, k0: float, estimator: str) -> float | None:
    if estimator == "R0":
        return math.sqrt(2.0 * max(0.0, k0) + 2.0)
    variance = (
        k * (k + 1.0) * (2.0 * k + 1.0)
        + 10.0 * k0**3
        + 27.0 * k0**2
        + 17.0 * k0
        - 18.0 * k * k0**2
        - 18.0 * k * k0
        + 6.0 * k**2 * k0
    ) / 24.0
    return 4.0 * math.sqrt(variance) / (2.0 * k - 1.0) if variance >= 0.0 else None

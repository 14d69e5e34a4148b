"""Many sets of trials under many models: how much a result hangs on choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling import random_effects_many, without_each
from trialpool.pooling.options import Floats, Ints

# From so many trials on sets that lack one of them are pooled together.
MANY: Final = 100

# EB is PM under another name. Kenward-Roger goes with REML alone, and for a
# common effect only the Wald interval has a meaning.
MODELS: Final[tuple[tuple[str, str], ...]] = (
    *((t, c) for t in ("REML", "ML", "DL", "DL2", "PM", "HE", "HS", "HSk", "SJ")
      for c in ("hk-adhoc", "hk", "wald")),
    ("REML", "kr"),
    ("CE", "wald"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Multiverse:
    """Pools of n sets of trials under m models. NaN means "does not exist".

    Attributes
    ----------
    models : tuple of (str, str)
        Estimator of tau² and interval of the mean.
    k : ndarray of int of shape (n,)
    estimate, ci_lower, ci_upper, tau2 : ndarray of shape (n, m)
        Analysis scale.
    """

    models: tuple[tuple[str, str], ...]
    k: Ints
    estimate: Floats
    ci_lower: Floats
    ci_upper: Floats
    tau2: Floats


def multiverse(
    yi: Sequence[npt.ArrayLike],
    vi: Sequence[npt.ArrayLike],
    *,
    models: Sequence[tuple[str, str]] = MODELS,
    level: float = 0.95,
) -> Multiverse:
    """Pool every set of trials under every model.

    Parameters
    ----------
    yi, vi : sequence of array-like
        Effects and sampling variances of each set, analysis scale; at least one
        trial in each.
    models : sequence of (str, str)
        `tau2` and `ci` as in `random_effects`.
    level : float

    Returns
    -------
    Multiverse

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    Steegen, Tuerlinckx, Gelman and Vanpaemel 2016, Perspectives on Psychological
    Science 11:702, for the idea; Voracek, Kossmeier and Tran 2019, Zeitschrift
    für Psychologie 227:64, for meta-analysis.
    """
    sizes = [len(np.atleast_1d(np.asarray(y))) for y in yi]
    y, v = (np.full((len(sizes), max(sizes)), np.nan) for _ in range(2))
    for i, (effects, variances) in enumerate(zip(yi, vi, strict=True)):
        y[i, : sizes[i]], v[i, : sizes[i]] = effects, variances
    pools = [
        random_effects_many(y, v, tau2=tau2, ci=ci, level=level, pi="normal") for tau2, ci in models
    ]
    return _side_by_side(pools[0].k, models, [vars(p) for p in pools])


def multiverse_without_each(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    models: Sequence[tuple[str, str]] = MODELS,
    level: float = 0.95,
) -> Multiverse:
    """Pool the sets that lack one trial under every model, in the order of the trials.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, analysis scale, two trials or more.
    models, level
        As of `multiverse`, with whose numbers these agree to 1e-10 of a standard error.

    Returns
    -------
    Multiverse

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    pools = [without_each(yi, vi, tau2=tau2, ci=ci, level=level) for tau2, ci in models]
    return _side_by_side(pools[0]["k"], models, pools)


def _side_by_side(
    k: Ints, models: Sequence[tuple[str, str]], pools: Sequence[Mapping[str, Any]]
) -> Multiverse:
    return Multiverse(
        models=tuple(models),
        k=k,
        estimate=np.stack([p["estimate"] for p in pools], axis=1),
        ci_lower=np.stack([p["ci_lower"] for p in pools], axis=1),
        ci_upper=np.stack([p["ci_upper"] for p in pools], axis=1),
        tau2=np.stack([p["tau2"] for p in pools], axis=1),
    )

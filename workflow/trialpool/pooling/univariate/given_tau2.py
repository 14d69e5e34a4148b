"""Pooling with a tau² that is given."""

from __future__ import annotations

import numpy.typing as npt

from trialpool.pooling.given import take
from trialpool.pooling.options import check_effects, check_tau2
from trialpool.pooling.univariate.intervals import PI_METHODS
from trialpool.pooling.univariate.inverse_variance import fit
from trialpool.pooling.univariate.results import PooledEffect
from trialpool.pooling.univariate.settings import DEFAULT_SAMPLES, DEFAULT_SEED, check_settings


def at_tau2(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    tau2: float,
    *,
    ci: str = "hk-adhoc",
    pi: str = "t",
    level: float = 0.95,
    measure: str = "generic",
) -> PooledEffect:
    """Pool trials with a tau² that is given, for example by another program.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
    tau2 : float
        On the analysis scale, squared; at least 0.
    ci, pi, level, measure
        As in `random_effects`. "kr" takes the given tau² for the one of REML;
        "bootstrap" is not allowed, because it draws tau².

    Returns
    -------
    PooledEffect
        `tau2_method` is "given"; standard error and interval of tau², and the
        intervals of I² and H², are None.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    typed = take(yi, vi, measure)
    y, v, present = check_effects(typed.yi, typed.vi, ndim=1)
    if pi == "bootstrap":
        raise ValueError(
            "pi='bootstrap' draws tau² and does not go with a given one; "
            f"allowed: {', '.join(x for x in PI_METHODS if x != 'bootstrap')}"
        )
    settings = check_settings(
        tau2="REML",
        ci=ci,
        pi=pi,
        level=level,
        measure=typed.measure,
        tau2_ci="q-profile",
        seed=DEFAULT_SEED,
        bootstrap_samples=DEFAULT_SAMPLES,
    )
    return fit(y[None, :], v[None, :], present[None, :], settings, check_tau2(tau2))[0].of(
        typed.about
    )

"""The pool again, with trials left out or let in one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling import random_effects_many, without_each
from trialpool.pooling.given import Effects, take
from trialpool.pooling.options import Bools, Floats, Ints, as_floats, check_effects
from trialpool.pooling.plain_values import Shown
from trialpool.sensitivity.records import plain_rows

# Entries of one (n_sets, k) array: up to k = 2048 everything is one call of the
# kernel, beyond that as many as keep the memory bounded. Batches do not touch
# each other's bits, so the cut shows in no result.
_MOST_ENTRIES: Final = 2**22


@dataclass(frozen=True, eq=False, repr=False)
class Refits(Shown):
    """Pools of subsets of the trials. NaN means "does not exist".

    Attributes
    ----------
    trial : ndarray of int of shape (n,)
        Position in the input of the trial that is left out (leave-one-out) or
        that entered last (cumulative).
    entered : tuple of tuple of int
        Positions of the trials that entered together (cumulative); empty for leave-one-out.
    k, estimate, se, ci_lower, ci_upper, p_value, tau2, i2, i2_q, h2, q, q_df, q_p_value
        Of each subset, as in `PooledEffects`; arrays of shape (n,).
    converged : ndarray of bool of shape (n,)
        Whether the iteration for tau² reached its tolerance.
    narrower : ndarray of bool of shape (n,)
        Whether a Hartung-Knapp interval without floor is narrower than the common effect's.
    """

    trial: Ints
    k: Ints
    estimate: Floats
    se: Floats
    ci_lower: Floats
    ci_upper: Floats
    p_value: Floats
    tau2: Floats
    i2: Floats
    i2_q: Floats
    h2: Floats
    q: Floats
    q_df: Ints
    q_p_value: Floats
    converged: Bools
    narrower: Bools
    entered: tuple[tuple[int, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.trial)

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one dict per subset, ready for JSON; None for what does not exist."""
        return plain_rows(self)


class LeaveOneOut(Refits):
    """Pools without each trial in turn; `trial` is the one that is left out."""


class Cumulative(Refits):
    """Pools of the first trial, the first two, and so on; `trial` came last."""


def refit(
    y: Floats,
    v: Floats,
    trial: Ints,
    member_of: Callable[[Ints], Bools],
    **options: Any,
) -> Refits:
    """Pool subsets of trials.

    Parameters
    ----------
    y, v : ndarray of shape (k,)
    trial : ndarray of shape (n,)
        What each subset is named after.
    member_of : callable
        Gives, for numbers of subsets of shape (m,), which trials are in them: (m, k).
    **options
        Of `random_effects_many`.
    """
    n, k = trial.size, y.size
    size = max(1, _MOST_ENTRIES // k)
    parts: list[dict[str, npt.NDArray[Any]]] = []
    for start in range(0, n, size):
        member = member_of(np.arange(start, min(start + size, n)))
        # The prediction interval is not among the results: take the cheapest.
        pools = random_effects_many(
            np.where(member, y, np.nan), np.where(member, v, np.nan), pi="normal", **options
        )
        kept = {f.name: getattr(pools, f.name, None) for f in fields(Refits)}
        kept["converged"] = pools.diagnostics.converged
        kept["narrower"] = pools.diagnostics.narrower
        parts.append({name: x for name, x in kept.items() if x is not None})
    columns: dict[str, Any] = {
        name: np.concatenate([part[name] for part in parts]) for name in parts[0]
    }
    return Refits(trial=trial, **columns)


def without_one(y: Floats, v: Floats, **options: Any) -> LeaveOneOut:
    """Pool all sets of k - 1 trials; arguments already checked.

    Raises
    ------
    ValueError
        For a single trial.
    """
    k = y.size
    if k < 2:
        raise ValueError("yi has 1 trial; leaving one out needs at least 2")
    columns: dict[str, Any] = dict(without_each(y, v, **options))
    return LeaveOneOut(
        trial=np.arange(k),
        **{f.name: columns[f.name] for f in fields(Refits) if f.name in columns},
    )


def leave_one_out(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
    measure: str | None = None,
) -> LeaveOneOut:
    """Pool without each trial in turn.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale, two trials or more.
    tau2, ci, level, measure
        As in `random_effects`; tau² is estimated anew without the trial.

    Returns
    -------
    LeaveOneOut
        In the order of the input; each entry is what `random_effects` gives for the other
        trials: bit for bit below 100 trials, from there on to 1e-10 of a standard error.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    given = take(yi, vi, measure)
    y, v, _ = check_effects(given.yi, given.vi, ndim=1)
    options = {"tau2": tau2, "ci": ci, "level": level, "measure": given.measure}
    return without_one(y, v, **options).of(given.about)


def cumulative(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    order: npt.ArrayLike | str | None = None,
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
    measure: str | None = None,
) -> Cumulative:
    """Pool the first trial, the first two, and so on (Lau et al. 1992, N Engl J Med 327:248).

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale.
    order : array-like of shape (k,), or the name of a column of typed effects
        Number by which the trials enter, smallest first, for example the year.
        Trials with the same number enter together: the order of rows decides nothing.
    tau2, ci, level, measure
        As in `random_effects`.

    Returns
    -------
    Cumulative
        In the order of entry, one for each number of `order`: `entered[i]` are the trials
        that came last, of which `trial[i]` is the last in the input.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    given = take(yi, vi, measure)
    y, v, _ = check_effects(given.yi, given.vi, ndim=1)
    if order is None:
        raise TypeError("order is missing; allowed: the name of a column, or a number per trial")
    when = as_floats("order", given.values("order", order), 1)
    if when.shape != y.shape:
        raise ValueError(f"order has shape {when.shape} and yi {y.shape}; they must be equal")
    if not np.isfinite(when).all():
        at = int(np.argmin(np.isfinite(when)))
        raise ValueError(f"order[{at}]={when[at]!s}; allowed: finite numbers")
    entry = np.argsort(when, kind="stable")
    # Of each number the position after its last trial.
    ends = np.flatnonzero(np.diff(when[entry], append=np.nan) != 0.0) + 1
    steps = np.arange(y.size)
    together = np.split(entry, ends[:-1])
    found = refit(
        y[entry],
        v[entry],
        entry[ends - 1],
        lambda sets: steps < ends[sets][:, None],
        tau2=tau2,
        ci=ci,
        level=level,
        measure=given.measure,
    )
    entered = tuple(tuple(own.tolist()) for own in together)
    return Cumulative(**{**vars(found), "entered": entered}).of(given.about)

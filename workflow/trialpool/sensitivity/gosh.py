"""GOSH: the pool of every subset of the trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling import random_effects_many
from trialpool.pooling.given import Effects, take
from trialpool.pooling.options import Bools, Floats, Ints, check_effects
from trialpool.pooling.plain_values import Plain, Shown

MOST_SUBSETS: Final = 2**15
DEFAULT_SEED: Final = 20240615
QUANTILES: Final = (0.025, 0.25, 0.5, 0.75, 0.975)


@dataclass(frozen=True, eq=False, repr=False)
class Gosh(Shown):
    """Pools of subsets of k trials. NaN means "does not exist".

    Attributes
    ----------
    member : ndarray of bool of shape (n, k)
        Which trials are in each subset.
    k : ndarray of int of shape (n,)
        Size of each subset.
    estimate, ci_lower, ci_upper, tau2, i2, q : ndarray of shape (n,)
        As in `PooledEffects`, analysis scale; `i2` in percent from Q, because
        every subset of two trials or more has it.
    complete : bool
        Whether these are all subsets of the smallest size or larger.
    smallest : int
        Smallest size of a subset.
    seed : int or None
        Of the drawing; None where complete.
    """

    member: Bools
    k: Ints
    estimate: Floats
    ci_lower: Floats
    ci_upper: Floats
    tau2: Floats
    i2: Floats
    q: Floats
    complete: bool
    smallest: int
    seed: int | None

    def __len__(self) -> int:
        return len(self.k)


@dataclass(frozen=True, repr=False)
class GoshSummary(Shown, Plain):
    """What the subsets say. None: does not exist.

    Attributes
    ----------
    subsets : int
    complete : bool
    smallest : int
    seed : int or None
    minimum, maximum : float
        Of the subsets' estimates.
    quantiles : tuple of float
        At 2.5, 25, 50, 75 and 97.5 %.
    lower, higher, neither : float
        Shares of the subsets whose interval lies below the null, above it, or
        holds it.
    splits : int or None
        Position of the trial that divides the estimates most: the subsets with
        and without it differ most. None where all estimates are equal.
    explained : float or None
        Share of the variance of the estimates that lies between the subsets
        with and those without that trial.
    median_with, median_without : float or None
        Of the estimates of these subsets.
    """

    subsets: int
    complete: bool
    smallest: int
    seed: int | None
    minimum: float
    maximum: float
    quantiles: tuple[float, ...]
    lower: float
    higher: float
    neither: float
    splits: int | None
    explained: float | None
    median_with: float | None
    median_without: float | None


def gosh(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
    max_subsets: int = MOST_SUBSETS,
    smallest: int = 1,
    seed: int = DEFAULT_SEED,
) -> Gosh:
    """Pool all subsets of the trials, or a random sample of them.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale.
    tau2, ci, level
        As in `random_effects`, estimated anew in every subset.
    max_subsets : int
        If there are more, so many different ones are drawn, each with the same
        chance.
    smallest : int
        Smallest size of a subset, from 1 to k.
    seed : int
        Of the drawing.

    Returns
    -------
    Gosh
        Complete sets in the order of the binary numbers whose digit i says
        whether trial i is in; each entry is bit for bit what `random_effects`
        gives for these trials.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    Olkin, Dahabreh and Trikalinos 2012, Research Synthesis Methods 3:214.
    """
    given = take(yi, vi)
    y, v, _ = check_effects(given.yi, given.vi, ndim=1)
    k = y.size
    for name, value, most in (("max_subsets", max_subsets, 2**24), ("smallest", smallest, k)):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError(f"{name}={value!r}; allowed: whole numbers from 1 to {most}")
    member, complete = _subsets(k, max_subsets, smallest, seed)
    pools = random_effects_many(
        np.where(member, y, np.nan),
        np.where(member, v, np.nan),
        tau2=tau2,
        ci=ci,
        level=level,
        pi="normal",
    )
    return Gosh(
        member=member,
        k=pools.k,
        estimate=pools.estimate,
        ci_lower=pools.ci_lower,
        ci_upper=pools.ci_upper,
        tau2=pools.tau2,
        i2=pools.i2_q,
        q=pools.q,
        complete=complete,
        smallest=smallest,
        seed=None if complete else seed,
    ).of(given.about)


def _subsets(k: int, most: int, smallest: int, seed: int) -> tuple[Bools, bool]:
    digits = np.arange(k, dtype=np.int64)
    # With a little room, so that sets just above the limit are still listed whole.
    if k <= 24 and (1 << k) <= 4 * most:
        numbers = np.arange(1, 1 << k, dtype=np.int64)
        member = (numbers[:, None] >> digits) & 1 == 1
        member = member[member.sum(axis=1) >= smallest]
        if len(member) <= most:
            return member, True
    rng = np.random.default_rng(seed)
    seen: dict[bytes, Bools] = {}
    # Drawing from all subsets until enough differ; sizes below the smallest are drawn again.
    for _ in range(1000):
        draw = rng.random((most, k)) < 0.5
        for row in draw[draw.sum(axis=1) >= smallest]:
            seen.setdefault(np.packbits(row).tobytes(), row)
            if len(seen) == most:
                return np.array(list(seen.values())), False
    return np.array(list(seen.values())), False


def summarise_gosh(found: Gosh, *, null_value: float = 0.0) -> GoshSummary:
    """Describe the estimates of the subsets, and the trial that divides them most.

    Parameters
    ----------
    found : Gosh
    null_value : float
        No difference on the analysis scale.

    Returns
    -------
    GoshSummary

    Notes
    -----
    The division by a trial is the correlation ratio of the estimates and its
    membership, n₁n₀/n² (mean₁ - mean₀)² over their variance; ties go to the
    first trial.
    """
    x = found.estimate
    below, above = found.ci_upper < null_value, found.ci_lower > null_value
    n = x.size
    variance = float(x.var())
    splits = explained = with_it = without = None
    inside = found.member.sum(axis=0).astype(np.float64)
    divides = (inside > 0) & (inside < n)
    if variance > 0.0 and divides.any():
        total = found.member.T.astype(np.float64) @ (x - x.mean())
        safe = np.where(divides, inside * (n - inside), 1.0)
        share = np.where(divides, total**2 / safe / variance, 0.0)
        # Sums of many terms: the first of trials that tie up to rounding.
        splits = int(np.argmax(share >= share.max() * (1.0 - 1e-9)))
        own = found.member[:, splits]
        explained = min(1.0, float(share[splits]))
        with_it, without = float(np.median(x[own])), float(np.median(x[~own]))
    return GoshSummary(
        subsets=n,
        complete=found.complete,
        smallest=found.smallest,
        seed=found.seed,
        minimum=float(x.min()),
        maximum=float(x.max()),
        quantiles=tuple(float(q) for q in np.quantile(x, QUANTILES)),
        lower=float(below.mean()),
        higher=float(above.mean()),
        neither=float((~below & ~above).mean()),
        splits=splits,
        explained=explained,
        median_with=with_it,
        median_without=without,
    ).of(found.about)

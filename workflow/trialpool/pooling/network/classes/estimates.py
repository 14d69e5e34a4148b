"""Contrasts of treatments and classes: mixtures of normal distributions over the nodes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy import special

from trialpool.pooling.network.classes.declared import Declared
from trialpool.pooling.network.classes.posterior import Slice
from trialpool.pooling.numeric.normal_mixtures import Mixtures
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.pooling.options import Floats

# Numbers in one temporary array.
_CHUNK_NUMBERS: Final = 2**21


@dataclass(frozen=True, eq=False)
class Columns:
    """Numbers of several contrasts, each of shape (m,).

    Attributes
    ----------
    estimate, se, lower, upper : ndarray
        Median, standard deviation and equal-tailed limits.
    pi_lower, pi_upper : ndarray
        Of a new trial.
    below : ndarray
        Probability below 0.
    """

    estimate: Floats
    se: Floats
    lower: Floats
    upper: Floats
    pi_lower: Floats
    pi_upper: Floats
    below: Floats


class Estimates:
    """Treatments and class means under weighted pairs of standard deviations.

    Parameters
    ----------
    declared : Declared
    slices : sequence of Slice
        Nodes of the posterior; one with weight 1 where both variances are known.
    level : float
    df : float
        Of t intervals where both variances are taken as known at one slice; NaN for normal ones.
    """

    def __init__(
        self,
        declared: Declared,
        slices: Sequence[Slice],
        level: float,
        df: float = math.nan,
    ) -> None:
        self.declared, self.slices, self.level, self.df = declared, tuple(slices), level, df
        self.p = np.concatenate([own.p for own in self.slices])
        n, c = len(declared.treatments), len(declared.classes)
        # Treatments, then means of classes.
        self.of_means = np.vstack([declared.groups, declared.class_rows])
        self.of_departures = np.vstack([declared.within, np.zeros((c, declared.within.shape[1]))])
        self.size = n + c

    def contrasts(self, rows: Floats, *, of_class: bool = False) -> Columns:
        """Numbers of contrasts.

        Parameters
        ----------
        rows : ndarray of shape (m, size)
            Combinations of treatments, then class means, that add up to 0.
        of_class : bool
            Whether the prediction is of another treatment of the class instead of a new
            trial: its variance is that within classes, not tau².
        """
        step = max(1, _CHUNK_NUMBERS // self.p.size)
        parts = [
            self._chunk(rows[i : i + step], of_class=of_class) for i in range(0, len(rows), step)
        ]
        names = Columns.__dataclass_fields__
        return Columns(*(np.concatenate([getattr(own, f) for own in parts]) for f in names))

    def moments(self, rows: Floats, *, of_class: bool = False) -> tuple[Floats, Floats, Floats]:
        """Mean and variance of contrasts at each node, and variance of what is predicted."""
        means, variances, extra = [], [], []
        for own in self.slices:
            here = own.reduced
            of_means = rows @ self.of_means
            # Without departures treatments of a class are equal.
            of_departures = (
                rows @ self.of_departures if here.values.size else np.zeros((len(rows), 0))
            )
            fixed, turned = here.targets(of_means, of_departures)
            shares = here.shares(own.within)
            means.append(fixed + (shares * here.scores) @ turned.T)
            known = np.einsum("ri,ij,rj->r", of_means, here.covariance, of_means)
            variances.append(known + shares @ (turned**2).T)
            extra.append(own.within if of_class else np.full(own.within.size, here.tau2))
        variance = np.maximum(np.concatenate(variances), 0.0)
        return np.concatenate(means), variance, np.concatenate(extra)

    def _chunk(self, rows: Floats, *, of_class: bool) -> Columns:
        mean, variance, extra = self.moments(rows, of_class=of_class)
        # What is known exactly, such as two equal treatments, has no distribution.
        exact = ~(variance > 0.0).all(axis=0)
        variance[:, exact] = 1.0
        own = Mixtures(self.p, mean, np.sqrt(variance))
        new = Mixtures(self.p, mean, np.sqrt(variance + extra[:, None]))
        middle, lower, upper, se = self._of(own)
        _, pi_lower, pi_upper, _ = self._of(new)
        normal = math.isnan(self.df)
        z = -mean / own.sd
        below: Floats = self.p @ (special.ndtr(z) if normal else special.stdtr(self.df, z))
        for values in (middle, lower, upper, se, pi_lower, pi_upper):
            values[exact] = 0.0
        below[exact] = np.nan
        return Columns(middle, se, lower, upper, pi_lower, pi_upper, below)

    def _of(self, mixtures: Mixtures) -> tuple[Floats, Floats, Floats, Floats]:
        """Median, equal-tailed limits and standard deviation."""
        tail = 0.5 * (1.0 - self.level)
        if self.p.size == 1:
            mean, sd = mixtures.mean[0].copy(), mixtures.sd[0].copy()
            reach = float(two_sided_quantile(self.level, self.df)) * sd
            return mean, mean - reach, mean + reach, sd
        count = mixtures.mean.shape[1]
        tails = np.full(count, tail)
        middle = mixtures.lower_quantile(np.full(count, 0.5))
        _, sd = mixtures.moments()
        return middle, mixtures.lower_quantile(tails), mixtures.upper_quantile(tails), sd

    def row(self, i: int, j: int) -> Floats:
        """Contrast of one target against another."""
        found = np.zeros(self.size)
        found[i] += 1.0
        found[j] -= 1.0
        return found

    @cached_property
    def pairs(self) -> Columns:
        """Numbers of all pairs i < j of treatments, in the order of `numpy.triu_indices`."""
        n = len(self.declared.treatments)
        first, second = np.triu_indices(n, 1)
        rows = np.zeros((first.size, self.size))
        at = np.arange(first.size)
        rows[at, first], rows[at, second] = 1.0, -1.0
        return self.contrasts(rows)

    def draw(self, size: int, generator: np.random.Generator, targets: Floats) -> Floats:
        """Draws of combinations of targets, shape (size, m), from the posterior.

        Parameters
        ----------
        targets : ndarray of shape (m, self.size)
        """
        counts = generator.multinomial(size, self.p / self.p.sum())
        drawn, at = [], 0
        for own in self.slices:
            mine = np.repeat(np.arange(own.p.size), counts[at : at + own.p.size])
            at += own.p.size
            if not mine.size:
                continue
            here = own.reduced
            of_means = targets @ self.of_means
            fixed, turned = here.targets(of_means, targets @ self.of_departures)
            shares = here.shares(own.within)[mine]
            departures = shares * here.scores + np.sqrt(shares) * generator.standard_normal(
                shares.shape
            )
            root = of_means @ np.linalg.cholesky(here.covariance)
            noise = generator.standard_normal((mine.size, root.shape[1])) @ root.T
            drawn.append(fixed + departures @ turned.T + noise)
        return np.concatenate(drawn)

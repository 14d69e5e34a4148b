"""Studies from contrasts as they are printed: all of a trial, some of them, or against a baseline.

A trial with m arms has m(m - 1)/2 contrasts, and their errors hold the covariance of those that
share an arm. Where some are not printed, that covariance comes from the patients of the arms, or
is stated: with it the variance of a contrast that is not printed is v₁ + v₂ - 2·covariance
(Franchini et al. 2012, Research Synthesis Methods 3:142).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np

from trialpool.pooling.network.given.errors import (
    explain_errors,
    is_possible,
    negative_arms,
    repaired_variances,
)
from trialpool.pooling.network.studies import (
    NetworkFault,
    NetworkInputError,
    StudyEffects,
    by_study,
    check_names,
    natural,
)
from trialpool.pooling.options import Floats, check_effects

# A loop of contrasts inside one study must close: its arms are the same patients. Beyond
# the rounding that the caller states, this share of the smallest standard error is allowed.
_CLOSES: Final = 0.01
_MOST_ARMS: Final = 30
_MOST_EFFECT: Final = 1e15
WHAT_TO_ADD: Final = (
    "Add the patients of each arm (n1 and n2 beside treat1 and treat2; n of an arm's row), the "
    "contrasts that are missing with their errors, or state the correlation of contrasts that "
    "share an arm (0.5 with equal arms)"
)


@dataclass(frozen=True)
class Sharing:
    """What is known of the covariance of contrasts that share an arm.

    Attributes
    ----------
    correlation : float or None
        Stated by the caller.
    repair : bool
        Whether standard errors that no trial can have are repaired.
    """

    correlation: float | None = None
    repair: bool = False

    def __post_init__(self) -> None:
        if self.correlation is not None and not 0.0 <= self.correlation < 1.0:
            raise ValueError(
                f"correlation={self.correlation!r}; allowed: numbers from 0 to below 1 (0.5 with "
                "arms of equal size)"
            )


@dataclass(eq=False)
class PrintedTrial:
    """Contrasts of one trial while they are completed.

    Attributes
    ----------
    label : str
    arms : tuple of str, length m
        In natural order.
    effect, variance, slack : ndarray of shape (m, m)
        Row against column; NaN where not known. `slack` is what rounding allows.
    rows : tuple of int
    sizes : dict of str to float
        Patients of arms, where known.
    notes : list of str
        What was derived, and how.
    """

    label: str
    arms: tuple[str, ...]
    effect: Floats
    variance: Floats
    slack: Floats
    rows: tuple[int, ...]
    sizes: Mapping[str, float]
    notes: list[str] = field(default_factory=list)

    def complete(self, sharing: Sharing) -> NetworkFault | None:
        """Derive the contrasts that are not printed; the fault where that is not possible."""
        missing = [
            (i, j) for i, j in combinations(range(len(self.arms)), 2)
            if np.isnan(self.variance[i, j])
        ]  # fmt: skip
        if not missing:
            return None
        known_sizes = all(self.sizes.get(name, 0.0) > 0.0 for name in self.arms)
        if not known_sizes and sharing.correlation is None:
            return self._incomplete(missing)
        left = missing
        while left:
            found = {pair: self._derive(pair, known_sizes, sharing) for pair in left}
            derived = {pair: own for pair, own in found.items() if own is not None}
            if not derived:
                return self._incomplete(left)
            for (i, j), (effect, variance, slack) in derived.items():
                self.effect[i, j], self.effect[j, i] = effect, -effect
                self.variance[i, j] = self.variance[j, i] = variance
                self.slack[i, j] = self.slack[j, i] = slack
            left = [pair for pair in left if pair not in derived]
        told = "; ".join(f"{self.arms[i]} against {self.arms[j]}" for i, j in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        source = (
            "the patients per arm" if known_sizes
            else f"the stated correlation of {sharing.correlation:g}"
        )  # fmt: skip
        self.notes.append(
            f"{self.label}: {told}{more} not given; the covariance of contrasts that share an arm "
            f"is from {source}"
        )
        return None

    def _derive(
        self, pair: tuple[int, int], known_sizes: bool, sharing: Sharing
    ) -> tuple[float, float, float] | None:
        """Effect, variance and rounding of a contrast by way of a third arm."""
        i, j = pair
        v = self.variance
        ways = [k for k in range(len(self.arms)) if not np.isnan(v[i, k]) and not np.isnan(v[k, j])]
        if not ways:
            return None
        k = min(ways, key=lambda arm: (v[i, arm] + v[arm, j], arm))
        if known_sizes:
            a, b, c = (1.0 / self.sizes[self.arms[x]] for x in (i, j, k))
            correlation = c / float(np.sqrt((a + c) * (b + c)))
        else:
            assert sharing.correlation is not None
            correlation = sharing.correlation
        variance = v[i, k] + v[k, j] - 2.0 * correlation * float(np.sqrt(v[i, k] * v[k, j]))
        effect = self.effect[i, k] + self.effect[k, j]
        return float(effect), float(variance), float(self.slack[i, k] + self.slack[k, j])

    def _incomplete(self, missing: Sequence[tuple[int, int]]) -> NetworkFault:
        told = "; ".join(f"{self.arms[i]} against {self.arms[j]}" for i, j in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        m = len(self.arms)
        message = (
            f"study {self.label!r} has {m} treatments, and not all of their {m * (m - 1) // 2} "
            f"contrasts; missing: {told}{more}: the covariance of contrasts that share an arm is "
            "not known"
        )
        remedy = f"{WHAT_TO_ADD}; if they are several studies, name them apart."
        return NetworkFault(self.rows, "study", repr(self.label), "all-contrasts", message, remedy)

    def study(self, sharing: Sharing) -> StudyEffects | NetworkFault:
        """Make the study of all its contrasts, or say what is wrong."""
        arms, m = self.arms, len(self.arms)
        effect, slack = self.effect, self.slack
        pairs = np.triu_indices(m, 1)
        smallest = float(np.sqrt(self.variance[pairs].min()))
        closes = _CLOSES * smallest + 1e-9 * float(np.abs(effect).max())
        for a, b, c in combinations(range(m), 3):
            gap = abs(effect[a, b] + effect[b, c] + effect[c, a])
            if gap > slack[a, b] + slack[b, c] + slack[c, a] + closes:
                message = (
                    f"study {self.label!r}: {arms[a]} against {arms[b]} and {arms[b]} against "
                    f"{arms[c]} add up to {effect[a, b] + effect[b, c]:.4g}, but {arms[a]} against "
                    f"{arms[c]} is {effect[a, c]:.4g}: the contrasts of one study must agree"
                )
                remedy = "Check signs and numbers, and that they are of the same patients."
                return NetworkFault(
                    self.rows, "yi", f"{effect[a, c]:.6g}", "loop-closes", message, remedy
                )
        if not is_possible(self.variance):
            message, remedy = explain_errors(self.label, arms, self.variance)
            if not sharing.repair:
                told = ", ".join(f"{np.sqrt(x):.4g}" for x in self.variance[pairs])
                return NetworkFault(self.rows, "vi", told, "errors-of-one-study", message, remedy)
            self.variance = repaired_variances(self.variance)
            self.notes.append(f"{message}. Repaired: {remedy.partition(': ')[2]}")
        elif negative := negative_arms(arms, self.variance):
            self.notes.append(f"{self.label}: {negative}")
        centring = np.eye(m) - 1.0 / m
        covariance = -0.5 * centring @ self.variance @ centring
        patients = None
        if all(name in self.sizes for name in arms):
            patients = tuple(int(self.sizes[name]) for name in arms)
        return StudyEffects(
            self.label, arms, effect.mean(axis=1), 0.5 * (covariance + covariance.T), patients,
            self.rows,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class PrintedStudies:
    """Studies, and what was derived for them."""

    studies: tuple[StudyEffects, ...]
    notes: tuple[str, ...]


def from_contrasts(
    study: Sequence[object],
    treat1: Sequence[object],
    treat2: Sequence[object],
    yi: object,
    vi: object,
    *,
    rounding: object | None = None,
    n1: object | None = None,
    n2: object | None = None,
    sharing: Sharing,
) -> PrintedStudies:
    """Studies from contrasts, one row each.

    Parameters
    ----------
    study, treat1, treat2 : sequence of str, length k
        `yi` is the effect of `treat1` against `treat2`.
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale (log for ratios).
    rounding : array-like of shape (k,), optional
        By how much each `yi` may be off because it was rounded when printed.
    n1, n2 : array-like of shape (k,), optional
        Patients of the two arms; NaN where not known.
    sharing : Sharing

    Raises
    ------
    NetworkInputError
        With every study whose contrasts do not belong together.
    ValueError
        If an argument has another length or holds what is no number.
    """
    y, v, _ = check_effects(yi, vi, ndim=1)
    k = y.size
    check_sizes(y, v)
    labels = check_names("study", study, k)
    first, second = check_names("treat1", treat1, k), check_names("treat2", treat2, k)
    off = np.zeros(k) if rounding is None else np.asarray(rounding, dtype=np.float64)
    if off.shape != (k,) or not (np.isfinite(off) & (off >= 0.0)).all():
        raise ValueError(f"rounding has shape {off.shape}; allowed: {k} numbers of at least 0")
    sizes = [patients(name, own, k) for name, own in (("n1", n1), ("n2", n2))]
    trials: list[PrintedTrial | list[NetworkFault]] = []
    for label, rows in by_study(labels).items():
        pairs = {i: (first[i], second[i]) for i in rows}
        faults = _pair_faults(label, pairs)
        trials.append(faults or _printed(label, pairs, y, v, off, sizes))
    return finish(trials, sharing)


def finish(trials: Sequence[PrintedTrial | list[NetworkFault]], sharing: Sharing) -> PrintedStudies:
    """Complete every trial; raise with all faults."""
    faults: list[NetworkFault] = []
    studies: list[StudyEffects] = []
    notes: list[str] = []
    for trial in trials:
        if isinstance(trial, list):
            faults += trial
            continue
        built = trial.complete(sharing) or trial.study(sharing)
        if isinstance(built, NetworkFault):
            faults.append(built)
        else:
            studies.append(built)
            notes += trial.notes
    if faults:
        raise NetworkInputError(faults)
    return PrintedStudies(tuple(studies), tuple(notes))


def patients(argument: str, values: object | None, k: int) -> Floats:
    """Patients of arms, NaN where not known; shape (k,)."""
    if values is None:
        return np.full(k, np.nan)
    found = np.asarray(values, dtype=np.float64)
    if found.shape != (k,):
        raise ValueError(f"{argument} has shape {found.shape}; allowed: {k} numbers")
    fine = np.isnan(found) | ((found >= 1.0) & (found <= _MOST_EFFECT))
    if not fine.all():
        at = int(np.argmin(fine))
        raise ValueError(f"{argument}[{at}]={found[at]:g}; allowed: numbers of at least 1")
    return found


def check_sizes(y: Floats, v: Floats) -> None:
    """Refuse numbers that no effect has: their powers would leave the range of a double."""
    for argument, size, least, most in (
        ("yi", np.abs(y), 0.0, _MOST_EFFECT),
        ("vi", v, _MOST_EFFECT**-2, _MOST_EFFECT**2),
    ):
        fine = (size >= least) & (size <= most)
        if not fine.all():
            at = int(np.argmin(fine))
            raise ValueError(
                f"{argument}[{at}] has size {size[at]:g}; allowed: {least:g} to {most:g}"
            )


def too_many_arms(label: str, arms: Sequence[str], rows: Sequence[int]) -> list[NetworkFault]:
    """Say that several studies have one name, where there are more arms than a trial has."""
    if len(arms) <= _MOST_ARMS:
        return []
    message = f"study {label!r} has {len(arms)} arms; allowed: at most {_MOST_ARMS}"
    remedy = "Check whether several studies have one name."
    return [NetworkFault(tuple(rows), "study", repr(label), "arms", message, remedy)]


def _pair_faults(label: str, pairs: dict[int, tuple[str, str]]) -> list[NetworkFault]:
    """Contrasts of a treatment with itself, or twice the same."""
    faults = []
    seen: dict[frozenset[str], int] = {}
    for i, (a, b) in pairs.items():
        if a == b:
            message = f"study {label!r} compares the treatment with itself"
            remedy = "Name the two treatments apart, or take the row out."
            faults.append(NetworkFault((i,), "treat2", repr(b), "two-treatments", message, remedy))
            continue
        key = frozenset((a, b))
        if key in seen:
            message = f"study {label!r} has {a} against {b} more than once"
            remedy = "Keep one row per pair, or give the studies names apart."
            rows = (i, seen[key])
            faults.append(NetworkFault(rows, "treat1", repr(a), "contrast-once", message, remedy))
        seen[key] = i
    arms = {name for pair in pairs.values() for name in pair}
    return faults or too_many_arms(label, sorted(arms), tuple(pairs))


def _printed(
    label: str,
    pairs: dict[int, tuple[str, str]],
    y: Floats,
    v: Floats,
    off: Floats,
    sizes: Sequence[Floats],
) -> PrintedTrial:
    arms = tuple(sorted({name for pair in pairs.values() for name in pair}, key=natural))
    trial = empty_trial(label, arms, tuple(pairs))
    place = {name: i for i, name in enumerate(arms)}
    told: dict[str, float] = {}
    for i, pair in pairs.items():
        p, q = (place[name] for name in pair)
        trial.effect[p, q], trial.effect[q, p] = y[i], -y[i]
        trial.variance[p, q] = trial.variance[q, p] = v[i]
        trial.slack[p, q] = trial.slack[q, p] = off[i]
        for name, size in zip(pair, (sizes[0][i], sizes[1][i]), strict=True):
            if np.isnan(size):
                continue
            if told.setdefault(name, float(size)) != size:
                trial.notes.append(
                    f"{label}: {name} has {told[name]:g} patients in one row and {size:g} in "
                    "another; the larger number is taken"
                )
                told[name] = max(told[name], float(size))
    trial.sizes = told
    return trial


def empty_trial(label: str, arms: tuple[str, ...], rows: tuple[int, ...]) -> PrintedTrial:
    """Make a trial of which no contrast is known yet."""
    m = len(arms)
    effect, variance, slack = np.full((m, m), np.nan), np.full((m, m), np.nan), np.zeros((m, m))
    np.fill_diagonal(effect, 0.0)
    np.fill_diagonal(variance, 0.0)
    return PrintedTrial(label, arms, effect, variance, slack, rows, {})

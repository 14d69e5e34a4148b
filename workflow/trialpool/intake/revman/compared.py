"""The review's diamond beside ours: the same data pooled as its settings say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from trialpool.effects.forms import choose_form, choose_measure
from trialpool.effects.typed import derive_rows, parse_real
from trialpool.evidence.printed import Printed
from trialpool.measures import Measure
from trialpool.pooling import PooledEffect, random_effects
from trialpool.pooling.counts import (
    PooledCounts,
    count_effects,
    mantel_haenszel,
    peto,
)
from trialpool.pooling.counts.mantel_haenszel_random import mantel_haenszel_random

Cells = Mapping[str, str]
_COUNTS: Final = ("events_experimental", "n_experimental", "events_control", "n_control")
# A diamond at full precision agrees within this, relative: RevMan iterates REML less far.
_SAME: Final = 1e-5


@dataclass(frozen=True)
class Diamond:
    """A total as it stands in the file: effect and limits as displayed; empty where none."""

    estimate: str = ""
    lower: str = ""
    upper: str = ""
    tau2: str = ""
    q: str = ""
    i2: str = ""

    def numbers(self) -> tuple[Printed, Printed, Printed] | None:
        """Return effect and limits; None where the file has none of them."""
        read = tuple(parse_real(text) for text in (self.estimate, self.lower, self.upper))
        estimate, lower, upper = read
        if estimate is None or lower is None or upper is None or lower.value == upper.value:
            return None
        return estimate, lower, upper


@dataclass(frozen=True)
class How:
    """How the review pools, in the words of `trialpool pool`.

    Attributes
    ----------
    method : {"iv", "mh", "peto"}
    measure : str
    tau2 : {"CE", "DL", "REML"}
    ci : {"wald", "hk", "hk-adhoc"}
    zero_cells : str
        Of counts; empty: as the method does by itself.
    level : float
    """

    method: str
    measure: str
    tau2: str = "CE"
    ci: str = "wald"
    zero_cells: str = ""
    level: float = 0.95

    def command(self, file: str, by: bool = False) -> str:
        """Return the command that repeats the review."""
        words = ["trialpool pool", file, "--measure", self.measure]
        if self.method != "iv":
            words += ["--method", self.method]
        if self.method == "iv" or self.tau2 != "CE":
            words += ["--tau2", self.tau2]
        if self.method == "iv":
            words += ["--ci", self.ci]
        if self.zero_cells:
            words += ["--zero-cells", self.zero_cells]
        if self.level != 0.95:
            words += ["--level", f"{self.level:g}"]
        return " ".join([*words, *(["--by subgroup"] if by else [])])


@dataclass(frozen=True)
class Ours:
    """A pool of the data, on the analysis scale."""

    k: int
    estimate: float
    lower: float
    upper: float
    tau2: float
    q: float | None
    i2: float | None


def pool_rows(columns: Sequence[str], rows: Sequence[Cells], how: How) -> Ours | str:
    """Pool rows as `trialpool pool` does with the options of `how`; a text says why not."""
    try:
        if how.method == "iv":
            yi, vi = _effects(columns, rows, how)
            return _by_effects(yi, vi, how)
        counts = [np.array([float(row[name]) for row in rows]) for name in _COUNTS]
        rule = how.zero_cells or "none"
        if how.method == "peto":
            found = peto(*counts, level=how.level)
        elif how.tau2 == "CE":
            found = mantel_haenszel(*counts, measure=how.measure, zero_cells=rule, level=how.level)
        else:
            found = mantel_haenszel_random(
                *counts, measure=how.measure, zero_cells=rule, level=how.level
            )
    except (ValueError, OverflowError, FloatingPointError) as error:
        return str(error).partition("; allowed")[0]
    return _ours(found)


def _ours(found: PooledEffect | PooledCounts) -> Ours:
    if found.ci_lower is None or found.ci_upper is None:
        raise ValueError("there is no such interval of so few trials")
    return Ours(
        k=found.k,
        estimate=found.estimate,
        lower=found.ci_lower,
        upper=found.ci_upper,
        tau2=found.tau2,
        q=found.q,
        i2=found.i2_q,
    )


def _effects(
    columns: Sequence[str], rows: Sequence[Cells], how: How
) -> tuple[np.ndarray, np.ndarray]:
    if how.zero_cells:
        counts = [np.array([float(row[name]) for row in rows]) for name in _COUNTS]
        found = count_effects(*counts, measure=how.measure, zero_cells=how.zero_cells)
        return found.yi, found.vi
    form = choose_form(columns, how.measure)
    measure = choose_measure(form, how.measure)
    effects, faults = derive_rows(form, measure, rows, [""] * len(rows))
    if effects is None:
        raise ValueError(faults[0].message if faults else "no row holds an effect")
    return effects.yi, effects.vi


def _by_effects(yi: np.ndarray, vi: np.ndarray, how: How) -> Ours:
    # One trial has its own interval.
    ci = how.ci if yi.size > 1 else "wald"
    return _ours(random_effects(yi, vi, tau2=how.tau2, ci=ci, level=how.level, measure=how.measure))


@dataclass(frozen=True)
class Comparison:
    """The largest difference on the analysis scale, None where there is no diamond, and a note."""

    difference: float | None
    note: str


def compare(
    diamond: Diamond,
    ours: Ours | str,
    columns: Sequence[str],
    rows: Sequence[Cells],
    how: How,
    scale: Measure,
) -> Comparison:
    """Hold the file's diamond against ours; where they differ, look for what gives the file's.

    Parameters
    ----------
    diamond : Diamond
    ours : Ours or str
    columns, rows, how
        As of `pool_rows`.
    scale : Measure
        On which the file displays the diamond.
    """
    theirs = diamond.numbers()
    if isinstance(ours, str):
        return Comparison(None, f"not pooled: {ours}")
    if theirs is None:
        return Comparison(None, "the file holds no diamond to compare with")
    try:
        difference = _difference(theirs, ours, scale)
    except ValueError:
        return Comparison(None, "the file's diamond is not on the scale of its measure")
    if _agrees(theirs, ours, scale):
        return Comparison(difference, "agrees with the file" + _heterogeneity(diamond, ours))
    fitting = [
        words
        for words, other in _alternatives(columns, rows, how)
        if not isinstance(other, str) and _agrees(theirs, other, scale)
    ]
    if not fitting:
        return Comparison(difference, "differs from the file, and no other model gives its diamond")
    # Few digits fit several models; the first ones are what reviews use most.
    verb = "is" if len(fitting) == 1 else "may be"
    return Comparison(difference, f"differs: the file's diamond {verb} by {fitting[0]}")


def settle_zero_cells(
    diamond: Diamond, columns: Sequence[str], rows: Sequence[Cells], how: How, scale: Measure
) -> How:
    """Choose what is added to zero cells so that the review is repeated.

    Files do not say what their version of RevMan added; where the usual rule does not give the
    diamond and another one does, that is taken.
    """
    theirs = diamond.numbers()
    if theirs is None or "events_control" not in columns or how.method == "peto":
        return how
    others = ("", "affected") if how.method == "mh" else ("", "none", "affected")
    for rule in dict.fromkeys((how.zero_cells, *others)):
        tried = replace(how, zero_cells=rule)
        ours = pool_rows(columns, rows, tried)
        if not isinstance(ours, str) and _agrees(theirs, ours, scale):
            return tried
    return how


def _difference(theirs: Sequence[Printed], ours: Ours, scale: Measure) -> float:
    """Return the largest difference of effect and limits on the analysis scale."""
    pairs = zip(theirs, (ours.estimate, ours.lower, ours.upper), strict=True)
    return max(abs(scale.to_analysis(their.value) - our) for their, our in pairs)


def _agrees(theirs: Sequence[Printed], ours: Ours, scale: Measure) -> bool:
    """Whether ours rounds to the printed numbers."""
    for their, our in zip(theirs, (ours.estimate, ours.lower, ours.upper), strict=True):
        slack = max(their.half_unit * (1 + 1e-6), _SAME * max(abs(their.value), 1e-3))
        if not abs(scale.to_display(our) - their.value) <= slack:
            return False
    return True


def _heterogeneity(diamond: Diamond, ours: Ours) -> str:
    """Say what of τ² and Q differs though the diamond is the same."""
    told = []
    for name, text, value in (("τ²", diamond.tau2, ours.tau2), ("Q", diamond.q, ours.q)):
        their = parse_real(text)
        # RevMan writes 0 for what it did not compute.
        if their is None or value is None or not their.value:
            continue
        slack = max(their.half_unit * (1 + 1e-6), 1e-3 * abs(their.value))
        if not abs(their.value - value) <= slack:
            told.append(f"{name} is {text} there")
    return f"; {', '.join(told)}" if told else ""


def _alternatives(
    columns: Sequence[str], rows: Sequence[Cells], how: How
) -> Iterator[tuple[str, Ours | str]]:
    """Yield what else the file's number may be, in words, with its pool."""

    def tried(words: str, **changes: Any) -> tuple[str, Ours | str]:
        return words, pool_rows(columns, rows, replace(how, **changes))

    if how.measure == "SMD" and "mean_control" in columns:
        yi, vi = revman_smd(rows)
        words = "RevMan's standard error of the standardised difference"
        yield words, _by_effects(yi, vi, how)
    if "events_control" in columns:
        common = "Mantel and Haenszel, a common effect"
        random = "DerSimonian and Laird's τ² about Mantel and Haenszel's estimate"
        for rule, where in (("affected", "with 0.5 in zero cells"), ("", "nothing added")):
            yield tried(f"{common}, {where}", method="mh", tau2="CE", zero_cells=rule)
            yield tried(f"{random}, {where}", method="mh", tau2="DL", zero_cells=rule)
        if how.measure == "OR":
            yield tried("Peto's one step", method="peto", tau2="CE", zero_cells="")
    names = {"CE": "a common effect", "DL": "τ² by DL", "REML": "τ² by REML", "PM": "τ² by PM"}
    intervals = {
        "wald": "a Wald interval",
        "hk": "Hartung-Knapp's interval",
        "hk-adhoc": "Hartung-Knapp's interval with a floor",
    }
    try:
        yi, vi = _effects(columns, rows, how)
        for tau2, first in names.items():
            for ci, second in intervals.items():
                words = f"inverse variance with {first} and {second}"
                yield words, _by_effects(yi, vi, replace(how, tau2=tau2, ci=ci))
    except (ValueError, OverflowError, FloatingPointError):
        return


def revman_smd(rows: Sequence[Cells]) -> tuple[np.ndarray, np.ndarray]:
    """Hedges' adjusted g and its variance as RevMan has them.

    Returns
    -------
    yi, vi : ndarray of shape (k,)
        In standard deviations.

    Notes
    -----
    g = (m₁ − m₂)/s · (1 − 3/(4N − 9)); variance N/(n₁n₂) + g²/(2(N − 3.94)) (Deeks and Higgins
    2010, Statistical algorithms in Review Manager 5).
    """
    names = ("mean_experimental", "sd_experimental", "n_experimental")
    m1, s1, n1 = (np.array([float(row[name]) for row in rows]) for name in names)
    names = ("mean_control", "sd_control", "n_control")
    m2, s2, n2 = (np.array([float(row[name]) for row in rows]) for name in names)
    total = n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (total - 2))
        g = (m1 - m2) / pooled * (1 - 3 / (4 * total - 9))
        vi = total / (n1 * n2) + g**2 / (2 * (total - 3.94))
    if not (np.isfinite(g).all() and (vi > 0).all() and not math.isnan(float(vi.sum()))):
        return np.array([0.0]), np.array([1.0])
    return g, vi

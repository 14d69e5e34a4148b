"""On which scale a measure is drawn: its own, or as printed where it is no ratio or difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import harmonic_mean
from typing import overload

from trialpool.measures import Measure
from trialpool.records.trials import Arm, Trial


def plain_name(name: str) -> str:
    """Name of a measure without the scale that it is pooled on, at the beginning of a line."""
    plain = name.partition(", by ")[0]
    return f"{plain[:1].upper()}{plain[1:]}"


@dataclass(frozen=True)
class DrawnScale:
    """A measure, and the one of its axis.

    Proportions, rates, single means and correlations are drawn as they are printed, whatever
    scale they were pooled on: their axis is even, and exact intervals have a place on it.

    Attributes
    ----------
    analysed, drawn : Measure
    size : float or None
        Of the trials behind a number, which some transformations need to turn it back.
    """

    analysed: Measure
    drawn: Measure
    size: float | None = None

    @classmethod
    def of(cls, measure: Measure) -> DrawnScale:
        """Choose the scale of a measure."""
        if measure.scale == "identity" or measure.is_ratio:
            return cls(measure, measure)
        return cls(measure, measure.as_printed)

    @property
    def is_own(self) -> bool:
        """Whether the axis is that of the analysis."""
        return self.drawn is self.analysed

    def of_trials(self, trials: Sequence[Trial]) -> DrawnScale:
        """Return the scale for numbers of these trials, or of their pool."""
        if self.is_own:
            return self
        return replace(self, size=size_of([trial.experimental for trial in trials]))

    @overload
    def place(self, value: float) -> float: ...

    @overload
    def place(self, value: float | None) -> float | None: ...

    def place(self, value: float | None) -> float | None:
        """Place of a number of the analysis on the axis."""
        if value is None or self.is_own:
            return value
        return self.analysed.display(value, self.size)


def size_of(arms: Sequence[Arm]) -> float | None:
    """Harmonic mean of the sizes of single arms: patients, else person-time; None if unknown."""
    for name in ("n", "time"):
        sizes = [float(size) for arm in arms if (size := getattr(arm, name))]
        if sizes and len(sizes) == len(arms):
            return harmonic_mean(sizes)
    return None

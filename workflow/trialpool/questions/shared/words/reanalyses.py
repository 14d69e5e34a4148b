"""Which trials a re-analysis is about, and the effects that were derived for them."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool.measures import Measure, get_measure
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records.reanalyses import DerivedLevel, PoolAgain

_Z = 1.959963984540054


@dataclass(frozen=True)
class _Wald:
    """An estimate with its normal interval."""

    estimate: float
    ci_lower: float
    ci_upper: float


def trials_concerned(row: PoolAgain, measure: Measure) -> str:
    """Name the trials concerned, and the effects that were derived for them.

    Parameters
    ----------
    row : PoolAgain
    measure : Measure
        Of the question; a level that was derived is of the measure whose ratio it is.
    """
    if not row.derived:
        return ", ".join(row.trials)
    return "; ".join(_derived(level, get_measure(measure.ratio_of)) for level in row.derived)


def _derived(level: DerivedLevel, measure: Measure) -> str:
    half = _Z * level.se
    shown = _Wald(level.estimate, level.estimate - half, level.estimate + half)
    return (
        f"{level.label}: {level.marker} {level.level} by subtraction, {measure.code} "
        f"{effect_text(shown, measure)}"
    )

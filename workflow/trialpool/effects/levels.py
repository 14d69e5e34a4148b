"""Levels of a marker in one trial: their slope, one by subtraction, odds from their counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.effects.counts import CountEffect, count_from_percent, effect_from_counts
from trialpool.effects.rung import Row, cells_of, number_in, whole_in
from trialpool.evidence.printed import Printed, parse_number

TREND_FORMULA: Final = (
    "slope of the effects over the scores of their levels, w = 1/se²: "
    "Σw(x − x̄)(y − ȳ) / Σw(x − x̄)²; se² = 1 / Σw(x − x̄)²"
)
TREND_REFERENCE: Final = (
    "weighted least squares with known variances; within trials as in Fisher et al. 2017, BMJ "
    "356:j573"
)
SUBTRACTION_FORMULA: Final = (
    "1/v₂ = 1/v_T − 1/v₁; y₂ = v₂ (y_T/v_T − y₁/v₁): the whole taken for the weighted mean of two "
    "levels"
)


def trend(yi: npt.ArrayLike, vi: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[float, float]:
    """Slope of one trial's effects over ordered levels, and its variance.

    Weighted least squares with known variances: with w = 1/vi the slope is
    Σw(x - x̄)(y - ȳ)/Σw(x - x̄)² and its variance 1/Σw(x - x̄)². Slopes of several
    trials are pooled like any effect; they are within-trial by construction.

    Parameters
    ----------
    yi, vi : array-like of shape (m,)
        Effects of m ≥ 2 disjoint levels of one trial and their sampling variances,
        on the analysis scale.
    scores : array-like of shape (m,)
        Declared places of the levels; at least two must differ.

    Raises
    ------
    ValueError
        If the scores are not one finite number per level with two different ones.
    """
    y, v, x = (np.asarray(values, dtype=np.float64) for values in (yi, vi, scores))
    if x.shape != y.shape or not np.isfinite(x).all() or np.ptp(x) == 0.0:
        raise ValueError(
            f"scores={x.tolist()!r}; allowed: one finite number per level, at least two different"
        )
    w = 1.0 / v
    centred = x - (w @ x) / w.sum()
    information = float(w @ centred**2)
    return float(w @ (centred * y)) / information, 1.0 / information


def subtract_level(total: tuple[float, float], part: tuple[float, float]) -> tuple[float, float]:
    """Effect of the rest of a trial from the whole and one level, for sensitivity only.

    1/v₂ = 1/v_T - 1/v₁ and y₂ = v₂(y_T/v_T - y₁/v₁). It takes the whole for the weighted
    mean of two exhaustive, disjoint levels. Hazard and odds ratios are not
    collapsible, so that holds only about.

    Parameters
    ----------
    total, part : (float, float)
        Effect and sampling variance on the analysis scale.

    Raises
    ------
    ValueError
        If the part is not less precise than the whole.
    """
    (y_total, v_total), (y_part, v_part) = total, part
    if not 0.0 < v_total < v_part:
        raise ValueError(
            f"the whole has variance {v_total:g} and the level {v_part:g}; allowed: a level that "
            "is less precise than the whole, else nothing is left for the rest"
        )
    precision = 1.0 / v_total - 1.0 / v_part
    return (y_total / v_total - y_part / v_part) / precision, 1.0 / precision


def rest_by_rounding(
    total: Sequence[float | None], part: Sequence[float | None]
) -> tuple[float, float] | None:
    """Range of the standard error of a subtracted level that rounding of the print allows.

    Parameters
    ----------
    total, part : sequence of (lower, upper)
        Bounds of the standard errors by rounding; None where there are none.

    Returns
    -------
    (float, float) or None
        None where rounding does not fix it: bounds are missing, or the level might
        be as precise as the whole.
    """
    (total_low, total_high), (part_low, part_high) = total, part
    if None in (total_low, total_high, part_low, part_high):
        return None
    assert total_low is not None
    assert total_high is not None
    assert part_low is not None
    assert part_high is not None
    least = 1.0 / total_high**2 - 1.0 / part_low**2
    most = 1.0 / total_low**2 - 1.0 / part_high**2
    if not 0.0 < least <= most:
        return None
    return 1.0 / math.sqrt(most), 1.0 / math.sqrt(least)


@dataclass(frozen=True)
class LevelOdds:
    """Log odds ratio of a response in the first level of a marker against the second.

    Attributes
    ----------
    effect : CountEffect
    inputs : dict of str to str
        The printed cells that it rests on.
    flags : tuple of str
        What is not printed as a count.
    """

    effect: CountEffect
    inputs: dict[str, str]
    flags: tuple[str, ...]


def odds_of_levels(row: Row) -> LevelOdds | None:
    """Give the odds ratio of the counts of two levels, where a row has or implies them.

    Parameters
    ----------
    row : mapping
        Cells of biomarker_contrasts.csv on a response, as text. The patients of the levels are
        `n_a` and `n_b`, or `share_a` per cent of `n_total` and the rest, if one whole number
        alone prints as that share. Events are printed, or the nearest whole numbers that print as
        the rates.

    Returns
    -------
    LevelOdds or None
        None where a level has no count, there is no response or nothing else, or a printed odds
        ratio is not that of the counts.
    """
    flags: list[str] = []
    patients = [whole_in(row, f"n_{side}") for side in "ab"]
    total, share = whole_in(row, "n_total"), _percent(row, "share_a")
    if patients == [None, None] and total and share is not None:
        found = count_from_percent(share, total)
        if found is None or not found.is_unique:
            return None
        patients = [found.nearest, total - found.nearest]
        flags.append(f"patients of the levels from a share: {share.text} % of {total}")
    counts: list[tuple[int, int]] = []
    for side, n in zip("ab", patients, strict=True):
        if not n:
            return None
        events, rate = whole_in(row, f"events_{side}"), _percent(row, f"value_{side}")
        if events is None and rate is not None:
            fits = count_from_percent(rate, n)
            events = None if fits is None else fits.nearest
            several = fits is not None and not fits.is_unique
            words = "events from a percentage"
            flags.append(f"{words} that fits several counts" if several else words)
        if events is None:
            return None
        counts.append((events, n))
    try:
        effect = effect_from_counts(*counts[0], *counts[1])
    except ValueError:
        return None
    printed = number_in(row, "estimate") if row["measure"] == "OR" else None
    if printed is not None and not printed.lower <= math.exp(effect.yi) <= printed.upper:
        return None
    sides = [f"{name}_{side}" for name in ("events", "n", "value") for side in "ab"]
    inputs = cells_of(row, "estimate", *sides, "n_total", "share_a")
    return LevelOdds(effect, inputs, tuple(dict.fromkeys(flags)))


def _percent(row: Row, column: str) -> Printed | None:
    found = parse_number(str(row.get(column, "")).removesuffix("%"))
    return found if found is not None and 0 <= found.value <= 100 else None

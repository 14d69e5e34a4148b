"""What an interval answers to a question: on which side of no difference, or of the margin.

So a re-analysis, which has an interval and no verdict, is held against the verdict of a group.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.records.groups import Group, Verdict
from trialpool.records.results import ComparativeResult

Answers = npt.NDArray[np.str_]

UNKNOWN: Final = "unknown"
SUPERIORITY: Final = ("lower", "higher", "neither")
BAYES: Final = "bayes"
BY_MARGIN: Final = ("within", "not-shown", "beyond")
_OF_MARGINS: Final = {
    "within-margin": "within",
    "margin-not-shown": "not-shown",
    "beyond-margin": "beyond",
}


def answers_to(
    lower: npt.ArrayLike, upper: npt.ArrayLike, group: Group, result: ComparativeResult
) -> Answers:
    """Give the answer of each interval.

    Parameters
    ----------
    lower, upper : array-like of shape (n,)
        Limits on the analysis scale; NaN where there is no interval.
    group : Group
        The group that the pools belong to: its `margin`.
    result : ComparativeResult
        Its `design`, `benefit`, `null_value`.

    Returns
    -------
    ndarray of str of shape (n,)
        One of `SUPERIORITY` (the side of no difference on which all of the
        interval lies), one of `BY_MARGIN` for the other designs, or "unknown".
    """
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    if result.design == "superiority":
        null = result.null_value
        found = np.where(high < null, "lower", np.where(low > null, "higher", "neither"))
    else:
        least, most = _limits(group, result)
        if least is None and most is None:
            return np.full(low.shape, UNKNOWN)
        floor, ceiling = -math.inf if least is None else least, math.inf if most is None else most
        inside = (floor < low) & (high < ceiling)
        beyond = (high < floor) | (low > ceiling)
        found = np.where(inside, "within", np.where(beyond, "beyond", "not-shown"))
    return np.where(np.isnan(low) | np.isnan(high), UNKNOWN, found)


def _limits(group: Group, result: ComparativeResult) -> tuple[float | None, float | None]:
    if group.margin is None:
        return None, None
    least, most = group.margin.lower, group.margin.upper
    if result.design == "equivalence":
        return (least, most) if least is not None and most is not None else (None, None)
    return (None, most) if result.benefit == "lower" else (least, None)


def answer_of(group: Group, result: ComparativeResult) -> str | None:
    """Return what the verdict of a pool answers, in the words of intervals; None without one.

    A direction that is concluded is its side; every other word of a design without margins is
    "neither".
    """
    alone = group.k < 2 or group.primary_model == "single-trial"
    return None if alone else answer_of_verdict(group.verdict, result.benefit)


def answer_of_verdict(verdict: Verdict | None, benefit: str) -> str | None:
    """Return what a verdict answers, in the words of intervals."""
    if verdict is None or verdict.word == "not-pooled":
        return None
    if verdict.word in _OF_MARGINS:
        return _OF_MARGINS[verdict.word]
    if verdict.word not in ("benefit", "harm", "differs") or verdict.p_benefit is None:
        return "neither"
    # A ratio of levels "differs" on the side that most of the posterior lies on.
    return "lower" if (verdict.p_benefit > 0.5) == (benefit == "lower") else "higher"

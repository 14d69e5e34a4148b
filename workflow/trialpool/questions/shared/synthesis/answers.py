"""What an interval answers to a question: on which side of no difference, or of the margin.

The report puts the same into words (`trialpool.report.conclusions`); a test
keeps the two in step.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.records.groups import Group
from trialpool.records.pools import Pool
from trialpool.records.results import ComparativeResult

Answers = npt.NDArray[np.str_]

UNKNOWN: Final = "unknown"
DIFFERS: Final = "differs"
SUPERIORITY: Final = ("lower", "higher", "neither")
BAYES: Final = "bayes"
BY_MARGIN: Final = ("within", "not-shown", "beyond")


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
        # Equivalence has no word of its own for an interval beyond the margin.
        beyond &= result.design != "equivalence"
        found = np.where(inside, "within", np.where(beyond, "beyond", "not-shown"))
    return np.where(np.isnan(low) | np.isnan(high), UNKNOWN, found)


def _limits(group: Group, result: ComparativeResult) -> tuple[float | None, float | None]:
    if group.margin is None:
        return None, None
    least, most = group.margin.lower, group.margin.upper
    if result.design == "equivalence":
        return (least, most) if least is not None and most is not None else (None, None)
    return (None, most) if result.benefit == "lower" else (least, None)


def primary_pools(group: Group) -> list[Pool]:
    """Return the pools that a group's conclusion rests on; all of them must agree.

    With few trials the Bayesian model where it is primary, the common effect,
    and random effects with the Hartung-Knapp floor; else the group's own pool.
    """
    models = group.models
    beside = [
        pool for pool in (models.bayes, models.common_effect, models.hk_adhoc) if pool is not None
    ]
    return beside if beside and group.primary_model in (None, BAYES) else [group]


def answer_of(group: Group, result: ComparativeResult) -> str | None:
    """Return the answer of a group; "differs" where its models disagree, None without one."""
    if group.k < 2:
        return None
    pools = primary_pools(group)
    lower, upper = (
        [math.nan if limit is None else limit for limit in limits]
        for limits in ([p.ci_lower for p in pools], [p.ci_upper for p in pools])
    )
    found = set(answers_to(lower, upper, group, result).tolist())
    if UNKNOWN in found:
        return None
    return str(found.pop()) if len(found) == 1 else DIFFERS

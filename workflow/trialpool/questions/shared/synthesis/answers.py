"""What an interval answers to a question: on which side of no difference, or of the margin.

The report puts the same into words (`trialpool.report.conclusions`); a test
keeps the two in step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Record = Mapping[str, Any]
Answers = npt.NDArray[np.str_]

UNKNOWN: Final = "unknown"
DIFFERS: Final = "differs"
SUPERIORITY: Final = ("lower", "higher", "neither")
BAYES: Final = "bayes"
BY_MARGIN: Final = ("within", "not-shown", "beyond")


def answers_to(
    lower: npt.ArrayLike, upper: npt.ArrayLike, group: Record, record: Record
) -> Answers:
    """Give the answer of each interval.

    Parameters
    ----------
    lower, upper : array-like of shape (n,)
        Limits on the analysis scale; NaN where there is no interval.
    group : mapping
        The group that the pools belong to: its `margin`.
    record : mapping
        The result record: `design`, `benefit`, `null_value`.

    Returns
    -------
    ndarray of str of shape (n,)
        One of `SUPERIORITY` (the side of no difference on which all of the
        interval lies), one of `BY_MARGIN` for the other designs, or "unknown".
    """
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    if record.get("design", "superiority") == "superiority":
        null = record["null_value"]
        found = np.where(high < null, "lower", np.where(low > null, "higher", "neither"))
    else:
        least, most = _limits(group, record)
        if least is None and most is None:
            return np.full(low.shape, UNKNOWN)
        floor, ceiling = -math.inf if least is None else least, math.inf if most is None else most
        inside = (floor < low) & (high < ceiling)
        beyond = (high < floor) | (low > ceiling)
        # Equivalence has no word of its own for an interval beyond the margin.
        beyond &= record["design"] != "equivalence"
        found = np.where(inside, "within", np.where(beyond, "beyond", "not-shown"))
    return np.where(np.isnan(low) | np.isnan(high), UNKNOWN, found)


def _limits(group: Record, record: Record) -> tuple[float | None, float | None]:
    margin = group.get("margin") or {}
    least, most = margin.get("lower"), margin.get("upper")
    if record["design"] == "equivalence":
        return (least, most) if least is not None and most is not None else (None, None)
    return (None, most) if record["benefit"] == "lower" else (least, None)


def primary_pools(group: Record) -> list[Record]:
    """Return the pools that a group's conclusion rests on; all of them must agree.

    With few trials the Bayesian model where it is primary, the common effect,
    and random effects with the Hartung-Knapp floor; else the group's own pool.
    """
    models = group.get("models") or {}
    primary = group.get("primary_model")
    if models and primary in (None, BAYES):
        return [models[name] for name in (BAYES, "common-effect", "hk-adhoc") if name in models]
    return [group]


def answer_of(group: Record, record: Record) -> str | None:
    """Return the answer of a group; "differs" where its models disagree, None without one."""
    if (group.get("k") or 0) < 2:
        return None
    pools: Sequence[Record] = primary_pools(group)
    lower, upper = (
        [math.nan if pool.get(key) is None else float(pool[key]) for pool in pools]
        for key in ("ci_lower", "ci_upper")
    )
    found = set(answers_to(lower, upper, group, record).tolist())
    if UNKNOWN in found:
        return None
    return str(found.pop()) if len(found) == 1 else DIFFERS

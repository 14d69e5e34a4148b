"""The word that a result gets: a rule on probabilities, whatever model they come from.

Every function works element by element: floats give a word, arrays of shape (n,) give n
words, so that a report and a simulation apply one rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args, overload

import numpy as np
import numpy.typing as npt

from trialpool.pooling.options import Floats, Value

Word = Literal[
    "benefit",
    "leans-to-benefit",
    "not-settled",
    "leans-to-harm",
    "harm",
    "little-or-no-difference",
]
TrialWord = Literal["trial-benefit", "trial-harm", "trial-not-settled"]
MarginWord = Literal["within-margin", "margin-not-shown", "beyond-margin"]
NotPooled = Literal["not-pooled"]
Size = Literal["important", "smaller-than-important"]

Words = npt.NDArray[np.str_]

WORDS: Final[tuple[Word, ...]] = get_args(Word)
# Of these the direction is concluded, not only leant to.
CONCLUDED: Final = ("benefit", "harm")


@dataclass(frozen=True)
class Thresholds:
    """Posterior probabilities from which a word is given.

    Attributes
    ----------
    concluded : float
        Of benefit, or of harm: `benefit`, `harm`. 0.975 is where a central interval of
        95 % excludes no difference.
    leaning : float
        `leans-to-benefit`, `leans-to-harm`.
    little : float
        Of lying inside the null band: `little-or-no-difference`.
    size : float
        Of lying beyond the threshold of importance: `important`; of not lying
        beyond it: `smaller-than-important`.
    """

    concluded: float = 0.975
    leaning: float = 0.90
    little: float = 0.95
    size: float = 0.90


THRESHOLDS: Final = Thresholds()


@overload
def verdict_word(
    p_benefit: float, p_inside: float | None = None, thresholds: Thresholds = THRESHOLDS
) -> Word: ...
@overload
def verdict_word(
    p_benefit: Floats, p_inside: Floats | None = None, thresholds: Thresholds = THRESHOLDS
) -> Words: ...
def verdict_word(
    p_benefit: float | Floats,
    p_inside: float | Floats | None = None,
    thresholds: Thresholds = THRESHOLDS,
) -> Any:
    """Give the word of a pooled effect.

    Parameters
    ----------
    p_benefit : float or ndarray of shape (n,)
        Posterior probability of benefit.
    p_inside : float or ndarray of shape (n,), optional
        Posterior probability of lying inside the null band; without it there is no
        `little-or-no-difference`.
    thresholds : Thresholds

    Returns
    -------
    str or ndarray of str of shape (n,)
        One of `WORDS`. A concluded direction comes before the null band: an effect can be
        both certain in its direction and too small to matter.
    """
    benefit = np.asarray(p_benefit, dtype=np.float64)
    inside = np.asarray(0.0 if p_inside is None else p_inside, dtype=np.float64)
    harm = 1.0 - benefit
    found = np.select(
        [
            benefit >= thresholds.concluded,
            harm >= thresholds.concluded,
            inside >= thresholds.little,
            benefit >= thresholds.leaning,
            harm >= thresholds.leaning,
        ],
        ["benefit", "harm", "little-or-no-difference", "leans-to-benefit", "leans-to-harm"],
        "not-settled",
    )
    return found.item() if found.ndim == 0 else found


def likelier_beyond(
    p_benefit: float, p_beyond_benefit: float | None, p_beyond_harm: float | None
) -> float | None:
    """Return the probability of an important effect on the side that is the likelier one.

    Parameters
    ----------
    p_benefit : float
    p_beyond_benefit, p_beyond_harm : float or None
        Probability of lying beyond the threshold of importance, and beyond its mirror
        image on the side of harm; None without a threshold.
    """
    return p_beyond_benefit if p_benefit >= 0.5 else p_beyond_harm


@overload
def verdict_size(p_important: None, thresholds: Thresholds = THRESHOLDS) -> None: ...
@overload
def verdict_size(p_important: float, thresholds: Thresholds = THRESHOLDS) -> Size | None: ...
@overload
def verdict_size(p_important: Floats, thresholds: Thresholds = THRESHOLDS) -> Words: ...
def verdict_size(p_important: float | Floats | None, thresholds: Thresholds = THRESHOLDS) -> Any:
    """Say how large an effect is beside its word.

    Parameters
    ----------
    p_important : float, None or ndarray of shape (n,)
        Posterior probability of an effect beyond the threshold of importance.

    Returns
    -------
    str, None or ndarray of str of shape (n,)
        "important", "smaller-than-important", or None (in arrays "") between the two.
    """
    if p_important is None:
        return None
    beyond = np.asarray(p_important, dtype=np.float64)
    found = np.select(
        [beyond >= thresholds.size, 1.0 - beyond >= thresholds.size],
        ["important", "smaller-than-important"],
        "",
    )
    return (found.item() or None) if found.ndim == 0 else found


def margin_word(p_within: float, level: float) -> MarginWord:
    """Give the word of a design with a margin.

    Parameters
    ----------
    p_within : float
        Posterior probability of lying within the margin.
    level : float
        That the review declares, 0.95 or 0.975.
    """
    if p_within >= level:
        return "within-margin"
    return "beyond-margin" if 1.0 - p_within >= level else "margin-not-shown"


def probability_below(at: Value, estimate: Value, se: Value, df: Value) -> Floats:
    """Return the probability below `at` where no posterior exists but an interval does.

    An interval at every level is a distribution of the mean (Singh, Xie, Strawderman 2005, Ann
    Stat 33:159): t with `df` around the estimate, normal where `df` is NaN or infinite. Its
    central interval of 95 % is the confidence interval.

    Parameters
    ----------
    at, estimate, se, df : float or ndarray, broadcast against each other
        On the analysis scale; `se` is the one that the interval uses.
    """
    # Most that read a verdict compute none.
    from scipy import special

    z = np.asarray((np.asarray(at) - estimate) / se, dtype=np.float64)
    nu = np.asarray(df, dtype=np.float64)
    by_normal = np.isnan(nu) | np.isinf(nu)
    by_t = special.stdtr(np.where(by_normal, 1.0, nu), z)
    return np.asarray(np.where(by_normal, special.ndtr(z), by_t))

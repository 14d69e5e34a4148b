"""What one more trial would make of a verdict, if it came from where the others came from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling.bayes.catalogue import PriorChoice
from trialpool.pooling.bayes.hierarchical_model import bayesian_random_effects
from trialpool.pooling.bayes.predictive import predictive_pdf
from trialpool.pooling.options import choose
from trialpool.pooling.plain_values import Plain
from trialpool.pooling.verdict import WORDS, verdict_word

BENEFIT: Final = ("lower", "higher")
# Results of the new trial that are tried, within so many standard deviations of what is expected.
_TRIED: Final = 81
_REACH: Final = 5.0
# Points per standard deviation at which its true effect is integrated out.
_FINE: Final = 801


@dataclass(frozen=True)
class OneMore(Plain):
    """Words of the verdict after one more trial.

    Attributes
    ----------
    se : float
        Standard error that the new trial is given, on the analysis scale.
    now : str
        The word without it.
    words : dict of str to float
        Probability of each word with it; they add up to 1.
    changes : float
        Probability of another word than `now`.
    """

    se: float
    now: str
    words: dict[str, float]
    changes: float


def one_more_trial(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    prior: PriorChoice,
    benefit: str = "lower",
    null_band: tuple[float, float] | None = None,
    se: float | None = None,
) -> OneMore:
    """Expect the verdict after one more trial of the posterior prediction.

    Its true effect follows the posterior predictive distribution, its estimate is normal around
    that; the pool is fitted again with each of 81 estimates, weighted by how likely they are
    (preposterior analysis; Sutton et al. 2007, Stat Med 26:2479).

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale.
    prior : str, (str, parameters) or TauPrior
        Of tau, as in `bayesian_random_effects`.
    benefit : {"lower", "higher"}
        Side of 0 that is a benefit.
    null_band : (float, float), optional
        On the analysis scale.
    se : float, optional
        Of the new trial; by default the median of those at hand.

    Raises
    ------
    ValueError
        As `bayesian_random_effects`; a standard error that is not positive.
    """
    choose("benefit", benefit, BENEFIT)
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if se is None:
        se = math.sqrt(float(np.median(v)))
    if not se > 0:
        raise ValueError(f"se={se!r} must be positive")
    band = () if null_band is None else null_band

    def word(effects: npt.NDArray[np.float64], variances: npt.NDArray[np.float64]) -> str:
        pool = bayesian_random_effects(effects, variances, prior=prior, at=band)
        below = pool.probability_below
        inside = None if null_band is None else pool.below_at[1] - pool.below_at[0]
        return verdict_word(below if benefit == "lower" else 1.0 - below, inside)

    pool = bayesian_random_effects(y, v, prior=prior)
    spread = (pool.prediction.upper - pool.prediction.lower) / (2.0 * 1.959963984540054)
    reach = _REACH * math.hypot(spread, se)
    tried = np.linspace(pool.prediction.median - reach, pool.prediction.median + reach, _TRIED)
    true = np.linspace(tried[0], tried[-1], _FINE)
    density = predictive_pdf(y, v, true, prior=prior)
    around = np.exp(-0.5 * ((tried[:, None] - true[None, :]) / se) ** 2)
    likely = around @ density
    likely /= likely.sum()
    found: dict[str, float] = dict.fromkeys(WORDS, 0.0)
    for estimate, probability in zip(tried, likely, strict=True):
        found[word(np.append(y, estimate), np.append(v, se * se))] += float(probability)
    now = word(y, v)
    return OneMore(se=se, now=now, words=found, changes=1.0 - found[now])

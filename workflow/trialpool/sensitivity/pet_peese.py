"""PET-PEESE: the effect of an infinitely precise trial, by a conditional rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trialpool.pooling.given import Effects, take
from trialpool.pooling.options import check_effects
from trialpool.pooling.plain_values import Plain, Shown
from trialpool.sensitivity.lines import fit_line
from trialpool.sensitivity.small_study import RegressionTest, p_of, regression_test


@dataclass(frozen=True, repr=False)
class PetPeese(Shown, Plain):
    """Estimates of PET, of PEESE and of the conditional rule. None: does not exist.

    Attributes
    ----------
    pet, peese : RegressionTest
        Lines on the standard error and on the variance; `limit` is the estimate.
    pet_p_value : float or None
        Test that the effect by PET is 0, two-sided.
    chosen : {"PET", "PEESE"} or None
        PEESE where that test is below `alpha` on the side of the common effect, else PET.
    estimate, ci_lower, ci_upper : float or None
        Of the chosen one, on the analysis scale.
    alpha : float
    note : str
        Empty, or why there is no estimate.
    """

    pet: RegressionTest
    peese: RegressionTest
    pet_p_value: float | None
    chosen: str | None
    estimate: float | None
    ci_lower: float | None
    ci_upper: float | None
    alpha: float
    note: str = ""


def pet_peese(
    yi: Effects, vi: npt.ArrayLike | None = None, *, alpha: float = 0.1, level: float = 0.95
) -> PetPeese:
    """Estimate the effect at a standard error of 0.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale.
    alpha : float
        Of the two-sided test that lets PEESE replace PET. The papers test one side, that
        of the effect, at 5 %: 0.1 on the side of the common effect is the same. An effect
        by PET on the other side is no evidence of the effect that PEESE would give.
    level : float
        Of the intervals.

    Returns
    -------
    PetPeese
        With a `note` and no estimate where there is no line.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    Least squares with weights 1/v and a free scale of the errors, t with k - 2
    degrees of freedom: on the standard error (PET) and on the variance (PEESE).
    Stanley and Doucouliagos 2014, Research Synthesis Methods 5:60; Stanley 2017,
    Social Psychological and Personality Science 8:581, for its limits: few
    trials, much heterogeneity, all trials small.
    """
    given = take(yi, vi)
    return _pet_peese(given.yi, given.vi, alpha, level).of(given.about)


def _pet_peese(yi: npt.ArrayLike, vi: npt.ArrayLike, alpha: float, level: float) -> PetPeese:
    y, v, _ = check_effects(yi, vi, ndim=1)
    if isinstance(alpha, bool) or not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha={alpha!r} is not a probability; it must lie in (0, 1)")
    pet, peese = (
        regression_test(y, v, model="multiplicative", predictor=x, level=level)
        for x in ("sei", "vi")
    )
    note = pet.note or peese.note
    if note:
        return PetPeese(pet, peese, None, None, None, None, None, alpha, note)
    line = fit_line(y, v, np.sqrt(v), 0.0)
    se = np.sqrt(line.residual / line.df * line.intercept_variance)
    p_value = p_of(float(line.intercept / se), line.df)
    same_side = line.intercept * float(np.average(y, weights=1.0 / v)) > 0.0
    chosen = peese if p_value < alpha and same_side else pet
    return PetPeese(
        pet=pet,
        peese=peese,
        pet_p_value=p_value,
        chosen="PEESE" if chosen is peese else "PET",
        estimate=chosen.limit,
        ci_lower=chosen.limit_lower,
        ci_upper=chosen.limit_upper,
        alpha=alpha,
    )

"""Network meta-regression: effects against the reference that change with a trial's covariate.

Cooper et al. 2009, Statistics in Medicine 28:1861; Dias et al. 2013, Medical Decision Making
33:618. One slope for every treatment against the reference (comparisons of two others do not
change), or one slope for each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from trialpool.pooling.network.full_rank import FullRank, build_full_rank
from trialpool.pooling.network.inconsistency import NetworkTest, chi_square
from trialpool.pooling.network.model import Fit, basic_matrix, estimate_tau2, fit
from trialpool.pooling.network.results import NetworkResult
from trialpool.pooling.numeric.tails import two_sided_p, two_sided_quantile
from trialpool.pooling.options import Floats, choose
from trialpool.pooling.plain_values import Plain, Shown

SLOPES: Final = ("common", "independent")
# Fewer say too little of tau² for the error of a slope to mean anything.
LEAST_DF: Final = 4
CONSTANT: Final = "it does not vary where the trials could show a slope"


@dataclass(frozen=True)
class Slope(Plain):
    """Change of an effect against the reference per unit of the covariate, analysis scale.

    Attributes
    ----------
    treatment : str
        Empty for the slope that all share.
    estimate, se, ci_lower, ci_upper, p_value : float or None
        Error by Hartung and Knapp with floor, t with the residual degrees of freedom; None
        where the trials do not show this slope.
    wald_se : float or None
        From the model alone.
    """

    treatment: str
    estimate: float | None
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    p_value: float | None
    wald_se: float | None


@dataclass(frozen=True, repr=False)
class NetworkRegression(Shown, Plain):
    """A network meta-regression.

    Attributes
    ----------
    covariate : str
    slopes : tuple of Slope
        Empty where not estimable.
    reason : str
        Why it is not estimable.
    centre : float
        Mean of the covariate over the trials: `effects` are there.
    effects : dict of str to float
        Of each treatment against the reference at `centre`, analysis scale.
    k, df : int
        Trials; residual degrees of freedom.
    tau2, tau2_without : float or None
        With the covariate, and without.
    q_residual : NetworkTest
        With common effects.
    """

    covariate: str
    reference: str
    measure: str
    level: float
    slopes: tuple[Slope, ...]
    reason: str
    centre: float
    effects: dict[str, float]
    k: int
    df: int
    tau2: float | None
    tau2_without: float
    q_residual: NetworkTest

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        test = self.q_residual
        found = super().to_dict()
        del found["q_residual"]
        return found | {"q_residual": test.q, "q_residual_df": test.df,
                        "q_residual_p_value": test.p_value}  # fmt: skip


def network_regression(
    found: NetworkResult,
    values: Mapping[str, float],
    *,
    covariate: str = "covariate",
    slopes: str = "common",
) -> NetworkRegression:
    """Regress the effects of a network on a covariate of its trials.

    Parameters
    ----------
    found : NetworkResult
        Its connected part, reference, level and estimator of tau² are taken.
    values : mapping of str to float
        Covariate of each trial, such as its year or mean age.
    covariate : str
        Its name.
    slopes : {"common", "independent"}
        One slope for every treatment against the reference, or one for each.

    Returns
    -------
    NetworkRegression
        Without slopes, and with the reason, where fewer than four degrees of freedom would
        remain or the covariate does not vary where it could be seen.

    Raises
    ------
    ValueError
        If a trial has no value or one that is not finite.
    """
    choose("slopes", slopes, SLOPES)
    x = _values(found, values)
    centre = float(x.mean())
    unit = float(np.abs(x - centre).max()) or 1.0
    others = [name for name in found.treatments if name != found.reference]
    columns = {name: i for i, name in enumerate(others)}
    names = [""] if slopes == "common" else others
    blocks = []
    for study, value in zip(found.studies, ((x - centre) / unit).tolist(), strict=True):
        own = basic_matrix(study.treatments, columns, len(columns))
        change = own.sum(axis=1, keepdims=True) if slopes == "common" else own
        blocks.append((study.contrasts, study.contrast_covariance,
                       np.hstack([own, value * change])))  # fmt: skip
    space = build_full_rank(blocks)
    assert space is not None
    df, p = space.model.df, len(others)
    rows = np.hstack([np.zeros((len(names), p)), np.eye(len(names))])
    known = space.estimable(rows)
    reason = ""
    if not known.any():
        reason = f"not estimable: {CONSTANT}"
    elif df < LEAST_DF:
        freedom = "1 degree" if df == 1 else f"{df} degrees"
        reason = f"not estimable: {freedom} of freedom would remain; at least {LEAST_DF} are needed"
    test = NetworkTest(None, df, None, None, reason)
    record: dict[str, Any] = {
        "covariate": covariate, "reference": found.reference, "measure": found.measure,
        "level": found.level, "reason": reason, "centre": centre, "k": found.k, "df": df,
        "tau2_without": found.tau2.value,
    }  # fmt: skip
    if reason:
        return NetworkRegression(slopes=(), effects={}, tau2=None, q_residual=test, **record)
    given = found.tau2.method == "given"
    tau2 = estimate_tau2(space.model, found.tau2.value if given else found.tau2.method)
    at_tau2 = fit(space.model, tau2.value)
    level = np.hstack([np.eye(p), np.zeros((p, len(names)))])
    at_centre = space.estimable(level)
    estimates, _ = space.estimates(at_tau2, level)
    return NetworkRegression(
        slopes=tuple(
            _slope(space, at_tau2, row / unit, name, found.level)
            if fine
            else Slope(name, *([None] * 6))
            for row, name, fine in zip(rows, names, known.tolist(), strict=True)
        ),
        effects={
            name: float(estimate)
            for name, estimate, fine in zip(others, estimates, at_centre.tolist(), strict=True)
            if fine
        },
        tau2=tau2.value,
        q_residual=chi_square(fit(space.model, 0.0).q, df, 0.0, ""),
        **record,
    )


def _values(found: NetworkResult, values: Mapping[str, float]) -> Floats:
    missing = [s.label for s in found.studies if s.label not in values]
    if missing:
        raise ValueError(f"values: no covariate of {', '.join(missing)}; allowed: one per trial")
    x = np.array([float(values[s.label]) for s in found.studies])
    if not np.isfinite(x).all():
        at = found.studies[int(np.argmin(np.isfinite(x)))].label
        raise ValueError(f"values: covariate of {at} is {values[at]!r}; allowed: finite numbers")
    return x


def _slope(space: FullRank, found: Fit, row: Floats, name: str, level: float) -> Slope:
    estimates, covariance = space.estimates(found, row[None])
    estimate, wald = float(estimates[0]), math.sqrt(float(covariance[0, 0]))
    df = float(space.model.df)
    # Hartung and Knapp's factor, never below 1.
    se = wald * math.sqrt(max(1.0, found.q / df))
    half = float(two_sided_quantile(level, df)) * se
    p = float(two_sided_p(estimate / se, df))
    return Slope(name, estimate, se, estimate - half, estimate + half, p, wald)

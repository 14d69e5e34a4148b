"""Test of differences between groups of trials."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from trialpool.pooling.numeric.batch_sums import Moments, Sets, arrange
from trialpool.pooling.numeric.tails import chi2_p, f_p
from trialpool.pooling.options import Floats, Ints, check_effects, choose
from trialpool.pooling.plain_values import Plain, Shown
from trialpool.pooling.univariate.tau2 import TAU2_METHODS

Statistic = Literal["F", "Q"]

TAU2_ASSUMPTIONS: Final = ("common", "separate")
SUBGROUP_TESTS: Final[dict[str, Statistic]] = {"hk-f": "F", "q": "Q"}


@dataclass(frozen=True, repr=False)
class SubgroupDifference(Shown, Plain):
    """A test of differences between groups.

    Attributes
    ----------
    statistic : {"F", "Q"}
    value : float or None
        None where the test does not exist; `note` says why.
    df1 : int
        Groups minus 1.
    df2 : int or None
        Trials minus groups for F, None for Q.
    p_value : float or None
    tau2_assumption : {"common", "separate"}
    tau2 : float, tuple of float or None
        The common tau², or one per group in order of first appearance.
    k, groups : int
        Number of trials and of groups.
    note : str
        Empty, or why there is no test.
    residual_q : float or None
        Residual heterogeneity: Q within groups at tau² = 0, the sum of the groups' Q where
        no two effects share an arm. None where no group has two effects.
    residual_df : int
        Trials minus groups.
    residual_p_value : float or None
        Of `residual_q` as chi-square.
    """

    statistic: Statistic
    value: float | None
    df1: int
    df2: int | None
    p_value: float | None
    tau2_assumption: str
    tau2: float | tuple[float, ...] | None
    k: int
    groups: int
    note: str
    residual_q: float | None = None
    residual_df: int = 0
    residual_p_value: float | None = None


def subgroup_difference(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    group_index: Iterable[Hashable],
    *,
    tau2_assumption: str = "common",
    test: str = "hk-f",
    tau2: str = "REML",
) -> SubgroupDifference:
    """Test whether groups of trials have the same mean effect.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale.
    group_index : iterable of hashable, length k
        Group of each trial: numbers or labels.
    tau2_assumption : {"common", "separate"}
        One residual tau² for all groups (mixed model with group means), or one
        tau² in each group; a group of one trial then has tau² = 0.
    test : {"hk-f", "q"}
        "hk-f": F = QM/(G - 1)/s² on G - 1 and k - G degrees of freedom with
        s² = Σw r²/(k - G), not floored (Knapp and Hartung 2003); it needs the
        common tau². "q": chi-square test of QM on G - 1 degrees of freedom
        (Borenstein and Higgins 2013).
    tau2 : {"REML", "DL", "DL2", "PM", "ML", "EB", "HE", "HS", "HSk", "SJ", "CE"}
        Estimator of tau².

    Returns
    -------
    SubgroupDifference
        With `value` None and a `note` where the test does not exist.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    QM = Σ_g W_g (mean_g - mean)² with W_g = Σ_{i in g} w_i. Residual heterogeneity is
    Q = Σ_g Σ_{i in g} (y_i - mean_g)²/v_i at tau² = 0 (Borenstein et al. 2009, chapter 19),
    the Q_E of a meta-regression on the groups. The design is block
    diagonal, so the residual (restricted) likelihood is a sum over groups.
    """
    y, v, _ = check_effects(yi, vi, ndim=1)
    choose("tau2_assumption", tau2_assumption, TAU2_ASSUMPTIONS)
    statistic = SUBGROUP_TESTS[choose("test", test, SUBGROUP_TESTS)]
    choose("tau2", tau2, TAU2_METHODS)
    if test == "hk-f" and tau2_assumption == "separate":
        raise ValueError(
            "test='hk-f' does not go with tau2_assumption='separate'; "
            "allowed: test='hk-f' or 'q' with 'common', test='q' with 'separate'"
        )
    members = _members(group_index, y.size)
    k, groups = y.size, len(members)
    df1, df2 = groups - 1, k - groups
    residual: tuple[float | None, float | None] = (None, None)

    def record(
        value: float | None,
        p_value: float | None,
        fitted: float | tuple[float, ...] | None,
        note: str = "",
    ) -> SubgroupDifference:
        return SubgroupDifference(
            statistic=statistic,
            value=value,
            df1=df1,
            df2=df2 if statistic == "F" else None,
            p_value=p_value,
            tau2_assumption=tau2_assumption,
            tau2=fitted,
            k=k,
            groups=groups,
            note=note,
            residual_q=residual[0],
            residual_df=df2,
            residual_p_value=residual[1],
        )

    if df1 < 1:
        return record(None, None, None, "there is only one group")
    if df2 < 1 and tau2_assumption == "common" and (tau2 != "CE" or test == "hk-f"):
        return record(None, None, None, "every group has one trial: no residual degree of freedom")

    # One scale for all groups, because they may share one tau². Each group is
    # centred on its own most precise trial.
    whole = arrange(y[None, :], v[None, :], np.ones((1, k), dtype=np.bool_))
    layouts = [
        arrange(y[None, own], v[None, own], np.ones((1, own.size), dtype=np.bool_), whole.exponent)
        for own in members
    ]
    blocks = tuple(layout.sets for layout in layouts)
    if df2 > 0:
        q = sum(float(Moments(block, np.zeros(1)).a1[0]) for block in blocks)
        residual = (q, chi2_p(q, float(df2)))
    method = TAU2_METHODS[tau2]
    if tau2_assumption == "common":
        # Without residual degrees of freedom only "CE" comes here, which needs none.
        fits = [method.fit(blocks, np.array([float(df2)]))] * groups
    else:
        fits = [
            method.fit((block,), np.array([own.size - 1.0]))
            if own.size > 1
            else TAU2_METHODS["CE"].fit((block,), np.zeros(1))
            for block, own in zip(blocks, members, strict=True)
        ]
    stray = "" if all(fit.converged.all() for fit in fits) else f"tau² by {tau2} did not converge"
    each = [Moments(block, fit.tau2) for block, fit in zip(blocks, fits, strict=True)]
    shift = [np.ldexp(x.centre - whole.centre, -whole.exponent) for x in layouts]
    means = np.array([float((d + m.mean)[0]) for d, m in zip(shift, each, strict=True)])
    within = sum(float(m.a1[0]) for m in each)
    qm = _between(means, np.array([float(m.s1[0]) for m in each]))

    scaled = [float(np.ldexp(fit.tau2, 2 * whole.exponent)[0]) for fit in fits]
    fitted = scaled[0] if tau2_assumption == "common" else tuple(scaled)
    if statistic == "Q":
        return record(qm, chi2_p(qm, float(df1)), fitted, stray)
    if within == 0.0:
        return record(None, None, fitted, "no spread within groups: the F test divides by 0")
    value = qm / df1 / (within / df2)
    return record(value, f_p(value, df1, df2), fitted, stray)


def _between(means: Floats, weights: Floats) -> float:
    """Σ W_g (mean_g - mean)², centred on the heaviest group to keep digits."""
    offset = means - means[np.argmax(weights)]
    sets = Sets(offset[:, None], (1.0 / weights)[:, None], (weights == weights.max())[:, None])
    return float(Moments(sets, np.zeros(1)).a1[0])


def _members(group_index: Iterable[Hashable], k: int) -> list[Ints]:
    """Positions of the trials of each group, groups in order of first appearance."""
    if isinstance(group_index, str):
        raise ValueError(f"group_index={group_index!r} is one text; allowed: one group per trial")
    labels = group_index.tolist() if isinstance(group_index, np.ndarray) else list(group_index)
    if len(labels) != k:
        raise ValueError(f"group_index has length {len(labels)} and yi {k}; they must be equal")
    positions: dict[Hashable, list[int]] = {}
    for i, label in enumerate(labels):
        if label is None or (isinstance(label, float) and math.isnan(label)):
            raise ValueError(f"group_index[{i}]={label!r}; allowed: a number or label, not missing")
        positions.setdefault(label, []).append(i)
    return [np.array(own, dtype=np.int64) for own in positions.values()]

"""Do the paths of a network agree? Q by designs, direct against indirect evidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.network.graph import designs
from trialpool.pooling.network.model import Fit, Model, build, fit
from trialpool.pooling.network.studies import StudyEffects
from trialpool.pooling.numeric.tails import chi2_p, two_sided_p

NO_LOOP: Final = "no two designs give evidence on the same comparison: not estimable"
ONLY_DIRECT: Final = "all evidence on it is direct: not estimable"
ONLY_INDIRECT: Final = "no trial compares them: all evidence on it is indirect"
ONE_PATH: Final = "without the trials that compare them nothing connects them: not estimable"
LITTLE_INDIRECT: Final = "less than 0.1 % of the evidence on it is indirect: not shown"
# Below this share of indirect evidence there is none: what is left is rounding.
_NO_INDIRECT: Final = 1e-8
# Below this one an estimate from it would be divided by next to nothing.
_LITTLE_INDIRECT: Final = 1e-3


@dataclass(frozen=True)
class NetworkTest:
    """A chi-square test.

    Attributes
    ----------
    q : float or None
        None where it does not exist, and `note` says why.
    df : int
    p_value : float or None
    tau2 : float or None
        At which it was made.
    note : str
    """

    q: float | None
    df: int
    p_value: float | None
    tau2: float | None
    note: str = ""


@dataclass(frozen=True)
class Decomposition:
    """Cochran's Q of a network, and its parts (Krahn, Binder and König 2013).

    Attributes
    ----------
    total, within, between : NetworkTest
        Common effect: all, within designs (heterogeneity), between designs (inconsistency).
    interaction : NetworkTest
        Between designs with random effects: the design-by-treatment interaction (Higgins et
        al. 2012), at tau² by the moment estimator within designs (Jackson et al. 2012).
    """

    total: NetworkTest
    within: NetworkTest
    between: NetworkTest
    interaction: NetworkTest


def chi_square(q: float, df: int, tau2: float, note: str) -> NetworkTest:
    """Test of a Q; without degrees of freedom there is none, and `note` says why."""
    if df < 1:
        return NetworkTest(None, df, None, tau2, note)
    return NetworkTest(max(0.0, q), df, float(chi2_p(max(0.0, q), float(df))), tau2)


def decompose(studies: Sequence[StudyEffects], model: Model) -> Decomposition:
    """Split Q into heterogeneity within designs and inconsistency between them.

    Parameters
    ----------
    studies : sequence of StudyEffects
        Connected.
    model : Model
        Of these studies under consistency.
    """
    by_label = {study.label: study for study in studies}
    parts = []
    for design in designs(studies):
        m = len(design.treatments) - 1
        own = [by_label[label] for label in design.studies]
        parts.append(build([(s.contrasts, s.contrast_covariance, np.eye(m)) for s in own]))
    df_within = sum(part.df for part in parts)
    df_between = model.df - df_within

    def within(tau2: float) -> tuple[float, float]:
        fits: list[Fit] = [fit(part, tau2) for part in parts if part.df]
        return sum(f.q for f in fits), sum(f.trace for f in fits)

    total = fit(model, 0.0).q
    q_within, trace = within(0.0)
    one_each = "every design has one trial: not estimable"
    interaction = NetworkTest(None, df_between, None, None, NO_LOOP)
    if df_between > 0 and df_within < 1:
        note = f"{one_each} apart from heterogeneity"
        interaction = NetworkTest(None, df_between, None, None, note)
    elif df_between > 0:
        tau2 = max(0.0, (q_within - df_within) / trace)
        q_random = fit(model, tau2).q - within(tau2)[0]
        interaction = chi_square(q_random, df_between, tau2, NO_LOOP)
    return Decomposition(
        chi_square(total, model.df, 0.0, "no comparison has been made twice: not estimable"),
        chi_square(q_within, df_within, 0.0, one_each),
        chi_square(total - q_within, df_between, 0.0, NO_LOOP),
        interaction,
    )


@dataclass(frozen=True)
class EvidenceSplit:
    """Direct and indirect evidence on one comparison, `treat1` against `treat2`.

    None means "does not exist"; `note` then says why.

    Attributes
    ----------
    treat1, treat2 : str
    k : int
        Trials that compare the two.
    proportion_direct : float
        Share of direct evidence in the network estimate, se²/direct_se².
    estimate, se : float
        Of the network.
    direct, direct_se, indirect, indirect_se : float or None
        On the analysis scale.
    difference, difference_se, z, p_value : float or None
        Direct less indirect, and its test.
    tau2 : float or None
        At which they were estimated.
    note : str
    """

    treat1: str
    treat2: str
    k: int
    proportion_direct: float | None
    estimate: float
    se: float
    direct: float | None
    direct_se: float | None
    indirect: float | None
    indirect_se: float | None
    difference: float | None
    difference_se: float | None
    z: float | None
    p_value: float | None
    tau2: float | None
    note: str = ""


def split_test(difference: float, variance: float) -> tuple[float, float, float, float]:
    """Difference, its standard error, z and two-sided p-value."""
    se = math.sqrt(variance)
    z = difference / se
    return difference, se, z, float(two_sided_p(z, math.nan))


def back_calculation(
    own: Sequence[tuple[float, float]], a: str, b: str, estimate: float, se: float, tau2: float
) -> EvidenceSplit:
    """Take the direct evidence out of the network estimate.

    Dias et al. 2010, Statistics in Medicine 29:932; König, Krahn and Binder 2013,
    Statistics in Medicine 32:5414. The direct estimate pools the trials that compare the
    two, with weights 1/(v + tau²) at the network's tau²; the indirect one is what, pooled
    with it by inverse variance, gives the network estimate. With trials of several arms the
    two are not quite independent, since the other arms count as indirect.

    Parameters
    ----------
    own : sequence of (float, float)
        Effect of `a` against `b` and its sampling variance in each trial that compares them.
    a, b : str
    estimate, se : float
        Network estimate of `a` against `b` and its standard error.
    tau2 : float
    """
    if not own:
        return EvidenceSplit(a, b, 0, 0.0, estimate, se, None, None, estimate, se,
                             None, None, None, None, tau2, ONLY_INDIRECT)  # fmt: skip
    y, v = np.array(own).T
    w = 1.0 / (v + tau2)
    direct, variance = float((w * y).sum() / w.sum()), float(1.0 / w.sum())
    share = se * se / variance
    if share > 1.0 - _LITTLE_INDIRECT:
        none = share > 1.0 - _NO_INDIRECT
        note = ONLY_DIRECT if none else LITTLE_INDIRECT
        return EvidenceSplit(a, b, len(own), 1.0 if none else share, estimate, se, direct,
                             math.sqrt(variance), None, None, None, None, None, None, tau2,
                             note)  # fmt: skip
    indirect_variance = se * se / (1.0 - share)
    indirect = (estimate - share * direct) / (1.0 - share)
    test = split_test(direct - indirect, variance + indirect_variance)
    return EvidenceSplit(a, b, len(own), share, estimate, se, direct, math.sqrt(variance),
                         indirect, math.sqrt(indirect_variance), *test, tau2)  # fmt: skip

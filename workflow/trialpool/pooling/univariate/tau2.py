"""The estimators of the between-trial variance tau².

Every estimator works on a tuple of blocks (`trialpool.pooling.numeric.tau2_blocks`). To add
one, write its function and enter it in `TAU2_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from trialpool.pooling.numeric.scalars import yes_and_no
from trialpool.pooling.numeric.tau2_blocks import AnyBlocks, AnySet, Blocks, Tau2Fit
from trialpool.pooling.options import Value
from trialpool.pooling.univariate import likelihood, moments

__all__ = ["LIKELIHOOD_METHODS", "TAU2_METHODS", "Blocks", "Tau2Fit", "Tau2Method", "fixed"]


@dataclass(frozen=True)
class Tau2Method:
    """An estimator.

    Attributes
    ----------
    fit : callable
        ``fit(blocks, df)`` with residual degrees of freedom of shape (n,), all at least 1,
        or a float for one set in floats.
    standard_error : callable or None
        ``standard_error(sets, fitted, tau2, df)`` with the moments at tau²; None
        where tau² is not estimated.
    name, reference : str
    """

    fit: Callable[[AnyBlocks, Value], Tau2Fit]
    standard_error: Callable[[AnySet, Value, Value, Value], Value] | None
    name: str
    reference: str


def _common_effect(blocks: AnyBlocks, df: Value) -> Tau2Fit:
    yes, no = yes_and_no(df)
    return Tau2Fit(0.0 * df, yes, no, no)


def fixed(tau2: Value) -> Tau2Method:
    """Take a tau² that is given, on the scale of the blocks, in place of an estimate."""

    def fit(blocks: AnyBlocks, df: Value) -> Tau2Fit:
        yes, no = yes_and_no(df)
        return Tau2Fit(tau2, yes, no, no)

    return Tau2Method(fit, None, "given", "")


TAU2_METHODS: Final[dict[str, Tau2Method]] = {
    "REML": Tau2Method(
        likelihood.reml, likelihood.reml_se, "restricted maximum likelihood", "Viechtbauer 2005"
    ),
    "DL": Tau2Method(
        moments.dersimonian_laird,
        moments.dersimonian_laird_se,
        "DerSimonian-Laird",
        "DerSimonian and Laird 1986",
    ),
    "DL2": Tau2Method(
        moments.two_step,
        moments.two_step_se,
        "two-step DerSimonian-Laird",
        "DerSimonian and Kacker 2007",
    ),
    "PM": Tau2Method(
        moments.paule_mandel, moments.paule_mandel_se, "Paule-Mandel", "Paule and Mandel 1982"
    ),
    "ML": Tau2Method(
        likelihood.ml, likelihood.ml_se, "maximum likelihood", "Hardy and Thompson 1996"
    ),
    "EB": Tau2Method(
        moments.paule_mandel, moments.paule_mandel_se, "empirical Bayes", "Morris 1983"
    ),
    "HE": Tau2Method(moments.hedges, moments.hedges_se, "Hedges", "Hedges and Olkin 1985"),
    "HS": Tau2Method(
        moments.hunter_schmidt,
        moments.hunter_schmidt_se,
        "Hunter-Schmidt",
        "Hunter and Schmidt 2004",
    ),
    "HSk": Tau2Method(
        moments.hunter_schmidt_corrected,
        moments.hunter_schmidt_corrected_se,
        "Hunter-Schmidt with small-sample correction",
        "Brannick et al. 2019",
    ),
    "SJ": Tau2Method(
        moments.sidik_jonkman,
        moments.sidik_jonkman_se,
        "Sidik-Jonkman",
        "Sidik and Jonkman 2005",
    ),
    "CE": Tau2Method(_common_effect, None, "common effect (tau² = 0)", "Hedges and Olkin 1985"),
}

# Estimators that maximise a likelihood, and whether it is the restricted one.
LIKELIHOOD_METHODS: Final[dict[str, bool]] = {"REML": True, "ML": False}

"""A network again with other trials, under every model: effects against the reference alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trialpool.pooling.network.graph import components
from trialpool.pooling.network.intervals import NETWORK_CI, network_interval
from trialpool.pooling.network.model import (
    NETWORK_TAU2,
    Fit,
    basic_matrix,
    build,
    estimate_tau2,
    fit,
)
from trialpool.pooling.network.studies import StudyEffects, natural
from trialpool.pooling.options import Floats


@dataclass(frozen=True, eq=False)
class NetworkRefit:
    """Effects against the reference under one model.

    Attributes
    ----------
    tau2_method : str
        "CE" for common effects.
    ci_method : {"hk-adhoc", "hk", "wald"}
    tau2 : float
    df : int
        Contrasts less treatments other than the reference.
    estimate, se, lower, upper : dict of str to float
        By treatment, analysis scale; the error that the interval uses.
    """

    tau2_method: str
    ci_method: str
    tau2: float
    df: int
    estimate: dict[str, float]
    se: dict[str, float]
    lower: dict[str, float]
    upper: dict[str, float]


def part_with(
    studies: Sequence[StudyEffects], reference: str
) -> tuple[tuple[str, ...], tuple[StudyEffects, ...]]:
    """Return treatments that trials connect with the reference, and these trials by label.

    Both empty where no trial has the reference.
    """
    own = next((p for p in components(studies) if reference in p.treatments), None)
    if own is None:
        return (), ()
    used = [s for s in studies if s.treatments[0] in own.treatments]
    return own.treatments, tuple(sorted(used, key=lambda s: natural(s.label)))


def network_refits(
    studies: Sequence[StudyEffects],
    treatments: Sequence[str],
    reference: str,
    *,
    level: float,
    estimators: Sequence[str] = NETWORK_TAU2,
    intervals: Sequence[str] = NETWORK_CI,
) -> Iterator[NetworkRefit]:
    """Yield the common-effect model with its Wald interval, then estimators by intervals.

    Parameters
    ----------
    studies : sequence of StudyEffects
        Connected, as `part_with` returns them.
    treatments : sequence of str
    reference : str
    level : float
    estimators : sequence of {"REML", "ML", "DL"}
    intervals : sequence of {"hk-adhoc", "hk", "wald"}
        Without a degree of freedom only "wald" is fitted.
    """
    others = [name for name in treatments if name != reference]
    columns = {name: i for i, name in enumerate(others)}
    model = build(
        [
            (s.contrasts, s.contrast_covariance, basic_matrix(s.treatments, columns, len(columns)))
            for s in studies
        ]
    )

    def refit(name: str, method: str, value: float, found: Fit) -> NetworkRefit:
        own = network_interval(method, found, model.df, level)
        errors: Floats = np.sqrt(own.factor * np.diag(found.covariance))
        half = own.quantile * errors
        numbers = (found.coefficients, errors, found.coefficients - half, found.coefficients + half)
        by_name = (dict(zip(others, x.tolist(), strict=True)) for x in numbers)
        return NetworkRefit(name, method, value, model.df, *by_name)

    if "wald" in intervals:
        yield refit("CE", "wald", 0.0, fit(model, 0.0))
    for name in estimators:
        value = estimate_tau2(model, name).value
        found = fit(model, value)
        for method in intervals:
            if method == "wald" or model.df:
                yield refit(name, method, value, found)

"""Effects and variances from counts, person-time, means, correlations: arrays in, arrays out.

Formulas are those that `trialpool.measures` names with their sources.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from trialpool.effects.measures import change, correlations, means, pairs, rates, two_by_two
from trialpool.effects.measures.options import (
    DEFAULTS,
    TO,
    Compute,
    Effects,
    Floats,
    MeasureOptions,
)
from trialpool.measures import get_measure

__all__ = ["DEFAULTS", "TO", "MeasureOptions", "compute_effects"]

_COMPUTE: Final[dict[str, Compute]] = {
    **pairs.COMPUTE,
    **two_by_two.COMPUTE,
    **rates.COMPUTE,
    **means.COMPUTE,
    **change.COMPUTE,
    **correlations.COMPUTE,
}


def compute_effects(
    code: str, columns: dict[str, Floats], options: MeasureOptions = DEFAULTS
) -> Effects:
    """Compute the effects of trials.

    Parameters
    ----------
    code : str
        Measure.
    columns : dict of str to ndarray of shape (k,)
        Numbers of the trials by the names that the forms use.
    options : MeasureOptions

    Returns
    -------
    yi, vi : ndarray of shape (k,)
        On the analysis scale of the measure; NaN or infinite where the numbers give none.

    Raises
    ------
    ValueError
        If the measure is not computed from numbers, or has no such `vtype`.
    """
    measure = get_measure(code)
    if code not in _COMPUTE:
        raise ValueError(f"measure={code!r} is not computed; allowed: {', '.join(_COMPUTE)}")
    variants = measure.variants
    if options.vtype is not None and options.vtype not in variants:
        allowed = ", ".join(variants) or "none, there is one variance"
        raise ValueError(f"vtype={options.vtype!r} is not possible with {code}; allowed: {allowed}")
    chosen = replace(options, vtype=options.vtype or (variants[0] if variants else None))
    # The pairs' own table, where pairs are entered.
    formula = pairs.COMPUTE[code] if "both" in columns else _COMPUTE[code]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        yi, vi = formula(columns, chosen)
    return np.asarray(yi, dtype=np.float64), np.asarray(vi, dtype=np.float64)

"""Comparison-adjusted effects: whether small trials of a network favour the newer treatment.

Every effect less the direct estimate of its comparison, so that trials of different comparisons
have one middle; all turned the same way by an order of treatments that is given a reason, for
example by when they came (Chaimani and Salanti 2012, Research Synthesis Methods 3:161; Chaimani
et al. 2013, PLoS One 8:e76654).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.network.graph import Pair
from trialpool.pooling.network.studies import StudyEffects
from trialpool.pooling.numeric.tails import two_sided_p
from trialpool.pooling.options import Floats

_FEWEST: Final = 3


@dataclass(frozen=True, eq=False)
class AdjustedEffects:
    """Effects of trials less the direct estimate of their comparison.

    Attributes
    ----------
    labels : tuple of str, length k
    pairs : tuple of (str, str), length k
        The effect is of the first treatment, later in the order, against the second.
    effects, errors : ndarray of shape (k,)
        Analysis scale.
    left_out : int
        Contrasts of treatments that the order does not tell apart.
    bias, bias_se, p_value : float or None
        Egger's regression of all of them: the slope against the standard error, with t of k - 2
        degrees of freedom; None from fewer than three, or where all errors are equal.
    """

    labels: tuple[str, ...]
    pairs: tuple[Pair, ...]
    effects: Floats
    errors: Floats
    left_out: int
    bias: float | None
    bias_se: float | None
    p_value: float | None


def comparison_adjusted(
    studies: Sequence[StudyEffects], order: Sequence[str], tau2: float = 0.0
) -> AdjustedEffects:
    """Adjust the effects of all trials for their comparison.

    Parameters
    ----------
    studies : sequence of StudyEffects
    order : sequence of str
        Treatments, those first in favour of which no bias is expected. Where some are missing,
        they come after all others, and contrasts between two of them are left out.
    tau2 : float
        Between-trial variance of the weights of direct estimates.

    Raises
    ------
    ValueError
        If the order names a treatment twice or one that no trial has, or leaves no contrast.
    """
    known = {name for study in studies for name in study.treatments}
    strange = [name for name in order if name not in known]
    if strange or len(set(order)) < len(order):
        raise ValueError(
            f"order={', '.join(order)}: allowed are the treatments of the network, each once: "
            f"{', '.join(sorted(known))}"
        )
    rank = {name: i for i, name in enumerate(order)}
    rows: dict[Pair, list[tuple[str, float, float]]] = {}
    left_out = 0
    for study in studies:
        for i, a in enumerate(study.treatments):
            for b in study.treatments[i + 1 :]:
                first, second = rank.get(a, len(order)), rank.get(b, len(order))
                if first == second:
                    left_out += 1
                    continue
                new, old = (a, b) if first > second else (b, a)
                rows.setdefault((new, old), []).append((study.label, *study.contrast(new, old)))
    if not rows:
        raise ValueError(f"order={', '.join(order)}: no contrast is left; allowed: more treatments")
    labels, pairs, effects, errors = [], [], [], []
    for pair, own in sorted(rows.items()):
        y, v = np.array([row[1] for row in own]), np.array([row[2] for row in own])
        w = 1.0 / (v + tau2)
        middle = float((w * y).sum() / w.sum())
        labels += [row[0] for row in own]
        pairs += [pair] * len(own)
        effects += (y - middle).tolist()
        errors += np.sqrt(v).tolist()
    found, error = np.array(effects), np.array(errors)
    return AdjustedEffects(
        tuple(labels), tuple(pairs), found, error, left_out, *_egger(found, error)
    )


def _egger(effects: Floats, errors: Floats) -> tuple[float | None, float | None, float | None]:
    """Regress effects on their errors, weights 1/error², residual variance estimated.

    Egger et al. 1997, BMJ 315:629.
    """
    k = effects.size
    if k < _FEWEST or float(np.ptp(errors)) <= 1e-12 * float(errors.max()):
        return None, None, None
    x = np.stack([1.0 / errors, np.ones(k)], axis=1)
    y = effects / errors
    inverse = np.linalg.inv(x.T @ x)
    coefficients = inverse @ (x.T @ y)
    rest = y - x @ coefficients
    spread = float(rest @ rest) / (k - 2)
    se = math.sqrt(spread * float(inverse[1, 1]))
    bias = float(coefficients[1])
    return bias, se, float(two_sided_p(bias / se, float(k - 2))) if se > 0.0 else None

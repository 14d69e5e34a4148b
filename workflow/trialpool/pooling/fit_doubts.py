"""What is doubtful of a fit: one trial that is all of it, weights below 0, stops at a bound."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from trialpool.pooling.doubt import Doubt
from trialpool.pooling.options import Floats

# Of the weight of a pool: beyond it the pool is that trial.
WHOLE: Final = 0.9
# Squared inflation of a coefficient's variance by the other moderators; a column alone has 1.
_INFLATION: Final = 10.0
# Arms of a trial, and an odds ratio, beyond which Peto's one step goes astray (Greenland and
# Salvan 1990, Stat Med 9:247).
_ALLOCATION: Final = 4.0
_ONE_STEP: Final = math.log(3.0)


def of_weights(weights: Sequence[float]) -> Iterator[Doubt]:
    """Yield a trial that has nearly all weight, and trials whose weight is below 0."""
    if len(weights) > 1:
        heaviest = max(range(len(weights)), key=weights.__getitem__)
        if weights[heaviest] > WHOLE:
            yield Doubt(
                "one-trial-is-the-pool",
                f"has {100 * weights[heaviest]:.0f}% of the weight: the pool is this trial",
                "Check its error or its numbers of patients; if they are right, show the trial.",
                (heaviest,),
            )
    if below := tuple(i for i, weight in enumerate(weights) if weight < 0.0):
        yield Doubt(
            "weight-below-0",
            "the weight is below 0: a higher effect of the trial lowers the pool",
            "It comes from a large covariance with a more precise effect; check the covariances.",
            below,
        )


def of_tau2(tau2: float, q: float | None, df: int, method: str) -> Iterator[Doubt]:
    """Yield a between-trial variance of 0 although effects differ more than errors explain."""
    if method == "CE" or tau2 > 0.0 or q is None or df < 1 or not q > df:
        return
    other = "DL" if method != "DL" else "PM"
    yield Doubt(
        "tau2-at-bound",
        f"τ² by {method} stopped at its bound 0 although Q = {q:.2f} exceeds its {df} degrees "
        "of freedom: the effects may differ more than the interval shows",
        f"Compare with --tau2 {other}, or a prior of τ (--bayes).",
    )


def of_moderators(names: Sequence[str], covariance: Floats, first: int) -> Iterator[Doubt]:
    """Yield moderators that nearly say the same.

    The generalised variance inflation of Fox and Monette (1992, J Am Stat Assoc 87:178), from the
    covariance of the coefficients; dummies of one column, named "column: level", go together.
    """
    slopes = covariance[first:, first:]
    errors = np.sqrt(np.diag(slopes))
    if slopes.shape[0] < 2 or not (errors > 0.0).all():
        return
    correlations = slopes / np.outer(errors, errors)
    columns: dict[str, list[int]] = defaultdict(list)
    for i, name in enumerate(names[first:]):
        columns[name.partition(": ")[0]].append(i)
    whole = float(np.linalg.det(correlations))
    found = []
    for name, own in columns.items():
        rest = [i for i in range(len(errors)) if i not in own]
        parts = [float(np.linalg.det(correlations[np.ix_(x, x)])) for x in (own, rest)]
        inflation = parts[0] * parts[1] / whole if rest and whole > 0.0 else 1.0
        if whole <= 0.0 or inflation ** (1.0 / len(own)) > _INFLATION:
            found.append(name)
    if len(found) > 1:
        yield Doubt(
            "moderators-nearly-alike",
            f"{' and '.join(found)} nearly determine each other: their coefficients can hardly "
            "be told apart",
            "Keep one of them, or pool by groups.",
        )


def of_peto(log_or: float, unbalanced: Sequence[int]) -> Iterator[Doubt]:
    """Yield what makes Peto's one step wrong: unequal arms, and large effects."""
    remedy = "Use --method mh, or glmm where events are few."
    if unbalanced:
        yield Doubt(
            "peto-unequal-arms",
            "arms beyond 1:4, where Peto's one step is biased",
            remedy,
            tuple(unbalanced),
        )
    if abs(log_or) > _ONE_STEP:
        yield Doubt(
            "peto-large-effect",
            "the odds ratio by Peto's one step is beyond a factor of 3, where the step is biased",
            remedy,
        )


def unequal_arms(n1: Floats, n2: Floats) -> tuple[int, ...]:
    """Positions of the trials with an allocation beyond 1:4."""
    beyond = np.abs(np.log(n1 / n2)) > math.log(_ALLOCATION)
    return tuple(np.flatnonzero(beyond).tolist())


def of_selection(weights: Sequence[float] | None, multimodal: bool) -> Iterator[Doubt]:
    """Yield a selection model whose chances ran to an end of their range."""
    ended = [w for w in weights or () if not 5e-3 <= w <= 200.0]
    if ended:
        yield Doubt(
            "selection-at-bound",
            "the selection model puts the chance of being seen at an end of its range",
            "Do not use its estimate; too few trials lie in one of the intervals of p.",
        )
    if multimodal:
        yield Doubt(
            "several-maxima",
            "the likelihood of the selection model has another maximum about as high",
            "Do not use its estimate alone.",
        )

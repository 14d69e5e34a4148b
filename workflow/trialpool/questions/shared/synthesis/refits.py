"""Independent trials pooled again without each in turn, and as they came, all sets at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from trialpool.pooling import BayesianPool, PooledEffect
from trialpool.pooling import without_each as pools_without_each
from trialpool.pooling.bayes.subsets import (
    BayesianSubsets,
    bayesian_of_first,
    bayesian_without_each,
)
from trialpool.questions.shared.synthesis.answers import BAYES
from trialpool.questions.shared.synthesis.members import MAIN_CI, Member, effects_of
from trialpool.questions.shared.synthesis.primary_model import (
    pool_as_primary,
    prior_of,
    usual_model,
)
from trialpool.records.settings import Pooling

Members = Sequence[Member]


class Again(NamedTuple):
    """What a pool of some of the trials says; on the analysis scale.

    Attributes
    ----------
    k : int
    estimate, se, ci_lower, ci_upper, tau2, df : float or None
        As of `PooledEffect`.
    below_at : tuple of float
        Of the Bayesian model, as of `BayesianPool`.
    """

    k: int
    estimate: float
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    tau2: float | None
    df: float | None = None
    below_at: tuple[float, ...] = ()


Pool = Again | BayesianPool | PooledEffect


def without_each(
    members: Members,
    measure: str,
    pooling: Pooling,
    at: Sequence[float] = (),
    *,
    limits: bool = True,
) -> Iterator[Pool]:
    """Pool without each trial in turn, under the model that would be primary for the others.

    Parameters
    ----------
    members : sequence of Member
        Three or more, each of a trial of its own.
    measure : str
    pooling : Pooling
    at : sequence of float
        As of `choose_primary`.
    limits : bool
        Whether the Bayesian model needs more than probabilities at `at`.
    """

    def plainly(i: int) -> Pool:
        return pool_as_primary([*members[:i], *members[i + 1 :]], measure, pooling, at)

    yi, vi = effects_of(members)
    prior = prior_of(pooling)
    if usual_model(pooling) == BAYES and prior is not None:
        sets = bayesian_without_each(yi, vi, prior=prior, level=pooling.level, at=at, limits=limits)
        yield from _of_sets(sets, [len(members) - 1] * len(members), plainly)
        return
    found = pools_without_each(
        yi, vi, tau2=pooling.tau2, ci=MAIN_CI, level=pooling.level, measure=measure
    )
    names = ("se", "ci_lower", "ci_upper", "tau2", "df")
    others = zip(*(found[name].tolist() for name in names), strict=True)
    for estimate, values in zip(found["estimate"].tolist(), others, strict=True):
        se, lower, upper, tau2, df = (None if math.isnan(x) else x for x in values)
        yield Again(len(members) - 1, estimate, se, lower, upper, tau2, df)


def of_first(members: Members, measure: str, pooling: Pooling) -> Iterator[Pool]:
    """Pool the first trial, the first two, and so on, under the model that would be primary."""

    def plainly(i: int) -> Pool:
        return pool_as_primary(members[: i + 1], measure, pooling)

    prior = prior_of(pooling)
    if usual_model(pooling) != BAYES or prior is None:
        yield from (plainly(i) for i in range(len(members)))
        return
    sets = bayesian_of_first(*effects_of(members), prior=prior, level=pooling.level)
    # One trial speaks for itself.
    sets.known[0] = False
    yield from _of_sets(sets, list(range(1, len(members) + 1)), plainly)


def _of_sets(
    sets: BayesianSubsets, k: Sequence[int], plainly: Callable[[int], Pool]
) -> Iterator[Pool]:
    columns = (sets.estimate, sets.ci_lower, sets.ci_upper, sets.tau2, sets.below_at)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for i, (estimate, lower, upper, tau2, below_at) in enumerate(rows):
        if sets.known[i]:
            yield Again(k[i], estimate, None, lower, upper, tau2, below_at=tuple(below_at))
        else:
            yield plainly(i)

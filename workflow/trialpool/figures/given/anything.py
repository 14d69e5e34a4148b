"""The record of whatever `trialpool.forest` was given."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from trialpool.figures.given.parts import ALL, Part, bayesian_parts, cluster_parts
from trialpool.figures.given.records import Pooled, Told, record_of, record_of_pool
from trialpool.records.files import as_result
from trialpool.records.groups import Favours
from trialpool.records.results import Result

if TYPE_CHECKING:
    from trialpool.effects.typed import EffectSizes
    from trialpool.pooling import BayesianPool, PooledEffect
    from trialpool.pooling.counts import PooledCounts
    from trialpool.pooling.dependent.results import DependentEffects
    from trialpool.pooling.network import NetworkResult

    Drawable = (
        Result | Mapping[str, Any] | PooledEffect | PooledCounts | BayesianPool
        | DependentEffects | NetworkResult | EffectSizes
    )  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What goes with some of the results that can be drawn.

    Attributes
    ----------
    cluster : str, sequence of hashable or None
        Of `DependentEffects`: cluster of each effect, or their column.
    reference : str or None
        Of a network.
    """

    cluster: str | Sequence[Hashable] | None = None
    reference: str | None = None


def record_of_anything(
    result: Drawable, effects: EffectSizes | None, told: Told, asked: Asked
) -> Result:
    """Return the record that is drawn.

    Raises
    ------
    TypeError
        If `result` is nothing that can be drawn, or needs effects that were not given.
    ValueError
        If the two are not of the same trials.
    """
    if isinstance(result, (Result, Mapping)):
        record = as_result(result)
        if told.favours is None:
            return record
        sides = Favours(lower=told.favours[0], higher=told.favours[1])
        return msgspec.structs.replace(record, favours=sides)
    # A record is drawn without the pooling core.
    from trialpool.effects.typed import EffectSizes
    from trialpool.effects.typed_pools import pool
    from trialpool.figures.given.counted import counted_effects
    from trialpool.pooling import BayesianPool, PooledEffect
    from trialpool.pooling.counts import PooledCounts
    from trialpool.pooling.dependent.results import DependentEffects
    from trialpool.pooling.network import NetworkResult

    if isinstance(result, NetworkResult):
        from trialpool.figures.given.networks import record_of_network

        return record_of_network(result, told, asked.reference)
    if isinstance(result, EffectSizes):
        effects, result = result, pool(result)
    models = (PooledEffect, PooledCounts, BayesianPool, DependentEffects)
    if not isinstance(result, models):
        raise TypeError(
            f"result is {type(result).__name__}; allowed: a result record, a NetworkResult, "
            f"EffectSizes, or with effects {', '.join(model.__name__ for model in models)}"
        )
    if effects is None:
        raise TypeError(
            f"effects: a {type(result).__name__} does not know its trials; give the EffectSizes"
        )
    if isinstance(result, PooledCounts):
        plain = result.to_dict()
        effects = counted_effects(plain, effects, result.rows)
        return record_of_pool(plain, effects, told)
    if isinstance(result, BayesianPool):
        return record_of(_bayesian(result, effects), effects, told)
    if isinstance(result, DependentEffects):
        parts, overall = cluster_parts(effects, _clusters(effects, asked.cluster), result)
        return record_of(Pooled(parts, overall, overall.pool), effects, told)
    return record_of_pool(result.to_dict(), effects, told)


def _bayesian(result: BayesianPool, effects: EffectSizes) -> Pooled:
    if result.k != len(effects):
        raise ValueError(
            f"the pool has {result.k} trials, the effects {len(effects)}; both must come from "
            "the same trials"
        )
    whole = Part(ALL, result.to_dict(), list(range(result.k)))
    parts, shrunken = bayesian_parts([whole], lambda members: result)
    return Pooled(parts, None, result.to_dict(), shrunken)


def _clusters(effects: EffectSizes, cluster: str | Sequence[Hashable] | None) -> Sequence[Hashable]:
    if cluster is None:
        raise TypeError("cluster: a fit of clusters does not know them; give one per effect")
    if not isinstance(cluster, str):
        return cluster
    if effects.data is None or cluster not in effects.data:
        raise ValueError(f"cluster={cluster!r} is no column of the effects' data")
    return list(effects.data[cluster])

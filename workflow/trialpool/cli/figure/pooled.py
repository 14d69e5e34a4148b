"""A table pooled for `trialpool forest` by any model of `pool` and `network`, as a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trialpool.cli.pool import counts, network
from trialpool.cli.pool.bayes import bayes_pool
from trialpool.cli.pool.effects import build, effects_of
from trialpool.cli.pool.json_output import of_counts, of_effects
from trialpool.cli.pool.request import Request
from trialpool.cli.pool.warned import warned
from trialpool.effects.inputs import Table
from trialpool.effects.typed import EffectSizes
from trialpool.figures.given.counted import counted_effects, positions
from trialpool.figures.given.networks import record_of_network
from trialpool.figures.given.parts import bayesian_parts, cluster_parts
from trialpool.figures.given.records import Pooled, Told, pooled_of, record_of
from trialpool.records.results import ComparativeResult

if TYPE_CHECKING:
    from trialpool.pooling import BayesianPool


@dataclass(frozen=True)
class NetworkAsked:
    """Whether the table is a network, and what its treatments are compared with."""

    wanted: bool = False
    reference: str | None = None


def check(request: Request, asked: NetworkAsked) -> None:
    """Refuse models that exclude each other.

    Raises
    ------
    typer.BadParameter
    """
    models = {
        "--method": request.method != "iv",
        "--bayes": request.bayes.wanted,
        "--cluster": request.moderated.cluster is not None,
        "--network": asked.wanted,
    }
    given = [name for name, there in models.items() if there]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(given)}: one model at a time")
    if request.by is not None and given in (["--cluster"], ["--network"]):
        raise typer.BadParameter(f"does not go with {given[0]}", param_hint="'--by'")
    if asked.reference is not None and not asked.wanted:
        raise typer.BadParameter("needs --network", param_hint="'--reference'")


def record_of_table(
    table: Table, request: Request, told: Told
) -> tuple[ComparativeResult, EffectSizes, list[str]]:
    """Pool a table by the model that was asked for; also return its effects and warnings."""
    effects = effects_of(table, request)
    if request.method != "iv":
        counted = counts.build(table, effects, request)
        found = of_counts(counted)
        assert effects.entered is not None
        used = counted_effects(found, effects, positions(found, effects.entered))
        return record_of(pooled_of(found, used), used, told), effects, warned(counted)
    fitted = build(table, effects, request)
    pooled = pooled_of(of_effects(fitted), effects)
    if request.bayes.wanted:
        pooled = _bayesian(pooled, table, effects, request)
    elif fitted.moderated is not None and request.moderated.cluster is not None:
        fit = fitted.moderated.robust or fitted.moderated.multilevel
        assert fit is not None
        clusters = [table.rows[row][request.moderated.cluster] for row in effects.rows]
        parts, overall = cluster_parts(effects, clusters, fit)
        pooled = Pooled(parts, overall, {**pooled.plain, **overall.pool, "subgroup_test": None})
    # The Bayesian model is drawn in place of the fit that the others speak of.
    warnings = warned(fitted, fits=not request.bayes.wanted)
    return record_of(pooled, effects, told), effects, warnings


def _bayesian(pooled: Pooled, table: Table, effects: EffectSizes, request: Request) -> Pooled:
    def fit(members: Sequence[int]) -> BayesianPool:
        own = effects.take(list(members), "of another group")
        return bayes_pool(table.file, own, request.bayes, request.level)

    parts, shrunken = bayesian_parts(pooled.parts, fit)
    overall = None
    if pooled.overall is not None:
        (overall,), _ = bayesian_parts([pooled.overall], fit)
    return Pooled(parts, overall, {**pooled.plain, "subgroup_test": None}, shrunken)


def record_of_network_table(
    file: Path, request: Request, asked: NetworkAsked, told: Told
) -> tuple[ComparativeResult, list[str]]:
    """Compare each treatment of a network with the reference; also say what is warned of."""
    wanted = network.Request(
        measure=request.measure,
        reference=asked.reference,
        tau2=request.tau2,
        level=request.level,
        ci=request.ci,
        reading=request.reading,
    )
    result = network.analyse(file, wanted, node_splitting=False)
    return record_of_network(result, told), [f"Warning: {said}." for said in result.warnings]

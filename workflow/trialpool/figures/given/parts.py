"""Pools of a user's table with the trials in each: what a record is built from, by any model."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from trialpool.records.pools import BayesPool

if TYPE_CHECKING:
    from trialpool.effects.typed import EffectSizes
    from trialpool.pooling import BayesianPool
    from trialpool.pooling.dependent.results import DependentEffects

# What `trialpool pool --json` prints, of all trials or of one group.
PooledJson = Mapping[str, Any]
ALL: Final = "All trials"


class Part(NamedTuple):
    """A pool, positions of its trials, its model, and the Bayesian pool where that is the model.

    `note` stands under its diamond in place of its heterogeneity.
    """

    label: str
    pool: PooledJson
    members: list[int]
    model: str = ""
    bayes: BayesPool | None = None
    note: str = ""


def parts_of(pooled: PooledJson, labels: Sequence[str], model: str = "") -> list[Part]:
    """Return each group of a pool with its trials; one group of all where none was asked for."""
    if not pooled.get("groups"):
        return [Part(ALL, pooled, list(range(len(labels))), _primary(pooled, model))]
    parts = []
    left = list(range(len(labels)))
    for group in pooled["groups"]:
        members = []
        for label in group["labels"]:
            # A label may stand for several trials: each is taken once, in order.
            index = next(i for i in left if labels[i] == label)
            left.remove(index)
            members.append(index)
        parts.append(Part(str(group["label"]), group, members, _primary(group, model)))
    return parts


def _primary(pool: PooledJson, model: str = "") -> str:
    return "single-trial" if pool["k"] == 1 else model or str(pool["ci_method"])


def bayesian_parts(
    parts: Sequence[Part], fit: Callable[[list[int]], BayesianPool]
) -> tuple[list[Part], dict[int, Any]]:
    """Pool each part by the Bayesian model.

    Parameters
    ----------
    parts : sequence of Part
    fit : callable
        Told positions of trials, pools them.

    Returns
    -------
    parts : list of Part
    shrunken : dict of int to Posterior
        True effect of each trial by position; of parts of several trials.
    """
    found: list[Part] = []
    shrunken: dict[int, Any] = {}
    for part in parts:
        fitted = fit(part.members)
        pool = BayesPool.of(fitted)
        found.append(Part(part.label, fitted.to_dict(), part.members, _primary(part.pool, "bayes"),
                          pool if len(part.members) > 1 else None))  # fmt: skip
        if len(part.members) > 1:
            shrunken.update(zip(part.members, fitted.shrunken, strict=True))
    return found, shrunken


def cluster_parts(
    effects: EffectSizes, clusters: Sequence[Hashable], fit: DependentEffects
) -> tuple[list[Part], Part]:
    """Return the clusters, which have no diamond, and the model of all effects.

    Parameters
    ----------
    effects : EffectSizes
    clusters : sequence of hashable
        Of each effect.
    fit : DependentEffects
        Without moderators.

    Raises
    ------
    ValueError
        If the fit has moderators, or is of other effects.
    """
    from trialpool.pooling import random_effects

    if fit.p != 1 or fit.k != len(effects) or len(clusters) != fit.k:
        raise ValueError(
            f"a fit of {fit.k} effects with {fit.p} coefficients; allowed: one without "
            f"moderators of the {len(effects)} effects that are drawn"
        )
    members: dict[Hashable, list[int]] = {}
    for index, name in enumerate(clusters):
        members.setdefault(name, []).append(index)
    parts = []
    for name, own in members.items():
        inside = random_effects(effects.yi[own], effects.vi[own], tau2="CE", ci="wald",
                                level=fit.level, measure=fit.measure)  # fmt: skip
        plain = {**inside.to_dict(), "weights": None}
        parts.append(Part(str(name), plain, own, "not-pooled" if len(own) > 1 else "single-trial"))
    return parts, Part("All effects", _pool_of(fit), list(range(fit.k)),
                       fit.robust or "multilevel", None, _components(fit))  # fmt: skip


def _pool_of(fit: DependentEffects) -> PooledJson:
    """Give the mean of a fit the keys of a pool."""
    (mean,) = fit.coefficients
    return {
        "k": fit.k, "measure": fit.measure, "scale": fit.scale, "level": fit.level,
        "estimate": mean.estimate, "se": mean.se, "df": mean.df, "p_value": mean.p_value,
        "ci_lower": mean.ci_lower, "ci_upper": mean.ci_upper,
        "tau2": sum(component.variance for component in fit.components), "i2": fit.i2,
        "q": fit.q, "q_df": fit.q_df, "q_p_value": fit.q_p_value,
        "tau2_method": fit.method, "ci_method": fit.ci_method, "pi_method": "",
        "diagnostics": {"converged": fit.converged, "multimodal": fit.multimodal,
                        "at_boundary": any(c.at_boundary for c in fit.components), "notes": ()},
    }  # fmt: skip


def _components(fit: DependentEffects) -> str:
    """Say how much varies over clusters and over the effects within them."""
    from trialpool import formatting as fmt

    names = {"cluster": "between clusters", "effect": "within clusters"}
    told = [
        f"{fmt.tau_squared(component.variance)} {names.get(component.name, component.name)}"
        for component in fit.components
    ]
    test = f"Q = {fmt.number(fit.q)} (df = {fmt.whole(fit.q_df)}, {fmt.p_statement(fit.q_p_value)})"
    return f"Heterogeneity: τ² = {', '.join(told)}; {test}".replace("= <", "< ")

"""Which pools of a group a forest plot draws, in which order and how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from trialpool.records.groups import Group
from trialpool.records.pools import BayesPool, Pool
from trialpool.records.settings import ComparativeSettings

# How a pool is drawn: "primary" is the estimate that speaks for its group; where none does, as in
# proportions of few arms, models stand side by side.
Standing = Literal["", "primary", "common-effect", "random-effects"]

_INTERVALS: Final = {"hk-adhoc": "HK with floor", "kr": "Kenward–Roger", "wald": "Wald"}


class ShownPool(NamedTuple):
    """A pool of a group, the name of its model, and how it is drawn."""

    model: str
    standing: Standing
    pool: Pool


def model_name(key: str, settings: ComparativeSettings) -> str:
    """Name a model as the row of its diamond does."""
    if key == "common-effect" or settings.tau2_method == "CE":
        return "Common effect"
    if key == "bayes":
        return "Random effects (Bayesian)"
    return f"Random effects ({settings.tau2_method}, {_INTERVALS.get(key, 'HK')})"


def pools_shown(group: Group) -> list[ShownPool]:
    """Return the one pool of a group that is drawn, that of its primary model; none of one trial.

    Other models stand in tables alone.
    """
    primary = group.primary_model
    if primary == "single-trial":
        return []
    model = group.ci_method if primary is None else primary
    return [ShownPool(model, "primary", group.models.named().get(model, group))]


def main_pool(group: Group) -> ShownPool | None:
    """Return the pool that is drawn; None for one trial."""
    return next(iter(pools_shown(group)), None)


def prior_words(groups: Sequence[Group]) -> list[str]:
    """Say which priors of τ the drawn pools have."""
    found = (entry.pool for group in groups for entry in pools_shown(group))
    return list(dict.fromkeys(pool.prior_words for pool in found if isinstance(pool, BayesPool)))

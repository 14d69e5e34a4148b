"""Which pools of a group a forest plot draws, in which order and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


# Model and design of a network that compares treatments with one.
NETWORK: Final = "network"
# Models of tables that no question of a review has, and how RevMan names them over its plots.
_OF_TABLES: Final[Mapping[str, tuple[str, str]]] = {
    "mh": ("Common effect (Mantel-Haenszel)", "M-H, Common"),
    "peto": ("Common effect (Peto)", "Peto, Common"),
    "glmm": ("Random effects (mixed model)", "Mixed model, Random"),
    "multilevel": ("Multilevel model", "Multilevel"),
    "CR1": ("Multilevel model, robust (CR1)", "Multilevel, robust"),
    "CR2": ("Multilevel model, robust (CR2)", "Multilevel, robust"),
    NETWORK: ("Network", "Network, Random"),
}
# Models whose groups say in `primary_note` how their evidence agrees.
SAYS_ITSELF: Final = (NETWORK, "multilevel", "CR1", "CR2")
# Primary models of groups that have no diamond.
NO_DIAMOND: Final = ("single-trial", "not-pooled")


def model_name(key: str, settings: ComparativeSettings) -> str:
    """Name a model as the row of its diamond does."""
    if key in _OF_TABLES:
        return _OF_TABLES[key][0]
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
    if primary in NO_DIAMOND:
        return []
    model = primary or group.ci_method
    return [ShownPool(model, "primary", group.models.named().get(model, group))]


def method_of(key: str, settings: ComparativeSettings) -> str:
    """Name method and model as a line over the plot does."""
    if key in _OF_TABLES:
        return _OF_TABLES[key][1]
    if key == "bayes":
        return "IV, Random (Bayesian)"
    return "IV, Common" if settings.tau2_method == "CE" else "IV, Random"


def main_pool(group: Group) -> ShownPool | None:
    """Return the pool that is drawn; None for one trial."""
    return next(iter(pools_shown(group)), None)


def prior_words(groups: Sequence[Group]) -> list[str]:
    """Say which priors of τ the drawn pools have."""
    found = (entry.pool for group in groups for entry in pools_shown(group))
    return list(dict.fromkeys(pool.prior_words for pool in found if isinstance(pool, BayesPool)))

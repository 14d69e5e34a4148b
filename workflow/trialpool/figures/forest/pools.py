"""Which pools of a group a forest plot draws, in which order and how."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from trialpool import formatting as fmt
from trialpool.records.groups import Group
from trialpool.records.pools import Pool
from trialpool.records.settings import ComparativeSettings

# How a pool is drawn: "primary" is the estimate that speaks for its group, the other two
# stand beside it where trials are few, or alone where no model is called primary.
Standing = Literal["", "primary", "common-effect", "random-effects"]

_PAIR: Final[tuple[tuple[str, Standing], ...]] = (
    ("common-effect", "common-effect"),
    ("hk-adhoc", "random-effects"),
)
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
        scale = fmt.plain(settings.tau_prior_scale)
        return f"Bayesian ({settings.tau_prior} {scale}), primary"
    return f"Random effects ({settings.tau2_method}, {_INTERVALS.get(key, 'HK')})"


def pools_shown(group: Group) -> list[ShownPool]:
    """Pools of a group in display order."""
    primary = group.primary_model
    models = group.models.named()
    if primary == "single-trial":
        return []
    pairs = [ShownPool(key, standing, models[key]) for key, standing in _PAIR if key in models]
    if primary is not None:
        first = [ShownPool(primary, "primary", models.get(primary, group))]
        return first + (pairs if primary == "bayes" else [])
    return pairs or [ShownPool(group.ci_method, "primary", group)]


def main_pool(group: Group) -> ShownPool | None:
    """Return the primary of the pools that are shown, else random effects; None for one trial."""
    shown = pools_shown(group)
    primary = [entry for entry in shown if entry.standing == "primary"]
    found = primary or shown[-1:]
    return found[0] if found else None

"""Which pools of a group a forest plot draws, in which order and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from trialpool import formatting as fmt

Record = Mapping[str, Any]
# How a pool is drawn: "primary" is the estimate that speaks for its group, the other two
# stand beside it where trials are few, or alone where no model is called primary.
Standing = Literal["", "primary", "common-effect", "random-effects"]

_PAIR: Final[tuple[tuple[str, Standing], ...]] = (
    ("common-effect", "common-effect"),
    ("hk-adhoc", "random-effects"),
)
_INTERVALS: Final = {"hk-adhoc": "HK with floor", "kr": "Kenward–Roger", "wald": "Wald"}


def model_name(key: str, settings: Record) -> str:
    """Name a model as the row of its diamond does."""
    if key == "common-effect" or settings.get("tau2_method") == "CE":
        return "Common effect"
    if key == "bayes":
        prior, scale = settings["tau_prior"], settings["tau_prior_scale"]
        return f"Bayesian ({prior} {fmt.plain(scale)}), primary"
    tau2 = settings["tau2_method"]
    return f"Random effects ({tau2}, {_INTERVALS.get(key, 'HK')})"


def pools_shown(group: Record) -> list[tuple[str, Standing, Record]]:
    """Pools of a group in display order: model key, standing, pool."""
    primary = group.get("primary_model")
    models: Record = group.get("models") or {}
    if primary == "single-trial":
        return []
    pairs: list[tuple[str, Standing, Record]] = [
        (key, standing, models[key]) for key, standing in _PAIR if key in models
    ]
    if primary is not None:
        first: list[tuple[str, Standing, Record]] = [
            (primary, "primary", models.get(primary, group))
        ]
        return first + (pairs if primary == "bayes" else [])
    return pairs or [(group.get("ci_method", ""), "primary", group)]


def main_pool(group: Record) -> tuple[str, Standing, Record] | None:
    """Return the primary of the pools that are shown, else random effects; None for one trial."""
    shown = pools_shown(group)
    primary = [entry for entry in shown if entry[1] == "primary"]
    found = primary or shown[-1:]
    return found[0] if found else None

"""Which model speaks for a group, by its number of trials, and the Bayesian one for few.

One trial: itself. Two and more, but fewer than `primary_from_k`: the Bayesian
model, where the settings hold a prior of tau for the measure; else none.
From `primary_from_k` on: random effects with the Hartung-Knapp interval with floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialpool.measures import Measure
from trialpool.pooling import BayesianPool, bayesian_random_effects

Json = dict[str, Any]

BAYES = "bayes"
_BESIDE = (
    "The common effect and random effects with the Hartung-Knapp interval, with and without its "
    "floor, stand beside it."
)
_TOO_FEW = "{k} trials: too few to estimate how much they differ."


@dataclass(frozen=True)
class Primary:
    """The model that speaks for a group.

    Attributes
    ----------
    model : str or None
        "single-trial", "bayes", "hk-adhoc", or None where none is primary.
    note : str
        Why, for a reader.
    bayes : BayesianPool or None
        The fit, where the model is "bayes".
    """

    model: str | None
    note: str
    bayes: BayesianPool | None = None


def choose_primary(
    members: Sequence[Mapping[str, Any]], measure: Measure, pooling: Mapping[str, Any]
) -> Primary:
    """Apply the rule to the trial records of one group.

    Parameters
    ----------
    members : sequence of mapping
        With `trial_id`, `estimate` and `se` on the analysis scale.
    measure : Measure
    pooling : mapping
        `level`, `primary_from_k`, and `tau_prior`: None or `{prior, scale, sensitivity}`.
    """
    k = len({trial["trial_id"] for trial in members})
    if k == 1:
        return Primary(
            "single-trial", "One trial: its own estimate and Wald interval, nothing is pooled."
        )
    if k >= pooling["primary_from_k"]:
        return Primary(
            "hk-adhoc",
            "Random effects with the Hartung-Knapp interval, never narrower than the Wald one.",
        )
    few = _TOO_FEW.format(k=k)
    prior = pooling.get("tau_prior")
    if prior is None:
        return Primary(
            None,
            f"{few} No prior for it is agreed on for this measure, so the common effect and "
            "random effects with the Hartung-Knapp interval (never narrower than the Wald one) "
            "stand side by side; neither is primary.",
        )
    if len(members) > k:
        return Primary(
            None,
            f"{few} Two comparisons share an arm, which the Bayesian model does not know of, so "
            "the common effect and random effects with the Hartung-Knapp interval (never narrower "
            "than the Wald one) stand side by side; neither is primary.",
        )
    try:
        fit = fit_bayes(members, measure, pooling, prior["scale"])
    except ValueError as error:
        return Primary(None, f"{few} The Bayesian model cannot be computed: {error}.")
    return Primary(
        BAYES,
        f"{few} Primary is the Bayesian model, whose {prior['prior']} prior of τ (scale "
        f"{prior['scale']:g}) says how much such trials usually differ. {_BESIDE}",
        fit,
    )


def fit_bayes(
    members: Sequence[Mapping[str, Any]],
    measure: Measure,
    pooling: Mapping[str, Any],
    scale: float,
) -> BayesianPool:
    """Pool trial records by the Bayesian model with the prior of the settings."""
    return bayesian_random_effects(
        [trial["estimate"] for trial in members],
        [trial["se"] ** 2 for trial in members],
        prior=pooling["tau_prior"]["prior"],
        scale=scale,
        level=pooling["level"],
        measure=measure.code,
    )


def pool_keys(fit: BayesianPool, keys: Sequence[str]) -> Json:
    """Return the keys that every pool has; the rest of the posterior stays with the model."""
    record = fit.to_dict()
    return {key: record[key] for key in keys}


def prior_settings(pooling: Mapping[str, Any]) -> Json:
    """Return the prior of tau as settings of the record; None where the measure has none."""
    prior = pooling.get("tau_prior") or {}
    return {
        "tau_prior": prior.get("prior"),
        "tau_prior_scale": prior.get("scale"),
        "tau_prior_sensitivity": prior.get("sensitivity"),
    }


def prior_sensitivity(
    groups: Sequence[Mapping[str, Any]],
    trials: Sequence[Mapping[str, Any]],
    measure: Measure,
    pooling: Mapping[str, Any],
) -> list[Json]:
    """Pool the groups of few trials again with the second scale of the prior."""
    prior = pooling.get("tau_prior") or {}
    other = prior.get("sensitivity")
    small = [group for group in groups if group["primary_model"] == BAYES]
    if other is None or not small:
        return []
    rows = []
    for group in small:
        members = [trial for trial in trials if trial["group"] == group["label"]]
        fit = fit_bayes(members, measure, pooling, other)
        rows.append(
            {
                "group": group["label"],
                "analysis": f"{prior['prior']} prior, scale {other:g}",
                "k": fit.k,
                "estimate": fit.estimate,
                "ci_lower": fit.ci_lower,
                "ci_upper": fit.ci_upper,
                "tau2": fit.tau2,
                "trials": [],
            }
        )
    return [
        {
            "id": "prior-of-tau",
            "label": "Another prior of τ",
            "description": (
                "Groups of few trials with the Bayesian model again; the prior of τ has scale "
                f"{other:g} instead of {prior['scale']:g}."
            ),
            "ci_method": BAYES,
            "results": rows,
        }
    ]


def shrunken_effects(fit: BayesianPool | None, k: int) -> list[Json | None]:
    """Return what the Bayesian model says of each trial's own effect; None without the model."""
    if fit is None:
        return [None] * k
    return [
        {"estimate": e.median, "se": e.sd, "ci_lower": e.lower, "ci_upper": e.upper}
        for e in fit.shrunken
    ]

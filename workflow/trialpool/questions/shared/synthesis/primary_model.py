"""Which model speaks for a group, by its number of trials, and the Bayesian one for few.

One trial: itself. Two and more, but fewer than `primary_from_k`: the Bayesian
model, where the settings hold a prior of tau for the measure; else none.
From `primary_from_k` on: random effects with the Hartung-Knapp interval with floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialpool.pooling import BayesianPool, bayesian_random_effects
from trialpool.questions.shared.synthesis.answers import BAYES
from trialpool.questions.shared.synthesis.members import MAIN_CI, Member, by_group, effects_of
from trialpool.records.base import record_from
from trialpool.records.groups import Group
from trialpool.records.pools import Effect
from trialpool.records.reanalyses import PoolAgain, Reanalysis
from trialpool.records.settings import Pooling
from trialpool.records.trials import SelectedTrial

SINGLE = "single-trial"
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


def model_without_prior(k: int, pooling: Pooling) -> str | None:
    """Name the model that speaks for `k` trials whatever the prior; None where none does."""
    if k == 1:
        return SINGLE
    return MAIN_CI if k >= pooling.primary_from_k else None


def choose_primary(members: Sequence[Member], measure: str, pooling: Pooling) -> Primary:
    """Apply the rule to the trials of one group."""
    k = len({trial.trial_id for trial in members})
    known = model_without_prior(k, pooling)
    if known == SINGLE:
        return Primary(known, "One trial: its own estimate and Wald interval, nothing is pooled.")
    if known is not None:
        return Primary(
            known,
            "Random effects with the Hartung-Knapp interval, never narrower than the Wald one.",
        )
    few = _TOO_FEW.format(k=k)
    prior = pooling.tau_prior
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
        fit = _fit(members, measure, pooling.level, prior.prior, prior.scale)
    except ValueError as error:
        return Primary(None, f"{few} The Bayesian model cannot be computed: {error}.")
    return Primary(
        BAYES,
        f"{few} Primary is the Bayesian model, whose {fit.prior_words} says how much such trials "
        f"usually differ. {_BESIDE}",
        fit,
    )


def _fit(
    members: Sequence[Member], measure: str, level: float, prior: str, scale: float | None
) -> BayesianPool:
    return bayesian_random_effects(
        *effects_of(members), prior=prior, scale=scale, level=level, measure=measure
    )


def prior_sensitivity(
    groups: Sequence[Group], trials: Sequence[SelectedTrial], measure: str, pooling: Pooling
) -> list[Reanalysis]:
    """Pool the groups of few trials again with the second scale of the prior."""
    prior = pooling.tau_prior
    small = [group.label for group in groups if group.primary_model == BAYES]
    if prior is None or prior.sensitivity is None or not small:
        return []
    other, members = prior.sensitivity, by_group(trials)
    rows = [
        record_from(
            _fit(members[label], measure, pooling.level, prior.prior, other),
            PoolAgain,
            group=label,
            analysis=f"{prior.prior} prior, scale {other:g}",
            trials=(),
        )
        for label in small
    ]
    return [
        Reanalysis(
            id="prior-of-tau",
            label="Another prior of τ",
            description=(
                "Groups of few trials with the Bayesian model again; the prior of τ has scale "
                f"{other:g} instead of {prior.scale or 0.0:g}."
            ),
            ci_method=BAYES,
            results=tuple(rows),
        )
    ]


def shrunken_effects(fit: BayesianPool | None, k: int) -> list[Effect | None]:
    """Return what the Bayesian model says of each trial's own effect; None without the model."""
    if fit is None:
        return [None] * k
    return [
        Effect(estimate=e.median, se=e.sd, ci_lower=e.lower, ci_upper=e.upper) for e in fit.shrunken
    ]

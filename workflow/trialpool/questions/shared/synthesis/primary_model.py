"""The one model that speaks for a group, and the Bayesian fit where it is that one.

One trial: itself. From two on the Bayesian model, where the review wants it (`primary: bayes`)
and there is a prior of tau; where comparisons share an arm, which that model does not know of,
and otherwise, random effects with the Hartung-Knapp interval with floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.pooling import BayesianPool, PooledEffect, bayesian_random_effects
from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.bayes.priors import TauPrior, narrower_and_wider
from trialpool.questions.shared.synthesis.answers import BAYES
from trialpool.questions.shared.synthesis.members import (
    MAIN_CI,
    Member,
    by_group,
    effects_of,
    pool_effects,
)
from trialpool.records.base import record_from
from trialpool.records.groups import Group
from trialpool.records.pools import Effect
from trialpool.records.reanalyses import PoolAgain, Reanalysis
from trialpool.records.settings import ComparativeSettings, Pooling
from trialpool.records.trials import SelectedTrial

Members = Sequence[Member]

SINGLE: Final = "single-trial"
_HK: Final = "random effects with the Hartung-Knapp interval, never narrower than the Wald one"
# What the sensitivity analysis does to the scale of the prior.
_FACTORS: Final = ("half of its scale", "twice its scale")


@dataclass(frozen=True)
class Primary:
    """The model that speaks for a group.

    Attributes
    ----------
    model : str
        "single-trial", "bayes" or "hk-adhoc".
    note : str
        Why, for a reader.
    bayes : BayesianPool or None
        The fit, where the model is "bayes".
    """

    model: str
    note: str
    bayes: BayesianPool | None = None


def pooling_of(settings: ComparativeSettings) -> Pooling:
    """Return how a result was pooled and judged, from its settings."""
    return record_from(settings, Pooling, tau2=settings.tau2_method, pi=settings.pi_method)


def prior_of(pooling: Pooling) -> str | TauPrior | None:
    """Return the prior of tau of a question, by its name where that is all of it."""
    if pooling.tau_prior is None or pooling.tau_prior_factor == 1.0:
        return pooling.tau_prior
    return check_prior(pooling.tau_prior).prior.scaled(pooling.tau_prior_factor)


def other_priors(pooling: Pooling) -> tuple[TauPrior, TauPrior] | None:
    """Return the narrower and the wider prior of the sensitivity analysis."""
    prior = prior_of(pooling)
    return None if prior is None else narrower_and_wider(check_prior(prior).prior)


def fit_bayes(
    members: Members,
    measure: str,
    pooling: Pooling,
    prior: str | TauPrior | None,
    at: Sequence[float] = (),
) -> BayesianPool | None:
    """Fit the Bayesian model; None without a prior, and where trials contradict it too far."""
    if prior is None:
        return None
    try:
        return bayesian_random_effects(
            *effects_of(members), prior=prior, level=pooling.level, measure=measure, at=at
        )
    except ValueError:
        return None


def choose_primary(
    members: Members, measure: str, pooling: Pooling, at: Sequence[float] = ()
) -> Primary:
    """Apply the rule to the trials of one group.

    Parameters
    ----------
    members : sequence of Member
    measure : str
    pooling : Pooling
    at : sequence of float
        Values on the analysis scale of which the fit says how probable a smaller effect is.
    """
    k = len({trial.trial_id for trial in members})
    if k == 1:
        return Primary(SINGLE, "One trial: its own estimate and Wald interval, nothing is pooled.")
    if pooling.primary == "hk":
        return Primary(MAIN_CI, f"{_HK[:1].upper()}{_HK[1:]}.")
    if len(members) > k:
        return Primary(
            MAIN_CI,
            "Comparisons of one trial share an arm, which the Bayesian model does not know of: "
            f"generalised least squares, {_HK}.",
        )
    prior = prior_of(pooling)
    if prior is None:
        return Primary(MAIN_CI, f"There is no prior of τ for this measure: {_HK}.")
    fit = fit_bayes(members, measure, pooling, prior, at)
    if fit is None:
        return Primary(
            MAIN_CI,
            f"The trials contradict each other further than the prior of τ allows for: {_HK}.",
        )
    return Primary(BAYES, f"Bayesian random effects, {fit.prior_words}.", fit)


def pool_as_primary(
    members: Members, measure: str, pooling: Pooling, at: Sequence[float] = ()
) -> BayesianPool | PooledEffect:
    """Pool trials under the model that would be primary for them."""
    found = choose_primary(members, measure, pooling, at).bayes
    return pool_effects(*effects_of(members), measure, pooling) if found is None else found


def usual_model(pooling: Pooling) -> str:
    """Name the model that is primary for independent trials: that of re-analyses."""
    return BAYES if pooling.primary == "bayes" and pooling.tau_prior is not None else MAIN_CI


def prior_sensitivity(
    groups: Sequence[Group], trials: Sequence[SelectedTrial], measure: str, pooling: Pooling
) -> list[Reanalysis]:
    """Pool the groups again with half and with twice the scale of the prior."""
    priors, members = other_priors(pooling), by_group(trials)
    labels = [group.label for group in groups if group.primary_model == BAYES]
    if priors is None or not labels:
        return []
    rows = []
    for label in labels:
        for prior, words in zip(priors, _FACTORS, strict=True):
            fit = fit_bayes(members[label], measure, pooling, prior)
            if fit is not None:
                rows.append(
                    record_from(
                        fit,
                        PoolAgain,
                        group=label,
                        analysis=f"{words}: {fit.prior_words}",
                        trials=(),
                    )
                )
    return [
        Reanalysis(
            id="prior-of-tau",
            label="Other priors of τ",
            description="The primary model again with half and with twice the scale of the prior "
            "of τ.",
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

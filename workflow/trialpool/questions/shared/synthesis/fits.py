"""The models of one group side by side, and what trials weigh in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace
from scipy.special import ndtri

from trialpool.pooling import BayesianPool, PooledEffect
from trialpool.pooling.univariate.i2_of_q import i2_limits
from trialpool.questions.shared.synthesis.multiarm import pool_members
from trialpool.questions.shared.synthesis.primary_model import SINGLE, Primary, shrunken_effects
from trialpool.records.base import record_from
from trialpool.records.groups import ENOUGH_FOR_TAU
from trialpool.records.pools import BayesPool, Models, Pool
from trialpool.records.settings import Pooling
from trialpool.records.trials import PrintedEffect, SelectedTrial, Trial

P = TypeVar("P", bound=Pool)
Selected = Sequence[SelectedTrial]


@dataclass(frozen=True)
class Fits:
    """The models of one group.

    Attributes
    ----------
    shown : Pool
        Of the primary model; beside a Bayesian one I² and H² are of random effects, where trials
        are enough.
    models : Models
        None of them for a single trial.
    fit : PooledEffect
        Random effects.
    common : Pool
        Common effect, of one trial too.
    """

    shown: Pool
    models: Models
    fit: PooledEffect
    common: Pool


def fit_models(members: Selected, measure: str, pooling: Pooling, primary: Primary) -> Fits:
    """Pool a group under each model."""

    def pool(tau2: str | None = None, ci: str = "hk-adhoc") -> PooledEffect:
        return pool_members(members, measure, pooling, tau2=tau2, ci=ci)

    def record(fit: PooledEffect | BayesianPool, kind: type[P]) -> P:
        lower, upper = i2_limits(fit.q, fit.q_df, fit.level)
        return replace(kind.of(fit), i2_q_ci_lower=lower, i2_q_ci_upper=upper)

    fit = pool()
    random, common = record(fit, Pool), record(pool("CE", "wald"), Pool)
    bayes = None if primary.bayes is None else record(primary.bayes, BayesPool)
    models = Models()
    if primary.model != SINGLE:
        hk = record(pool(ci="hk"), Pool)
        models = Models(bayes=bayes, common_effect=common, hk=hk, hk_adhoc=random)
    if bayes is None:
        return Fits(random, models, fit, common)
    shares = _shares_of_variance(random) if len(members) >= ENOUGH_FOR_TAU else {}
    return Fits(replace(bayes, **shares), models, fit, common)


def weigh(
    members: Selected,
    fits: Fits,
    primary: Primary,
    level: float,
    printed: Sequence[PrintedEffect | None],
) -> list[Trial]:
    """Give trials the Wald interval at a level, and their weights in the pool."""
    z = float(ndtri(0.5 + level / 2))
    return [
        record_from(
            trial,
            Trial,
            ci_lower=trial.estimate - z * trial.se,
            ci_upper=trial.estimate + z * trial.se,
            weight=weight,
            weight_common=weight_common,
            shrunken=effect,
            printed=text,
        )
        for trial, text, weight, weight_common, effect in zip(
            members,
            printed,
            fits.shown.weights or (),
            fits.common.weights or (),
            shrunken_effects(primary.bayes, len(members)),
            strict=True,
        )
    ]


def _shares_of_variance(pool: Pool) -> dict[str, float | None]:
    """Return I² and H² of a fit that stands beside a primary one without its own."""
    names = ("i2", "i2_ci_lower", "i2_ci_upper", "h2", "h2_ci_lower", "h2_ci_upper")
    return {name: getattr(pool, name) for name in names}

"""From pairs of effects to the association between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from trialpool.measures import get_measure
from trialpool.pooling.bivariate.model import MIN_BOTH
from trialpool.pooling.bivariate.regressions import StraightLine, errors_in_variables, weighted_line
from trialpool.pooling.bivariate.surrogacy import Surrogacy, surrogacy
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.questions.surrogacy.words import favoured_arms, sentence_of, verdict_of
from trialpool.records.base import record_from
from trialpool.records.groups import Heading
from trialpool.records.pools import Diagnostics, Pool
from trialpool.records.surrogacy.associations import (
    Association,
    ForetoldEffect,
    Line,
    WithoutTrial,
)
from trialpool.records.surrogacy.questions import (
    CorrelationModels,
    EarlyEffect,
    SurrogacyGroup,
    SurrogacyQuestion,
    SurrogacyResult,
    SurrogacySettings,
    SurrogacyTrial,
)
from trialpool.records.trials import SelectedTrial

# Correlations of the two estimates of a trial that stand beside the one of the main analysis.
CORRELATIONS: Final = (0.0, 0.3, 0.5, 0.7, 0.9)
# Early effects for which the final one is foretold, as printed, by the side of benefit.
ROUND: Final = {"lower": (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0), "higher": (1.0, 1.5, 2.0, 3.0, 4.0)}
_STEPS: Final = 41
_MODEL: Final = "correlation-{:g}"


def pool(
    question: SurrogacyQuestion, trials: Sequence[SelectedTrial]
) -> tuple[SurrogacyResult, list[dict[str, object]]]:
    """Fit the association of a question's pairs; it has no multiverse.

    Parameters
    ----------
    question : SurrogacyQuestion
        `early_trials` are the early effects, in the order of `trials`.
    trials : sequence of SelectedTrial
        The final effects, on the analysis scale.
    """
    return build_result(question, trials), []


def build_result(question: SurrogacyQuestion, trials: Sequence[SelectedTrial]) -> SurrogacyResult:
    """Make the result; of fewer than three pairs it holds the pairs alone."""
    level, main = question.pooling.level, question.within_trial.correlation
    y1, v1 = _columns(question.early_trials)
    y2, v2 = _columns(trials)

    # Benefits err together: where they lie on opposite sides of no effect, estimates err apart.
    sign = 1.0 if question.early.benefit == question.benefit else -1.0

    def fit(correlation: float, kept: Sequence[int]) -> Surrogacy:
        rows = list(kept)
        return surrogacy(
            *(column[rows] for column in (y1, v1, y2, v2)),
            correlation=sign * correlation,
            early_benefit=question.early.benefit,
            final_benefit=question.benefit,
            level=level,
        )

    every = range(len(trials))
    fits = {
        correlation: fit(correlation, every)
        for correlation in sorted({*CORRELATIONS, main})
        if len(trials) >= MIN_BOTH
    }
    associations = tuple(_association(one, rho, question) for rho, one in fits.items())
    of_main = next((one for one in associations if one.correlation == main), None)
    verdict = verdict_of(of_main, enough=main in fits and fits[main].enough, question=question)
    again = every if len(trials) > MIN_BOTH else ()
    return record_from(
        question,
        SurrogacyResult,
        null_value=0.0,
        favours=favoured_arms(question),
        model="bivariate random effects of two endpoints, REML",
        settings=record_from(
            question.filters,
            SurrogacySettings,
            tau2_method="REML",
            ci_method="profile-likelihood",
            pi_method="t",
            level=level,
            early=question.early,
            within_trial=question.within_trial,
        ),
        trials=_shown(question, trials),
        groups=_groups(question.groups, associations, fits, main),
        overall=None,
        subgroup_test=None,
        sensitivity=(),
        associations=associations,
        line=() if main not in fits else _line(fits[main], y1),
        regressions=_regressions(y1, v1, y2, v2, sign * main) if fits else (),
        without_one=tuple(
            _without(trials[left], fit(main, [i for i in every if i != left])) for left in again
        ),
        verdict=verdict,
        sentence=sentence_of(of_main, verdict, len(trials), question, associations),
    )


def _columns(trials: Sequence[SelectedTrial]) -> tuple[Any, Any]:
    """Return effects and sampling variances, each of shape (k,)."""
    effects = np.array([trial.estimate for trial in trials], dtype=float)
    return effects, np.array([trial.se**2 for trial in trials], dtype=float)


def _shown(
    question: SurrogacyQuestion, trials: Sequence[SelectedTrial]
) -> tuple[SurrogacyTrial, ...]:
    """Give both effects of each pair their own intervals."""
    z = float(two_sided_quantile(question.pooling.level, math.nan))

    def limits(trial: SelectedTrial) -> dict[str, float]:
        half = z * trial.se
        return {"ci_lower": trial.estimate - half, "ci_upper": trial.estimate + half}

    return tuple(
        record_from(
            trial,
            SurrogacyTrial,
            **limits(trial),
            weight=None,
            weight_common=None,
            early=record_from(early, EarlyEffect, **limits(early)),
        )
        for trial, early in zip(trials, question.early_trials, strict=True)
    )


def _association(found: Surrogacy, correlation: float, question: SurrogacyQuestion) -> Association:
    k, fit = found.fit.k_both, found.fit
    half = None
    if found.slope_se is not None:
        half = float(two_sided_quantile(fit.level, float(k - 2))) * found.slope_se
    to_analysis = get_measure(question.early.measure).to_analysis
    at = [to_analysis(value) for value in ROUND[question.early.benefit]]
    return record_from(
        found,
        Association,
        correlation=correlation,
        k=k,
        slope_lower=None if found.slope is None or half is None else found.slope - half,
        slope_upper=None if found.slope is None or half is None else found.slope + half,
        foretold=_foretold(found, at),
        at_boundary=fit.at_boundary,
        converged=fit.converged,
        q=fit.q,
        q_df=fit.q_df,
        q_p_value=fit.q_p_value,
    )


def _foretold(found: Surrogacy, at: Sequence[float]) -> tuple[ForetoldEffect, ...]:
    """Foretell final effects; empty where there is no line or its error does not exist."""
    if found.slope is None or found.slope_se is None:
        return ()
    return tuple(record_from(found.foretell(early), ForetoldEffect) for early in at)


def _line(found: Surrogacy, early: Any) -> tuple[ForetoldEffect, ...]:
    """Follow the line over the range of early effects, no effect included."""
    low, high = min(0.0, float(early.min())), max(0.0, float(early.max()))
    room = 0.07 * (high - low)
    return _foretold(found, np.linspace(low - room, high + room, _STEPS).tolist())


def _regressions(y1: Any, v1: Any, y2: Any, v2: Any, correlation: float) -> tuple[Line, ...]:
    def line(found: StraightLine) -> Line:
        return record_from(found, Line)

    with_errors = errors_in_variables(y1, v1, y2, v2, correlation=correlation)
    return line(weighted_line(y1, y2, v2)), line(with_errors)


def _without(trial: SelectedTrial, found: Surrogacy) -> WithoutTrial:
    return record_from(
        found,
        WithoutTrial,
        trial_id=trial.trial_id,
        label=trial.label,
        comparison=trial.comparison,
    )


def _groups(
    headings: Sequence[Heading],
    associations: Sequence[Association],
    fits: dict[float, Surrogacy],
    main: float,
) -> tuple[SurrogacyGroup, ...]:
    """Make the one group: R² of the main analysis, that under each correlation beside it."""
    pools = {
        one.correlation: found
        for one in associations
        if (found := _r2_pool(one, fits[one.correlation].fit.level)) is not None
    }
    if main not in pools:
        return ()
    models = {_MODEL.format(rho): one for rho, one in pools.items() if rho in CORRELATIONS}
    fields = dict(zip(CORRELATIONS, CorrelationModels.__struct_fields__, strict=True))
    return tuple(
        record_from(
            pools[main],
            SurrogacyGroup,
            label=heading.label,
            mechanism=heading.mechanism,
            mechanisms=heading.mechanisms,
            kind=heading.kind,
            n=None,
            events=None,
            margin=None,
            primary_model=_MODEL.format(main),
            primary_note="R² between trials, with its profile-likelihood interval; τ² is that of "
            "final effects around the line.",
            models=CorrelationModels(
                **{fields[rho]: models[_MODEL.format(rho)] for rho in pools if rho in fields}
            ),
        )
        for heading in headings
    )


def _r2_pool(one: Association, level: float) -> Pool | None:
    """Write R² as a pool has it; None where it does not exist."""
    if one.r2 is None:
        return None
    missing = dict.fromkeys(
        ("se", "p_value", "tau2_se", "tau2_ci_lower", "tau2_ci_upper", "i2", "i2_q", "h2"),
    )
    further = dict.fromkeys(
        ("pi_lower", "pi_upper", "weights", "df", "i2_ci_lower", "i2_ci_upper", "h2_ci_lower",
         "h2_ci_upper", "tau2_ci_method"),
    )  # fmt: skip
    return record_from(
        one,
        Pool,
        **missing,
        **further,
        measure="generic",
        scale="identity",
        estimate=one.r2,
        ci_lower=one.r2_lower,
        ci_upper=one.r2_upper,
        tau2=one.residual_variance or 0.0,
        tau2_method="REML",
        ci_method="profile-likelihood",
        pi_method="t",
        level=level,
        diagnostics=Diagnostics(
            converged=one.converged, at_boundary=one.at_boundary, multimodal=False, notes=()
        ),
    )

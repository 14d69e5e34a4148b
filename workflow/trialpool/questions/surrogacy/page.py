"""A question on surrogacy, as its section of the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.parts import Part
from trialpool.questions.shared.words.sides import capital, effect_text
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.questions.surrogacy.words import RULES, early_names, final_names, r2_text
from trialpool.records.surrogacy.associations import Association, ForetoldEffect, Line, WithoutTrial
from trialpool.records.surrogacy.questions import EarlyEffect, SurrogacyResult, SurrogacyTrial

FOREST_REMARK: Final = ""
_LINES: Final = {
    "weighted": "Least squares weighted by 1/variance of the final effects; early effects taken as "
    "free of error, which draws the slope towards 0",
    "errors-in-variables": "Errors in both effects, maximum likelihood",
}


@dataclass(frozen=True)
class AssociationRow:
    """The model under one correlation within trials."""

    correlation: str
    is_main: bool
    r2: str
    slope: str
    intercept: str
    spread: str
    threshold: str
    remark: str


@dataclass(frozen=True)
class ForetoldRow:
    """What an early effect foretells, one text per correlation within trials."""

    early: str
    main: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class OtherRow:
    """A simpler regression, or the association without one trial."""

    name: str
    r2: str
    slope: str
    threshold: str


@dataclass(frozen=True)
class LineRow:
    """A simpler regression."""

    name: str
    slope: str
    intercept: str
    spread: str


@dataclass(frozen=True)
class EffectCell:
    """One effect of a pair; `source` is a key of the sources."""

    text: str
    notes: tuple[str, ...]
    row_ids: tuple[str, ...]
    source: str
    locator: str
    grade: str
    read_at: tuple[str, ...]


@dataclass(frozen=True)
class PairRow:
    """Both effects of a trial."""

    label: str
    comparison: str
    early: EffectCell
    final: EffectCell


@dataclass(frozen=True)
class SurrogacySection:
    """What the section shows; texts are ready to print."""

    sentence: str
    early: str
    final: str
    early_measure: str
    final_measure: str
    reason: str
    associations: tuple[AssociationRow, ...]
    correlations: tuple[str, ...]
    main_correlation: str
    foretold: tuple[ForetoldRow, ...]
    lines: tuple[LineRow, ...]
    without: tuple[OtherRow, ...]
    pairs: tuple[PairRow, ...]
    how: tuple[str, ...]


def figures(_: SurrogacyResult) -> tuple[str, ...]:
    """Name the figures beside the forest plot."""
    return ("bubble",)


def methods(_: Sequence[SurrogacyResult], __: Citations) -> Section | None:
    """Describe what only this kind does: its section says it beside the numbers."""
    return None


def parts(result: SurrogacyResult) -> tuple[Part, ...]:
    """Prepare the whole section."""
    shown = SurrogacySection(
        sentence=result.sentence,
        early=early_names(result),
        final=final_names(result),
        early_measure=result.early.measure,
        final_measure=result.measure,
        reason=result.within_trial.reason,
        associations=tuple(_association(one, result) for one in result.associations),
        correlations=tuple(
            fmt.plain(one.correlation) for one in result.associations if one is not result.main
        ),
        main_correlation=fmt.plain(result.within_trial.correlation),
        foretold=tuple(_foretold(result)),
        lines=tuple(map(_line, result.regressions)),
        without=tuple(_without(one, result) for one in result.without_one),
        pairs=tuple(_pair(trial, result) for trial in result.trials),
        how=(*_how(result), *RULES),
    )
    return (Part("section", "surrogacy/page.html.j2", shown),)


def _association(one: Association, result: SurrogacyResult) -> AssociationRow:
    remarks = []
    if one.at_boundary:
        remarks.append("correlation between trials at its bound")
    if one.slope_se is None:
        remarks.append("standard error of the slope does not exist: nothing is foretold")
    if not one.converged:
        remarks.append("did not converge")
    return AssociationRow(
        correlation=fmt.plain(one.correlation),
        is_main=one is result.main,
        r2=r2_text(one).removeprefix("R² "),
        slope=_with_limits(one.slope, one.slope_lower, one.slope_upper),
        intercept=fmt.number(one.intercept),
        spread=fmt.tau_squared(one.residual_variance),
        threshold=_threshold(one.threshold, result),
        remark=capital("; ".join(remarks)),
    )


def _with_limits(value: float | None, lower: float | None, upper: float | None) -> str:
    return fmt.effect_with_interval(value, lower, upper, get_measure("generic"))


def _threshold(value: float | None, result: SurrogacyResult) -> str:
    return fmt.effect(value, get_measure(result.early.measure))


def _foretold(result: SurrogacyResult) -> list[ForetoldRow]:
    """One row per early effect; under other correlations where these foretell anything."""
    main = result.main
    if main is None:
        return []
    others = [
        {point.early: point for point in one.foretold}
        for one in result.associations
        if one is not main
    ]
    measure = get_measure(result.early.measure)
    return [
        ForetoldRow(
            early=fmt.effect(point.early, measure),
            main=_prediction(point, result),
            others=tuple(_prediction(other.get(point.early), result) for other in others),
        )
        for point in main.foretold
    ]


def _prediction(point: ForetoldEffect | None, result: SurrogacyResult) -> str:
    if point is None:
        return fmt.NOT_AVAILABLE
    numbers = (point.estimate, point.pi_lower, point.pi_upper)
    return fmt.effect_with_interval(*numbers, get_measure(result.measure))


def _line(one: Line) -> LineRow:
    slope = fmt.number(one.slope)
    if one.slope_se is not None:
        slope += f" (SE {fmt.number(one.slope_se)})"
    return LineRow(_LINES[one.method], slope, fmt.number(one.intercept), fmt.tau_squared(one.tau2))


def _without(one: WithoutTrial, result: SurrogacyResult) -> OtherRow:
    return OtherRow(
        name=one.label,
        r2=_with_limits(one.r2, one.r2_lower, one.r2_upper),
        slope=fmt.number(one.slope),
        threshold=_threshold(one.threshold, result),
    )


def _pair(trial: SurrogacyTrial, result: SurrogacyResult) -> PairRow:
    return PairRow(
        label=trial.label,
        comparison=trial.comparison,
        early=_effect(trial.early, result.early.measure),
        final=_effect(trial, result.measure),
    )


def _effect(one: EarlyEffect | SurrogacyTrial, measure: str) -> EffectCell:
    return EffectCell(
        text=effect_text(one, get_measure(measure)),
        notes=one.flags,
        row_ids=one.row_ids,
        source=one.source,
        locator=one.locator,
        grade=one.grade,
        read_at=one.read_at,
    )


def _how(result: SurrogacyResult) -> tuple[str, ...]:
    level = fmt.level(result.settings.level)
    return (
        "One pair of effects per trial, of the same arms; of comparisons that share an arm one "
        "enters. The pairs are normal around a pair of means, with the printed variances, an "
        "assumed correlation within trials and an unstructured covariance between trials by "
        "restricted maximum likelihood (van Houwelingen 2002, Stat Med 21:589; Buyse 2000, "
        "Biostatistics 1:49), on the log scale. The correlation is that of benefits: its sign "
        "turns where those of the two endpoints lie on opposite sides of 1.",
        f"R² is the squared correlation between trials, its {level} limits are of the profile "
        "likelihood. Slope and intercept relate true log ratios; τ² is the variance of true final "
        "effects around the line.",
        f"Foretold is the true final effect of one new trial whose true early effect is known; the "
        f"{level} limits hold what the line and its slope are uncertain by, and τ². The surrogate "
        "threshold effect is the early effect from which on they exclude no final effect "
        "(Burzykowski and Buyse 2006, Pharm Stat 5:173).",
        "The regression with errors in both effects is that of Daniels and Hughes 1997, Stat Med "
        "16:1965.",
    )

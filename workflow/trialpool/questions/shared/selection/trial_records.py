"""The record of a comparison: its effect under a measure, and its margin."""

from __future__ import annotations

import math

from trialpool.effects.counts import COUNT_FORMULAS, COUNT_REFERENCE, effect_from_counts
from trialpool.effects.flags import CORRECTED, SECONDARY
from trialpool.measures import get_measure
from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.library import DerivedEffect
from trialpool.records.settings import ComparativeAsked
from trialpool.records.trials import Derivation, Margin, SelectedTrial


def trial_of(candidate: Candidate, measure: str) -> SelectedTrial | str:
    """Build the trial of a comparison, or say why it yields no effect size."""
    flags = candidate.flags
    effect = candidate.effect
    if effect is None:
        try:
            effect, is_corrected = _from_counts(candidate, measure)
        except ValueError as error:
            return str(error)
        flags = (*flags, CORRECTED) if is_corrected else flags
    assert math.isfinite(effect.yi)
    assert effect.sei > 0
    return SelectedTrial(
        row_ids=candidate.row_ids,
        trial_id=candidate.trial_id,
        label=candidate.label,
        year=year_of_trial(candidate),
        group=candidate.group,
        comparison=candidate.compared.contrast.text,
        endpoint=candidate.endpoint,
        source=candidate.source_id,
        locator=candidate.locator,
        assessor=candidate.assessor,
        maturity=candidate.maturity,
        population=candidate.population,
        definition=candidate.definition,
        extraction=candidate.extraction,
        grade=candidate.grade,
        estimate=effect.yi,
        se=effect.sei,
        experimental=candidate.experimental,
        control=candidate.control,
        derivation=effect.derivation,
        margin=None,
        third_contrasts=(),
        curve=candidate.curve,
        flags=flags,
    )


def _from_counts(candidate: Candidate, measure: str) -> tuple[DerivedEffect, bool]:
    """Return the effect of the counts of two arms, and whether a zero cell was corrected."""
    arms = (candidate.experimental, candidate.control)
    counts = [(arm.events or 0, arm.n or 0) for arm in arms]
    effect = effect_from_counts(*counts[0], *counts[1], measure)
    derivation = Derivation(
        rung="counts of two arms",
        formula=COUNT_FORMULAS[measure],
        reference=COUNT_REFERENCE,
        inputs={
            side: f"{arm.events} of {arm.n}" + (f", printed as {printed}" if printed else "")
            for side, arm, printed in zip(
                ("experimental", "control"), arms, candidate.printed, strict=True
            )
        },
        se_lower=None,
        se_upper=None,
    )
    return DerivedEffect(effect.yi, effect.sei, derivation), effect.corrected


def year_of_trial(candidate: Candidate) -> int | None:
    """Year of the report; the year of a review's table is not the trial's."""
    return None if SECONDARY in candidate.flags else candidate.year


def margin_of(asked: ComparativeAsked, trial_id: str) -> Margin | None:
    """Margin of a trial on the analysis scale, None where the question has none."""
    margin = asked.margins.get(trial_id, asked.margin)
    if margin is None:
        return None
    to_analysis = get_measure(asked.measure).to_analysis
    return Margin(
        lower=None if margin.lower is None else to_analysis(margin.lower),
        upper=None if margin.upper is None else to_analysis(margin.upper),
        source=margin.source,
        level=margin.level,
    )

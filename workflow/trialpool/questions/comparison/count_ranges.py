"""What changes when a percentage stands for other counts than the nearest one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from trialpool.effects.counts import effect_from_counts
from trialpool.questions.shared.synthesis.primary_model import pool_as_primary, usual_model
from trialpool.records.base import record_from
from trialpool.records.reanalyses import PoolAgain, Reanalysis
from trialpool.records.settings import Pooling
from trialpool.records.trials import Arm, SelectedTrial


def counts_sensitivity(
    groups: Mapping[str, Sequence[SelectedTrial]], measure: str, pooling: Pooling
) -> list[Reanalysis]:
    """Pool again with the extreme counts that the printed percentages allow.

    Once with the fewest events in the experimental and the most in the control
    arms, once the other way round; between the two lies every reading of the
    percentages. Groups whose counts are all certain are not listed.
    """
    rows = []
    for label, members in groups.items():
        uncertain = tuple(trial.label for trial in members if _is_uncertain(trial))
        if not uncertain:
            continue
        low = [_effect(_fewest(t.experimental), _most(t.control), t, measure) for t in members]
        high = [_effect(_most(t.experimental), _fewest(t.control), t, measure) for t in members]
        if any(effect is None for effect in (*low, *high)):
            continue
        for words, effects in (
            ("fewest events in experimental, most in control arms", low),
            ("most events in experimental, fewest in control arms", high),
        ):
            read = [
                replace(trial, estimate=effect[0], se=effect[1])
                for trial, effect in zip(members, effects, strict=True)
                if effect
            ]
            pooled = pool_as_primary(read, measure, pooling)
            rows.append(
                record_from(pooled, PoolAgain, group=label, analysis=words, trials=uncertain)
            )
    if not rows:
        return []
    return [
        Reanalysis(
            id="counts-from-percentages",
            label="Percentages that fit several counts",
            description=(
                "Where a printed percentage fits several numbers of events, the nearest one is "
                "used; here the extremes that it allows."
            ),
            ci_method=usual_model(pooling),
            results=tuple(rows),
        )
    ]


def _is_uncertain(trial: SelectedTrial) -> bool:
    return any(arm.events_smallest is not None for arm in (trial.experimental, trial.control))


def _fewest(arm: Arm) -> int | None:
    return arm.events if arm.events_smallest is None else arm.events_smallest


def _most(arm: Arm) -> int | None:
    return arm.events if arm.events_largest is None else arm.events_largest


def _effect(
    ours: int | None, theirs: int | None, trial: SelectedTrial, measure: str
) -> tuple[float, float] | None:
    """Effect and standard error with these events, None where they give no ratio."""
    n1, n2 = trial.experimental.n, trial.control.n
    if ours is None or theirs is None or n1 is None or n2 is None:
        return trial.estimate, trial.se  # published as it is: no counts to vary
    try:
        effect = effect_from_counts(ours, n1, theirs, n2, measure)
    except ValueError:
        return None
    assert math.isfinite(effect.yi)
    return effect.yi, effect.sei

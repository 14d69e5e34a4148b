"""More than two levels of a marker in one report: a slope over scores, or each against one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from trialpool.effects.levels import TREND_FORMULA, TREND_REFERENCE, trend
from trialpool.questions.interaction.marker_rows import (
    APART,
    NOT_POOLABLE,
    OF_LEVELS,
    ONE_LEVEL,
    LeaveOut,
    extraction_of,
    group_label,
    inputs_of_levels,
    joined,
    level_of,
    pair_of,
    places_of,
)
from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.preference import prefer
from trialpool.questions.shared.selection.trial_records import trial_of
from trialpool.records.interaction import InteractionAsked
from trialpool.records.trials import Derivation, SelectedTrial


@dataclass(frozen=True)
class LevelSet:
    """Levels of one marker from one report of one comparison, in the order of the question."""

    marker: str
    levels: tuple[Candidate, ...]

    @property
    def joined(self) -> Candidate:
        """All as one candidate, for the policies that look at comparisons."""
        flags = (flag for candidate in self.levels for flag in candidate.flags)
        return replace(
            self.levels[0],
            row_ids=tuple(row_id for candidate in self.levels for row_id in candidate.row_ids),
            # A report of more levels comes first.
            rank=(-len(self.levels), *(candidate.rank for candidate in self.levels)),
            extraction=extraction_of(self.levels),
            flags=tuple(dict.fromkeys(flags)),
        )


def choose_set(
    asked: InteractionAsked,
    marker: str,
    reports: Sequence[Mapping[str, Sequence[Candidate]]],
    pending: Sequence[tuple[str, Candidate]],
    out: LeaveOut,
) -> LevelSet | None:
    """Choose the report with most levels; the reasons of all other rows are noted.

    Parameters
    ----------
    asked : InteractionAsked
    marker : str
    reports : sequence of mapping
        Place -> its candidate, if any, of each sound report of one comparison.
    pending : sequence of (place, Candidate)
        Rows without a reason yet.
    out : callable
        Notes candidates with stage and reason.
    """
    reference = next(iter(places_of(asked, marker)))
    sets = []
    for places in reports:
        given = [candidates[0] for candidates in places.values() if candidates]
        if len(given) < 2:
            continue
        if asked.interaction.compare == "levels" and not places[reference]:
            out(given, NOT_POOLABLE, f"no effect in {marker} {reference}, the level of reference")
            continue
        sets.append(LevelSet(marker, tuple(given)))
    if sets:
        together = {one.joined.row_ids: one for one in sets}
        first, _ = prefer([one.joined for one in sets], asked.filters.report_policy)
        best = together[first.row_ids]
        words = f"{' + '.join(best.joined.row_ids)} is preferred: most levels of one report"
        out([c for _, c in pending if c not in best.levels], "another report used", words)
        return best
    # What lacked the reference has its reason already.
    left = [
        (place, c)
        for places in reports
        for place, candidates in places.items()
        for c in candidates
        if sum(map(bool, places.values())) < 2
    ]
    several = len({place for place, _ in left}) > 1
    out([c for _, c in left], NOT_POOLABLE, APART if several else ONE_LEVEL)
    return None


def trials_of_set(asked: InteractionAsked, one: LevelSet) -> list[SelectedTrial] | str:
    """Build the trial of the slope, or one per level against the reference, or say why not."""
    base = OF_LEVELS[asked.measure]
    trials: list[SelectedTrial] = []
    for candidate in one.levels:
        trial = trial_of(candidate, base)
        if isinstance(trial, str):
            return f"{one.marker} {candidate.level}: {trial}"
        trials.append(trial)
    if asked.interaction.compare == "trend":
        return [_slope(asked, one, trials)]
    reference = level_of(one.marker, "negative", one.levels[0], trials[0])
    return [
        pair_of(
            asked,
            one.marker,
            [trial, trials[0]],
            [level_of(one.marker, "positive", candidate, trial), reference],
        )
        for candidate, trial in zip(one.levels[1:], trials[1:], strict=True)
    ]


def _slope(
    asked: InteractionAsked, one: LevelSet, trials: Sequence[SelectedTrial]
) -> SelectedTrial:
    """Record the slope of the effects over the scores of the levels."""
    base = OF_LEVELS[asked.measure]
    scores = [asked.interaction.biomarkers[one.marker].scores[c.level] for c in one.levels]
    # The ends carry the names of the two sides: what a reader sees first of a slope.
    order = sorted(range(len(trials)), key=lambda at: -scores[at])
    ends = {order[0]: "positive", order[-1]: "negative"}
    levels = [
        structs.replace(
            level_of(one.marker, ends.get(at, "between"), one.levels[at], trials[at]),
            score=scores[at],
        )
        for at in order
    ]
    slope, variance = trend(
        [level.estimate for level in levels],
        [level.se**2 for level in levels],
        [scores[at] for at in order],
    )
    group = trials[0].group
    named = ", ".join(level.level for level in reversed(levels))
    return joined(
        asked,
        [trials[at] for at in order],
        levels,
        group=group_label(asked, one.marker, group, ""),
        comparison=f"{trials[0].comparison}; {one.marker} {named}",
        estimate=slope,
        se=math.sqrt(variance),
        derivation=Derivation(
            rung="levels of one report, slope over their scores",
            formula=f"ln {asked.measure} per step = {TREND_FORMULA}, y = ln {base}",
            reference=TREND_REFERENCE,
            inputs={
                **{
                    f"{level.described}: score": f"{scores[at]:g}"
                    for level, at in zip(levels, order, strict=True)
                },
                **inputs_of_levels(levels),
            },
            se_lower=None,
            se_upper=None,
        ),
    )

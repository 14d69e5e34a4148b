"""More than two levels of a marker in one report: a slope over scores, or each against one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialpool.effects.levels import TREND_FORMULA, TREND_REFERENCE, trend
from trialpool.questions.interaction.marker_rows import (
    APART,
    NOT_POOLABLE,
    OF_LEVELS,
    ONE_LEVEL,
    Json,
    LeaveOut,
    RecordOf,
    group_label,
    inputs_of_levels,
    joined_record,
    kind_of,
    level_record,
    pair_record,
    places_of,
)
from trialpool.questions.shared.selection.candidates import Candidate


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
            flags=tuple(dict.fromkeys(flags)),
        )


def choose_set(
    question: Mapping[str, Any],
    marker: str,
    reports: Sequence[Mapping[str, Sequence[Candidate]]],
    pending: Sequence[tuple[str, Candidate]],
    out: LeaveOut,
) -> LevelSet | None:
    """Choose the report with most levels; the reasons of all other rows are noted.

    Parameters
    ----------
    question : mapping
    marker : str
    reports : sequence of mapping
        Place -> its candidate, if any, of each sound report of one comparison.
    pending : sequence of (place, Candidate)
        Rows without a reason yet.
    out : callable
        Notes candidates with stage and reason.
    """
    reference = next(iter(places_of(question, marker)))
    sets = []
    for places in reports:
        given = [candidates[0] for candidates in places.values() if candidates]
        if len(given) < 2:
            continue
        if kind_of(question) == "levels" and not places[reference]:
            out(given, NOT_POOLABLE, f"no effect in {marker} {reference}, the level of reference")
            continue
        sets.append(LevelSet(marker, tuple(given)))
    if sets:
        best = min(sets, key=lambda one: one.joined.rank)
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


def records_of_set(
    question: Mapping[str, Any], one: LevelSet, record_of: RecordOf
) -> tuple[list[Json], str]:
    """Build the record of the slope, or one per level against the reference.

    Returns
    -------
    records : list of dict
        Empty where a level gives no effect.
    reason : str
        Why there is none.
    """
    base = OF_LEVELS[question["measure"]]
    records: list[Json] = []
    for candidate in one.levels:
        record, reason = record_of(candidate, base)
        if record is None:
            return [], f"{one.marker} {candidate.level}: {reason}"
        records.append(record)
    if kind_of(question) == "trend":
        return [_slope(question, one, records)], ""
    reference, reference_record = one.levels[0], records[0]
    made = []
    for candidate, record in zip(one.levels[1:], records[1:], strict=True):
        sides = (
            level_record(one.marker, "positive", candidate, record),
            level_record(one.marker, "negative", reference, reference_record),
        )
        made.append(pair_record(question, one.marker, [record, reference_record], sides))
    return made, ""


def _slope(question: Mapping[str, Any], one: LevelSet, records: Sequence[Json]) -> Json:
    """Record the slope of the effects over the scores of the levels."""
    base = OF_LEVELS[question["measure"]]
    scores = question["interaction"]["biomarkers"][one.marker]["scores"]
    # The ends carry the names of the two sides: what a reader sees first of a slope.
    order = sorted(range(len(records)), key=lambda at: -scores[one.levels[at].level])
    ends = {order[0]: "positive", order[-1]: "negative"}
    levels = [
        {
            **level_record(one.marker, ends.get(at, "between"), one.levels[at], records[at]),
            "score": scores[one.levels[at].level],
        }
        for at in order
    ]
    slope, variance = trend(
        [level["estimate"] for level in levels],
        [level["se"] ** 2 for level in levels],
        [level["score"] for level in levels],
    )
    group = records[0]["group"]
    named = ", ".join(str(level["level"]) for level in reversed(levels))
    return joined_record(
        question,
        [records[at] for at in order],
        levels,
        {
            "group": group_label(question, one.marker, group, ""),
            "mechanisms_group": group,
            "comparison": f"{records[0]['comparison']}; {one.marker} {named}",
            "estimate": slope,
            "se": math.sqrt(variance),
            "derivation": {
                "rung": "levels of one report, slope over their scores",
                "formula": f"ln {question['measure']} per step = {TREND_FORMULA}, y = ln {base}",
                "reference": TREND_REFERENCE,
                "inputs": {
                    **{f"{level['described']}: score": f"{level['score']:g}" for level in levels},
                    **inputs_of_levels(levels),
                },
                "se_lower": None,
                "se_upper": None,
            },
        },
    )

"""Interactions: levels of a marker from one report of one comparison, or why not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialpool.questions.interaction.level_sets import LevelSet, choose_set, records_of_set
from trialpool.questions.interaction.marker_rows import (
    APART,
    NOT_POOLABLE,
    OF_LEVELS,
    ONE_LEVEL,
    SIDES,
    Json,
    LeaveOut,
    RecordOf,
    by_report,
    kind_of,
    level_record,
    pair_record,
    places_of,
    usable_levels,
)
from trialpool.questions.interaction.subtraction import subtracted_levels
from trialpool.questions.shared.selection.candidates import Candidate, Excluded, Library
from trialpool.questions.shared.selection.report_policy import (
    choose_contrasts,
    difference,
    replace_members,
)


@dataclass(frozen=True)
class Pair:
    """Two levels of one marker from one report of one comparison."""

    marker: str
    positive: Candidate
    negative: Candidate

    @property
    def joined(self) -> Candidate:
        """Both as one candidate, for the policies that look at comparisons."""
        return replace(
            self.positive,
            row_ids=(*self.positive.row_ids, *self.negative.row_ids),
            rank=(self.positive.rank, self.negative.rank),
            flags=tuple(dict.fromkeys((*self.positive.flags, *self.negative.flags))),
        )


@dataclass(frozen=True)
class Interactions:
    """What a question about an interaction is made of.

    Attributes
    ----------
    trials : tuple of dict
        Records of the differences (positive minus negative, each level minus the
        reference, or the slope over scores), with `levels`.
    candidates : tuple of Candidate
        One per record of `trials`.
    one_level : tuple of dict
        Records of trials that report one of two levels only: they place the
        effects by level and say nothing of the interaction.
    subtracted : tuple of dict
        Records of trials one level of which is derived from the whole and the
        other, for a sensitivity analysis.
    excluded : tuple of Excluded
    """

    trials: tuple[Json, ...]
    candidates: tuple[Candidate, ...]
    one_level: tuple[Json, ...]
    subtracted: tuple[Json, ...]
    excluded: tuple[Excluded, ...]


def select_interactions(
    library: Library, question: Mapping[str, Any], record_of: RecordOf
) -> Interactions:
    """Choose the trials that compare levels of a marker within themselves.

    All levels come from one source, endpoint, definition, assessor and data cut, and hold
    different patients. Of several such reports the question's policy chooses.
    """
    found, reasons = usable_levels(library, question)
    whole: list[Pair | LevelSet] = []
    singles: list[tuple[str, str, Candidate]] = []
    by_comparison: dict[tuple[str, ...], list[tuple[str, Candidate]]] = defaultdict(list)
    for marker, place, candidate in found:
        by_comparison[marker, candidate.trial_id, *candidate.arms].append((place, candidate))

    left_out: dict[str, tuple[str, str]] = {}

    def out(candidates: Sequence[Candidate], stage: str, reason: str) -> None:
        for candidate in candidates:
            left_out.update(dict.fromkeys(candidate.row_ids, (stage, reason)))

    for (marker, *_), ours in by_comparison.items():
        reports = by_report(library, ours, list(places_of(question, marker)), out)
        pending = [(place, c) for place, c in ours if c.row_ids[0] not in left_out]
        best: Pair | LevelSet | None
        if kind_of(question) == "pairs":
            best = _pair(marker, reports, pending, singles, out)
        else:
            best = choose_set(question, marker, reports, pending, out)
        if best is not None:
            whole.append(best)
    together = {one.joined.row_ids: one for one in whole}
    overlaps = library.taxonomy_config.get("overlaps", [])
    kept, gone = replace_members(
        [*(one.joined for one in whole), *(candidate for _, _, candidate in singles)], overlaps
    )
    alone = [one for one in singles if one[2] in kept]
    kept, more = choose_contrasts(
        [candidate for candidate in kept if candidate.row_ids in together],
        question.get("choose", {}),
        question["multiarm"],
    )
    left_out |= {item.row_id: (item.stage, item.reason) for item in (*gone, *more)}
    trials: list[Json] = []
    candidates: list[Candidate] = []
    for candidate in kept:
        one = together[candidate.row_ids]
        if isinstance(one, Pair):
            records, reason = _difference(question, one, record_of)
        else:
            records, reason = records_of_set(question, one, record_of)
        if not records:
            out([candidate], NOT_POOLABLE, reason)
        trials += records
        candidates += [candidate] * len(records)
    reasons |= left_out
    one_level = _one_level(question, alone, trials, record_of)
    subtracted: list[Json] = []
    if question["interaction"].get("exhaustive"):
        subtracted = subtracted_levels(library, question, alone, record_of)
    for record in (*trials, *subtracted):
        del record["mechanisms_group"]
    used = {row_id for record in trials for row_id in record["row_ids"]}
    excluded = [
        library.excluded(row, *reasons[str(row["row_id"])])
        for row in library.rows(question["table"], question["endpoints"])
        if str(row["row_id"]) not in used
    ]
    return Interactions(
        tuple(trials), tuple(candidates), tuple(one_level), tuple(subtracted), tuple(excluded)
    )


def _pair(
    marker: str,
    reports: Sequence[Mapping[str, Sequence[Candidate]]],
    pending: Sequence[tuple[str, Candidate]],
    singles: list[tuple[str, str, Candidate]],
    out: LeaveOut,
) -> Pair | None:
    """Choose the report with both levels; note a single level, and the reasons of the rest."""
    pairs = [
        Pair(marker, sides["positive"][0], sides["negative"][0])
        for sides in reports
        if all(sides.values())
    ]
    if pairs:
        best = min(pairs, key=lambda pair: pair.joined.rank)
        words = f"{' + '.join(best.joined.row_ids)} is preferred: "
        used = [best.positive, best.negative]
        for pair in pairs:
            if pair is not best:
                others = [pair.positive, pair.negative]
                why = difference(best.joined, pair.joined)
                out(others, "another report used", words + why)
                used += others
        rest = [c for _, c in pending if c not in used]
        out(rest, "another report used", words + "both levels of one report")
        return best
    have = {side for side, _ in pending}
    if len(have) == 2:
        out([c for _, c in pending], NOT_POOLABLE, APART)
    elif have:
        side, single = min(pending, key=lambda one: one[1].rank)
        singles.append((marker, side, single))
        out([c for _, c in pending], NOT_POOLABLE, ONE_LEVEL)
    return None


def _difference(
    question: Mapping[str, Any], pair: Pair, record_of: RecordOf
) -> tuple[list[Json], str]:
    """Build the record of positive minus negative, or say why there is none."""
    base = OF_LEVELS[question["measure"]]
    levels: list[Json] = []
    records: list[Json] = []
    for side, candidate in zip(SIDES, (pair.positive, pair.negative), strict=True):
        record, reason = record_of(candidate, base)
        if record is None:
            return [], f"{pair.marker} {candidate.level}: {reason}"
        records.append(record)
        levels.append(level_record(pair.marker, side, candidate, record))
    return [pair_record(question, pair.marker, records, levels)], ""


def _one_level(
    question: Mapping[str, Any],
    alone: Sequence[tuple[str, str, Candidate]],
    trials: Sequence[Json],
    record_of: RecordOf,
) -> list[Json]:
    """Record trials of one level in the groups whose interaction has that level."""
    found = []
    for marker, side, candidate in alone:
        record, _ = record_of(candidate, OF_LEVELS[question["measure"]])
        if record is None:
            continue
        level = level_record(marker, side, candidate, record)
        same = {"side": side, "marker": marker, "level": candidate.level}
        groups = [
            trial["group"]
            for trial in trials
            if trial["mechanisms_group"] == candidate.contrast.group
            and any(all(one[name] == same[name] for name in same) for one in trial["levels"])
        ]
        for group in list(dict.fromkeys(groups))[:1]:
            named = {"trial_id": candidate.trial_id, "label": candidate.label, "group": group}
            found.append({**named, **level})
    return found

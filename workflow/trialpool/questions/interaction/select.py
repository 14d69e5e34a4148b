"""What a question on an interaction asks for: levels of a marker from one report, or why not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from trialpool.measures import Endpoint
from trialpool.questions.interaction.level_sets import LevelSet, choose_set, trials_of_set
from trialpool.questions.interaction.marker_rows import (
    APART,
    NOT_POOLABLE,
    OF_LEVELS,
    ONE_LEVEL,
    LeaveOut,
    by_report,
    extraction_of,
    level_of,
    pair_of,
    places_of,
    usable_levels,
)
from trialpool.questions.interaction.subtraction import subtracted_levels
from trialpool.questions.shared.selection.asked import comparative_asked
from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.comparative import (
    Selection,
    comparative_question,
    in_order,
    variant_trial,
)
from trialpool.questions.shared.selection.grouping import (
    Groups,
    groups_of,
    headings,
    in_display_order,
)
from trialpool.questions.shared.selection.library import Library
from trialpool.questions.shared.selection.preference import prefer
from trialpool.questions.shared.selection.report_policy import (
    choose_contrasts,
    replace_members,
)
from trialpool.questions.shared.selection.trial_records import trial_of
from trialpool.records.base import record_from
from trialpool.records.groups import Heading
from trialpool.records.interaction import InteractionAsked, InteractionQuestion, LevelAlone
from trialpool.records.trials import SelectedTrial

_Found = list[tuple[SelectedTrial, Candidate]]


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
            extraction=extraction_of((self.positive, self.negative)),
            flags=tuple(dict.fromkeys((*self.positive.flags, *self.negative.flags))),
        )


@dataclass(frozen=True, kw_only=True)
class Interactions(Selection):
    """What a question on an interaction is made of.

    Its trials are differences, positive minus negative or each level minus the reference, or
    slopes over scores, with `levels`.

    Attributes
    ----------
    one_level : tuple of LevelAlone
        Trials that report one of two levels only: they place the effects by level and say
        nothing of the interaction.
    subtracted : tuple of SelectedTrial
        Trials one level of which is derived from the whole and the other, for a sensitivity
        analysis.
    """

    one_level: tuple[LevelAlone, ...]
    subtracted: tuple[SelectedTrial, ...]


def asked(
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> InteractionAsked:
    """Make the typed question of its settings."""
    return comparative_asked(InteractionAsked, question_id, settings, pooling, endpoints)


def select(
    library: Library, asked: InteractionAsked
) -> tuple[InteractionQuestion, tuple[SelectedTrial, ...]]:
    """Choose the trials that compare levels of a marker within themselves."""
    chosen = choose_interactions(library, asked)
    question = comparative_question(
        InteractionQuestion,
        library,
        asked,
        chosen,
        choose_interactions,
        one_level=chosen.one_level,
        subtracted=tuple(variant_trial(trial, "levels") for trial in chosen.subtracted),
    )
    return question, chosen.trials


def choose_interactions(
    library: Library, asked: InteractionAsked, main: Groups | None = None
) -> Interactions:
    """Choose the trials that compare levels of a marker within themselves.

    All levels come from one source, endpoint, definition, assessor and data cut, and hold
    different patients. Of several such reports the question's policy chooses.
    """
    found, reasons = usable_levels(library, asked)
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
        reports = by_report(library, ours, list(places_of(asked, marker)), out)
        pending = [(place, c) for place, c in ours if c.row_ids[0] not in left_out]
        best: Pair | LevelSet | None
        if asked.interaction.compare == "pairs":
            best = _pair(asked, marker, reports, pending, singles, out)
        else:
            best = choose_set(asked, marker, reports, pending, out)
        if best is not None:
            whole.append(best)
    together = {one.joined.row_ids: one for one in whole}
    kept, gone = replace_members(
        [*(one.joined for one in whole), *(candidate for _, _, candidate in singles)],
        library.overlaps,
    )
    alone = [one for one in singles if one[2] in kept]
    kept, more = choose_contrasts(
        [candidate for candidate in kept if candidate.row_ids in together],
        asked.filters.choose,
        asked.filters.multiarm,
    )
    left_out |= {item.row_id: (item.stage, item.reason) for item in (*gone, *more)}
    trials: _Found = []
    for candidate in kept:
        one = together[candidate.row_ids]
        made = _difference(asked, one) if isinstance(one, Pair) else trials_of_set(asked, one)
        if isinstance(made, str):
            out([candidate], NOT_POOLABLE, made)
        else:
            trials += [(trial, candidate) for trial in made]
    reasons |= left_out
    used = {row_id for trial, _ in trials for row_id in trial.row_ids}
    excluded = [
        library.excluded(row, *reasons[str(row["row_id"])])
        for row in library.rows(asked.filters.table, asked.endpoints)
        if str(row["row_id"]) not in used
    ]
    ordered = in_display_order(library.taxonomy, ((one, trial) for trial, one in trials))
    also = [candidate for _, _, candidate in alone]
    named = groups_of(library.taxonomy, asked.filters, [*(one for one, _ in ordered), *also], main)
    shown, groups = _in_groups(asked, named, ordered)
    single = _one_level(asked, alone, trials)
    derived = subtracted_levels(library, asked, alone) if asked.interaction.exhaustive else ()
    return Interactions(
        trials=shown,
        groups=groups,
        excluded=in_order(excluded),
        named=named,
        one_level=tuple(structs.replace(one, group=named.name(one.group)) for one in single),
        subtracted=tuple(structs.replace(one, group=named.name(one.group)) for one in derived),
    )


def _in_groups(
    asked: InteractionAsked, named: Groups, ordered: Sequence[tuple[Candidate, SelectedTrial]]
) -> tuple[tuple[SelectedTrial, ...], tuple[Heading, ...]]:
    """Name the groups, and give their headings: those of one strategy part by levels of markers."""
    of_strategy = {one.label: one for one in headings(asked.filters, named)}
    groups: dict[str, Heading] = {}
    trials: dict[str, list[SelectedTrial]] = {}
    for candidate, trial in ordered:
        base, label = of_strategy[named.name(candidate.group)], named.name(trial.group)
        groups.setdefault(label, structs.replace(base, label=label, base=base.label))
        trials.setdefault(label, []).append(structs.replace(trial, group=label))
    return tuple(trial for own in trials.values() for trial in own), tuple(groups.values())


def _pair(
    asked: InteractionAsked,
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
    policy = asked.filters.report_policy
    if pairs:
        both = {pair.joined.row_ids: pair for pair in pairs}
        preferred, others = prefer([pair.joined for pair in pairs], policy)
        for other, reason in others:
            out([both[other.row_ids].joined], "another report used", reason)
        used = {row_id for row_ids in both for row_id in row_ids}
        words = f"{' + '.join(preferred.row_ids)} is preferred: both levels of one report"
        rest = [c for _, c in pending if not used & {*c.row_ids}]
        out(rest, "another report used", words)
        return both[preferred.row_ids]
    have = {side for side, _ in pending}
    if len(have) == 2:
        out([c for _, c in pending], NOT_POOLABLE, APART)
    elif have:
        single, _ = prefer([candidate for _, candidate in pending], policy)
        singles.append((marker, have.pop(), single))
        out([c for _, c in pending], NOT_POOLABLE, ONE_LEVEL)
    return None


def _difference(asked: InteractionAsked, pair: Pair) -> list[SelectedTrial] | str:
    """Build the trial of positive minus negative, or say why there is none."""
    base = OF_LEVELS[asked.measure]
    trials, levels = [], []
    for side, candidate in (("positive", pair.positive), ("negative", pair.negative)):
        trial = trial_of(candidate, base)
        if isinstance(trial, str):
            return f"{pair.marker} {candidate.level}: {trial}"
        trials.append(trial)
        levels.append(level_of(pair.marker, side, candidate, trial))
    return [pair_of(asked, pair.marker, trials, levels)]


def _one_level(
    asked: InteractionAsked, alone: Sequence[tuple[str, str, Candidate]], trials: _Found
) -> Iterator[LevelAlone]:
    """Record trials of one level in the groups whose interaction has that level."""
    for marker, side, candidate in alone:
        single = trial_of(candidate, OF_LEVELS[asked.measure])
        if isinstance(single, str):
            continue
        same = (side, marker, candidate.level)
        for trial, compared in trials:
            if compared.group == single.group and any(
                (level.side, level.marker, level.level) == same for level in trial.levels
            ):
                yield record_from(
                    level_of(marker, side, candidate, single),
                    LevelAlone,
                    trial_id=single.trial_id,
                    label=single.label,
                    group=trial.group,
                )
                break

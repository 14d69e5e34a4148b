"""The rows of a marker's levels: which are usable, and which stand in one report."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from msgspec import structs

from trialpool.evidence.contrasts import CATEGORY_IN_WORDS
from trialpool.questions.shared.selection.asked import with_filters
from trialpool.questions.shared.selection.candidates import (
    Candidate,
    not_whole_trial,
)
from trialpool.questions.shared.selection.comparative import CANDIDATES
from trialpool.questions.shared.selection.cuts import not_one_cut
from trialpool.questions.shared.selection.grouping import grouped
from trialpool.questions.shared.selection.library import (
    Library,
    Row,
    whole,
)
from trialpool.records.interaction import NOT_PRESPECIFIED, InteractionAsked
from trialpool.records.settings import BiomarkerFilter
from trialpool.records.trials import Arm, Derivation, LevelArm, SelectedLevel, SelectedTrial

# Notes that candidates are out: candidates, stage, reason.
LeaveOut = Callable[[Sequence[Candidate], str, str], None]

# Measure of an interaction -> measure of the effects that it compares.
OF_LEVELS: Final = {"RHR": "HR", "ROR": "OR"}
SIDES: Final = ("positive", "negative")
REFERENCE: Final = "Fisher et al. 2017, BMJ 356:j573"
NOT_POOLABLE: Final = "not poolable"
ONE_LEVEL: Final = "one level only: the other has no usable number in this trial"
APART: Final = (
    "the two levels come from different reports, readers or data cuts: their difference would not "
    "be of the same patients and time"
)


def places_of(asked: InteractionAsked, marker: str) -> dict[str, tuple[str, ...]]:
    """Return the places of a marker that hold one effect each: two sides, or every level."""
    levels = asked.interaction.biomarkers[marker]
    if asked.interaction.compare == "pairs":
        return {"positive": levels.positive, "negative": levels.negative}
    return {level: (level,) for level in tuple(levels.scores) or levels.levels}


def usable_levels(
    library: Library, asked: InteractionAsked
) -> tuple[list[tuple[str, str, Candidate]], dict[str, tuple[str, str]]]:
    """Find the usable rows of each marker and place, and a reason for every other row.

    Returns
    -------
    found : list of (marker, place, Candidate)
    reasons : dict
        Row -> stage and reason.
    """
    find = CANDIDATES[asked.filters.table]
    found: list[tuple[str, str, Candidate]] = []
    reasons: dict[str, tuple[str, str]] = {}
    for marker in asked.interaction.biomarkers:
        for place, levels in places_of(asked, marker).items():
            wanted = BiomarkerFilter(name=marker, levels=levels)
            candidates, excluded = find(library, with_filters(asked, biomarker=wanted))
            ours = grouped(asked.filters, candidates)
            found += [(marker, place, candidate) for candidate in ours]
            for item in excluded:
                known = reasons.get(item.row_id)
                if known is None or known[0] == "outside the question":
                    reasons[item.row_id] = item.stage, item.reason
    for row in library.rows(asked.filters.table, asked.endpoints):
        if words := _other_level(library, asked, row):
            reasons[str(row["row_id"])] = words
    return found, reasons


def _other_level(library: Library, asked: InteractionAsked, row: Row) -> tuple[str, str] | None:
    """Say that a row is not about one of the levels, None if it is."""
    markers = asked.interaction.biomarkers
    marker, level = library.level(row)
    if marker not in markers:
        words = f"not by {' or '.join(markers)}: {marker or 'all patients'}"
        return "outside the question", words
    if fault := _elsewhere(library, asked, row):
        return fault
    if level in markers[marker].overlapping:
        return NOT_POOLABLE, f"{marker} {level} overlaps both levels that are compared"
    if not any(level in levels for levels in places_of(asked, marker).values()):
        named = {"pairs": "on neither side", "trend": "not among the levels with a score"}
        words = named.get(asked.interaction.compare, "not among the levels that are compared")
        return NOT_POOLABLE, f"{marker} {level or 'level not given'} is {words}"
    return None


def _elsewhere(library: Library, asked: InteractionAsked, row: Row) -> tuple[str, str] | None:
    """Say that a row is of a trial or a comparison that the question does not ask about."""
    marker, level = library.level(row)
    wanted = BiomarkerFilter(name=marker, levels=(level,))
    own = structs.replace(asked.filters, biomarker=wanted)
    if fault := not_whole_trial(library, own, row):
        return fault
    if own.table == "time_to_event":
        arms = (row["trial_id"], row["experimental_arm"], row["control_arm"])
        contrasts = [library.contrast(*arms)]
    else:
        contrasts = library.contrasts_of(row["trial_id"], row["arm_id"])
    categories = [contrast.category for contrast in contrasts]
    if categories and not set(categories) & set(own.contrasts):
        return "another question", CATEGORY_IN_WORDS[categories[0]]
    return None


def report_of(candidate: Candidate) -> tuple[str, ...]:
    """Tell which report a row stands in: levels are compared within one only."""
    return (
        candidate.source_id,
        candidate.endpoint,
        candidate.maturity,
        candidate.assessor,
        candidate.definition,
    )


def extraction_of(levels: Sequence[Candidate | SelectedTrial]) -> str:
    """Say how often the numbers of all levels were found."""
    return "double" if {one.extraction for one in levels} == {"double"} else "single"


def by_report(
    library: Library,
    ours: Sequence[tuple[str, Candidate]],
    places: Sequence[str],
    out: LeaveOut,
) -> list[dict[str, list[Candidate]]]:
    """Sort the rows of one comparison into reports and places; faulty reports are left out."""
    reports: dict[tuple[str, ...], dict[str, list[Candidate]]] = {}
    for place, candidate in ours:
        entry = reports.setdefault(report_of(candidate), {name: [] for name in places})
        entry[place].append(candidate)
    sound = []
    for entry in reports.values():
        for name in places:
            entry[name] = _without_repeats(entry[name], out)
        if fault := _fault(library, entry):
            out([c for name in places for c in entry[name]], NOT_POOLABLE, fault)
        else:
            sound.append(entry)
    return sound


def _without_repeats(candidates: Sequence[Candidate], out: LeaveOut) -> list[Candidate]:
    """Leave out rows that repeat the numbers of another row of the same report and place."""
    kept: dict[tuple[float | None, ...], Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: one.row_ids):
        arm, effect = candidate.experimental, candidate.effect
        numbers = (effect.yi, effect.sei) if effect else (arm.events, arm.n)
        if numbers in kept:
            words = f"the same numbers as {' + '.join(kept[numbers].row_ids)} of the same report"
            out([candidate], "another report used", words)
        else:
            kept[numbers] = candidate
    return list(kept.values())


def _fault(library: Library, places: Mapping[str, Sequence[Candidate]]) -> str:
    """Say why levels of a report cannot be compared; empty if they can or one stands alone."""
    for name, candidates in places.items():
        if len(candidates) > 1:
            rows = ", ".join(" + ".join(candidate.row_ids) for candidate in candidates)
            return f"two rows for the {name} level in one report ({rows}): which one is not stated"
    given = [candidates[0] for candidates in places.values() if candidates]
    if len(given) < 2:
        return ""
    if any(not_one_cut(one, other) for one, other in combinations(given, 2)):
        return APART
    for arms in zip(*((one.experimental, one.control) for one in given), strict=True):
        randomised = whole(library.arms[given[0].trial_id, arms[0].arm_id]["n"])
        counts = [arm.n for arm in arms if arm.n]
        if randomised and len(counts) == len(arms) and sum(counts) > randomised:
            return (
                f"the levels overlap: {' + '.join(map(str, counts))} patients of the {randomised} "
                f"of arm {arms[0].arm_id}"
            )
    return ""


def level_of(marker: str, side: str, candidate: Candidate, trial: SelectedTrial) -> SelectedLevel:
    """Record the effect in one level, with the words of its report."""
    return SelectedLevel(
        side=side,
        marker=marker,
        level=candidate.level,
        described=candidate.population or candidate.level,
        row_ids=candidate.row_ids,
        experimental=LevelArm(n=trial.experimental.n, events=trial.experimental.events),
        control=LevelArm(n=trial.control.n, events=trial.control.events),
        estimate=trial.estimate,
        se=trial.se,
        derivation=trial.derivation,
    )


def group_label(asked: InteractionAsked, marker: str, group: str, compared: str) -> str:
    """Name the group: different markers, assays and cut-offs are never pooled together."""
    markers, compare = asked.interaction.biomarkers, asked.interaction.compare
    sides = (markers[marker].positive, markers[marker].negative)
    if compare == "levels" or any(len(side) > 1 for side in sides):
        return f"{group}, {compared}"
    return group if len(markers) == 1 else f"{group}, by {marker}"


def joined(
    asked: InteractionAsked,
    trials: Sequence[SelectedTrial],
    levels: Sequence[SelectedLevel],
    **changes: object,
) -> SelectedTrial:
    """Make one trial of those of its levels; `changes` hold estimate, standard error and names.

    Arms, source and place are those that all levels share; counts are added up.
    """
    first = trials[0]
    specified = asked.interaction.prespecified.get(first.trial_id)
    return structs.replace(
        first,
        row_ids=tuple(row_id for trial in trials for row_id in trial.row_ids),
        population="",
        extraction=extraction_of(trials),
        flags=(
            *_flags(trials),
            f"prespecified: {specified}" if specified else NOT_PRESPECIFIED,
        ),
        experimental=_added([trial.experimental for trial in trials]),
        control=_added([trial.control for trial in trials]),
        levels=tuple(levels),
        **changes,
    )


def _flags(trials: Sequence[SelectedTrial]) -> Iterator[str]:
    """Yield each flag once; the words of a population name its level and stand there."""
    for flag in dict.fromkeys(flag for trial in trials for flag in trial.flags):
        if not flag.startswith("population: "):
            yield flag


def pair_of(
    asked: InteractionAsked,
    marker: str,
    trials: Sequence[SelectedTrial],
    levels: Sequence[SelectedLevel],
) -> SelectedTrial:
    """Record the first of two levels minus the second."""
    base = OF_LEVELS[asked.measure]
    first, second = levels
    group, compared = trials[0].group, f"{marker} {first.level} v {second.level}"
    return joined(
        asked,
        trials,
        levels,
        group=group_label(asked, marker, group, compared),
        comparison=f"{trials[0].comparison}; {compared}",
        estimate=first.estimate - second.estimate,
        se=math.hypot(first.se, second.se),
        derivation=Derivation(
            rung="two levels of one report",
            formula=f"ln {asked.measure} = ln {base}(positive) - ln {base}"
            "(negative); se = √(se² of the one + se² of the other)",
            reference=REFERENCE,
            inputs=inputs_of_levels(levels),
            se_lower=None,
            se_upper=None,
        ),
    )


def inputs_of_levels(levels: Sequence[SelectedLevel]) -> dict[str, str]:
    """Return the printed cells of all levels, each under the words of its level."""
    return {
        f"{level.described}: {name}": text
        for level in levels
        for name, text in level.derivation.inputs.items()
    }


def _added(arms: Sequence[Arm]) -> Arm:
    """Return an arm with the patients and events of all levels."""
    return Arm(
        arm_id=arms[0].arm_id,
        label=arms[0].label,
        agents=arms[0].agents,
        n=_sum([arm.n for arm in arms]),
        events=_sum([arm.events for arm in arms]),
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None

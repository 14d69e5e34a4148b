"""Outcome by level of a marker under the same treatment: one estimate per trial, or why none."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec import structs

from trialpool.effects.counts import COUNT_FORMULAS, COUNT_REFERENCE, effect_from_counts
from trialpool.effects.flags import CORRECTED
from trialpool.measures import Endpoint
from trialpool.questions.shared.selection.asked import comparative_asked
from trialpool.questions.shared.selection.candidates import (
    not_usable,
    other_trial,
    set_aside,
)
from trialpool.questions.shared.selection.comparative import (
    Selection,
    comparative_question,
    in_order,
)
from trialpool.questions.shared.selection.grouping import Groups
from trialpool.questions.shared.selection.library import (
    DerivedEffect,
    Library,
    Row,
    flags_of,
    whole,
)
from trialpool.records.groups import Heading
from trialpool.records.prognosis import PrognosisAsked, PrognosisQuestion, Prognostic
from trialpool.records.trials import Arm, Derivation, SelectedTrial

_TABLE: Final = "biomarker_contrasts"
_RESPONSES: Final = "responses"
# What the data call the arms of a trial taken together.
POOLED_ARM: Final = "pooled"
_COMMON: Final = "common effect of the arms (inverse variance)"


@dataclass(frozen=True)
class _Estimate:
    """Outcome of the first level against the second in one arm, or in all arms together."""

    row_ids: tuple[str, ...]
    trial_id: str
    source_id: str
    locator: str
    arm_id: str
    effect: DerivedEffect
    flags: tuple[str, ...]
    counts: tuple[int | None, int | None, int | None, int | None]
    extraction: str


def asked(
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> PrognosisAsked:
    """Make the typed question of its settings."""
    # What size of effect matters is said of treatments; a marker needs words of its own.
    plain = {**pooling, "important": {}, "null_band": {}}
    return comparative_asked(PrognosisAsked, question_id, settings, plain, endpoints)


def select(
    library: Library, asked: PrognosisAsked
) -> tuple[PrognosisQuestion, tuple[SelectedTrial, ...]]:
    """Choose the trials that compare the two levels."""
    chosen = choose_by_level(library, asked)

    def again(library: Library, asked: PrognosisAsked, _: Groups | None) -> Selection:
        return choose_by_level(library, asked)

    question = comparative_question(PrognosisQuestion, library, asked, chosen, again)
    return question, chosen.trials


def choose_by_level(library: Library, asked: PrognosisAsked) -> Selection:
    """Choose one estimate per trial: all arms together, else the common effect of its arms.

    The "experimental" side is the first level.
    """
    # Response rates by level only give odds ratios.
    tables = (_TABLE, _RESPONSES) if asked.measure == "OR" else (_TABLE,)
    reasons: dict[str, tuple[str, str]] = {}
    estimates: list[_Estimate] = []
    rates: dict[tuple[str, ...], dict[int, Row]] = defaultdict(dict)
    rows: list[Row] = []
    for table in tables:
        for row in library.rows(table, asked.endpoints):
            if table == _RESPONSES and not row["biomarker"]:
                continue
            rows.append(row)
            fault = _fault(library, asked, table, row)
            if fault is not None:
                reasons[str(row["row_id"])] = fault
            elif table == _TABLE:
                estimates.append(_contrast(library, asked.prognostic, row))
            else:
                key = ("trial_id", "source_id", "definition", "arm_id")
                side = _levels(library, asked.prognostic, row).index(0)
                rates[tuple(str(row[name]) for name in key)].setdefault(side, row)
    for sides in rates.values():
        if len(sides) < 2:
            words = "one level only: the other has no usable count in this arm"
            reasons |= {str(row["row_id"]): ("not poolable", words) for row in sides.values()}
        else:
            estimates.append(_odds(library, sides[0], sides[1]))
    chosen = _one_per_trial(library, estimates, reasons)
    used = {row_id for _, ours in chosen for one in ours for row_id in one.row_ids}
    excluded = [
        library.excluded(
            row,
            *reasons.get(
                str(row["row_id"]),
                ("another report used", "another row of the same arm and level is used"),
            ),
        )
        for row in rows
        if str(row["row_id"]) not in used
    ]
    marker = asked.prognostic
    label = f"{marker.biomarker}: {' v '.join(marker.levels)}"
    trials = [_trial(library, asked, label, trial_id, ours) for trial_id, ours in chosen]
    trials.sort(key=lambda trial: (trial.year or 9999, trial.label.casefold()))
    heading = Heading(label=label, mechanism="", mechanisms=(), kind="prognostic")
    return Selection(tuple(trials), (heading,) if trials else (), in_order(excluded))


def _levels(library: Library, marker: Prognostic, row: Row) -> list[int]:
    """Positions: where each of the question's levels stands in a row (0: first column)."""
    columns = ("level_a", "level_b") if "level_a" in row else ("biomarker_level",)
    have = [library.level({**row, "biomarker_level": row[name]})[1] for name in columns]
    return [have.index(name) if name in have else -1 for name in marker.levels]


def _fault(library: Library, asked: PrognosisAsked, table: str, row: Row) -> tuple[str, str] | None:
    wanted = asked.prognostic
    marker = library.level({**row, "biomarker_level": ""})[0]
    if marker != wanted.biomarker:
        return "outside the question", f"not by {wanted.biomarker}: {marker or 'all patients'}"
    if fault := other_trial(library.trials[row["trial_id"]], asked.filters.trials):
        return fault
    if fault := set_aside(library, asked.filters, row):
        return fault
    places = _levels(library, wanted, row)
    if (table == _TABLE and -1 in places) or max(places) < 0:
        return "not poolable", f"compares other levels than {' and '.join(wanted.levels)}"
    if reason := not_usable(library, table, row, ["effect" if table == _TABLE else "count"]):
        return "not poolable", reason
    derived = library.derived[table, str(row["row_id"])]
    if table == _TABLE and derived["measure"] != asked.measure:
        return "not poolable", f"a {derived['measure']}, not a {asked.measure}"
    return None


def _contrast(library: Library, marker: Prognostic, row: Row) -> _Estimate:
    row_id = str(row["row_id"])
    effect = library.effect(_TABLE, row_id)
    turned = _levels(library, marker, row)[0] == 1
    first, second = ("b", "a") if turned else ("a", "b")
    return _Estimate(
        row_ids=(row_id,),
        trial_id=str(row["trial_id"]),
        source_id=str(row["source_id"]),
        locator=str(row["locator"]),
        arm_id=str(row["arm_id"]),
        effect=effect.turned("levels") if turned else effect,
        flags=("the report compares the levels the other way round",) if turned else (),
        counts=(
            whole(row[f"n_{first}"]),
            whole(row[f"events_{first}"]),
            whole(row[f"n_{second}"]),
            whole(row[f"events_{second}"]),
        ),
        extraction=str(row["extraction"]),
    )


def _odds(library: Library, first: Row, second: Row) -> _Estimate:
    """Odds of a response in the first level against the second, within one arm."""
    derived = [library.derived[_RESPONSES, str(row["row_id"])] for row in (first, second)]
    counts = [(int(one["events"]), int(one["n"])) for one in derived]
    effect = effect_from_counts(*counts[0], *counts[1], "OR")
    flags = [flag for one in derived for flag in flags_of(one)]
    if effect.corrected:
        flags.append(CORRECTED)
    derivation = Derivation(
        rung="counts of two levels in one arm",
        formula=COUNT_FORMULAS["OR"],
        reference=COUNT_REFERENCE,
        inputs={
            str(row["biomarker_level"]): f"{events} of {n}"
            for row, (events, n) in zip((first, second), counts, strict=True)
        },
        se_lower=None,
        se_upper=None,
    )
    return _Estimate(
        row_ids=(str(first["row_id"]), str(second["row_id"])),
        trial_id=str(first["trial_id"]),
        source_id=str(first["source_id"]),
        locator=str(first["locator"]),
        arm_id=str(first["arm_id"]),
        effect=DerivedEffect(effect.yi, effect.sei, derivation),
        flags=tuple(dict.fromkeys(flags)),
        counts=(counts[0][1], counts[0][0], counts[1][1], counts[1][0]),
        extraction="double"
        if {first["extraction"], second["extraction"]} == {"double"}
        else "single",
    )


def _one_per_trial(
    library: Library, estimates: Sequence[_Estimate], reasons: dict[str, tuple[str, str]]
) -> list[tuple[str, list[_Estimate]]]:
    """Choose each trial's report and arms; members of a joint analysis give way to it."""
    by_trial: dict[str, list[_Estimate]] = defaultdict(list)
    for one in estimates:
        by_trial[one.trial_id].append(one)
    for overlap in library.overlaps:
        if overlap.pooled in by_trial:
            for member in overlap.members:
                words = f"its patients are in the joint analysis {overlap.pooled}"
                for one in by_trial.pop(member, []):
                    reasons.update(dict.fromkeys(one.row_ids, ("joint analysis", words)))
    found = []
    for trial_id, ours in by_trial.items():
        reports: dict[str, dict[str, _Estimate]] = defaultdict(dict)
        for one in sorted(ours, key=lambda one: one.row_ids):
            reports[one.source_id].setdefault(one.arm_id, one)
        best = min(
            reports,
            key=lambda source: (
                POOLED_ARM not in reports[source],
                -len(reports[source]),
                -(library.year(source) or 0),
                source,
            ),
        )
        arms = reports[best]
        used = [arms[POOLED_ARM]] if POOLED_ARM in arms else list(arms.values())
        found.append((trial_id, used))
        words = (
            f"{' + '.join(row_id for one in used for row_id in one.row_ids)} is preferred: all "
            "arms together before single arms, then the later report"
        )
        for one in ours:
            if one not in used:
                reasons.update(dict.fromkeys(one.row_ids, ("another report used", words)))
    return found


def _trial(
    library: Library,
    asked: PrognosisAsked,
    label: str,
    trial_id: str,
    ours: Sequence[_Estimate],
) -> SelectedTrial:
    weights = [1.0 / one.effect.sei**2 for one in ours]
    weighted = (w * one.effect.yi for w, one in zip(weights, ours, strict=True))
    first, several = ours[0], len(ours) > 1
    levels = asked.prognostic.levels
    arms = "all arms" if first.arm_id == POOLED_ARM else " and ".join(one.arm_id for one in ours)
    how = first.effect.derivation
    return SelectedTrial(
        row_ids=tuple(row_id for one in ours for row_id in one.row_ids),
        trial_id=trial_id,
        label=str(library.trials[trial_id]["trial"]),
        year=library.year(first.source_id),
        group=label,
        comparison=f"{' v '.join(levels)}, {arms}",
        endpoint=asked.endpoints[0],
        source=first.source_id,
        locator=first.locator,
        assessor="",
        maturity="",
        population="",
        definition="",
        extraction=first.extraction,
        grade=library.grade(first.source_id, first.flags),
        estimate=sum(weighted) / sum(weights),
        se=math.sqrt(1.0 / sum(weights)),
        experimental=_level_as_arm(levels[0], ours, 0),
        control=_level_as_arm(levels[1], ours, 2),
        derivation=structs.replace(
            how,
            formula=f"{how.formula}; {_COMMON}" if several else how.formula,
            inputs={
                (f"{one.arm_id}: {name}" if several else name): text
                for one in ours
                for name, text in one.effect.derivation.inputs.items()
            },
            se_lower=None,
            se_upper=None,
        ),
        margin=None,
        third_contrasts=(),
        flags=tuple(dict.fromkeys(flag for one in ours for flag in one.flags)),
    )


def _level_as_arm(level: str, ours: Sequence[_Estimate], place: int) -> Arm:
    """Make a side of the comparison of a level; its n and events stand at `place` of the counts."""
    return Arm(
        arm_id=level,
        label=level,
        agents=(level,),
        n=_total([one.counts[place] for one in ours]),
        events=_total([one.counts[place + 1] for one in ours]),
    )


def _total(numbers: Sequence[int | None]) -> int | None:
    return None if None in numbers else sum(n for n in numbers if n is not None)

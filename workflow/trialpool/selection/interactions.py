"""Interactions: two levels of a marker from one report of one comparison, or why not."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from trialpool.selection import responses, time_to_event
from trialpool.selection.candidates import Candidate, Excluded, Library, Row, whole
from trialpool.selection.policy import choose_contrasts, replace_members

Json = dict[str, Any]
# Builds the record of one comparison under a measure, or says why there is none.
RecordOf = Callable[[Candidate, str], tuple[Json | None, str]]

_CANDIDATES: Final = {
    "time_to_event": time_to_event.candidates,
    "responses": responses.candidates,
}
# Measure of an interaction -> measure of the effects that it compares.
OF_LEVELS: Final = {"RHR": "HR", "ROR": "OR"}
SIDES: Final = ("positive", "negative")
ARMS: Final = ("experimental", "control")
REFERENCE: Final = "Fisher et al. 2017, BMJ 356:j573"
_NOT_POOLABLE: Final = "not poolable"


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


def select_interactions(
    library: Library, question: Mapping[str, Any], record_of: RecordOf
) -> tuple[list[Json], list[Json], list[Candidate], list[Excluded]]:
    """Choose the trials that compare two levels of a marker within themselves.

    Both levels come from one source, endpoint, definition, assessor and data cut, and hold
    different patients. Of several such reports the question's policy chooses.

    Returns
    -------
    trials : list of dict
        Records of the differences, positive minus negative, with `levels`.
    one_level : list of dict
        Records of trials that report one of the levels only: they place the
        effects by level and say nothing of the interaction.
    candidates : list of Candidate
        One per record of `trials`.
    excluded : list of Excluded
    """
    found, reasons = _levels(library, question)
    pairs, singles, faults = _pair(library, found)
    reasons |= faults
    together = {pair.joined.row_ids: pair for pair in pairs}
    overlaps = library.taxonomy_config.get("overlaps", [])
    kept, out = replace_members(
        [*(pair.joined for pair in pairs), *(candidate for _, _, candidate in singles)], overlaps
    )
    alone = [one for one in singles if one[2] in kept]
    kept, more = choose_contrasts(
        [candidate for candidate in kept if candidate.row_ids in together],
        question.get("choose", {}),
        question["multiarm"],
    )
    reasons |= {item.row_id: (item.stage, item.reason) for item in (*out, *more)}
    trials: list[Json] = []
    candidates: list[Candidate] = []
    for candidate in kept:
        record, reason = _difference(question, together[candidate.row_ids], record_of)
        if record is None:
            reasons |= dict.fromkeys(candidate.row_ids, (_NOT_POOLABLE, reason))
        else:
            trials.append(record)
            candidates.append(candidate)
    one_level = _one_level(question, alone, trials, record_of)
    for record in trials:
        del record["mechanisms_group"]
    used = {row_id for record in trials for row_id in record["row_ids"]}
    excluded = [
        library.excluded(row, *reasons[str(row["row_id"])])
        for row in library.rows(question["table"], question["endpoints"])
        if str(row["row_id"]) not in used
    ]
    return trials, one_level, candidates, excluded


def _levels(
    library: Library, question: Mapping[str, Any]
) -> tuple[list[tuple[str, str, Candidate]], dict[str, tuple[str, str]]]:
    """Find the usable rows of each marker and side, and a reason for every other row."""
    markers = question["interaction"]["biomarkers"]
    found: list[tuple[str, str, Candidate]] = []
    reasons: dict[str, tuple[str, str]] = {}
    for marker, levels in markers.items():
        for side in SIDES:
            asked = {
                **question,
                "measure": OF_LEVELS[question["measure"]],
                "biomarker": {"name": marker, "levels": levels[side]},
            }
            candidates, excluded = _CANDIDATES[question["table"]](library, asked)
            found += [(marker, side, candidate) for candidate in candidates]
            for item in excluded:
                known = reasons.get(item.row_id)
                if known is None or known[0] == "outside the question":
                    reasons[item.row_id] = item.stage, item.reason
    for row in library.rows(question["table"], question["endpoints"]):
        if words := _other_level(library, markers, row):
            reasons[str(row["row_id"])] = words
    return found, reasons


def _other_level(library: Library, markers: Mapping[str, Any], row: Row) -> tuple[str, str] | None:
    """Say that a row is not about one of the levels, None if it is."""
    marker, level = library.level(row)
    if marker not in markers:
        return "outside the question", f"not by {' or '.join(markers)}: {marker or 'all patients'}"
    levels = markers[marker]
    if level in levels.get("overlapping", []):
        return _NOT_POOLABLE, f"{marker} {level} overlaps both levels that are compared"
    if not any(level in levels[side] for side in SIDES):
        return _NOT_POOLABLE, f"{marker} {level or 'level not given'} is on neither side"
    return None


def _report(candidate: Candidate) -> tuple[str, ...]:
    """Tell which report a row stands in: levels are compared within one only."""
    return (
        candidate.source_id,
        candidate.endpoint,
        candidate.maturity,
        candidate.assessor,
        candidate.definition,
    )


def _pair(
    library: Library, found: Sequence[tuple[str, str, Candidate]]
) -> tuple[list[Pair], list[tuple[str, str, Candidate]], dict[str, tuple[str, str]]]:
    """Pair the levels of each comparison; give singles and the reasons of what is left."""
    comparisons: dict[tuple[str, ...], list[tuple[str, Candidate]]] = defaultdict(list)
    for marker, side, candidate in found:
        comparisons[marker, candidate.trial_id, *candidate.arms].append((side, candidate))
    pairs: list[Pair] = []
    singles: list[tuple[str, str, Candidate]] = []
    reasons: dict[str, tuple[str, str]] = {}

    def out(candidates: Sequence[Candidate], stage: str, reason: str) -> None:
        for candidate in candidates:
            reasons.update(dict.fromkeys(candidate.row_ids, (stage, reason)))

    for (marker, *_), ours in comparisons.items():
        reports: dict[tuple[str, ...], dict[str, list[Candidate]]] = {}
        for side, candidate in ours:
            place = reports.setdefault(_report(candidate), {name: [] for name in SIDES})
            place[side].append(candidate)
        whole_reports: list[Pair] = []
        for sides in reports.values():
            for name in SIDES:
                sides[name] = _without_repeats(sides[name], out)
            if fault := _fault(library, sides):
                out([c for name in SIDES for c in sides[name]], _NOT_POOLABLE, fault)
            elif all(sides.values()):
                whole_reports.append(Pair(marker, sides["positive"][0], sides["negative"][0]))
        if whole_reports:
            best = min(whole_reports, key=lambda pair: pair.joined.rank)
            pairs.append(best)
            words = f"{' + '.join(best.joined.row_ids)} is preferred: both levels of one report"
            used = (best.positive, best.negative)
            left = [c for _, c in ours if c not in used and c.row_ids[0] not in reasons]
            out(left, "another report used", words)
            continue
        left_over = [(s, c) for s, c in ours if c.row_ids[0] not in reasons]
        have = {side for side, _ in left_over}
        if len(have) == 2:
            words = (
                "the two levels come from different reports, readers or data cuts: their "
                "difference would not be of the same patients and time"
            )
            out([c for _, c in left_over], _NOT_POOLABLE, words)
        elif have:
            side, best_one = min(left_over, key=lambda one: one[1].rank)
            singles.append((marker, side, best_one))
            words = "one level only: the other has no usable number in this trial"
            out([c for _, c in left_over], _NOT_POOLABLE, words)
    return pairs, singles, reasons


def _without_repeats(
    candidates: Sequence[Candidate], out: Callable[[Sequence[Candidate], str, str], None]
) -> list[Candidate]:
    """Leave out rows that repeat the numbers of another row of the same report and side."""
    kept: dict[tuple[str, ...], Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: one.row_ids):
        numbers = tuple(str(candidate.derived[name]) for name in ("yi", "sei", "events", "n"))
        if numbers in kept:
            words = f"the same numbers as {' + '.join(kept[numbers].row_ids)} of the same report"
            out([candidate], "another report used", words)
        else:
            kept[numbers] = candidate
    return list(kept.values())


def _fault(library: Library, sides: Mapping[str, Sequence[Candidate]]) -> str:
    """Say why two levels of a report cannot be compared; empty if they can or one is missing."""
    for name in SIDES:
        if len(sides[name]) > 1:
            rows = ", ".join(" + ".join(candidate.row_ids) for candidate in sides[name])
            return f"two rows for the {name} level in one report ({rows}): which one is not stated"
    if not all(sides.values()):
        return ""
    positive, negative = sides["positive"][0], sides["negative"][0]
    for ours, theirs in (
        (positive.experimental, negative.experimental),
        (positive.control, negative.control),
    ):
        randomised = whole(library.arms[positive.trial_id, ours.arm_id]["n"])
        if ours.n and theirs.n and randomised and ours.n + theirs.n > randomised:
            return (
                f"the levels overlap: {ours.n} + {theirs.n} patients of the {randomised} of arm "
                f"{ours.arm_id}"
            )
    return ""


def _level_record(pair_marker: str, side: str, candidate: Candidate, record: Json) -> Json:
    return {
        "side": side,
        "marker": pair_marker,
        "level": candidate.level,
        "described": candidate.population or candidate.level,
        "row_ids": list(candidate.row_ids),
        **{arm: {name: record[arm][name] for name in ("n", "events")} for arm in ARMS},
        "estimate": record["estimate"],
        "se": record["se"],
        "derivation": record["derivation"],
    }


def _difference(
    question: Mapping[str, Any], pair: Pair, record_of: RecordOf
) -> tuple[Json | None, str]:
    """Build the record of positive minus negative."""
    base = OF_LEVELS[question["measure"]]
    levels: list[Json] = []
    records: list[Json] = []
    for side, candidate in zip(SIDES, (pair.positive, pair.negative), strict=True):
        record, reason = record_of(candidate, base)
        if record is None:
            return None, f"{pair.marker} {candidate.level}: {reason}"
        records.append(record)
        levels.append(_level_record(pair.marker, side, candidate, record))
    first, second = records
    compared = f"{pair.marker} {pair.positive.level} v {pair.negative.level}"
    joined = {
        **first,
        "row_ids": [*first["row_ids"], *second["row_ids"]],
        "group": _group(question, pair.marker, first["group"], compared),
        # Dropped again once trials of one level have found their group.
        "mechanisms_group": first["group"],
        "comparison": f"{first['comparison']}; {compared}",
        "estimate": first["estimate"] - second["estimate"],
        "se": math.hypot(first["se"], second["se"]),
        "population": "",
        "extraction": "double"
        if {first["extraction"], second["extraction"]} == {"double"}
        else "single",
        "derivation": {
            "rung": "two levels of one report",
            "formula": f"ln {question['measure']} = ln {base}(positive) - ln {base}(negative); "
            "se = √(se² of the one + se² of the other)",
            "reference": REFERENCE,
            "inputs": {
                f"{level['described']}: {name}": text
                for level in levels
                for name, text in level["derivation"]["inputs"].items()
            },
            "se_lower": None,
            "se_upper": None,
        },
        "flags": list(dict.fromkeys([*first["flags"], *second["flags"]])),
        "levels": levels,
    }
    # The words of a population name its level; they stand under `levels`.
    joined["flags"] = [f for f in joined["flags"] if not f.startswith("population: ")]
    for side in ARMS:
        joined[side] = {
            **{name: first[side][name] for name in ("arm_id", "label", "agents")},
            **{name: _sum(first[side][name], second[side][name]) for name in ("n", "events")},
        }
    specified = question["interaction"].get("prespecified", {}).get(pair.positive.trial_id)
    joined["flags"].append(f"prespecified: {specified}" if specified else "prespecified: not noted")
    return joined, ""


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
        level = _level_record(marker, side, candidate, record)
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


def _group(question: Mapping[str, Any], marker: str, group: str, compared: str) -> str:
    """Name the group: different markers, assays and cut-offs are never pooled together."""
    markers = question["interaction"]["biomarkers"]
    if any(len(markers[marker][side]) > 1 for side in SIDES):
        return f"{group}, {compared}"
    return group if len(markers) == 1 else f"{group}, by {marker}"


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other

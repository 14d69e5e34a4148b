"""Outcome by level of a marker under the same treatment: one estimate per trial, or why none."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool.effects.counts import COUNT_FORMULAS, COUNT_REFERENCE, effect_from_counts
from trialpool.questions.shared.selection.candidates import (
    Excluded,
    Library,
    Row,
    inputs_of,
    not_usable,
    whole,
)

Json = dict[str, Any]
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
    yi: float
    sei: float
    rung: str
    formula: str
    reference: str
    inputs: Mapping[str, str]
    flags: tuple[str, ...]
    counts: tuple[int | None, int | None, int | None, int | None]
    extraction: str


def tables_of(question: Mapping[str, Any]) -> tuple[str, ...]:
    """Tables that a prognostic question reads: response rates by level only give odds ratios."""
    return (_TABLE, _RESPONSES) if question["measure"] == "OR" else (_TABLE,)


def select_prognostic(
    library: Library, question: Mapping[str, Any]
) -> tuple[list[Json], list[Json], list[Excluded]]:
    """Choose one estimate per trial: all arms together, else the common effect of its arms.

    Returns
    -------
    trials, groups : list of dict
        As in `Selection`. The "experimental" side is the first level.
    excluded : list of Excluded
    """
    reasons: dict[str, tuple[str, str]] = {}
    estimates: list[_Estimate] = []
    rates: dict[tuple[str, ...], dict[int, Row]] = defaultdict(dict)
    rows: list[Row] = []
    for table in tables_of(question):
        for row in library.rows(table, question["endpoints"]):
            if table == _RESPONSES and not row["biomarker"]:
                continue
            rows.append(row)
            fault = _fault(library, question, table, row)
            if fault is not None:
                reasons[str(row["row_id"])] = fault
            elif table == _TABLE:
                estimates.append(_contrast(library, question, row))
            else:
                key = ("trial_id", "source_id", "definition", "arm_id")
                side = _levels(library, question, row).index(0)
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
    label = _label(question)
    trials = [_record(library, question, label, trial_id, ours) for trial_id, ours in chosen]
    trials.sort(key=lambda trial: (trial["year"] or 9999, trial["label"].casefold()))
    heading = {"label": label, "mechanism": "", "mechanisms": [], "kind": "prognostic"}
    excluded.sort(key=lambda item: (item.trial_id, item.row_id))
    return trials, [heading] if trials else [], excluded


def _label(question: Mapping[str, Any]) -> str:
    asked = question["prognostic"]
    return f"{asked['biomarker']}: {' v '.join(asked['levels'])}"


def _levels(library: Library, question: Mapping[str, Any], row: Row) -> list[int]:
    """Positions: where each of the question's levels stands in a row (0: first column)."""
    columns = ("level_a", "level_b") if "level_a" in row else ("biomarker_level",)
    have = [library.level({**row, "biomarker_level": row[name]})[1] for name in columns]
    wanted = question["prognostic"]["levels"]
    return [have.index(name) if name in have else -1 for name in wanted]


def _fault(
    library: Library, question: Mapping[str, Any], table: str, row: Row
) -> tuple[str, str] | None:
    asked = question["prognostic"]
    trial = library.trials[row["trial_id"]]
    marker = library.level({**row, "biomarker_level": ""})[0]
    if marker != asked["biomarker"]:
        return "outside the question", f"not by {asked['biomarker']}: {marker or 'all patients'}"
    for column, values in question.get("trials", {}).items():
        if trial[column] not in values:
            have, want = trial[column] or "not given", " or ".join(values)
            return "outside the question", f"{column} is {have}, the question asks for {want}"
    if reason := question.get("exclude_rows", {}).get(row["row_id"]):
        return "set aside", str(reason)
    places = _levels(library, question, row)
    if (table == _TABLE and -1 in places) or max(places) < 0:
        return "not poolable", f"compares other levels than {' and '.join(asked['levels'])}"
    if reason := not_usable(library, table, row, ["effect" if table == _TABLE else "count"]):
        return "not poolable", reason
    derived = library.derived[table, str(row["row_id"])]
    if table == _TABLE and derived["measure"] != question["measure"]:
        return "not poolable", f"a {derived['measure']}, not a {question['measure']}"
    return None


def _contrast(library: Library, question: Mapping[str, Any], row: Row) -> _Estimate:
    derived = library.derived[_TABLE, str(row["row_id"])]
    turned = _levels(library, question, row)[0] == 1
    first, second = ("b", "a") if turned else ("a", "b")
    return _Estimate(
        row_ids=(str(row["row_id"]),),
        trial_id=str(row["trial_id"]),
        source_id=str(row["source_id"]),
        locator=str(row["locator"]),
        arm_id=str(row["arm_id"]),
        yi=-float(derived["yi"]) if turned else float(derived["yi"]),
        sei=float(derived["sei"]),
        rung=str(derived["rung"]),
        formula=f"{derived['formula']}{'; sign turned with the levels' if turned else ''}",
        reference=str(derived["reference"]),
        inputs=inputs_of(derived),
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
    flags = [flag for one in derived for flag in str(one["flags"]).split("; ") if flag]
    if effect.corrected:
        flags.append("0.5 added to each cell (a cell is zero)")
    return _Estimate(
        row_ids=(str(first["row_id"]), str(second["row_id"])),
        trial_id=str(first["trial_id"]),
        source_id=str(first["source_id"]),
        locator=str(first["locator"]),
        arm_id=str(first["arm_id"]),
        yi=effect.yi,
        sei=effect.sei,
        rung="counts of two levels in one arm",
        formula=COUNT_FORMULAS["OR"],
        reference=COUNT_REFERENCE,
        inputs={
            str(row["biomarker_level"]): f"{events} of {n}"
            for row, (events, n) in zip((first, second), counts, strict=True)
        },
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
    for overlap in library.taxonomy_config.get("overlaps", []):
        if overlap["pooled"] in by_trial:
            for member in overlap["members"]:
                words = f"its patients are in the joint analysis {overlap['pooled']}"
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


def _record(
    library: Library,
    question: Mapping[str, Any],
    label: str,
    trial_id: str,
    ours: Sequence[_Estimate],
) -> Json:
    weights = [1.0 / one.sei**2 for one in ours]
    estimate = sum(w * one.yi for w, one in zip(weights, ours, strict=True)) / sum(weights)
    first, several = ours[0], len(ours) > 1
    levels = question["prognostic"]["levels"]
    counts = [_total([one.counts[place] for one in ours]) for place in range(4)]
    arms = "all arms" if first.arm_id == POOLED_ARM else " and ".join(one.arm_id for one in ours)
    formula = f"{first.formula}; {_COMMON}" if several else first.formula
    return {
        "row_ids": [row_id for one in ours for row_id in one.row_ids],
        "trial_id": trial_id,
        "label": str(library.trials[trial_id]["trial"]),
        "year": library.year(first.source_id),
        "group": label,
        "comparison": f"{' v '.join(levels)}, {arms}",
        **{
            side: {
                "arm_id": level,
                "label": level,
                "agents": [level],
                "n": counts[2 * place],
                "events": counts[2 * place + 1],
            }
            for place, (side, level) in enumerate(
                zip(("experimental", "control"), levels, strict=True)
            )
        },
        "endpoint": question["endpoints"][0],
        "estimate": estimate,
        "se": math.sqrt(1.0 / sum(weights)),
        "source": first.source_id,
        "locator": first.locator,
        "assessor": "",
        "maturity": "",
        "population": "",
        "definition": "",
        "extraction": first.extraction,
        "derivation": {
            "rung": first.rung,
            "formula": formula,
            "reference": first.reference,
            "inputs": {
                (f"{one.arm_id}: {name}" if several else name): text
                for one in ours
                for name, text in one.inputs.items()
            },
            "se_lower": None,
            "se_upper": None,
        },
        "flags": list(dict.fromkeys(flag for one in ours for flag in one.flags)),
        "margin": None,
        "third_contrasts": [],
    }


def _total(numbers: Sequence[int | None]) -> int | None:
    return None if None in numbers else sum(n for n in numbers if n is not None)

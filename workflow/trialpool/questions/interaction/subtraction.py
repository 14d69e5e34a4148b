"""Levels that no report prints, from the whole trial and the one level that it does.

For a sensitivity analysis only, and only where the question declares that two levels hold
every patient: hazard and odds ratios are not collapsible, so the whole is not exactly the
weighted mean of its levels. Counts of patients are: they are subtracted as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from trialpool.effects.levels import SUBTRACTION_FORMULA, rest_by_rounding, subtract_level
from trialpool.questions.interaction.marker_rows import (
    CANDIDATES,
    OF_LEVELS,
    REFERENCE,
    SIDES,
    Json,
    RecordOf,
    level_record,
    pair_record,
    report_of,
)
from trialpool.questions.shared.selection.candidates import Arm, Candidate, Library

# Who may stand for the whole trial.
_WHOLE: Final = ["itt", "modified-itt"]
FLAG: Final = "a level derived by subtraction"


def subtracted_levels(
    library: Library,
    question: Mapping[str, Any],
    alone: Sequence[tuple[str, str, Candidate]],
    record_of: RecordOf,
) -> list[Json]:
    """Record the trials whose missing level the whole trial of the same report gives.

    Parameters
    ----------
    library : Library
    question : mapping
        `interaction.exhaustive` names the markers whose two sides hold everybody.
    alone : sequence of (marker, side, Candidate)
        Trials of one level.
    record_of : callable

    Returns
    -------
    list of dict
        Trial records with the flag `FLAG`; the derived level says how it was made.
    """
    exhaustive = question["interaction"]["exhaustive"]
    base = OF_LEVELS[question["measure"]]
    asked = {**question, "measure": base, "biomarker": None, "populations": _WHOLE}
    wholes, _ = CANDIDATES[question["table"]](library, asked)
    found = []
    for marker, side, part in alone:
        if marker not in exhaustive:
            continue
        same = [
            whole
            for whole in wholes
            if (whole.trial_id, whole.arms, report_of(whole))
            == (part.trial_id, part.arms, report_of(part))
        ]
        # Of several wholes in one report nobody can say which the level is a part of.
        if len(same) != 1:
            continue
        other = SIDES[1 - SIDES.index(side)]
        names = question["interaction"]["biomarkers"][marker][other]
        made = _rest(same[0], part, base, names[0], record_of)
        if made is None:
            continue
        record, _ = record_of(part, base)
        if record is None:
            continue
        records = {side: record, other: made}
        levels = {
            side: level_record(marker, side, part, record),
            other: {
                **level_record(marker, other, replace(part, level=names[0], population=""), made),
                "described": f"{names[0]}, by subtraction",
                "row_ids": [],
                "is_derived": True,
            },
        }
        ordered = [records[name] for name in SIDES]
        joined = pair_record(question, marker, ordered, [levels[name] for name in SIDES])
        joined["row_ids"] = [*same[0].row_ids, *part.row_ids]
        joined["flags"] = [FLAG, *joined["flags"]]
        found.append(joined)
    return found


def _rest(
    whole: Candidate, part: Candidate, base: str, level: str, record_of: RecordOf
) -> Json | None:
    """Record what is left of the whole without one level; None where the print leaves it open."""
    if whole.derived["status"] == "count":
        return _rest_of_counts(whole, part, base, level, record_of)
    bounds = [
        [candidate.derived["sei_lower"], candidate.derived["sei_upper"]]
        for candidate in (whole, part)
    ]
    ranges = [[float(value) if value != "" else None for value in pair] for pair in bounds]
    limits = rest_by_rounding(*ranges)
    if limits is None:
        return None
    values = [
        (float(candidate.derived["yi"]), float(candidate.derived["sei"]) ** 2)
        for candidate in (whole, part)
    ]
    estimate, variance = subtract_level(*values)
    record, _ = record_of(whole, base)
    assert record is not None
    return _derived(
        record,
        estimate,
        math.sqrt(variance),
        {
            "formula": SUBTRACTION_FORMULA,
            "inputs": {"whole": " + ".join(whole.row_ids), "level": " + ".join(part.row_ids)},
            "se_lower": limits[0],
            "se_upper": limits[1],
        },
    )


def _rest_of_counts(
    whole: Candidate, part: Candidate, base: str, level: str, record_of: RecordOf
) -> Json | None:
    arms = [
        _less(ours, theirs)
        for ours, theirs in (
            (whole.experimental, part.experimental),
            (whole.control, part.control),
        )
    ]
    if arms[0] is None or arms[1] is None:
        return None
    rest = replace(whole, experimental=arms[0], control=arms[1], level=level)
    record, _ = record_of(rest, base)
    if record is None:
        return None
    return _derived(record, record["estimate"], record["se"], {})


def _less(whole: Arm, part: Arm) -> Arm | None:
    """Return the arm without the patients of one level."""
    if whole.n is None or part.n is None or whole.events is None or part.events is None:
        return None
    n, events = whole.n - part.n, whole.events - part.events
    if n < 1 or not 0 <= events <= n:
        return None
    return replace(whole, n=n, events=events, events_smallest=None, events_largest=None, printed="")


def _derived(record: Json, estimate: float, se: float, changes: Mapping[str, Any]) -> Json:
    return {
        **record,
        "row_ids": [],
        "estimate": estimate,
        "se": se,
        "derivation": {
            **record["derivation"],
            "rung": "the whole trial without the other level",
            "reference": REFERENCE,
            **changes,
        },
    }

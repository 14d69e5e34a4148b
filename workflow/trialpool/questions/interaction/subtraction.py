"""Levels that no report prints, from the whole trial and the one level that it does.

For a sensitivity analysis only, and only where the question declares that two levels hold
every patient: hazard and odds ratios are not collapsible, so the whole is not exactly the
weighted mean of its levels. Counts of patients are: they are subtracted as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from msgspec import structs

from trialpool.effects.levels import SUBTRACTION_FORMULA, rest_by_rounding, subtract_level
from trialpool.questions.interaction.marker_rows import (
    OF_LEVELS,
    REFERENCE,
    SIDES,
    level_of,
    pair_of,
    report_of,
)
from trialpool.questions.shared.selection.asked import with_filters
from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.comparative import CANDIDATES
from trialpool.questions.shared.selection.grouping import grouped
from trialpool.questions.shared.selection.library import Library
from trialpool.questions.shared.selection.trial_records import trial_of
from trialpool.records.interaction import InteractionAsked
from trialpool.records.trials import Arm, SelectedTrial

# Who may stand for the whole trial.
_WHOLE: Final = ("itt", "modified-itt")
FLAG: Final = "a level derived by subtraction"
_RUNG: Final = "the whole trial without the other level"


def subtracted_levels(
    library: Library, asked: InteractionAsked, alone: Sequence[tuple[str, str, Candidate]]
) -> list[SelectedTrial]:
    """Record the trials whose missing level the whole trial of the same report gives.

    Parameters
    ----------
    library : Library
    asked : InteractionAsked
        `interaction.exhaustive` names the markers whose two sides hold everybody.
    alone : sequence of (marker, side, Candidate)
        Trials of one level.

    Returns
    -------
    list of SelectedTrial
        With the flag `FLAG`; the derived level says how it was made.
    """
    base = OF_LEVELS[asked.measure]
    everybody = with_filters(asked, biomarker=None, populations=_WHOLE)
    wholes = grouped(asked.filters, CANDIDATES[asked.filters.table](library, everybody)[0])
    found = []
    for marker, side, part in alone:
        if marker not in asked.interaction.exhaustive:
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
        levels = asked.interaction.biomarkers[marker]
        name = (levels.positive if other == "positive" else levels.negative)[0]
        rest = _rest(same[0], part, base)
        given = trial_of(part, base)
        if rest is None or isinstance(given, str):
            continue
        printed = level_of(marker, side, part, given)
        derived = structs.replace(
            level_of(marker, other, replace(part, level=name), rest),
            described=f"{name}, by subtraction",
            row_ids=(),
            is_derived=True,
        )
        ordered = (given, rest) if side == "positive" else (rest, given)
        both = (printed, derived) if side == "positive" else (derived, printed)
        pair = pair_of(asked, marker, ordered, both)
        found.append(
            structs.replace(
                pair,
                row_ids=(*same[0].row_ids, *part.row_ids),
                flags=(FLAG, *pair.flags),
            )
        )
    return found


def _rest(whole: Candidate, part: Candidate, base: str) -> SelectedTrial | None:
    """Record what is left of the whole without one level; None where the print leaves it open."""
    if whole.effect is None or part.effect is None:
        return _rest_of_counts(whole, part, base)
    ours, theirs = whole.effect.derivation, part.effect.derivation
    limits = rest_by_rounding((ours.se_lower, ours.se_upper), (theirs.se_lower, theirs.se_upper))
    trial = trial_of(whole, base)
    if limits is None or isinstance(trial, str):
        return None
    estimate, variance = subtract_level(
        *((effect.yi, effect.sei**2) for effect in (whole.effect, part.effect))
    )
    derivation = structs.replace(
        ours,
        rung=_RUNG,
        formula=SUBTRACTION_FORMULA,
        reference=REFERENCE,
        inputs={"whole": " + ".join(whole.row_ids), "level": " + ".join(part.row_ids)},
        se_lower=limits[0],
        se_upper=limits[1],
    )
    return structs.replace(
        trial, row_ids=(), estimate=estimate, se=math.sqrt(variance), derivation=derivation
    )


def _rest_of_counts(whole: Candidate, part: Candidate, base: str) -> SelectedTrial | None:
    experimental = _less(whole.experimental, part.experimental)
    control = _less(whole.control, part.control)
    if experimental is None or control is None:
        return None
    rest = replace(whole, experimental=experimental, control=control, printed=("", ""))
    trial = trial_of(rest, base)
    if isinstance(trial, str):
        return None
    derivation = structs.replace(trial.derivation, rung=_RUNG, reference=REFERENCE)
    return structs.replace(trial, row_ids=(), derivation=derivation)


def _less(whole: Arm, part: Arm) -> Arm | None:
    """Return the arm without the patients of one level."""
    if whole.n is None or part.n is None or whole.events is None or part.events is None:
        return None
    n, events = whole.n - part.n, whole.events - part.events
    if n < 1 or not 0 <= events <= n:
        return None
    return structs.replace(whole, n=n, events=events, events_smallest=None, events_largest=None)

"""Candidates from reconstructed_survival.csv: one contrast at one horizon."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from scipy.special import ndtri

from trialpool import formatting as fmt
from trialpool.effects.agreement import agreements, other_analyses
from trialpool.evidence.contrasts import CATEGORY_IN_WORDS
from trialpool.measures import get_measure
from trialpool.questions.mean_time.landmarks import curve_flags, landmarks_of, number_in
from trialpool.questions.shared.selection.candidates import (
    Candidate,
    not_usable,
    not_whole_trial,
)
from trialpool.questions.shared.selection.cuts import Cut
from trialpool.questions.shared.selection.library import (
    PROPORTIONAL_BELOW,
    Library,
    Row,
    whole,
)
from trialpool.records.groups import ExcludedRow
from trialpool.records.mean_time import MeanTimeAsked
from trialpool.records.trials import Curve, CurvePatients

# Trial, experimental and control arm, endpoint.
ContrastKey = tuple[str, ...]
_TABLE: Final = "reconstructed_survival"


def candidates(
    library: Library, asked: MeanTimeAsked, horizons: Mapping[ContrastKey, float]
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Find the contrasts whose curves reach their horizon, and the reason for each other row.

    Parameters
    ----------
    library, asked
    horizons : mapping
        Contrast to the horizon at which it is wanted; others at the longest that they reach.
    """
    reached: dict[ContrastKey, float] = {}
    every: dict[ContrastKey, list[Row]] = {}
    for row in library.rows(_TABLE, asked.endpoints):
        key = contrast_of(row)
        every.setdefault(key, []).append(row)
        if (_TABLE, str(row["row_id"])) not in library.unusable:
            reached[key] = max(reached.get(key, 0.0), _horizon(row))
    others = {} if asked.other_analyses else other_analyses(agreements(library.evidence))
    found: list[Candidate] = []
    excluded: list[ExcludedRow] = []
    for row in library.rows(_TABLE, asked.endpoints):
        key = contrast_of(row)
        longest = reached.get(key, 0.0)
        wanted = asked.horizon_months or horizons.get(key, longest)
        fault = _fault(library, asked, row, others, longest, wanted)
        if fault is not None:
            excluded.append(library.excluded(row, *fault))
        else:
            found.append(_candidate(library, asked, row, every[key]))
    return found, excluded


def contrast_of(row: Row) -> ContrastKey:
    """Name a contrast: trial, experimental and control arm, endpoint."""
    names = ("trial_id", "experimental_arm", "control_arm", "endpoint")
    return tuple(str(row[name]) for name in names)


def horizons_of(library: Library, contrast: ContrastKey) -> frozenset[float]:
    """Return the horizons of a contrast's rows that the audit lets pass."""
    return frozenset(
        _horizon(row)
        for row in library.rows(_TABLE, [contrast[3]])
        if contrast_of(row) == contrast and (_TABLE, str(row["row_id"])) not in library.unusable
    )


def _horizon(row: Row) -> float:
    return number_in(row, "horizon_months") or 0.0


def _fault(
    library: Library,
    asked: MeanTimeAsked,
    row: Row,
    others: Mapping[ContrastKey, str],
    reached: float,
    wanted: float,
) -> tuple[str, str] | None:
    """Return stage and reason of the first step that a row does not pass."""
    # A curve is of all randomised patients: the table has no column for anybody else.
    everybody = {"biomarker": "", "biomarker_level": "", **row}
    if fault := not_whole_trial(library, asked.filters, everybody):
        return fault
    arms = (row["trial_id"], row["experimental_arm"], row["control_arm"])
    if reason := library.not_randomised(*arms):
        return "not randomised", reason
    category = library.contrast(*arms).category
    if category not in asked.filters.contrasts:
        return "another question", CATEGORY_IN_WORDS[category]
    if reason := others.get(contrast_of(row)):
        return "not poolable", f"the curve is not the printed analysis: {reason}"
    if reached < wanted:
        return "not poolable", f"its curves are known to {reached:g} months, not to {wanted:g}"
    if _horizon(row) != wanted:
        have = f"{_horizon(row):g} months"
        return "outside the question", f"horizon of {have}, {wanted:g} months are pooled"
    if reason := not_usable(library, _TABLE, row, ["effect"]):
        return "not poolable", reason
    return None


def _candidate(
    library: Library, asked: MeanTimeAsked, row: Row, of_contrast: Sequence[Row]
) -> Candidate:
    trial_id, row_id = str(row["trial_id"]), str(row["row_id"])
    source_id = library.source_of_pmid(str(row["pmid"]))
    return Candidate(
        row_ids=(row_id,),
        trial_id=trial_id,
        label=str(library.trials[trial_id]["trial"]),
        endpoint=str(row["endpoint"]),
        experimental=library.side(row, "experimental"),
        control=library.side(row, "control"),
        compared=library.compared(trial_id, row["experimental_arm"], row["control_arm"]),
        source_id=source_id,
        locator=f"figure {row['figure']}" if row["figure"] else "",
        maturity="",
        population="",
        definition="",
        extraction="",  # computed from a figure: no reader found it
        effect=library.effect(_TABLE, row_id),
        rank=(asked.endpoints.index(row["endpoint"]),),
        flags=(_hazards(row), *curve_flags(library, row)),
        curve=_curve(library, row, of_contrast),
        grade=library.grade(source_id, ()),
        cut=Cut(year=library.year(source_id)),
    )


def _curve(library: Library, row: Row, of_contrast: Sequence[Row]) -> Curve:
    """Collect what else the curves say: at the horizon, and at every other one."""
    landmarks = landmarks_of(library, of_contrast)
    log_hr, log_hr_se = _log_ratio(row)
    difference, difference_se = _difference(row)
    return Curve(
        horizon_months=_horizon(row),
        log_hr=log_hr,
        log_hr_se=log_hr_se,
        ph_p_value=number_in(row, "ph_p_value"),
        survival_difference=difference,
        survival_difference_se=difference_se,
        patients=CurvePatients(
            experimental=whole(of_contrast[0]["n_experimental"]),
            control=whole(of_contrast[0]["n_control"]),
        ),
        individual=bool(landmarks)
        and all(None not in (m.experimental.exposed, m.control.exposed) for m in landmarks),
        landmarks=landmarks,
    )


def _log_ratio(row: Row) -> tuple[float | None, float | None]:
    """Log hazard ratio of the curves and its standard error."""
    hr, low, high = (number_in(row, name) for name in ("hr", "hr_ci_lower", "hr_ci_upper"))
    if not hr or not low or not high:
        return None, None
    return math.log(hr), (math.log(high) - math.log(low)) / (2.0 * float(ndtri(0.975)))


def _difference(row: Row) -> tuple[float | None, float | None]:
    """Difference in survival at the horizon and its standard error."""
    ours, theirs = number_in(row, "survival_experimental"), number_in(row, "survival_control")
    errors = [number_in(row, f"survival_{side}_se") for side in ("experimental", "control")]
    if ours is None or theirs is None or errors[0] is None or errors[1] is None:
        return None, None
    return ours - theirs, math.hypot(errors[0], errors[1])


def _hazards(row: Row) -> str:
    """State the hazard ratio of the same curves, and whether one number does it justice."""
    numbers = [number_in(row, name) for name in ("hr", "hr_ci_lower", "hr_ci_upper")]
    if None in numbers:
        return "hazard ratio of these curves not known"
    measure = get_measure("HR")
    hr, low, high = (measure.to_analysis(number) for number in numbers if number is not None)
    words = f"HR of the same curves {fmt.effect_with_interval(hr, low, high, measure)}"
    p_value = number_in(row, "ph_p_value")
    if p_value is not None and p_value < PROPORTIONAL_BELOW:
        return f"hazards not proportional (test: {fmt.p_statement(p_value)}), {words}"
    return words

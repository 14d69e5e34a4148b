"""Candidates from reconstructed_survival.csv: one contrast at the question's horizon."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from scipy.special import ndtri

from trialpool import formatting as fmt
from trialpool.evidence.contrasts import CATEGORY_IN_WORDS
from trialpool.evidence.printed import parse_number
from trialpool.measures import get_measure
from trialpool.questions.mean_time.landmarks import curve_beside, curve_flags
from trialpool.questions.shared.selection.candidates import (
    PROPORTIONAL_BELOW,
    Candidate,
    Excluded,
    Library,
    Row,
    not_usable,
    not_whole_trial,
    whole,
)

_TABLE = "reconstructed_survival"
_CURVE: Final = (
    "hr",
    "hr_ci_lower",
    "hr_ci_upper",
    "ph_p_value",
    "survival_experimental",
    "survival_experimental_se",
    "survival_control",
    "survival_control_se",
)


def candidates(
    library: Library, question: Mapping[str, Any]
) -> tuple[list[Candidate], list[Excluded]]:
    """Find the contrasts whose curves reach the horizon, and the reason for each other row."""
    reached: dict[tuple[str, ...], float] = {}
    every: dict[tuple[str, ...], list[Row]] = {}
    for row in library.rows(_TABLE, question["endpoints"]):
        key = _contrast(row)
        reached[key] = max(reached.get(key, 0.0), _horizon(row))
        every.setdefault(key, []).append(row)
    found: list[Candidate] = []
    excluded: list[Excluded] = []
    for row in library.rows(_TABLE, question["endpoints"]):
        fault = _fault(library, question, row, reached[_contrast(row)])
        if fault is not None:
            excluded.append(library.excluded(row, *fault))
        else:
            found.append(_candidate(library, question, row, every[_contrast(row)]))
    return found, excluded


def _contrast(row: Row) -> tuple[str, ...]:
    names = ("trial_id", "experimental_arm", "control_arm", "endpoint")
    return tuple(str(row[name]) for name in names)


def _horizon(row: Row) -> float:
    number = parse_number(str(row["horizon_months"]))
    return number.value if number is not None else 0.0


def _fault(
    library: Library, question: Mapping[str, Any], row: Row, reached: float
) -> tuple[str, str] | None:
    """Return stage and reason of the first step that a row does not pass."""
    # A curve is of all randomised patients: the table has no column for anybody else.
    if fault := not_whole_trial(library, question, {"biomarker": "", "biomarker_level": "", **row}):
        return fault
    arms = (row["trial_id"], row["experimental_arm"], row["control_arm"])
    if reason := library.not_randomised(*arms):
        return "not randomised", reason
    category = library.contrast(*arms).category
    if category not in question["contrasts"]:
        return "another question", CATEGORY_IN_WORDS[category]
    wanted = float(question["horizon_months"])
    if reached < wanted:
        return "not poolable", f"its curves are known to {reached:g} months, not to {wanted:g}"
    if _horizon(row) != wanted:
        have = f"{_horizon(row):g} months"
        return "outside the question", f"horizon of {have}, the question asks for {wanted:g}"
    if reason := not_usable(library, _TABLE, row, ["effect"]):
        return "not poolable", reason
    return None


def _candidate(
    library: Library, question: Mapping[str, Any], row: Row, of_contrast: Sequence[Row]
) -> Candidate:
    trial_id, row_id = str(row["trial_id"]), str(row["row_id"])
    source_id = library.source_of_pmid(str(row["pmid"]))
    return Candidate(
        row_ids=(row_id,),
        trial_id=trial_id,
        label=str(library.trials[trial_id]["trial"]),
        endpoint=str(row["endpoint"]),
        experimental=library.arm(
            trial_id,
            row["experimental_arm"],
            n=whole(row["n_experimental"]),
            events=whole(row["events_experimental"]),
        ),
        control=library.arm(
            trial_id,
            row["control_arm"],
            n=whole(row["n_control"]),
            events=whole(row["events_control"]),
        ),
        contrast=library.contrast(trial_id, row["experimental_arm"], row["control_arm"]),
        source_id=source_id,
        year=library.year(source_id),
        locator=f"figure {row['figure']}" if row["figure"] else "",
        maturity="",
        population="",
        definition="",
        extraction="",  # computed from a figure: no reader found it
        derived=library.derived[_TABLE, row_id],
        rank=(question["endpoints"].index(row["endpoint"]), row_id),
        flags=(_hazards(row), *curve_flags(library, row)),
        curve={**_curve(row), **curve_beside(library, of_contrast)},
    )


def _curve(row: Row) -> dict[str, float | None]:
    """Collect what else the curves say: log hazard ratio and survival at the horizon."""
    printed = {name: parse_number(str(row[name])) for name in _CURVE}
    value = {name: number.value if number is not None else None for name, number in printed.items()}
    ours, theirs = value["survival_experimental"], value["survival_control"]
    ours_se, theirs_se = value["survival_experimental_se"], value["survival_control_se"]
    found: dict[str, float | None] = {
        "log_hr": None,
        "log_hr_se": None,
        "ph_p_value": value["ph_p_value"],
        "survival_difference": None,
        "survival_difference_se": None,
    }
    hr, low, high = value["hr"], value["hr_ci_lower"], value["hr_ci_upper"]
    if hr and low and high:
        found["log_hr"] = math.log(hr)
        found["log_hr_se"] = (math.log(high) - math.log(low)) / (2.0 * float(ndtri(0.975)))
    if None not in (ours, theirs, ours_se, theirs_se):
        assert ours is not None
        assert theirs is not None
        found["survival_difference"] = ours - theirs
        found["survival_difference_se"] = math.hypot(ours_se or 0.0, theirs_se or 0.0)
    return found


def _hazards(row: Row) -> str:
    """State the hazard ratio of the same curves, and whether one number does it justice."""
    numbers = [parse_number(str(row[name])) for name in ("hr", "hr_ci_lower", "hr_ci_upper")]
    p_value = parse_number(str(row["ph_p_value"]))
    if any(number is None for number in numbers):
        return "hazard ratio of these curves not known"
    measure = get_measure("HR")
    hr, low, high = (measure.to_analysis(number.value) for number in numbers if number is not None)
    words = f"HR of the same curves {fmt.effect_with_interval(hr, low, high, measure)}"
    if p_value is not None and p_value.value < PROPORTIONAL_BELOW:
        return f"hazards not proportional (test: {fmt.p_statement(p_value.value)}), {words}"
    return words

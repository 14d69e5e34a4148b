"""A contrast's curve at every horizon, for what the report says of its course."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import structs

from trialpool import formatting as fmt
from trialpool.effects.agreement import FAR, MEDIANS, agreements
from trialpool.evidence.printed import parse_number
from trialpool.questions.shared.selection.comparative import Choose, Selection
from trialpool.questions.shared.selection.library import (
    Library,
    Row,
)
from trialpool.records.base import record_from
from trialpool.records.mean_time import MeanTimeAsked, ShortCurve
from trialpool.records.trials import Landmark, LandmarkArm, SelectedTrial

_CONTRAST: Final = ("trial_id", "experimental_arm", "control_arm", "endpoint")
_TABLE: Final = "reconstructed_survival"


def landmarks_of(library: Library, rows: Sequence[Row]) -> tuple[Landmark, ...]:
    """Collect what a contrast's rows hold at their horizons.

    Parameters
    ----------
    library : Library
        For what the audit let pass: a landmark with an unusable row is left out, and with it
        all later ones, whose intervals would begin at it.
    rows : sequence of mapping
        Rows of reconstructed_survival of one contrast.

    Returns
    -------
    tuple of Landmark
        Patients exposed since the landmark before and the Cox model of the interval are None
        unless individual data were at hand.
    """
    found = []
    for row in sorted((row for row in rows if number_in(row, "horizon_months")), key=_months):
        experimental, control = _arm(row, "experimental"), _arm(row, "control")
        if experimental is None or control is None:
            break
        if (_TABLE, str(row["row_id"])) in library.unusable:
            break
        found.append(
            Landmark(
                months=_months(row),
                experimental=experimental,
                control=control,
                log_hr=number_in(row, "interval_log_hr"),
                log_hr_se=number_in(row, "interval_log_hr_se"),
            )
        )
    return tuple(found)


def _arm(row: Row, side: str) -> LandmarkArm | None:
    """Survival of one arm; None where it or its standard error is not known."""
    survival, se = number_in(row, f"survival_{side}"), number_in(row, f"survival_{side}_se")
    if survival is None or se is None:
        return None
    return LandmarkArm(survival=survival, se=se, exposed=number_in(row, f"exposed_{side}"))


def curve_flags(library: Library, row: Row) -> list[str]:
    """Flag a curve whose own article prints another hazard ratio or other medians."""
    words = []
    for item in agreements(library.evidence):
        key = (item.trial_id, item.experimental_arm, item.control_arm, item.endpoint)
        if item.same_report != "yes" or key != tuple(str(row[name]) for name in _CONTRAST):
            continue
        if item.verdict == FAR:
            words.append(f"its article prints HR {item.hr}, far from that of the curve")
        elif item.verdict == MEDIANS:
            pairs = [
                " and ".join(fmt.number(value, 2) for value in values)
                for values in (
                    (item.median_experimental, item.median_control),
                    (item.curve_median_experimental, item.curve_median_control),
                )
            ]
            words.append(
                f"its article prints medians of {pairs[0]} months, the curve has {pairs[1]}"
            )
    return words


def short_curves(
    library: Library,
    asked: MeanTimeAsked,
    main: Selection,
    choose: Choose[MeanTimeAsked],
) -> tuple[ShortCurve, ...]:
    """Find trials that would be pooled but for the horizon, each at the longest that it reaches.

    None where each group has the horizon that its trials reach.

    Parameters
    ----------
    library, asked
    main : Selection
        Of the question's pools.
    choose : callable
        Gives the selection of a question.
    """
    if asked.horizon_months is None:
        return ()
    known = {_months(row) for row in library.rows(_TABLE, asked.endpoints)}
    seen = {_comparison(trial) for trial in main.trials}
    found = []
    for horizon in sorted((m for m in known if 0 < m < asked.horizon_months), reverse=True):
        shorter = structs.replace(asked, horizon_months=horizon)
        for trial in choose(library, shorter, main.named).trials:
            if _comparison(trial) not in seen:
                seen.add(_comparison(trial))
                found.append(record_from(trial, ShortCurve))
    return tuple(found)


def _comparison(trial: SelectedTrial) -> tuple[str, ...]:
    arms = (trial.experimental.arm_id, trial.control.arm_id)
    return (trial.trial_id, *arms, trial.endpoint)


def _months(row: Row) -> float:
    return number_in(row, "horizon_months") or 0.0


def number_in(row: Row, column: str) -> float | None:
    """Read the number in a cell, None where there is none."""
    number = parse_number(str(row.get(column) or ""))
    return None if number is None else number.value

"""A contrast's curve at every horizon, for what the report says of its course."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.effects.agreement import FAR, MEDIANS, agreements
from trialpool.evidence.printed import parse_number
from trialpool.questions.shared.selection.candidates import Library, Row, whole

_CONTRAST: Final = ("trial_id", "experimental_arm", "control_arm", "endpoint")
_SIDES: Final = ("experimental", "control")
_OF_A_SHORT_CURVE: Final = (
    *("row_ids", "trial_id", "label", "group", "endpoint"),
    *("experimental", "control", "curve"),
)
_TABLE: Final = "reconstructed_survival"


def curve_beside(library: Library, rows: Sequence[Row]) -> dict[str, Any]:
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
    dict
        ``patients`` by arm; ``landmarks``: months, survival, its standard error and patients
        exposed since the landmark before (null unless individual data were at hand) of each
        arm, and ``log_hr, log_hr_se`` of the interval's Cox model (likewise); ``individual``:
        whether individual data were reconstructed here.
    """
    found = []
    ordered = sorted((row for row in rows if _value(row, "horizon_months")), key=_months)
    for row in ordered:
        landmark: dict[str, Any] = {"months": _months(row)}
        for side in _SIDES:
            landmark[side] = {
                "survival": _value(row, f"survival_{side}"),
                "se": _value(row, f"survival_{side}_se"),
                "exposed": _value(row, f"exposed_{side}"),
            }
        landmark["log_hr"] = _value(row, "interval_log_hr")
        landmark["log_hr_se"] = _value(row, "interval_log_hr_se")
        cells = [landmark[side][name] for side in _SIDES for name in ("survival", "se")]
        if None in cells or (_TABLE, str(row["row_id"])) in library.unusable:
            break
        found.append(landmark)
    return {
        "patients": {side: whole(rows[0][f"n_{side}"]) for side in _SIDES},
        "individual": bool(found) and all(
            mark[side]["exposed"] is not None for mark in found for side in _SIDES
        ),
        "landmarks": found,
    }  # fmt: skip


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
    question: Mapping[str, Any],
    pooled: Sequence[Mapping[str, Any]],
    select: Callable[[Library, Mapping[str, Any]], Sequence[Mapping[str, Any]]],
) -> tuple[dict[str, Any], ...]:
    """Find trials that would be pooled but for the horizon, each at the longest that it reaches.

    Parameters
    ----------
    library, question
    pooled : sequence of mapping
        Trials of the question's pools.
    select : callable
        Gives the trials of a question's pools.
    """
    if question["table"] != _TABLE:
        return ()
    wanted = float(question["horizon_months"])
    known = {_months(row) for row in library.rows(_TABLE, question["endpoints"])}
    seen = {_comparison(trial) for trial in pooled}
    found = []
    for horizon in sorted((months for months in known if 0 < months < wanted), reverse=True):
        for trial in select(library, {**question, "horizon_months": horizon}):
            if _comparison(trial) not in seen:
                seen.add(_comparison(trial))
                found.append({name: trial[name] for name in _OF_A_SHORT_CURVE})
    return tuple(found)


def _comparison(trial: Mapping[str, Any]) -> tuple[Any, ...]:
    arms = (trial[side]["arm_id"] for side in _SIDES)
    return (trial["trial_id"], *arms, trial["endpoint"])


def _months(row: Mapping[str, Any]) -> float:
    return _value(row, "horizon_months") or 0.0


def _value(row: Mapping[str, Any], column: str) -> float | None:
    number = parse_number(str(row.get(column) or ""))
    return None if number is None else number.value

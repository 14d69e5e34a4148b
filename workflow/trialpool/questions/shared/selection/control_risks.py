"""What is known of the control arms of a comparison's trials: risks at a landmark, medians."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator
from typing import Final

from trialpool.effects.agreement import agreements, other_analyses
from trialpool.evidence.printed import parse_number
from trialpool.questions.shared.selection.library import Library, Row
from trialpool.records.comparison import AbsoluteSettings, Baseline, Baselines
from trialpool.records.pools import ControlRisk, PrintedMedians
from trialpool.records.trials import SelectedTrial
from trialpool.survival.units import MONTHS

_TABLE: Final = "baseline_risk"
_CURVES: Final = "reconstructed_survival"
_CONTRAST: Final = ("trial_id", "experimental_arm", "control_arm", "endpoint")
# Between these multiples of the median an exponential curve runs from 76 % to 25 % survival;
# further out it says more of the assumption than of the trial.
_EXPONENTIAL: Final = (0.4, 2.0)


def baselines(
    library: Library, wanted: AbsoluteSettings | None, trials: Iterable[SelectedTrial]
) -> Baselines | None:
    """Collect control risks at the question's landmark; None where it has none.

    Of one control arm the first of these is used: a rate printed for the landmark
    (baseline_risk.csv), its published curve, and the exponential curve through the printed
    median, where the landmark lies between 0.4 and 2 medians. They are of the endpoint and the
    patients that the selected row is of.
    """
    if wanted is None:
        return None
    others = other_analyses(agreements(library.evidence))
    rows = {str(row["row_id"]): row for row in library.evidence.rows("time_to_event")}
    own = tuple(
        _baseline(library, wanted.landmark_months, trial, rows[trial.row_ids[0]], others)
        for trial in trials
    )
    named = next(
        (
            _printed(library, row)
            for row in library.evidence.rows(_TABLE)
            if row["row_id"] == wanted.control_risk and not library.retraction(row)
        ),
        None,
    )
    return Baselines(landmark_months=wanted.landmark_months, named=named, trials=own)


def _baseline(
    library: Library, months: float, trial: SelectedTrial, row: Row, others: Container[object]
) -> Baseline:
    median, median_row, source = _median(library, trial, row)
    risk = (
        _rate(library, months, trial, row)
        or _on_curve(library, months, trial, row, others)
        or _exponential(months, trial, median, median_row, source)
    )
    return Baseline(
        row_ids=trial.row_ids,
        risk=risk,
        medians=_medians(library, trial, row),
        control_median=median,
    )


def _rate(library: Library, months: float, trial: SelectedTrial, row: Row) -> ControlRisk | None:
    """Return the rate printed for the landmark: with its interval first, then the later report."""
    fitting = [
        entry
        for entry in _entries(library, trial, row)
        if entry["measure"] == "survival" and _number(entry["time_months"]) == months
    ]
    fitting.sort(
        key=lambda e: (not e["ci_lower"], -(library.year(e["source_id"]) or 0), str(e["row_id"]))
    )
    return next(filter(None, (_printed(library, entry) for entry in fitting)), None)


def _entries(library: Library, trial: SelectedTrial, row: Row) -> Iterator[Row]:
    """Yield the rows on the trial's control arm, of its endpoint and the patients of its effect."""
    for entry in library.evidence.rows(_TABLE):
        same = (entry["trial_id"], entry["arm_id"], entry["endpoint"]) == (
            trial.trial_id,
            trial.control.arm_id,
            trial.endpoint,
        )
        if (
            same
            and library.level(entry) == library.level(row)
            and (_TABLE, entry["row_id"]) not in library.unusable
            and not library.retraction(entry)
        ):
            yield entry


def _printed(library: Library, entry: Row) -> ControlRisk | None:
    """Turn a printed rate without the event into a risk."""
    survival = _number(entry["value"])
    if survival is None or entry["measure"] != "survival":
        return None
    low, high = (_number(entry[name]) for name in ("ci_lower", "ci_upper"))
    has_interval = low is not None and high is not None
    trial_id, arm_id = str(entry["trial_id"]), str(entry["arm_id"])
    return ControlRisk(
        trial_id=trial_id,
        label=str(library.trials[trial_id]["trial"]),
        arm=str(library.arms[trial_id, arm_id]["label"]),
        risk=1.0 - survival / 100.0,
        ci_lower=1.0 - high / 100.0 if has_interval and high is not None else None,
        ci_upper=1.0 - low / 100.0 if has_interval and low is not None else None,
        basis="printed rate",
        row_id=str(entry["row_id"]),
        source=str(entry["source_id"]),
    )


def _on_curve(
    library: Library, months: float, trial: SelectedTrial, row: Row, others: Container[object]
) -> ControlRisk | None:
    """Read the risk off the published curve of all patients, if it is of the printed analysis."""
    if row["biomarker"]:
        return None
    for curve in library.rows(_CURVES, [trial.endpoint]):
        key = tuple(str(curve[name]) for name in _CONTRAST)
        if curve["trial_id"] != trial.trial_id or key in others:
            continue
        if trial.control.arm_id not in key[1:3] or _number(curve["horizon_months"]) != months:
            continue
        side = "control" if key[2] == trial.control.arm_id else "experimental"
        survival = _number(curve[f"survival_{side}"])
        if survival is None or (_CURVES, curve["row_id"]) in library.unusable:
            continue
        if library.retraction(curve):
            continue
        source = library.source_of_pmid(str(curve["pmid"]))
        return _risk(trial, 1.0 - survival, "curve", str(curve["row_id"]), source)
    return None


def _exponential(
    months: float, trial: SelectedTrial, median: float | None, row_id: str, source: str
) -> ControlRisk | None:
    """Assume a constant hazard through the printed median, near it."""
    if median is None or not _EXPONENTIAL[0] <= months / median <= _EXPONENTIAL[1]:
        return None
    risk = -math.expm1(-math.log(2.0) * months / median)
    return _risk(trial, risk, "exponential", row_id, source)


def _risk(trial: SelectedTrial, risk: float, basis: str, row_id: str, source: str) -> ControlRisk:
    return ControlRisk(
        trial_id=trial.trial_id,
        label=trial.label,
        arm=trial.control.label,
        risk=risk,
        basis=basis,
        row_id=row_id,
        source=source,
    )


def _sides(trial: SelectedTrial, row: Row) -> tuple[str, str]:
    """Name the sides of a row that are the trial's experimental and control arm."""
    turned = row["experimental_arm"] == trial.control.arm_id
    return ("control", "experimental") if turned else ("experimental", "control")


def _medians(library: Library, trial: SelectedTrial, row: Row) -> PrintedMedians | None:
    """Return the medians of the row; that of the control arm alone where only it is known."""
    ours, theirs = (str(row[f"median_{side}"]) for side in _sides(trial, row))
    unit = str(row["time_unit"]) or "months"
    if not ours and not theirs:
        entry = next(_median_entries(library, trial, row), None)
        if entry is None:
            return None
        theirs, unit = str(entry["value"]), str(entry["unit"])
    return PrintedMedians(label=trial.label, experimental=ours, control=theirs, unit=unit)


def _median_entries(library: Library, trial: SelectedTrial, row: Row) -> Iterator[Row]:
    return (e for e in _entries(library, trial, row) if e["measure"] == "median")


def _median(library: Library, trial: SelectedTrial, row: Row) -> tuple[float | None, str, str]:
    """Return the control arm's printed median in months, its row and its source."""
    own = _number(row[f"median_{_sides(trial, row)[1]}"])
    if own:
        unit = MONTHS.get(str(row["time_unit"]) or "months", 1.0)
        return own * unit, str(row["row_id"]), str(row["source_id"])
    for entry in _median_entries(library, trial, row):
        value = _number(entry["value"])
        if value:
            return value * MONTHS[entry["unit"]], str(entry["row_id"]), str(entry["source_id"])
    return None, "", ""


def _number(text: object) -> float | None:
    number = parse_number(str(text or ""))
    return None if number is None else number.value

"""What a report prints beside what its published curve, reconstructed, gives.

A ratio far from that of its curve is of another cut, another assessor or another analysis,
or the curve was read wrongly: none of the two should be taken for the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.effects.ratios import log_ratio_from_interval
from trialpool.effects.rung import Row, number_in
from trialpool.effects.rungs import RECONSTRUCTION_LIMIT, reconstructions_by_contrast
from trialpool.evidence.printed import Printed
from trialpool.evidence.tables import Evidence
from trialpool.survival.units import MONTHS

_CONTRAST: Final = ("trial_id", "experimental_arm", "control_arm", "endpoint")
_SIDES: Final = ("experimental", "control")
_LIMITS: Final = ("hr", "hr_ci_lower", "hr_ci_upper")
NONE_PRINTED: Final = "no hazard ratio of all patients is in the data"
FAR: Final = "far from its curve: another cut, assessor or analysis, or a curve read wrongly"
NEAR: Final = "agrees"
MEDIANS: Final = (
    "hazard ratio agrees, a median does not: another assessor or analysis, or a curve read wrongly"
)
# A median read from the same curve is off by a tick at most; another cut or assessor moves it more.
MEDIAN_LIMIT: Final = math.log(1.15)
NO_RATIO: Final = "the curve gives no hazard ratio"


@dataclass(frozen=True)
class Agreement:
    """One printed hazard ratio of all patients and the one of its curve; or a curve alone.

    Attributes
    ----------
    trial_id, experimental_arm, control_arm, endpoint : str
    trial, experimental, control : str
        The same in words.
    row_id : str
        The row of time_to_event, empty where no hazard ratio of all patients is in the data.
    same_report : str
        "yes", "no" or "not recorded": whether the row's source is the article of the figure.
    maturity : str
        The row's data cut.
    hr, hr_ci_lower, hr_ci_upper : str
        As printed.
    curve_hr, curve_ci_lower, curve_ci_upper : float or None
        Cox model on the reconstructed data.
    log_gap, gap_in_se : float or None
        ln printed less ln of the curve, and its size in standard errors of the curve's, as far
        as rounding of the printed ratio leaves it.
    median_experimental, median_control : float or None
        As printed, in months.
    curve_median_experimental, curve_median_control : float or None
    ph_p_value : float or None
        Test of proportional hazards on the curve.
    curve_error_experimental, curve_error_control : float or None
        Largest distance of the reconstructed curve to the points read, where it was made here.
    at_risk_error_experimental, at_risk_error_control : int or None
        Largest difference to the printed numbers at risk, likewise.
    notes : str
        Of the reconstruction.
    pmid, figure : str
    verdict : str
    """

    trial_id: str
    experimental_arm: str
    control_arm: str
    endpoint: str
    trial: str
    experimental: str
    control: str
    row_id: str
    same_report: str
    maturity: str
    hr: str
    hr_ci_lower: str
    hr_ci_upper: str
    curve_hr: float | None
    curve_ci_lower: float | None
    curve_ci_upper: float | None
    log_gap: float | None
    gap_in_se: float | None
    median_experimental: float | None
    median_control: float | None
    curve_median_experimental: float | None
    curve_median_control: float | None
    ph_p_value: float | None
    curve_error_experimental: float | None
    curve_error_control: float | None
    at_risk_error_experimental: int | None
    at_risk_error_control: int | None
    notes: str
    pmid: str
    figure: str
    verdict: str


AGREEMENT_COLUMNS: Final = tuple(Agreement.__dataclass_fields__)


def agreements(evidence: Evidence) -> list[Agreement]:
    """Set every reconstructed contrast beside each printed hazard ratio of all its patients.

    Parameters
    ----------
    evidence : Evidence
        Raw tables, with what curves gave.

    Returns
    -------
    list of Agreement
        In the order of reconstructed_survival, a contrast without a printed ratio once.
    """
    pmids = {str(row["source_id"]): str(row["pmid"]) for row in evidence.rows("sources")}
    reports: dict[tuple[str, ...], list[Row]] = {}
    for row in evidence.rows("time_to_event"):
        if is_of_all_patients(row):
            reports.setdefault(_key(row), []).append(row)
    curves = reconstructions_by_contrast(evidence.rows("reconstructed_survival"))
    names = {str(row["trial_id"]): str(row["trial"]) for row in evidence.rows("trials")}
    labels = {(r["trial_id"], r["arm_id"]): str(r["label"]) for r in evidence.rows("arms")}
    alone: list[Row | None] = [None]
    return [
        _agreement(curve, row, pmids, _in_words(curve, names, labels))
        for key, curve in curves.items()
        for row in reports.get(key) or alone
    ]


def other_analyses(found: Iterable[Agreement]) -> dict[tuple[str, ...], str]:
    """Name the curves that are not what any report of their contrast printed.

    A curve is another analysis (another assessor, cut or set of patients) where its median in an
    arm lies more than a factor of 1.15 from every printed one of that arm and endpoint.

    Returns
    -------
    dict
        (trial, experimental arm, control arm, endpoint) to the medians, in words.
    """
    medians: dict[tuple[str, ...], dict[str, tuple[float, set[float]]]] = {}
    for item in found:
        key: tuple[str, ...] = (
            item.trial_id,
            item.experimental_arm,
            item.control_arm,
            item.endpoint,
        )
        for side in _SIDES:
            curve = getattr(item, f"curve_median_{side}")
            printed = getattr(item, f"median_{side}")
            if curve is not None and printed is not None:
                own = medians.setdefault(key, {}).setdefault(side, (curve, set()))
                own[1].add(printed)
    reasons: dict[tuple[str, ...], str] = {}
    for contrast, sides in medians.items():
        words = [
            f"{side} {fmt.number(curve, 2)} on the curve, "
            f"{' or '.join(fmt.number(median, 2) for median in sorted(printed))} printed"
            for side, (curve, printed) in sides.items()
            if all(abs(math.log(curve / median)) > MEDIAN_LIMIT for median in printed)
        ]
        if words:
            reasons[contrast] = f"median months: {'; '.join(words)}"
    return reasons


def as_rows(found: Iterable[Agreement]) -> list[dict[str, Any]]:
    """Give them as rows of a table; floats with ten digits."""
    return [
        {
            name: f"{value:.10g}" if isinstance(value, float) else value
            for name, value in asdict(item).items()
        }
        for item in found
    ]


def is_of_all_patients(row: Row) -> bool:
    """Whether a row of time_to_event has a hazard ratio that its trial's curve could give."""
    return bool(row["estimate"]) and not row["biomarker"] and row["population"] == "ITT"


def gap(printed: Printed, curve_hr: float, curve_se: float) -> float | None:
    """Distance of a printed ratio from that of a curve, in standard errors of the latter.

    The least that rounding of the printed ratio allows; None where it is not positive.
    """
    if not printed.value > 0 or not printed.upper > 0:
        return None
    ends = [math.log(max(limit, 1e-9)) for limit in (printed.lower, printed.upper)]
    log_hr = math.log(curve_hr)
    return max(ends[0] - log_hr, log_hr - ends[1], 0.0) / curve_se


def median_gap(printed: Printed, curve_median: float, unit: float = 1.0) -> float | None:
    """Relative distance of a printed median from that of its curve, on the log scale.

    The least that rounding of the printed median allows; None where one of them is not positive.

    Parameters
    ----------
    printed : Printed
    curve_median : float
        Months.
    unit : float
        Months per printed unit.
    """
    if not (printed.lower > 0 and curve_median > 0):
        return None
    low, high = (math.log(limit * unit) for limit in (printed.lower, printed.upper))
    log_median = math.log(curve_median)
    return max(low - log_median, log_median - high, 0.0)


def curve_ratio(curve: Row) -> tuple[float, float] | None:
    """Hazard ratio of a curve and the standard error of its logarithm."""
    hr, lower, upper = (number_in(curve, name) for name in _LIMITS)
    if hr is None or lower is None or upper is None:
        return None
    try:
        se = log_ratio_from_interval(hr, lower, upper).sei
    except ValueError:
        return None  # the audit names it
    return (hr.value, se) if se > 0 else None


def _key(row: Row) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in _CONTRAST)


def _value(row: Mapping[str, Any] | None, name: str) -> float | None:
    number = None if row is None else number_in({name: str(row.get(name) or "")}, name)
    return None if number is None else number.value


def _in_words(
    curve: Row, names: Mapping[str, str], labels: Mapping[tuple[str, str], str]
) -> tuple[str, str, str]:
    """Name trial and arms; by their ids where a table does not know them."""
    trial = str(curve["trial_id"])
    arms = [str(curve[f"{side}_arm"]) for side in _SIDES]
    ours, theirs = (labels.get((trial, arm)) or arm for arm in arms)
    return names.get(trial) or trial, ours, theirs


def _agreement(
    curve: Row, row: Row | None, pmids: Mapping[str, str], words: tuple[str, str, str]
) -> Agreement:
    ratio = curve_ratio(curve)
    printed = None if row is None else number_in(row, "estimate")
    log_gap = in_se = None
    verdict = NONE_PRINTED
    if printed is not None and printed.value > 0:
        verdict = NO_RATIO
        if ratio is not None:
            log_gap = math.log(printed.value / ratio[0])
            in_se = gap(printed, *ratio)
            verdict = FAR if in_se is not None and in_se > RECONSTRUCTION_LIMIT else NEAR
    unit = MONTHS.get(str(row["time_unit"]) or "months") if row is not None else None
    medians: dict[str, float | None] = dict.fromkeys(_SIDES)
    for side in _SIDES:
        median = None if row is None else number_in(row, f"median_{side}")
        if median is None or unit is None:
            continue
        medians[side] = median.value * unit
        theirs = _value(curve, f"median_{side}")
        off = None if theirs is None else median_gap(median, theirs, unit)
        if verdict == NEAR and off is not None and off > MEDIAN_LIMIT:
            verdict = MEDIANS
    pmid = "" if row is None else pmids.get(str(row["source_id"]), "")
    same = "not recorded" if not pmid else "yes" if pmid == str(curve["pmid"]) else "no"
    counts = {side: _value(curve, f"at_risk_error_{side}") for side in _SIDES}
    whole = {side: None if value is None else int(value) for side, value in counts.items()}
    return Agreement(
        trial_id=str(curve["trial_id"]),
        experimental_arm=str(curve["experimental_arm"]),
        control_arm=str(curve["control_arm"]),
        endpoint=str(curve["endpoint"]),
        trial=words[0],
        experimental=words[1],
        control=words[2],
        row_id="" if row is None else str(row["row_id"]),
        same_report="" if row is None else same,
        maturity="" if row is None else str(row["maturity"]),
        hr="" if row is None else str(row["estimate"]),
        hr_ci_lower="" if row is None else str(row["ci_lower"]),
        hr_ci_upper="" if row is None else str(row["ci_upper"]),
        curve_hr=_value(curve, "hr"),
        curve_ci_lower=_value(curve, "hr_ci_lower"),
        curve_ci_upper=_value(curve, "hr_ci_upper"),
        log_gap=log_gap,
        gap_in_se=in_se,
        median_experimental=medians["experimental"],
        median_control=medians["control"],
        curve_median_experimental=_value(curve, "median_experimental"),
        curve_median_control=_value(curve, "median_control"),
        ph_p_value=_value(curve, "ph_p_value"),
        curve_error_experimental=_value(curve, "curve_error_experimental"),
        curve_error_control=_value(curve, "curve_error_control"),
        at_risk_error_experimental=whole["experimental"],
        at_risk_error_control=whole["control"],
        notes=str(curve.get("reconstruction_notes") or ""),
        pmid=str(curve["pmid"]),
        figure=str(curve["figure"]),
        verdict=verdict,
    )

"""Reconstructed curves beside what was printed, from results/curves.csv."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trialpool import formatting as fmt
from trialpool.effects.agreement import FAR, MEDIANS
from trialpool.measures import get_measure

Row = Mapping[str, str]
_HR = get_measure("HR")
_PROPORTIONAL_BELOW = 0.05
_KEY = ("trial_id", "experimental_arm", "control_arm", "endpoint")
_REPORTS = {
    "yes": "same article",
    "no": "another article",
    "not recorded": "article not recorded",
    "": "",
}


@dataclass(frozen=True)
class AgreementRow:
    """A contrast with its printed and its reconstructed numbers, ready to print."""

    trial: str
    arms: str
    row_id: str
    report: str
    printed: str
    curve: str
    gap: str
    medians: str
    curve_medians: str
    hazards: str
    quality: str
    verdict: str
    is_far: bool


@dataclass(frozen=True)
class AgreementSection:
    """What the section shows."""

    rows: tuple[AgreementRow, ...]
    far: str
    medians: str
    contrasts: str
    not_proportional: str
    has_quality: bool


def prepare_agreement(rows: Sequence[Row]) -> AgreementSection | None:
    """Prepare the section; None where no curve was reconstructed.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of results/curves.csv (`trialpool.effects.agreement.Agreement`).
    """
    if not rows:
        return None
    shown = tuple(_row(row) for row in rows)
    contrasts = {tuple(row[name] for name in _KEY): row for row in rows}
    failing = sum(_fails(row) for row in contrasts.values())
    return AgreementSection(
        rows=shown,
        far=fmt.whole(sum(row["verdict"] == FAR for row in rows)),
        medians=fmt.whole(sum(row["verdict"] == MEDIANS for row in rows)),
        contrasts=fmt.whole(len(contrasts)),
        not_proportional=fmt.whole(failing),
        has_quality=any(row.quality for row in shown),
    )


def _number(row: Row, name: str) -> float | None:
    return float(row[name]) if row[name] else None


def _fails(row: Row) -> bool:
    p_value = _number(row, "ph_p_value")
    return p_value is not None and p_value < _PROPORTIONAL_BELOW


def _row(row: Row) -> AgreementRow:
    printed = fmt.NOT_AVAILABLE
    if row["hr"]:
        limits = f" [{row['hr_ci_lower']} to {row['hr_ci_upper']}]" if row["hr_ci_lower"] else ""
        printed = f"{row['hr']}{limits}"
    names = ("curve_hr", "curve_ci_lower", "curve_ci_upper")
    values = [_number(row, name) for name in names]
    logs = [None if value is None or value <= 0 else math.log(value) for value in values]
    curve = fmt.NOT_AVAILABLE
    if logs[0] is not None:
        curve = fmt.effect_with_interval(logs[0], logs[1], logs[2], _HR)
    p_value = _number(row, "ph_p_value")
    hazards = fmt.NOT_AVAILABLE if p_value is None else fmt.p_statement(p_value)
    if _fails(row):
        hazards = f"not proportional, {hazards}"
    return AgreementRow(
        trial=f"{row['trial']}, {row['endpoint']}",
        arms=f"{row['experimental']} against {row['control']}",
        row_id=row["row_id"],
        report=_REPORTS[row["same_report"]],
        printed=printed,
        curve=curve,
        gap=fmt.number(_number(row, "gap_in_se"), 2),
        medians=_pair(row, "median"),
        curve_medians=_pair(row, "curve_median"),
        hazards=hazards,
        quality=_quality(row),
        verdict=row["verdict"],
        is_far=row["verdict"] in (FAR, MEDIANS),
    )


def _pair(row: Row, name: str) -> str:
    values = [_number(row, f"{name}_{side}") for side in ("experimental", "control")]
    if values == [None, None]:
        return fmt.NOT_AVAILABLE
    return " / ".join(fmt.number(value, 2) for value in values)


def _quality(row: Row) -> str:
    """How far the reconstruction is from the points read and the numbers at risk."""
    words = []
    errors = [_number(row, f"curve_error_{side}") for side in ("experimental", "control")]
    known = [error for error in errors if error is not None]
    if known:
        words.append(f"{fmt.number(100 * max(known), 1)} points from the curve")
    counts = [_number(row, f"at_risk_error_{side}") for side in ("experimental", "control")]
    numbers = [count for count in counts if count is not None]
    if numbers:
        words.append(f"{fmt.whole(int(max(numbers)))} from the numbers at risk")
    if row["notes"]:
        words.append(row["notes"])
    return "; ".join(words)

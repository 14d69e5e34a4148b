"""Curves in data/raw/curves: read, checked, reconstructed into rows of reconstructed_survival."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from trialpool.evidence.printed import parse_count, parse_number
from trialpool.evidence.schemas import CURVE_ARMS, CURVE_AT_RISK, RECONSTRUCTED_SURVIVAL
from trialpool.evidence.tables import LINE, Evidence, RawTable, read_tables
from trialpool.findings import Finding, shorten
from trialpool.survival.arrays import Floats
from trialpool.survival.clean import Marked, curve_faults
from trialpool.survival.digitised.cells import number
from trialpool.survival.hazards import (
    NotEstimableError,
    compare_hazards,
    interval_hazard_ratios,
)
from trialpool.survival.kaplan_meier import kaplan_meier, restricted_mean, survival_at
from trialpool.survival.reconstruct import Reconstruction, reconstruct_points
from trialpool.survival.units import MONTHS

HORIZONS: Final = (6.0, 12.0, 24.0, 36.0, 48.0, 60.0, 72.0)
FOLDER: Final = "curves"
# Faults of one curve that are told in full.
_TOLD: Final = 5
_KEY: Final = ("trial_id", "arm_id", "endpoint")
_Arms = dict[tuple[str, ...], Reconstruction]


def read_with_curves(folder: Path, names: Sequence[str]) -> tuple[Evidence, list[Finding]]:
    """Read raw tables, and add to reconstructed_survival what the curves give.

    Parameters
    ----------
    folder : Path
        Folder of the raw tables; curves are ``curves/<trial>.<arm>.<endpoint>.csv``.
    names : sequence of str
        Tables that must be there; curves are read if ``curve_arms`` is among them.

    Returns
    -------
    Evidence, list of Finding
    """
    evidence, findings = read_tables(folder, names)
    evidence, faults = add_curves(evidence, folder)
    return evidence, [*findings, *faults]


def add_curves(evidence: Evidence, folder: Path) -> tuple[Evidence, list[Finding]]:
    """Add to reconstructed_survival what the curves give that curve_arms names.

    Parameters
    ----------
    evidence : Evidence
        Without curve_arms it stays as it is.
    folder : Path
        Folder of the raw tables, which holds the folder of curves.
    """
    if CURVE_ARMS.name not in evidence.tables:
        return evidence, []
    arms, faults = reconstruct_arms(folder, evidence)
    known = {row["row_id"] for row in evidence.rows(RECONSTRUCTED_SURVIVAL.name)}
    rows = []
    for row in _contrasts(evidence, arms):
        if row["row_id"] in known:
            remedy = "Take the contrast out of reconstructed_survival.csv, or its curves out."
            faults.append(
                _fault("curve-once", row, "the table holds this contrast already", remedy)
            )
        else:
            rows.append(row)
    old = evidence.tables.get(RECONSTRUCTED_SURVIVAL.name)
    names = [column.name for column in RECONSTRUCTED_SURVIVAL.columns]
    further = [column.name for column in RECONSTRUCTED_SURVIVAL.optional]
    columns = tuple(dict.fromkeys([*(old.columns if old else names), *further]))
    kept = [{**dict.fromkeys(further, ""), **row} for row in (old.rows if old else ())]
    table = RawTable(columns, (*kept, *rows))
    tables = {**evidence.tables, RECONSTRUCTED_SURVIVAL.name: table}
    return replace(evidence, tables=tables), faults


def file_name(row: Mapping[str, Any]) -> str:
    """Name of the file that holds an arm's curve."""
    return f"{FOLDER}/{row['trial_id']}.{row['arm_id']}.{row['endpoint']}.csv"


def _fault(rule: str, row: Mapping[str, Any], message: str, remedy: str) -> Finding:
    place = " / ".join(str(row[name]) for name in _KEY if name in row) or str(row["row_id"])
    return Finding(
        "fatal", rule, CURVE_ARMS.file, int(row[LINE]), place, message=message, remedy=remedy
    )


def reconstruct_arms(folder: Path, evidence: Evidence) -> tuple[_Arms, list[Finding]]:
    """Individual data of every arm that curve_arms names, by trial, arm and endpoint."""
    at_risk: dict[tuple[str, ...], list[tuple[float, int]]] = {}
    for row in evidence.rows(CURVE_AT_RISK.name):
        count, time = parse_count(str(row["at_risk"])), parse_number(str(row["time"]))
        if count is not None and time is not None:
            key = tuple(str(row[name]) for name in _KEY)
            at_risk.setdefault(key, []).append((time.value, count))
    arms: _Arms = {}
    findings: list[Finding] = []
    for row in evidence.rows(CURVE_ARMS.name):
        key = tuple(str(row[name]) for name in _KEY)
        file = shorten(file_name(row))
        if not _is_file_name(file_name(row)):
            message = f"{file!r} is not the name of a file in {FOLDER}/"
            remedy = "Use letters, digits, hyphens and dots for trial, arm and endpoint."
            findings.append(_fault("curve-name", row, message, remedy))
            continue
        try:
            arms[key] = _reconstruct_arm(folder / file_name(row), row, at_risk.get(key, []))
        except FileNotFoundError:
            remedy = f"Put the points into {file} (time,survival), or delete the row."
            findings.append(_fault("curve-exists", row, "its curve is missing", remedy))
        except OSError as error:
            message = f"its curve cannot be read: {error.strerror}"
            remedy = f"Check that {file} is a file you may read."
            findings.append(_fault("curve-readable", row, message, remedy))
        except UnicodeDecodeError:
            message = "its curve is not UTF-8 text"
            findings.append(_fault("utf-8", row, message, f"Save {file} with encoding UTF-8."))
        except ValueError as error:
            remedy = f"Compare {file} and its numbers at risk with the figure."
            findings.append(_fault("curve-sound", row, str(error), remedy))
    return arms, findings


def _is_file_name(file: str) -> bool:
    """Whether it names a file in the folder of curves on every system, and no other place."""
    name = file.removeprefix(f"{FOLDER}/")
    return name.isprintable() and len(name.encode()) <= 200 and not set(name) & set('/\\:*?"<>|')


def _reconstruct_arm(
    path: Path, row: Mapping[str, Any], at_risk: Sequence[tuple[float, int]]
) -> Reconstruction:
    time, survival = read_curve(path.read_text(encoding="utf-8-sig"))
    unit = MONTHS.get(str(row["time_unit"]))
    n, events = parse_count(str(row["n"])), parse_count(str(row["events"]))
    if unit is None or n is None:
        cells = ", ".join(f"{name}={shorten(str(row[name]))!r}" for name in ("time_unit", "n"))
        raise ValueError(f"{cells}: both are needed")
    if events is None and row["events"]:
        raise ValueError(f"events={shorten(str(row['events']))!r} is no number of events")
    marked: Marked = "corners" if row["marked"] == "corners" else "line"
    return reconstruct_points(
        time * unit,
        survival,
        n,
        marked=marked,
        at_risk=[(moment * unit, count) for moment, count in sorted(at_risk)],
        events=events,
    )


def read_curve(text: str) -> tuple[Floats, Floats]:
    """Read a curve: a header naming time and survival, then one point per line.

    Raises
    ------
    ValueError
        If it is no such table, or naming line, column and value of the cells
        that are not numbers and of the rows of another length.
    """
    import csv
    import io

    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, start = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((start, row))
            start = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: not well-formed CSV: {error}") from None
    header = [name.strip() for name in rows[0][1]] if rows else []
    if any(header.count(name) != 1 for name in ("time", "survival")):
        shown = shorten(",".join(header))
        raise ValueError(f"header {shown!r}; it must name time and survival, each once")
    faults, points = [], []
    for line, row in rows[1:]:
        if len(row) != len(header):
            # A decimal comma makes two cells of one number.
            faults.append(f"line {line}: {len(row)} cells, the header has {len(header)}")
            continue
        values = []
        for name in ("time", "survival"):
            cell = row[header.index(name)].strip()
            value = number(cell)
            if value is None:
                faults.append(f"line {line}, column {name}: {shorten(cell)!r} is not a number")
            else:
                values.append(value)
        if len(values) == 2:
            points.append(values)
    if faults:
        more = f"; and {len(faults) - _TOLD} more" if len(faults) > _TOLD else ""
        raise ValueError("; ".join(faults[:_TOLD]) + more)
    pairs = np.array(points, dtype=np.float64).reshape(-1, 2)
    if found := curve_faults(pairs[:, 0], pairs[:, 1]):
        raise ValueError("; ".join(found))
    return pairs[:, 0], pairs[:, 1]


def _contrasts(evidence: Evidence, arms: _Arms) -> Iterator[dict[str, Any]]:
    """Compare every experimental arm with every control arm of the same figure."""
    roles = {(r["trial_id"], r["arm_id"]): r["role"] for r in evidence.rows("arms")}
    sources = {r["source_id"]: str(r["pmid"]) for r in evidence.rows("sources")}
    listed = [row for row in evidence.rows(CURVE_ARMS.name) if tuple(row[n] for n in _KEY) in arms]
    for ours in listed:
        for theirs in listed:
            same = all(ours[n] == theirs[n] for n in ("trial_id", "endpoint", "source_id"))
            pair = [roles.get((row["trial_id"], row["arm_id"])) for row in (ours, theirs)]
            if same and pair == ["experimental", "control"]:
                both = [arms[tuple(row[n] for n in _KEY)] for row in (ours, theirs)]
                pmid = sources.get(ours["source_id"], "")
                yield from contrast_rows(ours, theirs, both[0], both[1], pmid)


def contrast_rows(
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    experimental: Reconstruction,
    control: Reconstruction,
    pmid: str,
) -> Iterator[dict[str, Any]]:
    """Rows of reconstructed_survival for one contrast, one per horizon that both curves reach."""
    arm = np.repeat([1, 0], [experimental.time.size, control.time.size])
    time = np.concatenate([experimental.time, control.time])
    event = np.concatenate([experimental.event, control.event])
    curves = [kaplan_meier(x.time, x.event) for x in (experimental, control)]
    row: dict[str, Any] = {
        "trial_id": ours["trial_id"],
        "experimental_arm": ours["arm_id"],
        "control_arm": theirs["arm_id"],
        "endpoint": ours["endpoint"],
        "pmid": pmid,
        "figure": ours["figure"],
        LINE: ours[LINE],
        **dict.fromkeys(("hr", "hr_ci_lower", "hr_ci_upper", "ph_p_value"), ""),
    }
    with contextlib.suppress(NotEstimableError):
        hazard = compare_hazards(time, event, arm)
        for name, shift in (("hr", 0.0), ("hr_ci_lower", -1.0), ("hr_ci_upper", 1.0)):
            row[name] = _text(math.exp(hazard.log_hr + shift * 1.959963984540054 * hazard.se))
        row["ph_p_value"] = _text(hazard.ph_p_value)
    for side, curve in zip(("experimental", "control"), curves, strict=True):
        row[f"n_{side}"] = str(curve.n)
        row[f"events_{side}"] = str(int(curve.events.sum()))
        row[f"median_{side}"] = "" if curve.median is None else _text(curve.median)
        row |= _quality(side, (experimental, control)[side == "control"])
    row["reconstruction_notes"] = "; ".join(
        f"{part['arm_id']}: {note}"
        for part, arm_data in ((ours, experimental), (theirs, control))
        for note in (*arm_data.repairs, *arm_data.notes)
    )
    shared_end = min(curve.last for curve in curves)
    horizons = [horizon for horizon in HORIZONS if horizon <= shared_end]
    ratios = interval_hazard_ratios(time, event, arm, horizons)
    for start, horizon, ratio in zip([0.0, *horizons], horizons, ratios, strict=False):
        at = {**row, "horizon_months": f"{horizon:g}"}
        at["interval_log_hr"] = "" if ratio.log_hr is None else _text(ratio.log_hr)
        at["interval_log_hr_se"] = "" if ratio.se is None else _text(ratio.se)
        parts = (row["trial_id"], row["experimental_arm"], row["control_arm"], row["endpoint"])
        at["row_id"] = ".".join([*parts[:3], str(parts[3]).lower(), f"{horizon:g}"])
        for side, curve in zip(("experimental", "control"), curves, strict=True):
            mean, landmark = restricted_mean(curve, horizon), survival_at(curve, horizon)
            at[f"rmst_{side}"], at[f"rmst_{side}_se"] = _text(mean.estimate), _text(mean.se)
            at[f"survival_{side}"] = _text(landmark.estimate)
            at[f"survival_{side}_se"] = _text(landmark.se)
            inside = curve.conditional(start, horizon)
            at[f"exposed_{side}"] = "" if inside is None else _text(inside[0])
        yield at


def _quality(side: str, arm: Reconstruction) -> dict[str, str]:
    """How far the reconstructed data are from what was read."""
    return {
        f"curve_error_{side}": _text(arm.curve_error_max),
        f"at_risk_error_{side}": str(arm.at_risk_error) if arm.used_at_risk else "",
    }


def _text(value: float) -> str:
    """Write a number with the digits of the shipped table, as plain decimals."""
    return np.format_float_positional(float(f"{value:.7g}"), trim="-")

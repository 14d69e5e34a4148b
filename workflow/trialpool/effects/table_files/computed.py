"""Columns that follow from others: patients from events and non-events, errors from limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

from trialpool.effects.table_files.table import Table, is_missing
from trialpool.effects.typed import parse_real
from trialpool.findings import Finding, InputError


def patients(table: Table, used: Sequence[str]) -> tuple[Table, tuple[str, ...]]:
    """Add up events and non-events of each arm.

    A cell that is missing or no number leaves its sum as it is written, so that it is named.
    """
    rows = []
    for row in table.rows:
        own = dict(row)
        for arm in ("experimental", "control"):
            own[f"n_{arm}"] = _sum(row[f"events_{arm}"], row[f"nonevents_{arm}"])
        rows.append(own)
    headers = {
        **table.headers,
        **{f"n_{arm}": table.header(f"nonevents_{arm}") for arm in ("experimental", "control")},
    }
    columns = tuple(dict.fromkeys((*table.columns, "n_experimental", "n_control")))
    kept = tuple(name for name in used if not name.startswith("nonevents"))
    return (
        replace(table, columns=columns, rows=tuple(rows), headers=headers),
        (*kept, "n_experimental", "n_control"),
    )


def _sum(events: str, others: str) -> str:
    first, second = parse_real(events), parse_real(others)
    if first is None or is_missing(events, number=True):
        # Named under the events; any number will do here.
        return others
    if second is None or second.value < 0:
        return others
    return f"{first.value + second.value:.15g}"


def from_limits(table: Table, used: Sequence[str], level: str) -> tuple[Table, tuple[str, ...]]:
    """Derive standard errors from limits on the analysis scale: (upper − lower)/(2z).

    Raises
    ------
    InputError
        With every interval that is out of order or does not hold its estimate.
    """
    findings: list[Finding] = []
    z = NormalDist().inv_cdf(0.5 + float(level or 95) / 200)
    rows = []
    for i, row in enumerate(table.rows):
        numbers = [
            None if is_missing(row[c], number=True) else parse_real(row[c])
            for c in ("yi", "lower", "upper")
        ]
        if any(number is None for number in numbers):
            wrong = next(c for c, n in zip(("yi", "lower", "upper"), numbers, strict=True)
                         if n is None)  # fmt: skip
            rows.append({**row, "sei": row[wrong]})
            continue
        value, low, high = (number.value for number in numbers if number is not None)
        if not low < high or not low <= value <= high:
            findings.append(
                Finding("fatal", "interval-holds-estimate", table.file, table.lines[i], f"{i + 1}",
                        table.header("yi"), row["yi"],
                        f"the estimate lies outside its interval {row['lower']} to {row['upper']}",
                        "Check the three numbers against the source.")
            )  # fmt: skip
        rows.append({**row, "sei": repr((high - low) / (2 * z))})
    if findings:
        raise InputError(findings)
    headers = {**table.headers, "sei": table.header("upper")}
    columns = tuple(dict.fromkeys((*table.columns, "sei")))
    return replace(table, columns=columns, rows=tuple(rows), headers=headers), ("yi", "sei")

"""Reading a table of network evidence: contrasts or arms, every fault at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from trialpool.effects.forms import Fault
from trialpool.effects.inputs import MeasureRefusedError, Table, is_missing, read_effects
from trialpool.effects.names import look_alikes
from trialpool.effects.networks.arms import ArmRows, rates, read_arms
from trialpool.effects.networks.columns import Recognised, recognise
from trialpool.effects.networks.gaps import without_gaps
from trialpool.effects.table_files.numbers import doubtful, whole_numbers
from trialpool.effects.table_files.renaming import rename
from trialpool.effects.typed import parse_real
from trialpool.findings import Finding, InputError
from trialpool.pooling.network.given.names import plain_name

CONTRAST_COLUMNS: Final = ("study", "treat1", "treat2")
ARM_COLUMNS: Final = ("study", "treatment", "events", "n")
ARM_MEASURES: Final = ("OR", "RR", "RD")
_ACCEPTED: Final = (
    "accepted is one of: study, treat1, treat2 with yi and sei (or vi), or with hr, ci_lower and "
    "ci_upper, or with o_minus_e and variance; study, treatment, events and n; study, treatment "
    "with yi and sei, or with mean, sd and n; treat1, events1, n1, treat2, events2, n2 and so on "
    "of one trial in a row; with the names that netmeta, gemtc, multinma, BUGSnet and metafor use"
)


@dataclass(frozen=True, eq=False)
class NetworkTable:
    """A table ready for `trialpool.pooling.network`.

    Attributes
    ----------
    arguments : mapping
        Keyword arguments of `network`: columns as lists, and the measure.
    columns : mapping of str to str
        Column of the file that stands behind an argument.
    table : Table
        As it is analysed: columns renamed, numbers plain, rows left out.
    rows : tuple of int
        Position of each entry in the table.
    warnings : tuple of Finding
    recognised : str
        What the table was taken for.
    """

    arguments: Mapping[str, Any]
    columns: Mapping[str, str]
    table: Table
    rows: tuple[int, ...]
    warnings: tuple[Finding, ...]
    recognised: str


def read_network(
    table: Table,
    measure: str | None,
    columns: Mapping[str, str] | None = None,
    *,
    drop_missing: bool = False,
) -> NetworkTable:
    """Turn a table into the arguments of a network meta-analysis.

    Parameters
    ----------
    table : Table
    measure : str or None
        None for the default of the columns.
    columns : mapping of str to str, optional
        Header in the file by the name that it should have, for example ``{"events": "deaths28"}``.
    drop_missing : bool
        Whether rows that lack a number are left out, and named among the warnings.

    Raises
    ------
    InputError
        With every fault of every cell.
    MeasureRefusedError
        If the measure does not go with the columns.
    """
    named = rename(table, columns or {})
    names = set(named.columns)
    if names.issuperset(CONTRAST_COLUMNS) and names.issuperset(ARM_COLUMNS):
        raise _no_columns(table, "there are contrasts as well as arms, and only one can be meant")
    found = recognise(named.columns)
    if found is None:
        raise _no_columns(table, f"no accepted set of columns; found: {', '.join(table.columns)}")
    whole = [h for role, h in found.columns.items() if role.split()[0] in ("events", "n")]
    named = whole_numbers(named, whole)
    if unclear := doubtful(named, dict.fromkeys(found.columns.values())):
        raise InputError(unclear)
    if drop_missing:
        named = without_gaps(named, found)
    return _contrasts(named, found, measure) if found.kind == "contrasts" else _arms(
        named, found, measure
    )  # fmt: skip


def _no_columns(table: Table, problem: str) -> InputError:
    remedy = "Rename or drop columns so that one set is there, or name them with --columns."
    message = f"{problem}; {_ACCEPTED}."
    return InputError(
        [Finding("fatal", "columns", table.file, table.header_line, "", "", "", message, remedy)]
    )


def _alike(table: Table, columns: Sequence[str]) -> list[Finding]:
    """Find names of treatments that look alike and are not taken for one: two, or a slip."""
    warnings = []
    names = (row[column] for row in table.rows for column in columns)
    for group in look_alikes(name for name in names if not is_missing(name)):
        found = list({plain_name(name): name for name in group}.values())
        if len(found) > 1:
            told = " and ".join(repr(name) for name in sorted(found))
            message = f"{told} are taken for {len(found)} treatments"
            remedy = "Write a treatment the same way in every row."
            warnings.append(
                Finding("warning", "spelling", table.file, message=message, remedy=remedy)
            )
    return warnings


def _contrasts(table: Table, found: Recognised, measure: str | None) -> NetworkTable:
    own = {role: header for role, header in found.columns.items() if role not in ("n1", "n2")}
    faults = [
        table.finding(
            Fault(i, own[role], row[own[role]], "named", "the cell is empty",
                  "Enter the name, or take the row out.")
        )
        for i, row in enumerate(table.rows)
        for role in CONTRAST_COLUMNS
        if is_missing(row[own[role]])
    ]  # fmt: skip
    canonical = replace(
        table,
        columns=tuple(own),
        rows=tuple({role: row[header] for role, header in own.items()} for row in table.rows),
    )
    asked = measure or found.measure
    if "hr" in own and found.measure is not None:
        # A ratio with its limits is read alike, whichever ratio its header says it is.
        if measure not in (None, found.measure):
            raise MeasureRefusedError(
                f"measure={measure!r} is not possible with {own['hr']}; allowed: {found.measure}"
            )
        asked = None
    try:
        effects = read_effects(canonical, asked, "study")
    except InputError as error:
        back = [
            msgspec.structs.replace(f, column=own.get(f.column, f.column)) for f in error.findings
        ]
        raise InputError([*faults, *back]) from None
    if faults:
        raise InputError(faults)
    warnings = _alike(table, [own["treat1"], own["treat2"]])
    warnings += [
        msgspec.structs.replace(
            canonical.finding(fault, "warning"), column=own.get(fault.column, fault.column)
        )
        for fault in effects.warnings
    ]
    rows = [canonical.rows[i] for i in effects.rows]
    estimate = next(role for role in ("hr", "yi", "o_minus_e") if role in own)
    arguments: dict[str, Any] = {
        **{name: [row[name] for row in rows] for name in CONTRAST_COLUMNS},
        "yi": effects.yi,
        "vi": effects.vi,
        "rounding": [_rounding(row, estimate) for row in rows],
        "measure": found.measure if "hr" in own and found.measure else effects.measure,
    }
    for role in ("n1", "n2"):
        if role in found.columns:
            cells = [table.rows[i][found.columns[role]] for i in effects.rows]
            arguments[role] = [_patients(cell) for cell in cells]
    spread = next(role for role in ("sei", "vi", "ci_upper", "variance") if role in own)
    columns = {**own, "yi": own[estimate], "vi": own[spread]}
    every = (*table.warnings, *warnings)
    return NetworkTable(arguments, columns, table, effects.rows, every, found.words())


def _patients(cell: str) -> float:
    """Patients of an arm, NaN where not known: they serve only where contrasts are missing."""
    number = None if is_missing(cell, number=True) else parse_real(cell)
    return number.value if number is not None and number.value >= 1 else math.nan


def _rounding(row: Mapping[str, str], column: str) -> float:
    """By how much an effect on the analysis scale may be off because it was printed rounded."""
    printed = parse_real(row[column])
    assert printed is not None
    half = printed.half_unit
    if column == "hr":
        return half / printed.value
    if column == "o_minus_e":
        variance = parse_real(row["variance"])
        assert variance is not None
        return half / variance.value
    return half


def _arms(table: Table, found: Recognised, measure: str | None) -> NetworkTable:
    counts = found.kind == "counts" or (found.kind == "wide" and "n 1" in found.columns
                                        and "events 1" in found.columns)  # fmt: skip
    if counts and measure not in ARM_MEASURES:
        given = (
            "measure is not given" if measure is None else f"measure={measure!r} is not possible"
        )
        raise MeasureRefusedError(
            f"{given} with events and n of arms; allowed: {', '.join(ARM_MEASURES)}"
        )
    arms = read_arms(table, found)
    if arms.findings:
        raise InputError(arms.findings)
    headers = [h for role, h in found.columns.items() if role.startswith("treatment")]
    warnings = (*table.warnings, *_alike(table, headers))
    words = found.words()
    arguments: dict[str, Any]
    if counts:
        events, n = ([int(x) for x in arms.numbers[role]] for role in ("events", "n"))
        arguments = {"events": events, "n": n, "measure": measure}
    elif "exposure" in arms.numbers:
        yi, vi, empty = rates(arms)
        keep = [label not in empty for label in arms.study]
        arms.select(keep)
        words += "; logarithms of rates"
        if empty:
            words += f"; without events and left out: {', '.join(sorted(empty))}"
        arguments = {
            "yi": [y for y, own in zip(yi, keep, strict=True) if own],
            "vi": [v for v, own in zip(vi, keep, strict=True) if own],
            "measure": measure or "generic",
        }
    else:
        arguments = {**_estimates(arms), "measure": measure or found.measure or "generic"}
        if "yi" in arms.numbers:
            based = any(math.isnan(y) for y in arms.numbers["yi"])
            words = words.replace(
                "with an effect against the baseline arm, or an estimate of each arm",
                "with its effect against the baseline arm, whose cell is empty" if based
                else "with an estimate of each arm",
            )  # fmt: skip
    arguments |= {"study": arms.study, "treatment": arms.treatment}
    spread = next((role for role in ("vi", "sei", "se", "sd") if role in found.columns), "")
    columns = {**found.columns, "vi": found.columns.get(spread, "")}
    if "yi" not in columns and "mean" in columns:
        columns["yi"] = columns["mean"]
    return NetworkTable(arguments, columns, table, tuple(arms.rows), warnings, words)


def _estimates(arms: ArmRows) -> dict[str, Any]:
    """Estimate, variance, rounding and patients of arms."""
    own = arms.numbers
    estimate = "yi" if "yi" in own else "mean"
    if "vi" in own:
        variance = own["vi"]
    elif "sd" in own:
        variance = [sd * sd / n for sd, n in zip(own["sd"], own["n"], strict=True)]
    else:
        variance = [se * se for se in own["sei" if "sei" in own else "se"]]
    printed = [None if is_missing(text) else parse_real(text) for text in arms.text[estimate]]
    found: dict[str, Any] = {
        "yi": own[estimate],
        "vi": variance,
        "rounding": [0.0 if number is None else number.half_unit for number in printed],
    }
    if "n" in own:
        found["n"] = own["n"]
    return found

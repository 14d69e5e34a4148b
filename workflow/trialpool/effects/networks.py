"""Reading a table of network evidence: contrasts or arms, every fault at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from trialpool.effects.forms import COUNT_COLUMNS, Fault, choose_form
from trialpool.effects.inputs import MeasureRefusedError, Table, read_effects
from trialpool.effects.typed import parse_real
from trialpool.findings import Finding, InputError

CONTRAST_COLUMNS: Final = ("study", "treat1", "treat2")
ARM_COLUMNS: Final = ("study", "treatment", "events", "n")
ARM_MEASURES: Final = ("OR", "RR", "RD")
_ACCEPTED: Final = (
    "accepted is one of: study, treat1, treat2 with yi and sei (or vi), or with hr, ci_lower and "
    "ci_upper, or with o_minus_e and variance; study, treatment, events and n"
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
    rows : tuple of int
        Position of each entry in the table.
    warnings : tuple of Finding
    """

    arguments: Mapping[str, Any]
    columns: Mapping[str, str]
    rows: tuple[int, ...]
    warnings: tuple[Finding, ...]


def read_network(table: Table, measure: str | None) -> NetworkTable:
    """Turn a table into the arguments of a network meta-analysis.

    Parameters
    ----------
    table : Table
    measure : str or None
        None for the default of the columns.

    Raises
    ------
    InputError
        With every fault of every cell.
    MeasureRefusedError
        If the measure does not go with the columns.
    """
    names = set(table.columns)
    contrasts, arms = names.issuperset(CONTRAST_COLUMNS), names.issuperset(ARM_COLUMNS)
    if contrasts == arms:
        problem = (
            "there are contrasts as well as arms, and only one can be meant"
            if contrasts
            else f"no accepted set of columns; found: {', '.join(table.columns)}"
        )
        remedy = "Rename or drop columns so that one set is there."
        message = f"{problem}; {_ACCEPTED}."
        finding = Finding("fatal", "columns", table.file, 1, "", "", "", message, remedy)
        raise InputError([finding])
    return _contrasts(table, measure) if contrasts else _arms(table, measure)


def _named(table: Table, columns: tuple[str, ...]) -> tuple[list[Finding], list[Finding]]:
    """Find cells without a name, and names that differ by case or spaces alone."""
    message, remedy = "the cell is empty", "Enter the name, or take the row out."
    faults = [
        table.finding(Fault(i, column, "", "named", message, remedy))
        for i, row in enumerate(table.rows)
        for column in ("study", *columns)
        if not row[column]
    ]
    spellings: dict[str, Counter[str]] = {}
    for row in table.rows:
        for column in columns:
            plain = " ".join(row[column].split()).casefold()
            spellings.setdefault(plain, Counter())[row[column]] += 1
    warnings = []
    for found in spellings.values():
        if len(found) > 1:
            told = " and ".join(repr(name) for name in sorted(found))
            message = f"{told} are taken for {len(found)} treatments"
            remedy = "Write a treatment the same way in every row."
            warnings.append(Finding("warning", "spelling", table.file, message=message,
                                    remedy=remedy))  # fmt: skip
    return faults, warnings


def _contrasts(table: Table, measure: str | None) -> NetworkTable:
    faults, warnings = _named(table, CONTRAST_COLUMNS[1:])
    try:
        form = choose_form(table.columns)
    except ValueError:
        form = None
    if form is not None and set(form.required) == set(COUNT_COLUMNS):
        message = "contrasts of counts: how trials with several arms hang together is not known"
        remedy = "Give one row per arm: study, treatment, events and n."
        raise InputError(
            [Finding("fatal", "columns", table.file, 1, message=message, remedy=remedy)]
        )
    try:
        effects = read_effects(table, measure, "study")
    except InputError as error:
        raise InputError([*faults, *error.findings]) from None
    if faults:
        raise InputError(faults)
    warnings += [table.finding(fault, "warning") for fault in effects.warnings]
    rows = [table.rows[i] for i in effects.rows]
    assert form is not None
    estimate = "hr" if "hr" in form.columns else "yi" if "yi" in form.columns else "o_minus_e"
    arguments = {
        **{name: [row[name] for row in rows] for name in CONTRAST_COLUMNS},
        "yi": effects.yi,
        "vi": effects.vi,
        "rounding": [_rounding(row, estimate) for row in rows],
        "measure": effects.measure,
    }
    spread = next((c for c in ("vi", "sei", "ci_upper", "variance") if c in table.columns), "vi")
    return NetworkTable(arguments, {"yi": estimate, "vi": spread}, effects.rows, tuple(warnings))


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


def _arms(table: Table, measure: str | None) -> NetworkTable:
    if measure not in ARM_MEASURES:
        given = (
            "measure is not given" if measure is None else f"measure={measure!r} is not possible"
        )
        raise MeasureRefusedError(
            f"{given} with study, treatment, events and n; allowed: {', '.join(ARM_MEASURES)}"
        )
    faults, warnings = _named(table, ("treatment",))
    counts: dict[str, list[int]] = {"events": [], "n": []}
    for i, row in enumerate(table.rows):
        found = {}
        for column, values in counts.items():
            fault = _count_fault(i, column, row[column])
            if fault is not None:
                faults.append(table.finding(fault))
                continue
            number = parse_real(row[column])
            assert number is not None
            found[column] = int(number.value)
            values.append(found[column])
        if len(found) == 2 and found["events"] > found["n"]:
            message = f"more events than the arm's {row['n']} patients"
            fault = Fault(i, "events", row["events"], "events-within-n", message,
                          "Check the two numbers.")  # fmt: skip
            faults.append(table.finding(fault))
    if faults:
        raise InputError(faults)
    arguments: dict[str, Any] = {name: [row[name] for row in table.rows] for name in ARM_COLUMNS}
    arguments |= counts | {"measure": measure}
    return NetworkTable(arguments, {}, tuple(range(len(table.rows))), tuple(warnings))


def _count_fault(i: int, column: str, text: str) -> Fault | None:
    if not text:
        return Fault(i, column, "", "number", "the cell is empty",
                     "Enter the number, or take the row out.")  # fmt: skip
    number = parse_real(text)
    if number is None:
        remedy = "Write plain digits, for example 12; no NaN, no comma, no % sign."
        return Fault(i, column, text, "number", "not a number", remedy)
    if number.value < 0 or not number.value.is_integer() or number.value > 1e12:
        message = "a number of patients must be whole and not negative"
        return Fault(i, column, text, "whole-number", message, "Enter the count, not a percentage.")
    if column == "n" and number.value < 1:
        message = "an arm needs at least one patient"
        return Fault(i, column, text, "patients", message, "Check the number of patients.")
    return None

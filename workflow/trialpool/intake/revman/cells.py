"""Numbers of one row of an analysis: read, checked, or the row is left out by name."""

from __future__ import annotations

import math
from collections.abc import Mapping

from trialpool.evidence.printed import parse_number
from trialpool.intake.record import Imported, one_line
from trialpool.intake.revman.analyses import COLUMNS, COUNTED, Kind

# Columns that must be above 0, and what it is when they are not.
_POSITIVE = {
    "sei": "must be above 0",
    "variance": "must be above 0",
    "sd_experimental": "a standard deviation of 0 or none: not estimable",
    "sd_control": "a standard deviation of 0 or none: not estimable",
    "n_experimental": "an arm without patients",
    "n_control": "an arm without patients",
}


def read_cells(
    where: str,
    kind: Kind,
    texts: Mapping[str, str],
    name_of: Mapping[str, str],
    imported: Imported,
) -> dict[str, str] | None:
    """Return the numbers of a row as they stand; None where one is missing or impossible.

    Parameters
    ----------
    where : str
        The place that is told.
    kind : str
    texts : mapping of str to str
        Cells by the names of the file.
    name_of : mapping of str to str
        Our column to the file's name of the cell.
    imported : Imported
    """
    cells = {}
    for column in COLUMNS[kind]:
        element = name_of[column]
        value = one_line(texts.get(element, ""))
        number = parse_number(plain(value))
        whole = column in COUNTED
        if number is None or (whole and not (number.value >= 0 and number.value.is_integer())):
            reason = "not a whole number of patients" if whole else "not a plain number"
            imported.leave(where, element, value, reason)
            return None
        cells[column] = str(int(number.value)) if whole else number.text
    for column, reason in _POSITIVE.items():
        if column in cells and not float(cells[column]) > 0:
            imported.leave(where, name_of[column], cells[column], reason)
            return None
    if kind == "dichotomous":
        for arm in ("experimental", "control"):
            events, n = cells[f"events_{arm}"], cells[f"n_{arm}"]
            if int(events) > int(n):
                element = name_of[f"events_{arm}"]
                imported.leave(where, element, f"{events} of {n}", "more events than patients")
                return None
    return cells


def plain(value: str) -> str:
    """Write a number such as 1.0E-4 without an exponent."""
    if "e" not in value.lower():
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return f"{number:.20f}".rstrip("0").rstrip(".") if math.isfinite(number) else value


def swapped(cells: Mapping[str, str]) -> dict[str, str]:
    """Exchange events and non-events of a row of counts."""
    return {
        **cells,
        **{
            f"events_{arm}": str(int(cells[f"n_{arm}"]) - int(cells[f"events_{arm}"]))
            for arm in ("experimental", "control")
        },
    }


def is_logarithm(shown: str, estimate: str) -> bool | None:
    """Whether what is displayed is the exponential of the estimate; None if it cannot be told.

    False means that it is neither that, nor told by rounding.
    """
    ratio, log = parse_number(plain(shown)), parse_number(plain(estimate))
    if ratio is None or log is None or (ratio.value == 0 and log.value == 0):
        return None
    # The ratio in the file is the exponential of the estimate but for the digits of both.
    slack = 1e-3 + log.half_unit + (ratio.half_unit / ratio.value if ratio.value > 0 else 0)
    return ratio.value > 0 and abs(math.log(ratio.value) - log.value) <= slack


def count_in(events: str, n: str) -> tuple[str, str]:
    """Return events and patients; RevMan writes 0 for totals that were not entered."""
    total, number = parse_number(n), parse_number(events)
    if total is None or not total.value > 0 or not total.value.is_integer():
        return "", ""
    known = number is not None and number.value >= 0 and number.value.is_integer()
    return str(int(number.value)) if number is not None and known else "", str(int(total.value))

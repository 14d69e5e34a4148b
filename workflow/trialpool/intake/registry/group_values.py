"""What the values of two groups give: counts, means, medians, geometric means."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from trialpool.effects.counts import count_from_percent
from trialpool.evidence.printed import Printed, parse_number
from trialpool.intake.json_tree import Node, text
from trialpool.intake.registry.outcome import Outcome, Pair, Row

SIDES: Final = ("experimental", "control")
_LEVEL: Final = re.compile(r"([0-9.]+) ?% ?(?:confidence interval|ci)\b", re.IGNORECASE)
# A share that was estimated is no count of patients: Kaplan-Meier, models, imputation.
_ESTIMATED: Final = re.compile(
    r"kaplan|product[- ]limit|cumulative incidence|estimated|probability|imput|"
    r"(?:survival|event[- ]free) rate",
    re.IGNORECASE,
)
_QUARTILES: Final = ("inter quartile range", "interquartile range", "iqr")
_RANGES: Final = ("full range", "range")


class NotReadError(Exception):
    """Why a row's values give no cells."""

    def __init__(self, value: str, reason: str) -> None:
        super().__init__(reason)
        self.value, self.reason = value, reason


def unusable(outcome: Outcome) -> str:
    """Say why no row of an outcome can be read; empty where they can be tried."""
    if not outcome.is_of_patients:
        unit = text(outcome.node, "typeUnitsAnalyzed")
        return f"counted in {unit}, not in patients: units of one patient are not independent"
    named = _dispersion(outcome)
    if outcome.kind == "MEDIAN" and named not in (*_QUARTILES, *_RANGES):
        return "medians without quartiles or range: an interval of them is no spread of patients"
    if outcome.is_geometric:
        is_known = _LEVEL.search(named) or "coefficient of variation" in named
        return "" if is_known else "geometric means without interval or coefficient of variation"
    if outcome.is_mean and not (re.search("deviation|error", named) or _LEVEL.search(named)):
        return "means without standard deviation, standard error or interval"
    if outcome.is_mean or outcome.kind in ("MEDIAN", "COUNT_OF_PARTICIPANTS"):
        return ""
    if outcome.kind == "NUMBER":
        if outcome.is_share or outcome.is_count:
            return ""
        return "a number that is neither a count of patients nor a percentage of them"
    return f"values of the kind {outcome.kind.lower().replace('_', ' ') or 'not said'} are not read"


def cells_of(outcome: Outcome, row: Row, pair: Pair) -> tuple[str, dict[str, str]]:
    """Return form and cells of two groups.

    Raises
    ------
    NotReadError
        If a cell of them is missing or cannot be used.
    """
    read = _mean if outcome.is_mean else _median if outcome.kind == "MEDIAN" else _count
    if outcome.is_geometric:
        read = _geometric
    found: list[tuple[str, dict[str, str], str]] = []
    for group in (pair.ours, pair.theirs):
        n = parse_number(row.counts.get(group, ""))
        if n is None or n.value < 1:
            raise NotReadError(row.counts.get(group, ""), f"no number of patients in {group}")
        cell = row.cells.get(group)
        if cell is None or not text(cell, "value"):
            raise NotReadError("", f"no value is posted for {group}")
        found.append(read(outcome, cell, n))
    forms, names = {form for form, _, _ in found}, list(found[0][1])
    cells = {f"{name}_{side}": one[1][name] for side, one in zip(SIDES, found, strict=True)
             for name in names}  # fmt: skip
    notes = dict.fromkeys(note for _, _, note in found if note)
    if outcome.is_geometric:
        ours, theirs = (one for _, one, _ in found)
        ratio = float(ours["log"]) - float(theirs["log"])
        error = math.hypot(float(ours["se"]), float(theirs["se"]))
        cells = {"yi": _computed(ratio), "sei": _computed(error)}
    return forms.pop(), {**cells, "note": "; ".join(notes)}


def _count(outcome: Outcome, cell: Node, n: Printed) -> tuple[str, dict[str, str], str]:
    value, patients = text(cell, "value"), int(n.value)
    number = parse_number(value)
    if number is None or number.value < 0:
        raise NotReadError(value, "not a number of patients")
    if not outcome.is_share:
        if not value.isdigit() or number.value > patients:
            raise NotReadError(f"{value} of {patients}", "no count of these patients")
        return "counts", {"events": value, "n": str(patients)}, ""
    said = f"{outcome.title} {text(outcome.node, 'description')} {text(cell, 'comment')}"
    if estimated := _ESTIMATED.search(said):
        reason = f"a share that is estimated ({estimated[0]!r}), not counted"
        raise NotReadError(value, reason)
    if "percent" not in outcome.unit.casefold() and "%" not in outcome.unit:
        percent = Printed(value, 100 * number.value, max(number.decimals - 2, 0))
        if number.decimals < 2 and number.value not in (0, 1):
            raise NotReadError(value, "too few decimals to say how many patients it is")
    else:
        percent = number
    if percent.value > 100:
        raise NotReadError(value, "more than all patients")
    count = count_from_percent(percent, patients)
    if count is None:
        raise NotReadError(f"{value} of {patients}", "no whole number of the patients is this")
    if not count.is_unique:
        fit = f"{count.smallest} to {count.largest}"
        raise NotReadError(f"{value} of {patients}", f"several numbers of events fit ({fit})")
    note = "events from the percentages, of which one whole number fits"
    return "counts", {"events": str(count.nearest), "n": str(patients)}, note


def _mean(outcome: Outcome, cell: Node, n: Printed) -> tuple[str, dict[str, str], str]:
    """Return mean and standard deviation (Cochrane Handbook 6.5.2.2 for SE and intervals)."""
    value, spread = text(cell, "value"), text(cell, "spread")
    if parse_number(value) is None:
        raise NotReadError(value, "not a number")
    named = _dispersion(outcome)
    note = "least squares means: adjusted" if outcome.kind.startswith("LEAST") else ""
    if not (level := _LEVEL.search(named)):
        number = parse_number(spread)
        if number is None or number.value <= 0:
            raise NotReadError(spread, f"no {named} above 0")
        sd = number.text
        if "error" in named:
            sd, how = _computed(number.value * math.sqrt(n.value)), "SD = SE × √n"
            note = "; ".join(filter(None, (note, how)))
    else:
        sd = _sd_of_interval(cell, level[1], n)
        note = "; ".join(filter(None, (note, "SD from the interval, t with n − 1")))
    return "means", {"mean": value, "sd": sd, "n": str(int(n.value))}, note


def _geometric(outcome: Outcome, cell: Node, n: Printed) -> tuple[str, dict[str, str], str]:
    """Return the logarithm of a geometric mean and its standard error.

    The error is that of the interval's logarithms by t with n - 1, or sqrt(ln(1 + CV^2) / n) of
    the geometric coefficient of variation CV (log-normal values).
    """
    value, named = parse_number(text(cell, "value")), _dispersion(outcome)
    if value is None or value.value <= 0:
        raise NotReadError(text(cell, "value"), "no geometric mean above 0")
    note = "log ratio of geometric means"
    if level := _LEVEL.search(named):
        error = float(_sd_of_interval(cell, level[1], n, math.log)) / math.sqrt(n.value)
    else:
        percent = parse_number(text(cell, "spread"))
        if percent is None or percent.value <= 0:
            raise NotReadError(text(cell, "spread"), "no coefficient of variation above 0")
        error = math.sqrt(math.log1p((percent.value / 100) ** 2) / n.value)
    if outcome.kind != "GEOMETRIC_MEAN":
        note += "; least squares means: adjusted"
    return "geometric", {"log": repr(math.log(value.value)), "se": repr(error)}, note


def _sd_of_interval(
    cell: Node, level: str, n: Printed, scale: Callable[[float], float] = float
) -> str:
    from scipy.special import stdtrit

    lower, upper = (parse_number(text(cell, name)) for name in ("lowerLimit", "upperLimit"))
    percent = parse_number(level)
    if lower is None or upper is None or percent is None or n.value < 2:
        shown = f"{text(cell, 'lowerLimit')} to {text(cell, 'upperLimit')}"
        raise NotReadError(shown, "not two limits of a mean of two patients or more")
    if not lower.value < upper.value or not 0 < percent.value < 100:
        raise NotReadError(f"{lower.text} to {upper.text}", "not an interval")
    if scale is not float and lower.value <= 0:
        raise NotReadError(f"{lower.text} to {upper.text}", "a limit that has no logarithm")
    t = float(stdtrit(n.value - 1, 0.5 + percent.value / 200))
    width = scale(upper.value) - scale(lower.value)
    return _computed(width / (2 * t) * math.sqrt(n.value))


def _median(outcome: Outcome, cell: Node, n: Printed) -> tuple[str, dict[str, str], str]:
    value, named = text(cell, "value"), _dispersion(outcome)
    names = ("q1", "q3") if named in _QUARTILES else ("min", "max")
    limits = [text(cell, name) for name in ("lowerLimit", "upperLimit")]
    numbers = [parse_number(one) for one in (limits[0], value, limits[1])]
    known = [one.value for one in numbers if one is not None]
    if len(known) < len(numbers) or known != sorted(known):
        raise NotReadError(f"{value} ({' to '.join(limits)})", "not a median between two limits")
    cells = {"median": value, **dict(zip(names, limits, strict=True)), "n": str(int(n.value))}
    return f"medians-{'quartiles' if names[0] == 'q1' else 'range'}", cells, ""


def _dispersion(outcome: Outcome) -> str:
    return re.sub(r"[\s_-]+", " ", text(outcome.node, "dispersionType").casefold()).strip()


def _computed(value: float) -> str:
    """Return a number that was computed, in ten digits and without an exponent."""
    return format(Decimal(f"{value:.10g}"), "f")

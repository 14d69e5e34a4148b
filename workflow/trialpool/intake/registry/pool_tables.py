"""Every outcome of two arms as tables that `trialpool pool` reads, whatever the disease.

One file per outcome measure and form: counts, means, medians, or a printed effect. Files of one
form have the same columns, so that those of several trials can be put one below the other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from trialpool.effects.counts import count_from_percent
from trialpool.evidence.printed import Printed, parse_number, parse_p_value
from trialpool.intake.ids import slug, unique
from trialpool.intake.json_tree import Node, text
from trialpool.intake.record import Imported, PoolTable
from trialpool.intake.registry.analyses import DIRECTION, RATIOS, Estimate
from trialpool.intake.registry.outcome import TWO_SIDES, Outcome, Pair, Row

_FIRST: Final = ("study", "experimental", "control", "outcome", "part", "time_frame", "unit")
_LAST: Final = ("locator", "note")
_SIDES: Final = ("experimental", "control")
_LEVEL: Final = re.compile(r"([0-9.]+) ?% ?(?:confidence interval|ci)\b", re.IGNORECASE)
# A share that was estimated is no count of patients: Kaplan-Meier, models, imputation.
_ESTIMATED: Final = re.compile(
    r"kaplan|product[- ]limit|cumulative incidence|estimated|probability|imput|"
    r"(?:survival|event[- ]free) rate",
    re.IGNORECASE,
)
_QUARTILES: Final = ("inter quartile range", "interquartile range", "iqr")
_RANGES: Final = ("full range", "range")

Cells = dict[str, str]


def add_pool_tables(
    outcome: Outcome, estimates: Sequence[Estimate], study: str, imported: Imported
) -> None:
    """Add the tables of an outcome; what gives no row of its groups is named.

    Parameters
    ----------
    outcome : Outcome
    estimates : sequence of Estimate
        Its analyses.
    study : str
        What the trial is called.
    imported : Imported
    """
    forms: dict[str, list[Cells]] = {}
    for form, pair, cells in _of_groups(outcome, estimates, imported):
        forms.setdefault(form, []).append({**_about(outcome, pair, study), **cells})
    for estimate in estimates:
        found = _of_estimate(outcome, estimate, imported)
        if found is not None:
            form, cells = found
            forms.setdefault(form, []).append({**_about(outcome, estimate.pair, study), **cells})
    number = outcome.place.rpartition(" ")[2]
    for form, rows in forms.items():
        name = slug(f"{number.zfill(2)} {outcome.title}")[:40].rstrip("-+") + f"-{form}"
        name = unique(name, [table.name for table in imported.pool_tables])
        columns = (*_FIRST, *_columns(rows), *_LAST)
        command = f"trialpool pool pool/{name}.csv{_options(form, outcome, rows)}"
        imported.pool_tables.append(PoolTable(name, columns, tuple(rows), command))


def _columns(rows: Iterable[Cells]) -> tuple[str, ...]:
    return tuple(name for name in next(iter(rows)) if name not in (*_FIRST, *_LAST))


def _options(form: str, outcome: Outcome, rows: Sequence[Cells]) -> str:
    measures = {"counts": "RR", "means": "MD", "medians-quartiles": "MD", "medians-range": "MD"}
    measure = measures.get(form, form.partition("-")[0].upper())
    by = " --by part" if len({row["part"] for row in rows}) > 1 else ""
    return f" --measure {measure}{by}"


def _about(outcome: Outcome, pair: Pair, study: str) -> Cells:
    arms = {
        side: outcome.groups[group].title or outcome.groups[group].arm.label
        for side, group in zip(_SIDES, (pair.ours, pair.theirs), strict=True)
    }
    frame = text(outcome.node, "timeFrame")
    about = {"study": study, **arms, "outcome": outcome.title, "part": "", "time_frame": frame}
    return {**about, "unit": outcome.unit}


def _of_groups(
    outcome: Outcome, estimates: Sequence[Estimate], imported: Imported
) -> Iterable[tuple[str, Pair, Cells]]:
    """Return what the groups' own values give: form, pair, cells."""
    if not outcome.rows:
        return
    place = outcome.place
    pairs = outcome.pairs()
    if not pairs:
        told = {entry.element for entry in imported.left_out if entry.place.startswith(place)}
        if len(outcome.groups) > 1 and "roles" not in told:
            reason = "no experimental arm, no control, or none of the same part of the patients"
            roles = ", ".join(
                f"{one.arm.label}: {one.arm.role or 'not said'}" for one in outcome.groups.values()
            )
            imported.leave(place, "roles", roles, reason, TWO_SIDES)
        elif len(outcome.groups) < 2 and not outcome.strangers:
            imported.leave(place, "groups", outcome.title, "not two arms to compare")
        return
    if reason := _unusable(outcome):
        # What a median of time is worth stands in the hazard ratio beside it.
        if outcome.kind != "MEDIAN" or not estimates:
            shown = f"{outcome.kind}, {text(outcome.node, 'dispersionType')}, {outcome.unit}"
            imported.leave(place, "measurements", shown, reason)
        return
    for row in outcome.rows:
        for pair in pairs:
            try:
                form, cells = _cells(outcome, row, pair)
            except _NotReadError as error:
                where = place + (f", {row.part}" if row.part else "")
                imported.leave(where, "values", error.value, error.reason)
            else:
                notes = [note] if (note := cells.pop("note")) else []
                if sum(one.theirs == pair.theirs for one in pairs) > 1:
                    notes.append("the control is shared with other rows")
                last = {"part": row.part, "locator": place, "note": "; ".join(notes)}
                yield form, pair, {**cells, **last}


class _NotReadError(Exception):
    """Why a row's values give no cells."""

    def __init__(self, value: str, reason: str) -> None:
        super().__init__(reason)
        self.value, self.reason = value, reason


def _unusable(outcome: Outcome) -> str:
    """Say why no row of an outcome can be read; empty where they can be tried."""
    if not outcome.is_of_patients:
        unit = text(outcome.node, "typeUnitsAnalyzed")
        return f"counted in {unit}, not in patients: units of one patient are not independent"
    named = _dispersion(outcome)
    if outcome.kind == "MEDIAN" and named not in (*_QUARTILES, *_RANGES):
        return "medians without quartiles or range: an interval of them is no spread of patients"
    if outcome.is_mean and not (re.search("deviation|error", named) or _LEVEL.search(named)):
        return "means without standard deviation, standard error or interval"
    if outcome.is_mean or outcome.kind in ("MEDIAN", "COUNT_OF_PARTICIPANTS"):
        return ""
    if outcome.kind == "NUMBER":
        if outcome.is_share or outcome.is_count:
            return ""
        return "a number that is neither a count of patients nor a percentage of them"
    return f"values of the kind {outcome.kind.lower().replace('_', ' ') or 'not said'} are not read"


def _cells(outcome: Outcome, row: Row, pair: Pair) -> tuple[str, Cells]:
    """Return form and cells of two groups.

    Raises
    ------
    _NotReadError
        If a cell of them is missing or cannot be used.
    """
    read = {"MEAN": _mean, "LEAST_SQUARES_MEAN": _mean, "MEDIAN": _median}.get(outcome.kind, _count)
    found: list[tuple[str, dict[str, str], str]] = []
    for group in (pair.ours, pair.theirs):
        n = parse_number(row.counts.get(group, ""))
        if n is None or n.value < 1:
            raise _NotReadError(row.counts.get(group, ""), f"no number of patients in {group}")
        cell = row.cells.get(group)
        if cell is None or not text(cell, "value"):
            raise _NotReadError("", f"no value is posted for {group}")
        found.append(read(outcome, cell, n))
    forms, names = {form for form, _, _ in found}, list(found[0][1])
    cells = {f"{name}_{side}": one[1][name] for side, one in zip(_SIDES, found, strict=True)
             for name in names}  # fmt: skip
    notes = dict.fromkeys(note for _, _, note in found if note)
    return forms.pop(), {**cells, "note": "; ".join(notes)}


def _count(outcome: Outcome, cell: Node, n: Printed) -> tuple[str, dict[str, str], str]:
    value, patients = text(cell, "value"), int(n.value)
    number = parse_number(value)
    if number is None or number.value < 0:
        raise _NotReadError(value, "not a number of patients")
    if not outcome.is_share:
        if not value.isdigit() or number.value > patients:
            raise _NotReadError(f"{value} of {patients}", "no count of these patients")
        return "counts", {"events": value, "n": str(patients)}, ""
    said = f"{outcome.title} {text(outcome.node, 'description')} {text(cell, 'comment')}"
    if estimated := _ESTIMATED.search(said):
        reason = f"a share that is estimated ({estimated[0]!r}), not counted"
        raise _NotReadError(value, reason)
    if "percent" not in outcome.unit.casefold() and "%" not in outcome.unit:
        percent = Printed(value, 100 * number.value, max(number.decimals - 2, 0))
        if number.decimals < 2 and number.value not in (0, 1):
            raise _NotReadError(value, "too few decimals to say how many patients it is")
    else:
        percent = number
    if percent.value > 100:
        raise _NotReadError(value, "more than all patients")
    count = count_from_percent(percent, patients)
    if count is None:
        raise _NotReadError(f"{value} of {patients}", "no whole number of the patients is this")
    if not count.is_unique:
        fit = f"{count.smallest} to {count.largest}"
        raise _NotReadError(f"{value} of {patients}", f"several numbers of events fit ({fit})")
    note = "events from the percentages, of which one whole number fits"
    return "counts", {"events": str(count.nearest), "n": str(patients)}, note


def _mean(outcome: Outcome, cell: Node, n: Printed) -> tuple[str, dict[str, str], str]:
    """Return mean and standard deviation (Cochrane Handbook 6.5.2.2 for SE and intervals)."""
    value, spread = text(cell, "value"), text(cell, "spread")
    if parse_number(value) is None:
        raise _NotReadError(value, "not a number")
    named = _dispersion(outcome)
    note = "least squares means: adjusted" if outcome.kind.startswith("LEAST") else ""
    if not (level := _LEVEL.search(named)):
        number = parse_number(spread)
        if number is None or number.value <= 0:
            raise _NotReadError(spread, f"no {named} above 0")
        sd = number.text
        if "error" in named:
            sd, how = _computed(number.value * math.sqrt(n.value)), "SD = SE × √n"
            note = "; ".join(filter(None, (note, how)))
    else:
        sd = _sd_of_interval(cell, level[1], n)
        note = "; ".join(filter(None, (note, "SD from the interval, t with n − 1")))
    return "means", {"mean": value, "sd": sd, "n": str(int(n.value))}, note


def _sd_of_interval(cell: Node, level: str, n: Printed) -> str:
    from scipy.special import stdtrit

    lower, upper = (parse_number(text(cell, name)) for name in ("lowerLimit", "upperLimit"))
    percent = parse_number(level)
    if lower is None or upper is None or percent is None or n.value < 2:
        shown = f"{text(cell, 'lowerLimit')} to {text(cell, 'upperLimit')}"
        raise _NotReadError(shown, "not two limits of a mean of two patients or more")
    if not lower.value < upper.value or not 0 < percent.value < 100:
        raise _NotReadError(f"{lower.text} to {upper.text}", "not an interval")
    t = float(stdtrit(n.value - 1, 0.5 + percent.value / 200))
    return _computed((upper.value - lower.value) / (2 * t) * math.sqrt(n.value))


def _median(outcome: Outcome, cell: Node, n: Printed) -> tuple[str, dict[str, str], str]:
    value, named = text(cell, "value"), _dispersion(outcome)
    names = ("q1", "q3") if named in _QUARTILES else ("min", "max")
    limits = [text(cell, name) for name in ("lowerLimit", "upperLimit")]
    numbers = [parse_number(one) for one in (limits[0], value, limits[1])]
    known = [one.value for one in numbers if one is not None]
    if len(known) < len(numbers) or known != sorted(known):
        raise _NotReadError(f"{value} ({' to '.join(limits)})", "not a median between two limits")
    cells = {"median": value, **dict(zip(names, limits, strict=True)), "n": str(int(n.value))}
    return f"medians-{'quartiles' if names[0] == 'q1' else 'range'}", cells, ""


def _dispersion(outcome: Outcome) -> str:
    return re.sub(r"[\s_-]+", " ", text(outcome.node, "dispersionType").casefold()).strip()


def _of_estimate(
    outcome: Outcome, estimate: Estimate, imported: Imported
) -> tuple[str, Cells] | None:
    """Return form and cells of an analysis; None, and named, where it has no spread."""
    if not (part := _part(outcome, estimate)) and len(outcome.rows) > 1:
        reason = f"the record does not say which of its {len(outcome.rows)} lines it is about"
        imported.leave(estimate.where, estimate.measure, estimate.value, reason)
        return None
    code, is_ratio = estimate.measure.lower(), estimate.measure in RATIOS
    numbers = [parse_number(one) for one in (estimate.value, estimate.lower, estimate.upper)]
    value, lower, upper = numbers
    about = {"part": part, "locator": estimate.where, "note": _note(estimate)}
    if value is None or (is_ratio and value.value <= 0):
        imported.leave(estimate.where, estimate.measure, estimate.value, "no ratio is 0 or below")
        return None
    per = _per(outcome, estimate, [one for one in numbers if one is not None])
    if per is None:
        reason = "percentage points or a fraction: the record does not say it"
        imported.leave(estimate.where, estimate.measure, estimate.value, reason)
        return None
    effect = {code: _divided(value, per)}
    if lower is not None and upper is not None and estimate.level:
        is_inside = lower.value <= value.value <= upper.value and lower.value < upper.value
        if is_inside and (not is_ratio or lower.value > 0):
            limits = {"ci_lower": _divided(lower, per), "ci_upper": _divided(upper, per)}
            return code, {**effect, **limits, "ci_level": estimate.level, **about}
        shown = f"{value.text} ({lower.text} to {upper.text})"
        imported.leave(estimate.where, "confidence interval", shown, "not an interval around it")
        return None
    if (error := parse_number(estimate.error)) is not None:
        return f"{code}-se", {**effect, "sei": _divided(error, per), **about}
    p = parse_p_value(estimate.p_value)
    if p is not None and p.is_exact and not p.remark and 0 < p.number.value < 1:
        return f"{code}-p", {**effect, "p_value": p.number.text, **about}
    if not any(entry.place == estimate.where for entry in imported.left_out):
        reason = "no two-sided interval with its level, no standard error, no exact p-value"
        imported.leave(estimate.where, estimate.measure, estimate.value, reason)
    return None


def _per(outcome: Outcome, estimate: Estimate, numbers: Sequence[Printed]) -> int | None:
    """Return 100 where a risk difference is in percentage points, else 1; None if it is not said.

    A fraction is at most 1; below that the groups' own shares tell which of the two it is.
    """
    if estimate.measure != "RD":
        return 1
    if max(abs(one.value) for one in numbers) > 1:
        return 100
    row = estimate.row or outcome.only_row
    shares = [outcome.share_of(row, group) for group in (estimate.pair.ours, estimate.pair.theirs)]
    if shares[0] is None or shares[1] is None:
        return None
    crude = shares[0] - shares[1]
    value = numbers[0].value
    return 100 if abs(value / 100 - crude) < abs(value - crude) else 1


def _divided(number: Printed, per: int) -> str:
    """Return a printed number, or a hundredth of it in the same digits."""
    return number.text if per == 1 else format(Decimal(number.text) / per, "f")


def _computed(value: float) -> str:
    """Return a number that was computed, in ten digits and without an exponent."""
    return format(Decimal(f"{value:.10g}"), "f")


def _part(outcome: Outcome, estimate: Estimate) -> str:
    if estimate.row is not None and (estimate.row.part or len(outcome.rows) == 1):
        return estimate.row.part
    return text(estimate.analysis, "groupDescription")


def _note(estimate: Estimate) -> str:
    said = (text(estimate.analysis, key) for key in ("statisticalMethod", "estimateComment"))
    return "; ".join(filter(None, (DIRECTION, *said)))

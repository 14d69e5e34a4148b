"""Every outcome of two arms as tables that `trialpool pool` reads, whatever the disease.

One file per outcome measure and form: counts, means, medians, or a printed effect. Files of one
form have the same columns, so that those of several trials can be put one below the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from trialpool.evidence.printed import Printed, parse_number, parse_p_value
from trialpool.intake.ids import slug, unique
from trialpool.intake.json_tree import text
from trialpool.intake.record import Imported, PoolTable
from trialpool.intake.registry.analyses import DIRECTION, RATIOS, Estimate
from trialpool.intake.registry.group_values import SIDES, NotReadError, cells_of, unusable
from trialpool.intake.registry.outcome import TWO_SIDES, Outcome, Pair

_FIRST: Final = ("study", "experimental", "control", "outcome", "part", "time_frame", "unit")
_LAST: Final = ("locator", "note")
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
    measures = {
        "geometric": "ROM",
        "counts": "RR",
        "means": "MD",
        "medians-quartiles": "MD",
        "medians-range": "MD",
    }
    measure = measures.get(form, form.partition("-")[0].upper())
    by = " --by part" if len({row["part"] for row in rows}) > 1 else ""
    return f" --measure {measure}{by}"


def _about(outcome: Outcome, pair: Pair, study: str) -> Cells:
    arms = {
        side: outcome.groups[group].title or outcome.groups[group].arm.label
        for side, group in zip(SIDES, (pair.ours, pair.theirs), strict=True)
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
    if reason := unusable(outcome):
        # What a median of time is worth stands in the hazard ratio beside it.
        if outcome.kind != "MEDIAN" or not estimates:
            shown = f"{outcome.kind}, {text(outcome.node, 'dispersionType')}, {outcome.unit}"
            imported.leave(place, "measurements", shown, reason)
        return
    for row in outcome.rows:
        for pair in pairs:
            try:
                form, cells = cells_of(outcome, row, pair)
            except NotReadError as error:
                where = place + (f", {row.part}" if row.part else "")
                imported.leave(where, "values", error.value, error.reason)
            else:
                notes = [note] if (note := cells.pop("note")) else []
                if sum(one.theirs == pair.theirs for one in pairs) > 1:
                    notes.append("the control is shared with other rows")
                last = {"part": row.part, "locator": place, "note": "; ".join(notes)}
                yield form, pair, {**cells, **last}


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
        reason = "in percent or not: the record does not say it"
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
    if estimate.measure == "ROM":
        return _per_ratio(outcome, estimate, numbers[0].value)
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


def _per_ratio(outcome: Outcome, estimate: Estimate, ratio: float) -> int | None:
    """Return 100 where a ratio of geometric means is in percent, by the ratio of the groups'."""
    row = estimate.row or outcome.only_row
    if row is None or not outcome.is_geometric:
        return None
    pair = (estimate.pair.ours, estimate.pair.theirs)
    ours, theirs = (parse_number(text(row.cells.get(group, {}), "value")) for group in pair)
    if ours is None or theirs is None or ours.value <= 0 or theirs.value <= 0:
        return None
    off = {per: abs(math.log(ratio / per * theirs.value / ours.value)) for per in (1, 100)}
    nearest = min(off, key=lambda per: off[per])
    return nearest if off[nearest] < math.log(3) else None


def _divided(number: Printed, per: int) -> str:
    """Return a printed number, or a hundredth of it in the same digits."""
    return number.text if per == 1 else format(Decimal(number.text) / per, "f")


def _part(outcome: Outcome, estimate: Estimate) -> str:
    if estimate.row is not None and (estimate.row.part or len(outcome.rows) == 1):
        return estimate.row.part
    return text(estimate.analysis, "groupDescription")


def _note(estimate: Estimate) -> str:
    said = (text(estimate.analysis, key) for key in ("statisticalMethod", "estimateComment"))
    return "; ".join(filter(None, (DIRECTION, *said)))

"""A rule on the ways in which one row gives a standard error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Final

from scipy.special import ndtri

from trialpool.audit.context import AuditContext, Row, number
from trialpool.audit.ratios.intervals import ratio_case
from trialpool.audit.rule import Fault, Judgements, rule
from trialpool.effects.agreement import MEDIAN_LIMIT, median_gap
from trialpool.effects.rung import Rung, disagreement
from trialpool.effects.rungs import (
    ASSUMED_LEVEL,
    INTERVAL,
    RECONSTRUCTED,
    reconstructions_by_contrast,
    reconstructions_of,
    rungs_of,
)
from trialpool.survival.units import MONTHS

# A log-rank beside a Cox test, or a curve read from a figure, moves a standard error by a tenth
# or two; a slip of a digit by more.
LARGEST_GAP: Final = 0.25
# Another level is named where the own one leaves a gap beyond the first and that level one within
# the second: usual levels are 14 to 19 % apart, and a curve is good to about 5 %.
LEVEL_GAP: Final = 0.10
LEVEL_FITS: Final = 0.05
_LEVELS: Final = (90.0, 95.0, 97.5, 99.0, 99.9)


@rule(
    "rungs-disagree",
    "Two ways in which a row gives a standard error (interval, O − E and V, two-sided p, log-rank "
    f"with events, reconstructed curve, one limit) agree within {100 * LARGEST_GAP:.0f} %, and an "
    f"interval fits the other way at its own level within {100 * LEVEL_GAP:.0f} % if it fits at "
    "another usual one.",
    levels=("warning",),
    reference="Tierney 2007, Trials 8:16; Parmar 1998, Stat Med 17:2815",
    remedy="Compare all the numbers, and the level of the interval, with the source; the first way "
    "is the one that is used.",
    tables=("time_to_event", "reconstructed_survival", "sources"),
    holds=ratio_case("0.74", "0.56", "0.98", p_value=".035 (two-sided)"),
    fails=ratio_case("0.47", "0.56", "0.98", p_value=".035 (two-sided)"),
)
def rungs_disagree(context: AuditContext) -> Judgements:
    """Judge each pair of ways that may enter a pool."""
    rows = context.rows("time_to_event")
    contrasts = reconstructions_by_contrast(context.rows("reconstructed_survival"))
    pmids = {str(row["source_id"]): str(row["pmid"]) for row in context.rows("sources")}
    for row, curve in zip(rows, reconstructions_of(rows, contrasts, pmids), strict=True):
        usable = [rung for rung in rungs_of(row, curve) if rung.is_usable]
        for one, other in combinations(usable, 2):
            gap = disagreement(one, other)
            if gap is None:
                continue
            level = _other_level(row, one, other, curve) if gap > LEVEL_GAP else ""
            if gap <= LARGEST_GAP and not level:
                yield None
                continue
            message = (
                f"the standard error is {_range(one)} by the {one.name}, {_range(other)} by the "
                f"{other.name}{level}"
            )
            cells = tuple(dict.fromkeys([*one.inputs, *other.inputs]))
            column = cells[0] if cells[0] in row else "estimate"
            others = {
                name: text
                for rung in (one, other)
                for name, text in rung.inputs.items()
                if name not in row
            }
            yield Fault("time_to_event", row, column, message, _range(one), cells, others)


def _other_level(row: Row, one: Rung, other: Rung, curve: Row | None) -> str:
    """Name the level at which an interval fits another way; empty where none does.

    A curve whose medians are not the printed ones is of another analysis: it tells no level.
    """
    if one.name != INTERVAL:
        return ""
    if other.name == RECONSTRUCTED and curve is not None and any(_medians_differ(row, curve)):
        return ""
    printed = number(row, "ci_level")
    own = ASSUMED_LEVEL if printed is None else printed.value
    fits = {}
    for level in _LEVELS:
        if level != own:
            at = _at_level(one, _z(own) / _z(level))
            gap = disagreement(at, other)
            if gap is not None and gap <= LEVEL_FITS and at.sei and other.sei:
                fits[level] = abs(at.sei - other.sei), at
    if not fits:
        return ""
    level = min(fits, key=lambda name: fits[name][0])
    said = "its level is not printed" if printed is None else f"its level is given as {own:g} %"
    return (
        f"; {said}, and it fits the other way at {level:g} %, where the standard error is "
        f"{_range(fits[level][1])}"
    )


def _at_level(rung: Rung, factor: float) -> Rung:
    sei, lower, upper = (
        None if se is None else se * factor for se in (rung.sei, rung.sei_lower, rung.sei_upper)
    )
    return replace(rung, sei=sei, sei_lower=lower, sei_upper=upper)


def _medians_differ(row: Row, curve: Row) -> Iterator[bool]:
    unit = MONTHS.get(str(row["time_unit"]))
    for column in ("median_experimental", "median_control"):
        printed, theirs = number(row, column), number(curve, column)
        if unit is not None and printed is not None and theirs is not None:
            gap = median_gap(printed, theirs.value, unit)
            yield gap is not None and gap > MEDIAN_LIMIT


def _z(level: float) -> float:
    return float(ndtri(0.5 + level / 200.0))


def _range(rung: Rung) -> str:
    return f"{rung.sei_lower:.3g} to {rung.sei_upper:.3g}"

"""Rules on means and their spread. Printed numbers are intervals themselves."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from scipy.special import stdtrit

from trialpool.audit.context import AuditContext, Row, number, whole
from trialpool.audit.ratios.intervals import ASSUMED_LEVEL
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.effects.outcomes.arms import ArmResult, arm_mean
from trialpool.evidence.printed import Printed

_T: Final = "means"
_COMPARE: Final = "Compare the numbers with the source."
_SLACK: Final = 1e-9
# A spread that many times smaller than others, and not when it is multiplied by √n.
SMALL: Final = 3.0
NEAR: Final = 1.6
_FEWEST: Final = 3


def mean_case(*rows: Mapping[str, str]) -> Case:
    """Make an example of rows of means.csv of one outcome; each with an id of its own."""
    same = {"trial_id": "a", "source_id": "s", "endpoint": "LDL", "unit": "mmol/L"}
    many = [
        {**same, "value": "final", "row_id": f"a.{i}", "arm_id": f"x{i}", **row}
        for i, row in enumerate(rows, 1)
    ]
    return Case({_T: many})


@rule(
    "spread-positive",
    "Standard deviations and standard errors are above zero.",
    levels=("unusable",),
    reference="definition of a standard deviation",
    remedy=_COMPARE,
    tables=(_T, "outcome_contrasts"),
    holds=mean_case({"mean": "2.5", "sd": "0.8", "n": "30"}),
    fails=mean_case({"mean": "2.5", "sd": "-0.8", "n": "30"}),
)
def spread_positive(context: AuditContext) -> Judgements:
    """Judge every printed spread; one that rounds to zero (0.00) is left out of pools too."""
    for table, columns in ((_T, ("sd", "se")), ("outcome_contrasts", ("se",))):
        for row in context.rows(table):
            for column in columns:
                spread = number(row, column)
                if spread is not None:
                    fault = Fault(table, row, column, f"{column} must be above 0", "above 0")
                    yield None if spread.value > 0 else fault


@rule(
    "spreads-agree",
    "Standard deviation, standard error and interval of one mean agree: se = sd/√n, limits = mean "
    "± t se, with t of n − 1 degrees of freedom or 1.96.",
    levels=("warning",),
    reference="Cochrane Handbook 6.5, 6.5.2.2",
    remedy="Compare them with the source: which of them is the standard deviation? The pool uses "
    "sd before se, and se before the interval.",
    tables=(_T,),
    holds=mean_case({"mean": "2.5", "sd": "0.8", "se": "0.15", "n": "30"}),
    fails=mean_case({"mean": "2.5", "sd": "0.15", "se": "0.15", "n": "30"}),
)
def spreads_agree(context: AuditContext) -> Judgements:
    """Judge means that print their spread in two ways."""
    for row in context.rows(_T):
        n = whole(row, "n")
        if n is None or n < 2:
            continue
        ranges = _deviations(row, n)
        for (one, ours), (other, theirs) in pairwise(ranges.items()):
            if ours[0] <= theirs[1] * (1 + _SLACK) and theirs[0] <= ours[1] * (1 + _SLACK):
                yield None
                continue
            message = (
                f"{one} means a standard deviation of {_range(ours)}, {other} one of "
                f"{_range(theirs)}"
            )
            yield Fault(_T, row, other, message, f"a standard deviation of {_range(ours)}", (one,))


def _deviations(row: Row, n: int) -> dict[str, tuple[float, float]]:
    """Ranges of the standard deviation that each printed spread allows, by column."""
    found: dict[str, tuple[float, float]] = {}
    sd, se = number(row, "sd"), number(row, "se")
    if sd is not None and sd.value > 0:
        found["sd"] = (max(sd.lower, 0.0), sd.upper)
    if se is not None and se.value > 0:
        found["se"] = (max(se.lower, 0.0) * math.sqrt(n), se.upper * math.sqrt(n))
    lower, upper, level = (number(row, name) for name in ("ci_lower", "ci_upper", "ci_level"))
    if lower is not None and upper is not None and lower.value < upper.value:
        share = (ASSUMED_LEVEL if level is None else level.value) / 100
        # By Student's t, or by the normal quantile: reports do not say which.
        largest = float(stdtrit(n - 1, 0.5 + share / 2))
        least = float(stdtrit(1e9, 0.5 + share / 2))
        widths = (upper.lower - lower.upper, upper.upper - lower.lower)
        found["ci_upper"] = (
            max(widths[0], 0.0) / (2 * largest) * math.sqrt(n),
            widths[1] / (2 * least) * math.sqrt(n),
        )
    return found


def _range(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.3g} to {ends[1]:.3g}"


_OTHERS: Final = (
    {"mean": "2.4", "sd": "0.8", "n": "40"},
    {"mean": "2.6", "sd": "0.9", "n": "35", "trial_id": "b"},
    {"mean": "2.2", "sd": "0.7", "n": "50", "trial_id": "c"},
)


@rule(
    "deviation-not-error",
    "A standard deviation is of the size of those of other arms and trials of the same outcome and "
    f"unit: not {SMALL:g} times smaller where times √n it would be of their size.",
    levels=("warning",),
    reference="Cochrane Handbook 6.5, 6.5.2.2 (standard errors taken for standard deviations)",
    remedy="If the source prints a standard error, enter it as se.",
    tables=(_T,),
    holds=mean_case({"mean": "2.5", "sd": "0.85", "n": "30"}, *_OTHERS),
    fails=mean_case({"mean": "2.5", "sd": "0.15", "n": "30"}, *_OTHERS),
)
def deviation_not_error(context: AuditContext) -> Judgements:
    """Judge printed spreads; a deviation entered as an error is √n times too large, and found too.

    Reports slip in all their arms, so a row is compared with the other arms of its report. Where
    these are as small, with the other reports.
    """
    for rows in _of_one_outcome(context).values():
        reports: dict[tuple[str, str], list[ArmResult]] = defaultdict(list)
        for row, found in rows:
            reports[_report(row)].append(found)
        spreads = sorted(found.numbers["sd"] for _, found in rows)
        of_theirs = {
            report: median_without(spreads, [found.numbers["sd"] for found in own])
            for report, own in reports.items()
            if len(own) < len(rows)
        }
        for row, found in rows:
            column = "sd" if row["sd"] else "se" if row["se"] else ""
            if not column or len(rows) - 1 < _FEWEST:
                continue
            report = _report(row)
            ours = [other for other in reports[report] if other is not found]
            theirs = [of_theirs[report]] if report in of_theirs else []
            of_others = [median(f.numbers["sd"] for f in ours)] if ours else []
            of_others += theirs
            slips = [_slips(column, found, value) for value in of_others]
            whole_report = [_slips(column, f, of_others[-1]) for f in (found, *ours)]
            if not slips[0] and not (theirs and all(whole_report)):
                yield None
                continue
            middle = of_others[0] if slips[0] else of_others[-1]
            what = "standard error" if column == "sd" else "standard deviation"
            message = (
                f"as entered the standard deviation is {found.numbers['sd']:.3g}, that of other "
                f"rows of this outcome {middle:.3g} (median): this looks like a {what}"
            )
            yield Fault(_T, row, column, message, f"about {middle:.3g}", ("mean", "n"))


def _report(row: Row) -> tuple[str, str]:
    return str(row["trial_id"]), str(row["source_id"])


def median_without(values: Sequence[float], some: Iterable[float]) -> float:
    """Return the median of sorted values without some of them, in steps as many as these."""
    taken: list[int] = []
    for value in sorted(some):
        place = bisect_left(values, value)
        taken.append(max(place, taken[-1] + 1) if taken else place)
    left = len(values) - len(taken)
    middle = []
    for wanted in ((left - 1) // 2, left // 2):
        place = wanted
        for gone in taken:
            place += gone <= place
        middle.append(values[place])
    return sum(middle) / 2


def _slips(column: str, found: ArmResult, middle: float) -> bool:
    """Whether a deviation is far from another, and not when it is taken for the other spread."""
    sd, root = found.numbers["sd"], math.sqrt(found.numbers["n"])
    far = middle / sd if column == "sd" else sd / middle
    meant = sd * root if column == "sd" else sd / root
    return far >= SMALL and middle / NEAR <= meant <= middle * NEAR


def _of_one_outcome(
    context: AuditContext,
) -> dict[tuple[str, ...], list[tuple[Row, ArmResult]]]:
    """Rows with a mean and spread by outcome, unit, definition, and value or change."""
    found: dict[tuple[str, ...], list[tuple[Row, ArmResult]]] = defaultdict(list)
    for row in context.rows(_T):
        read = arm_mean(row) if row["n"] else ""
        if not isinstance(read, str):
            key = (row["endpoint"], row["unit"], row["value"])
            found[tuple(map(str, key))].append((row, read))
    return found


@rule(
    "mean-within-range",
    "Mean and median lie between the smallest and the largest value, and no standard deviation is "
    "larger than these allow: half their distance times √(n/(n − 1)).",
    levels=("unusable",),
    reference="definition of a mean; Popoviciu 1935, Mathematica 9:129 (largest variance)",
    remedy=_COMPARE,
    tables=(_T,),
    holds=mean_case({"mean": "2.5", "sd": "0.8", "n": "30", "min": "1.1", "max": "4.6"}),
    fails=mean_case({"mean": "25", "sd": "0.8", "n": "30", "min": "1.1", "max": "4.6"}),
)
def mean_within_range(context: AuditContext) -> Judgements:
    """Judge means, medians and deviations beside a smallest and a largest value."""
    for row in context.rows(_T):
        low, high, n = number(row, "min"), number(row, "max"), whole(row, "n")
        if low is None or high is None:
            continue
        for column in ("mean", "median"):
            middle = number(row, column)
            if middle is None:
                continue
            outside = middle.upper < low.lower - _SLACK or middle.lower > high.upper + _SLACK
            message = f"the {column} lies outside the values {low.text} to {high.text}"
            cells = ("min", "max")
            fault = Fault(_T, row, column, message, f"{low.text} to {high.text}", cells)
            yield fault if outside else None
        sd = number(row, "sd")
        if sd is not None and n is not None and n > 1:
            most = (high.upper - low.lower) / 2 * math.sqrt(n / (n - 1))
            message = f"values {low.text} to {high.text} cannot spread so far"
            fault = Fault(_T, row, "sd", message, f"at most {most:.3g}", ("min", "max", "n"))
            yield fault if sd.lower > most + _SLACK else None


_RISING: Final = ("min", "q1", "median", "q3", "max")


@rule(
    "summary-in-order",
    "Minimum, first quartile, median, third quartile and maximum rise.",
    levels=("unusable",),
    reference="definition of quantiles",
    remedy=_COMPARE,
    tables=(_T,),
    holds=mean_case({"median": "2.4", "q1": "1.9", "q3": "3.0", "n": "30"}),
    fails=mean_case({"median": "2.4", "q1": "3.0", "q3": "1.9", "n": "30"}),
)
def summary_in_order(context: AuditContext) -> Judgements:
    """Judge each two neighbours of a summary."""
    for row in context.rows(_T):
        there = [(name, cell) for name in _RISING if (cell := number(row, name)) is not None]
        for (low, one), (high, other) in pairwise(there):
            message = f"{low} {one.text} is above {high} {other.text}"
            fault = Fault(_T, row, high, message, f"at least {one.text}", (low,))
            yield fault if _above(one, other) else None


def _above(one: Printed, other: Printed) -> bool:
    if one.decimals == other.decimals:
        return one.value > other.value
    return one.lower > other.upper + _SLACK


@rule(
    "arms-one-unit",
    "The arms of one report give an outcome in one unit.",
    levels=("unusable",),
    reference="a difference of numbers in two units means nothing",
    remedy="Enter each number with the unit that stands beside it in the source.",
    tables=(_T,),
    holds=mean_case({"mean": "2.5"}, {"mean": "2.6"}),
    fails=mean_case({"mean": "2.5"}, {"mean": "97", "unit": "mg/dL"}),
)
def arms_one_unit(context: AuditContext) -> Judgements:
    """Judge every row against the first of its report, outcome and time."""
    names = ("trial_id", "source_id", "endpoint", "definition", "timepoint", "value")
    first: dict[tuple[str, ...], Row] = {}
    for row in context.rows(_T):
        other = first.setdefault(tuple(str(row[name]) for name in names), row)
        if other is row:
            continue
        unit = str(other["unit"])
        message = f"in {row['unit'] or 'no unit'}, and {other['row_id']} in {unit or 'no unit'}"
        others = {f"{other['row_id']} unit": unit}
        fault = Fault(_T, row, "unit", message, unit, others=others)
        yield None if row["unit"] == unit else fault


_CHANGES: Final[Sequence[Mapping[str, str]]] = (
    {"mean": "-1.1", "value": "change"},
    {"mean": "-0.9", "value": "change", "trial_id": "b"},
    {"mean": "-1.4", "value": "change", "trial_id": "c"},
)


@rule(
    "change-sign",
    "A change from the baseline has the sign of the changes of other arms and trials of the same "
    "outcome, where these all have one and it is of their size.",
    levels=("warning",),
    reference="Cochrane Handbook 6.5, 6.5.2.8 (changes are entered as after minus before)",
    remedy="Enter after minus before, so that a fall is negative; look the row up in its source.",
    tables=(_T,),
    holds=mean_case({"mean": "-1.2", "value": "change"}, *_CHANGES),
    fails=mean_case({"mean": "1.2", "value": "change"}, *_CHANGES),
)
def change_sign(context: AuditContext) -> Judgements:
    """Judge changes of an outcome of which three others or more are known."""
    found: dict[tuple[str, ...], list[tuple[Row, Printed]]] = defaultdict(list)
    for row in context.rows(_T):
        mean = number(row, "mean")
        if row["value"] == "change" and mean is not None:
            found[str(row["endpoint"]), str(row["unit"])].append((row, mean))
    for rows in found.values():
        falls = sum(mean.value < 0 for _, mean in rows)
        rises = sum(mean.value > 0 for _, mean in rows)
        for row, mean in rows:
            if len(rows) - 1 < _FEWEST or mean.value == 0:
                continue
            # Of one row at most: two such would be against each other's others.
            against = (falls if mean.value > 0 else rises) == len(rows) - 1
            sizes = [abs(other.value) for _, other in rows if other is not mean] if against else []
            if against and min(sizes) <= abs(mean.value) <= max(sizes):
                message = f"every other change of this outcome has the other sign: {mean.text}"
                yield Fault(_T, row, "mean", message, f"{-mean.value:g}", ("value", "unit"))
            else:
                yield None

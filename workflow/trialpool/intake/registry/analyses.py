"""Posted comparisons of two arms: which effect it is, its interval, its p-value, its direction."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from trialpool.evidence.printed import parse_number, parse_p_value
from trialpool.intake.json_tree import Node, nodes, text
from trialpool.intake.record import Imported
from trialpool.intake.registry.outcome import Outcome, Pair, Row

DIRECTION: Final = (
    "DIRECTION INFERRED: the registry does not say which group the ratio refers to; taken as "
    "experimental against control"
)
# The registry's word for a declared superiority test; what else there is gives a p of another kind.
_SUPERIORITY: Final = {
    "SUPERIORITY",
    "SUPERIORITY_OR_OTHER",
    "SUPERIORITY_OR_OTHER_LEGACY",
    "",
}
# What the registry's list and free text call a measure; the first that fits.
_MEASURES: Final = (
    ("ROM", r"geometric.* ratio|ratio of (?:the )?(?:ls |adjusted )?geometric"),
    ("HR", r"hazards? ratio|cox proportional hazard"),
    ("OR", r"odds ratio"),
    ("IRR", r"(?:incidence |event |relapse |exacerbation )?rate ratio|ratio of (?:\w+ ){0,3}rates"),
    ("RR", r"risk ratio|relative risk|(?:prevalence|probability) ratio"),
    ("RD", r"(?:absolute )?risk difference|difference in (?:\w+ ){0,3}(?:proportion|percent|rate)"),
    ("SMD", r"standardi[sz]ed mean difference|hedges"),
    ("MD", r"mean difference|difference (?:\w+ ){0,4}means?\b|means? \(?net|l\.?s\.? ?means? diff"),
    ("RD", r"(?:proportion|percentage|rate)s? difference"),
)
_NOT_THESE: Final = re.compile(
    r"\blog\b|\bln\b|reduction|median|hodges|slope|ratio of (?:ls |least)|win ratio",
    re.IGNORECASE,
)
RATIOS: Final = ("HR", "OR", "RR", "IRR", "ROM")
_NOT_READ: Final = "the kind of estimate is none that can be pooled here, or it is not said"


@dataclass(frozen=True)
class Estimate:
    """An effect of the experimental arm against the control, as posted.

    Attributes
    ----------
    where : str
        "outcome measure 3, analysis 1".
    analysis : Node
    pair : Pair
    row : Row or None
        The line of the outcome that it is about, where the record says it.
    measure : str
        Code of the measure.
    value : str
        As printed; ratios as ratios, not logarithms.
    lower, upper, level : str
        Limits of the two-sided interval and its level in percent; empty where there is none.
    p_value : str
        As printed, with what it is where it is not two-sided superiority.
    error : str
        Standard error of a difference, as printed.
    """

    where: str
    analysis: Node
    pair: Pair
    row: Row | None
    measure: str
    value: str
    lower: str = ""
    upper: str = ""
    level: str = ""
    p_value: str = ""
    error: str = ""


def read_analyses(outcome: Outcome, imported: Imported) -> list[Estimate]:
    """Read the analyses of an outcome; what cannot be read of one is named.

    A ratio or difference that the numbers of its own two groups contradict is left out: the
    record does not say which group it refers to.
    """
    found = []
    for number, analysis in enumerate(nodes(outcome.node, "analyses"), 1):
        where = f"{outcome.place}, analysis {number}"
        kind = text(analysis, "paramType")
        measure = measure_of(kind, outcome)
        if not measure:
            shown = kind or text(analysis, "statisticalMethod")
            imported.leave(where, "paramType", shown, _NOT_READ)
            continue
        pair = outcome.pair_of(analysis)
        if not isinstance(pair, Pair):
            imported.leave(where, *pair)
            continue
        printed = text(analysis, "paramValue")
        if parse_number(printed) is None:
            imported.leave(where, "paramValue", printed, "not a number")
            continue
        estimate = Estimate(
            where,
            analysis,
            pair,
            outcome.row_of(analysis),
            measure,
            printed,
            *_interval(where, analysis, imported),
            p_value=_p_value(where, analysis, imported),
            error=_error(measure, analysis),
        )
        if reason := _contradiction(estimate, outcome):
            remedy = "Enter the row by hand, with the direction that the article gives."
            imported.leave(where, "direction", reason[0], reason[1], remedy)
            continue
        found.append(estimate)
    return found


def measure_of(kind: str, outcome: Outcome) -> str:
    """Return the code of the measure that an analysis names; empty where it is none of ours.

    Parameters
    ----------
    kind : str
        The registry's `paramType`, from a list or typed.
    outcome : Outcome
        Its values tell what a "treatment difference" is.
    """
    if _NOT_THESE.search(kind):
        return ""
    found = next((code for code, words in _MEASURES if re.search(words, kind, re.IGNORECASE)), "")
    is_share = outcome.is_share or outcome.is_count
    if found in ("MD", "RD") or (not found and re.search("difference", kind, re.IGNORECASE)):
        return "MD" if outcome.is_mean else "RD" if is_share else found
    return found


def _interval(where: str, analysis: Node, imported: Imported) -> tuple[str, str, str]:
    """Return limits and level of the two-sided interval, empty where there is none."""
    nothing = ("", "", "")
    lower, upper = text(analysis, "ciLowerLimit"), text(analysis, "ciUpperLimit")
    if not lower and not upper:
        return nothing
    sides = text(analysis, "ciNumSides").upper()
    if "ONE" in sides or sides.startswith("1"):
        reason = "a one-sided interval gives no standard error here"
        imported.leave(where, "confidence interval", f"{lower} to {upper}", reason)
        return nothing
    if parse_number(lower) is None or parse_number(upper) is None:
        imported.leave(where, "confidence interval", f"{lower} to {upper}", "not two numbers")
        return nothing
    level = text(analysis, "ciPctValue").removesuffix("%").strip()
    if level and parse_number(level) is None:
        imported.leave(where, "ciPctValue", level, "not a number; the level is left empty")
        level = ""
    return lower, upper, level


def _p_value(where: str, analysis: Node, imported: Imported) -> str:
    """Return the p-value as printed, with what it is where it is not two-sided superiority."""
    printed = text(analysis, "pValue")
    if not printed:
        return ""
    cell = printed
    comment = text(analysis, "pValueComment")
    remarks = []
    if re.search(r"(?:1|one)[ -]?(?:sided|tailed)", f"{comment} {printed}", re.IGNORECASE):
        remarks.append("one-sided")
    kind = text(analysis, "nonInferiorityType").upper()
    if kind not in _SUPERIORITY:
        remarks.append(kind.replace("_", "-").casefold())
    if remarks and "(" not in cell:
        cell = f"{cell} ({', '.join(remarks)})"
    if parse_p_value(cell) is None:
        imported.leave(where, "pValue", printed, "not a p-value between 0 and 1")
        return ""
    return cell


def _error(measure: str, analysis: Node) -> str:
    """Return the standard error of a difference; of a ratio it is not said on which scale it is."""
    named = text(analysis, "dispersionType").replace("_", " ").casefold()
    value = text(analysis, "dispersionValue")
    is_error = "standard error" in named and measure not in RATIOS
    number = parse_number(value) if is_error else None
    return value if number is not None and number.value > 0 else ""


def _contradiction(estimate: Estimate, outcome: Outcome) -> tuple[str, str] | None:
    """Say how the groups' own numbers speak against the direction; None where they do not."""
    number = parse_number(estimate.value)
    row = estimate.row or outcome.only_row
    if number is None or row is None:
        return None
    ours, theirs = (
        parse_number(text(row.cells.get(group, {}), "value"))
        for group in (estimate.pair.ours, estimate.pair.theirs)
    )
    if ours is None or theirs is None:
        return None
    shown = f"{estimate.measure} {number.text}"
    if estimate.measure == "HR":
        # Counts may be of those with or without the event; medians of time have one direction.
        is_turned = (
            outcome.kind == "MEDIAN" and (number.value - 1) * (ours.value - theirs.value) > 0
        )
        reason = "the medians point the other way: the ratio may be control against experimental"
        return (f"{shown}, medians {ours.text} and {theirs.text}", reason) if is_turned else None
    if estimate.measure in ("MD", "SMD") and outcome.is_mean:
        a, b = ours.value, theirs.value
    elif estimate.measure in ("OR", "RR", "RD"):
        x, y = (outcome.share_of(row, group) for group in vars(estimate.pair).values())
        if x is None or y is None:
            return None
        a, b = x, y
    else:
        return None
    effect = number.value - (1 if estimate.measure in RATIOS else 0)
    return _against(estimate, effect, a - b, shown, (ours.text, theirs.text))


def _against(
    estimate: Estimate, effect: float, crude: float, shown: str, groups: tuple[str, str]
) -> tuple[str, str] | None:
    """Compare signs; near no difference an adjusted estimate may lie on the other side of it."""
    lower, upper = parse_number(estimate.lower), parse_number(estimate.upper)
    null = 1.0 if estimate.measure in RATIOS else 0.0
    is_beyond = lower is None or upper is None or not lower.value <= null <= upper.value
    if math.copysign(1, effect) == math.copysign(1, crude) or effect * crude == 0 or not is_beyond:
        return None
    reason = "the groups' own numbers point the other way: it may be control against experimental"
    return f"{shown}, groups {groups[0]} and {groups[1]}", reason

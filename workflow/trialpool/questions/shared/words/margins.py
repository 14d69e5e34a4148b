"""Conclusions of non-inferiority and equivalence questions, by margins alone.

After the CONSORT extension (Piaggio 2012): where an interval lies against the
margin decides; that it includes no difference says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from trialpool import formatting
from trialpool.measures import Direction, get_measure
from trialpool.questions.shared.words.sides import (
    Bounded,
    Conclusion,
    DescribeSide,
    R,
    Verdict,
    capital,
    heterogeneity,
    interval_name,
    joined,
    models_to_compare,
    null_text,
    side_of_null,
)
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult
from trialpool.records.trials import Trial

Design = Literal["superiority", "non-inferiority", "equivalence"]

MARGIN_RULES: Final[tuple[str, ...]] = (
    "Non-inferiority questions are decided by the margin, never by no difference: “Not worse by "
    "more than the margin” where the whole interval lies on the better side of the margin, “Not "
    "shown to be within the margin” where it includes or touches the margin, “Worse by more than "
    "the margin” where all of it lies beyond. Where the whole interval lies on one side of no "
    "difference, that is said as well.",
    "Equivalence questions: “Equivalent within the margin” where the whole interval lies between "
    "the lower and the upper margin, else “Equivalence not shown”.",
    "A pool is judged by the strictest margin of its trials; in a group of few trials the same "
    "models must agree, else the answer differs by model. One trial is no pool: its own interval "
    "is judged by its own margin. Without a margin there is no verdict.",
)


def design_of(result: ComparativeResult) -> Design:
    """Return the design of a question; comparisons of equivalence are never superiority."""
    if result.design == "non-inferiority":
        return "non-inferiority"
    if result.design == "equivalence" or "equivalence" in result.settings.contrasts:
        return "equivalence"
    return "superiority"


def margin_text(owner: Trial | Group, result: ComparativeResult) -> str:
    """Print the margin of a trial or group for a table.

    Empty where the question has no margins to show, a dash where only this one has none.
    """
    margin = owner.margin
    if design_of(result) == "superiority" and all(trial.margin is None for trial in result.trials):
        return ""
    lower, upper = (margin.lower, margin.upper) if margin is not None else (None, None)
    return formatting.margin(lower, upper, get_measure(result.measure))


def conclude_by_margin(group: Group, result: R, describe_side: DescribeSide[R]) -> Conclusion:
    """Put the result of a group into words by its margin.

    Parameters
    ----------
    group : Group
        A group of the result, or its overall pool: its interval or `models`, and `margin`.
    result : ComparativeResult
        Its design is non-inferiority or equivalence.
    describe_side : callable
        What a side of no difference means, in the words of the kind of question.

    Returns
    -------
    Conclusion
        By the rules in `MARGIN_RULES`.
    """
    alone: dict[str, Bounded | None] = {f"the {interval_name(result)}": group}
    if group.k == 1:
        own = _judge(alone, group, result, describe_side)
        return Conclusion(own.verdict, "One trial; no pool.", (own.sentence, *own.remarks))
    judged = _judge(models_to_compare(group) or alone, group, result, describe_side)
    remarks = (*judged.remarks, *heterogeneity(group))
    return Conclusion(judged.verdict, judged.sentence, remarks)


def _judge(
    shown: Mapping[str, Bounded | None],
    group: Group,
    result: R,
    describe_side: DescribeSide[R],
) -> Conclusion:
    """Judge each interval that is shown, by name, by the margin of the group."""
    if _limits(group, result) is None:
        return Conclusion("none", _no_margin(group, result))
    verdicts = {name: _verdict(pool, group, result) for name, pool in shown.items()}
    if "none" in verdicts.values():
        return Conclusion("none", "No interval could be computed; no conclusion.")
    remarks = _null_remark(shown, result, describe_side)
    if len(set(verdicts.values())) > 1:
        words = "; ".join(f"{n}: {_claim(v, group, result)}" for n, v in verdicts.items())
        return Conclusion("differs", f"Differs by model: {words}.", remarks)
    verdict = next(iter(verdicts.values()))
    claim = capital(_claim(verdict, group, result))
    return Conclusion(verdict, f"{claim}: {_reason(verdict, shown, group, result)}.", remarks)


def _no_margin(group: Group, result: ComparativeResult) -> str:
    members = [trial for trial in result.trials if trial.group == group.label]
    if any(trial.margin is not None for trial in members):
        return "Not every trial has a margin: shown without a verdict."
    return "No margin was set: shown without a verdict."


def _limits(group: Group, result: ComparativeResult) -> tuple[float | None, float | None] | None:
    """Lower and upper margin as far as the design asks for them; None where one is missing."""
    if group.margin is None:
        return None
    lower, upper = group.margin.lower, group.margin.upper
    if design_of(result) == "equivalence":
        return None if lower is None or upper is None else (lower, upper)
    if result.benefit == "lower":
        return None if upper is None else (None, upper)
    return None if lower is None else (lower, None)


def _verdict(pool: Bounded | None, group: Group, result: ComparativeResult) -> Verdict:
    """Judge one interval by the margins of the group, before rounding."""
    limits = _limits(group, result)
    if pool is None or limits is None or pool.ci_lower is None or pool.ci_upper is None:
        return "none"
    low, high = pool.ci_lower, pool.ci_upper
    lower, upper = limits
    if (lower is None or lower < low) and (upper is None or high < upper):
        return "within"
    beyond = (lower is not None and high < lower) or (upper is not None and low > upper)
    # Equivalence has no word of its own for an interval that lies beyond as a whole.
    return "beyond" if beyond and design_of(result) != "equivalence" else "not-shown"


def _limits_text(group: Group, result: ComparativeResult) -> str:
    lower, upper = _limits(group, result) or (None, None)
    return formatting.margin(lower, upper, get_measure(result.measure))


def _claim(verdict: Verdict, group: Group, result: ComparativeResult) -> str:
    margin = _limits_text(group, result)
    if design_of(result) == "equivalence":
        shown = verdict == "within"
        return f"equivalent within the margin {margin}" if shown else "equivalence not shown"
    return {
        "within": f"not worse by more than the margin ({margin})",
        "not-shown": f"not shown to be within the margin ({margin})",
        "beyond": f"worse by more than the margin ({margin})",
    }[verdict]


def _reason(
    verdict: Verdict,
    shown: Mapping[str, Bounded | None],
    group: Group,
    result: ComparativeResult,
) -> str:
    one = len(shown) == 1
    who = next(iter(shown)) if one else f"{'both' if len(shown) == 2 else 'all'} intervals"
    if verdict == "within":
        return f"{who} {'lies' if one else 'lie'} within it"
    if verdict == "beyond":
        return f"{who} {'lies' if one else 'lie'} beyond it as a whole"
    if design_of(result) == "equivalence":
        margin = _limits_text(group, result)
        return f"{who} {'reaches' if one else 'reach'} beyond the margin {margin}"
    return f"{who} {'includes' if one else 'include'} it"


def _null_remark(
    shown: Mapping[str, Bounded | None], result: R, describe_side: DescribeSide[R]
) -> tuple[str, ...]:
    """Say on which side of no difference a non-inferiority interval lies as a whole."""
    if design_of(result) == "equivalence":
        return ()
    sides = {name: side_of_null(pool, result.null_value) for name, pool in shown.items()}
    null = null_text(result)
    remarks = []
    both: tuple[Direction, Direction] = ("lower", "higher")
    for side in both:
        names = [name for name, found in sides.items() if found == side]
        others = [name for name in shown if name not in names]
        if not names:
            continue
        words = describe_side(side, result) + ("" if side == result.benefit else ", worse")
        if others:
            remarks.append(
                f"Differs by model: {joined(names)} {'excludes' if len(names) == 1 else 'exclude'} "
                f"{null} ({words}), {joined(others)} {'does' if len(others) == 1 else 'do'} not."
            )
        else:
            verb = "exclude" if len(names) > 1 else "excludes"
            remarks.append(f"{capital(words)}: {joined(names)} {verb} {null}.")
    return tuple(remarks)

"""Conclusions of non-inferiority and equivalence questions, by margins alone.

After the CONSORT extension (Piaggio 2012): where an interval lies against the
margin decides; that it includes no difference says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from trialpool import formatting
from trialpool.measures import get_measure
from trialpool.report.sides import (
    Conclusion,
    Verdict,
    capital,
    describe_side,
    heterogeneity,
    interval_name,
    joined,
    models_to_compare,
    null_text,
    side_of_null,
)

Record = Mapping[str, Any]
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


def design_of(record: Record) -> Design:
    """Return the design of a question; comparisons of equivalence are never superiority."""
    design: Design = record.get("design") or "superiority"
    contrasts = (record.get("settings") or {}).get("contrasts") or ()
    if design == "superiority" and "equivalence" in contrasts:
        return "equivalence"
    return design


def margin_text(owner: Record, record: Record) -> str:
    """Print the margin of a trial or group for a table.

    Empty where the question has no margins to show, a dash where only this one has none.
    """
    margin = owner.get("margin") or {}
    if design_of(record) == "superiority" and not any(t.get("margin") for t in record["trials"]):
        return ""
    measure = get_measure(record["measure"])
    return formatting.margin(margin.get("lower"), margin.get("upper"), measure)


def conclude_by_margin(group: Record, record: Record) -> Conclusion:
    """Put the result of a group into words by its margin.

    Parameters
    ----------
    group : mapping
        A group of the record, or its overall pool: its interval or `models`, and `margin`.
    record : mapping
        The result record; its design is non-inferiority or equivalence.

    Returns
    -------
    Conclusion
        By the rules in `MARGIN_RULES`.
    """
    if group.get("k") == 1:
        own = _judge({f"the {interval_name(record)}": group}, group, record)
        return Conclusion(own.verdict, "One trial; no pool.", (own.sentence, *own.remarks))
    shown = models_to_compare(group) or {f"the {interval_name(record)}": group}
    judged = _judge(shown, group, record)
    remarks = (*judged.remarks, *heterogeneity(group))
    return Conclusion(judged.verdict, judged.sentence, remarks)


def _judge(shown: Mapping[str, Record | None], group: Record, record: Record) -> Conclusion:
    """Judge each interval that is shown, by name, by the margin of the group."""
    if _limits(group, record) is None:
        return Conclusion("none", _no_margin(group, record))
    verdicts = {name: _verdict(pool, group, record) for name, pool in shown.items()}
    if "none" in verdicts.values():
        return Conclusion("none", "No interval could be computed; no conclusion.")
    remarks = _null_remark(shown, record)
    if len(set(verdicts.values())) > 1:
        words = "; ".join(f"{n}: {_claim(v, group, record)}" for n, v in verdicts.items())
        return Conclusion("differs", f"Differs by model: {words}.", remarks)
    verdict = next(iter(verdicts.values()))
    claim = capital(_claim(verdict, group, record))
    return Conclusion(verdict, f"{claim}: {_reason(verdict, shown, group, record)}.", remarks)


def _no_margin(group: Record, record: Record) -> str:
    members = [t for t in record.get("trials") or () if t.get("group") == group.get("label")]
    if any(trial.get("margin") for trial in members):
        return "Not every trial has a margin: shown without a verdict."
    return "No margin was set: shown without a verdict."


def _limits(group: Record, record: Record) -> tuple[float | None, float | None] | None:
    """Lower and upper margin as far as the design asks for them; None where one is missing."""
    margin = group.get("margin") or {}
    lower, upper = margin.get("lower"), margin.get("upper")
    if design_of(record) == "equivalence":
        return None if lower is None or upper is None else (lower, upper)
    if record["benefit"] == "lower":
        return None if upper is None else (None, upper)
    return None if lower is None else (lower, None)


def _verdict(pool: Record | None, group: Record, record: Record) -> Verdict:
    """Judge one interval by the margins of the group, before rounding."""
    limits = _limits(group, record)
    if not pool or limits is None or pool.get("ci_lower") is None or pool.get("ci_upper") is None:
        return "none"
    low, high = pool["ci_lower"], pool["ci_upper"]
    lower, upper = limits
    if (lower is None or lower < low) and (upper is None or high < upper):
        return "within"
    beyond = (lower is not None and high < lower) or (upper is not None and low > upper)
    # Equivalence has no word of its own for an interval that lies beyond as a whole.
    return "beyond" if beyond and design_of(record) != "equivalence" else "not-shown"


def _limits_text(group: Record, record: Record) -> str:
    lower, upper = _limits(group, record) or (None, None)
    return formatting.margin(lower, upper, get_measure(record["measure"]))


def _claim(verdict: Verdict, group: Record, record: Record) -> str:
    margin = _limits_text(group, record)
    if design_of(record) == "equivalence":
        shown = verdict == "within"
        return f"equivalent within the margin {margin}" if shown else "equivalence not shown"
    return {
        "within": f"not worse by more than the margin ({margin})",
        "not-shown": f"not shown to be within the margin ({margin})",
        "beyond": f"worse by more than the margin ({margin})",
    }[verdict]


def _reason(verdict: Verdict, shown: Mapping[str, Any], group: Record, record: Record) -> str:
    one = len(shown) == 1
    who = next(iter(shown)) if one else f"{'both' if len(shown) == 2 else 'all'} intervals"
    if verdict == "within":
        return f"{who} {'lies' if one else 'lie'} within it"
    if verdict == "beyond":
        return f"{who} {'lies' if one else 'lie'} beyond it as a whole"
    if design_of(record) == "equivalence":
        margin = _limits_text(group, record)
        return f"{who} {'reaches' if one else 'reach'} beyond the margin {margin}"
    return f"{who} {'includes' if one else 'include'} it"


def _null_remark(shown: Mapping[str, Any], record: Record) -> tuple[str, ...]:
    """Say on which side of no difference a non-inferiority interval lies as a whole."""
    if design_of(record) == "equivalence":
        return ()
    sides = {name: side_of_null(pool, record["null_value"]) for name, pool in shown.items()}
    null = null_text(record)
    remarks = []
    for side in ("lower", "higher"):
        names = [name for name, found in sides.items() if found == side]
        others = [name for name in shown if name not in names]
        if not names:
            continue
        words = describe_side(side, record) + ("" if side == record["benefit"] else ", worse")
        if others:
            remarks.append(
                f"Differs by model: {joined(names)} {'excludes' if len(names) == 1 else 'exclude'} "
                f"{null} ({words}), {joined(others)} {'does' if len(others) == 1 else 'do'} not."
            )
        else:
            verb = "exclude" if len(names) > 1 else "excludes"
            remarks.append(f"{capital(words)}: {joined(names)} {verb} {null}.")
    return tuple(remarks)

"""Of several comparisons of one trial: which enter, which report of each, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.library import Overlap
from trialpool.questions.shared.selection.preference import prefer
from trialpool.questions.shared.selection.third_contrasts import spanning
from trialpool.records.groups import ExcludedRow

_Contrast = tuple[str, str]


def replace_members(
    candidates: Sequence[Candidate], overlaps: Sequence[Overlap]
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Let a joint analysis of individual data replace the trials it contains."""
    present = {candidate.trial_id for candidate in candidates}
    replaced = {
        member: overlap.pooled
        for overlap in overlaps
        if overlap.pooled in present
        for member in overlap.members
    }
    kept, excluded = [], []
    for candidate in candidates:
        if candidate.trial_id in replaced:
            reason = f"its patients are in the joint analysis {replaced[candidate.trial_id]}"
            excluded += candidate.out("joint analysis", reason)
        else:
            kept.append(candidate)
    return kept, excluded


def choose_contrasts(
    candidates: Sequence[Candidate],
    choose: Mapping[str, Sequence[_Contrast]],
    multiarm: str = "choose",
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Keep, of a trial with several comparisons, those that the question names.

    Under "choose" a trial with several comparisons none of which is named stays
    out, and two comparisons of one trial never enter one group: they share
    patients. Under "gls" both enter, to be pooled with their covariance; of a
    trial that is not named, all comparisons with its most common arm.
    """
    by_trial: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_trial[candidate.trial_id].append(candidate)
    kept: list[Candidate] = []
    excluded: list[ExcludedRow] = []
    for trial_id, ours in by_trial.items():
        contrasts = sorted({candidate.arms for candidate in ours})
        named = list(choose.get(trial_id, ()))
        if not named and len(contrasts) == 1:
            kept.extend(ours)
            continue
        if multiarm == "gls" and not named:
            named = spanning(contrasts)
        groups: dict[str, _Contrast] = {}
        for pair in named:
            for candidate in ours:
                if candidate.arms == pair:
                    groups.setdefault(candidate.group, pair)
        for candidate in ours:
            if candidate.arms not in named:
                excluded += candidate.out("several arms", _not_named(contrasts, named))
            elif multiarm != "gls" and groups[candidate.group] != candidate.arms:
                other = " v ".join(groups[candidate.group])
                reason = f"shares patients with {other} of the same trial in the same group"
                excluded += candidate.out("several arms", reason)
            else:
                kept.append(candidate)
    return kept, excluded


def _not_named(contrasts: Sequence[_Contrast], named: Sequence[_Contrast]) -> str:
    if named:
        return "the question uses " + ", ".join(" v ".join(pair) for pair in named)
    shown = ", ".join(" v ".join(pair) for pair in contrasts)
    return f"the trial has several comparisons ({shown}) and the question names none"


def choose_reports(
    candidates: Sequence[Candidate], policy: str
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Keep the preferred report of each comparison, by the steps of the question's policy."""
    by_contrast: dict[tuple[str, _Contrast], list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_contrast[candidate.trial_id, candidate.arms].append(candidate)
    kept: list[Candidate] = []
    excluded: list[ExcludedRow] = []
    for ours in by_contrast.values():
        best, others = prefer(ours, policy)
        kept.append(best)
        for other, reason in others:
            excluded += other.out("another report used", reason)
    return kept, excluded

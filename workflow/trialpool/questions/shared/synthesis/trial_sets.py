"""The sets of trials that other choices would have pooled: policies and inclusion rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.questions.shared.synthesis.members import M, Member
from trialpool.records.questions import Variant
from trialpool.records.trials import SelectedTrial

MAIN: Final = "main analysis"
ALL: Final = "all trials"

INCLUSION_RULES: Final[Mapping[str, Callable[[Member], bool]]] = {
    "double extraction only": lambda trial: trial.extraction == "double",
    "without flagged rows": lambda trial: not trial.flags,
    "without interim reports": lambda trial: trial.maturity != "interim",
}


@dataclass(frozen=True)
class Choice:
    """A set of trials with the choices that lead to it.

    Attributes
    ----------
    policy : str
        "main analysis", or the label of one of the question's variants.
    inclusion : str
        "all trials", an inclusion rule, or "without X"; several of them joined
        by " = " where they leave the same trials.
    trials : tuple of SelectedTrial or VariantTrial
    """

    policy: str
    inclusion: str
    trials: tuple[Member, ...]


@dataclass(frozen=True)
class Choices:
    """The different sets of a group, and the choices that lead to none of their own.

    Attributes
    ----------
    sets : tuple of Choice
        With two trials or more each, no two alike; the main analysis first.
    unchanged : tuple of str
        Policies and rules that change no set.
    too_few : tuple of str
        Policies and rules that leave fewer than two trials of the main analysis.
    """

    sets: tuple[Choice, ...]
    unchanged: tuple[str, ...]
    too_few: tuple[str, ...]


# Settings that change what is estimated: such a variant is no other way to the same number.
_OTHER_QUANTITIES: Final = frozenset({"measure", "horizon_months"})


def choices_of(label: str, trials: Sequence[SelectedTrial], variants: Sequence[Variant]) -> Choices:
    """Cross the policies of a question with the inclusion rules, for one group.

    Parameters
    ----------
    label : str
        Label of the group.
    trials : sequence of SelectedTrial
        Of the main analysis, all groups.
    variants : sequence of Variant
        The question's other policies. Those that change what is estimated, such as
        the horizon of a restricted mean, are left out.

    Returns
    -------
    Choices
    """
    sets: dict[tuple[object, ...], tuple[str, list[str], tuple[Member, ...]]] = {}
    changing: set[str] = set()
    few: list[str] = []
    policies: dict[str, Sequence[Member]] = {MAIN: trials}
    policies |= {v.label: v.trials for v in variants if not _OTHER_QUANTITIES & set(v.changes)}
    for policy, pooled in policies.items():
        members = tuple(trial for trial in pooled if trial.group == label)
        if len({trial.trial_id for trial in members}) < len(members):
            # Comparisons that share patients need their covariance.
            continue
        for inclusion, kept in inclusions(members):
            if len(kept) < 2:
                if policy == MAIN or inclusion == ALL:
                    few.append(inclusion if policy == MAIN else policy)
                continue
            key = tuple((*trial.row_ids, trial.estimate, trial.se) for trial in kept)
            if key not in sets:
                sets[key] = (policy, [inclusion], kept)
                changing |= {policy, inclusion}
            elif sets[key][0] == policy and ALL not in sets[key][1]:
                # Two ways to the same set, for example two readers only = without X.
                sets[key][1].append(inclusion)
                changing.add(inclusion)
    names = [*policies, *INCLUSION_RULES]
    unchanged = [n for n in names if n not in changing and n not in few]
    return Choices(
        tuple(Choice(policy, " = ".join(rules), kept) for policy, rules, kept in sets.values()),
        tuple(unchanged),
        tuple(dict.fromkeys(few)),
    )


def inclusions(members: Sequence[M]) -> Iterator[tuple[str, tuple[M, ...]]]:
    """Yield what each inclusion rule leaves, then what is left without each trial."""
    yield ALL, tuple(members)
    for name, passes in INCLUSION_RULES.items():
        yield name, tuple(trial for trial in members if passes(trial))
    for trial_id, label in {trial.trial_id: trial.label for trial in members}.items():
        yield f"without {label}", tuple(t for t in members if t.trial_id != trial_id)

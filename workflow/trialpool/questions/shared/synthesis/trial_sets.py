"""The sets of trials that other choices would have pooled: policies and inclusion rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Trial = Mapping[str, Any]

MAIN: Final = "main analysis"
ALL: Final = "all trials"

INCLUSION_RULES: Final[Mapping[str, Callable[[Trial], bool]]] = {
    "double extraction only": lambda trial: trial.get("extraction") == "double",
    "without flagged rows": lambda trial: not trial.get("flags"),
    "without interim reports": lambda trial: trial.get("maturity") != "interim",
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
    trials : tuple of mapping
    """

    policy: str
    inclusion: str
    trials: tuple[Trial, ...]


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


def choices_of(label: str, trials: Sequence[Trial], variants: Sequence[Trial]) -> Choices:
    """Cross the policies of a question with the inclusion rules, for one group.

    Parameters
    ----------
    label : str
        Label of the group.
    trials : sequence of mapping
        Trials of the main analysis, all groups: `row_ids, label, group,
        estimate, se, extraction, flags, maturity`.
    variants : sequence of mapping
        The question's other policies: `label, changes, trials`. Those that change
        what is estimated, such as the horizon of a restricted mean, are left out.

    Returns
    -------
    Choices
    """
    sets: dict[tuple[Any, ...], tuple[str, list[str], tuple[Trial, ...]]] = {}
    changing: set[str] = set()
    few: list[str] = []
    same = [v for v in variants if not _OTHER_QUANTITIES.intersection(v.get("changes", ()))]
    policies = {MAIN: trials, **{v["label"]: v["trials"] for v in same}}
    for policy, pooled in policies.items():
        members = tuple(trial for trial in pooled if trial["group"] == label)
        if len({trial["trial_id"] for trial in members}) < len(members):
            # Comparisons that share patients need their covariance.
            continue
        for inclusion, kept in _inclusions(members):
            if len(kept) < 2:
                if policy == MAIN or inclusion == ALL:
                    few.append(inclusion if policy == MAIN else policy)
                continue
            key = tuple((*trial["row_ids"], trial["estimate"], trial["se"]) for trial in kept)
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


def _inclusions(members: tuple[Trial, ...]) -> Iterator[tuple[str, tuple[Trial, ...]]]:
    yield ALL, members
    for name, passes in INCLUSION_RULES.items():
        yield name, tuple(trial for trial in members if passes(trial))
    for i, trial in enumerate(members):
        yield f"without {trial['label']}", members[:i] + members[i + 1 :]

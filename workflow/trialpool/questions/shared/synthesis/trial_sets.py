"""The sets of trials that other choices would have pooled: policies and inclusion rules."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
    without : int or None
        Place in `trials` of the one that is left out: sets that lack one trial share a tuple.
    """

    policy: str
    inclusion: str
    trials: tuple[Member, ...]
    without: int | None = None

    @property
    def kept(self) -> tuple[Member, ...]:
        """The trials of the set."""
        if self.without is None:
            return self.trials
        return (*self.trials[: self.without], *self.trials[self.without + 1 :])


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
    sets: dict[tuple[int, int], tuple[list[str], Choice]] = {}
    changing: set[str] = set()
    few: list[str] = []
    policies: dict[str, Sequence[Member]] = {MAIN: trials}
    policies |= {v.label: v.trials for v in variants if not _OTHER_QUANTITIES & set(v.changes)}
    for policy, pooled in policies.items():
        members = tuple(trial for trial in pooled if trial.group == label)
        if len({trial.trial_id for trial in members}) < len(members):
            # Comparisons that share patients need their covariance.
            continue
        for key, choice in _sets(policy, members):
            inclusion = choice.inclusion
            if key[0] < 2:
                if policy == MAIN or inclusion == ALL:
                    few.append(inclusion if policy == MAIN else policy)
                continue
            rules, first = sets.setdefault(key, ([], choice))
            if not rules:
                rules.append(inclusion)
                changing |= {policy, inclusion}
            elif first.policy == policy and ALL not in rules:
                # Two ways to the same set, for example two readers only = without X.
                rules.append(inclusion)
                changing.add(inclusion)
    names = [*policies, *INCLUSION_RULES]
    unchanged = [n for n in names if n not in changing and n not in few]
    return Choices(
        tuple(replace(choice, inclusion=" = ".join(rules)) for rules, choice in sets.values()),
        tuple(unchanged),
        tuple(dict.fromkeys(few)),
    )


def _sets(policy: str, members: tuple[Member, ...]) -> Iterator[tuple[tuple[int, int], Choice]]:
    """Give the sets of a policy with their sizes and sums of digests: alike for the same rows.

    The sum without a trial is one subtraction, where the rows of each set would be trials².
    """
    digests = {id(trial): _digest(trial) for trial in members}
    for inclusion, kept in _by_rules(members):
        total = sum(digests[id(trial)] for trial in kept)
        yield (len(kept), total), Choice(policy, inclusion, kept)
    total = sum(digests.values())
    for i, trial in enumerate(members):
        key = len(members) - 1, total - digests[id(trial)]
        yield key, Choice(policy, f"without {trial.label}", members, i)


def _digest(trial: Member) -> int:
    """Return 16 bytes of the digest of the rows and numbers that a trial enters with."""
    rows = repr((*trial.row_ids, trial.estimate, trial.se)).encode()
    return int.from_bytes(hashlib.blake2b(rows, digest_size=16).digest())


def _by_rules(members: Sequence[M]) -> Iterator[tuple[str, tuple[M, ...]]]:
    """Yield all trials, and what each inclusion rule leaves."""
    yield ALL, tuple(members)
    for name, passes in INCLUSION_RULES.items():
        yield name, tuple(trial for trial in members if passes(trial))


def inclusions(members: Sequence[M]) -> Iterator[tuple[str, tuple[M, ...]]]:
    """Yield what each inclusion rule leaves, then what is left without each trial."""
    yield from _by_rules(members)
    for trial_id, label in {trial.trial_id: trial.label for trial in members}.items():
        yield f"without {label}", tuple(t for t in members if t.trial_id != trial_id)

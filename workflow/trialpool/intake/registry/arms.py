"""Arms of a registry record: their roles, and which of them a group of the results is.

The registry ties results to arms by nothing but their titles, which sponsors type twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from trialpool.findings import Finding, InputError
from trialpool.intake.ids import slug, unique

EXPERIMENTAL: Final = "experimental"
CONTROL: Final = "control"
# "Arm A: Drug X": what stands before the name of a treatment.
_PREFIX: Final = re.compile(
    r"(?:treatment )?(?:arm|group|cohort|part|sequence) (?:[a-z]|\d+|[ivx]+)\b (?=\S)"
)
# Words of a title that do not tell patients apart.
_HARMLESS: Final = re.compile(
    r"\b(?:treatment|arms?|groups?|cohort|all|randomi[sz]ed|treated|patients|participants|subjects|"
    r"plus|and|or|with|the|of|in|to|presentation|formulation|who|received?|receiving|given|therapy|versus|vs|mg|g|kg|mcg|ml|iv|"
    r"oral|daily|weekly|every|weeks?|days?|q\d*[dwm]|bid|qd|experimental|control|comparator|"
    r"placebo|[a-d]|i{1,3}|\d+)\b"
)
_FEWEST_LETTERS: Final = 3


@dataclass(frozen=True)
class Arm:
    """An arm of the protocol as it stands in arms.csv.

    Attributes
    ----------
    arm_id, label : str
    role : str
        "experimental", "control" or empty.
    agents : tuple of str
        Names of its interventions, lower case.
    """

    arm_id: str
    label: str
    role: str
    agents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matched:
    """The arm that a group is, and what its title says beyond the arm.

    Attributes
    ----------
    arm : Arm
    title : str
        The whole title where it has words that may name a part of the arm's patients; else empty.
    part : str
        Those words.
    """

    arm: Arm
    title: str = ""
    part: str = ""


@dataclass(frozen=True)
class Arms:
    """The arms of a record.

    Attributes
    ----------
    every : tuple of Arm
    named : mapping of str to str
        Title of a result group -> label or id of its arm, as a person says it.
    """

    every: tuple[Arm, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)

    def of(self, title: str) -> Matched | None:
        """Find the arm that a result group is; None where none or several would do.

        Tried in turn: what a person said; the same words; one name inside the other, such as
        "Drug X" and "Arm A: Drug X"; the interventions that the title names, if one arm has
        just these; all words of one name in the other, in their order.
        """
        if title in self.named:
            return self._exact(_plain(self.named[title]))
        wanted = _plain(title)
        return (
            self._exact(wanted)
            or self._contained(wanted, title)
            or self._by_agents(wanted, title)
            or self._by_words(wanted, title)
        )

    def _exact(self, wanted: str) -> Matched | None:
        for simpler in (_plain, _bare):
            name = simpler(wanted)
            found = [
                arm
                for arm in self.every
                if name and name in (simpler(_plain(arm.label)), _plain(arm.arm_id))
            ]
            if len(found) == 1:
                return Matched(found[0])
        return None

    def _contained(self, wanted: str, title: str) -> Matched | None:
        inside = {
            arm: name
            for arm in self.every
            for name in (_bare(_plain(arm.label)), _plain(arm.label))
            if _is_part(name, wanted)
        }
        # "Drug X" is inside "Drug X plus Y" too: the longer label is meant.
        longest = [
            arm
            for arm, name in inside.items()
            if not any(other != name and _is_part(name, other) for other in inside.values())
        ]
        if len(longest) == 1:
            arm = longest[0]
            if self._says_other_agents(wanted, arm):
                return None
            return self._matched(wanted.replace(inside[arm], " "), arm, title)
        around = [arm for arm in self.every if _is_part(_bare(wanted), _plain(arm.label))]
        return Matched(around[0]) if not inside and len(around) == 1 else None

    def _says_other_agents(self, wanted: str, arm: Arm) -> bool:
        own = f"{_plain(arm.label)} {_plain(' '.join(arm.agents))}"
        agents = {_plain(agent) for one in self.every for agent in one.agents}
        return any(_is_part(agent, wanted) and not _is_part(agent, own) for agent in agents)

    def _by_agents(self, wanted: str, title: str) -> Matched | None:
        known = {agent for arm in self.every for agent in arm.agents}
        said = {agent for agent in known if _is_part(_plain(agent), wanted)}
        found = [arm for arm in self.every if said and set(arm.agents) == said]
        if len(found) != 1:
            return None
        return self._matched(wanted, found[0], title)

    def _by_words(self, wanted: str, title: str) -> Matched | None:
        """Match "Single-vial vaccine" with "Single-vial presentation of the vaccine"."""
        inside = [
            (arm, words)
            for arm in self.every
            if len(words := _bare(_plain(arm.label)).split()) > 1
            and _in_order(words, wanted.split())
        ]
        longest = [
            (arm, words)
            for arm, words in inside
            if not any(len(other) > len(words) and _in_order(words, other) for _, other in inside)
        ]
        if len(longest) != 1 or self._says_other_agents(wanted, longest[0][0]):
            return None
        return self._matched(wanted, longest[0][0], title)

    def _matched(self, left: str, arm: Arm, title: str) -> Matched:
        """Return the arm with what is left of a title beyond its words and agents."""
        for word in _plain(f"{arm.label} {' '.join(arm.agents)}").split():
            left = re.sub(rf"\b{re.escape(word)}\b", " ", left)
        part = " ".join(_HARMLESS.sub(" ", left).split())
        return Matched(arm, title if part else "", part)

    def with_roles(
        self, experimental: Sequence[str], control: Sequence[str], groups: Collection[str] = ()
    ) -> Arms:
        """Give arms the roles that a person names.

        Where only one side is named and there are two arms, the other arm has the other role; of
        more arms, one that has the named role and is not named has none.

        Parameters
        ----------
        experimental, control : sequence of str
            Labels, ids or other spellings of arms as in `of`; or words that titles of result
            groups begin with or hold, where the protocol calls the arm otherwise: then it is an
            arm of its own.
        groups : collection of str
            Titles of all result groups.

        Raises
        ------
        InputError
            If a name is neither, or an arm is on both sides.
        """
        if not experimental and not control:
            return self
        roles: dict[str, str] = {}
        every = list(self.every)
        faults = []
        for names, role in ((experimental, EXPERIMENTAL), (control, CONTROL)):
            for name in names:
                matched = self.of(name)
                is_group = _is_within(name, groups) and not _is_within(
                    name, [arm.label for arm in self.every]
                )
                if matched is None and is_group:
                    arm_id = unique(slug(name), [arm.arm_id for arm in every])
                    every.append(Arm(arm_id, name, role))
                    roles[arm_id] = role
                elif matched is None or roles.get(matched.arm.arm_id, role) != role:
                    known = [*(arm.label for arm in self.every), *groups]
                    faults.append(_fault(name, f"--{role}", known, is_known=matched is not None))
                else:
                    roles[matched.arm.arm_id] = role
        if faults:
            raise InputError(faults)
        named = set(roles.values())
        other = "" if len(named) > 1 or len(every) != 2 else ({EXPERIMENTAL, CONTROL} - named).pop()
        return replace(
            self,
            every=tuple(
                replace(
                    arm,
                    role=roles.get(arm.arm_id) or other or ("" if arm.role in named else arm.role),
                )
                for arm in every
            ),
        )


def _fault(name: str, option: str, known: Sequence[str], *, is_known: bool) -> Finding:
    listed = ", ".join(map(repr, dict.fromkeys(known))) or "none"
    message = (
        "the arm is named on both sides"
        if is_known
        else f"no arm, or more than one, is called so; arms and groups are: {listed}"
    )
    remedy = "Give the label of the arm, or words of the titles of its groups."
    return Finding("fatal", "ctgov-arm", option, value=name, message=message, remedy=remedy)


def _plain(label: str) -> str:
    """Return what of a label is compared: letters and digits, lower case."""
    return re.sub(r"[\W_]+", " ", label.casefold()).strip()


def _bare(plain: str) -> str:
    """Return a plain label without the letter of its arm before it."""
    return _PREFIX.sub("", plain, count=1) if _PREFIX.match(plain) else plain


def _is_within(name: str, texts: Iterable[str]) -> bool:
    return any(_is_part(_plain(name), _plain(text)) for text in texts)


def _in_order(words: Sequence[str], text: Sequence[str]) -> bool:
    """Whether all words stand in a text, in their order."""
    rest = iter(text)
    return all(word in rest for word in words)


def _is_part(name: str, text: str) -> bool:
    """Whether the words of a name stand in a text, one after the other."""
    return len(re.sub(r"[\W\d]", "", name)) >= _FEWEST_LETTERS and f" {name} " in f" {text} "

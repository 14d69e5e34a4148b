"""One outcome measure of a registry record: its groups as arms, its rows, and whom they count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from trialpool.evidence.printed import parse_number
from trialpool.intake.endpoints import plain_text
from trialpool.intake.json_tree import Node, nodes, text, texts
from trialpool.intake.record import Imported
from trialpool.intake.registry.arms import CONTROL, EXPERIMENTAL, Arms, Matched

TWO_SIDES: Final = "Say which arms are compared: --experimental LABEL --control LABEL."
PATIENTS: Final = ("participants", "patients", "subjects")
_SHARE: Final = re.compile(
    r"^(?!.*change).*(?:percent(?:age)?|%|proportion|fraction) ?(?:of )?(?:the )?(?:\w+ )?"
    r"(?:participants|patients|subjects|responders)|^(?:percent(?:age)?|%)$"
)
_HARMLESS: Final = re.compile(
    r"\b(?:stratif\w+|unstratified|analysis|primary|final|interim|model|cox|regression|"
    r"log[ -]?rank|test|hazards?|proportional|ratio|odds|risk|difference|treatment|effects?|"
    r"comparison|compared|versus|vs|between|of|the|for|from|with|and|to|by|a|an|was|were|is|in|"
    r"on|using|based|estimated|"
    r"arms?|groups?|confidence|interval|ci|hr|or|rr|calculated|statistical\w*|relative)\b|[\W_]+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Row:
    """One line of an outcome's table: a value per group.

    Attributes
    ----------
    part : str
        Titles of its class and category, such as a week or a subgroup; empty where there is one.
    counts : mapping of str to str
        Patients of each group that the row is about, by group; empty where it is not said.
    cells : mapping of str to Node
        The measurement of each group.
    has_own_counts : bool
        Whether the record says them for this line, not only for the outcome.
    """

    part: str
    counts: Mapping[str, str]
    cells: Mapping[str, Node]
    has_own_counts: bool = False


@dataclass(frozen=True)
class Pair:
    """An experimental and a control group of an outcome, by the groups' ids."""

    ours: str
    theirs: str


@dataclass(frozen=True)
class Outcome:
    """An outcome measure, read as far as all of its uses need.

    Attributes
    ----------
    place : str
        "outcome measure 3".
    node : Node
    groups : mapping of str to Matched
        The arm of each group that is one, by the group's id.
    strangers : mapping of str to str
        Title of each group that is no arm, by the group's id.
    """

    place: str
    node: Node
    groups: Mapping[str, Matched]
    strangers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The title, on one line."""
        return text(self.node, "title")

    @property
    def kind(self) -> str:
        """What its values are, such as ``"LEAST_SQUARES_MEAN"``."""
        return text(self.node, "paramType").upper().replace(" ", "_")

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return text(self.node, "unitOfMeasure")

    @property
    def is_share(self) -> bool:
        """Whether its values are percentages or proportions of patients."""
        return self.kind == "NUMBER" and bool(_SHARE.search(self.unit.casefold()))

    @property
    def is_count(self) -> bool:
        """Whether its values are numbers of patients."""
        return self.kind == "COUNT_OF_PARTICIPANTS" or (
            self.kind == "NUMBER" and self.unit.casefold() in PATIENTS
        )

    @property
    def is_mean(self) -> bool:
        """Whether its values are means."""
        return self.kind in ("MEAN", "LEAST_SQUARES_MEAN")

    @property
    def is_geometric(self) -> bool:
        """Whether its values are geometric means."""
        return self.kind in ("GEOMETRIC_MEAN", "GEOMETRIC_LEAST_SQUARES_MEAN")

    @property
    def is_of_patients(self) -> bool:
        """Whether what is counted are patients, not eyes or teeth."""
        return text(self.node, "typeUnitsAnalyzed").casefold() in ("", "participants")

    @cached_property
    def classes(self) -> list[Node]:
        """Its classes, such as time points or subgroups."""
        return nodes(self.node, "classes")

    @cached_property
    def counts(self) -> dict[str, str]:
        """Patients analysed in each group."""
        return _counts(self.node)

    @cached_property
    def rows(self) -> list[Row]:
        """Every category of every class."""
        found = []
        for one in self.classes:
            own = _counts(one)
            for category in nodes(one, "categories"):
                parts = (text(one, "title"), text(category, "title"))
                cells = {text(cell, "groupId"): cell for cell in nodes(category, "measurements")}
                part = "; ".join(part for part in parts if part)
                found.append(Row(part, own or self.counts, cells, bool(own)))
        return found

    @property
    def only_row(self) -> Row | None:
        """The row of an outcome that has just one."""
        return self.rows[0] if len(self.rows) == 1 else None

    def share_of(self, row: Row | None, group: str) -> float | None:
        """Return a group's share of patients, a fraction; None where the row does not hold it."""
        value = parse_number(text(row.cells.get(group, {}), "value")) if row is not None else None
        n = parse_number(row.counts.get(group, "")) if row is not None else None
        if value is None:
            return None
        if self.is_count:
            return value.value / n.value if n is not None and n.value > 0 else None
        is_percent = "percent" in self.unit.casefold() or "%" in self.unit
        return value.value / (100 if is_percent else 1) if self.is_share else None

    def pairs(self) -> list[Pair]:
        """Every experimental group against every control group of the same part of the patients.

        Where each arm is one group, their titles may say more of one than of the other.
        """
        of = {role: self._with(role) for role in (EXPERIMENTAL, CONTROL)}
        arms = [matched.arm.arm_id for matched in self.groups.values()]
        is_plain = len(set(arms)) == len(arms)
        return [
            Pair(ours, theirs)
            for ours in of[EXPERIMENTAL]
            for theirs in of[CONTROL]
            if is_plain or self.groups[ours].part == self.groups[theirs].part
        ]

    def _with(self, role: str) -> list[str]:
        return [group for group, matched in self.groups.items() if matched.arm.role == role]

    def pair_of(self, analysis: Node) -> Pair | tuple[str, str, str, str]:
        """Return the two groups of an analysis; else element, value, reason and remedy."""
        groups = texts(analysis, "groupIds")
        if len(groups) != 2:
            return "groupIds", ", ".join(groups), "not a comparison of two groups", ""
        if unknown := [group for group in groups if group not in self.groups]:
            return "groupIds", ", ".join(unknown), "the group is no arm of the protocol", ""
        roles = [self.groups[group].arm.role for group in groups]
        if sorted(roles) != [CONTROL, EXPERIMENTAL]:
            reason = "the protocol does not say which of the two arms is experimental"
            return "roles", " and ".join(map(repr, roles)), reason, TWO_SIDES
        at = roles.index(EXPERIMENTAL)
        return Pair(groups[at], groups[1 - at])

    def row_of(self, analysis: Node) -> Row | None:
        """Return the row that an analysis is about; None where the record does not say it."""
        named = {row.part: row for row in self.rows}
        said = _plain(
            " ".join(text(analysis, key) for key in ("groupDescription", "estimateComment"))
        )
        found = [row for part, row in named.items() if part and f" {_plain(part)} " in f" {said} "]
        if len(found) == 1:
            return found[0]
        return self.only_row if not self._says_more(analysis) else None

    def n_of(self, analysis: Node) -> Mapping[str, str]:
        """Return the patients of each group that an analysis is about, where it is said.

        Those of the whole outcome only where it has one row and the analysis names no part.
        """
        row = self.row_of(analysis)
        if len(self.classes) > 1 or self._says_more(analysis):
            return row.counts if row is not None and row.has_own_counts else {}
        return row.counts if row is not None else self.counts

    def _says_more(self, analysis: Node) -> bool:
        """Whether an analysis's description has words that may name a part of the patients."""
        said = _plain(text(analysis, "groupDescription"))
        for matched in self.groups.values():
            for word in _plain(matched.arm.label).split():
                said = re.sub(rf"\b{re.escape(word)}\b", " ", said)
        return bool(_HARMLESS.sub("", said))


def read_outcome(place: str, outcome: Node, arms: Arms, imported: Imported) -> Outcome:
    """Read an outcome; groups that are no arm, or of which several are one arm, are named."""
    titles = {text(group, "id"): text(group, "title") for group in nodes(outcome, "groups")}
    found = {key: matched for key, title in titles.items() if (matched := arms.of(title))}
    groups: dict[str, Matched] = {}
    strangers: dict[str, str] = {}
    for key, title in titles.items():
        matched = found.get(key)
        if matched is not None and _times(matched, found) == 1:
            groups[key] = matched
            continue
        strangers[key] = title
        reason = "no arm of the protocol is called so"
        if matched is not None:
            reason = f"several groups may be the arm {matched.arm.label!r}"
        remedy = "Name its arm: --group 'title of the group=label of the arm'."
        imported.leave(place, f"group {key}", title, reason, remedy)
    return Outcome(place, outcome, groups, strangers)


def _times(matched: Matched, found: Mapping[str, Matched]) -> int:
    """Return how many groups are the same arm, of the same part of its patients."""
    return sum(one.arm is matched.arm and one.part == matched.part for one in found.values())


def _counts(holder: Node) -> dict[str, str]:
    counts = {}
    for denominator in nodes(holder, "denoms")[:1]:
        if text(denominator, "units").casefold() in ("participants", ""):
            for entry in nodes(denominator, "counts"):
                value = text(entry, "value")
                if value.isascii() and value.isdigit():
                    counts[text(entry, "groupId")] = value
    return counts


def _plain(words: str) -> str:
    return " ".join(re.findall(r"\w+", plain_text(words).casefold()))

"""What a comparison compares: what is added, what is taken away, what both arms share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Category = Literal["strategy", "backbone", "schedule", "equivalence"]

CATEGORY_IN_WORDS = {
    "strategy": "a targeted strategy added to or given instead of another treatment",
    "backbone": "one backbone treatment against another",
    "schedule": "the same agents in both arms: schedule, duration or route",
    "equivalence": "a biosimilar against its reference, or an equivalence design",
}


@dataclass(frozen=True)
class Contrast:
    """An experimental arm against a control arm of one trial.

    Attributes
    ----------
    added, removed, shared : tuple of str
        Agents only in the experimental arm, only in the control arm, in both;
        inert ones (placebo) are left out.
    mechanisms : tuple of str
        Identifiers of the mechanisms of the added agents (of the removed ones
        where none is added), in display order.
    mechanism : str
        Label of the mechanisms of the added agents, empty if none is added.
    kind : str
        ``"added"``, ``"instead of <classes removed>"``, ``"omitted"`` or ``""``.
    order : tuple
        Sorts by mechanism, then added before instead of.
    category : {"strategy", "backbone", "schedule", "equivalence"}
        What sort of question the contrast answers.
    differs : str
        Of a schedule, what differs between the arms in words.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    shared: tuple[str, ...]
    mechanisms: tuple[str, ...]
    mechanism: str
    kind: str
    order: tuple[tuple[int, ...], int]
    category: Category
    differs: str = ""

    @property
    def text(self) -> str:
        """Say in plain words what is compared."""
        if self.category == "schedule" and self.differs:
            return f"{self.differs}: {' + '.join(self.shared)}"
        if not self.added and not self.removed:
            return "same agents: " + " + ".join(self.shared)
        if not self.removed:
            with_what = f" to {' + '.join(self.shared)}" if self.shared else ""
            return f"{' + '.join(self.added)} added{with_what}"
        if not self.added:
            return f"{' + '.join(self.removed)} left out of {' + '.join(self.shared)}"
        beside = f" (with {' + '.join(self.shared)})" if self.shared else ""
        return f"{' + '.join(self.added)} instead of {' + '.join(self.removed)}{beside}"


class Taxonomy:
    """Agents, their mechanisms and classes, as config/taxonomy.yaml states them."""

    def __init__(self, taxonomy: Mapping[str, Any]) -> None:
        self._agents: Mapping[str, Mapping[str, str]] = taxonomy.get("agents", {})
        self._mechanisms: Mapping[str, Mapping[str, Any]] = taxonomy.get("mechanisms", {})
        self._classes: Mapping[str, Mapping[str, Any]] = taxonomy.get("classes", {})
        self._equivalence = set(taxonomy.get("designs_equivalence", {}))
        self._no_background = str(taxonomy.get("no_background", ""))
        self._columns: Sequence[Mapping[str, Any]] = taxonomy.get("comparison_columns", [])
        # Columns of trials.csv that say in whom a trial was done, the first the foremost.
        self.trial_columns = tuple(map(str, taxonomy.get("trial_columns", {})))
        self._schedules: dict[tuple[str, str, str], str] = {}
        self._schedule_ids: dict[tuple[str, str, str], str] = {}
        for entry in taxonomy.get("contrasts_schedule", []):
            arms = (entry["experimental_arm"], entry["control_arm"])
            self._schedules[entry["trial_id"], arms[0], arms[1]] = entry.get("differs", "")
            known = slug(entry.get("id") or entry.get("turned") or entry.get("differs", ""))
            self._schedule_ids[entry["trial_id"], arms[0], arms[1]] = known
            self._schedule_ids[entry["trial_id"], arms[1], arms[0]] = known
            if "turned" in entry:
                self._schedules[entry["trial_id"], arms[1], arms[0]] = entry["turned"]

    def knows(self, agent: str) -> bool:
        """Whether an agent is in the taxonomy."""
        return agent in self._agents

    def canonical(self, agent: str) -> str:
        """Return the name under which an agent with several names is compared."""
        return self._agents[agent].get("same_as", agent)

    def mechanism(self, agent: str) -> str:
        """Return the id of an agent's mechanism."""
        return self._agents[agent]["mechanism"]

    def _class_of(self, agent: str) -> Mapping[str, Any]:
        return self._classes[self._mechanisms[self.mechanism(agent)]["class"]]

    def is_targeted(self, agent: str) -> bool:
        """Whether the agent is a strategy rather than a backbone."""
        return bool(self._class_of(agent)["targeted"])

    def is_inert(self, agent: str) -> bool:
        """Whether the agent is a placebo."""
        return bool(self._class_of(agent).get("inert", False))

    def _order(self, agent: str) -> int:
        return int(self._mechanisms[self.mechanism(agent)]["order"])

    def contrast(
        self,
        trial_id: str,
        experimental: tuple[str, str],
        control: tuple[str, str],
    ) -> Contrast:
        """Compare two arms.

        Parameters
        ----------
        trial_id : str
            The trial; the taxonomy may list it as an equivalence design.
        experimental, control : tuple of (str, str)
            Identifier of the arm and its agents, separated by ``;``.
        """
        ours, theirs = self.agents_of(experimental[1]), self.agents_of(control[1])
        added = tuple(agent for agent in ours if agent not in theirs)
        removed = tuple(agent for agent in theirs if agent not in ours)
        shared = tuple(agent for agent in ours if agent in theirs)
        mechanism = self._mechanism_label(added)
        if added and removed:
            kind = f"instead of {self._class_label(removed)}"
        else:
            kind = "added" if added else "omitted" if removed else ""
        agents = added or removed
        order = (
            tuple(sorted({self._order(agent) for agent in agents})),
            0 if kind == "added" else 1,
        )
        arms = (trial_id, experimental[0], control[0])
        category = self._category(arms, added, removed)
        differs = self._schedules.get(arms, "")
        if category == "schedule" and differs:
            kind, order = differs, ((), 2)
        elif category == "equivalence":
            kind = "equivalence"
        return Contrast(
            added,
            removed,
            shared,
            self._mechanism_ids(agents),
            mechanism,
            kind,
            order,
            category,
            differs,
        )

    def _category(
        self, arms: tuple[str, str, str], added: tuple[str, ...], removed: tuple[str, ...]
    ) -> Category:
        if arms[0] in self._equivalence or any(
            self._agents[agent].get("biosimilar_of") in removed for agent in added
        ):
            return "equivalence"
        if arms in self._schedules or (not added and not removed):
            return "schedule"
        if any(self.is_targeted(agent) for agent in (*added, *removed)):
            return "strategy"
        return "backbone"

    def agents_of(self, text: str) -> list[str]:
        """Split the cell; canonical names, no placebo, each once, in the order of the arm."""
        names = [self.canonical(agent) for agent in split_agents(text)]
        return [agent for agent in dict.fromkeys(names) if not self.is_inert(agent)]

    def reference(self, agent: str) -> str:
        """Return the drug of which an agent is a biosimilar, else the agent."""
        return self._agents[agent].get("biosimilar_of", agent)

    def alias(self, agent: str) -> str:
        """Return the agent by whose name comparisons know one: its own alias or its class's."""
        of_class = self._class_of(agent).get("compared_as", agent)
        return str(self._agents[agent].get("compared_as", of_class))

    def short(self, agent: str) -> str:
        """Return the name of an agent in labels."""
        return self._agents[agent].get("short", agent)

    def place(self, agent: str) -> tuple[int, int]:
        """Return what sorts agents: the order of mechanisms, then that of the taxonomy."""
        return self._order(agent), list(self._agents).index(agent)

    def background(self, agents: Iterable[str], *, targeted: bool = False) -> tuple[str, ...]:
        """Return the classes of those agents that make a background, one entry for each agent.

        With `targeted` only of strategies: a strategy asks for no partner.
        """
        names = list(self._classes)
        found = [str(self._mechanisms[self.mechanism(agent)]["class"]) for agent in agents]
        makes = [
            name
            for name in found
            if "background" in self._classes[name]
            and (self._classes[name]["targeted"] or not targeted)
        ]
        return tuple(sorted(makes, key=names.index))

    def background_in_words(self, background: Sequence[str]) -> str:
        """Name the classes of a background, each as the taxonomy does for so many drugs of it."""
        named = []
        for name in dict.fromkeys(background):
            words = self._classes[name]["background"]
            named.append(str(words[min(background.count(name), len(words)) - 1]))
        return " + ".join(named) or self._no_background

    def columns_compared(self, trial: Mapping[str, str]) -> dict[str, str]:
        """Return the ids of what columns of trials.csv hold where they tell comparisons apart.

        A cell that says nothing is no part of them: such a trial stands apart from all that say it.
        """
        found = {}
        for entry in self._columns:
            cell, only = trial[entry["column"]], entry.get("only", {})
            if cell and all(trial[column] in cells for column, cells in only.items()):
                found[str(entry["column"])] = slug(entry.get("values", {}).get(cell, cell))
        return found

    def columns_apart(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Keep of `columns_compared` what strategies do not pool over either."""
        apart = {str(entry["column"]) for entry in self._columns if entry.get("apart", False)}
        return {column: value for column, value in columns.items() if column in apart}

    def columns_in_words(self, columns: Mapping[str, str]) -> str:
        """Say what `columns_compared` returned."""
        labels = {entry["column"]: entry.get("labels", {}) for entry in self._columns}
        return ", ".join(
            str(labels[column].get(value, value.replace("-", " ")))
            for column, value in columns.items()
        )

    def schedule_id(self, trial_id: str, experimental: str, control: str) -> str:
        """Return what a schedule is known by, whichever of the two arms is named first."""
        return self._schedule_ids.get((trial_id, experimental, control), "same-agents")

    def mechanisms_of(self, agents: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """Return ids and label of the mechanisms of agents."""
        return self._mechanism_ids(agents), self._mechanism_label(agents)

    def classes_of(self, agents: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """Return ids and label of the classes of agents."""
        ids = [str(self._mechanisms[self.mechanism(agent)]["class"]) for agent in agents]
        return tuple(dict.fromkeys(ids)), self._class_label(agents)

    def treatment(self, agents: Sequence[str]) -> tuple[str, tuple[int, ...]]:
        """Label what an arm is treated with, by its targeted agents, and its place in the order."""
        targeted = tuple(a for a in agents if self.is_targeted(a))
        shown = targeted or tuple(agents)
        order = tuple(sorted({self._order(agent) for agent in shown}))
        return self._mechanism_label(shown), order

    def _mechanism_ids(self, agents: tuple[str, ...]) -> tuple[str, ...]:
        """Return the distinct mechanisms of agents in display order."""
        order = {self.mechanism(agent): self._order(agent) for agent in agents}
        return tuple(sorted(order, key=lambda m: (order[m], m)))

    def _mechanism_label(self, agents: tuple[str, ...]) -> str:
        """Join the mechanisms' labels; backbone partners stand after the targeted ones."""
        labels = [str(self._mechanisms[m]["label"]) for m in self._mechanism_ids(agents)]
        return (
            " + ".join([labels[0], *(lower_first(label) for label in labels[1:])]) if labels else ""
        )

    def _class_label(self, agents: tuple[str, ...]) -> str:
        """Join the labels of the classes of removed agents, targeted classes first."""
        ordered = sorted(agents, key=lambda a: (not self.is_targeted(a), self._order(a)))
        return " + ".join(dict.fromkeys(str(self._class_of(a)["label"]) for a in ordered))


def split_agents(text: str) -> list[str]:
    """Split the agents cell of arms.csv."""
    return [agent.strip() for agent in text.split(";") if agent.strip()]


def lower_first(label: str) -> str:
    """Lower the first letter unless the first word is an abbreviation such as "ACE"."""
    return label if label[1:2].isupper() or label[1:2].isdigit() else label[:1].lower() + label[1:]


def slug(text: str) -> str:
    """Return a name as a part of an id: lower case, words joined by "-", "2+" as "2-plus"."""
    plain = text.casefold().replace("+", " plus ").replace("'", "")
    return re.sub(r"[\W_]+", "-", plain).strip("-")

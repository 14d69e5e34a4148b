"""Which comparisons are pooled together, and what the groups are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from msgspec import structs

from trialpool.evidence.comparisons import Compared, joined
from trialpool.evidence.contrasts import Taxonomy
from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.trial_records import year_of_trial
from trialpool.records.comparisons import Comparison, Strategy
from trialpool.records.groups import Heading
from trialpool.records.settings import ComparativeFilters

T = TypeVar("T")

# Between the id of a comparison or strategy and what a question on a marker adds to it.
_PART: Final = ","


def grouped(filters: ComparativeFilters, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Say of each candidate with which others it may be pooled: `group` becomes an id."""
    return [replace(one, group=_group_id(filters, one.compared)) for one in candidates]


def _group_id(filters: ComparativeFilters, compared: Compared) -> str:
    if filters.groups == "comparison":
        return compared.comparison.id
    return strategy_of(filters, compared).id


def strategy_of(filters: ComparativeFilters, compared: Compared) -> Strategy:
    """Return the strategy of a comparison: a set that the question declares, else the default.

    Where a question declares sets, a comparison that is in none of them is one of its own.
    """
    own = compared.comparison
    for name, declared in filters.strategies.items():
        if own.id in declared.comparisons:
            return Strategy(id=name, label=declared.label)
    if filters.strategies:
        return Strategy(id=own.id, label=own.label, setting=own.setting)
    return compared.strategy


@dataclass(frozen=True)
class Groups:
    """The groups of a selection, in display order, each with what its trials compare.

    Attributes
    ----------
    compared : dict
        Id of the group to what each of its trials compares.
    names : dict of str to str
        Id of the group to its label.
    """

    compared: dict[str, tuple[Compared, ...]]
    names: dict[str, str]

    def name(self, group: str) -> str:
        """Return the label of a group that is known by an id, and by levels of a marker after it.

        What is no id stays as it is.
        """
        known, part, rest = group.partition(_PART)
        return f"{self.names.get(known, known)}{part}{rest}"


def groups_of(
    taxonomy: Taxonomy,
    filters: ComparativeFilters,
    candidates: Iterable[Candidate],
    main: Groups | None = None,
) -> Groups:
    """Collect the groups of a selection and name them, drugs first.

    Parameters
    ----------
    taxonomy : Taxonomy
    filters : ComparativeFilters
    candidates : iterable of Candidate
        With their groups, in display order.
    main : Groups, optional
        Those of the main analysis, which a re-analysis calls by the same names.

    Returns
    -------
    Groups
        No two have one name. A strategy of a single comparison has the name of that.
    """
    found: dict[str, list[Compared]] = {}
    for one in candidates:
        found.setdefault(one.group, []).append(one.compared)
    words, firsts = {}, {}
    for name, members in found.items():
        comparisons = {one.comparison.id: one.comparison for one in members}
        whole = joined(taxonomy, [one.comparison for one in members])
        strategy = strategy_of(filters, members[0])
        words[name] = whole.label if len(comparisons) == 1 else strategy.label
        firsts[name] = whole
    known = {} if main is None else main.names
    new = {name: label for name, label in words.items() if name not in known}
    names = {name: known[name] for name in words if name in known}
    names |= _told_apart(taxonomy, new, firsts, {*known.values()})
    return Groups({name: tuple(members) for name, members in found.items()}, names)


def _told_apart(
    taxonomy: Taxonomy,
    words: Mapping[str, str],
    comparisons: Mapping[str, Comparison],
    taken: set[str],
) -> dict[str, str]:
    """Add to the names of groups that have the same words what tells them apart."""
    names = {}
    for name, label in words.items():
        same = [other for other, text in words.items() if text == label]
        if len(same) == 1 and label not in taken:
            names[name] = label
            continue
        columns = _columns([comparisons[one].columns for one in same])
        own = comparisons[name].columns
        parts = [
            taxonomy.columns_in_words({column: own[column]})
            if column in own
            else f"{column.replace('_', ' ')} not stated"
            for column in columns
        ]
        longer = ", ".join([label, *(parts or [comparisons[name].setting])])
        alone = longer not in taken and longer not in names.values()
        names[name] = longer if alone else f"{label} ({name})"
    return names


def _columns(of: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the columns in which comparisons differ."""
    names = dict.fromkeys(column for columns in of for column in columns)
    return [name for name in names if len({columns.get(name) for columns in of}) > 1]


def headings(filters: ComparativeFilters, groups: Groups) -> tuple[Heading, ...]:
    """Return the heading of each group."""
    return tuple(
        _heading(filters, label, groups.compared[name]) for name, label in groups.names.items()
    )


def _heading(filters: ComparativeFilters, label: str, members: Sequence[Compared]) -> Heading:
    contrast, comparison, _ = members[0]
    return Heading(
        label=label,
        comparison=comparison.id if filters.groups == "comparison" else "",
        strategy=strategy_of(filters, members[0]).id,
        mechanism=contrast.mechanism,
        mechanisms=contrast.mechanisms,
        kind=contrast.kind,
    )


def strategies_over(filters: ComparativeFilters, groups: Groups) -> tuple[Strategy, ...]:
    """Return the strategies that hold several comparisons which are groups of their own.

    A strategy of one comparison would repeat its group: it is not listed.
    """
    if filters.groups == "strategy":
        return ()
    sets: dict[str, list[Compared]] = {}
    for first, *_ in groups.compared.values():
        sets.setdefault(strategy_of(filters, first).id, []).append(first)
    return tuple(
        structs.replace(
            strategy_of(filters, members[0]),
            comparisons=tuple(one.comparison.id for one in members),
        )
        for members in sets.values()
        if len(members) > 1
    )


def in_display_order(
    taxonomy: Taxonomy, found: Iterable[tuple[Candidate, T]]
) -> list[tuple[Candidate, T]]:
    """Sort candidates, each with what belongs to it: group by group, then by year and name.

    Groups stand by the mechanism of what is added, added before instead of, then by drugs.
    """
    pairs = list(found)
    places: dict[str, tuple[object, ...]] = {}
    for one, _ in pairs:
        place = _place(taxonomy, one.compared)
        places[one.group] = min(places.get(one.group, place), place)

    def order(pair: tuple[Candidate, T]) -> tuple[object, ...]:
        one = pair[0]
        last = (year_of_trial(one) or 9999, one.label.casefold(), one.row_ids)
        return places[one.group], one.group, last

    return sorted(pairs, key=order)


def _place(taxonomy: Taxonomy, compared: Compared) -> tuple[object, ...]:
    own = compared.comparison
    drugs = [taxonomy.place(agent) for agent in own.added or own.removed or own.shared[0]]
    columns = tuple(own.columns.values())
    return compared.contrast.order, drugs, columns, len(own.background), own.id

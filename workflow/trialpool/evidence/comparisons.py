"""What a comparison is known by: the drugs that differ, by name, on what background, in whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import structs

from trialpool.evidence.contrasts import Contrast, Taxonomy, slug
from trialpool.records.comparisons import Comparison, Strategy

# In ids, where both arms share no drug that makes a background.
_NO_BACKGROUND: Final = "none"
_SAME_AGENTS: Final = "same agents"


class _Drugs(NamedTuple):
    """Agents of two arms under the names that are compared, each part in display order.

    Where the same agents are given otherwise, all of them are shared.
    """

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    shared: tuple[str, ...]


class Compared(NamedTuple):
    """What two arms of a trial compare: agent by agent, by the names of drugs, and by strategy."""

    contrast: Contrast
    comparison: Comparison
    strategy: Strategy


def compare(
    taxonomy: Taxonomy,
    trial: Mapping[str, str],
    experimental: tuple[str, str],
    control: tuple[str, str],
) -> tuple[Comparison, Strategy]:
    """Say which comparison two arms of a trial make, and of which strategy it is.

    Parameters
    ----------
    taxonomy : Taxonomy
    trial : mapping of str to str
        Its row of trials.csv.
    experimental, control : tuple of (str, str)
        Identifier of the arm and its agents, separated by ``;``.

    Returns
    -------
    Comparison
        Without cells. Its id depends on agents and on columns of trials.csv: not on the order
        of the agents, on labels, or on which trial it is.
    Strategy
        Without comparisons.
    """
    contrast = taxonomy.contrast(trial["trial_id"], experimental, control)
    drugs = _drugs(taxonomy, contrast, experimental[1], control[1])
    background = taxonomy.background(drugs.shared)
    columns = taxonomy.columns_compared(trial)
    schedule = taxonomy.schedule_id(trial["trial_id"], experimental[0], control[0])
    strategy = _strategy(taxonomy, drugs, columns, schedule, contrast.differs)
    if drugs.kind == "schedule":
        agents = _named(taxonomy, _scheduled(taxonomy, drugs))
        words = f"{agents}, {contrast.differs or _SAME_AGENTS}"
    else:
        words = label(taxonomy, drugs.kind, drugs.added, drugs.removed, [drugs.shared])
    ours, theirs = sides(taxonomy, drugs.kind, drugs.added, drugs.removed)
    comparison = Comparison(
        id="-".join([_id_of_drugs(taxonomy, drugs, background, schedule), *columns.values()]),
        label=words,
        kind=drugs.kind,
        added=drugs.added,
        removed=drugs.removed,
        shared=(drugs.shared,),
        background=background,
        columns=columns,
        setting=taxonomy.columns_in_words(columns),
        strategy=strategy.id,
        experimental=ours,
        control=theirs,
    )
    return comparison, strategy


def joined(taxonomy: Taxonomy, same: Sequence[Comparison]) -> Comparison:
    """Join one comparison as several trials make it: its label names all that both sides share."""
    first = same[0]
    shared = sorted({one.shared[0] for one in same}, key=_in_order(taxonomy))
    words = first.label
    if len(shared) > 1 and first.kind != "schedule":
        words = label(taxonomy, first.kind, first.added, first.removed, shared)
    return structs.replace(first, label=words, shared=tuple(shared))


def label(
    taxonomy: Taxonomy,
    kind: str,
    added: Sequence[str],
    removed: Sequence[str],
    shared: Sequence[Sequence[str]],
) -> str:
    """Name a comparison for a reader, drugs first.

    Parameters
    ----------
    taxonomy : Taxonomy
    kind : {"added", "instead", "omitted", "equivalence"}
    added, removed : sequence of str
        Agents that one side alone receives.
    shared : sequence of sequence of str
        What both sides receive, once for each different set: what they have in common is
        named first, then the alternatives. A partner of the name of one that differs is "other".
    """
    new, old = _named(taxonomy, _newest_first(taxonomy, added)), _named(taxonomy, removed)
    both, beside = _alternatives(taxonomy, shared, set(map(taxonomy.alias, (*added, *removed))))
    if kind == "added":
        return f"{new} added to {both}{beside}" if both else f"{new} v none{beside}"
    if kind == "omitted":
        return f"{old} omitted from {both}{beside}" if both else f"none v {old}{beside}"
    return f"{new} v {old}" + (f" (with {both}{beside})" if both else beside)


def sides(
    taxonomy: Taxonomy, kind: str, added: Sequence[str], removed: Sequence[str]
) -> tuple[str, str]:
    """Name both sides by what they do not share: "apixaban" and "warfarin", "aspirin" and "no …".

    Empty where both receive the same drugs otherwise.
    """
    new, old = _named(taxonomy, _newest_first(taxonomy, added)), _named(taxonomy, removed)
    return {"schedule": ("", ""), "added": (new, f"no {new}"), "omitted": (f"no {old}", old)}.get(
        kind, (new, old)
    )


def _alternatives(
    taxonomy: Taxonomy, shared: Sequence[Sequence[str]], differ: set[str]
) -> tuple[str, str]:
    """Say what both sides receive: what there always is, and what there may be besides."""

    def named(agents: Sequence[str]) -> str:
        short = taxonomy.short
        return " + ".join(f"other {short(a)}" if a in differ else short(a) for a in agents)

    always = [agent for agent in shared[0] if all(agent in one for one in shared)]
    others = {tuple(agent for agent in one if agent not in always) for one in shared}
    texts = [named(one) for one in sorted(others, key=_in_order(taxonomy)) if one]
    either = " or ".join(texts)
    if () in others:
        return named(always), f" (± {either})" if either else ""
    return " + ".join(filter(None, (named(always), either))), ""


def _in_order(taxonomy: Taxonomy) -> Callable[[Sequence[str]], list[tuple[int, int]]]:
    return lambda agents: [taxonomy.place(agent) for agent in agents]


def _drugs(taxonomy: Taxonomy, contrast: Contrast, experimental: str, control: str) -> _Drugs:
    """Compare two arms by the names of drugs, partners and biosimilars under their aliases."""
    ours = _references(taxonomy, experimental, control)
    theirs = _references(taxonomy, control, experimental)
    if contrast.category == "schedule" or ours == theirs:
        return _Drugs("schedule", (), (), _sorted(taxonomy, map(taxonomy.alias, ours | theirs)))
    added, removed, shared = ours - theirs, theirs - ours, ours & theirs
    # What a partner is decides nothing beside the drug that it accompanies. Where it is itself
    # what differs, partner against partner, it keeps its own name.
    targeted = any(map(taxonomy.is_targeted, added | removed))
    beside = set() if targeted else shared
    if not (added and removed):
        kind = "added" if added else "omitted"
    else:
        same = any(taxonomy.reference(agent) in removed for agent in added)
        kind = "equivalence" if same else "instead"
    return _Drugs(
        kind,
        _sorted(taxonomy, _aliases(taxonomy, added, removed | beside)),
        _sorted(taxonomy, _aliases(taxonomy, removed, added | beside)),
        _sorted(taxonomy, map(taxonomy.alias, shared)),
    )


def _references(taxonomy: Taxonomy, text: str, other: str) -> set[str]:
    """Agents of an arm, a biosimilar as its reference unless the other arm has that."""
    against = set(taxonomy.agents_of(other))
    return {
        agent if taxonomy.reference(agent) in against else taxonomy.reference(agent)
        for agent in taxonomy.agents_of(text)
    }


def _aliases(taxonomy: Taxonomy, agents: set[str], others: set[str]) -> set[str]:
    taken = set(map(taxonomy.alias, others))
    return {a if taxonomy.alias(a) in taken else taxonomy.alias(a) for a in agents}


def _sorted(taxonomy: Taxonomy, agents: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(agents), key=taxonomy.place))


def _named(taxonomy: Taxonomy, agents: Iterable[str]) -> str:
    return " + ".join(map(taxonomy.short, agents))


def _newest_first(taxonomy: Taxonomy, agents: Sequence[str]) -> list[str]:
    """Turn the order of targeted agents, which follows the history of a field; partners last."""
    targeted = [agent for agent in reversed(agents) if taxonomy.is_targeted(agent)]
    return [*targeted, *(agent for agent in agents if agent not in targeted)]


def _scheduled(taxonomy: Taxonomy, drugs: _Drugs) -> tuple[str, ...]:
    """Of agents that both arms receive, those whose schedule is in question."""
    return tuple(filter(taxonomy.is_targeted, drugs.shared)) or drugs.shared


def _ids(names: Iterable[str]) -> str:
    """Join names in an order that no setting decides."""
    return "-and-".join(sorted(map(slug, set(names))))


def _counted(background: Sequence[str]) -> str:
    """Classes of a background as a part of an id, "x2" where two drugs are of one class."""
    count = {name: background.count(name) for name in background}
    names = [name if n == 1 else f"{name} x{n}" for name, n in count.items()]
    return f"on-{_ids(names) or _NO_BACKGROUND}"


def _id_of_drugs(
    taxonomy: Taxonomy, drugs: _Drugs, background: Sequence[str], schedule: str
) -> str:
    if drugs.kind == "schedule":
        return f"{_ids(_scheduled(taxonomy, drugs))}-{schedule}"
    sides = {
        "added": f"{_ids(drugs.added)}-added",
        "omitted": f"{_ids(drugs.removed)}-omitted",
    }
    against = f"{_ids(drugs.added)}-v-{_ids(drugs.removed)}"
    return f"{sides.get(drugs.kind, against)}-{_counted(background)}"


def _strategy(
    taxonomy: Taxonomy, drugs: _Drugs, columns: Mapping[str, str], schedule: str, differs: str
) -> Strategy:
    """Name the mechanism of what is added, and to or instead of what, on which background."""
    agents = _scheduled(taxonomy, drugs) if drugs.kind == "schedule" else drugs.added
    mechanisms, words = taxonomy.mechanisms_of(agents or drugs.removed)
    background = taxonomy.background(drugs.shared, targeted=True)
    known, on = _ids(mechanisms), _counted(background)
    behind = taxonomy.background_in_words(background)
    beside = f", on {behind}" if background else ""
    classes, replaced = taxonomy.classes_of(drugs.removed)
    known, words = {
        "added": (f"{known}-added-{on}", f"{words} added" + (f" to {behind}" if behind else "")),
        "instead": (
            f"{known}-instead-of-{_ids(classes)}-{on}",
            f"{words} instead of {replaced}{beside}",
        ),
        "omitted": (f"{known}-omitted-{on}", f"{words} omitted{beside}"),
        "equivalence": (
            f"{known}-equivalence-{on}",
            f"{words}: biosimilar against reference{beside}",
        ),
        "schedule": (f"{known}-{schedule}", f"{words}, {differs or _SAME_AGENTS}"),
    }[drugs.kind]
    apart = taxonomy.columns_apart(columns)
    return Strategy(
        id="-".join([known, *apart.values()]),
        label=words,
        setting=taxonomy.columns_in_words(apart),
    )

"""The record of all comparisons, each with the questions that hold it: results/comparisons.json."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import structs

from trialpool.chapters.not_pooled import not_pooled
from trialpool.evidence.comparisons import compare, joined
from trialpool.evidence.contrasts import Taxonomy
from trialpool.findings import Finding, InputError
from trialpool.records.comparisons import Cell, Comparison, Comparisons, Strategy
from trialpool.records.results import ComparativeResult, Result

SCHEMA_VERSION: Final = 1

Row = Mapping[str, str]


class _Made(NamedTuple):
    """A comparison as a trial of a result makes it."""

    comparison: Comparison
    strategy: Strategy
    result: Result
    group: str
    trial_id: str


def list_comparisons(
    taxonomy: Taxonomy,
    trials: Iterable[Row],
    arms: Iterable[Row],
    results: Sequence[Result],
    renamed: Mapping[str, str] | None = None,
    rows: Iterable[Row] = (),
) -> Comparisons:
    """List what the trials of all results compare, which groups hold it, and what could not enter.

    Parameters
    ----------
    taxonomy : Taxonomy
    trials, arms : iterable of mapping
        Rows of trials.csv and arms.csv.
    results : sequence of Result
        Of every kind: only trials whose two sides are arms make a comparison, and only groups of
        results that compare two sides hold one.
    renamed : mapping of str to str, optional
        An id of an earlier build to the one that it has now.
    rows : iterable of mapping
        Raw rows of contrasts and of arms, among them those that questions could not pool.

    Returns
    -------
    Comparisons
        Sorted by setting, then by the drugs that differ, in the order of the taxonomy.
    """
    known = {row["trial_id"]: row for row in trials}
    agents = {(row["trial_id"], row["arm_id"]): row["agents"] for row in arms}
    made: dict[str, list[_Made]] = defaultdict(list)
    for one in _made(taxonomy, known, agents, results):
        made[one.comparison.id].append(one)
    strategies = {one.strategy.id: one.strategy for of_id in made.values() for one in of_id}
    cells = {name: _with_cells(taxonomy, one) for name, one in made.items()}
    for comparison, strategy in not_pooled(taxonomy, known, agents, results, cells, rows):
        cells[comparison.id] = comparison
        strategies.setdefault(strategy.id, strategy)
    comparisons = sorted(cells.values(), key=_place(taxonomy))
    of_strategy: dict[str, list[str]] = defaultdict(list)
    for comparison in comparisons:
        of_strategy[comparison.strategy].append(comparison.id)
    return Comparisons(
        schema_version=SCHEMA_VERSION,
        comparisons=tuple(comparisons),
        strategies=tuple(
            structs.replace(strategies[name], comparisons=tuple(ids))
            for name, ids in of_strategy.items()
        ),
        renamed=follow_renamed(renamed or {}, set(cells)),
    )


def _made(
    taxonomy: Taxonomy,
    trials: Mapping[str, Row],
    agents: Mapping[tuple[str, str], str],
    results: Iterable[Result],
) -> Iterator[_Made]:
    for result in results:
        if not isinstance(result, ComparativeResult):
            continue
        for trial in result.trials:
            sides = (trial.experimental.arm_id, trial.control.arm_id)
            if all((trial.trial_id, arm) in agents for arm in sides):
                ours, theirs = ((arm, agents[trial.trial_id, arm]) for arm in sides)
                comparison, strategy = compare(taxonomy, trials[trial.trial_id], ours, theirs)
                yield _Made(comparison, strategy, result, trial.group, trial.trial_id)


def _with_cells(taxonomy: Taxonomy, made: list[_Made]) -> Comparison:
    """Join what the trials of one comparison make: all that they share, and cells."""
    cells: dict[tuple[str, str], Cell] = {}
    for one in made:
        place = (one.result.id, one.group)
        trials = (*cells[place].trials, one.trial_id) if place in cells else (one.trial_id,)
        cells[place] = Cell(
            question=one.result.id,
            endpoints=one.result.endpoints,
            measure=one.result.measure,
            group=one.group,
            trials=trials,
        )
    whole = joined(taxonomy, [one.comparison for one in made])
    return structs.replace(whole, cells=tuple(cells.values()))


def _place(taxonomy: Taxonomy) -> Callable[[Comparison], tuple[object, ...]]:
    """Return what sorts comparisons."""

    def place(one: Comparison) -> tuple[object, ...]:
        drugs = [taxonomy.place(agent) for agent in one.added or one.removed or one.shared[0]]
        return tuple(one.columns.values()), drugs, one.id

    return place


def follow_renamed(renamed: Mapping[str, str], ids: set[str]) -> dict[str, str]:
    """Return each id of an earlier build with the one that it has now.

    Raises
    ------
    InputError
        If a chain of new names ends in no comparison of this build, or an old id is still one.
    """
    found, faults = {}, []
    for old, new in sorted(renamed.items()):
        last = new
        for _ in renamed:
            last = renamed.get(last, last)
        if old in ids:
            faults.append(_fault(old, new, "the old id is still that of a comparison"))
        elif last not in ids:
            faults.append(_fault(old, new, "it leads to no comparison of this build"))
        found[old] = last
    if faults:
        raise InputError(faults)
    return found


def _fault(old: str, value: str, message: str) -> Finding:
    return Finding(
        "fatal",
        "renamed-resolves",
        "renamed.yaml",
        column=old,
        value=value,
        message=message,
        remedy="Correct or remove the entry; results/comparisons.json lists the ids.",
    )

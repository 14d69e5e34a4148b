"""Results that questions could not pool, each with the comparison that it is of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import structs

from trialpool.evidence.comparisons import compare
from trialpool.evidence.contrasts import Taxonomy
from trialpool.measures import get_measure
from trialpool.records.comparisons import Comparison, NotPooled, Strategy
from trialpool.records.groups import ExcludedRow
from trialpool.records.results import ComparativeResult, Result

Row = Mapping[str, str]
# Identifier of a trial, of its experimental and its control arm.
Sides = tuple[str, str, str]


class _Left(NamedTuple):
    """A row that a question left out, as a comparison."""

    comparison: Comparison
    strategy: Strategy
    result: ComparativeResult
    row: ExcludedRow


def not_pooled(
    taxonomy: Taxonomy,
    trials: Mapping[str, Row],
    agents: Mapping[tuple[str, str], str],
    results: Sequence[Result],
    known: Mapping[str, Comparison],
    rows: Iterable[Row],
) -> Iterator[tuple[Comparison, Strategy]]:
    """Give comparisons the rows that no pool holds, and list those that have nothing else.

    Taken are the rows within a question's filters, of trials that its pool of the comparison does
    not hold; of questions whose groups are comparisons and whose measure is a ratio of two arms.

    Parameters
    ----------
    taxonomy : Taxonomy
    trials : mapping
        Trial to its row of trials.csv.
    agents : mapping
        Trial and arm to agents, separated by ``;``.
    results : sequence of Result
    known : mapping of str to Comparison
        Comparisons with their cells by id.
    rows : iterable of mapping
        Raw rows with `row_id, trial_id` and either both arms or `arm_id`.

    Returns
    -------
    iterator of (Comparison, Strategy)
    """
    sides = _sides_of_rows(rows, results)
    found: dict[str, list[_Left]] = defaultdict(list)
    for result in results:
        if not isinstance(result, ComparativeResult):
            continue
        for row, (trial_id, ours, theirs) in _left_out(result, sides):
            if not all((trial_id, arm) in agents for arm in (ours, theirs)):
                continue
            arms = ((ours, agents[trial_id, ours]), (theirs, agents[trial_id, theirs]))
            made = compare(taxonomy, trials[trial_id], *arms)
            turned = compare(taxonomy, trials[trial_id], *reversed(arms))
            if made[0].id not in known and turned[0].id in known:
                made = turned
            found[made[0].id].append(_Left(*made, result, row))
    for name, left in found.items():
        comparison = known.get(name, left[0].comparison)
        missing = tuple(_by_question(comparison, left))
        if missing:
            yield structs.replace(comparison, not_pooled=missing), left[0].strategy


def _left_out(
    result: ComparativeResult, sides: Mapping[str, Sequence[Sides]]
) -> Iterator[tuple[ExcludedRow, Sides]]:
    """Return the candidates of a question that it left out, once for each pair of arms."""
    measure = get_measure(result.measure)
    by_comparison = any(group.comparison for group in result.groups) or not result.groups
    if measure.is_ratio and not measure.ratio_of and by_comparison:
        for row in result.excluded:
            if row.is_candidate:
                yield from ((row, pair) for pair in sides.get(row.row_id, ()))


def _sides_of_rows(rows: Iterable[Row], results: Sequence[Result]) -> dict[str, list[Sides]]:
    """Return the arms of each row; of a row of one arm those that some question compares it in."""
    pairs: dict[tuple[str, str], dict[Sides, None]] = defaultdict(dict)
    for result in results:
        if isinstance(result, ComparativeResult):
            for trial in result.trials:
                pair = (trial.trial_id, trial.experimental.arm_id, trial.control.arm_id)
                for arm in pair[1:]:
                    pairs[trial.trial_id, arm][pair] = None
    found: dict[str, list[Sides]] = {}
    for row in rows:
        if row.get("experimental_arm"):
            pair = (row["trial_id"], row["experimental_arm"], row["control_arm"])
            found[row["row_id"]] = [pair]
        elif "arm_id" in row:
            found[row["row_id"]] = list(pairs.get((row["trial_id"], row["arm_id"]), ()))
    return found


def _by_question(comparison: Comparison, left: Sequence[_Left]) -> Iterator[NotPooled]:
    pooled = {(cell.question, trial) for cell in comparison.cells for trial in cell.trials}
    rows: dict[str, dict[str, None]] = defaultdict(dict)
    endpoints = {}
    for one in left:
        if (one.result.id, one.row.trial_id) not in pooled:
            rows[one.result.id][one.row.row_id] = None
            endpoints[one.result.id] = one.result.endpoints
    for question, ids in rows.items():
        yield NotPooled(question=question, endpoints=endpoints[question], row_ids=tuple(ids))

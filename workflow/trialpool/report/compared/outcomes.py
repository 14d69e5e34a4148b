"""The outcomes of one comparison: the result that speaks for each, and what stands beside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from msgspec import structs

from trialpool.measures import GROUPS, Endpoint, Measure, get_measure
from trialpool.questions.shared.words.sides import capital
from trialpool.records.comparisons import Comparison
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult, Result
from trialpool.records.summary.certainty import ResultNotPooled
from trialpool.records.summary.findings import SummaryOfFindings

_OF_MEANS: Final = frozenset(measure.code for measure in GROUPS["means of two groups"])


class Column(NamedTuple):
    """A column of the matrix: endpoints of one heading, at the place of the first of them."""

    place: int
    heading: str


@dataclass(frozen=True)
class Held:
    """What one question holds of a comparison: its result, narrowed to the one group.

    Attributes
    ----------
    result : ComparativeResult
        With this group and its trials only.
    group : Group
    is_part : bool
        Whether the question takes a part of the patients of its trials.
    """

    result: ComparativeResult
    group: Group
    is_part: bool

    @property
    def measure(self) -> Measure:
        """Of the effect."""
        return get_measure(self.result.measure)

    @property
    def trials(self) -> frozenset[str]:
        """Ids of its trials."""
        return frozenset(trial.trial_id for trial in self.result.trials)


@dataclass(frozen=True)
class LeftOut:
    """A trial's result that a question could not pool: what it prints, and why."""

    question: str
    title: str
    row: ResultNotPooled


@dataclass(frozen=True)
class Outcome:
    """One outcome of a comparison.

    Attributes
    ----------
    column : Column
        Of the matrix.
    codes : tuple of str
        Endpoints of its trials, or of the question where nothing is pooled.
    name : str
        The same in words.
    slug : str
        Its anchor on the page of the comparison; no other outcome of it has the same.
    main : Held or None
        What speaks for the outcome; None where no result could be pooled.
    measures : tuple of Held
        The same trials by other measures.
    parts : tuple of Held
        The same measure in other patients.
    left_out : tuple of LeftOut
        Results that no pool holds.
    """

    column: Column
    codes: tuple[str, ...]
    name: str
    slug: str
    main: Held | None
    measures: tuple[Held, ...] = ()
    parts: tuple[Held, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class Compared:
    """A comparison with its outcomes.

    Attributes
    ----------
    comparison : Comparison
    summary : SummaryOfFindings or None
    outcomes : tuple of Outcome
        In the order of the columns.
    modifiers : tuple of Held
        Questions whether its effect differs by a marker.
    wider : tuple of ComparativeResult
        Questions that hold its trials beside those of others, such as networks.
    """

    comparison: Comparison
    summary: SummaryOfFindings | None
    outcomes: tuple[Outcome, ...]
    modifiers: tuple[Held, ...]
    wider: tuple[ComparativeResult, ...]

    def certainty(self, held: Held) -> str:
        """Return the certainty that was judged of what a question holds; empty where none was."""
        for one in self.summary.outcomes if self.summary else ():
            if held.result.id in (one.question, *one.also) and one.group:
                return one.certainty
        return ""

    def in_column(self, column: Column) -> Outcome | None:
        """Return the outcome that stands in a column: the first with a result, else the first."""
        found = [one for one in self.outcomes if one.column == column]
        return next((one for one in found if one.main is not None), next(iter(found), None))


def compared(
    comparison: Comparison,
    results: Mapping[str, Result],
    summary: SummaryOfFindings | None = None,
    endpoints: Mapping[str, Endpoint] | None = None,
) -> Compared:
    """Sort what all questions hold of a comparison by outcome.

    Parameters
    ----------
    comparison : Comparison
    results : mapping of str to Result
        By id of the question, in the order of the review.
    summary : SummaryOfFindings, optional
        Of the comparison, with what no pool holds.
    endpoints : mapping of str to Endpoint, optional
        As the review declares them: their order is that of the columns.

    Returns
    -------
    Compared
        One question speaks for an outcome: of those on all patients before those on a part of
        them, that with the most trials, else the first of the review.
    """
    held, wider = [], []
    for cell in comparison.cells:
        result = results.get(cell.question)
        if not isinstance(result, ComparativeResult):
            continue
        group = next((one for one in result.groups if one.label == cell.group), None)
        # Whether an effect differs may be asked of a strategy: its group then says which.
        is_own = group is not None and (
            group.comparison == comparison.id or bool(get_measure(result.measure).ratio_of)
        )
        if group is None or not is_own:
            wider.append(result)
        else:
            held.append(Held(narrowed(result, group), group, _is_part(result)))
    effects = [one for one in held if not one.measure.ratio_of]
    rows = list(_left_out(summary, results))
    outcomes = tuple(_outcomes(effects, rows, endpoints or {}))
    return Compared(
        comparison,
        summary,
        tuple(sorted(outcomes, key=lambda one: one.column)),
        tuple(one for one in held if one.measure.ratio_of),
        tuple({one.id: one for one in wider}.values()),
    )


def narrowed(result: ComparativeResult, group: Group) -> ComparativeResult:
    """Return a result as if it held this one group alone; what it left out stays."""
    sensitivity = []
    for entry in result.sensitivity:
        rows = getattr(entry, "results", None)
        if rows is None:
            continue
        own = tuple(row for row in rows if row.group == group.label)
        if own:
            sensitivity.append(structs.replace(entry, results=own))
    return structs.replace(
        result,
        groups=(group,),
        trials=tuple(trial for trial in result.trials if trial.group == group.label),
        strategies=(),
        overall=None,
        overall_reason="",
        subgroup_test=None,
        sensitivity=tuple(sensitivity),
    )


def _is_part(result: ComparativeResult) -> bool:
    asked = result.settings.biomarker
    return asked is not None and not asked.whole_trials


def _left_out(
    summary: SummaryOfFindings | None, results: Mapping[str, Result]
) -> Iterator[tuple[ComparativeResult, LeftOut]]:
    for outcome in summary.outcomes if summary else ():
        result = results.get(outcome.question)
        if isinstance(result, ComparativeResult):
            for row in outcome.not_pooled:
                yield result, LeftOut(result.id, result.title, row)


def _outcomes(
    effects: Sequence[Held],
    rows: Sequence[tuple[ComparativeResult, LeftOut]],
    known: Mapping[str, Endpoint],
) -> Iterator[Outcome]:
    """Collect by endpoints: questions that share one are of one outcome."""
    # Of means no measure comes before the others but by the order of the questions.
    ratios = [one for one in effects if one.measure.is_ratio and one.measure.code not in _OF_MEANS]
    others = [one for one in effects if one not in ratios]
    sets = _joined([one.result.endpoints for one in (*ratios, *others)])
    sets = _joined([*sets, *(result.endpoints for result, _ in rows if not _is_part(result))])
    for endpoints in sets:
        ours = [one for one in ratios if set(endpoints) & set(one.result.endpoints)]
        beside = [one for one in others if set(endpoints) & set(one.result.endpoints)]
        main = min(ours or beside, key=lambda one: (one.is_part, -len(one.trials)), default=None)
        left = [(r, row) for r, row in rows if set(endpoints) & set(r.endpoints)]
        codes = tuple(dict.fromkeys(trial.endpoint for trial in main.result.trials)) if main else ()
        codes = codes or endpoints
        told = main.result if main else left[0][0]
        yield Outcome(
            column=_column(endpoints, known, told),
            codes=codes,
            name=_name(codes, known, told),
            slug=re.sub(r"[^a-z0-9]+", "-", "-".join(codes).lower()).strip("-"),
            main=main,
            measures=tuple(one for one in beside if one is not main),
            parts=tuple(one for one in ours if main and one is not main and _adds(one, main)),
            left_out=_of_outcome(left, main),
        )


def _joined(sets: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Join sets of endpoints that have one in common."""
    found: list[tuple[str, ...]] = []
    for one in sets:
        same = [other for other in found if set(other) & set(one)]
        if not same:
            found.append(one)
            continue
        whole = tuple(dict.fromkeys((*(code for other in same for code in other), *one)))
        found[found.index(same[0])] = whole
        found = [other for other in found if other not in same[1:]]
    return found


def _adds(one: Held, main: Held) -> bool:
    """Whether a question says something that the main one does not: other patients or trials."""
    return one.is_part or not one.trials <= main.trials


def _of_outcome(
    left: Sequence[tuple[ComparativeResult, LeftOut]], main: Held | None
) -> tuple[LeftOut, ...]:
    """Return each result once: of the question that speaks, or of the first; then of parts."""
    own = main.result.id if main else next((r.id for r, _ in left if not _is_part(r)), None)
    kept: dict[tuple[str, ...], LeftOut] = {}
    for result, one in left:
        if result.id == own or _is_part(result):
            kept.setdefault(one.row.row_ids, one)
    return tuple(kept.values())


def columns_of(compared: Iterable[Compared]) -> tuple[Column, ...]:
    """Return the columns in which any of some comparisons has an outcome, in their order."""
    return tuple(sorted({outcome.column for one in compared for outcome in one.outcomes}))


def _column(
    codes: Sequence[str], known: Mapping[str, Endpoint], result: ComparativeResult
) -> Column:
    """Return the column of the foremost endpoint, which by default is that of its name."""
    order = list(known)
    first = min(codes, key=lambda code: order.index(code) if code in known else len(order))
    heading = (known[first].column if first in known else "") or _name((first,), known, result)
    same = (place for place, one in enumerate(known.values()) if one.column == heading)
    return Column(next(same, order.index(first) if first in known else len(order)), heading)


def _name(codes: Sequence[str], known: Mapping[str, Endpoint], result: ComparativeResult) -> str:
    names = {code: endpoint.name for code, endpoint in known.items()} | result.endpoint_names
    return capital(" or ".join(names.get(code, code) for code in codes))

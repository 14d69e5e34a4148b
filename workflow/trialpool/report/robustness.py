"""Robustness of each pooled group in tables and plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from trialpool import formatting as fmt
from trialpool.measures import Direction, Measure, get_measure
from trialpool.questions.shared.words.sides import effect_text, null_text
from trialpool.records.reanalyses import (
    Cumulative,
    Entry,
    Gosh,
    GoshGroup,
    Influence,
    LeaveOneOut,
    Multiverse,
    MultiverseGroup,
    Overturning,
    Refit,
    SmallStudy,
    SmallStudyGroup,
    TrialInfluence,
)
from trialpool.records.results import ComparativeResult
from trialpool.report.rooms import comparative_words

E = TypeVar("E", bound=Entry)
G_co = TypeVar("G_co", Refit, TrialInfluence, GoshGroup, SmallStudyGroup, covariant=True)


class _OfGroups(Protocol[G_co]):
    """An entry with rows that name their group."""

    @property
    def results(self) -> tuple[G_co, ...]: ...


_MODELS: Final = {
    "common-effect": "common effect",
    "wald": "random effects with the Wald interval",
    "hk": "Hartung-Knapp interval without floor",
    "hk-adhoc": "Hartung-Knapp interval with floor",
    "kr": "Kenward-Roger interval",
    "bayes": "Bayesian model",
}
_OTHER_ANSWERS: Final = {
    "neither": "undecided",
    "unknown": "no interval",
    "within": "within the margin",
    "not-shown": "not shown to be within the margin",
    "beyond": "beyond the margin",
}
# Inclusion rules whose names begin like those of leave-one-out.
_RULES: Final = ("without flagged rows", "without interim reports")
# Pools of one kind in the table of those without one trial, and in order of year.
_MOST_REFITS: Final = 300
_WEIGHTS: Final = {"L0": "L₀", "R0": "R₀"}


@dataclass(frozen=True)
class RobustnessRow:
    """A group as the table on robustness shows it; all texts are ready to print.

    Attributes
    ----------
    answer, holds : str
        Of the main analysis, and in how many analyses it holds.
    split : str
        How many analyses give each answer, in the order of the table's heading.
    range, leave_one_out : str
        Of the estimates in all analyses, and without one trial.
    sentences : tuple of str
        The same and more in words.
    """

    label: str
    k: str
    answer: str
    holds: str
    split: str
    range: str
    leave_one_out: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class RefitRow:
    """A pool of some of the trials."""

    group: str
    analysis: str
    k: str
    effect: str
    tau2: str
    answer: str


@dataclass(frozen=True)
class Robustness:
    """What the section on robustness shows."""

    split_heading: str
    untested: str
    rows: tuple[RobustnessRow, ...]
    refits: tuple[RefitRow, ...]
    left_out: str


def robustness(result: ComparativeResult) -> Robustness | None:
    """Prepare the section; None for a result without analyses of robustness."""
    universes = [group for entry in _of(result, Multiverse) for group in entry.results]
    if not universes:
        return None
    measure = get_measure(result.measure)
    without = [row for entry in _of(result, LeaveOneOut) for row in entry.results]
    growing = [row for entry in _of(result, Cumulative) for row in entry.results]
    refits = tuple(
        RefitRow(
            group=row.group,
            analysis=row.analysis,
            k=fmt.whole(row.k),
            effect=effect_text(row, measure),
            tau2=fmt.tau_squared(row.tau2 if row.k > 1 else None),
            answer=answer_words(row.answer, result),
        )
        for row in (*_extremes(without), *_at_steps(growing))
    )
    heading = "within | not shown | beyond"
    if result.design == "superiority":
        heading = f"below {null_text(result)} | across | above"
    every = len(without) + len(growing)
    left_out = (
        f"{fmt.whole(len(refits))} of {fmt.whole(every)} pools: without one trial those with the "
        "lowest and the highest estimates, in order of year at equal steps. All of them are in "
        "the records of this question."
        if len(refits) < every
        else ""
    )
    rows = tuple(_row(group, result) for group in universes)
    return Robustness(heading, _untested(result), rows, refits, left_out)


def _extremes(rows: Sequence[Refit]) -> Sequence[Refit]:
    """Keep of many pools those with the lowest and the highest estimates, in their order."""
    if len(rows) <= _MOST_REFITS:
        return rows
    order = sorted(range(len(rows)), key=lambda i: rows[i].estimate)
    kept = (*order[: _MOST_REFITS // 2], *order[-_MOST_REFITS // 2 :])
    return [rows[i] for i in sorted(kept)]


def _at_steps(rows: Sequence[Refit]) -> Sequence[Refit]:
    """Keep of many pools some at equal steps, the last one always."""
    step = -(-len(rows) // _MOST_REFITS) or 1
    return rows[::-step][::-1]


def _of(result: ComparativeResult, kind: type[E]) -> list[E]:
    """Entries of one kind."""
    return [entry for entry in result.sensitivity if isinstance(entry, kind)]


def _of_group(entries: Sequence[_OfGroups[G_co]], group: str) -> list[G_co]:
    """Rows of one group."""
    return [row for entry in entries for row in entry.results if row.group == group]


def _untested(result: ComparativeResult) -> str:
    """Say where small-study effects were not tested, and why."""
    rows = [row for entry in _of(result, SmallStudy) for row in entry.results]
    few = [row for row in rows if not row.enough]
    if not few:
        return ""
    where = "" if len(few) == len(rows) else f" ({'; '.join(row.group for row in few)})"
    return (
        "Tests of small-study effects, trim and fill, selection model and PET-PEESE need ten "
        f"trials or more in a group; fewer cannot tell such effects from chance. Not done{where}."
    )


def answer_words(answer: str | None, result: ComparativeResult) -> str:
    """Say what an answer means, for example "fewer deaths with the experimental treatment"."""
    if answer in ("lower", "higher"):
        side: Direction = "lower" if answer == "lower" else "higher"
        return comparative_words(result).describe_side(side, result)
    return _OTHER_ANSWERS.get(answer or "", "no verdict")


def _span(low: float, high: float, measure: Measure) -> str:
    return f"{fmt.effect(low, measure)} to {fmt.effect(high, measure)}"


def _row(entry: MultiverseGroup, result: ComparativeResult) -> RobustnessRow:
    measure = get_measure(result.measure)
    left_out = _of_group(_of(result, LeaveOneOut), entry.group)
    ends = _ends(left_out)
    return RobustnessRow(
        label=entry.group,
        k=fmt.whole(entry.k),
        answer=answer_words(entry.answer, result),
        holds=f"{entry.holds} of {entry.analyses} ({fmt.percent(entry.share, 0)})"
        if entry.share is not None
        else fmt.NOT_AVAILABLE,
        split=" | ".join(str(n) for n in _split(entry.answers)),
        range=_span(entry.estimate_min, entry.estimate_max, measure),
        leave_one_out=_span(ends[0].estimate, ends[1].estimate, measure)
        if ends
        else fmt.NOT_AVAILABLE,
        sentences=(
            *_multiverse(entry, result, measure),
            *_leave_one_out(left_out, entry, measure),
            *_influence(_of_group(_of(result, Influence), entry.group)),
            *_gosh(_of_group(_of(result, Gosh), entry.group), measure),
            *_small_study(_of_group(_of(result, SmallStudy), entry.group), measure),
        ),
    )


def _split(answers: Mapping[str, int]) -> list[int]:
    """Bring answers about sides into the order of an axis."""
    order = ("lower", "neither", "higher") if "lower" in answers else tuple(answers)
    return [answers[name] for name in order]


def _ends(rows: Sequence[Refit]) -> tuple[Refit, Refit] | None:
    if not rows:
        return None
    return min(rows, key=lambda r: r.estimate), max(rows, key=lambda r: r.estimate)


def _multiverse(
    entry: MultiverseGroup, result: ComparativeResult, measure: Measure
) -> Iterator[str]:
    size = f"{_count(entry.sets, 'set')} of trials under {entry.models} models"
    others = [f"{answer_words(name, result)} in {n}" for name, n in entry.answers.items() if n]
    span = _span(entry.estimate_min, entry.estimate_max, measure)
    if entry.share is not None:
        yield (
            f"The direction holds in {entry.holds} of {entry.analyses} analyses "
            f"({fmt.percent(entry.share, 0)}; {size}); estimates from {span}."
        )
        overturned = list(dict.fromkeys(map(_change, entry.overturned_by)))
        yield (
            f"Each of these changes alone leads to another answer: {'; '.join(overturned)}."
            if overturned
            else "No single change of model, policy or trials leads to another answer."
        )
    elif any(entry.answers.values()):
        yield (
            f"There is no verdict to hold; of {entry.analyses} analyses ({size}): "
            f"{'; '.join(others)}. Estimates from {span}."
        )
    if entry.without_interval:
        yield f"In {entry.without_interval} more no interval exists."
    few = [x for x in entry.too_few if entry.k > 2 or not x.startswith("without ")]
    # Of two trials, leaving one out always leaves one.
    few += [x for x in entry.too_few if x in _RULES and x not in few]
    if few:
        yield f"Fewer than two trials are left under: {'; '.join(few)}."


def _change(change: Overturning) -> str:
    return _MODELS.get(change.value, change.value) if change.choice == "model" else change.value


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _leave_one_out(
    rows: Sequence[Refit], entry: MultiverseGroup, measure: Measure
) -> Iterator[str]:
    ends = _ends(rows)
    if ends is None:
        return
    low, high = ends
    text = (
        f"Without one trial the estimate runs from {fmt.effect(low.estimate, measure)} "
        f"({low.analysis}) to {fmt.effect(high.estimate, measure)} ({high.analysis})"
    )
    changed = [row.analysis for row in rows if row.answer != entry.answer]
    if entry.share is None:
        yield f"{text}."
    elif changed:
        yield f"{text}; the answer changes {', '.join(changed)}."
    else:
        yield f"{text}; the answer stays."


def _influence(rows: Sequence[TrialInfluence]) -> Iterator[str]:
    if rows:
        names = [row.trial for row in rows if row.influential]
        yield f"Influential trials: {', '.join(names) if names else 'none'}."


def _gosh(rows: Sequence[GoshGroup], measure: Measure) -> Iterator[str]:
    for row in rows:
        which = "" if row.complete else " (a random sample)"
        same = f"{fmt.percent(row.same, 0)} give the same answer, " if row.same is not None else ""
        text = (
            f"Of {row.subsets} subsets of two trials or more{which} {same}"
            f"with estimates from {_span(row.minimum, row.maximum, measure)}"
        )
        if row.splits is not None:
            text += (
                f"; {row.splits} divides them most (median "
                f"{fmt.effect(row.median_with, measure)} with it, "
                f"{fmt.effect(row.median_without, measure)} without)"
            )
        yield f"{text}."


def _small_study(rows: Sequence[SmallStudyGroup], measure: Measure) -> Iterator[str]:
    for row in rows:
        if not row.enough:
            continue
        tests = [
            f"{test.name} {fmt.p_statement(test.p_value)}"
            for test in row.regression_tests
            if test.p_value is not None
        ]
        if row.rank_test is not None and row.rank_test.p_value is not None:
            tests.append(f"rank correlation {fmt.p_statement(row.rank_test.p_value)}")
        if tests:
            yield f"Tests of small-study effects: {'; '.join(tests)}."
        adjusted = list(_adjusted(row, measure))
        if adjusted:
            yield (
                f"Estimates that allow for them, none of which is a correction: "
                f"{'; '.join(adjusted)}."
            )
        model = row.selection_model
        if model is not None and model.note:
            yield f"No selection model: {model.note}."
        elif model is not None and model.multimodal:
            yield "The likelihood of the selection model has another maximum about as high."


def _adjusted(row: SmallStudyGroup, measure: Measure) -> Iterator[str]:
    for filled in row.trim_and_fill:
        if filled.pooled is not None:
            name = f"trim and fill {_WEIGHTS[filled.estimator]} ({filled.k0} filled in)"
            yield f"{name} {effect_text(filled.pooled, measure)}"
    model, conditional = row.selection_model, row.pet_peese
    if model is not None and model.estimate is not None:
        test = fmt.p_statement(model.lrt_p_value)
        yield f"selection model {effect_text(model, measure)} (test of no selection: {test})"
    if conditional is not None and conditional.estimate is not None:
        yield f"{conditional.chosen} {effect_text(conditional, measure)}"

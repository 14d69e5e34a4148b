"""From the record of the chapters to the texts of the report's chapters.

Numbers of pools come from the rows that the questions' own tables show, never
from the chapters: a group cannot say one thing here and another there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.records import chapters as records
from trialpool.records.results import ComparativeResult
from trialpool.report.known import MarkerQuestion, StrategyPool, known
from trialpool.report.markers import MarkerTable, marker_table
from trialpool.report.rooms import words_of
from trialpool.report.shown import ShownQuestion
from trialpool.report.site.page import marker_path
from trialpool.report.sources import Link, doi_link, registry_links
from trialpool.report.tables import GroupRow

# What one row of a table is, in words.
_ROW_NAMES: Final = {
    "time_to_event": "comparison",
    "responses": "response rate",
    "biomarker_contrasts": "marker contrast",
    "reconstructed_survival": "result of a curve",
}


@dataclass(frozen=True)
class StrategyResult:
    """One group of one question that carries a strategy."""

    question: ShownQuestion
    group: GroupRow
    trials: str


@dataclass(frozen=True)
class NotPooled:
    """A trial without a result in any question; `question` is the one that came nearest."""

    trial_id: str
    trial: str
    status: str
    in_every_arm: bool
    reason: str
    question: ShownQuestion | None


@dataclass(frozen=True)
class Strategy:
    """A strategy with its results by the label of their group, ready to print."""

    label: str
    definition: str
    agents: str
    coverage: str
    results: tuple[tuple[str, tuple[StrategyResult, ...]], ...]
    not_pooled: tuple[NotPooled, ...]


@dataclass(frozen=True)
class Reason:
    """Why the rows on one marker are not pooled: a text for each kind of row."""

    marker: str
    texts: tuple[str, ...]
    questions: tuple[ShownQuestion, ...]


@dataclass(frozen=True)
class Chapter:
    """A chapter as its page shows it."""

    id: str
    href: str
    number: str
    title: str
    section: str
    summary: str
    rationale: str
    strategies: tuple[Strategy, ...]
    without_result: tuple[str, ...]
    not_pooled: int
    markers: tuple[MarkerTable, ...]
    reasons: tuple[Reason, ...]
    known: str = ""
    on_markers: tuple[MarkerQuestion, ...] = ()
    questions: tuple[ShownQuestion, ...] = ()


@dataclass(frozen=True)
class ReviewTrial:
    """A trial that the framing review names."""

    section: str
    name: str
    printed_nct: str
    trial_id: str
    trial: str
    links: tuple[Link, ...]
    setting: str
    status: str
    rows: str
    questions: tuple[ShownQuestion, ...]
    reason: str


@dataclass(frozen=True)
class Chapters:
    """All chapters and the table of the trials that the review names."""

    chapters: tuple[Chapter, ...]
    review_trials: tuple[ReviewTrial, ...]
    review_tally: str
    source: str
    source_link: Link | None
    level: str
    name: str
    in_whom: str


def prepare_chapters(
    record: records.Chapters | None,
    questions: Mapping[str, ShownQuestion],
    settings: Mapping[str, Any],
    in_whom: str = "",
) -> Chapters | None:
    """Prepare the chapters for the page.

    Parameters
    ----------
    record : trialpool.records.chapters.Chapters or None
    questions : mapping
        Question id to what the page shows of it.
    settings : mapping
        The report's settings; ``framework_source`` says whose framework it is.
    in_whom : str
        Heading of the column that says in whom a trial was done; empty without one.

    Returns
    -------
    Chapters or None
        None where there is neither a chapter nor a trial of the review.
    """
    if record is None or not (record.chapters or record.review_trials):
        return None
    source = settings.get("framework_source") or {}
    review_trials = tuple(_review_trial(row, questions) for row in record.review_trials)
    return Chapters(
        chapters=tuple(
            _chapter(number, chapter, record, questions)
            for number, chapter in enumerate(record.chapters, 1)
        ),
        review_trials=review_trials,
        review_tally=_tally(review_trials),
        source=str(source.get("short") or ""),
        source_link=doi_link(source.get("doi")),
        level=fmt.level(record.level),
        name=record.name,
        in_whom=in_whom,
    )


def _chapter(
    number: int,
    chapter: records.Chapter,
    record: records.Chapters,
    questions: Mapping[str, ShownQuestion],
) -> Chapter:
    strategies = tuple(_strategy(item, questions) for item in chapter.strategies)
    markers, sets = chapter.markers, chapter.markers.sets()
    return Chapter(
        id=chapter.id,
        href=f"site:{marker_path(chapter.id)}",
        number=fmt.whole(number),
        title=chapter.title,
        section=chapter.review_section,
        summary=chapter.summary,
        rationale=chapter.rationale,
        strategies=strategies,
        without_result=tuple(s.label for s in strategies if not s.results),
        not_pooled=len({t.trial_id for s in chapter.strategies for t in s.not_pooled}),
        markers=tuple(
            marker_table(kind, markers, record.sources, record.level, questions)
            for kind in ("effects", "responses", "outcomes")
            if sets[kind]
        ),
        reasons=tuple(
            _reason(
                markers.labels[name],
                [item for item in markers.reasons if item.marker == name],
                questions,
            )
            for name in dict.fromkeys(item.marker for item in markers.reasons)
        ),
        known=_known(chapter, strategies, questions),
        on_markers=tuple(
            _marker_question(item, questions[item.question])
            for item in chapter.on_markers
            if item.question in questions
        ),
        questions=tuple(questions[q] for q in chapter.questions if q in questions),
    )


def _known(
    chapter: records.Chapter, strategies: Sequence[Strategy], questions: Mapping[str, ShownQuestion]
) -> str:
    pools = [
        StrategyPool(
            result.group,
            label,
            result.question.heading,
            result.question.code,
            result.question.result.endpoints,
            frozenset(_labels(result.question, label)),
        )
        for strategy in strategies
        for label, found in strategy.results
        for result in found
    ]
    used = dict.fromkeys(q for item in chapter.markers.reasons for q in item.questions)
    return known(
        list(dict.fromkeys(pools)),
        [
            questions[item.question].result
            for item in chapter.on_markers
            if item.kind == "predictive" and item.question in questions
        ],
        chapter.markers.labels,
        [
            questions[q].heading
            for q in used
            if q in questions and not isinstance(questions[q].result, ComparativeResult)
        ],
    )


def _marker_question(item: records.OnMarkers, question: ShownQuestion) -> MarkerQuestion:
    words = words_of(question.result).on_markers(question.result)
    return MarkerQuestion(
        href=question.href,
        heading=question.heading,
        kind=item.kind,
        sentences=words.sentences if words is not None else (),
        left_out=tuple((one.trial, one.reason, "; ".join(one.printed)) for one in item.left_out),
    )


def _reason(
    marker: str, items: Sequence[records.MarkerReason], questions: Mapping[str, ShownQuestion]
) -> Reason:
    used = dict.fromkeys(q for item in items for q in item.questions if q in questions)
    return Reason(marker, tuple(item.text for item in items), tuple(questions[q] for q in used))


def _strategy(item: records.Strategy, questions: Mapping[str, ShownQuestion]) -> Strategy:
    results: dict[str, list[StrategyResult]] = {}
    for result in item.results:
        question, label = questions.get(result.question), result.group
        if question is not None and label in question.by_label:
            trials = ", ".join(_labels(question, label))
            shown = StrategyResult(question, question.by_label[label], trials)
            results.setdefault(label, []).append(shown)
    return Strategy(
        label=item.label,
        definition=item.definition,
        agents=", ".join(item.agents),
        coverage=_coverage(item.trials, len(item.not_pooled)),
        results=tuple((label, tuple(found)) for label, found in results.items()),
        not_pooled=tuple(
            NotPooled(
                trial.trial_id,
                trial.trial,
                trial.status,
                trial.in_every_arm,
                trial.reason,
                questions.get(trial.question or ""),
            )
            for trial in item.not_pooled
        ),
    )


def _labels(question: ShownQuestion, group: str) -> tuple[str, ...]:
    """Names of the trials of a group."""
    return tuple(row.label for row in question.trials[group])


def _coverage(trials: records.StrategyTrials, not_pooled: int) -> str:
    """Say how many trials have the strategy in an arm, and where they are."""
    number = trials.carrying
    if number == 0:
        return "In no arm of the data."
    parts = [
        (trials.in_these_groups, "in the groups below"),
        (trials.in_other_groups, "in other groups or as a single arm only"),
        (not_pooled, "without a result in any question"),
    ]
    told = ", ".join(f"{fmt.whole(count)} {words}" for count, words in parts if count)
    return f"In an arm of {fmt.whole(number)} {'trial' if number == 1 else 'trials'}: {told}."


def _review_trial(row: records.ReviewTrial, questions: Mapping[str, ShownQuestion]) -> ReviewTrial:
    links = registry_links(row.nct)
    printed = row.nct_in_review
    differs = printed and printed not in {link.text for link in links}
    reason = row.not_pooled
    return ReviewTrial(
        section=row.section,
        name=row.name,
        printed_nct=printed if differs else "",
        trial_id=row.trial_id,
        trial=row.trial,
        links=links,
        setting=row.setting,
        status=row.status,
        rows=_rows(row.rows),
        questions=tuple(questions[q] for q in row.questions if q in questions),
        reason=reason.reason if reason else "",
    )


def _rows(counts: Mapping[str, int]) -> str:
    """Say how many rows of each kind there are, "25 comparisons, 1 marker contrast"."""
    told = [
        f"{fmt.whole(counts[name])} {noun if counts[name] == 1 else _plural(noun)}"
        for name, noun in _ROW_NAMES.items()
        if counts[name]
    ]
    return ", ".join(told) or "none"


def _plural(noun: str) -> str:
    head, of, rest = noun.partition(" of ")
    return f"{head}s{of}{rest}"


def _tally(trials: Sequence[ReviewTrial]) -> str:
    """Sum up what became of the trials that the review names."""
    used = sum(bool(trial.questions) for trial in trials)
    reasons = Counter(trial.reason for trial in trials if not trial.questions)
    bare = sum(count for reason, count in reasons.items() if reason.startswith("ongoing"))
    rest = len(trials) - used - bare
    return (
        f"{fmt.whole(len(trials))} trials: {fmt.whole(used)} with a result in a question, "
        f"{fmt.whole(bare)} ongoing without results, {fmt.whole(rest)} left out for other reasons."
    )

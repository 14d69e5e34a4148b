"""results/chapters.json: what results and rows say to each chapter of the review's framework.

Numbers of pools are not repeated: a chapter names question and group. Estimates of single rows
are on the analysis scale. Beside it results/not_asked.json: what is in the data and in no question.
"""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.groups import SourceCited


class GroupNamed(Record, frozen=True, kw_only=True):
    """A group of a question; its numbers stay in the question's record."""

    question: str
    group: str


class WhyNot(Record, frozen=True, kw_only=True):
    """Why a trial has no result in any question.

    Attributes
    ----------
    stage : str
        Of `excluded`, or "no rows" or "not asked".
    reason : str
    question : str or None
        The one that came nearest to using the trial; None where none looked at it.
    """

    stage: str
    reason: str
    question: str | None


class NotPooled(Record, frozen=True, kw_only=True):
    """A trial of a strategy without a result in any question."""

    trial_id: str
    trial: str
    status: str
    in_every_arm: bool
    stage: str
    reason: str
    question: str | None


class StrategyTrials(Record, frozen=True, kw_only=True):
    """How many trials have such an agent in an arm, and where they are pooled."""

    carrying: int
    in_these_groups: int
    in_other_groups: int


class Strategy(Record, frozen=True, kw_only=True):
    """A strategy that bears on a chapter, with the groups that say something of it."""

    id: str
    label: str
    definition: str
    agents: tuple[str, ...]
    results: tuple[GroupNamed, ...]
    trials: StrategyTrials
    not_pooled: tuple[NotPooled, ...]


class MarkerRow(Record, frozen=True, kw_only=True):
    """A raw row that reports a marker; `questions` are those that pool it."""

    row_id: str
    status: str
    reason: str
    source_id: str
    locator: str
    note: str
    questions: tuple[str, ...]

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of the marker that the row names."""
        return ()


class EffectRow(MarkerRow, frozen=True, kw_only=True):
    """A comparison of two arms among patients of one level."""

    level: str
    measure: str
    estimate: float | None
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    population: str
    assessor: str
    maturity: str
    n_experimental: int | None
    n_control: int | None
    p_value: str

    @property
    def levels(self) -> tuple[str, ...]:
        """The level of its patients."""
        return (self.level,) if self.level else ()


class ResponseRow(MarkerRow, frozen=True, kw_only=True):
    """A response rate in one arm at one level."""

    arm_id: str
    arm: str
    role: str
    level: str
    definition: str
    events: int | None
    n: int | None
    percent: str

    @property
    def levels(self) -> tuple[str, ...]:
        """The level of its patients."""
        return (self.level,) if self.level else ()


class OutcomeRow(MarkerRow, frozen=True, kw_only=True):
    """One level against another under one treatment."""

    arm_id: str
    arm: str
    level_a: str
    level_b: str
    measure: str
    estimate: float | None
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    value_a: str
    value_b: str
    n_a: int | None
    n_b: int | None
    p_value: str

    @property
    def levels(self) -> tuple[str, ...]:
        """Both levels."""
        return tuple(name for name in (self.level_a, self.level_b) if name)


class MarkerSet(Record, frozen=True, kw_only=True):
    """Rows that belong together: one marker, trial and endpoint, for effects one comparison."""

    marker: str
    trial_id: str
    trial: str
    endpoint: str
    comparison: str
    arms: tuple[str, ...]
    group: str
    levels: tuple[str, ...]
    rows: tuple[MarkerRow, ...]


class EffectSet(MarkerSet, frozen=True, kw_only=True):
    """Effects by level."""

    rows: tuple[EffectRow, ...]


class ResponseSet(MarkerSet, frozen=True, kw_only=True):
    """Response rates by level."""

    rows: tuple[ResponseRow, ...]


class OutcomeSet(MarkerSet, frozen=True, kw_only=True):
    """Contrasts of levels."""

    rows: tuple[OutcomeRow, ...]


class MarkerReason(Record, frozen=True, kw_only=True):
    """Why the rows of a marker and kind are not pooled, and the questions that use one of them."""

    marker: str
    kind: str
    text: str
    questions: tuple[str, ...]


class Markers(Record, frozen=True, kw_only=True):
    """The markers of a chapter: names for a reader, rows in sets, and reasons."""

    labels: dict[str, str]
    effects: tuple[EffectSet, ...]
    responses: tuple[ResponseSet, ...]
    outcomes: tuple[OutcomeSet, ...]
    reasons: tuple[MarkerReason, ...]

    def sets(self) -> dict[str, tuple[MarkerSet, ...]]:
        """Return the sets by kind of row."""
        return {
            "effects": self.effects,
            "responses": self.responses,
            "outcomes": self.outcomes,
        }


class TrialReason(Record, frozen=True, kw_only=True):
    """A trial by name, with a reason, and what its rows with that reason print."""

    trial: str
    reason: str
    printed: tuple[str, ...] = ()


class OnMarkers(Record, frozen=True, kw_only=True):
    """A question on markers that bears on a chapter.

    Attributes
    ----------
    question : str
    kind : {"predictive", "prognostic"}
    markers, groups : tuple of str
    left_out : tuple of TrialReason
        Trials with rows on the levels that could not be used.
    """

    question: str
    kind: str
    markers: tuple[str, ...]
    groups: tuple[str, ...]
    left_out: tuple[TrialReason, ...]


class Chapter(Record, frozen=True, kw_only=True):
    """A chapter: strategies that bear on it, its markers, questions on these, further questions."""

    id: str
    title: str
    review_section: str
    summary: str
    rationale: str
    strategies: tuple[Strategy, ...]
    markers: Markers
    on_markers: tuple[OnMarkers, ...]
    questions: tuple[str, ...] = ()


class ReviewTrial(Record, frozen=True, kw_only=True):
    """A trial that the review names, and where it is pooled or why it is not.

    `rows` counts its rows by table; `not_pooled` is None where a question pools it.
    """

    section: str
    name: str
    nct_in_review: str
    trial_id: str
    trial: str
    nct: str
    setting: str
    status: str
    rows: dict[str, int]
    questions: tuple[str, ...]
    not_pooled: WhyNot | None


class ShortSource(Record, frozen=True, kw_only=True):
    """A source in short and in full."""

    short: str
    citation: str
    doi: str | None
    pmid: str | None
    url: str | None


class Chapters(Record, frozen=True, kw_only=True):
    """All chapters, the trials of the review, and the sources of the rows that are shown.

    `name` is what a chapter is ("pathway", "risk factor"), `heading` stands above their list.
    """

    schema_version: int
    level: float
    name: str = "chapter"
    heading: str = "Chapters"
    chapters: tuple[Chapter, ...]
    review_trials: tuple[ReviewTrial, ...]
    sources: dict[str, ShortSource]


class NotAskedResult(Record, frozen=True, kw_only=True):
    """A result that no question pools or leaves out by a reason of its own.

    Attributes
    ----------
    row_ids : tuple of str
        One row, or one per arm of a response.
    table : str
        The raw table of these rows.
    trial_id, trial, setting : str
    endpoint, contrast : str
        `contrast` is what is compared: two arms, or two levels of a marker in an arm.
    population, biomarker, biomarker_level : str
        As in the raw tables; empty: all patients.
    printed : str
        The number as its report prints it.
    source : str
        A key of the record's `sources`.
    grade, locator : str
        Of the source, and the place in it.
    read_at : tuple of str
        Addresses of the pages on which it was read.
    question, reason : str
        The question that came nearest to it, and why it is not of that question; no question
        where none asks for its endpoint.
    """

    row_ids: tuple[str, ...]
    table: str
    trial_id: str
    trial: str
    setting: str
    endpoint: str
    contrast: str
    population: str
    biomarker: str
    biomarker_level: str
    printed: str
    source: str
    grade: str
    locator: str
    read_at: tuple[str, ...]
    question: str
    reason: str


class NotAsked(Record, frozen=True, kw_only=True):
    """Every result with an interval, or with the counts of two arms, that no question asks for.

    Attributes
    ----------
    schema_version : int
    results : tuple of NotAskedResult
        By table, trial and endpoint.
    asked : int
        Results of the same kinds that a question pools or leaves out by a reason of its own.
    sources : dict of str to SourceCited
    """

    schema_version: int
    results: tuple[NotAskedResult, ...]
    asked: int
    sources: dict[str, SourceCited]

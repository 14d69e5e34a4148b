"""A question with its selection: question.json, and what input.csv holds beside it."""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.comparisons import Strategy
from trialpool.records.groups import ExcludedRow, Heading, SourceCited
from trialpool.records.settings import ComparativeFilters, Filters, Pooling, QuestionHead
from trialpool.records.trials import Arm, SelectedLevel, SelectedTrial, ThirdContrast


class VariantTrial(Record, frozen=True, kw_only=True):
    """What a re-analysis needs of a trial: its effect, and what inclusion rules look at.

    Comparisons that share an arm carry their arms and third contrasts, trials of levels of a
    marker their levels.
    """

    row_ids: tuple[str, ...]
    trial_id: str
    label: str
    group: str
    estimate: float
    se: float
    maturity: str
    extraction: str
    flags: tuple[str, ...]
    experimental: Arm | None = None
    control: Arm | None = None
    third_contrasts: tuple[ThirdContrast, ...] = ()
    levels: tuple[SelectedLevel, ...] = ()


class Variant(Record, frozen=True, kw_only=True):
    """The trials under another policy; `changes` names the settings that it changes."""

    id: str
    label: str
    changes: tuple[str, ...]
    trials: tuple[VariantTrial, ...]


class Bounded(Record, frozen=True, kw_only=True):
    """Trials whose standard error a p-value only bounds: not in the main analysis.

    Attributes
    ----------
    trials : tuple of SelectedTrial
        With both ends in the derivation, None where one is open.
    groups : tuple of Heading
        Theirs, be they in the main analysis or not.
    strategies : tuple of Strategy
        Those of these groups that hold several comparisons, with them.
    """

    trials: tuple[SelectedTrial, ...]
    groups: tuple[Heading, ...]
    strategies: tuple[Strategy, ...]


class Question(QuestionHead, frozen=True, kw_only=True, tag_field="kind"):
    """A question and its selection.

    Attributes
    ----------
    filters, pooling, overall, overall_reason, comment
        As asked.
    groups : tuple of Heading
        In display order.
    excluded : tuple of ExcludedRow
    sources : dict of str to SourceCited
        Of the trials in the pool.
    """

    filters: Filters
    pooling: Pooling
    overall: str | None
    overall_reason: str
    comment: str
    groups: tuple[Heading, ...]
    excluded: tuple[ExcludedRow, ...]
    sources: dict[str, SourceCited]


class ComparativeQuestion(Question, frozen=True, kw_only=True):
    """A question that compares two sides, with the trials of its re-analyses.

    Attributes
    ----------
    variants : tuple of Variant
    all_arms : tuple of VariantTrial
        All comparisons of its multi-arm trials.
    bounded : Bounded or None
    moderators : tuple of str
    moderator_values : dict
        Moderator to trial to value as text, empty where it is not given.
    strategies : tuple of Strategy
        Of those over several groups, with the comparisons that these are.
    """

    filters: ComparativeFilters
    variants: tuple[Variant, ...]
    all_arms: tuple[VariantTrial, ...]
    moderators: tuple[str, ...]
    moderator_values: dict[str, dict[str, str]]
    strategies: tuple[Strategy, ...] = ()
    bounded: Bounded | None = None

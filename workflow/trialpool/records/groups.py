"""Groups of a question: their headings, their pools, and the test between them."""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.pools import (
    AbsoluteEffect,
    Models,
    ModelsBesideEachOther,
    Pool,
    PrintedMedians,
)
from trialpool.records.trials import Margin


class Heading(Record, frozen=True, kw_only=True):
    """What a group is about.

    Attributes
    ----------
    label : str
    mechanism : str
        In words.
    mechanisms : tuple of str
        Ids of taxonomy.yaml.
    kind : str
        "added", "instead of …", "omitted", "prognostic", "single arm".
    base : str
        Of levels of a marker: the label that groups of one strategy share.
    """

    label: str
    mechanism: str
    mechanisms: tuple[str, ...]
    kind: str
    base: str = ""


class GroupBase(Pool, frozen=True, kw_only=True):
    """A group with a pool: what the groups of every kind of question have.

    Attributes
    ----------
    label, mechanism, mechanisms, kind
        As in `Heading`.
    n, events : int or None
        Sums over all arms, None where one is not known.
    margin : Margin or None
        The strictest of its trials; None where one of them has none.
    primary_model : str or None
        "single-trial", or the name of a model; None where none is primary.
    primary_note : str
        Why, for a reader.
    models : ModelsBesideEachOther
    """

    label: str
    mechanism: str
    mechanisms: tuple[str, ...]
    kind: str
    n: int | None
    events: int | None
    margin: Margin | None
    primary_model: str | None
    primary_note: str
    models: ModelsBesideEachOther


class Group(GroupBase, frozen=True, kw_only=True):
    """A group of trials that compare two sides.

    Its pool is that of the primary model ("bayes", "hk-adhoc"), else random effects with the
    Hartung-Knapp interval with floor. `absolute` is its effect in absolute terms, None where no
    control risk is known; `medians` are the median times that its trials print.
    """

    models: Models
    absolute: AbsoluteEffect | None = None
    medians: tuple[PrintedMedians, ...] = ()


class SubgroupTest(Record, frozen=True, kw_only=True):
    """Test of differences between groups.

    Attributes
    ----------
    statistic : {"F", "Q"}
    value, df1, df2, p_value
        `df2` is None for Q; `value` is None where the test cannot be done, and `note` says why.
    tau2_assumption : {"common", "separate"}
    tau2 : float or None
    k, groups : int
    note : str
    residual_q, residual_df, residual_p_value
        Heterogeneity within groups at tau² = 0.
    """

    statistic: str
    value: float | None
    df1: int
    df2: int | None
    p_value: float | None
    tau2_assumption: str
    tau2: float | tuple[float, ...] | None
    k: int
    groups: int
    note: str
    residual_q: float | None
    residual_df: int
    residual_p_value: float | None


class ExcludedRow(Record, frozen=True, kw_only=True):
    """A row of the question's endpoints that is not in the pool, and why."""

    row_id: str
    trial_id: str
    label: str
    stage: str
    reason: str


class SourceCited(Record, frozen=True, kw_only=True):
    """A source: plain text that ends in the identifiers, and the identifiers."""

    citation: str
    doi: str | None
    pmid: str | None
    url: str | None


class ArmNames(Record, frozen=True, kw_only=True):
    """What the two sides are called."""

    experimental: str
    control: str


class Favours(Record, frozen=True, kw_only=True):
    """What each side of no difference favours, in words."""

    lower: str
    higher: str

"""Groups of a question: their headings, their pools, and the test between them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from trialpool.records.base import Record
from trialpool.records.pools import (
    AbsoluteEffect,
    Models,
    ModelsBesideEachOther,
    Pool,
    PrintedMedians,
)
from trialpool.records.trials import Margin

# From so many trials on the data say something of how much they differ: random effects with the
# Hartung-Knapp interval are an answer that is shown beside the Bayesian one.
ENOUGH_FOR_TAU: Final = 5


Word = Literal[
    "benefit",
    "leans-to-benefit",
    "not-settled",
    "leans-to-harm",
    "harm",
    "little-or-no-difference",
    "differs",
    "leans-to-differ",
    "within-margin",
    "margin-not-shown",
    "beyond-margin",
    "trial-benefit",
    "trial-harm",
    "trial-differs",
    "trial-not-settled",
    "not-pooled",
]
Size = Literal["important", "smaller-than-important"]
Flag = Literal[
    "prior", "one-trial", "shared-arm", "mixed-follow-up", "inferred", "surrogate-source"
]


class Verdict(Record, frozen=True, kw_only=True):
    """What the primary model of a group says.

    Attributes
    ----------
    word : str
        By the rules of `trialpool.pooling.verdict`. Of levels of a marker, which are no
        treatments, "differs" and "leans-to-differ" whatever the side; of one trial the words
        that begin with "trial-", or those of margins.
    size : {"important", "smaller-than-important"} or None
        None in between, and where no size was declared important.
    p_benefit : float or None
        Posterior probability of benefit under the primary model, of one trial under the
        Bayesian model with tau integrated; of levels that the first does better.
    p_important : float or None
        Of an effect beyond the size that was declared important, on the likelier side.
    flags : tuple of str
        What the word hangs on: the "prior" of tau, "one-trial"; that comparisons share an arm
        ("shared-arm"); that interim analyses are mixed with later ones, or that follow-up is at
        least twice as long in one trial as in another ("mixed-follow-up"); a direction was
        "inferred"; most of the weight is not from articles ("surrogate-source").
    """

    word: Word
    size: Size | None
    p_benefit: float | None
    p_important: float | None
    flags: tuple[Flag, ...]

    def in_short(self) -> str:
        """Write it without its numbers: "benefit, important; prior"."""
        return "; ".join([", ".join(filter(None, (self.word, self.size))), *self.flags])


class Heading(Record, frozen=True, kw_only=True):
    """What a group is about.

    Attributes
    ----------
    label : str
        Drugs first; unique in its question.
    mechanism : str
        Of what is added, in words.
    mechanisms : tuple of str
        Ids of taxonomy.yaml.
    kind : str
        "added", "instead of …", "omitted", "prognostic", "single arm".
    base : str
        Of levels of a marker: the label that groups of one strategy share.
    comparison, strategy : str
        Their ids; empty where the group is none of one comparison, or compares no arms.
    certainty : str
        That somebody judged; empty where nobody did.
    """

    label: str
    mechanism: str
    mechanisms: tuple[str, ...]
    kind: str
    base: str = ""
    comparison: str = ""
    strategy: str = ""
    certainty: str = ""


class GroupBase(Pool, frozen=True, kw_only=True):
    """A group with a pool: what the groups of every kind of question have.

    Attributes
    ----------
    label, mechanism, mechanisms, kind, comparison, strategy
        As in `Heading`.
    n, events : int or None
        Sums over the arms that have the number, None where none has.
    n_is_minimum, events_are_minimum : bool
        Whether some arms are not in the sum.
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
    comparison: str = ""
    strategy: str = ""
    n: int | None
    events: int | None
    n_is_minimum: bool = False
    events_are_minimum: bool = False
    margin: Margin | None
    primary_model: str | None
    primary_note: str
    models: ModelsBesideEachOther


class Group(GroupBase, frozen=True, kw_only=True):
    """A group of trials that compare two sides.

    Its pool is that of the primary model: "single-trial", "bayes", or "hk-adhoc" (random effects
    with the Hartung-Knapp interval with floor). Its `i2` and `h2` are of tau² by restricted
    maximum likelihood, None where no such fit is primary or stands beside.

    Attributes
    ----------
    verdict : Verdict or None
        None where a design with a margin declares none, or no level.
    sentence : str
        Group, estimate, number of trials, verdict and certainty.
    absolute : AbsoluteEffect or None
        None where no control risk is known.
    medians : tuple of PrintedMedians
        Median times that its trials print.
    """

    models: Models
    verdict: Verdict | None
    sentence: str
    absolute: AbsoluteEffect | None = None
    medians: tuple[PrintedMedians, ...] = ()

    def shown_beside(self) -> dict[str, Pool]:
        """Return the models that a reader sees beside the primary one, by name.

        The common effect always; random effects where the trials can say how much they differ.
        """
        found = {"common-effect": self.models.common_effect}
        if self.primary_model != "hk-adhoc" and self.k >= ENOUGH_FOR_TAU:
            found["hk-adhoc"] = self.models.hk_adhoc
        return {name: pool for name, pool in found.items() if pool is not None}


class StrategyPool(Group, frozen=True, kw_only=True):
    """The trials of several comparisons of one strategy.

    Attributes
    ----------
    id : str
    comparisons : tuple of str
        Ids of the groups whose trials it holds.
    """

    id: str
    comparisons: tuple[str, ...]


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


# The stage of a row that only an unknown analysis population keeps out.
UNPLACED: Final = "population not placed"
# Rows that fall out at one of these stages were never candidates for the pool; the others were.
NOT_CANDIDATES: Final = frozenset({"outside the question", "part of the trial", "another question"})


class ExcludedRow(Record, frozen=True, kw_only=True):
    """A row of the question's endpoints that is not in the pool, and why.

    Attributes
    ----------
    row_id, trial_id, label : str
    stage : str
        The step at which it fell out.
    reason : str
    printed : str
        The number as its report prints it: "HR 0.74 (0.58 to 0.94)", "18/64, 28.1%".
    """

    row_id: str
    trial_id: str
    label: str
    stage: str
    reason: str
    printed: str = ""

    @property
    def is_candidate(self) -> bool:
        """Whether it is within the filters of the question."""
        return self.stage not in NOT_CANDIDATES


def unprinted(rows: Iterable[ExcludedRow]) -> tuple[ExcludedRow, ...]:
    """Return rows without the numbers that were printed: no pool and no figure rests on them."""
    return tuple(msgspec.structs.replace(row, printed="") for row in rows)


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

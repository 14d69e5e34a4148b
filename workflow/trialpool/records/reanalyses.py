"""Entries of a result's `sensitivity`: the pools again under other choices, by kind of entry.

Answers are "lower", "higher", "neither" (side of no difference on which a whole interval lies),
"within", "not-shown", "beyond" (of the margin), "unknown" (no interval); of a group what its
verdict answers, None without one.
"""

from __future__ import annotations

from typing import Final

from trialpool.records.base import Record

# Id of the entry with trials whose standard error a p-value only bounds.
P_VALUE_BOUNDS: Final = "p-value-bounds"


class DerivedLevel(Record, frozen=True, kw_only=True):
    """A level that is what the whole trial leaves beside the other one."""

    label: str
    side: str
    marker: str
    level: str
    estimate: float
    se: float


class PoolAgain(Record, frozen=True, kw_only=True):
    """One group pooled again: `trials` are those that differ, or that the row is about."""

    group: str
    analysis: str
    k: int
    estimate: float
    ci_lower: float | None
    ci_upper: float | None
    tau2: float | None
    trials: tuple[str, ...]
    derived: tuple[DerivedLevel, ...] = ()


class Entry(Record, frozen=True, kw_only=True, tag_field="kind"):
    """What every entry says of itself; `ci_method` is the model beside which it stands."""

    id: str
    label: str
    description: str
    ci_method: str


class Reanalysis(Entry, frozen=True, kw_only=True, tag="reanalysis"):
    """Another policy, model or measure; groups that it leaves as they are have no row."""

    measure: str = ""
    results: tuple[PoolAgain, ...]


class Coefficient(PoolAgain, frozen=True, kw_only=True):
    """A coefficient of a meta-regression: a log ratio of ratios."""

    p_value: float | None
    permutation_p_value: float | None
    r2: float | None


class Moderator(Entry, frozen=True, kw_only=True, tag="moderator"):
    """A meta-regression; no results where there are too few trials."""

    results: tuple[Coefficient, ...]


class Refit(PoolAgain, frozen=True, kw_only=True):
    """The pool of a subset of the trials, with its answer."""

    answer: str


class LeaveOneOut(Entry, frozen=True, kw_only=True, tag="leave-one-out"):
    """The pool without each trial in turn."""

    results: tuple[Refit, ...]


class Cumulative(Entry, frozen=True, kw_only=True, tag="cumulative"):
    """The pool of the first trials up to each year."""

    results: tuple[Refit, ...]


class TrialInfluence(Record, frozen=True, kw_only=True):
    """What a trial does to the pool (Viechtbauer and Cheung 2010)."""

    group: str
    trial: str
    rstudent: float | None
    dffits: float | None
    cook_d: float | None
    cov_ratio: float | None
    tau2_deleted: float | None
    hat: float | None
    influential: bool


class Influence(Entry, frozen=True, kw_only=True, tag="influence"):
    """Influence of each trial."""

    results: tuple[TrialInfluence, ...]


class LineTest(Record, frozen=True, kw_only=True):
    """A regression test of small-study effects; `limit` is the line at infinite size."""

    model: str
    predictor: str
    k: int
    statistic: float | None
    df: int | None
    p_value: float | None
    slope: float | None
    slope_se: float | None
    limit: float | None
    limit_lower: float | None
    limit_upper: float | None
    tau2: float | None
    tau2_method: str | None
    ci_method: str | None
    level: float
    note: str


class NamedLineTest(LineTest, frozen=True, kw_only=True):
    """A regression test under the name that a reader knows."""

    name: str


class RankCorrelation(Record, frozen=True, kw_only=True):
    """Begg and Mazumdar's test."""

    k: int
    tau: float | None
    p_value: float | None
    exact: bool
    note: str


class ShortPool(Record, frozen=True, kw_only=True):
    """The few numbers of a pool that are shown."""

    k: int
    estimate: float
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    tau2: float


class Filled(Record, frozen=True, kw_only=True):
    """Trim and fill; `trimmed` names the trials that were mirrored."""

    estimator: str
    side: str | None
    k: int
    k0: int | None
    k0_se: float | None
    p_value: float | None
    trimmed: tuple[str | int, ...]
    filled_yi: tuple[float, ...]
    filled_vi: tuple[float, ...]
    pooled: ShortPool | None
    converged: bool
    note: str


class SelectionFit(Record, frozen=True, kw_only=True):
    """A step-function selection model (Vevea and Hedges 1995)."""

    alternative: str
    steps: tuple[float, ...]
    counts: tuple[int, ...]
    k: int
    estimate: float | None
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    p_value: float | None
    tau2: float | None
    tau2_se: float | None
    weights: tuple[float, ...] | None
    weights_se: tuple[float | None, ...] | None
    log_likelihood: float | None
    log_likelihood_unselected: float | None
    lrt: float | None
    lrt_df: int
    lrt_p_value: float | None
    unselected_estimate: float | None
    level: float
    multimodal: bool
    note: str


class PetPeese(Record, frozen=True, kw_only=True):
    """PET, PEESE and the conditional estimate."""

    pet: LineTest
    peese: LineTest
    pet_p_value: float | None
    chosen: str | None
    estimate: float | None
    ci_lower: float | None
    ci_upper: float | None
    alpha: float
    note: str


class SmallStudyGroup(Record, frozen=True, kw_only=True):
    """Small-study effects of a group; tests only from ten trials on, `note` says why else."""

    group: str
    k: int
    enough: bool
    note: str
    regression_tests: tuple[NamedLineTest, ...] = ()
    rank_test: RankCorrelation | None = None
    trim_and_fill: tuple[Filled, ...] = ()
    selection_model: SelectionFit | None = None
    pet_peese: PetPeese | None = None


class SmallStudy(Entry, frozen=True, kw_only=True, tag="small-study"):
    """Small-study effects."""

    results: tuple[SmallStudyGroup, ...]


class GoshGroup(Record, frozen=True, kw_only=True):
    """Pools of all subsets of a group's trials.

    `same` is the share of subsets with the group's answer, `splits` the trial that parts them
    best, `quantiles` 2.5, 25, 50, 75 and 97.5 %.
    """

    group: str
    k: int
    answer: str | None
    same: float | None
    subsets: int
    complete: bool
    smallest: int
    seed: int | None
    minimum: float
    maximum: float
    quantiles: tuple[float, ...]
    lower: float
    higher: float
    neither: float
    splits: str | None
    explained: float | None
    median_with: float | None
    median_without: float | None


class Gosh(Entry, frozen=True, kw_only=True, tag="gosh"):
    """Subsets of the trials."""

    results: tuple[GoshGroup, ...]


class Overturning(Record, frozen=True, kw_only=True):
    """A single departure from the main analysis whose answer is another one."""

    choice: str
    value: str
    ci_method: str
    k: int
    estimate: float
    ci_lower: float | None
    ci_upper: float | None
    answer: str


class ByChoice(Record, frozen=True, kw_only=True):
    """How often the answer holds under one value of one choice."""

    choice: str
    value: str
    analyses: int
    holds: int


class MultiverseGroup(Record, frozen=True, kw_only=True):
    """Every combination of choices for one group."""

    group: str
    k: int
    answer: str | None
    analyses: int
    without_interval: int
    sets: int
    models: int
    holds: int | None
    share: float | None
    answers: dict[str, int]
    estimate_min: float
    estimate_max: float
    overturned_by: tuple[Overturning, ...]
    by_choice: tuple[ByChoice, ...]
    unchanged: tuple[str, ...]
    too_few: tuple[str, ...]


class Multiverse(Entry, frozen=True, kw_only=True, tag="multiverse"):
    """Every combination of choices; all analyses one by one stand in multiverse.csv."""

    results: tuple[MultiverseGroup, ...]


Sensitivity = (
    Reanalysis | Moderator | LeaveOneOut | Cumulative | Influence | SmallStudy | Gosh | Multiverse
)

"""What a question asks for: its settings from config/questions.yaml with every default filled in.

The kinds that pool comparisons share `ComparativeSettings`; each kind adds its own in its module.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from trialpool.records.base import Record
from trialpool.records.groups import ArmNames


class BiomarkerFilter(Record, frozen=True, kw_only=True):
    """Patients with these levels only, the preferred one first."""

    name: str
    levels: tuple[str, ...]
    whole_trials: bool = False


class Pooling(Record, frozen=True, kw_only=True):
    """How a question pools: config.yaml with what holds for the question's own measure.

    Attributes
    ----------
    tau2, pi : str
    level : float
        Of all intervals.
    primary : {"bayes", "hk"}
        Bayesian model where there is a prior, else random effects with Hartung-Knapp and floor.
    tau_prior : str or None
        Of the question's measure, as `trialpool.pooling.bayesian_random_effects` reads it.
    tau_prior_factor : float
        By which its scale is multiplied.
    important : float or None
        Size of an effect that matters, on the analysis scale, as distance from no difference.
    null_band : (float, float) or None
        Effects that are little or no difference, on the analysis scale.
    margin_level : float or None
        Probability from which a pool is said to lie within its margin.
    """

    tau2: str
    pi: str
    level: float
    primary: Literal["bayes", "hk"] = "bayes"
    tau_prior: str | None = None
    tau_prior_factor: float = 1.0
    important: float | None = None
    null_band: tuple[float, float] | None = None
    margin_level: float | None = None


class RiskOfBiasFilter(Record, frozen=True, kw_only=True):
    """Results with these judgements of a domain are left out.

    Attributes
    ----------
    exclude : tuple of str
        Judgements as a reader knows them, and "not judged".
    domain : str
        "overall", or one of the tool.
    """

    exclude: tuple[str, ...]
    domain: str = "overall"

    @property
    def words(self) -> frozenset[str]:
        """The judgements as records hold them."""
        return frozenset("unclear" if word == "no information" else word for word in self.exclude)


class Filters(Record, frozen=True, kw_only=True):
    """Which rows a question takes.

    Attributes
    ----------
    table : str
    trials : dict
        Column of trials.csv to allowed values.
    definitions : tuple of str
        Of a response, the preferred one first.
    report_policy : str
    exclude_trials, exclude_rows : dict of str to str
        With the reason.
    biomarker : BiomarkerFilter or None
    risk_of_bias : RiskOfBiasFilter or None
    """

    table: str
    trials: dict[str, tuple[str, ...]]
    definitions: tuple[str, ...]
    report_policy: str
    exclude_trials: dict[str, str]
    exclude_rows: dict[str, str]
    biomarker: BiomarkerFilter | None
    risk_of_bias: RiskOfBiasFilter | None = None


class ArmGroup(Record, frozen=True, kw_only=True):
    """A group of arms: the first that fits takes an arm."""

    label: str
    trials: dict[str, tuple[str, ...]] = {}
    levels: dict[str, tuple[str, ...]] = {}


class SingleArm(Record, frozen=True, kw_only=True):
    """Which arms a question takes.

    Attributes
    ----------
    agents : tuple of str
        What the arm must hold, all of them.
    alone : bool
        Whether it may hold nothing else (a placebo apart).
    groups : tuple of ArmGroup
        Without it arms are grouped by what they are treated with.
    cohorts : dict
        Trial to arm to biomarker to the one level that the arm enrolled.
    """

    agents: tuple[str, ...] = ()
    alone: bool = False
    groups: tuple[ArmGroup, ...] = ()
    cohorts: dict[str, dict[str, dict[str, str]]] = {}


class StrategySet(Record, frozen=True, kw_only=True):
    """Comparisons that a review declares alike: words, and their ids."""

    label: str
    comparisons: tuple[str, ...]


class ComparativeFilters(Filters, frozen=True, kw_only=True):
    """Which rows a question takes that compares two sides.

    Attributes
    ----------
    populations : tuple of str
        The preferred one first.
    contrasts : tuple of str
        What may differ between the arms.
    multiarm : {"choose", "gls", ""}
    choose : dict
        Trial to the comparisons that enter, [experimental arm, control arm].
    joint_analyses : tuple of str
        Trials that stand for their members.
    groups : {"comparison", "strategy"}
        What a group holds.
    strategies : dict of str to StrategySet
        In place of mechanism, kind and class of the background; empty for these.
    inferred : bool
        Whether rows enter whose direction their reader inferred: in a re-analysis only.
    timepoints, values : tuple of str
        Of means and rates: when they were taken, and whether a mean is "final" or of a "change",
        the preferred first; empty for all.
    units : dict of str to float
        By what numbers in a unit are multiplied to be in that of the question.
    """

    populations: tuple[str, ...]
    contrasts: tuple[str, ...]
    multiarm: str
    choose: dict[str, tuple[tuple[str, str], ...]]
    joint_analyses: tuple[str, ...]
    groups: str = "comparison"
    strategies: dict[str, StrategySet] = {}
    inferred: bool = False
    timepoints: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    units: dict[str, float] = {}


class OutcomeFilters(Filters, frozen=True, kw_only=True):
    """Which rows of means, rates or correlations a question takes that compares nothing.

    Attributes
    ----------
    populations, timepoints, values, variables : tuple of str
        The preferred one first; empty for all. `variables` are what an endpoint is correlated
        with.
    units : dict of str to float
        As in `ComparativeFilters`.
    per : int
        Person-years that a rate is given for.
    """

    populations: tuple[str, ...] = ()
    timepoints: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    units: dict[str, float] = {}
    per: int = 1


class EarlyEndpoint(Record, frozen=True, kw_only=True):
    """An endpoint before the question's own: measure, names, side of benefit, rows it takes."""

    measure: str
    measure_name: str
    endpoints: tuple[str, ...]
    endpoint_names: dict[str, str]
    benefit: Literal["lower", "higher"]
    filters: ComparativeFilters


class PooledFilters(Filters, frozen=True, kw_only=True):
    """Which rows a question took, and how they were pooled: `settings` of every result.

    Attributes
    ----------
    tau2_method, ci_method, pi_method : str
    level : float
        Of all intervals.
    """

    tau2_method: str
    ci_method: str
    pi_method: str
    level: float


class ComparativeSettings(PooledFilters, frozen=True, kw_only=True):
    """Settings of a result that compares two sides.

    Attributes
    ----------
    populations, contrasts, multiarm, choose, joint_analyses, groups, strategies, timepoints, values
    units
        As in `ComparativeFilters`.
    tau2_ci_method : str
    primary, tau_prior, tau_prior_factor, important, null_band, margin_level
        As in `Pooling`.
    """

    populations: tuple[str, ...]
    contrasts: tuple[str, ...]
    multiarm: str
    choose: dict[str, tuple[tuple[str, str], ...]]
    joint_analyses: tuple[str, ...]
    groups: str = "comparison"
    strategies: dict[str, StrategySet] = {}
    timepoints: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    units: dict[str, float] = {}
    tau2_ci_method: str
    primary: Literal["bayes", "hk"]
    tau_prior: str | None
    tau_prior_factor: float = 1.0
    important: float | None
    null_band: tuple[float, float] | None
    margin_level: float | None


class QuestionHead(Record, frozen=True, kw_only=True):
    """What a question is about: names, measure, endpoints, sides.

    `endpoint_events` says what sentences call the events of an endpoint; else they are "events".
    `unit` is that of a difference of means; empty where the measure has one of its own, or none.
    """

    schema_version: int
    id: str
    title: str
    question: str
    measure: str
    scale: str
    measure_name: str
    design: str
    endpoints: tuple[str, ...]
    endpoint_names: dict[str, str]
    benefit: str
    arm_names: ArmNames
    endpoint_events: dict[str, str] = {}
    unit: str = ""


class MarginSetting(Record, frozen=True, kw_only=True):
    """A margin on the printed scale (a ratio, not its log) and where it is said.

    `level` is that of the two-sided interval which the trial planned to judge by.
    """

    lower: float | None = None
    upper: float | None = None
    source: str
    level: float | None = None


class Asked(QuestionHead, frozen=True, kw_only=True, tag_field="kind"):
    """A question as it is asked.

    Attributes
    ----------
    filters : Filters
    pooling : Pooling
    overall : {"pooled"} or None
    overall_reason, comment : str
    """

    filters: Filters
    pooling: Pooling
    overall: str | None
    overall_reason: str
    comment: str


A_co = TypeVar("A_co", bound=Asked, covariant=True)


class VariantAsked(Record, Generic[A_co], frozen=True, kw_only=True):
    """The question under another policy.

    Attributes
    ----------
    id, label : str
    changes : tuple of str
        The settings that it changes.
    asked : Asked
        With these settings, and without variants of its own.
    """

    id: str
    label: str
    changes: tuple[str, ...]
    asked: A_co


class ComparativeAsked(Asked, frozen=True, kw_only=True):
    """A question that compares two sides.

    Attributes
    ----------
    margin, margins
        Of all trials, and of single ones.
    variants : tuple of VariantAsked
    all_arms : dict
        Further comparisons of multi-arm trials, pooled beside the main analysis.
    moderators : tuple of str
        "year", or columns of trials.csv.
    """

    filters: ComparativeFilters
    margin: MarginSetting | None = None
    margins: dict[str, MarginSetting] = {}
    variants: tuple[VariantAsked[ComparativeAsked], ...] = ()
    all_arms: dict[str, tuple[tuple[str, str], ...]] = {}
    moderators: tuple[str, ...] = ()

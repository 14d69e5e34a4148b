"""What the trials of a network say together. All estimates on the analysis scale."""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.groups import Verdict
from trialpool.records.network.asked import Circumstance, NodeMerge, NodePair
from trialpool.records.network.assumed import ClassesFit, ComponentsFit, CovariateFit
from trialpool.records.network.evidence import Evidence
from trialpool.records.network.tests import ChiSquare
from trialpool.records.pools import Effect


class Node(Record, frozen=True, kw_only=True):
    """A node: arms with the same drugs.

    Attributes
    ----------
    name : str
    trials : tuple of str
        Ids.
    n : int or None
        Patients of its arms; None where one of them is not known.
    """

    name: str
    trials: tuple[str, ...]
    n: int | None


class Part(Record, frozen=True, kw_only=True):
    """Nodes that trials connect, with these trials."""

    nodes: tuple[str, ...]
    trials: tuple[str, ...]


class LeagueEntry(Record, frozen=True, kw_only=True):
    """One node against another, analysis scale.

    Attributes
    ----------
    treatment, against : str
    evidence : {"direct", "indirect", "direct and indirect"}
    estimate, se, ci_lower, ci_upper : float
        Posterior median, standard deviation, equal-tailed limits; of the frequentist model where
        there is no prior of tau. `se` None where the prior leaves none.
    pi_lower, pi_upper : float or None
        Of a new trial.
    p_below : float or None
        Posterior probability of an effect below no difference.
    random : Effect
        Frequentist random effects, Hartung-Knapp interval with floor.
    direct, indirect : Effect or None
        At the tau² of the network; None where there is none.
    direct_share : float
        Share of the direct evidence in the frequentist estimate.
    p_difference : float or None
        Of direct against indirect evidence; `note` says why there is none.
    note : str
    """

    treatment: str
    against: str
    evidence: str
    estimate: float
    se: float | None
    ci_lower: float
    ci_upper: float
    pi_lower: float | None
    pi_upper: float | None
    p_below: float | None
    random: Effect
    direct: Effect | None
    indirect: Effect | None
    direct_share: float
    p_difference: float | None
    note: str


class ComparisonShare(Record, frozen=True, kw_only=True):
    """How much a direct comparison contributes to an estimate."""

    treatment: str
    against: str
    share: float


class NodeEffect(Record, frozen=True, kw_only=True):
    """A node against the reference: what a reader is told.

    Attributes
    ----------
    treatment, against, evidence, estimate, se, ci_lower, ci_upper, pi_lower, pi_upper
        As in `LeagueEntry`; of an effect that rests on one trial the trial's own.
    k : int
        Trials that contribute.
    verdict : Verdict
    sentence : str
    comparisons : tuple of ComparisonShare
        Contributions of direct comparisons, the largest first.
    trials : dict of str to float
        Contributions of trials.
    """

    treatment: str
    against: str
    evidence: str
    k: int
    estimate: float
    se: float | None
    ci_lower: float
    ci_upper: float
    pi_lower: float | None
    pi_upper: float | None
    verdict: Verdict
    sentence: str
    comparisons: tuple[ComparisonShare, ...]
    trials: dict[str, float]


class NodeRank(Record, frozen=True, kw_only=True):
    """Where a node ranks: P-score, median rank, and limits of the rank."""

    treatment: str
    p_score: float
    median: int
    lower: int
    upper: int


class NetworkFit(Record, frozen=True, kw_only=True):
    """The part of a network that holds the reference.

    Attributes
    ----------
    reference : str
    k, contrasts : int
        Trials; arms less one of each.
    nodes : tuple of Node
    prior : str or None
        Of tau, in words; None where the model is frequentist alone.
    tau, tau_ci_lower, tau_ci_upper : float or None
        Posterior median and limits.
    tau2, tau2_ci_lower, tau2_ci_upper : float or None
        By restricted maximum likelihood; limits by Q-profile.
    model : str
        That speaks: "bayes", or "hk-adhoc".
    ci_method : str
        Of `random`: "hk-adhoc", or "wald" where no degree of freedom is left.
    heterogeneity, inconsistency : ChiSquare
        Within designs and between them, common effect.
    design_by_treatment : ChiSquare
        Between designs, with random effects.
    effects : tuple of NodeEffect
        Of each node against the reference.
    league : tuple of LeagueEntry
        Each pair once.
    ranks : tuple of NodeRank
    no_ranks : str
        Why there are none.
    notes : tuple of str
    """

    reference: str
    k: int
    contrasts: int
    nodes: tuple[Node, ...]
    prior: str | None
    tau: float | None
    tau_ci_lower: float | None
    tau_ci_upper: float | None
    tau2: float
    tau2_ci_lower: float | None
    tau2_ci_upper: float | None
    model: str
    ci_method: str
    heterogeneity: ChiSquare
    inconsistency: ChiSquare
    design_by_treatment: ChiSquare
    effects: tuple[NodeEffect, ...]
    league: tuple[LeagueEntry, ...]
    ranks: tuple[NodeRank, ...]
    no_ranks: str
    notes: tuple[str, ...]


class NetworkAgain(Record, frozen=True, kw_only=True):
    """The network again: nodes taken as one, further trials, another policy.

    Attributes
    ----------
    label : str
        What is different.
    merged : NodeMerge or None
    bounded : {"", "smallest", "largest"}
        Which end of the standard errors that p-values only bound; such trials enter here alone.
    policy : str
        Id of the other policy; empty without one.
    fit : NetworkFit or None
        None where nothing is left to analyse.
    """

    label: str
    merged: NodeMerge | None
    bounded: str
    policy: str = ""
    fit: NetworkFit | None


class Network(Record, frozen=True, kw_only=True):
    """What a network says.

    Attributes
    ----------
    pairs : tuple of NodePair
        Direct comparisons: what the groups of the result compare.
    parts : tuple of Part
        That no trial connects, the one with the reference first.
    circumstances : tuple of Circumstance
    fit : NetworkFit or None
        None where no trial compares the reference.
    again : tuple of NetworkAgain
    merged : tuple of NodeMerge
        Of the main analysis.
    evidence : Evidence or None
        What is drawn; None where no trial compares the reference.
    unchanged : tuple of str
        Other policies that change no trial.
    classes : ClassesFit or None
    components : ComponentsFit or None
    covariates : tuple of CovariateFit
    assumed : dict of str to str
        Models that were asked for and could not be fitted, with the reason.
    """

    pairs: tuple[NodePair, ...]
    parts: tuple[Part, ...]
    circumstances: tuple[Circumstance, ...]
    fit: NetworkFit | None
    again: tuple[NetworkAgain, ...]
    merged: tuple[NodeMerge, ...]
    evidence: Evidence | None
    unchanged: tuple[str, ...]
    classes: ClassesFit | None
    components: ComponentsFit | None
    covariates: tuple[CovariateFit, ...]
    assumed: dict[str, str]

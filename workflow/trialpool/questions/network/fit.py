"""From the studies of a network to what they say together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from trialpool.pooling.bayes.priors import TauPrior
from trialpool.pooling.network import NetworkResult as Fitted
from trialpool.pooling.network.analysis import analyse
from trialpool.pooling.network.evidence.contributions import Contributions
from trialpool.pooling.network.inconsistency import EvidenceSplit, NetworkTest
from trialpool.pooling.network.posterior import NetworkPosterior
from trialpool.pooling.network.studies import StudyEffects
from trialpool.questions.network.judging import (
    Network,
    below_of,
    judged,
    posterior_of,
    priors_beside,
    trial_word,
    with_word,
    without_each,
)
from trialpool.questions.network.words import VOICE
from trialpool.questions.shared.synthesis.answers import BAYES
from trialpool.questions.shared.synthesis.members import (
    MAIN_CI,
    follow_up_range,
    mixes_interim,
)
from trialpool.questions.shared.synthesis.primary_model import prior_of
from trialpool.questions.shared.synthesis.verdicts import Asked, Below, asked_of, of_rows
from trialpool.questions.shared.words.sentences import Said, sentence
from trialpool.records.base import record_from
from trialpool.records.network import (
    ChiSquare,
    ComparisonShare,
    LeagueEntry,
    NetworkFit,
    NetworkQuestion,
    Node,
    NodeEffect,
    NodeRank,
)
from trialpool.records.pools import Effect
from trialpool.records.trials import SelectedTrial

DIRECT: Final = "direct"
INDIRECT: Final = "indirect"
BOTH: Final = "direct and indirect"
# Less than this share of a kind of evidence is rounding.
_NOTHING: Final = 1e-8


@dataclass(frozen=True)
class _Models:
    """A network with its posterior, under the priors of the sensitivity analysis, and shortened.

    `without` holds the network without each trial in turn.
    """

    fitted: Fitted
    posterior: NetworkPosterior | None
    others: tuple[NetworkPosterior, ...]
    without: dict[str, Network | None]


def analysed(
    question: NetworkQuestion, studies: Sequence[StudyEffects], reference: str
) -> Fitted | None:
    """Analyse the part of a network that holds the reference; None where no trial has it."""
    if not any(reference in study.treatments for study in studies):
        return None
    return analyse(
        studies,
        measure=question.measure,
        reference=reference,
        method="REML",
        small_values="good" if question.benefit == "lower" else "bad",
        level=question.pooling.level,
        ci=MAIN_CI,
        node_splitting=False,
    )


def fit_network(
    question: NetworkQuestion,
    trials: Sequence[SelectedTrial],
    studies: Sequence[StudyEffects],
    reference: str,
) -> NetworkFit | None:
    """Analyse the part of a network that holds the reference; None where no trial has it.

    Parameters
    ----------
    question : NetworkQuestion
    trials : sequence of SelectedTrial
        What the studies are made of: their rows say what a verdict rests on.
    studies : sequence of StudyEffects
    reference : str
    """
    fitted = analysed(question, studies, reference)
    if fitted is None:
        return None
    asked = asked_of(question, None)
    models = _models(question, fitted, asked)
    posterior, tests = models.posterior, fitted.decomposition
    nodes = [name for name in fitted.treatments if name != reference]
    shares = fitted.contributions([(name, reference) for name in nodes])
    ranking = (
        fitted.ranking()
        if posterior is None
        else posterior.ranking(fitted.small_values, reason=fitted.no_ranks)
    )
    return NetworkFit(
        reference=reference,
        k=fitted.k,
        contrasts=fitted.n_contrasts,
        nodes=tuple(_node(fitted, name) for name in fitted.treatments),
        prior=None if posterior is None else posterior.prior,
        tau=None if posterior is None else posterior.tau,
        tau_ci_lower=None if posterior is None else posterior.tau_lower,
        tau_ci_upper=None if posterior is None else posterior.tau_upper,
        tau2=fitted.tau2.value,
        tau2_ci_lower=fitted.tau2.lower,
        tau2_ci_upper=fitted.tau2.upper,
        model=MAIN_CI if posterior is None else BAYES,
        ci_method=fitted.interval.method,
        heterogeneity=_test(tests.within),
        inconsistency=_test(tests.between),
        design_by_treatment=_test(tests.interaction),
        effects=tuple(
            _against_reference(question, models, asked, name, shares, row, trials)
            for row, name in enumerate(nodes)
        ),
        league=tuple(_entry(models, a, b) for a, b in combinations(fitted.treatments, 2)),
        ranks=tuple(record_from(rank, NodeRank) for rank in ranking.ranks),
        no_ranks=ranking.reason,
        notes=(*fitted.warnings, *fitted.notes),
    )


def _models(question: NetworkQuestion, fitted: Fitted, asked: Asked) -> _Models:
    """Fit the Bayesian model with its priors, and the network without each trial."""

    def under(prior: str | TauPrior | None) -> NetworkPosterior | None:
        return posterior_of(
            question, fitted.treatments, fitted.studies, fitted.reference, asked, prior,
            every_pair=True,
        )  # fmt: skip

    without = without_each(question, fitted.studies, fitted.reference, asked)
    posterior = under(prior_of(question.pooling))
    others = () if posterior is None else tuple(map(under, priors_beside(question)))
    return _Models(fitted, posterior, tuple(one for one in others if one is not None), without)


def _node(fitted: Fitted, name: str) -> Node:
    own = [study for study in fitted.studies if name in study.treatments]
    sizes = [
        None if study.patients is None else study.patients[study.treatments.index(name)]
        for study in own
    ]
    known = [size for size in sizes if size is not None]
    return Node(
        name=name,
        trials=tuple(study.label for study in own),
        n=sum(known) if len(known) == len(sizes) else None,
    )


def _test(test: NetworkTest) -> ChiSquare:
    return record_from(test, ChiSquare)


def _split(fitted: Fitted, a: str, b: str) -> EvidenceSplit:
    found = fitted.split(a, b)
    if found is None:
        raise LookupError(f"{a} and {b} are no pair of the network")
    return found


def _evidence(share: float) -> str:
    if share >= 1.0 - _NOTHING:
        return DIRECT
    return INDIRECT if share <= _NOTHING else BOTH


def _entry(models: _Models, a: str, b: str) -> LeagueEntry:
    """Put all that is known of `a` against `b` together."""
    fitted, posterior = models.fitted, models.posterior
    split, found = _split(fitted, a, b), fitted.compare(a, b)
    sign = 1.0 if (split.treat1, split.treat2) == (a, b) else -1.0
    random = Effect(
        estimate=found.estimate, se=found.se, ci_lower=found.ci_lower, ci_upper=found.ci_upper
    )
    if posterior is None:
        main = {name: getattr(found, name) for name in (*_LIMITS, *_PREDICTED)} | {"p_below": None}
    else:
        own = posterior.compare(a, b)
        main = {name: getattr(own, name) for name in (*_LIMITS, *_PREDICTED, "p_below")}
    share = split.proportion_direct or 0.0
    return LeagueEntry(
        treatment=a,
        against=b,
        evidence=_evidence(share),
        **main,
        random=random,
        direct=_part(fitted, sign, split.direct, split.direct_se),
        indirect=_part(fitted, sign, split.indirect, split.indirect_se),
        direct_share=share,
        p_difference=split.p_value,
        note=split.note,
    )


_LIMITS: Final = ("estimate", "se", "ci_lower", "ci_upper")
_PREDICTED: Final = ("pi_lower", "pi_upper")


def _part(fitted: Fitted, sign: float, estimate: float | None, se: float | None) -> Effect | None:
    """Return one kind of evidence with its Wald interval at the tau² of the network."""
    if estimate is None or se is None:
        return None
    middle, half = sign * estimate, fitted.quantile * se
    return Effect(estimate=middle, se=se, ci_lower=middle - half, ci_upper=middle + half)


def _against_reference(
    question: NetworkQuestion,
    models: _Models,
    asked: Asked,
    name: str,
    shares: Contributions,
    row: int,
    selected: Sequence[SelectedTrial],
) -> NodeEffect:
    """Judge a node against the reference and put it into words."""
    fitted, reference = models.fitted, models.fitted.reference
    trials = {
        study: share
        for study, share in zip(shares.studies, shares.by_study[row].tolist(), strict=True)
        if share > _NOTHING
    }
    comparisons = [
        ComparisonShare(treatment=a, against=b, share=share)
        for (a, b), share in zip(
            shares.comparisons, shares.by_comparison[row].tolist(), strict=True
        )
        if share > _NOTHING
    ]
    entry = _entry(models, name, reference)
    below, others = _belows(models, asked, name)
    found = judged(asked, below, others, {trial: _without(models, trial, name) for trial in trials})
    shown: dict[str, float | None] = {
        field: getattr(entry, field) for field in (*_LIMITS, *_PREDICTED)
    }
    if len(trials) == 1:
        # Nothing is pooled: the trial itself, by its own interval.
        own = fitted.compare(name, reference, "common")
        shown = {field: getattr(own, field) for field in _LIMITS} | dict.fromkeys(_PREDICTED)
        word = trial_word(asked, own.ci_lower, own.ci_upper)
        found = replace(found, verdict=with_word(found.verdict, word, ()))
    members = [trial for trial in selected if trial.trial_id in trials]
    # A trial of several comparisons counts once.
    weights = [
        trials[trial.trial_id] / sum(other.trial_id == trial.trial_id for other in members)
        for trial in members
    ]
    flags = (*found.verdict.flags, *of_rows(members, weights))
    verdict = with_word(found.verdict, found.verdict.word, flags)
    effect = Effect(**{field: shown[field] for field in _LIMITS})  # type: ignore[arg-type]
    said = Said(
        label=f"{name} v {reference} ({entry.evidence} evidence)",
        k=len(trials),
        pool=effect,
        verdict=verdict,
        p_inside=found.p_inside,
        band=asked.band,
        mixes_interim=mixes_interim(members),
        follow_up=follow_up_range(members),
    )
    return NodeEffect(
        treatment=name,
        against=reference,
        evidence=entry.evidence,
        k=len(trials),
        **shown,  # type: ignore[arg-type]
        verdict=verdict,
        sentence=sentence(said, question, VOICE),
        comparisons=tuple(sorted(comparisons, key=lambda c: (-c.share, c.treatment, c.against))),
        trials=trials,
    )


def _belows(models: _Models, asked: Asked, name: str) -> tuple[Below, list[Below]]:
    """Return the distribution of an effect under the model that speaks, and under other priors."""
    fitted, reference = models.fitted, models.fitted.reference
    if models.posterior is None:
        found = fitted.compare(name, reference)
        df = math.inf if fitted.interval.df is None else float(fitted.interval.df)
        return below_of(found.estimate, found.se, df), []
    ways = (models.posterior, *models.others)
    every: list[Below] = [
        dict(zip(asked.at, one.compare(name, reference).below_at, strict=True)).__getitem__
        for one in ways
    ]
    return every[0], every[1:]


def _without(models: _Models, trial: str, name: str) -> Below | None:
    found = models.without[trial]
    own = None if found is None else found.nodes.get(name)
    return None if own is None else own.below

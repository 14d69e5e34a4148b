"""From the studies of a network to what they say together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from trialpool.pooling.network import NetworkResult as Fitted
from trialpool.pooling.network.analysis import analyse
from trialpool.pooling.network.evidence.contributions import Contributions
from trialpool.pooling.network.inconsistency import EvidenceSplit, NetworkTest
from trialpool.pooling.network.posterior import NetworkPosterior
from trialpool.pooling.network.studies import StudyEffects
from trialpool.pooling.verdict import probability_below
from trialpool.questions.network.words import VOICE
from trialpool.questions.shared.synthesis.members import follow_up_range, mixes_interim
from trialpool.questions.shared.synthesis.primary_model import other_priors, prior_of
from trialpool.questions.shared.synthesis.verdicts import Asked, Judged, asked_of, judge, of_rows
from trialpool.questions.shared.words.sentences import Said, sentence
from trialpool.records.base import record_from
from trialpool.records.groups import Flag, Verdict, Word
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
_CONCLUDED: Final = ("benefit", "harm")


@dataclass(frozen=True)
class _Models:
    """A network with its posterior, and those under the priors of the sensitivity analysis."""

    fitted: Fitted
    posterior: NetworkPosterior | None
    others: tuple[NetworkPosterior, ...]
    at: tuple[float, ...]


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
    if not any(reference in study.treatments for study in studies):
        return None
    pooling = question.pooling
    fitted = analyse(
        studies,
        measure=question.measure,
        reference=reference,
        method="REML",
        small_values="good" if question.benefit == "lower" else "bad",
        level=pooling.level,
        ci="hk-adhoc",
        node_splitting=False,
    )
    asked = asked_of(question, None)
    models = _models(question, fitted, asked.at)
    posterior, tests = models.posterior, fitted.decomposition
    nodes = [name for name in fitted.treatments if name != reference]
    shares = fitted.contributions([(name, reference) for name in nodes])
    ranking = fitted.ranking()
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
        notes=fitted.notes,
    )


def _models(question: NetworkQuestion, fitted: Fitted, at: tuple[float, ...]) -> _Models:
    """Fit the Bayesian model; without a prior, and where it leaves no posterior, there is none."""
    pooling = question.pooling
    prior = prior_of(pooling)
    if pooling.primary != "bayes" or prior is None:
        return _Models(fitted, None, (), at)
    try:
        posterior = fitted.posterior(prior=prior, at=at)
        others = tuple(fitted.posterior(prior=p, at=at) for p in other_priors(pooling) or ())
    except ValueError:
        # Trials that contradict each other further than the prior allows for.
        return _Models(fitted, None, (), at)
    return _Models(fitted, posterior, others, at)


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
    judged = _judged(models, asked, name)
    shown: dict[str, float | None] = {
        field: getattr(entry, field) for field in (*_LIMITS, *_PREDICTED)
    }
    if len(trials) == 1:
        # Nothing is pooled: the trial itself, by its own interval.
        own = fitted.compare(name, reference, "common")
        shown = {field: getattr(own, field) for field in _LIMITS} | dict.fromkeys(_PREDICTED)
        word = _trial_word(asked, own.ci_lower, own.ci_upper)
        judged = replace(judged, verdict=_with(judged.verdict, word, ()))
    members = [trial for trial in selected if trial.trial_id in trials]
    # A trial of several comparisons counts once.
    weights = [
        trials[trial.trial_id] / sum(other.trial_id == trial.trial_id for other in members)
        for trial in members
    ]
    flags = (*judged.verdict.flags, *of_rows(members, weights))
    verdict = _with(judged.verdict, judged.verdict.word, flags)
    effect = Effect(**{field: shown[field] for field in _LIMITS})  # type: ignore[arg-type]
    said = Said(
        label=f"{name} v {reference} ({entry.evidence} evidence)",
        k=len(trials),
        pool=effect,
        verdict=verdict,
        p_inside=judged.p_inside,
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


def _trial_word(asked: Asked, lower: float, upper: float) -> Word:
    better, worse = (
        (upper < 0.0, lower > 0.0) if asked.lower_is_better else (lower > 0.0, upper < 0.0)
    )
    return "trial-benefit" if better else "trial-harm" if worse else "trial-not-settled"


def _with(verdict: Verdict, word: Word, flags: tuple[Flag, ...]) -> Verdict:
    return Verdict(
        word=word,
        size=verdict.size,
        p_benefit=verdict.p_benefit,
        p_important=verdict.p_important,
        flags=flags,
    )


def _judged(models: _Models, asked: Asked, name: str) -> Judged:
    """Apply the rule of verdicts; flagged where half or twice the prior makes another word."""
    posterior = models.posterior
    if posterior is None:
        found = judge(asked, _by_interval(models.fitted, name))
        assert found is not None
        return found
    found = judge(asked, _below(models, posterior, name))
    assert found is not None
    words = {found.verdict.word}
    for other in models.others:
        again = judge(asked, _below(models, other, name))
        words |= set() if again is None else {again.verdict.word}
    hangs = len(words) > 1 and bool(words & set(_CONCLUDED))
    return replace(
        found, verdict=_with(found.verdict, found.verdict.word, ("prior",) if hangs else ())
    )


def _below(models: _Models, posterior: NetworkPosterior, name: str) -> Callable[[float], float]:
    own = posterior.compare(name, models.fitted.reference)
    return dict(zip(models.at, own.below_at, strict=True)).__getitem__


def _by_interval(fitted: Fitted, name: str) -> Callable[[float], float]:
    found = fitted.compare(name, fitted.reference)
    df = math.inf if fitted.interval.df is None else float(fitted.interval.df)
    return lambda at: float(probability_below(at, found.estimate, found.se, df))

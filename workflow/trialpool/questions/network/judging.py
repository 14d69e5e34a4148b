"""What the model that speaks says of each node, and what its word hangs on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from trialpool.pooling.bayes.priors import TauPrior
from trialpool.pooling.network.posterior import NetworkPosterior, network_posterior
from trialpool.pooling.network.refits import NetworkRefit, network_refits, part_with
from trialpool.pooling.network.studies import StudyEffects
from trialpool.pooling.verdict import CONCLUDED, probability_below
from trialpool.questions.shared.synthesis.answers import BAYES
from trialpool.questions.shared.synthesis.members import MAIN_CI
from trialpool.questions.shared.synthesis.primary_model import other_priors, prior_of
from trialpool.questions.shared.synthesis.verdicts import Asked, Below, Judged, judge
from trialpool.records.groups import Flag, Verdict, Word
from trialpool.records.network import NetworkQuestion

Studies = Sequence[StudyEffects]
_FROM_THREE: Final = 3


@dataclass(frozen=True)
class Spoken:
    """A node against the reference under the model that speaks, analysis scale."""

    estimate: float
    ci_lower: float
    ci_upper: float
    below: Below


@dataclass(frozen=True)
class Network:
    """A connected network under the model that would be primary for it.

    Attributes
    ----------
    model : {"bayes", "hk-adhoc"}
        Bayesian where the review wants it, there is a prior of tau and trials do not contradict
        it; else restricted maximum likelihood with the Hartung-Knapp interval with floor.
    k : int
        Trials.
    tau2 : float
        Square of the posterior median of tau, or the estimate.
    nodes : dict of str to Spoken
        Those that trials connect with the reference.
    """

    model: str
    k: int
    tau2: float
    nodes: dict[str, Spoken]


def posterior_of(
    question: NetworkQuestion,
    treatments: Sequence[str],
    studies: Studies,
    reference: str,
    asked: Asked,
    prior: str | TauPrior | None,
    *,
    every_pair: bool,
) -> NetworkPosterior | None:
    """Fit the Bayesian model; None where it does not speak, or leaves no posterior."""
    if question.pooling.primary != BAYES or prior is None or len(treatments) < 2:
        return None
    try:
        return network_posterior(
            studies, treatments, reference, question.measure, prior=prior,
            level=question.pooling.level, at=asked.at, every_pair=every_pair,
        )  # fmt: skip
    except ValueError:
        # Trials that contradict each other further than the prior allows for.
        return None


def spoken(
    question: NetworkQuestion, studies: Studies, reference: str, asked: Asked
) -> Network | None:
    """Return what the primary model says of these trials; None where none has the reference."""
    treatments, used = part_with(studies, reference)
    if not used:
        return None
    prior = prior_of(question.pooling)
    found = posterior_of(question, treatments, used, reference, asked, prior, every_pair=False)
    if found is not None:
        return Network(BAYES, len(used), found.tau**2, _of_posterior(found, reference, asked))
    level = question.pooling.level
    ways = network_refits(used, treatments, reference, level=level, estimators=("REML",),
                          intervals=(MAIN_CI, "wald"))  # fmt: skip
    by_ci = {one.ci_method: one for one in ways if one.tau2_method == "REML"}
    own = by_ci.get(MAIN_CI, by_ci["wald"])
    return Network(MAIN_CI, len(used), own.tau2, _of_refit(own))


def _of_posterior(found: NetworkPosterior, reference: str, asked: Asked) -> dict[str, Spoken]:
    nodes = {}
    for name in found.treatments:
        if name != reference:
            own = found.compare(name, reference)
            below = dict(zip(asked.at, own.below_at, strict=True)).__getitem__
            nodes[name] = Spoken(own.estimate, own.ci_lower, own.ci_upper, below)
    return nodes


def _of_refit(found: NetworkRefit) -> dict[str, Spoken]:
    df = float(found.df) if found.ci_method == MAIN_CI else math.inf
    return {
        name: Spoken(
            estimate,
            found.lower[name],
            found.upper[name],
            below_of(estimate, found.se[name], df),
        )
        for name, estimate in found.estimate.items()
    }


def below_of(estimate: float, se: float, df: float) -> Below:
    """Return the distribution that an estimate with its error implies."""
    return lambda at: float(probability_below(at, estimate, se, df))


def without_each(
    question: NetworkQuestion, studies: Studies, reference: str, asked: Asked
) -> dict[str, Network | None]:
    """Return the network without each trial in turn, by its id."""
    return {
        left.label: spoken(question, [s for s in studies if s is not left], reference, asked)
        for left in studies
    }


def judged(
    asked: Asked,
    main: Below,
    others: Sequence[Below],
    without: Mapping[str, Below | None],
) -> Judged:
    """Apply the rule of verdicts, and say what the word hangs on.

    Parameters
    ----------
    asked : Asked
    main : callable
        Of the model that speaks.
    others : sequence of callable
        Under half and twice the prior.
    without : mapping of str to callable or None
        Without each trial that contributes; None where no estimate is left.
    """
    found = judge(asked, main)
    assert found is not None
    flags = tuple(_hangs_on(asked, found.verdict.word, others, without))
    return replace(found, verdict=with_word(found.verdict, found.verdict.word, flags))


def _hangs_on(
    asked: Asked, word: str, others: Sequence[Below], without: Mapping[str, Below | None]
) -> Iterator[Flag]:
    def changes(below: Below) -> bool:
        other = judge(asked, below)
        assert other is not None
        words = {word, other.verdict.word}
        return len(words) > 1 and bool(words & set(CONCLUDED))

    if any(changes(below) for below in others):
        yield "prior"
    if len(without) >= _FROM_THREE and any(
        word in CONCLUDED if below is None else changes(below) for below in without.values()
    ):
        yield "one-trial"


def trial_word(asked: Asked, lower: float, upper: float) -> Word:
    """Return the word for one trial by its own interval."""
    better, worse = (
        (upper < 0.0, lower > 0.0) if asked.lower_is_better else (lower > 0.0, upper < 0.0)
    )
    return "trial-benefit" if better else "trial-harm" if worse else "trial-not-settled"


def with_word(verdict: Verdict, word: Word, flags: tuple[Flag, ...]) -> Verdict:
    """Return a verdict with another word and other flags."""
    return Verdict(
        word=word,
        size=verdict.size,
        p_benefit=verdict.p_benefit,
        p_important=verdict.p_important,
        flags=flags,
    )


def priors_beside(question: NetworkQuestion) -> tuple[TauPrior, ...]:
    """Return the priors of the sensitivity analysis."""
    return other_priors(question.pooling) or ()

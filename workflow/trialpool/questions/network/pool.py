"""From the selection of a network to its result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import structs

from trialpool.pooling.network.graph import components
from trialpool.pooling.network.studies import StudyEffects
from trialpool.questions.network.assumed import assume
from trialpool.questions.network.fit import analysed, fit_network
from trialpool.questions.network.merging import Pair, merged
from trialpool.questions.network.multiverse import robustness
from trialpool.questions.network.studies import evidence_of, studies_of
from trialpool.questions.network.words import VOICE
from trialpool.questions.shared.synthesis.comparative import (
    comparative_result,
    favoured,
    pool_groups,
)
from trialpool.records.network import (
    Network,
    NetworkAgain,
    NetworkQuestion,
    NetworkResult,
    NodeMerge,
    Part,
)
from trialpool.records.trials import SelectedTrial


def pool(
    question: NetworkQuestion, trials: Sequence[SelectedTrial]
) -> tuple[NetworkResult, list[dict[str, object]]]:
    """Pool direct comparisons and analyse the network; beside the result rows of multiverse.csv."""
    network = _network(question, trials)
    entries, rows = robustness(
        question,
        trials,
        network.fit,
        lambda own: studies_of(own, _pairs(question), question.measure),
    )
    result = comparative_result(
        question,
        pool_groups(question, trials, VOICE),
        NetworkResult,
        favours=favoured(question, "Favours the first", "Favours the second"),
        sensitivity=entries,
        network=network,
    )
    return result, [row._asdict() for row in rows]


def _pairs(question: NetworkQuestion) -> dict[str, Pair]:
    return {one.group: (one.treatment, one.against) for one in question.pairs}


def _network(question: NetworkQuestion, trials: Sequence[SelectedTrial]) -> Network:
    pairs = _pairs(question)
    studies = studies_of(trials, pairs, question.measure)
    reference = merged(question.reference, question.nodes.merge)
    again = []
    for merge in (None, *question.nodes.again):
        merges = [] if merge is None else [merge]
        for end, further in _ends(question):
            if merge is None and not end:
                continue
            every = [*trials, *further]
            joined = studies_of(every, pairs, question.measure, merges)
            fit = fit_network(question, every, joined, merged(reference, merges))
            label = _label(merge, end)
            again.append(NetworkAgain(label=label, merged=merge, bounded=end, fit=fit))
    for policy in question.policies:
        joined = studies_of(policy.trials, pairs, question.measure)
        fit = fit_network(question, policy.trials, joined, reference)
        again.append(
            NetworkAgain(label=policy.label, merged=None, bounded="", policy=policy.id, fit=fit)
        )
    fitted = analysed(question, studies, reference)
    assumed = assume(question, fitted)
    return Network(
        pairs=question.pairs,
        parts=_parts(studies, reference),
        circumstances=question.circumstances,
        fit=fit_network(question, trials, studies, reference),
        again=tuple(again),
        merged=question.nodes.merge,
        evidence=evidence_of(fitted),
        unchanged=question.unchanged,
        classes=assumed.classes,
        components=assumed.components,
        covariates=assumed.covariates,
        assumed=assumed.faults,
    )


def _ends(question: NetworkQuestion) -> Iterator[tuple[str, list[SelectedTrial]]]:
    """Yield no further trials, then those with bounded standard errors at each end."""
    yield "", []
    bounded = () if question.bounded is None else question.bounded.trials
    for end, name in (("smallest", "se_lower"), ("largest", "se_upper")):
        known = [(trial, getattr(trial.derivation, name)) for trial in bounded]
        further = [structs.replace(trial, se=se) for trial, se in known if se is not None]
        if further:
            yield end, further


def _label(merge: NodeMerge | None, end: str) -> str:
    """Say what is different from the main analysis."""
    words = []
    if merge is not None:
        words.append(f"{' and '.join(merge.nodes)} taken as {merge.name}")
    if end:
        words.append(f"with standard errors that p-values only bound, at their {end}")
    return ", ".join(words)


def _parts(studies: Sequence[StudyEffects], reference: str) -> tuple[Part, ...]:
    """List what trials connect, the part with the reference first."""
    found = sorted(components(studies), key=lambda part: reference not in part.treatments)
    return tuple(Part(nodes=part.treatments, trials=part.studies) for part in found)

"""What a report of these records cannot say."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool import formatting as fmt
from trialpool.evidence.risk_of_bias_summary import coverage_sentence, results_of, summarise
from trialpool.records.results import ComparativeResult
from trialpool.records.summary.findings import Outcome


def limits(
    results: Sequence[ComparativeResult],
    outcomes: Sequence[Outcome] = (),
    own: Sequence[str] = (),
) -> tuple[str, ...]:
    """List the limits of a report, general ones first.

    Parameters
    ----------
    results : sequence of ComparativeResult
    outcomes : sequence of Outcome
        Of all summaries of findings.
    own : sequence of str
        What the review says of its own field.
    """
    texts = [
        "Whether a treatment is right for one patient: all numbers are averages over trials of "
        "published, aggregated results; no data of individual patients were used.",
        _absolute(results),
        "Which of two groups of treatments is better: groups were compared with different "
        "controls in different trials. A larger effect in one group is no head-to-head result.",
        "Which harms treatment has: adverse events stand here only where a question asks for them.",
        f"How trustworthy each trial is: {_risk_of_bias(results)}",
        f"How certain the evidence is as a whole: {_certainty(outcomes)}",
        "What was never published: trials and outcomes without a report are missing, and no "
        "statistic shows how many. Results that exist but could not be pooled are listed under "
        "each question.",
    ]
    if any(result.measure == "HR" for result in results):
        texts.append(
            "How the effect changes with time: a hazard ratio is one average over follow-up, and "
            "hard to read where hazards are not proportional."
        )
    texts += own
    effects = {
        (trial.trial_id, *trial.row_ids): trial.extraction
        for result in results
        for trial in result.trials
    }
    single = sum(reader == "single" for reader in effects.values())
    if single:
        texts.append(
            "That every number was copied without error: "
            f"{fmt.whole(single)} of {fmt.whole(len(effects))} pooled results were found by one "
            "reader only. They are marked in the tables of trials."
        )
    return tuple(texts)


def _absolute(results: Sequence[ComparativeResult]) -> str:
    """Say what absolute effects rest on."""
    if not any(result.scale == "log" for result in results):
        return "Whether the same difference holds at another baseline risk."
    if any(group.absolute for result in results for group in result.groups):
        return (
            "How many patients gain where the control risk is another one: effects per 1,000 hold "
            "at the control risk that stands beside them, and are missing where none is known."
        )
    return (
        "How many patients gain in absolute terms: ratios are relative, and no baseline risk is "
        "known here."
    )


def _certainty(outcomes: Sequence[Outcome]) -> str:
    """Say of how many outcomes somebody judged the certainty."""
    judged = sum(bool(outcome.judgements) for outcome in outcomes)
    if not judged:
        return "that was not judged."
    return f"that was judged of {fmt.whole(judged)} of {fmt.whole(len(outcomes))} outcomes."


def _risk_of_bias(results: Sequence[ComparativeResult]) -> str:
    trials = [trial for result in results for trial in result.trials]
    sentence = coverage_sentence(summarise(results_of(trials)))
    return sentence[:1].lower() + sentence[1:]

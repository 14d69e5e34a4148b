"""What an association between trials says in words, by stated rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.pooling.bivariate import MIN_TRIALS
from trialpool.questions.shared.words.markers import MarkerWords
from trialpool.questions.shared.words.sides import Conclusion
from trialpool.records.groups import Favours
from trialpool.records.surrogacy.associations import Association, Verdict
from trialpool.records.surrogacy.questions import (
    SurrogacyGroup,
    SurrogacyQuestion,
    SurrogacyResult,
)

# Limits of the correlation between trials from which it is high, and to which it is low: those of
# IQWiG (rapid report A10-05, 2011), there for the limits of the 95 % interval of R.
HIGH: Final = 0.85
LOW: Final = 0.7
BETWEEN_TRIALS: Final = "An association between trials, never within patients."
RULES: Final = (
    f"“Strong” where the whole interval of R² lies from {fmt.number(HIGH**2)} on (R ≥ "
    f"{fmt.number(HIGH)}) and larger early benefits go with larger final ones; “weak” where it "
    f"lies up to {fmt.number(LOW**2)} (R ≤ {fmt.number(LOW, 1)}); else “not settled” (limits of "
    "IQWiG A10-05, 2011).",
    f"With fewer than {MIN_TRIALS} trials R² is shown and nothing is concluded: simulated sets of "
    "few trials give a high R² where there is none.",
)


def verdict_of(main: Association | None, *, enough: bool, question: SurrogacyQuestion) -> Verdict:
    """Say how close the association is, where there are trials enough to say it."""
    if not enough or main is None:
        return ""
    if main.r2_lower is None or main.r2_upper is None:
        return "not-settled"
    if main.r2_lower >= HIGH**2 and _as_expected(main, question):
        return "strong"
    return "weak" if main.r2_upper <= LOW**2 else "not-settled"


def _as_expected(main: Association, question: SurrogacyQuestion | SurrogacyResult) -> bool:
    """Whether larger early benefits go with larger final ones."""
    same = question.early.benefit == question.benefit
    return main.slope is not None and (main.slope > 0) == same


def sentence_of(
    main: Association | None,
    verdict: Verdict,
    k: int,
    question: SurrogacyQuestion,
    associations: Sequence[Association] = (),
) -> str:
    """Say in plain words what the pairs show, and how sure that is.

    Parameters
    ----------
    main : Association or None
        None with fewer than three pairs.
    verdict : str
        By `verdict_of`.
    k : int
        Pairs.
    question : SurrogacyQuestion
    associations : sequence of Association
        Under every correlation within trials.
    """
    early, final = early_names(question), final_names(question)
    if main is None:
        return (
            f"{_trials(k)} with both {early} and {final}: too few to relate the effects on one to "
            f"those on the other. {BETWEEN_TRIALS}"
        )
    shown = f"{r2_text(main)}, {_trials(k)}"
    if not verdict:
        said = (
            f"The effect on {early} cannot be said to foretell that on {final}: {shown}, fewer "
            f"than the {MIN_TRIALS} that a verdict needs"
        )
    elif verdict == "strong":
        said = f"The effect on {final} follows that on {early} closely: {shown}; strong"
    elif verdict == "weak":
        said = f"The effect on {early} says little of that on {final}: {shown}; weak"
    else:
        said = f"How closely the effect on {final} follows that on {early} is not settled: {shown}"
    parts = [said, *_range(associations), *_remarks(main, verdict, question)]
    return ". ".join([*parts, BETWEEN_TRIALS])


def _range(associations: Sequence[Association]) -> list[str]:
    """Say how R² moves with the correlation within trials, where it does."""
    known = [one for one in associations if one.r2 is not None]
    if len(known) < 2:
        return []
    first, last = known[0], known[-1]
    ends = [fmt.number(one.r2) for one in (first, last)]
    if ends[0] == ends[1]:
        return []
    assumed = f"{fmt.plain(first.correlation)} to {fmt.plain(last.correlation)}"
    return [f"Under correlations within trials of {assumed} R² runs from {ends[0]} to {ends[1]}"]


def _remarks(main: Association, verdict: Verdict, question: SurrogacyQuestion) -> list[str]:
    found = []
    if main.at_boundary:
        found.append(
            "The likeliest correlation between trials lies at the end of what is possible, as it "
            "often does with few trials or small differences between them"
        )
    if main.r2 is not None and not _as_expected(main, question):
        found.append("Larger early benefits go with smaller final ones in these trials")
    if verdict:
        found.append(threshold_text(main, question))
    if verdict and main.r2_lower == 0:
        found.append(
            "No association at all is not excluded: what is foretold is then the mean effect of "
            "these trials, whatever the early effect"
        )
    return found


def threshold_text(main: Association, question: SurrogacyQuestion | SurrogacyResult) -> str:
    """Say from which early effect on a final benefit is foretold."""
    early, final = early_names(question), final_names(question)
    if main.threshold is None:
        return f"No effect on {early} is large enough to foretell a benefit in {final}"
    measure = get_measure(question.early.measure)
    side = "below" if question.early.benefit == "lower" else "above"
    return (
        f"A benefit in {final} is foretold for a new trial whose true {measure.name} of {early} "
        f"lies {side} {fmt.effect(main.threshold, measure)}"
    )


def early_names(question: SurrogacyQuestion | SurrogacyResult) -> str:
    """Name the early endpoint."""
    return " or ".join(question.early.endpoint_names.values())


def final_names(question: SurrogacyQuestion | SurrogacyResult) -> str:
    """Name the final endpoint."""
    return " or ".join(question.endpoint_names.values())


def r2_text(one: Association) -> str:
    """Print R² with its interval: "R² 0.46 [0.12 to 0.80]"."""
    if one.r2 is None:
        return "R² not estimable, since one endpoint’s effects do not differ between trials"
    measure = get_measure("generic")
    shown = fmt.effect_with_interval(one.r2, one.r2_lower, one.r2_upper, measure)
    return f"R² {shown}"


def _trials(k: int) -> str:
    return "1 trial" if k == 1 else f"{fmt.whole(k)} trials"


def favoured_arms(question: SurrogacyQuestion) -> Favours:
    """Say which arm each side of no final effect favours."""
    ours = f"Favours {question.arm_names.experimental}"
    theirs = f"Favours {question.arm_names.control}"
    if question.benefit == "lower":
        return Favours(lower=ours, higher=theirs)
    return Favours(lower=theirs, higher=ours)


def conclude(_: SurrogacyGroup, result: SurrogacyResult) -> Conclusion:
    """Put the association into words."""
    return Conclusion(result.verdict, result.sentence)


def on_markers(_: SurrogacyResult) -> MarkerWords | None:
    """Say what it tells of markers: nothing."""
    return None

"""Methods text on the evidence: effect sizes, selection, comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.sides import endpoint_names
from trialpool.questions.shared.words.wording import Citations, by_value
from trialpool.records.results import ComparativeResult

Results = Sequence[ComparativeResult]


def effect_sizes(results: Results, cite: Citations) -> list[str]:
    """Say how printed numbers became effect sizes, by the derivations that were used."""
    trials = [trial for result in results for trial in result.trials]
    rungs = {trial.derivation.rung for trial in trials}
    flags = [flag for trial in trials for flag in trial.flags]
    paragraphs = []
    if "ratio with interval" in rungs:
        text = (
            "A printed ratio is analysed as its natural logarithm. Its standard error is the width "
            "of the printed confidence interval on the log scale divided by 2z, with z from the "
            f"level of that interval {cite('parmar1998', 'tierney2007')}."
        )
        if _any(flags, "level of the interval not printed"):
            text += " Where no level was printed it is taken as 95%, and the trial is flagged."
        paragraphs.append(text)
    if "counts of two arms" in rungs:
        paragraphs.append(_counts(results, flags, cite))
    if "ratio with reconstructed curve" in rungs:
        paragraphs.append(
            "Where a report prints a hazard ratio without an interval and the curve of the same "
            "report was reconstructed, the standard error is that of the Cox model on the "
            f"reconstructed data {cite('guyot2012')}; these trials are flagged, and never displace "
            "one with a printed interval."
        )
    if "reconstructed curve" in rungs:
        paragraphs.append(
            "Restricted mean survival times come from individual data reconstructed from published "
            f"Kaplan-Meier curves {cite('guyot2012')}; the variance of a difference is the sum "
            "over the two arms."
        )
    known = {
        "ratio with interval",
        "counts of two arms",
        "reconstructed curve",
        "ratio with reconstructed curve",
        "",
    }
    others = {
        (trial.derivation.rung, trial.derivation.formula, trial.derivation.reference)
        for trial in trials
        if trial.derivation.rung not in known
    }
    for rung, formula, reference in sorted(others):
        paragraphs.append(f"{rung}: {formula}" + (f" ({reference})." if reference else "."))
    return paragraphs


def _counts(results: Results, flags: Sequence[str], cite: Citations) -> str:
    names = {"OR": "log odds ratio", "RR": "log risk ratio", "RD": "risk difference"}
    used = [names[code] for code in names if any(r.measure == code for r in results)]
    effect = " or ".join(used) or "effect size"
    text = f"Two arms’ counts give the {effect} and its usual variance {cite('handbook')}."
    if _any(flags, "0.5 added"):
        text += " Where a cell is zero, 0.5 is added to the four cells of that trial alone."
    if _any(flags, "events from a percentage"):
        text += (
            " A printed percentage becomes the whole number of patients that prints as that "
            "percentage; a percentage that no whole number gives is not used "
            f"{cite('brown2017')}."
        )
    if _any(flags, "fits several counts"):
        text += " Where several whole numbers fit, the nearest is used and the trial is flagged."
    if _any(flags, "randomised n stands in"):
        text += (
            " The arm’s randomised n stands in for a missing denominator only where the report "
            "says that it counts all randomised patients; the trial is flagged."
        )
    if _any(flags, "from the interval of the percentage"):
        text += (
            " A percentage with an interval and without a denominator is of the number of patients "
            "whose Wald, Wilson score or Clopper-Pearson interval prints as that one; where "
            "several are, the middle one, if that leaves the standard error open by at most 5%; "
            "the trial is flagged."
        )
    return text


def _any(flags: Iterable[str], part: str) -> bool:
    return any(part in flag for flag in flags)


_POLICIES: Final[dict[str, str]] = {
    "latest": (
        "Of several reports of one comparison the latest data cut is used, by its date, by "
        "follow-up or by the year of the report; what it is called (final, update, primary, "
        "interim) decides where no date does. Of the same analysis the article is used before "
        "the congress"
    ),
    "primary": (
        "Of several reports of one comparison the primary analysis is used before later ones; of "
        "the same analysis the article before the congress"
    ),
    "blinded-primary": (
        "Of several reports of one comparison that by blinded review is used first, then the "
        "investigator’s, then one whose reader is not named, and of each the primary analysis; of "
        "the same analysis the article before the congress"
    ),
    "curve": (
        "Restricted mean survival time is taken from the individual data behind published curves, "
        "as reconstructed, in each group up to the largest horizon that the curves of all its "
        "trials reach; curves whose medians are not the printed ones are left out"
    ),
    "surest-count": (
        "Of several reports of one comparison the surest counts are used: printed events before a "
        "percentage that only one count fits before one that several fit, then the later report; "
        "of counts of the same patients the article before the congress"
    ),
}


def selection(results: Results, _: Citations) -> list[str]:
    """Say which result of a trial is used, and which populations and definitions."""
    sentences = ["One result per trial and comparison enters a pool."] if results else []
    if any(result.settings.definitions for result in results):
        sentences.append(
            "Both arms of a response are counted by one definition from one report; of several "
            "definitions the first in the question’s list is used."
        )
    for policy, where in by_value(results, lambda result: result.settings.report_policy):
        sentences.append(f"{_POLICIES.get(policy, f'Report policy: {policy}')}{where}.")
    for policy, where in by_value(results, lambda result: result.settings.multiarm):
        if policy == "choose":
            sentences.append(
                "Of a trial with several comparisons only those named by the question enter"
                f"{where}; no two comparisons of one trial share a group."
            )
        elif policy == "gls":
            sentences.append(
                "Comparisons of one trial that share an arm enter with the covariance that it "
                f"gives them{where}: from its events, else from the variance of the third "
                "comparison, else from the numbers of patients."
            )
        else:
            sentences.append(f"Trials with several arms: {policy}{where}.")
    paragraphs = [" ".join(sentences)] if sentences else []
    for names, where in by_value(results, lambda result: result.settings.populations):
        paragraphs.append(
            f"Analysis populations that stand for the whole trial: {', '.join(names)}{where}."
        )
    if any(result.excluded for result in results):
        paragraphs.append(
            "Every row of a question’s endpoints that is not in its pool is listed with the reason."
        )
    return paragraphs


def comparisons(results: Results, _: Citations) -> list[str]:
    """Say how comparisons are described and grouped, and which side is better."""
    paragraphs = []
    if any(group.mechanism for result in results for group in result.groups):
        paragraphs.append(
            "A comparison is described by what the experimental arm has that the control arm "
            "lacks, and the reverse. Trials are grouped by the mechanism of what was added and by "
            "whether it was added to the control treatment or given instead of part of it: these "
            "are different questions."
        )
    sides: dict[str, list[str]] = {}
    for result in results:
        measure = get_measure(result.measure)
        null = fmt.null_value(result.null_value, measure)
        for name in endpoint_names(result):
            relation = "below" if result.benefit == "lower" else "above"
            named = f"{name} ({measure.name})"
            known = sides.setdefault(f"{relation} {null}", [])
            if named not in known:
                known.append(named)
    if sides:
        sentences = [f"{side}: {', '.join(names)}" for side, names in sides.items()]
        paragraphs.append(
            "All effects are experimental against control. The experimental arm does better "
            f"{'; '.join(sentences)}. This follows from the endpoint and the measure."
        )
    return paragraphs

"""Methods text on the statistics: models, intervals, few trials, tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trialpool import formatting as fmt
from trialpool.questions.shared.words.margins import design_of
from trialpool.questions.shared.words.wording import Citations, by_value
from trialpool.records.reanalyses import Reanalysis
from trialpool.records.results import ComparativeResult

Results = Sequence[ComparativeResult]

_TAU2: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "REML": ("restricted maximum likelihood (REML)", ("viechtbauer2005", "viechtbauer2010")),
    "ML": ("maximum likelihood (ML)", ("viechtbauer2005", "viechtbauer2010")),
    "DL": ("the method of DerSimonian and Laird (DL)", ("dersimonian1986",)),
    "PM": ("the method of Paule and Mandel (PM)", ("paule1982",)),
}
_PI: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "t": ("from a t distribution with k − 1 degrees of freedom", ("higgins2009", "handbook")),
    "hts": ("from a t distribution with k − 2 degrees of freedom", ("higgins2009",)),
    "normal": ("from a normal distribution", ("higgins2009",)),
}


def _primary(results: Results) -> set[str | None]:
    return {group.primary_model for result in results for group in result.groups if group.k > 1}


def pooling(results: Results, cite: Citations) -> list[str]:
    """Describe the estimator of τ², the interval of the mean and the prediction interval."""
    pooled = [r for r in results if any(group.k > 1 for group in r.groups)]
    if not pooled:
        return []
    sentences = []
    for method, where in by_value(pooled, lambda result: result.settings.tau2_method):
        name, keys = _TAU2.get(method, (str(method), ("handbook",)))
        sentences.append(
            "Random-effects models with inverse-variance weights; the between-trial variance τ² is "
            f"estimated by {name}{where} {cite(*keys)}."
        )
    for method, where in by_value(pooled, lambda result: result.settings.tau2_ci_method):
        if "profile" in str(method).lower() and str(method).lower().startswith("q"):
            sentences.append(
                f"Its confidence interval is the Q-profile interval{where} "
                f"{cite('viechtbauer2007')}."
            )
        else:
            sentences.append(f"Its confidence interval: {method}{where}.")
    sentences.append(
        "I² is computed from τ² and the typical sampling variance, and beside it from Q "
        f"{cite('higgins2002')}."
    )
    for level, where in by_value(pooled, lambda result: result.settings.level):
        sentences.append(f"Intervals have a level of {fmt.level(level)}{where}.")
    return [" ".join(sentences), *_interval_of_mean(pooled, cite), *_prediction(pooled, cite)]


def _uses_hartung_knapp(results: Results) -> bool:
    return any(result.settings.ci_method.startswith("hk") for result in results) or any(
        group.models.hk or group.models.hk_adhoc for result in results for group in result.groups
    )


def _interval_of_mean(results: Results, cite: Citations) -> list[str]:
    if not _uses_hartung_knapp(results):
        return [
            f"Confidence interval of the mean: {method}{where}."
            for method, where in by_value(results, lambda result: result.settings.ci_method)
        ]
    text = (
        "The confidence interval of the mean follows Hartung and Knapp "
        f"{cite('hartung2001', 'inthout2014')}."
    )
    floor = any(group.models.hk_adhoc for result in results for group in result.groups)
    if floor or any(result.settings.ci_method == "hk-adhoc" for result in results):
        text += (
            " “With floor” means that its scale factor is never below 1, so that its standard "
            "error is never smaller than that of the ordinary random-effects model "
            f"{cite('rover2015')}."
        )
    return [text]


def _prediction(results: Results, cite: Citations) -> list[str]:
    sentences = []
    for method, where in by_value(results, lambda result: result.settings.pi_method):
        name, keys = _PI.get(method, (f"by the method “{method}”", ("higgins2009",)))
        sentences.append(
            "A prediction interval says where the true effect of a further, similar trial is "
            f"expected. It is computed {name}, from three trials on{where} {cite(*keys)}."
        )
    return [" ".join(sentences)] if sentences else []


def _primary_from(result: ComparativeResult) -> int:
    """Return the number of trials from which on one estimate is called primary."""
    return result.settings.primary_from_k


def _with_primary(results: Results, model: str | None) -> list[ComparativeResult]:
    return [result for result in results if model in _primary([result])]


def _few_words(limit: int) -> str:
    return "2 trials" if limit == 3 else f"2 to {fmt.whole(limit - 1)} trials"


def _bayesian(results: Results, cite: Citations) -> list[str]:
    """Describe the Bayesian model, its prior, and what stands beside it."""
    sentences = []
    for limit, where in by_value(results, _primary_from):
        sentences.append(
            f"In a group of {_few_words(limit)} the Bayesian random-effects (normal-normal) model "
            f"is primary{where} {cite('friede2017', 'rover2020')}."
        )
    for prior, where in by_value(results, lambda result: result.settings.tau_prior):
        for scale, _ in by_value(results, lambda result: result.settings.tau_prior_scale):
            sentences.append(
                f"The prior of τ is {prior} with scale {fmt.plain(scale)} on the analysis "
                f"scale{where}, the prior of the mean is uniform."
            )
    for scale, _ in by_value(results, lambda result: result.settings.tau_prior_sensitivity):
        sentences.append(f"A prior with scale {fmt.plain(scale)} is a sensitivity analysis.")
    sentences.append(
        "Estimates are posterior medians, intervals equal-tailed credible intervals (headed CI "
        "like the others), by quadrature without sampling; the prediction interval is that of the "
        "posterior and exists from two trials on. The common effect and random effects with the "
        "Hartung-Knapp interval, with and without its floor, stand beside it."
    )
    return sentences


def _no_primary(results: Results, *, named: bool) -> list[str]:
    """Describe groups of few trials without a primary model."""
    sentences = []
    for limit, where in by_value(results, _primary_from):
        titles = where or (f" (questions: {'; '.join(r.title for r in results)})" if named else "")
        sentences.append(
            f"Without a prior for the measure, no interval is called primary in a group of "
            f"{_few_words(limit)}{titles}; the common effect and random effects with the floor "
            "are shown side by side."
        )
    return sentences


def few_trials(results: Results, cite: Citations) -> list[str]:
    """Describe what happens to groups of few trials."""
    sizes = [group.k for result in results for group in result.groups]
    sentences = []
    if 1 in sizes:
        sentences.append(
            "A group of one trial is not pooled: the trial’s own estimate is shown, with its own "
            "interval."
        )
    primary = _primary(results)
    few = primary & {None, "bayes"}
    if few:
        sentences.append(
            "With few trials τ² is hardly known: the common-effect interval is too narrow if "
            "the trials differ, the Hartung-Knapp interval can be far too wide, and without its "
            f"floor now and then too narrow {cite('rover2015')}."
        )
    if "bayes" in primary:
        sentences += _bayesian(_with_primary(results, "bayes"), cite)
    if None in primary:
        sentences += _no_primary(_with_primary(results, None), named="bayes" in primary)
    if few:
        sentences.append("“Differs by model” is a possible answer.")
    if "hk-adhoc" in primary:
        sentences.append(
            "In larger groups random effects with the Hartung-Knapp interval with floor is primary."
            if few
            else "Random effects with the Hartung-Knapp interval with floor is primary."
        )
    return [" ".join(sentences)] if sentences else []


def margins(results: Results, cite: Citations) -> list[str]:
    """Describe how questions of non-inferiority and equivalence are decided."""
    judged = [result for result in results if design_of(result) != "superiority"]
    if not judged:
        return []
    sentences = []
    for design in dict.fromkeys(map(design_of, judged)):
        titles = "; ".join(result.title for result in judged if design_of(result) == design)
        sentences.append(
            f"Questions of {design} ({titles}) are decided by the trials’ margins, never by "
            f"whether an interval includes no difference {cite('piaggio2012')}."
        )
    sentences.append(
        "Each trial’s margin stands beside its result, with where it was found; a pool is judged "
        "by the strictest margin of its trials, and where one of them has none there is no "
        "verdict."
    )
    levels = by_value(judged, lambda result: result.settings.level)
    shown = " or ".join(fmt.level(level) for level, _ in levels)
    sentences.append(
        f"The intervals that are judged have a level of {shown}; a trial that set another level, "
        "or its margin on another scale, may have concluded otherwise by its own protocol."
    )
    return [" ".join(sentences)]


def group_differences(results: Results, cite: Citations) -> list[str]:
    """Describe the test between groups, multiplicity and the missing overall estimate."""
    tests = [result.subgroup_test for result in results if result.subgroup_test is not None]
    paragraphs = []
    if tests:
        kinds = {test.statistic for test in tests}
        text = "Differences between groups are tested"
        if kinds == {"F"}:
            text += f" with the Hartung-Knapp F-test of a meta-regression {cite('knapp2003')}"
        elif kinds == {"Q"}:
            text += f" with the Q statistic between groups {cite('handbook')}"
        assumptions = {test.tau2_assumption for test in tests}
        if assumptions == {"common"}:
            text += ", with one τ² for all groups"
        elif assumptions == {"separate"}:
            text += ", with a τ² for each group"
        paragraphs.append(
            f"{text}. This compares trials, not randomised patients: whatever else differs between "
            "the trials is mixed with the difference of interest, and the credibility of such a "
            f"finding is low {cite('schandelmaier2020')}."
        )
    if sum(len(result.groups) for result in results) > 1:
        paragraphs.append(
            "Many groups and endpoints are shown. No interval or p-value is adjusted for "
            "multiplicity; each describes its own comparison."
        )
    reasons = [r for r in results if r.overall is None and r.overall_reason]
    if reasons:
        for reason, where in by_value(reasons, lambda result: result.overall_reason.strip()):
            end = "" if reason.endswith(".") else "."
            paragraphs.append(f"No overall estimate is given{where}. {reason}{end}")
    return paragraphs


def sensitivity(results: Results, _: Citations) -> list[str]:
    """Say where re-analyses stand."""
    named = [
        result.title
        for result in results
        if any(isinstance(entry, Reanalysis) for entry in result.sensitivity)
    ]
    if not named:
        return []
    return [
        "Re-analyses under other choices stand with their question"
        + ("." if len(named) == len(results) else f" ({'; '.join(named)}).")
    ]

"""Methods text on the statistics: models, intervals, few trials, tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.pooling.verdict import THRESHOLDS
from trialpool.questions.shared.words.margins import design_of
from trialpool.questions.shared.words.wording import Citations, by_value
from trialpool.records.groups import ENOUGH_FOR_TAU
from trialpool.records.reanalyses import P_VALUE_BOUNDS, Reanalysis
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
        f"I² is computed from Q {cite('higgins2002')}, its interval from the non-central "
        "chi-square of Q; that of a prior is never printed."
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


def _with_primary(results: Results, model: str) -> list[ComparativeResult]:
    return [result for result in results if model in _primary([result])]


def _prior(result: ComparativeResult) -> str | None:
    """Say which prior of τ the groups of a question have."""
    words = (group.models.bayes.prior_words for group in result.groups if group.models.bayes)
    return next(words, None)


def _bayesian(results: Results, cite: Citations) -> list[str]:
    """Describe the Bayesian model, its prior, and what stands beside it."""
    sentences = [
        "From two trials on the Bayesian random-effects (normal-normal) model with an external "
        f"prior of τ is primary {cite('friede2017', 'rover2020')}; the prior of the mean is "
        "uniform."
    ]
    for prior, where in by_value(results, _prior):
        sentences.append(f"On the analysis scale: {prior}{where}.")
    sentences.append(
        "Priors were chosen by kind of outcome before the data were seen; half and twice their "
        "scale are a sensitivity analysis. Estimates are posterior medians, intervals equal-tailed "
        "credible intervals (headed CI like the others), by quadrature without sampling; weights "
        "are posterior means. The prediction interval is that of the posterior and exists from "
        "two trials on. The common effect stands beside it, and from "
        f"{fmt.whole(ENOUGH_FOR_TAU)} trials on random effects with the Hartung-Knapp interval "
        "with floor; with fewer that interval is too wide to be an answer "
        f"{cite('rover2015')}. No other model changes a verdict."
    )
    return sentences


def verdicts(results: Results, _: Citations) -> list[str]:
    """Describe the verdict: its thresholds, and the sizes that were declared."""
    if not any(group.verdict for result in results for group in result.groups):
        return []
    limits = THRESHOLDS
    text = (
        "Each group has one verdict, by the primary model. With P the posterior probability of "
        f"benefit: benefit where P is at least {limits.concluded:g}, leans to benefit from "
        f"{limits.leaning:g}, leans to harm up to {fmt.plain(round(1 - limits.leaning, 6))}, harm "
        f"up to {fmt.plain(round(1 - limits.concluded, 6))}; little or no difference where no "
        "direction is concluded and the probability of lying inside the band of unimportant "
        f"effects is at least {limits.little:g}; else not settled. Important: the probability of "
        f"an effect beyond the declared size is at least {limits.size:g}; smaller than important: "
        f"at most {fmt.plain(round(1 - limits.size, 6))}. Where no posterior exists (comparisons "
        "that share an arm), P is that of the t distribution behind the interval. One trial has "
        "words of its own, by its own interval; its P, with τ integrated over the prior, stands "
        "in result.json."
    )
    return [" ".join([text, *_sizes(results)])]


def _sizes(results: Results) -> Iterator[str]:
    """Print what size matters and what is little or no difference, by measure."""
    for size, where in by_value(results, _size_words):
        yield f"{size}{where}."


def _size_words(result: ComparativeResult) -> str | None:
    settings, measure = result.settings, get_measure(result.measure)
    parts: list[str] = []
    if design_of(result) != "superiority":
        return None
    if settings.important is not None:
        lower = result.benefit == "lower"
        matters = -settings.important if lower else settings.important
        side = "below" if lower else "above"
        parts.append(f"important: {side} {fmt.effect(matters, measure)} or beyond its mirror image")
    if settings.null_band is not None:
        parts.append(f"little or no difference: {fmt.interval(*settings.null_band, measure)}")
    return f"{measure.code}: {'; '.join(parts)}" if parts else None


def primary_model(results: Results, cite: Citations) -> list[str]:
    """Describe which model speaks for a group."""
    sizes = [group.k for result in results for group in result.groups]
    sentences = []
    if 1 in sizes:
        sentences.append(
            "A group of one trial is not pooled: the trial’s own estimate is shown, with its own "
            "interval."
        )
    primary = _primary(results)
    if "bayes" in primary:
        sentences += _bayesian(_with_primary(results, "bayes"), cite)
    if "hk-adhoc" in primary:
        where = (
            " where there is no prior, or comparisons share an arm" if "bayes" in primary else ""
        )
        sentences.append(
            f"Random effects with the Hartung-Knapp interval with floor is primary{where}."
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
            f"Questions of {design} ({titles}) are decided by the margin, never by "
            f"whether an interval includes no difference {cite('piaggio2012')}."
        )
    sentences.append(
        "Each trial’s margin stands beside its result, with where it was found; a pool is judged "
        "by the strictest margin of its trials, and where one of them has none there is no "
        "verdict."
    )
    for level, where in by_value(judged, lambda result: result.settings.margin_level):
        sentences.append(
            f"A pool is within the margin from a posterior probability of {level:g} on{where}."
        )
    sentences.append(
        "One trial is judged by its own interval at the level that it planned; one that set its "
        "margin on another scale may have concluded otherwise by its own protocol."
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


def sensitivity(results: Results, cite: Citations) -> list[str]:
    """Say where re-analyses stand, and what enters them that enters no main analysis."""
    named = [
        result.title
        for result in results
        if any(isinstance(entry, Reanalysis) for entry in result.sensitivity)
    ]
    if not named:
        return []
    paragraphs = [
        "Re-analyses under other choices stand with their question"
        + ("." if len(named) == len(results) else f" ({'; '.join(named)}).")
    ]
    if any(entry.id == P_VALUE_BOUNDS for result in results for entry in result.sensitivity):
        paragraphs.append(
            "A ratio with a p-value and no interval has the standard error |ln ratio| / z "
            f"{cite('parmar1998', 'tierney2007')}. Where the rounding of ratio and p, a p-value "
            "printed as a bound, or one that may be one- or two-sided leaves it open, the trial is "
            "not in the main analysis, and the groups are pooled again with it at the smallest and "
            "at the largest standard error, never less than the events or patients allow. Null "
            "results would go missing otherwise: the nearer the ratio is to 1, the less p says."
        )
    return paragraphs

"""Methods text on the statistics: models, intervals, few trials, tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.report.margins import design_of
from trialpool.report.wording import Citations, by_value, setting

Record = Mapping[str, Any]

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


def _pooled(records: Sequence[Record]) -> list[Record]:
    return [r for r in records if any((g.get("k") or 0) > 1 for g in r["groups"])]


def _primary(records: Sequence[Record]) -> set[str | None]:
    return {
        group.get("primary_model")
        for record in records
        for group in record["groups"]
        if (group.get("k") or 0) > 1
    }


def pooling(records: Sequence[Record], cite: Citations) -> list[str]:
    """Describe the estimator of τ², the interval of the mean and the prediction interval."""
    pooled = _pooled(records)
    if not pooled:
        return []
    sentences = []
    for method, where in by_value(pooled, setting("tau2_method")):
        name, keys = _TAU2.get(method, (str(method), ("handbook",)))
        sentences.append(
            "Random-effects models with inverse-variance weights; the between-trial variance τ² is "
            f"estimated by {name}{where} {cite(*keys)}."
        )
    for method, where in by_value(pooled, setting("tau2_ci_method")):
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
    for level, where in by_value(pooled, setting("level")):
        sentences.append(f"Intervals have a level of {fmt.level(level)}{where}.")
    return [" ".join(sentences), *_interval_of_mean(pooled, cite), *_prediction(pooled, cite)]


def _uses_hartung_knapp(records: Sequence[Record]) -> bool:
    return any(str(r["settings"].get("ci_method") or "").startswith("hk") for r in records) or any(
        name in (group.get("models") or {})
        for r in records
        for group in r["groups"]
        for name in ("hk", "hk-adhoc")
    )


def _interval_of_mean(records: Sequence[Record], cite: Citations) -> list[str]:
    if not _uses_hartung_knapp(records):
        return [
            f"Confidence interval of the mean: {method}{where}."
            for method, where in by_value(records, setting("ci_method"))
        ]
    text = (
        "The confidence interval of the mean follows Hartung and Knapp "
        f"{cite('hartung2001', 'inthout2014')}."
    )
    floor = any("hk-adhoc" in (g.get("models") or {}) for r in records for g in r["groups"])
    if floor or any(r["settings"].get("ci_method") == "hk-adhoc" for r in records):
        text += (
            " “With floor” means that its scale factor is never below 1, so that its standard "
            "error is never smaller than that of the ordinary random-effects model "
            f"{cite('rover2015')}."
        )
    return [text]


def _prediction(records: Sequence[Record], cite: Citations) -> list[str]:
    sentences = []
    for method, where in by_value(records, setting("pi_method")):
        name, keys = _PI.get(method, (f"by the method “{method}”", ("higgins2009",)))
        sentences.append(
            "A prediction interval says where the true effect of a further, similar trial is "
            f"expected. It is computed {name}, from three trials on{where} {cite(*keys)}."
        )
    return [" ".join(sentences)] if sentences else []


def primary_from(record: Record) -> int | None:
    """Return the number of trials from which on one estimate is called primary."""
    rule = record["settings"].get("small_k")
    if isinstance(rule, Mapping):
        rule = rule.get("primary_from_k")
    if rule is None:
        pooling = record["settings"].get("pooling") or {}
        rule = record["settings"].get("primary_from_k", pooling.get("primary_from_k"))
    return rule if isinstance(rule, int) and not isinstance(rule, bool) else None


def _with_primary(records: Sequence[Record], model: str | None) -> list[Record]:
    return [record for record in records if model in _primary([record])]


def _few_words(limit: int) -> str:
    return "2 trials" if limit == 3 else f"2 to {fmt.whole(limit - 1)} trials"


def _bayesian(records: Sequence[Record], cite: Citations) -> list[str]:
    """Describe the Bayesian model, its prior, and what stands beside it."""
    sentences = []
    for limit, where in by_value(records, primary_from):
        sentences.append(
            f"In a group of {_few_words(limit)} the Bayesian random-effects (normal-normal) model "
            f"is primary{where} {cite('friede2017', 'rover2020')}."
        )
    for prior, where in by_value(records, setting("tau_prior")):
        for scale, _ in by_value(records, setting("tau_prior_scale")):
            sentences.append(
                f"The prior of τ is {prior} with scale {fmt.plain(scale)} on the analysis "
                f"scale{where}, the prior of the mean is uniform."
            )
    for scale, _ in by_value(records, setting("tau_prior_sensitivity")):
        sentences.append(f"A prior with scale {fmt.plain(scale)} is a sensitivity analysis.")
    sentences.append(
        "Estimates are posterior medians, intervals equal-tailed credible intervals (headed CI "
        "like the others), by quadrature without sampling; the prediction interval is that of the "
        "posterior and exists from two trials on. The common effect and random effects with the "
        "Hartung-Knapp interval, with and without its floor, stand beside it."
    )
    return sentences


def _no_primary(records: Sequence[Record], *, named: bool) -> list[str]:
    """Describe groups of few trials without a primary model."""
    sentences = []
    for limit, where in by_value(records, primary_from):
        titles = where or (
            f" (questions: {'; '.join(str(r['title']) for r in records)})" if named else ""
        )
        sentences.append(
            f"Without a prior for the measure, no interval is called primary in a group of "
            f"{_few_words(limit)}{titles}; the common effect and random effects with the floor "
            "are shown side by side."
        )
    return sentences


def few_trials(records: Sequence[Record], cite: Citations) -> list[str]:
    """Describe what happens to groups of few trials."""
    sizes = [group.get("k") or 0 for record in records for group in record["groups"]]
    sentences = []
    if 1 in sizes:
        sentences.append(
            "A group of one trial is not pooled: the trial’s own estimate is shown, with its own "
            "interval."
        )
    primary = _primary(records)
    few = primary & {None, "bayes"}
    if few:
        sentences.append(
            "With few trials τ² is hardly known: the common-effect interval is too narrow if "
            "the trials differ, the Hartung-Knapp interval can be far too wide, and without its "
            f"floor now and then too narrow {cite('rover2015')}."
        )
    if "bayes" in primary:
        sentences += _bayesian(_with_primary(records, "bayes"), cite)
    if None in primary:
        sentences += _no_primary(_with_primary(records, None), named="bayes" in primary)
    if few:
        sentences.append("“Differs by model” is a possible answer.")
    if "hk-adhoc" in primary:
        sentences.append(
            "In larger groups random effects with the Hartung-Knapp interval with floor is primary."
            if few
            else "Random effects with the Hartung-Knapp interval with floor is primary."
        )
    return [" ".join(sentences)] if sentences else []


def margins(records: Sequence[Record], cite: Citations) -> list[str]:
    """Describe how questions of non-inferiority and equivalence are decided."""
    judged = [record for record in records if design_of(record) != "superiority"]
    if not judged:
        return []
    sentences = []
    for design in dict.fromkeys(map(design_of, judged)):
        titles = "; ".join(str(record["title"]) for record in judged if design_of(record) == design)
        sentences.append(
            f"Questions of {design} ({titles}) are decided by the trials’ margins, never by "
            f"whether an interval includes no difference {cite('piaggio2012')}."
        )
    sentences.append(
        "Each trial’s margin stands beside its result, with where it was found; a pool is judged "
        "by the strictest margin of its trials, and where one of them has none there is no "
        "verdict."
    )
    levels = by_value(judged, setting("level"))
    shown = " or ".join(fmt.level(level) for level, _ in levels)
    sentences.append(
        f"The intervals that are judged have a level of {shown}; a trial that set another level, "
        "or its margin on another scale, may have concluded otherwise by its own protocol."
    )
    return [" ".join(sentences)]


def group_differences(records: Sequence[Record], cite: Citations) -> list[str]:
    """Describe the test between groups, multiplicity and the missing overall estimate."""
    tests = [record["subgroup_test"] for record in records if record.get("subgroup_test")]
    paragraphs = []
    if tests:
        kinds = {test["statistic"] for test in tests}
        text = "Differences between groups are tested"
        if kinds == {"F"}:
            text += f" with the Hartung-Knapp F-test of a meta-regression {cite('knapp2003')}"
        elif kinds == {"Q"}:
            text += f" with the Q statistic between groups {cite('handbook')}"
        assumptions = {test.get("tau2_assumption") for test in tests}
        if assumptions == {"common"}:
            text += ", with one τ² for all groups"
        elif assumptions == {"separate"}:
            text += ", with a τ² for each group"
        paragraphs.append(
            f"{text}. This compares trials, not randomised patients: whatever else differs between "
            "the trials is mixed with the difference of interest, and the credibility of such a "
            f"finding is low {cite('schandelmaier2020')}."
        )
    if sum(len(record["groups"]) for record in records) > 1:
        paragraphs.append(
            "Many groups and endpoints are shown. No interval or p-value is adjusted for "
            "multiplicity; each describes its own comparison."
        )
    reasons = [r for r in records if r.get("overall") is None and r.get("overall_reason")]
    if reasons:
        for reason, where in by_value(reasons, lambda record: record["overall_reason"].strip()):
            end = "" if reason.endswith(".") else "."
            paragraphs.append(f"No overall estimate is given{where}. {reason}{end}")
    return paragraphs


def sensitivity(records: Sequence[Record], _: Citations) -> list[str]:
    """Say where re-analyses stand."""
    named = [
        str(record["title"])
        for record in records
        if any(item["kind"] == "reanalysis" for item in record.get("sensitivity") or ())
    ]
    if not named:
        return []
    return [
        "Re-analyses under other choices stand with their question"
        + ("." if len(named) == len(records) else f" ({'; '.join(named)}).")
    ]

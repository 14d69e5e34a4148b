"""The methods text, written from the settings that the records were made with.

A sentence stands here only if some record used what it describes; where
questions differ, each sentence names its questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.report.conclusions import endpoint_names
from trialpool.report.references import REFERENCES, Reference

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of the methods: a heading and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Methods:
    """The methods of a report and the papers that they rest on."""

    sections: tuple[Section, ...]
    references: tuple[Reference, ...]


class _Citations:
    """Collects what is cited, in order of first mention."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def __call__(self, *keys: str) -> str:
        self.keys += [key for key in keys if key not in self.keys]
        return "(" + "; ".join(REFERENCES[key].short for key in keys) + ")"


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


def write_methods(records: Sequence[Record]) -> Methods:
    """Write the methods of a set of result records.

    Parameters
    ----------
    records : sequence of mapping
        Result records as in docs/result-record.md.

    Returns
    -------
    The sections that have something to say, and the papers cited in them.
    """
    cite = _Citations()
    writers: tuple[tuple[str, Callable[[Sequence[Record], _Citations], list[str]]], ...] = (
        ("From printed numbers to effect sizes", _effect_sizes),
        ("Which results are used", _selection),
        ("What is compared", _comparisons),
        ("Pooling", _pooling),
        ("Few trials", _few_trials),
        ("Differences between groups", _group_differences),
        ("Sensitivity", _sensitivity),
    )
    sections = [Section(heading, tuple(write(records, cite))) for heading, write in writers]
    return Methods(
        tuple(section for section in sections if section.paragraphs),
        tuple(REFERENCES[key] for key in cite.keys),
    )


def _by_value(records: Sequence[Record], value: Callable[[Record], Any]) -> list[tuple[Any, str]]:
    """Distinct values, each with the questions that have it; "" where all agree."""
    titles: dict[Any, list[str]] = {}
    for record in records:
        found = value(record)
        if found not in (None, "", ()):
            titles.setdefault(found, []).append(str(record["title"]))
    if len(titles) == 1:
        return [(next(iter(titles)), "")]
    return [(found, f" (questions: {'; '.join(names)})") for found, names in titles.items()]


def _setting(name: str) -> Callable[[Record], Any]:
    def value(record: Record) -> Any:
        found = record["settings"].get(name)
        return tuple(found) if isinstance(found, list) else found

    return value


def _rungs(records: Sequence[Record]) -> set[str]:
    return {
        str((trial.get("derivation") or {}).get("rung") or "")
        for record in records
        for trial in record["trials"]
    }


def _flags(records: Sequence[Record]) -> list[str]:
    return [
        str(flag)
        for record in records
        for trial in record["trials"]
        for flag in trial.get("flags") or ()
    ]


def _effect_sizes(records: Sequence[Record], cite: _Citations) -> list[str]:
    rungs, flags = _rungs(records), _flags(records)
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
        paragraphs.append(_counts(records, flags, cite))
    if "reconstructed curve" in rungs:
        paragraphs.append(
            "Restricted mean survival times come from individual data reconstructed from published "
            f"Kaplan-Meier curves {cite('guyot2012')}; the variance of a difference is the sum "
            "over the two arms."
        )
    known = {"ratio with interval", "counts of two arms", "reconstructed curve", ""}
    others = {
        (d["rung"], d.get("formula") or "", d.get("reference") or "")
        for record in records
        for d in (trial.get("derivation") or {} for trial in record["trials"])
        if d and d.get("rung") not in known
    }
    for rung, formula, reference in sorted(others):
        paragraphs.append(f"{rung}: {formula}" + (f" ({reference})." if reference else "."))
    return paragraphs


def _counts(records: Sequence[Record], flags: Sequence[str], cite: _Citations) -> str:
    names = {"OR": "log odds ratio", "RR": "log risk ratio", "RD": "risk difference"}
    used = [names[code] for code in names if any(r["measure"] == code for r in records)]
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
    return text


def _any(flags: Iterable[str], part: str) -> bool:
    return any(part in flag for flag in flags)


def _selection(records: Sequence[Record], cite: _Citations) -> list[str]:
    sentences = []
    for policy, where in _by_value(records, _setting("report_policy")):
        if policy == "latest":
            sentences.append(
                "One result per trial and comparison enters a pool"
                f"{where}. Of several reports of a time-to-event comparison the latest data cut is "
                "used: final before update before primary before interim, then the newer report."
                if any(r["settings"].get("table") != "responses" for r in records)
                else f"One result per trial and comparison enters a pool{where}."
            )
        else:
            sentences.append(f"Report policy: {policy}{where}.")
    if any(record["settings"].get("definitions") for record in records):
        sentences.append(
            "Of several definitions of a response the first in the question’s list is used, the "
            "same in both arms and from the same report; then printed counts before percentages, "
            "then the newer report."
        )
    for policy, where in _by_value(records, _setting("multiarm")):
        if policy == "choose":
            sentences.append(
                "Of a trial with several comparisons only those named by the question enter"
                f"{where}; no two comparisons of one trial share a group."
            )
        else:
            sentences.append(f"Trials with several arms: {policy}{where}.")
    paragraphs = [" ".join(sentences)] if sentences else []
    for names, where in _by_value(records, _setting("populations")):
        paragraphs.append(
            f"Analysis populations that stand for the whole trial: {', '.join(names)}{where}."
        )
    if any(record.get("excluded") for record in records):
        paragraphs.append(
            "Every row of a question’s endpoints that is not in its pool is listed with the reason."
        )
    return paragraphs


def _comparisons(records: Sequence[Record], cite: _Citations) -> list[str]:
    paragraphs = []
    if any(group.get("mechanism") for record in records for group in record["groups"]):
        paragraphs.append(
            "A comparison is described by what the experimental arm has that the control arm "
            "lacks, and the reverse. Trials are grouped by the mechanism of what was added and by "
            "whether it was added to the control treatment or given instead of part of it; the two "
            "are different questions and never share a pooled estimate."
        )
    sides: dict[str, list[str]] = {}
    for record in records:
        measure = get_measure(record["measure"])
        null = fmt.effect(record["null_value"], measure)
        for name in endpoint_names(record):
            relation = "below" if record["benefit"] == "lower" else "above"
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


def _pooled(records: Sequence[Record]) -> list[Record]:
    return [r for r in records if any((g.get("k") or 0) > 1 for g in r["groups"])]


def _primary(records: Sequence[Record]) -> set[str | None]:
    return {
        group.get("primary_model")
        for record in records
        for group in record["groups"]
        if (group.get("k") or 0) > 1
    }


def _pooling(records: Sequence[Record], cite: _Citations) -> list[str]:
    pooled = _pooled(records)
    if not pooled:
        return []
    sentences = []
    for method, where in _by_value(pooled, _setting("tau2_method")):
        name, keys = _TAU2.get(method, (str(method), ("handbook",)))
        sentences.append(
            "Random-effects models with inverse-variance weights; the between-trial variance τ² is "
            f"estimated by {name}{where} {cite(*keys)}."
        )
    for method, where in _by_value(pooled, _setting("tau2_ci_method")):
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
    for level, where in _by_value(pooled, _setting("level")):
        sentences.append(f"Intervals have a level of {fmt.level(level)}{where}.")
    return [" ".join(sentences), *_interval_of_mean(pooled, cite), *_prediction(pooled, cite)]


def _uses_hartung_knapp(records: Sequence[Record]) -> bool:
    return any(str(r["settings"].get("ci_method") or "").startswith("hk") for r in records) or any(
        name in (group.get("models") or {})
        for r in records
        for group in r["groups"]
        for name in ("hk", "hk-adhoc")
    )


def _interval_of_mean(records: Sequence[Record], cite: _Citations) -> list[str]:
    if not _uses_hartung_knapp(records):
        return [
            f"Confidence interval of the mean: {method}{where}."
            for method, where in _by_value(records, _setting("ci_method"))
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


def _prediction(records: Sequence[Record], cite: _Citations) -> list[str]:
    sentences = []
    for method, where in _by_value(records, _setting("pi_method")):
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


def _few_trials(records: Sequence[Record], cite: _Citations) -> list[str]:
    sizes = [group.get("k") or 0 for record in records for group in record["groups"]]
    sentences = []
    if 1 in sizes:
        sentences.append(
            "A group of one trial is not pooled: the trial’s own estimate is shown, with its own "
            "interval."
        )
    if None in _primary(records):
        for limit, where in _by_value(records, primary_from):
            few = "two trials" if limit == 3 else f"two to {fmt.whole(limit - 1)} trials"
            sentences.append(f"In a group of {few} no interval is called primary{where}.")
        sentences.append(
            "With so few trials τ² is hardly known: the common-effect interval is too narrow if "
            "the trials differ, the Hartung-Knapp interval can be far too wide, and without its "
            "floor now and then too narrow. The common effect and random effects with the floor "
            "are shown side by side, and “differs by model” is a possible answer "
            f"{cite('rover2015')}."
        )
    if "hk-adhoc" in _primary(records):
        sentences.append(
            "In larger groups random effects with the Hartung-Knapp interval with floor is primary."
            if None in _primary(records)
            else "Random effects with the Hartung-Knapp interval with floor is primary."
        )
    return [" ".join(sentences)] if sentences else []


def _group_differences(records: Sequence[Record], cite: _Citations) -> list[str]:
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
        for reason, where in _by_value(reasons, lambda record: record["overall_reason"].strip()):
            end = "" if reason.endswith(".") else "."
            paragraphs.append(f"No overall estimate is given{where}. {reason}{end}")
    return paragraphs


def _sensitivity(records: Sequence[Record], cite: _Citations) -> list[str]:
    named = [str(record["title"]) for record in records if record.get("sensitivity")]
    if not named:
        return []
    return [
        "Re-analyses under other choices stand with their question"
        + ("." if len(named) == len(records) else f" ({'; '.join(named)}).")
    ]

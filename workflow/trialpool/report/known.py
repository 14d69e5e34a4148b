"""One sentence of what is known of a mechanism, with its certainty, by stated rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.markers import Comparison
from trialpool.questions.shared.words.sides import joined
from trialpool.records.results import Result
from trialpool.report.rooms import words_of
from trialpool.report.tables import GroupRow

RULES: Final[tuple[str, ...]] = (
    "Counted are the verdicts of all groups, single trials included and marked as such. A "
    "difference in risk or in mean survival time restates a ratio and is not counted, nor is a "
    "group whose trials are all in another counted group of the same name and endpoint.",
    "Certainty that the strategies work: “two or more pools agree” where at least two conclude "
    "benefit and none harm, “one pool” where one does, “no benefit shown” where harm alone is "
    "concluded, “by strategy” where both are but of different comparisons, “conflicting” where "
    "both are of one, “single trials only” where no pool concludes a direction and a single trial "
    "does, else “not settled”. Pools of several endpoints can hold the same trials.",
    "Certainty of who benefits: “shown in trials that agree” where a pool of two trials or more "
    "names a level, “suggested” where a single trial does, “not shown” where none does, “unknown” "
    "where no trial reports both levels. Comparisons of the very same rows count once; several "
    "can hold the same trial. Where more than two levels are compared at once the test that none "
    "differs counts (p below 0.05). Prognostic results never count for it.",
)


@dataclass(frozen=True)
class MarkerQuestion:
    """A question on markers as a chapter shows it.

    `left_out` are the trials that it had to leave out: name, reason, what their rows print.
    """

    href: str
    heading: str
    kind: str
    sentences: tuple[str, ...]
    left_out: tuple[tuple[str, str, str], ...]


def comparisons(results: Sequence[Result]) -> list[Comparison]:
    """List the comparisons of levels of some questions, those of the very same rows once.

    Several levels against one of reference are one answer: whether any of them differs.
    """
    found: dict[object, Comparison] = {}
    for result in results:
        words = words_of(result).on_markers(result)
        for place, one in enumerate(words.comparisons if words is not None else ()):
            found.setdefault(one.rows or (result.id, place), one)
    return list(found.values())


@dataclass(frozen=True)
class StrategyPool:
    """A group of a question in a chapter: what the rules look at."""

    row: GroupRow
    group: str
    heading: str
    measure: str
    endpoints: tuple[str, ...]
    trials: frozenset[str]


def counted(results: Sequence[StrategyPool]) -> list[StrategyPool]:
    """Leave out what says the same again: other measures of one result, parts of a pool.

    A difference in risk or in mean survival time restates a ratio of the same group. A group
    whose trials another question pools too, with the same group and endpoints (one sort of
    treatment, patients with diabetes), is a part of that one.
    """
    ratios = [one for one in results if get_measure(one.measure).is_ratio]
    kept: list[StrategyPool] = []
    for one in sorted(ratios, key=lambda r: -len(r.trials)):
        if not any(
            (other.group, other.endpoints) == (one.group, one.endpoints)
            and one.trials <= other.trials
            for other in kept
        ):
            kept.append(one)
    return [one for one in ratios if any(one is other for other in kept)]


def known(
    strategies: Sequence[StrategyPool],
    predictive: Sequence[Result],
    labels: Mapping[str, str] | None = None,
    single_arms: Sequence[str] = (),
) -> str:
    """Write the sentence of a chapter.

    Parameters
    ----------
    strategies : sequence of StrategyPool
        Groups of the chapter's strategies, over all its questions.
    predictive : sequence of Result
        Of the questions on who benefits by its markers.
    labels : mapping, optional
        Marker -> its name in the report.
    single_arms : sequence of str
        Headings of questions on single arms that use rows on its markers.

    Returns
    -------
    str
        Empty where there is no result at all.
    """
    of_use = [one for one in counted(strategies) if one.row.conclusion.word]
    parts = []
    if of_use:
        parts.append(f"{_verdicts(of_use)} ({_certainty(of_use)})")
    if predictive:
        parts.append(_who_benefits(predictive, labels or {}))
    if single_arms:
        headings = joined([f"“{heading}”" for heading in single_arms])
        parts.append(
            f"patients by a marker of this mechanism are also in single arms, which compare "
            f"nothing ({headings})"
        )
    if not parts:
        return ""
    text = "; ".join(parts) + "."
    return text[:1].upper() + text[1:]


# Verdicts in the order in which they are told, and what they are called here.
_WORDS: Final = {
    "benefit": "benefit",
    "leans-to-benefit": "leaning to benefit",
    "harm": "harm",
    "leans-to-harm": "leaning to harm",
    "little-or-no-difference": "little or no difference",
    "within-margin": "within the margin",
    "beyond-margin": "beyond the margin",
    "not-settled": "not settled",
    "margin-not-shown": "not shown to be within the margin",
    "not-pooled": "not pooled",
    "trial-benefit": "benefit in one trial",
    "trial-harm": "harm in one trial",
    "trial-not-settled": "not settled in one trial",
}
# These are said without the names of their groups.
_UNNAMED: Final = ("not-settled", "margin-not-shown", "not-pooled", "trial-not-settled")


def _verdicts(found: Sequence[StrategyPool]) -> str:
    """Count the verdicts, and name the groups of those that say more than “not settled”."""
    told = []
    for word, words in _WORDS.items():
        ours = [one for one in found if one.row.conclusion.word == word]
        if ours:
            named = "" if word in _UNNAMED else f" ({_named(ours)})"
            told.append(f"{fmt.whole(len(ours))} {words}{named}")
    pools = sum(not one.row.is_single for one in found)
    number = f"{fmt.whole(len(found))} {'verdict' if len(found) == 1 else 'verdicts'}"
    which = f", {fmt.whole(pools)} of pools" if 0 < pools < len(found) else ""
    return f"{number} on these strategies over all endpoints{which}: {joined(told)}"


def _named(found: Sequence[StrategyPool]) -> str:
    by_group: dict[str, list[str]] = {}
    for one in found:
        by_group.setdefault(one.group, []).append("/".join(one.endpoints))
    return "; ".join(
        f"{group}: {', '.join(dict.fromkeys(endpoints))}" for group, endpoints in by_group.items()
    )


def _inside(label: str) -> str:
    """Write a name as it stands inside a sentence; abbreviations keep their capitals."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def _certainty(found: Sequence[StrategyPool]) -> str:
    good, bad = (
        [one.group for one in found if one.row.conclusion.word == side]
        for side in ("benefit", "harm")
    )
    if good and bad:
        return "conflicting" if set(good) & set(bad) else "by strategy"
    if bad:
        return "no benefit shown"
    if len(good) > 1:
        return "two or more pools agree"
    if good:
        return "one pool"
    alone = any(one.row.conclusion.word in ("trial-benefit", "trial-harm") for one in found)
    return "single trials only" if alone else "not settled"


def _who_benefits(predictive: Sequence[Result], labels: Mapping[str, str]) -> str:
    """Say which markers tell who benefits, and of which nothing is known."""
    found = comparisons(predictive)
    said = [words_of(result).on_markers(result) for result in predictive]
    names = dict.fromkeys(name for words in said if words is not None for name in words.markers)
    compared = {marker for one in found for marker in one.markers}
    silent = [name for name in names if name not in compared]
    named = [name for name in names if name in compared]
    nothing = "unknown: no trial reports both levels with usable numbers"
    if not named:
        return f"whether {_any_of(silent, labels)} tells who benefits is {nothing}"
    words = f"whether {_any_of(named, labels)} tells who benefits is {_who(found)}"
    return words + (f"; whether {_any_of(silent, labels)} does is {nothing}" if silent else "")


def _any_of(names: Sequence[str], labels: Mapping[str, str]) -> str:
    return joined([_inside(labels.get(name, name)) for name in names]).replace(" and ", " or ")


def _who(found: Sequence[Comparison]) -> str:
    of = f"{fmt.whole(len(found))} comparison{'s' if len(found) > 1 else ''}"
    differ = [one for one in found if one.differs]
    if pooled := sum(one.k > 1 for one in differ):
        return f"shown in trials that agree ({fmt.whole(pooled)} of {of})"
    if differ:
        by_chance = all(one.is_likely_chance for one in differ)
        chance = " with p above 0.01, which chance is likely to explain" if by_chance else ""
        each = "each by" if len(differ) > 1 else "by"
        return f"suggested in {fmt.whole(len(differ))} of {of}, {each} one trial{chance}, " + (
            "and confirmed in none"
        )
    return f"not shown ({of})"

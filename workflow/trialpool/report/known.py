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
    "Counted are groups of two trials or more; groups of one trial are no pools. A difference in "
    "risk or in mean survival time restates a ratio and is not counted, nor is a group whose "
    "trials are all in another counted group of the same name and endpoint.",
    "A pool counts as benefit (or harm) where its sentence names that side: the whole interval "
    "lies on it, under every model that is compared.",
    "Certainty that the strategies work: “two or more pools agree” where at least two name benefit "
    "and none harm, “one pool” where one does, “not settled” where neither side is named, “no "
    "benefit shown” where harm alone is, “by strategy” where both are but of different "
    "comparisons, “conflicting” where both are of one. Pools of several endpoints can hold the "
    "same trials.",
    "Certainty of who benefits: “shown in trials that agree” where a pool of two trials or more "
    "names a level, “suggested” where a single trial does, “not shown” where none does, “unknown” "
    "where no trial reports both levels. Comparisons of the very same rows count once; several "
    "can hold the same trial. Where more than two levels are compared at once the test that none "
    "differs counts (p below 0.05). Prognostic results never count for it.",
)


@dataclass(frozen=True)
class MarkerQuestion:
    """A question on markers as a chapter shows it, with the trials that it had to leave out."""

    anchor: str
    heading: str
    kind: str
    sentences: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


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
    whose trials another question pools too, with the same group and endpoints (a line of
    treatment, patients with brain metastases), is a part of that one.
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
    of_use = counted(strategies)
    pools = [one for one in of_use if not one.row.is_single]
    alone = len(of_use) - len(pools)
    parts = []
    if pools:
        besides = f", besides {_results(alone)} of one trial each" if alone > 1 else ""
        besides = f", besides {_results(1)} of one trial" if alone == 1 else besides
        parts.append(f"{_pools(pools)} ({_certainty(pools)}){besides}")
    elif alone:
        each = " each" if alone > 1 else ""
        parts.append(f"these strategies have no pool, only {_results(alone)} of one trial{each}")
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


def _pools(pools: Sequence[StrategyPool]) -> str:
    """Say what the pools show."""
    verdicts = [one.row.conclusion.verdict for one in pools]
    if len(pools) == 1:
        words = {"benefit": "benefit", "harm": "harm"}.get(verdicts[0])
        if words is None:
            rest = "depends on the model" if verdicts[0] == "differs" else "is undecided"
        else:
            where = f"{pools[0].group}: {'/'.join(pools[0].endpoints)}"
            rest = f"shows {words} under every model ({where})"
        return f"the one pool of these strategies over all endpoints {rest}"
    found = [_show(pools, "benefit")]
    good, bad, differ = (verdicts.count(side) for side in ("benefit", "harm", "differs"))
    if bad:
        found.append(_show(pools, "harm"))
    if differ:
        found.append(f"{fmt.whole(differ)} {'depends' if differ == 1 else 'depend'} on the model")
    if rest_of := len(pools) - good - bad - differ:
        found.append(f"{fmt.whole(rest_of)} {'is' if rest_of == 1 else 'are'} undecided")
    return f"of {fmt.whole(len(pools))} pools of these strategies over all endpoints, " + (
        joined(found)
    )


def _results(number: int) -> str:
    return f"{fmt.whole(number)} {'result' if number == 1 else 'results'}"


def _inside(label: str) -> str:
    """Write a name as it stands inside a sentence; abbreviations keep their capitals."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def _show(pools: Sequence[StrategyPool], what: str) -> str:
    """Say how many pools name a side, and which."""
    ours = [one for one in pools if one.row.conclusion.verdict == what]
    if not ours:
        return f"none shows {what} under every model"
    by_group: dict[str, list[str]] = {}
    for one in ours:
        by_group.setdefault(one.group, []).append("/".join(one.endpoints))
    named = "; ".join(
        f"{group}: {', '.join(dict.fromkeys(endpoints))}" for group, endpoints in by_group.items()
    )
    verb = "shows" if len(ours) == 1 else "show"
    return f"{fmt.whole(len(ours))} {verb} {what} under every model ({named})"


def _certainty(pools: Sequence[StrategyPool]) -> str:
    good, bad = (
        [one.group for one in pools if one.row.conclusion.verdict == side]
        for side in ("benefit", "harm")
    )
    if good and bad:
        return "conflicting" if set(good) & set(bad) else "by strategy"
    if bad:
        return "no benefit shown"
    if len(good) > 1:
        return "two or more pools agree"
    return "one pool" if good else "not settled"


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

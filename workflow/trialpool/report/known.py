"""One sentence of what is known of a mechanism, with its certainty, by stated rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.report.interactions import sentence
from trialpool.report.reanalyses import sensitivity_of
from trialpool.report.sides import joined
from trialpool.report.tables import GroupRow

# Where several levels are compared at once a test, not an interval, says whether any differs.
_BELOW: Final = 0.05
_RESTATED: Final = frozenset({"RD", "RMSTD"})

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
    "where no trial reports both levels. Comparisons of several questions can hold the same trial. "
    "Where more than two levels are compared at once the test that none differs counts (p below "
    "0.05). Prognostic results never count for it.",
)


@dataclass(frozen=True)
class MarkerQuestion:
    """A question on markers as a chapter shows it, with the trials that it had to leave out."""

    anchor: str
    heading: str
    kind: str
    sentences: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


def marker_sentences(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Sentences of a question on markers, one per group; empty for other questions."""
    if "interaction" in record:
        return (
            *(sentence(group, record) for group in record["groups"]),
            *_by_subtraction(record),
        )
    if "prognostic" in record:
        return tuple(_prognostic(group, record) for group in record["groups"])
    return ()


def _by_subtraction(record: Mapping[str, Any]) -> list[str]:
    shown = sensitivity_of(record, "subtraction")
    measure = get_measure(record["measure"]).name
    return [
        f"For sensitivity only, {row.group}: {measure} {row.effect} {row.analysis} ({row.trials})."
        for row in (shown.rows if shown else ())
    ]


def names_a_level(record: Mapping[str, Any]) -> tuple[int, int]:
    """Count the groups of an interaction whose interval excludes no difference: pools, trials."""
    found = [0, 0]
    for one in record.get("joint") or ():
        # Several levels of one comparison are one answer: whether any of them differs.
        test = one["models"].get("hk-adhoc", next(iter(one["models"].values())))["test"]
        found[one["k"] == 1] += test["p_value"] < _BELOW
    if "joint" in record:
        return found[0], found[1]
    for group in record["groups"] if "interaction" in record else ():
        pool = group if group["primary_model"] else group["models"]["hk-adhoc"]
        lower, upper = pool["ci_lower"], pool["ci_upper"]
        if lower is not None and upper is not None and (lower > 0.0 or upper < 0.0):
            found[group["k"] == 1] += 1
    return found[0], found[1]


def _prognostic(group: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    first, second = record["prognostic"]["levels"]
    measure = get_measure(record["measure"])
    pool = group if group["primary_model"] else group["models"]["hk-adhoc"]
    shown = fmt.effect_with_interval(pool["estimate"], pool["ci_lower"], pool["ci_upper"], measure)
    names = [trial["label"] for trial in record["trials"]]
    who = names[0] if group["k"] == 1 else f"{group['k']} trials"
    what = " or ".join(record["endpoint_names"].values())
    marker = record["prognostic"]["biomarker"]
    return (
        f"{marker} {first} against {second} under the same treatment, {what}: {measure.name} "
        f"{shown} ({who}). It says nothing of whom the treatment helps."
    )


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
    ratios = [one for one in results if one.measure not in _RESTATED]
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
    predictive: Sequence[Mapping[str, Any]],
    labels: Mapping[str, str] | None = None,
    single_arms: Sequence[str] = (),
) -> str:
    """Write the sentence of a chapter.

    Parameters
    ----------
    strategies : sequence of StrategyPool
        Groups of the chapter's strategies, over all its questions.
    predictive : sequence of mapping
        Records of the interactions on its markers.
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
        verdicts = [one.row.conclusion.verdict for one in pools]
        found = [_show(pools, "benefit")]
        good, bad = (verdicts.count(side) for side in ("benefit", "harm"))
        if bad:
            found.append(_show(pools, "harm"))
        differ = verdicts.count("differs")
        if differ:
            found.append(
                f"{fmt.whole(differ)} {'depends' if differ == 1 else 'depend'} on the model"
            )
        if rest := len(pools) - good - bad - differ:
            found.append(f"{fmt.whole(rest)} {'is' if rest == 1 else 'are'} undecided")
        noun = "pool" if len(pools) == 1 else "pools"
        besides = f", besides {_results(alone)} of one trial each" if alone > 1 else ""
        parts.append(
            f"of {fmt.whole(len(pools))} {noun} of these strategies over all endpoints, "
            f"{joined(found)} ({_certainty(pools)}){besides}"
        )
    elif alone:
        each = " each" if alone > 1 else ""
        parts.append(f"these strategies have no pool, only {_results(alone)} of one trial{each}")
    if predictive:
        counts = [names_a_level(record) for record in predictive]
        pooled, single = (sum(pair[place] for pair in counts) for place in (0, 1))
        groups = sum(len(record.get("joint") or record["groups"]) for record in predictive)
        names = dict.fromkeys(m for r in predictive for m in r["interaction"]["biomarkers"])
        markers = [_inside((labels or {}).get(name, name)) for name in names]
        named = joined(markers).replace(" and ", " or ")
        parts.append(f"whether {named} tells who benefits is {_who(pooled, single, groups)}")
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


def _who(pooled: int, single: int, groups: int) -> str:
    if not groups:
        return "unknown: no trial reports both levels with usable numbers"
    of = f"{fmt.whole(groups)} comparison{'s' if groups > 1 else ''}"
    if pooled:
        return f"shown in trials that agree ({fmt.whole(pooled)} of {of})"
    if single:
        return f"suggested in {fmt.whole(single)} of {of}, each by one trial, and confirmed in none"
    return f"not shown ({of})"

"""One sentence of what is known of a mechanism, with its certainty, by stated rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.report.interactions import sentence
from trialpool.report.sides import joined
from trialpool.report.tables import GroupRow

RULES: Final[tuple[str, ...]] = (
    "Counted are groups of two trials or more; groups of one trial are no pools.",
    "A pool counts as benefit (or harm) where its sentence names that side: the whole interval "
    "lies on it, under every model that is compared.",
    "Certainty that the strategies work: “two or more pools agree” where at least two name benefit "
    "and none harm, “one pool” where one does, “not settled” where neither side is named, “no "
    "benefit shown” where harm alone is, “conflicting” where both are. Pools of several endpoints "
    "can hold the same trials.",
    "Certainty of who benefits: “shown in trials that agree” where a pool of two trials or more "
    "names a level, “suggested” where a single trial does, “not shown” where none does, “unknown” "
    "where no trial reports both levels. Prognostic results never count for it.",
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
        return tuple(sentence(group, record) for group in record["groups"])
    if "prognostic" in record:
        return tuple(_prognostic(group, record) for group in record["groups"])
    return ()


def names_a_level(record: Mapping[str, Any]) -> tuple[int, int]:
    """Count the groups of an interaction whose interval excludes no difference: pools, trials."""
    found = [0, 0]
    for group in record["groups"] if "interaction" in record else ():
        pool = group if group["primary_model"] else group["models"]["hk-adhoc"]
        lower, upper = pool["ci_lower"], pool["ci_upper"]
        if lower is not None and upper is not None and (lower > 0.0 or upper < 0.0):
            found[group["k"] == 1] += 1
    return found[0], found[1]


def _prognostic(group: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    from trialpool.measures import get_measure

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


def known(strategies: Sequence[GroupRow], predictive: Sequence[Mapping[str, Any]]) -> str:
    """Write the sentence of a chapter.

    Parameters
    ----------
    strategies : sequence of GroupRow
        Groups of the chapter's strategies, over all its questions.
    predictive : sequence of mapping
        Records of the interactions on its markers.

    Returns
    -------
    str
        Empty where there is neither a pool nor a question.
    """
    pools = [row for row in strategies if not row.is_single]
    verdicts = [row.conclusion.verdict for row in pools]
    good, bad = verdicts.count("benefit"), verdicts.count("harm")
    alone = len(strategies) - len(pools)
    parts = []
    if pools:
        found = [_show(good, "benefit"), *([_show(bad, "harm")] if bad else [])]
        differ = verdicts.count("differs")
        if differ:
            found.append(
                f"{fmt.whole(differ)} {'depends' if differ == 1 else 'depend'} on the model"
            )
        if rest := len(pools) - good - bad - differ:
            found.append(f"{fmt.whole(rest)} {'is' if rest == 1 else 'are'} undecided")
        noun = "pool" if len(pools) == 1 else "pools"
        besides = f", besides {fmt.whole(alone)} results of one trial each" if alone > 1 else ""
        parts.append(
            f"of {fmt.whole(len(pools))} {noun} of these strategies over all endpoints, "
            f"{joined(found)} ({_certainty(good, bad)}){besides}"
        )
    if predictive:
        counted = [names_a_level(record) for record in predictive]
        pooled, single = (sum(pair[place] for pair in counted) for place in (0, 1))
        groups = sum(len(record["groups"]) for record in predictive)
        names = dict.fromkeys(m for r in predictive for m in r["interaction"]["biomarkers"])
        markers = joined(list(names)).replace(" and ", " or ")
        parts.append(f"whether {markers} tells who benefits is {_who(pooled, single, groups)}")
    if not parts:
        return ""
    text = "; ".join(parts) + "."
    return text[:1].upper() + text[1:]


def _show(number: int, what: str) -> str:
    if number == 0:
        return f"none shows {what} under every model"
    return f"{fmt.whole(number)} {'shows' if number == 1 else 'show'} {what} under every model"


def _certainty(good: int, bad: int) -> str:
    if good and bad:
        return "conflicting"
    if bad:
        return "no benefit shown"
    if good > 1:
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

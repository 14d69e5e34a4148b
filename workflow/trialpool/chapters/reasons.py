"""Why the rows on a marker are not pooled, stated by rules on the rows alone.

The rules only count: how many trials, comparisons and endpoints there are, and
whether two trials without shared patients report the same levels for the same
comparison and endpoint. Where they do, that is said too, with their names: it
is then a question that nobody has put yet, not one that cannot be answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from trialpool.chapters.material import Material
from trialpool.records.chapters import (
    EffectSet,
    MarkerReason,
    MarkerSet,
    OutcomeSet,
    ResponseSet,
)

_Key = tuple[str, ...]
_NOUNS: Final = {
    "effects": ("result by level", "results by level"),
    "responses": ("response rate", "response rates"),
    "outcomes": ("contrast of levels", "contrasts of levels"),
}


def reasons_of(
    material: Material,
    markers: Sequence[str],
    effects: Sequence[EffectSet],
    responses: Sequence[ResponseSet],
    outcomes: Sequence[OutcomeSet],
) -> list[MarkerReason]:
    """State for each marker and kind of row what there is and why it is not pooled.

    Parameters
    ----------
    material : Material
    markers : sequence of str
        Canonical names.
    effects, responses, outcomes
        Their rows, in sets.
    """
    found = []
    for marker in markers:
        if ours := [one for one in effects if one.marker == marker]:
            found.append(_reason(marker, "effects", _effects(material, ours), ours))
        if rates := [one for one in responses if one.marker == marker]:
            found.append(_reason(marker, "responses", _responses(material, rates), rates))
        if levels := [one for one in outcomes if one.marker == marker]:
            found.append(_reason(marker, "outcomes", _outcomes(material, levels), levels))
    return found


def _reason(marker: str, kind: str, text: str, sets: Sequence[MarkerSet]) -> MarkerReason:
    used = [question for one in sets for row in one.rows for question in row.questions]
    return MarkerReason(marker=marker, kind=kind, text=text, questions=tuple(dict.fromkeys(used)))


def _effects(material: Material, sets: Sequence[EffectSet]) -> str:
    groups = len({one.group for one in sets})
    usable = sum(row.status == "effect" for one in sets for row in one.rows)
    levels: dict[_Key, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in sets:
        for row in one.rows:
            if row.status == "effect":
                levels[one.group, one.endpoint][one.trial_id].add(row.level)
    spread = f"{_count(groups, 'comparison')}, {_endpoints(sets)}"
    known = f"{_intro(sets, 'effects', f'{_none_of(usable)} with an interval')}; {spread}"
    if not any(len(found) > 1 for trials in levels.values() for found in trials.values()):
        return f"{known}. No trial gives intervals at two levels."
    return f"{known}. {_shared(material, levels, 'intervals at two levels')}"


def _responses(material: Material, sets: Sequence[ResponseSet]) -> str:
    usable = sum(row.status == "count" for one in sets for row in one.rows)
    levels: dict[_Key, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in sets:
        for group, both in _levels_in_both_arms(material, one):
            levels[group, one.endpoint][one.trial_id] |= both
    known = f"{_intro(sets, 'responses', f'{_none_of(usable)} with counts')}; {_endpoints(sets)}"
    if not any(len(found) > 1 for trials in levels.values() for found in trials.values()):
        return f"{known}. No trial gives counts at two levels in both arms of a comparison."
    return f"{known}. {_shared(material, levels, 'counts at two levels in both arms')}"


def _levels_in_both_arms(material: Material, one: ResponseSet) -> Iterator[tuple[str, set[str]]]:
    """Yield the levels counted in both arms of each randomised comparison of one report."""
    trial_id = one.trial_id
    if material.library.trials[trial_id]["design"] != "rct":
        return
    counted: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    roles: dict[str, str] = {}
    for row in one.rows:
        if row.status == "count":
            counted[row.source_id, row.definition][row.arm_id].add(row.level)
            roles[row.arm_id] = row.role
    for arms in counted.values():
        for ours, theirs in ((a, b) for a in arms for b in arms):
            if (roles[ours], roles[theirs]) == ("experimental", "control"):
                strategy = material.library.compared(trial_id, ours, theirs).strategy
                yield strategy.label, arms[ours] & arms[theirs]


def _outcomes(material: Material, sets: Sequence[OutcomeSet]) -> str:
    usable = [(one, row) for one in sets for row in one.rows if row.status == "effect"]
    usable_words = f"{_none_of(len(usable))} with a ratio and its interval"
    known = f"{_intro(sets, 'outcomes', usable_words)}; {_endpoints(sets)}"
    if len({one.trial_id for one, _ in usable}) < 2:
        return f"{known}. Fewer than two trials give a ratio and its interval."
    trials: dict[_Key, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one, row in usable:
        what = " against ".join(sorted(filter(None, (row.level_a, row.level_b))))
        key = (f"{what} ({row.measure})", one.endpoint)
        trials[key][one.trial_id].add(_treatment(material, one.trial_id, row.arm_id))
    sentences = []
    for (what, endpoint), by_trial in trials.items():
        names = _disjoint(material, by_trial, lambda a, b: True)
        if names:
            treatments = {words for trial_id in names for words in by_trial[trial_id]}
            under = "under the same agents" if len(treatments) == 1 else "under different agents"
            sentences.append(f"{_names(material, names)} give {what} for {endpoint}, {under}")
    if not sentences:
        return f"{known}. No two trials with separate patients share endpoint, levels and measure."
    return f"{known}. {_stop(sentences)}"


def _treatment(material: Material, trial_id: str, arm_id: str) -> str:
    arm = material.library.arms.get((trial_id, arm_id))
    return str(arm["agents"]) if arm else f"all arms of {trial_id}"


def _shared(material: Material, levels: Mapping[_Key, Mapping[str, set[str]]], what: str) -> str:
    """Name the trials that report the same two levels of one comparison and endpoint."""
    sentences = []
    for (group, endpoint), trials in levels.items():
        names = _disjoint(material, trials, lambda a, b: len(a & b) > 1)
        if names:
            sentences.append(f"{_names(material, names)} give {what} for “{group}”, {endpoint}")
    if sentences:
        return _stop(sentences)
    able = {t for trials in levels.values() for t, found in trials.items() if len(found) > 1}
    if len(able) == 1:
        return f"Only {_names(material, able)} gives {what}."
    return (
        f"{_names(material, able)} give {what}, but no two with separate patients the same "
        "levels of the same comparison and endpoint."
    )


def _disjoint(
    material: Material,
    trials: Mapping[str, set[str]],
    fits: Callable[[set[str], set[str]], bool],
) -> list[str]:
    """Return the trials that fit another one with which they share no patients."""
    overlaps = [
        {entry["pooled"], member}
        for entry in material.taxonomy.get("overlaps", [])
        for member in entry["members"]
    ]
    found: dict[str, None] = {}
    for one, other in combinations(trials, 2):
        if {one, other} not in overlaps and fits(trials[one], trials[other]):
            found |= dict.fromkeys((one, other))
    return list(found)


def _stop(sentences: Sequence[str]) -> str:
    return "; ".join(sentences) + ". No question of this report pools them."


def _intro(sets: Sequence[MarkerSet], kind: str, usable: str) -> str:
    rows = sum(len(one.rows) for one in sets)
    trials = len({one.trial_id for one in sets})
    noun = _NOUNS[kind][rows != 1]
    return f"{rows} {noun} from {_count(trials, 'trial')}, {usable}"


def _endpoints(sets: Sequence[MarkerSet]) -> str:
    names = dict.fromkeys(one.endpoint for one in sets)
    return f"{'endpoint' if len(names) == 1 else 'endpoints'} {_list(names)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _none_of(number: int) -> str:
    return str(number) if number else "none"


def _names(material: Material, trial_ids: Iterable[str]) -> str:
    return _list(sorted({material.trial_name(t) for t in trial_ids}, key=str.casefold))


def _list(words: Iterable[Any]) -> str:
    shown = list(words)
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)

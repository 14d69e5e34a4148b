"""What one hazard ratio hides: early and late, by stated rules from the record's `curves`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.report.sides import Side, capital, joined, side_of_null
from trialpool.report.svg import InlineFigure, SharedStyles, inline_figure

Record = Mapping[str, Any]

COURSE_RULES: Final = (
    "Early is up to the last landmark within half of the time that all trials of a group reach, "
    "late from there to that time. Early and late are uncorrelated within a trial, so their ratio "
    "is taken trial by trial and pooled.",
    "The effect is said to change with time where the interval of late over early excludes 1, or "
    "where the test of proportional hazards of a trial’s curve fails (p < 0.05); of twenty curves "
    "with proportional hazards one would fail it.",
    "Hidden are intervals whose hazard ratio lies with its whole interval on a side of 1 on which "
    "the one over the whole follow-up does not; of many intervals one may be so by chance.",
    "Of several trials the common effect is quoted; random effects stand in the table.",
)
_MODELS: Final = {
    "common-effect": "common effect",
    "hk-adhoc": "random effects, HK with floor",
    "single-trial": "the trial",
}
_HR: Final = get_measure("HR")
_NOUNS: Final = {"OS": "deaths", "PFS": "progressions or deaths"}


@dataclass(frozen=True)
class CourseGroup:
    """A group in words."""

    label: str
    trials: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class RatioRow:
    """Hazard ratio of a stretch of time: every model, and the trials' own."""

    group: str
    months: str
    k: str
    models: tuple[tuple[str, str], ...]
    trials: tuple[str, ...]


@dataclass(frozen=True)
class SurvivalRow:
    """Survival of both arms at a landmark."""

    group: str
    months: str
    k: str
    experimental: str
    control: str


@dataclass(frozen=True)
class CourseSection:
    """What the section shows."""

    groups: tuple[CourseGroup, ...]
    ratios: tuple[RatioRow, ...]
    survival: tuple[SurvivalRow, ...]
    rules: tuple[str, ...]
    data: str
    figure: InlineFigure | None


def prepare_course(record: Record, svg: str | None, styles: SharedStyles) -> CourseSection | None:
    """Prepare the section; None for a record without curves."""
    entries = record.get("curves") or ()
    if not entries:
        return None
    kinds = {entry["data"] for entry in entries}
    data = {
        frozenset({"landmarks"}): "survival and its standard error at the landmarks",
        frozenset({"individual"}): "individual data reconstructed from the curves",
    }.get(frozenset(kinds), "landmarks, and individual data where curves were at hand")
    figure_id = f"{record['id']}-curves"
    return CourseSection(
        groups=tuple(_group(entry, record) for entry in entries),
        ratios=tuple(row for entry in entries for row in _ratios(entry)),
        survival=tuple(row for entry in entries for row in _survival(entry)),
        rules=COURSE_RULES,
        data=data,
        figure=None if svg is None else inline_figure(svg, figure_id, styles),
    )


def _quoted(pool: Record) -> Record:
    """Give the pool that sentences quote."""
    if pool["primary_model"] is None and pool["models"]:
        return dict(pool["models"]["common-effect"])
    return pool


def _text(pool: Record) -> str:
    shown = _quoted(pool)
    return fmt.effect_with_interval(shown["estimate"], shown["ci_lower"], shown["ci_upper"], _HR)


def _side(pool: Record | None) -> Side:
    return "unknown" if pool is None else side_of_null(_quoted(pool))


def _months(pool: Record) -> str:
    return f"{pool['start']:g} to {pool['end']:g}"


def _group(entry: Record, record: Record) -> CourseGroup:
    if entry["note"]:
        sentences: tuple[str, ...] = (f"Not pooled: {entry['note']}.",)
    else:
        sentences = tuple(_sentences(entry, record))
    return CourseGroup(str(entry["group"]), ", ".join(entry["trials"]), sentences)


def _sentences(entry: Record, record: Record) -> Iterable[str]:
    early, late, change = (entry[name] for name in ("early", "late", "change"))
    if not entry["pooled"]:
        yield f"Known to month {_end(entry):g} only, short of the horizon: not in the pools above."
    failing = [
        f"{item['trial']}, {fmt.p_statement(item['p_value'])}" for item in entry["not_proportional"]
    ]
    shift = _side(change)
    if shift in ("lower", "higher"):
        yield f"The effect changes with time: {_course(_side(early), _side(late), shift)}."
    if failing:
        yield (
            f"The test of proportional hazards fails ({'; '.join(failing)}): where hazards are not "
            "proportional one ratio averages over time and depends on the length of follow-up."
        )
    elif shift not in ("lower", "higher"):
        yield "That the effect changes with time is not shown."
    if hidden := list(_hidden(entry, record)):
        yield f"The one ratio hides {joined(hidden)}."
    yield from _ratios_in_words(entry)
    yield from _distance(entry)
    yield from _gained(entry, record)


def _end(entry: Record) -> float:
    return max(float(pool["end"]) for pool in entry["intervals"])


def _ratios_in_words(entry: Record) -> Iterable[str]:
    """Give the ratio over the whole follow-up, early and late."""
    whole, early, late, change = (entry[name] for name in ("whole", "early", "late", "change"))
    if whole["estimate"] is None:
        return
    several = " (common effect)" if entry["k"] > 1 else ""
    words = f"one hazard ratio over the whole follow-up is {_text(whole)}{several}"
    if early and late and change["estimate"] is not None:
        words += (
            f"; up to month {early['end']:g} it is {_text(early)}, from then to month "
            f"{late['end']:g} it is {_text(late)} (late over early {_text(change)})"
        )
    yield capital(words) + "."


def _course(early: Side, late: Side, shift: Side) -> str:
    """Say how the effect moves, from the sides of 1 on which early and late lie."""
    if {early, late} == {"lower", "higher"}:
        return "early and late lie on opposite sides of 1"
    if early in ("lower", "higher") and late == "neither":
        towards = "higher" if early == "lower" else "lower"
        if shift == towards:
            side = "benefit" if early == "lower" else "harm"
            return f"a {side} early, none shown later"
    if late in ("lower", "higher") and early == "neither":
        return f"none shown early, a {'benefit' if late == 'lower' else 'harm'} later"
    return f"later hazard ratios are {shift}"


def _hidden(entry: Record, record: Record) -> Iterable[str]:
    nouns = {_NOUNS.get(code, "events") for code in record["endpoints"]}
    noun = nouns.pop() if len(nouns) == 1 else "events"
    answer = _side(entry["whole"])
    for pool in entry["intervals"]:
        side = _side(pool) if pool["estimate"] is not None else "unknown"
        if side in ("lower", "higher") and side != answer:
            more = "fewer" if side == "lower" else "more"
            name = record["arm_names"]["experimental"]
            arm = "the experimental treatment" if name == "experimental" else f"the {name}"
            yield f"{more} {noun} with {arm} in months {_months(pool)} ({_text(pool)})"


def _distance(entry: Record) -> Iterable[str]:
    """Say where the curves are farthest apart, and how far at the last landmark."""
    pairs = [
        pair
        for pair in zip(entry["arms"]["experimental"], entry["arms"]["control"], strict=True)
        if pair[0]["k"] == entry["k"]
    ]
    if not pairs:
        return
    ours, theirs = max(pairs, key=lambda pair: abs(pair[0]["survival"] - pair[1]["survival"]))
    last = pairs[-1]
    landmark = "landmark" if entry["k"] == 1 else "that all trials reach"
    words = f"The curves are farthest apart at month {ours['months']:g}: {_points(ours, theirs)}"
    if last[0]["months"] != ours["months"]:
        words += f"; at month {last[0]['months']:g}, the last {landmark}, {_points(*last)}"
    yield f"{words}."


def _points(ours: Record, theirs: Record) -> str:
    values = [fmt.number(100 * mark["survival"], 1) for mark in (ours, theirs)]
    return f"{values[0]}% against {values[1]}%"


def _gained(entry: Record, record: Record) -> Iterable[str]:
    """Repeat the difference in months from the group's own pool."""
    horizon = record["settings"].get("horizon_months")
    group = next((g for g in record["groups"] if g["label"] == entry["group"]), None)
    if group is None or not horizon or not entry["pooled"]:
        return
    measure = get_measure(record["measure"])
    pool = group
    if group["primary_model"] is None and group["models"]:
        pool = group["models"]["common-effect"]
    text = fmt.effect_with_interval(pool["estimate"], pool["ci_lower"], pool["ci_upper"], measure)
    several = ", common effect" if group["k"] > 1 else ""
    other = (group["models"] or {}).get("hk-adhoc") if pool is not group else None
    if other and side_of_null(other) != side_of_null(pool):
        shown = fmt.effect_with_interval(
            other["estimate"], other["ci_lower"], other["ci_upper"], measure
        )
        several += f"; random effects {shown}, so it depends on the model"
    yield (
        f"Mean time free of the event up to month {horizon:g}: a difference of {text} "
        f"{measure.unit}{several}."
    )


def _ratios(entry: Record) -> Iterable[RatioRow]:
    named = [(_months(pool), pool) for pool in entry["intervals"]]
    for name in ("early", "late"):
        if pool := entry[name]:
            named.append((f"{name}: {_months(pool)}", pool))
    for name, words in (("change", "late over early"), ("whole", "whole follow-up")):
        if pool := entry[name]:
            named.append((words, pool))
    for words, pool in named:
        if pool["estimate"] is None:
            models: tuple[tuple[str, str], ...] = (("no event in an arm", ""),)
        elif pool["models"]:
            models = tuple((_text_of(m), _MODELS[n]) for n, m in pool["models"].items())
        else:
            models = ((_text_of(pool), ""),)
        own = tuple(f"{item['trial']} {_text_of(item)}" for item in pool["trials"])
        yield RatioRow(
            str(entry["group"]), words, fmt.whole(pool["k"]), models, own if pool["k"] > 1 else ()
        )


def _text_of(pool: Record) -> str:
    return fmt.effect_with_interval(pool["estimate"], pool["ci_lower"], pool["ci_upper"], _HR)


def _survival(entry: Record) -> Iterable[SurvivalRow]:
    arms = entry["arms"]
    if not arms:
        return
    for ours, theirs in zip(arms["experimental"], arms["control"], strict=True):
        texts = []
        for mark in (ours, theirs):
            values = [fmt.number(100 * mark[n], 1) for n in ("survival", "ci_lower", "ci_upper")]
            texts.append(f"{values[0]} [{values[1]} to {values[2]}]")
        yield SurvivalRow(
            str(entry["group"]), f"{ours['months']:g}", fmt.whole(ours["k"]), texts[0], texts[1]
        )

"""Curves on the page: what one hazard ratio hides, early and late, by stated rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.parts import Part
from trialpool.questions.shared.words.sides import (
    Estimated,
    Side,
    capital,
    effect_text,
    joined,
    noun_of_failures,
    side_of_null,
    with_experimental,
)
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.records.mean_time import (
    Course,
    MeanTimeResult,
    PeriodRatio,
    PooledRatio,
    PooledSurvival,
)

FOREST_REMARK: Final = ""
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
_HR: Final = get_measure("HR")


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


def figures(result: MeanTimeResult) -> tuple[str, ...]:
    """Name the figures beside the forest plot."""
    return ("curves",) if result.curves else ()


def parts(result: MeanTimeResult) -> tuple[Part, ...]:
    """Prepare the section on the course over time; nothing for a result without curves."""
    if not result.curves:
        return ()
    data = {
        frozenset({"landmarks"}): "survival and its standard error at the landmarks",
        frozenset({"individual"}): "individual data reconstructed from the curves",
    }.get(
        frozenset(entry.data for entry in result.curves),
        "landmarks, and individual data where curves were at hand",
    )
    shown = CourseSection(
        groups=tuple(_group(entry, result) for entry in result.curves),
        ratios=tuple(row for entry in result.curves for row in _ratios(entry)),
        survival=tuple(row for entry in result.curves for row in _survival(entry)),
        rules=COURSE_RULES,
        data=data,
    )
    return (Part("course", "mean_time/page.html.j2", shown),)


def _quoted(pool: PooledRatio) -> Estimated:
    """Give the pool that sentences quote."""
    common = pool.models.common_effect
    return pool if common is None or pool.primary_model is not None else common


def _text(pool: PooledRatio) -> str:
    return effect_text(_quoted(pool), _HR)


def _side(pool: PooledRatio | None) -> Side:
    return "unknown" if pool is None else side_of_null(_quoted(pool))


def _months(pool: PeriodRatio) -> str:
    return f"{pool.start:g} to {pool.end:g}"


def _group(entry: Course, result: MeanTimeResult) -> CourseGroup:
    noted = (f"Not pooled: {entry.note}.",)
    sentences = noted if entry.note else tuple(_sentences(entry, result))
    return CourseGroup(entry.group, ", ".join(entry.trials), sentences)


def _sentences(entry: Course, result: MeanTimeResult) -> Iterator[str]:
    if not entry.pooled:
        end = max(pool.end for pool in entry.intervals)
        yield f"Known to month {end:g} only, short of the horizon: not in the pools above."
    failing = [f"{one.trial}, {fmt.p_statement(one.p_value)}" for one in entry.not_proportional]
    shift = _side(entry.change)
    if shift in ("lower", "higher"):
        yield (
            "The effect changes with time: "
            f"{_course(_side(entry.early), _side(entry.late), shift)}."
        )
    if failing:
        yield (
            f"The test of proportional hazards fails ({'; '.join(failing)}): where hazards are not "
            "proportional one ratio averages over time and depends on the length of follow-up."
        )
    elif shift not in ("lower", "higher"):
        yield "That the effect changes with time is not shown."
    if hidden := list(_hidden(entry, result)):
        yield f"The one ratio hides {joined(hidden)}."
    yield from _ratios_in_words(entry)
    yield from _distance(entry)
    yield from _gained(entry, result)


def _ratios_in_words(entry: Course) -> Iterator[str]:
    """Give the ratio over the whole follow-up, early and late."""
    whole, early, late, change = entry.whole, entry.early, entry.late, entry.change
    if whole is None or whole.estimate is None:
        return
    several = " (common effect)" if entry.k > 1 else ""
    words = f"one hazard ratio over the whole follow-up is {_text(whole)}{several}"
    if early and late and change and change.estimate is not None:
        words += (
            f"; up to month {early.end:g} it is {_text(early)}, from then to month "
            f"{late.end:g} it is {_text(late)} (late over early {_text(change)})"
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


def _hidden(entry: Course, result: MeanTimeResult) -> Iterator[str]:
    answer = _side(entry.whole)
    for pool in entry.intervals:
        side = _side(pool)
        if side in ("lower", "higher") and side != answer:
            more = "fewer" if side == "lower" else "more"
            failures = noun_of_failures(result.endpoint_events.values())
            yield (
                f"{more} {failures} {with_experimental(result)} in months "
                f"{_months(pool)} ({_text(pool)})"
            )


def _distance(entry: Course) -> Iterator[str]:
    """Say where the curves are farthest apart, and how far at the last landmark."""
    arms = zip(entry.arms.experimental, entry.arms.control, strict=True)
    pairs = [pair for pair in arms if pair[0].k == entry.k]
    if not pairs:
        return
    ours, theirs = max(pairs, key=lambda pair: abs(pair[0].survival - pair[1].survival))
    last = pairs[-1]
    landmark = "landmark" if entry.k == 1 else "that all trials reach"
    words = f"The curves are farthest apart at month {ours.months:g}: {_points(ours, theirs)}"
    if last[0].months != ours.months:
        words += f"; at month {last[0].months:g}, the last {landmark}, {_points(*last)}"
    yield f"{words}."


def _points(ours: PooledSurvival, theirs: PooledSurvival) -> str:
    return f"{_percent(ours.survival)}% against {_percent(theirs.survival)}%"


def _percent(survival: float) -> str:
    return fmt.number(100 * survival, 1)


def _gained(entry: Course, result: MeanTimeResult) -> Iterator[str]:
    """Repeat the difference in months from the group's own pool."""
    group = next((group for group in result.groups if group.label == entry.group), None)
    if group is None or not entry.pooled:
        return
    measure = get_measure(result.measure)
    yield (
        f"Mean time free of the event up to month {group.horizon_months:g}: "
        f"a difference of {effect_text(group, measure)} {measure.unit}."
    )


def _ratios(entry: Course) -> Iterator[RatioRow]:
    named: list[tuple[str, PooledRatio | None]]
    named = [(_months(pool), pool) for pool in entry.intervals]
    periods = (("early", entry.early), ("late", entry.late))
    named += [(f"{name}: {_months(pool)}", pool) for name, pool in periods if pool]
    named += [("late over early", entry.change), ("whole follow-up", entry.whole)]
    for words, pool in named:
        if pool is not None:
            own = tuple(f"{one.trial} {effect_text(one, _HR)}" for one in pool.trials)
            yield RatioRow(
                entry.group, words, fmt.whole(pool.k), _models(pool), own if pool.k > 1 else ()
            )


def _models(pool: PooledRatio) -> tuple[tuple[str, str], ...]:
    """Print a ratio by every model, with the name of the model."""
    if pool.estimate is None:
        return (("no event in an arm", ""),)
    models = (
        ("common effect", pool.models.common_effect),
        ("random effects, HK with floor", pool.models.hk_adhoc),
    )
    shown = tuple((effect_text(model, _HR), name) for name, model in models if model is not None)
    return shown or ((effect_text(pool, _HR), ""),)


def _survival(entry: Course) -> Iterator[SurvivalRow]:
    for ours, theirs in zip(entry.arms.experimental, entry.arms.control, strict=True):
        first, second = (
            f"{_percent(mark.survival)} [{_percent(mark.ci_lower)} to {_percent(mark.ci_upper)}]"
            for mark in (ours, theirs)
        )
        yield SurvivalRow(entry.group, f"{ours.months:g}", fmt.whole(ours.k), first, second)


def methods(results: Sequence[MeanTimeResult], cite: Citations) -> Section | None:
    """Say how curves are pooled and cut; nothing where no result has curves."""
    data = {entry.data for result in results for entry in result.curves}
    if not data:
        return None
    text = (
        "Survival curves are pooled by interval between landmarks: conditional survival on the "
        "arcsine scale, by random effects (DerSimonian-Laird), multiplied "
        f"{cite('combescure2014')}; the correlation of intervals between trials is not modelled."
    )
    if "landmarks" in data:
        text += (
            " Where survival and its standard error at the landmarks are known alone, the hazard "
            "ratio of an interval is the ratio of the increments of the cumulative hazard, "
            "−ln of conditional survival, with the variance that Greenwood’s sum gains in the "
            "interval and the delta method."
        )
    if "individual" in data:
        text += (
            " Where individual data were reconstructed from curves, it is that of a Cox model "
            "among those still followed."
        )
    text += (
        " Increments are uncorrelated, so late is compared with early within each trial. Hazards "
        "are called not proportional where the score test over the curve has p < 0.05 "
        f"{cite('grambsch1994')}; the difference in restricted mean survival time needs no "
        f"proportional hazards {cite('royston2013')}."
    )
    if any(group.tau_prior_factor is not None for result in results for group in result.groups):
        text += (
            " The prior of τ of mean times is that of log hazard ratios times ∫ −S₀ ln S₀ dt of "
            "the control curves up to the horizon of the group, the months of mean time for each "
            "unit of log hazard ratio."
        )
    return Section("Curves over time", (text,))

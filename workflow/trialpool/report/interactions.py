"""A question about an interaction on the page: sentences, effects by level, credibility."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.report.sides import models_to_compare, side_of_null

_OF_LEVELS: Final = {"RHR": "HR", "ROR": "OR"}
_SIDES: Final = ("positive", "negative")
_MODELS: Final = {
    "common-effect": "common effect",
    "hk-adhoc": "random effects (Hartung-Knapp with floor)",
}
_ALONE: Final = "the trial itself"
# ICEMAN (Schandelmaier et al. 2020): above it chance is a likely explanation of an interaction.
LIKELY_CHANCE: Final = 0.01


@dataclass(frozen=True)
class LevelRow:
    """Effects of one group by level under one model, as text."""

    group: str
    model: str
    positive: str
    negative: str
    trials: str


@dataclass(frozen=True)
class JointModel:
    """All levels of one group in one model: level, difference, effect, trials; and the test."""

    group: str
    model: str
    reference: str
    rows: tuple[tuple[str, str, str, str], ...]
    test: str


@dataclass(frozen=True)
class Interaction:
    """What the section of an interaction shows besides the pools.

    Attributes
    ----------
    measure, positive, negative : str
        Measure of the effects by level, and the names of the levels.
    sentences : tuple of str
        One per group.
    levels : tuple of LevelRow
    trials : tuple of (str, str, str, str)
        Trial, the effect in each of its two levels, and their words in the report.
    ordered : tuple of (str, tuple of (str, str, str, str))
        Of a slope: trial, and per level its name, score, effect and words in the report.
    joint : tuple of JointModel
        Of several levels against one: all of them in one model.
    step : str
        What a step of the scores is; empty unless the question asks for a slope.
    naive : tuple of str
        What pooling each level for itself would show.
    credibility : tuple of (str, tuple of (str, str))
        Group, and items with answers.
    """

    measure: str
    positive: str
    negative: str
    sentences: tuple[str, ...]
    levels: tuple[LevelRow, ...]
    trials: tuple[tuple[str, str, str, str], ...]
    ordered: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]
    joint: tuple[JointModel, ...]
    step: str
    naive: tuple[str, ...]
    credibility: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def interaction(record: Mapping[str, Any]) -> Interaction | None:
    """Prepare the section; None for other questions."""
    if not record.get("interaction"):
        return None
    measure = get_measure(_OF_LEVELS[record["measure"]])
    labels = record["interaction"]["labels"]
    pairs = list(zip(record["groups"], record["by_level"], strict=True))
    compare = record["interaction"].get("compare", "pairs")
    return Interaction(
        measure=measure.name,
        positive=str(labels["positive"]),
        negative=str(labels["negative"]),
        sentences=tuple(sentence(group, record) for group, _ in pairs),
        levels=tuple(row for _, one in pairs for row in _levels(one, measure)),
        trials=()
        if compare == "trend"
        else tuple(_trial(trial, measure) for trial in record["trials"]),
        ordered=tuple(_ordered(trial, measure) for trial in record["trials"])
        if compare == "trend"
        else (),
        joint=tuple(
            _joint(one, name, record) for one in record.get("joint") or () for name in one["models"]
        ),
        step=str(record["interaction"].get("step", "")),
        naive=tuple(_naive(one, record) for _, one in pairs if one["naive"]),
        credibility=tuple(
            (one["group"], tuple((item["item"], item["answer"]) for item in one["iceman"]))
            for _, one in pairs
        ),
    )


def sentence(group: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Say in one sentence what a group's interaction shows, by its whole interval.

    The interval of the primary model decides; below five trials without one, that of
    random effects. An interval that includes 1 is never read as proof of no difference.
    Which level does better is said, not that either benefits: a ratio tells no more. Of one
    trial the p-value tells how far chance explains it.
    """
    labels = record["interaction"]["labels"]
    measure = get_measure(record["measure"])
    k = group["k"]
    pool = group if group["primary_model"] else group["models"]["hk-adhoc"]
    shown = fmt.effect_with_interval(pool["estimate"], pool["ci_lower"], pool["ci_upper"], measure)
    names = [t["label"] for t in record["trials"] if t["group"] == group["label"]]
    trials = names[0] if k == 1 else f"{k} trials"
    lower, upper = pool["ci_lower"], pool["ci_upper"]
    numbers = f"{measure.name} {shown}"
    if step := record["interaction"].get("step"):
        numbers = f"{measure.name} per {step} {shown}"
    labels = _compared(group, record)
    if lower is None or upper is None or lower <= 0.0 <= upper:
        return (
            f"{group['label']}: {trials} did not show that the effect "
            + (f"changes from {labels['negative']} to " if step else "differs between ")
            + (labels["positive"] if step else f"{labels['positive']} and {labels['negative']}")
            + f" ({numbers})."
        )
    better = "positive" if (upper < 0.0) == (record["benefit"] == "lower") else "negative"
    other = "negative" if better == "positive" else "positive"
    name = (record.get("arm_names") or {}).get("experimental", "experimental")
    of = "effect" if name == "experimental" else f"effect of {name}"
    if step:
        way = "more" if better == "positive" else "less"
        found = (
            f"the {of} becomes {way} favourable from {labels['negative']} to {labels['positive']}"
        )
    else:
        found = f"the {of} is more favourable in {labels[better]} than in {labels[other]}"
    verb, caution = ("suggests", _one_trial(pool)) if k == 1 else ("show", _by_model(group, record))
    return f"{group['label']}: {trials} {verb} that {found} ({numbers}){caution}."


def _one_trial(pool: Mapping[str, Any]) -> str:
    """Say of one trial how far chance explains it, by the classes of ICEMAN."""
    p = pool["p_value"]
    if p is None:
        return "; a single result, which another has to confirm"
    chance = f"chance is a likely explanation ({fmt.p_statement(p)})"
    if p <= LIKELY_CHANCE:
        chance = f"another has to confirm it ({fmt.p_statement(p)})"
    return f"; a single result, and {chance}"


def _by_model(group: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Say of several trials that not every model excludes no difference."""
    sides = {side_of_null(pool, record["null_value"]) for pool in models_to_compare(group).values()}
    return "; not under every model" if len(sides) > 1 else ""


def _compared(group: Mapping[str, Any], record: Mapping[str, Any]) -> Mapping[str, str]:
    """Names of the two sides; where each level is compared with one, those of the levels."""
    labels: Mapping[str, str] = record["interaction"]["labels"]
    if record["interaction"].get("compare") != "levels":
        return labels
    trial = next(t for t in record["trials"] if t["group"] == group["label"])
    return {level["side"]: f"{level['marker']} {level['level']}" for level in trial["levels"]}


def _ordered(
    trial: Mapping[str, Any], measure: Measure
) -> tuple[str, tuple[tuple[str, str, str, str], ...]]:
    return str(trial["label"]), tuple(
        (
            f"{level['marker']} {level['level']}",
            f"{level['score']:g}",
            _effect(level, measure),
            str(level["described"]),
        )
        for level in reversed(trial["levels"])
    )


def _joint(one: Mapping[str, Any], name: str, record: Mapping[str, Any]) -> JointModel:
    model, measure = one["models"][name], get_measure(record["measure"])
    of_levels = get_measure(_OF_LEVELS[record["measure"]])
    test = model["test"]
    return JointModel(
        group=str(one["group"]),
        model=_MODELS.get(name, _ALONE),
        reference=f"{one['marker']} {one['reference']}",
        rows=tuple(
            (
                f"{one['marker']} {level['level']}",
                _effect(level["difference"], measure) if level["difference"] else "reference",
                _effect(level["effect"], of_levels),
                fmt.whole(level["k"]),
            )
            for level in model["levels"]
        ),
        test=test_words(test),
    )


def test_words(test: Mapping[str, Any]) -> str:
    """Print a test that no level differs: "χ²(3) = 4.81, p = 0.19"."""
    symbol = {"chi2": "χ²"}.get(test["statistic"], test["statistic"])
    shown = fmt.statistic(symbol, test["value"], test["df1"], test["df2"])
    return f"{shown}, {fmt.p_statement(test['p_value'])}"


def _effect(values: Mapping[str, Any], measure: Measure) -> str:
    limits = (values["ci_lower"], values["ci_upper"])
    return fmt.effect_with_interval(values["estimate"], *limits, measure)


def _levels(one: Mapping[str, Any], measure: Measure) -> list[LevelRow]:
    return [
        LevelRow(
            group=one["group"],
            model=_MODELS[name],
            positive=_effect(found["positive"], measure),
            negative=_effect(found["negative"], measure),
            trials=f"{found['positive']['k']} and {found['negative']['k']}",
        )
        for name, found in one["floating"].items()
        # One trial's own two levels stand in the table of the trials.
        if name in _MODELS
    ]


def _trial(trial: Mapping[str, Any], measure: Measure) -> tuple[str, str, str, str]:
    cells = []
    for side in _SIDES:
        level = next(one for one in trial["levels"] if one["side"] == side)
        cells.append(f"{level['marker']} {level['level']}: {_effect(level, measure)}")
    described = "; ".join(str(one["described"]) for one in trial["levels"])
    return str(trial["label"]), cells[0], cells[1], described


def _naive(one: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    measure = get_measure(record["measure"])
    naive = one["naive"]
    apparent, within = (fmt.effect(naive[name], measure) for name in ("apparent", "within"))
    words = (
        f"{one['group']}: levels pooled each for itself, a comparison between trials, would differ "
        f"by a {measure.name} of {apparent}; within trials it is {within}"
    )
    if naive["share"] is not None:
        return f"{words}, so {100 * naive['share']:.0f}% of that difference lies between trials."
    return f"{words}."

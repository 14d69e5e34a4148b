"""What a result says besides the pooled interaction: effects by level, naive pools, ICEMAN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scipy.special import ndtr, ndtri

from trialpool.pooling.dependent.floating_subgroups import floating_subgroups, within_trial_levels
from trialpool.pooling.dependent.interactions import naive_difference
from trialpool.questions.interaction.joint_levels import ALONE, MODELS
from trialpool.questions.shared.synthesis.members import Member, by_group
from trialpool.questions.shared.synthesis.primary_model import (
    SINGLE,
    pool_as_primary,
    usual_model,
)
from trialpool.records.base import record_from
from trialpool.records.groups import Group
from trialpool.records.interaction import (
    NOT_PRESPECIFIED,
    ByLevel,
    Floating,
    FloatingLevel,
    FloatingModels,
    IcemanItem,
    InteractionQuestion,
    InteractionTrial,
    LevelAlone,
    LevelAloneShown,
    Naive,
)
from trialpool.records.pools import Pool
from trialpool.records.reanalyses import DerivedLevel, PoolAgain, Reanalysis
from trialpool.records.settings import Pooling
from trialpool.records.trials import Level, SelectedLevel, Trial

# The sign of a difference is positive minus negative: negative is the reference.
_LEVELS: Final = ("negative", "positive")


def by_levels(
    question: InteractionQuestion, groups: Sequence[Group], trials: Sequence[InteractionTrial]
) -> tuple[ByLevel, ...]:
    """Say of each group what only a question about an interaction says."""
    of_group = by_group(trials)
    found = []
    for group in groups:
        members = of_group.get(group.label, [])
        alone = [one for one in question.one_level if one.group == group.label]
        if question.interaction.compare == "trend":
            found.append(_entry(group, members, FloatingModels(), None, ()))
        else:
            found.append(_by_level(group, members, alone, question.pooling))
    return tuple(found)


def with_level_intervals(trials: Sequence[Trial], level: float) -> tuple[InteractionTrial, ...]:
    """Add the interval of each level, and the test of no difference between the two.

    Parameters
    ----------
    trials : sequence of Trial
        Log hazard or odds ratios.
    level : float
        Of the intervals.
    """
    return tuple(
        record_from(
            trial,
            InteractionTrial,
            p_value=float(2.0 * ndtr(-abs(trial.estimate) / trial.se)),
            levels=[record_from(one, Level, **_interval(one, level)) for one in trial.levels],
        )
        for trial in trials
    )


def _interval(one: SelectedLevel, level: float) -> dict[str, float]:
    """Return the limits of the Wald interval of a log hazard or odds ratio."""
    z = float(ndtri(0.5 + level / 2))
    return {"ci_lower": one.estimate - z * one.se, "ci_upper": one.estimate + z * one.se}


def by_mechanism(
    question: InteractionQuestion, trials: Sequence[InteractionTrial]
) -> list[Reanalysis]:
    """Pool groups of one mechanism whose trials compare the same levels of the same marker.

    Groups differ by what the strategy was added to or put in place of; that differs the
    effect, and may or may not differ the interaction. So this stands beside, never instead.
    """
    mechanism = {group.label: group.mechanism for group in question.groups}
    sets: dict[tuple[str, ...], list[InteractionTrial]] = {}
    for trial in trials:
        levels = [f"{level.marker} {level.level}" for level in trial.levels]
        sets.setdefault((mechanism[trial.group], *levels), []).append(trial)
    rows = []
    for (_, *levels), members in sets.items():
        labels = list(by_group(members))
        if len(labels) < 2 or len({t.trial_id for t in members}) < len(members):
            continue
        trials_in = tuple(trial.label for trial in members)
        rows.append(_pooled(" and ".join(labels), " v ".join(levels), members, question, trials_in))
    if not rows:
        return []
    return [
        Reanalysis(
            id="by-mechanism",
            label="By mechanism alone",
            description="Groups of one mechanism that compare the same levels of the same "
            "marker, taken together whatever the strategy was added to or put in place of.",
            ci_method=_model_of(rows, question.pooling),
            results=tuple(rows),
        )
    ]


def by_subtraction(
    question: InteractionQuestion, trials: Sequence[InteractionTrial]
) -> list[Reanalysis]:
    """Pool groups with the trials one level of which is derived from the whole trial.

    Beside the main analysis, which such trials never enter.
    """
    main = by_group(trials)
    rows = []
    for label, added in by_group(question.subtracted).items():
        derived = tuple(
            record_from(level, DerivedLevel, label=trial.label)
            for trial in added
            for level in trial.levels
            if level.is_derived
        )
        names = tuple(trial.label for trial in added)
        members: list[Member] = [*main.get(label, []), *added]
        rows.append(_pooled(label, "with levels by subtraction", members, question, names, derived))
    if not rows:
        return []
    reasons = question.interaction.exhaustive
    return [
        Reanalysis(
            id="subtraction",
            label="Levels by subtraction",
            description="Trials that print the whole and one level in one report: the other "
            "level is what is left ("
            + "; ".join(f"{marker}: {reason}" for marker, reason in reasons.items())
            + "). Ratios of a whole are not exactly the weighted mean of those of its parts, so "
            "such trials stay out of the main analysis.",
            ci_method=_model_of(rows, question.pooling),
            results=tuple(rows),
        )
    ]


def _pooled(
    group: str,
    analysis: str,
    members: Sequence[Member],
    question: InteractionQuestion,
    trials: tuple[str, ...],
    derived: tuple[DerivedLevel, ...] = (),
) -> PoolAgain:
    """Pool differences under the model that is primary for so many trials."""
    pool = pool_as_primary(members, question.measure, question.pooling)
    return record_from(
        pool, PoolAgain, group=group, analysis=analysis, trials=trials, derived=derived
    )


def _model_of(rows: Sequence[PoolAgain], pooling: Pooling) -> str:
    """Name the model of re-analyses."""
    return SINGLE if all(row.k == 1 for row in rows) else usual_model(pooling)


def _by_level(
    group: Group,
    members: Sequence[InteractionTrial],
    alone: Sequence[LevelAlone],
    pooling: Pooling,
) -> ByLevel:
    entries: list[tuple[str, SelectedLevel]] = [
        *((trial.trial_id, level) for trial in members for level in trial.levels),
        *((one.trial_id, one) for one in alone),
    ]
    rows = (
        [level.estimate for _, level in entries],
        [level.se**2 for _, level in entries],
        [trial for trial, _ in entries],
        [level.side for _, level in entries],
    )
    models = {}
    for name, (tau2, ci) in (MODELS if len(set(rows[2])) > 1 else ALONE).items():
        within = within_trial_levels(*rows, _LEVELS, tau2=tau2, ci=ci)
        found = floating_subgroups(*rows, within, tau2=tau2, ci=ci, interval_level=pooling.level)
        negative, positive = (record_from(effect, FloatingLevel) for effect in found.effects)
        models[name] = Floating(
            interaction=within.estimates[1],
            tau2=found.tau2,
            k=found.k,
            negative=negative,
            positive=positive,
        )
    floating = FloatingModels(**models)
    naive = None
    if floating.hk_adhoc is not None:
        parted = naive_difference(
            *rows,
            _LEVELS[::-1],
            floating.hk_adhoc.interaction,
            tau2=pooling.tau2,
            interval_level=pooling.level,
        )
        pools = {"positive": Pool.of(parted.first), "negative": Pool.of(parted.second)}
        naive = record_from(parted, Naive, **pools)
    intervals = [record_from(o, LevelAloneShown, **_interval(o, pooling.level)) for o in alone]
    return _entry(group, members, floating, naive, intervals)


def _entry(
    group: Group,
    members: Sequence[InteractionTrial],
    floating: FloatingModels,
    naive: Naive | None,
    alone: Sequence[LevelAloneShown],
) -> ByLevel:
    return ByLevel(
        group=group.label,
        floating=floating,
        naive=naive,
        one_level=tuple(alone),
        iceman=_iceman(group, members),
    )


def _iceman(group: Group, members: Sequence[InteractionTrial]) -> tuple[IcemanItem, ...]:
    """Answer what the data can of ICEMAN (Schandelmaier et al. 2020, CMAJ 192:E901)."""
    tested = group.models.hk_adhoc or group
    p = tested.p_value
    noted = [t.label for t in members if NOT_PRESPECIFIED not in t.flags]
    one = group.k == 1
    return (
        IcemanItem(item="within trials", answer="yes: both levels of every trial from one report"),
        IcemanItem(
            item="similar from trial to trial", answer="one trial" if one else _alike(tested)
        ),
        IcemanItem(item="number of trials", answer=str(group.k)),
        IcemanItem(item="p of the interaction", answer=_p(p), p_value=p),
        IcemanItem(item="prespecified", answer=", ".join(noted) or "not noted in the data"),
        IcemanItem(
            item="random effects",
            answer="not applicable" if one else "yes, beside the common effect",
        ),
    )


def _alike(pool: Pool) -> str:
    lower = pool.tau2_ci_lower
    if lower is not None and lower > 0:
        return "no: the interactions differ beyond chance"
    return "no difference shown; few trials could not show one"


def _p(p: float | None) -> str:
    """Class of a p-value by the limits of the instrument."""
    if p is None:
        return "not available"
    if p > 0.05:
        return "above 0.05: chance a very likely explanation"
    if p > 0.01:
        return "0.01 to 0.05: chance a likely explanation"
    if p > 0.005:
        return "0.005 to 0.01: chance may not explain it"
    return "0.005 or less: chance an unlikely explanation"

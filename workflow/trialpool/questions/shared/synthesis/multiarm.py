"""Comparisons of one trial that share an arm, pooled with their covariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.pooling import PooledEffect
from trialpool.pooling.dependent.gls import gls_pool, gls_subgroup_difference
from trialpool.pooling.dependent.shared_arms import (
    SharedCovariance,
    arm_variance,
    mean_variance,
    shared_arm_covariance,
    standardised_covariance,
)
from trialpool.pooling.univariate.subgroups import SubgroupDifference
from trialpool.questions.shared.synthesis.members import (
    MAIN_CI,
    Member,
    by_group,
    effects_of,
    pool_effects,
)
from trialpool.records.base import record_from
from trialpool.records.groups import SubgroupTest
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.reanalyses import PoolAgain, Reanalysis
from trialpool.records.settings import Pooling
from trialpool.records.trials import Arm, SelectedTrial

Members = Sequence[Member]

# Where a covariance comes from the numbers of patients alone, these correlations stand beside it.
ASSUMED_CORRELATIONS: Final = (0.3, 0.7)


@dataclass(frozen=True)
class SharedArm:
    """Two members i and j of a pool that have an arm in common, and their covariance."""

    i: int
    j: int
    arm: str
    opposite: bool
    covariance: SharedCovariance


def shared_arms(members: Members, measure: str) -> list[SharedArm]:
    """Find comparisons of one trial with a common arm, and the covariance of each two.

    From the events of the common arm, or its mean and spread, else from the variance of the third
    comparison of the same report, else from the numbers of patients.
    """
    found = []
    for i, first in enumerate(members):
        for j in range(i + 1, len(members)):
            second = members[j]
            if first.trial_id != second.trial_id:
                continue
            for side_a, (a, other_a) in enumerate(_arms(first)):
                for side_b, (b, other_b) in enumerate(_arms(second)):
                    if a.arm_id == b.arm_id:
                        opposite = side_a != side_b
                        arms = (a, b, other_a, other_b)
                        covariance = _covariance(first, second, arms, measure, opposite=opposite)
                        found.append(SharedArm(i, j, a.arm_id, opposite, covariance))
    return found


def _arms(trial: Member) -> list[tuple[Arm, Arm]]:
    """Give each arm of a trial, the experimental one first, with the one beside it."""
    ours, theirs = trial.experimental, trial.control
    return [] if ours is None or theirs is None else [(ours, theirs), (theirs, ours)]


def _covariance(
    first: Member,
    second: Member,
    arms: tuple[Arm, Arm, Arm, Arm],
    measure: str,
    *,
    opposite: bool,
) -> SharedCovariance:
    shared_a, shared_b, *others = arms
    sizes = [float(arm.n) for arm in (*others, shared_a) if arm.n is not None]
    # Of two data cuts the later one has more events; the earlier one's are among them.
    counts = [
        (arm.events, arm.n if measure != "IRD" else arm.time)
        for arm in (shared_a, shared_b)
        if arm.events is not None
    ]
    most = max(counts, key=lambda count: count[0], default=None)
    shared = None if most is None else arm_variance(measure, *most)
    of_means = shared_a.mean is not None and shared_b.mean is not None
    if of_means and len(sizes) == 3:
        # Both as differences from the shared arm: of one the sides may be turned.
        sign = -1.0 if opposite else 1.0
        effects = (first.estimate, sign * second.estimate)
        shared = _of_means(measure, *effects, shared_a, sum(sizes))
    names = {arm.arm_id for arm in others}
    third = next(
        (
            item.se**2
            for item in (*first.third_contrasts, *second.third_contrasts)
            if set(item.arms) == names
        ),
        None,
    )
    return shared_arm_covariance(
        first.se**2,
        second.se**2,
        shared=shared,
        of_means=of_means,
        third=third,
        sizes=(sizes[0], sizes[1], sizes[2]) if len(sizes) == 3 else None,
        opposite=opposite,
    )


def _of_means(measure: str, g_a: float, g_b: float, arm: Arm, total: float) -> float | None:
    """Return the size of the covariance that means with their spread give."""
    if arm.mean is None or arm.sd is None or not arm.n:
        return None
    if measure == "SMD":
        return standardised_covariance(g_a, g_b, arm.n, total)
    return mean_variance(measure, arm.mean, arm.sd, arm.n)


def pool_members(
    members: Members,
    measure: str,
    pooling: Pooling,
    *,
    tau2: str | None = None,
    ci: str = MAIN_CI,
    correlation: float | None = None,
) -> PooledEffect:
    """Pool trials; comparisons of one trial with their covariance.

    Parameters
    ----------
    correlation : float, optional
        In place of one that rests on numbers of patients alone.
    """
    trials = [trial.trial_id for trial in members]
    if len(set(trials)) == len(trials):
        return pool_effects(*effects_of(members), measure, pooling, tau2=tau2, ci=ci)
    arms = shared_arms(members, measure)
    return gls_pool(
        *effects_of(members),
        trials,
        _pairs(arms, members, correlation),
        random=_random_effects(arms, trials),
        tau2=pooling.tau2 if tau2 is None else tau2,
        ci=ci,
        pi=pooling.pi,
        level=pooling.level,
        measure=measure,
    )


def _pairs(
    arms: Sequence[SharedArm], members: Members, correlation: float | None = None
) -> list[tuple[int, int, float]]:
    pairs = []
    for shared in arms:
        value = shared.covariance.covariance
        if correlation is not None and shared.covariance.source == "n":
            sign = -1.0 if shared.opposite else 1.0
            value = sign * correlation * members[shared.i].se * members[shared.j].se
        pairs.append((shared.i, shared.j, value))
    return pairs


def _random_effects(arms: Sequence[SharedArm], trials: Sequence[str]) -> str:
    """Let true effects of one trial correlate by one half where all share an arm in one role."""
    wanted = sum(a == b for i, a in enumerate(trials) for b in trials[i + 1 :])
    alike = len(arms) == wanted and not any(shared.opposite for shared in arms)
    return "shared-arm" if alike else "effect"


def covariance_pairs(members: Members, measure: str) -> list[tuple[int, int, float]]:
    """Covariances of members that share an arm, as `dependent_effects` takes them."""
    return _pairs(shared_arms(members, measure), members)


def random_effects_name(members: Members, measure: str) -> str:
    """Name the component of true effects that goes with the members' shared arms."""
    return _random_effects(shared_arms(members, measure), [t.trial_id for t in members])


def gls_subgroup_test(trials: Sequence[SelectedTrial], measure: str) -> SubgroupTest | None:
    """Test differences between groups with every comparison and its covariance."""
    groups = [trial.group for trial in trials]
    if len(set(groups)) < 2:
        return None
    arms = shared_arms(trials, measure)
    names = [trial.trial_id for trial in trials]
    test = gls_subgroup_difference(
        *effects_of(trials),
        names,
        groups,
        _pairs(arms, trials),
        random=_random_effects(arms, names),
    )
    remarks = (
        [f"With the covariance of comparisons that share an arm: {_words(arms, trials)}."]
        if arms
        else []
    )
    return with_credibility(test, remarks)


def with_credibility(test: SubgroupDifference, remarks: Sequence[str]) -> SubgroupTest:
    """Give a test between groups the notes that a reader needs."""
    notes = [f"{test.note.rstrip('.')}."] if test.note else []
    if test.value is not None:
        notes.append("A comparison between trials, not between patients: low credibility.")
    return record_from(test, SubgroupTest, note=" ".join([*notes, *remarks]))


def _words(arms: Sequence[SharedArm], members: Members) -> str:
    """Say for each trial how its comparisons correlate and where that comes from."""
    by_trial: dict[str, list[str]] = {}
    for shared in arms:
        label = members[shared.i].label
        number = fmt.number(shared.covariance.correlation)
        note = f" ({shared.covariance.note})" if shared.covariance.note else ""
        by_trial.setdefault(label, []).append(f"{number} from {shared.covariance.source}{note}")
    return "; ".join(f"{label}, correlation {', '.join(own)}" for label, own in by_trial.items())


def multiarm_sensitivity(
    question: ComparativeQuestion, trials: Sequence[SelectedTrial]
) -> list[Reanalysis]:
    """Pool groups with further comparisons of multi-arm trials, and under other correlations.

    Returns
    -------
    list of Reanalysis
        "all-arms" where the question names further comparisons,
        "multiarm-correlation" where a covariance in one of the pools rests on
        numbers of patients alone.
    """
    measure = question.measure
    entries = []
    main: dict[str, Members] = {**by_group(trials)}
    pools = [("main analysis", label, own) for label, own in main.items()]
    if question.all_arms:
        changed = {
            label: own
            for label, own in by_group(question.all_arms).items()
            if {t.row_ids for t in own} != {t.row_ids for t in main.get(label, ())}
        }
        pools += [("every comparison", label, own) for label, own in changed.items()]
        arms = {label: shared_arms(own, measure) for label, own in changed.items()}
        words = "; ".join(_words(arms[label], own) for label, own in changed.items() if arms[label])
        entries.append(
            _entry(
                "all-arms",
                "Every comparison of multi-arm trials",
                "Groups to which further comparisons of a trial in the main analysis are added, "
                "by generalised least squares with the covariance of comparisons that share an "
                f"arm{': ' + words if words else ''}.",
                [
                    _row(label, "every comparison", own, main, question)
                    for label, own in changed.items()
                ],
            )
        )
    rows = [
        _row(label, f"{name}, correlation {value:g}", own, main, question, value)
        for name, label, own in pools
        if any(shared.covariance.source == "n" for shared in shared_arms(own, measure))
        for value in ASSUMED_CORRELATIONS
    ]
    if rows:
        entries.append(
            _entry(
                "multiarm-correlation",
                "Other correlations of comparisons that share an arm",
                "In place of correlations that rest on numbers of patients alone.",
                rows,
            )
        )
    return entries


def _entry(name: str, label: str, description: str, results: Sequence[PoolAgain]) -> Reanalysis:
    return Reanalysis(
        id=name, label=label, description=description, ci_method=MAIN_CI, results=tuple(results)
    )


def _row(
    label: str,
    analysis: str,
    members: Members,
    main: Mapping[str, Members],
    question: ComparativeQuestion,
    correlation: float | None = None,
) -> PoolAgain:
    pooled = pool_members(members, question.measure, question.pooling, correlation=correlation)
    known = {trial.row_ids for trial in main.get(label, ())}
    added = tuple(t.label for t in members if t.row_ids not in known)
    return record_from(pooled, PoolAgain, group=label, analysis=analysis, trials=added)

"""Comparisons of one trial that share an arm, pooled with their covariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.pooling import PooledEffect, random_effects
from trialpool.pooling.dependent.gls import gls_pool, gls_subgroup_difference
from trialpool.pooling.dependent.shared_arms import (
    SharedCovariance,
    arm_variance,
    shared_arm_covariance,
)

Json = dict[str, Any]
Trial = Mapping[str, Any]

# Where a covariance comes from the numbers of patients alone, these correlations stand beside it.
ASSUMED_CORRELATIONS: Final = (0.3, 0.7)
_NEEDED: Final = ("experimental", "control")


@dataclass(frozen=True)
class SharedArm:
    """Two members i and j of a pool that have an arm in common, and their covariance."""

    i: int
    j: int
    arm: str
    opposite: bool
    covariance: SharedCovariance


def shared_arms(members: Sequence[Trial], measure: Measure) -> list[SharedArm]:
    """Find comparisons of one trial with a common arm, and the covariance of each two.

    From the events of the common arm, else from the variance of the third
    comparison of the same report, else from the numbers of patients.
    """
    found = []
    for i, first in enumerate(members):
        for j in range(i + 1, len(members)):
            second = members[j]
            if first["trial_id"] != second["trial_id"]:
                continue
            arms = [{side: trial[side] for side in _NEEDED} for trial in (first, second)]
            for side_a in _NEEDED:
                for side_b in _NEEDED:
                    a, b = arms[0][side_a], arms[1][side_b]
                    if a["arm_id"] == b["arm_id"]:
                        opposite = side_a != side_b
                        covariance = _covariance(first, second, a, b, measure, opposite=opposite)
                        found.append(SharedArm(i, j, a["arm_id"], opposite, covariance))
    return found


def _covariance(
    first: Trial,
    second: Trial,
    shared_a: Mapping[str, Any],
    shared_b: Mapping[str, Any],
    measure: Measure,
    *,
    opposite: bool,
) -> SharedCovariance:
    # Of two data cuts the later one has more events; the earlier one's are among them.
    counts = [arm for arm in (shared_a, shared_b) if arm.get("events") is not None]
    most = max(counts, key=lambda arm: int(arm["events"]), default=None)
    shared = None if most is None else arm_variance(measure.code, most["events"], most.get("n"))
    others = [
        next(trial[side] for side in _NEEDED if trial[side]["arm_id"] != shared_a["arm_id"])
        for trial in (first, second)
    ]
    names = {arm["arm_id"] for arm in others}
    third = next(
        (
            item["se"] ** 2
            for item in (*first.get("third_contrasts", ()), *second.get("third_contrasts", ()))
            if set(item["arms"]) == names
        ),
        None,
    )
    sizes = [arm.get("n") for arm in (*others, shared_a)]
    known = None if None in sizes else (float(sizes[0]), float(sizes[1]), float(sizes[2]))
    return shared_arm_covariance(
        first["se"] ** 2,
        second["se"] ** 2,
        shared=shared,
        third=third,
        sizes=known,
        opposite=opposite,
    )


def independent_groups(groups: Sequence[Json], trials: Sequence[Trial]) -> list[Json]:
    """Keep the groups in which every trial stands once.

    Re-analyses that know no covariance would take two comparisons of one trial
    for two trials.
    """
    kept = []
    for group in groups:
        own = [trial["trial_id"] for trial in trials if trial["group"] == group["label"]]
        if len(set(own)) == len(own):
            kept.append(group)
    return kept


def pool_members(
    members: Sequence[Trial],
    measure: Measure,
    pooling: Mapping[str, Any],
    *,
    tau2: str | None = None,
    ci: str = "hk-adhoc",
    correlation: float | None = None,
) -> PooledEffect:
    """Pool trial records; comparisons of one trial with their covariance.

    Parameters
    ----------
    correlation : float, optional
        In place of one that rests on numbers of patients alone.
    """
    effects = [trial["estimate"] for trial in members]
    variances = [trial["se"] ** 2 for trial in members]
    method = tau2 if tau2 is not None else pooling["tau2"]
    trials = [trial["trial_id"] for trial in members]
    if len(set(trials)) == len(trials):
        return random_effects(
            effects,
            variances,
            tau2=method,
            ci=ci,
            pi=pooling["pi"],
            level=pooling["level"],
            measure=measure.code,
        )
    arms = shared_arms(members, measure)
    return gls_pool(
        effects,
        variances,
        trials,
        _pairs(arms, members, correlation),
        random=_random_effects(arms, trials),
        tau2=method,
        ci=ci,
        pi=pooling["pi"],
        level=pooling["level"],
        measure=measure.code,
    )


def _pairs(
    arms: Sequence[SharedArm], members: Sequence[Trial], correlation: float | None = None
) -> list[tuple[int, int, float]]:
    pairs = []
    for shared in arms:
        value = shared.covariance.covariance
        if correlation is not None and shared.covariance.source == "n":
            sign = -1.0 if shared.opposite else 1.0
            value = sign * correlation * members[shared.i]["se"] * members[shared.j]["se"]
        pairs.append((shared.i, shared.j, value))
    return pairs


def _random_effects(arms: Sequence[SharedArm], trials: Sequence[str]) -> str:
    """Let true effects of one trial correlate by one half where all share an arm in one role."""
    wanted = sum(a == b for i, a in enumerate(trials) for b in trials[i + 1 :])
    alike = len(arms) == wanted and not any(shared.opposite for shared in arms)
    return "shared-arm" if alike else "effect"


def covariance_pairs(members: Sequence[Trial], measure: Measure) -> list[tuple[int, int, float]]:
    """Covariances of members that share an arm, as `dependent_effects` takes them."""
    return _pairs(shared_arms(members, measure), members)


def random_effects_name(members: Sequence[Trial], measure: Measure) -> str:
    """Name the component of true effects that goes with the members' shared arms."""
    return _random_effects(shared_arms(members, measure), [t["trial_id"] for t in members])


def gls_subgroup_test(question: Mapping[str, Any], trials: Sequence[Trial]) -> Json | None:
    """Test differences between groups with every comparison and its covariance."""
    groups = [trial["group"] for trial in trials]
    if len(set(groups)) < 2:
        return None
    measure = get_measure(question["measure"])
    arms = shared_arms(trials, measure)
    names = [trial["trial_id"] for trial in trials]
    test = gls_subgroup_difference(
        [trial["estimate"] for trial in trials],
        [trial["se"] ** 2 for trial in trials],
        names,
        groups,
        _pairs(arms, trials),
        random=_random_effects(arms, names),
    ).to_dict()
    notes = [f"{str(test['note']).rstrip('.')}."] if test["note"] else []
    if test["value"] is not None:
        notes.append("A comparison between trials, not between patients: low credibility.")
    if arms:
        notes.append(
            f"With the covariance of comparisons that share an arm: {_words(arms, trials)}."
        )
    return {**test, "note": " ".join(notes)}


def _words(arms: Sequence[SharedArm], members: Sequence[Trial]) -> str:
    """Say for each trial how its comparisons correlate and where that comes from."""
    by_trial: dict[str, list[str]] = {}
    for shared in arms:
        label = members[shared.i]["label"]
        number = fmt.number(shared.covariance.correlation)
        note = f" ({shared.covariance.note})" if shared.covariance.note else ""
        by_trial.setdefault(label, []).append(f"{number} from {shared.covariance.source}{note}")
    return "; ".join(f"{label}, correlation {', '.join(own)}" for label, own in by_trial.items())


def multiarm_sensitivity(
    question: Mapping[str, Any],
    trials: Sequence[Trial],
    measure: Measure,
    pooling: Mapping[str, Any],
) -> list[Json]:
    """Pool groups with further comparisons of multi-arm trials, and under other correlations.

    Returns
    -------
    list of dict
        Entries of ``sensitivity``: "all-arms" where the question names further
        comparisons, "multiarm-correlation" where a covariance in one of the
        pools rests on numbers of patients alone.
    """
    entries = []
    main = _by_group(trials)
    pools = [("main analysis", label, own) for label, own in main.items()]
    further = question.get("all_arms", [])
    if further:
        changed = {
            label: own
            for label, own in _by_group(further).items()
            if {tuple(t["row_ids"]) for t in own}
            != {tuple(t["row_ids"]) for t in main.get(label, [])}
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
                    _row(label, "every comparison", own, main, measure, pooling)
                    for label, own in changed.items()
                ],
            )
        )
    rows = [
        _row(label, f"{name}, correlation {value:g}", own, main, measure, pooling, value)
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


def _entry(name: str, label: str, description: str, results: list[Json]) -> Json:
    return {
        "id": name,
        "label": label,
        "description": description,
        "ci_method": "hk-adhoc",
        "results": results,
    }


def _row(
    label: str,
    analysis: str,
    members: Sequence[Trial],
    main: Mapping[str, Sequence[Trial]],
    measure: Measure,
    pooling: Mapping[str, Any],
    correlation: float | None = None,
) -> Json:
    pooled = pool_members(members, measure, pooling, correlation=correlation)
    known = {tuple(trial["row_ids"]) for trial in main.get(label, [])}
    return {
        "group": label,
        "analysis": analysis,
        "k": pooled.k,
        "estimate": pooled.estimate,
        "ci_lower": pooled.ci_lower,
        "ci_upper": pooled.ci_upper,
        "tau2": pooled.tau2,
        "trials": [t["label"] for t in members if tuple(t["row_ids"]) not in known],
    }


def _by_group(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(trial["group"], []).append(trial)
    return groups

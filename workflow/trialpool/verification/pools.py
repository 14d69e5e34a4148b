"""What a result record pooled, as arrays; the one place of this room that reads records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]
Numbers = Mapping[str, float | None]
_SIDES: Final = ("experimental", "control")


@dataclass(frozen=True)
class Pool:
    """Effects that were pooled, with the numbers that each model gave.

    Attributes
    ----------
    question, group : str
        Id of the question; label of the group, with what else tells its pools apart.
    effects, variances : tuple of float
        Of shape (k,), on the analysis scale.
    level : float
        Of all intervals.
    independent : bool
        Whether no trial stands in it twice.
    models : mapping
        Name of the model to its numbers: `estimate, se, ci_lower, ci_upper, tau2` and others.
    """

    question: str
    group: str
    effects: tuple[float, ...]
    variances: tuple[float, ...]
    level: float
    independent: bool
    models: Mapping[str, Numbers]


@dataclass(frozen=True)
class TrialCurves:
    """A trial's two curves as a record tells them.

    Attributes
    ----------
    question, group, label : str
        Of the question, the group in it and the trial.
    keys : tuple of (str, str, str)
        Trial, arm and endpoint of the experimental and the control arm.
    individual : bool
        Whether they were estimated from individual data of the build.
    months : tuple of float
        Landmarks.
    survival, se : tuple of tuple of float
        By arm, at the landmarks.
    log_hr, log_hr_se : float or None
        Cox model of the whole follow-up.
    """

    question: str
    group: str
    label: str
    keys: tuple[tuple[str, str, str], ...]
    individual: bool
    months: tuple[float, ...]
    survival: tuple[tuple[float, ...], ...]
    se: tuple[tuple[float, ...], ...]
    log_hr: float | None
    log_hr_se: float | None


@dataclass(frozen=True)
class Analysis:
    """An analysis of a question; `reason` says why it has no second engine, if so."""

    question: str
    group: str
    model: str
    k: int | None
    reason: str = ""


@dataclass(frozen=True)
class Contents:
    """What a record holds for verification."""

    pools: tuple[Pool, ...]
    curves: tuple[TrialCurves, ...]
    left: tuple[Analysis, ...]


def contents(record: Json) -> Contents:
    """Read a result record (docs/result-record.md).

    Returns
    -------
    Contents
        Every pool of two trials or more: of groups, of all groups together, of the hazard
        ratios of curves, of the levels of a marker. Single trials pool nothing.
    """
    pools = [pool for pool in _pools(record) if len(pool.effects) > 1]
    return Contents(tuple(pools), tuple(_trial_curves(record)), tuple(_left(record)))


def _pools(record: Json) -> Iterator[Pool]:
    trials = record["trials"]
    pooled = [(g, [t for t in trials if t["group"] == g["label"]]) for g in record["groups"]]
    if record["overall"]:
        pooled.append((record["overall"], trials))
    for group, members in pooled:
        ids = [trial["trial_id"] for trial in members]
        independent = len(set(ids)) == len(ids)
        yield _pool(record, group["label"], members, group["models"], independent=independent)
    for course in record.get("curves", ()):
        label = course["group"] + ("" if course["pooled"] else " (curves that end early)")
        for name, part in _periods(course):
            yield _pool(record, f"{label}: {name}", part["trials"], part["models"])
    for by_level in record.get("by_level", ()):
        if by_level["naive"] is None:
            continue
        members = [t for t in record["trials"] if t["group"] == by_level["group"]]
        levels = [level for trial in members for level in trial["levels"]]
        for side in ("positive", "negative"):
            own = [one for one in (*levels, *by_level["one_level"]) if one["side"] == side]
            name = f"{by_level['group']}: {side} level alone"
            yield _pool(record, name, own, {"hk-adhoc": by_level["naive"][side]})


def _pool(
    record: Json,
    label: str,
    rows: Sequence[Json],
    models: Mapping[str, Numbers],
    *,
    independent: bool = True,
) -> Pool:
    return Pool(
        question=record["id"],
        group=label,
        effects=tuple(row["estimate"] for row in rows),
        variances=tuple(row["se"] ** 2 for row in rows),
        level=record["settings"]["level"],
        independent=independent,
        models=models,
    )


def _periods(course: Json) -> Iterator[tuple[str, Json]]:
    """Hazard ratios of a group's curves, each with the stretch of time it is of."""
    stretches = [("whole follow-up", course["whole"])]
    stretches += [(f"{p['start']:g} to {p['end']:g} months", p) for p in course["intervals"]]
    for name, part in (*stretches, *((n, course[n]) for n in ("early", "late"))):
        if part is not None:
            yield f"hazard ratio, {name}", part
    if course["change"] is not None:
        yield "hazard ratio, late over early", course["change"]


def _trial_curves(record: Json) -> Iterator[TrialCurves]:
    for trial in record["trials"]:
        curve = trial.get("curve") or {}
        marks = curve.get("landmarks") or ()
        if not marks:
            continue
        yield TrialCurves(
            question=record["id"],
            group=trial["group"],
            label=trial["label"],
            keys=tuple((trial["trial_id"], trial[s]["arm_id"], trial["endpoint"]) for s in _SIDES),
            individual=bool(curve["individual"]),
            months=tuple(mark["months"] for mark in marks),
            survival=tuple(tuple(mark[side]["survival"] for mark in marks) for side in _SIDES),
            se=tuple(tuple(mark[side]["se"] for mark in marks) for side in _SIDES),
            log_hr=curve["log_hr"],
            log_hr_se=curve["log_hr_se"],
        )


def _left(record: Json) -> Iterator[Analysis]:
    """List what a record pools by methods that statsmodels does not have."""

    def left(group: str, model: str, k: int | None, reason: str) -> Analysis:
        return Analysis(record["id"], group, model, k, reason)

    for course in record.get("curves", ()):
        if course["pooled"] and course["arms"] and course["k"] > 1:
            reason = "curves pooled by survival conditional on the interval before"
            yield left(course["group"], "pooled curves", course["k"], reason)
    for by_level in record.get("by_level", ()):
        if "hk-adhoc" in by_level["floating"]:
            k = by_level["floating"]["hk-adhoc"]["k"]
            reason = "several levels of one trial: generalised least squares"
            yield left(by_level["group"], "floating levels", k, reason)
    for joint in record.get("joint", ()):
        reason = "several levels of one trial: generalised least squares"
        yield left(joint["group"], "joint model of levels", joint["k"], reason)
    if (record["subgroup_test"] or {}).get("value") is not None:
        yield left(
            "",
            "test of groups",
            record["subgroup_test"]["k"],
            "tests of differences between groups",
        )
    if any(entry["results"] for entry in record["sensitivity"]):
        reason = "re-analyses, by the functions of the main analysis"
        yield left("", "sensitivity", None, reason)

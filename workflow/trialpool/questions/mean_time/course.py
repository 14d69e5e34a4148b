"""How an effect runs over time: pooled curves, hazard ratios by interval, early against late.

The record's `curves` (docs/result-record.md). Curves are known at landmarks: from tables with
survival and its standard error, or from individual data reconstructed from curves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scipy.special import ndtr, ndtri

from trialpool.measures import get_measure
from trialpool.pooling import random_effects
from trialpool.questions.mean_time.pooled_curve import pool_conditional
from trialpool.questions.shared.synthesis.primary_model import choose_primary
from trialpool.survival.landmarks import (
    Increment,
    LogRatio,
    averaged,
    hazard_ratio,
    increments,
    merged,
)

Json = dict[str, Any]
_SIDES: Final = ("experimental", "control")
_SHARED: Final = "two comparisons of one trial share an arm: their curves are not pooled"
_NO_EVENT: Final = "no event in an arm"


@dataclass(frozen=True)
class Course:
    """One trial's curves cut at its landmarks; `cox` holds ratios where individual data are."""

    trial: Mapping[str, Any]
    arms: Mapping[str, tuple[Increment, ...]]
    cox: Mapping[float, LogRatio]
    individual: bool

    @property
    def ends(self) -> tuple[float, ...]:
        """Landmarks that both arms reach."""
        return tuple(
            a.end for a, _ in zip(*(self.arms[side] for side in _SIDES), strict=False)
        )  # fmt: skip

    def ratio(self, start: float, end: float) -> LogRatio | None:
        """Log hazard ratio after `start` and up to `end`, both landmarks.

        From individual data the Cox models of the intervals, averaged; else the ratio of the
        increments of the cumulative hazard.
        """
        inside = [e for e in self.ends if start < e <= end]
        if self.individual:
            return averaged([self.cox[e] for e in inside if e in self.cox])
        parts = [
            merged([part for part in self.arms[side] if start < part.end <= end])
            for side in _SIDES
        ]  # fmt: skip
        return hazard_ratio(parts[0], parts[1])


def curves_record(
    groups: Sequence[Mapping[str, Any]],
    trials: Sequence[Mapping[str, Any]],
    pooling: Mapping[str, Any],
    short: Sequence[Mapping[str, Any]] = (),
) -> Json:
    """Say how the effect runs over time in each group.

    Parameters
    ----------
    groups, trials : sequence of mapping
        Of the result record; trials with ``curve.landmarks`` enter.
    pooling : mapping
        Settings of the question.
    short : sequence of mapping
        Trials whose curves end before the horizon: in no pool of the question, and shown.

    Returns
    -------
    dict
        ``{"curves": [...]}``, one entry per group that has curves, then those of `short`;
        empty without any.
    """
    labels = [str(group["label"]) for group in groups]
    of_short = list(dict.fromkeys(str(trial["group"]) for trial in short))
    entries = []
    for pooled, names, rows in ((True, labels, trials), (False, of_short, short)):
        for label in names:
            members = [
                _course(trial)
                for trial in rows
                if trial["group"] == label and (trial.get("curve") or {}).get("landmarks")
            ]
            if members:
                entries.append({**_entry(label, members, pooling), "pooled": pooled})
    return {"curves": entries} if entries else {}


def _course(trial: Mapping[str, Any]) -> Course:
    curve = trial["curve"]
    marks = curve["landmarks"]
    arms = {
        side: increments(
            curve["patients"][side] or trial[side]["n"] or 1,
            [mark["months"] for mark in marks],
            [mark[side]["survival"] for mark in marks],
            [mark[side]["se"] for mark in marks],
            [mark[side]["exposed"] for mark in marks],
        )
        for side in _SIDES
    }
    cox = {
        mark["months"]: LogRatio(mark["log_hr"], mark["log_hr_se"])
        for mark in marks
        if mark["log_hr"] is not None and mark["log_hr_se"]
    }
    return Course(trial, arms, cox, bool(curve["individual"]))


def _entry(label: str, members: Sequence[Course], pooling: Mapping[str, Any]) -> Json:
    ids = [member.trial["trial_id"] for member in members]
    shared = len(set(ids)) < len(ids)
    ends = sorted({end for member in members for end in member.ends})
    together = min(member.ends[-1] for member in members)
    split = max((end for end in ends if end <= together / 2), default=None)
    # All trials must know the survival at the split.
    if split is not None and any(split not in member.ends for member in members):
        split = None
    entry: Json = {
        "group": label,
        "k": len(members),
        "data": "individual" if all(m.individual for m in members) else "landmarks",
        "trials": [str(member.trial["label"]) for member in members],
        "note": _SHARED if shared else "",
        "arms": {} if shared else {side: _pooled_arm(members, side, pooling) for side in _SIDES},
        "whole": None if shared else _pool(members, _whole, pooling, "HR"),
        "intervals": [],
        "early": None,
        "late": None,
        "change": None,
        "not_proportional": [
            {"trial": str(m.trial["label"]), "p_value": m.trial["curve"]["ph_p_value"]}
            for m in members
            if _not_proportional(m.trial)
        ],
    }
    if shared:
        return entry
    for start, end in zip([0.0, *ends], ends, strict=False):
        reach = [m for m in members if end in m.ends and (start == 0.0 or start in m.ends)]
        if reach:
            entry["intervals"].append(_period(reach, start, end, pooling))
    if split is not None:
        entry["early"] = _period(members, 0.0, split, pooling)
        entry["late"] = _period(members, split, together, pooling)
        entry["change"] = _pool(members, _change(split, together), pooling, "RHR")
    return entry


def _not_proportional(trial: Mapping[str, Any]) -> bool:
    p_value = trial["curve"]["ph_p_value"]
    return p_value is not None and p_value < 0.05


def _whole(member: Course) -> LogRatio | None:
    """Log hazard ratio of the Cox model over the whole follow-up of the curves."""
    curve = member.trial["curve"]
    if curve["log_hr"] is None or not curve["log_hr_se"]:
        return None
    return LogRatio(curve["log_hr"], curve["log_hr_se"])


def _change(split: float, end: float) -> Callable[[Course], LogRatio | None]:
    """Late minus early log hazard ratio of a trial: the two are uncorrelated."""

    def of(member: Course) -> LogRatio | None:
        early, late = member.ratio(0.0, split), member.ratio(split, end)
        if early is None or late is None:
            return None
        return LogRatio(late.estimate - early.estimate, math.hypot(late.se, early.se))

    return of


def _period(
    members: Sequence[Course], start: float, end: float, pooling: Mapping[str, Any]
) -> Json:
    pool = _pool(members, lambda member: member.ratio(start, end), pooling, "HR")
    return {"start": start, "end": end, **pool}


def _pool(
    members: Sequence[Course],
    ratio_of: Callable[[Course], LogRatio | None],
    pooling: Mapping[str, Any],
    measure: str,
) -> Json:
    """Pool one ratio per trial by the rule that the question's groups follow."""
    z = float(ndtri(0.5 + pooling["level"] / 2))
    found = [(member, ratio_of(member)) for member in members]
    usable = [(member, ratio) for member, ratio in found if ratio is not None]
    record: Json = {
        "measure": measure,
        "scale": "log",
        "k": len(usable),
        **dict.fromkeys(("estimate", "se", "ci_lower", "ci_upper", "p_value", "tau2")),
        "primary_model": None,
        "models": {},
        "trials": [
            {
                "trial": str(member.trial["label"]),
                "estimate": ratio.estimate,
                "se": ratio.se,
                "ci_lower": ratio.estimate - z * ratio.se,
                "ci_upper": ratio.estimate + z * ratio.se,
            }
            for member, ratio in usable
        ],
        "left_out": [
            {"trial": str(member.trial["label"]), "reason": _NO_EVENT}
            for member, ratio in found
            if ratio is None
        ],
    }
    if not usable:
        return record
    if len(usable) == 1:
        ((_, only),) = usable
        p_value = 2.0 * float(ndtr(-abs(only.estimate) / only.se))
        record |= {**record["trials"][0], "p_value": p_value, "primary_model": "single-trial"}
        del record["trial"]
        return record
    y = [ratio.estimate for _, ratio in usable]
    v = [ratio.se**2 for _, ratio in usable]
    for name, tau2, ci in (
        ("common-effect", "CE", "wald"),
        ("hk-adhoc", pooling["tau2"], "hk-adhoc"),
    ):
        pool = random_effects(y, v, tau2=tau2, ci=ci, level=pooling["level"], measure=measure)
        record["models"][name] = {
            key: getattr(pool, key)
            for key in ("estimate", "se", "ci_lower", "ci_upper", "p_value", "tau2")
        }
    no_prior = {**pooling, "tau_prior": None}
    rows = [{"trial_id": member.trial["trial_id"]} for member, _ in usable]
    model = choose_primary(rows, get_measure(measure), no_prior).model
    return {**record, **record["models"]["hk-adhoc"], "primary_model": model}


def _pooled_arm(members: Sequence[Course], side: str, pooling: Mapping[str, Any]) -> list[Json]:
    """Pool one arm's curve at every landmark (Combescure 2014); both arms from the same trials."""
    ends = sorted({end for member in members for end in member.ends})
    starts = dict(zip(ends, [0.0, *ends], strict=False))
    table: list[list[Increment | None]] = []
    for end in ends:
        row: list[Increment | None] = []
        for member in members:
            parts = {part.end: part for part in member.arms[side] if part.end in member.ends}
            part = parts.get(end)
            row.append(part if part is not None and part.start == starts[end] else None)
        if not any(row):
            break
        table.append(row)
    nan = math.nan
    pooled = pool_conditional(
        ends[: len(table)],
        [[nan if part is None else part.survival for part in row] for row in table],
        [[nan if part is None else part.exposed for part in row] for row in table],
        level=pooling["level"],
    )
    columns = zip(
        pooled.time.tolist(),
        pooled.survival.tolist(),
        pooled.ci_lower.tolist(),
        pooled.ci_upper.tolist(),
        pooled.tau2.tolist(),
        pooled.k.tolist(),
        strict=True,
    )
    names = ("months", "survival", "ci_lower", "ci_upper", "tau2", "k")
    return [dict(zip(names, values, strict=True)) for values in columns]

"""Meta-regressions of a question: entries of `sensitivity`, comparisons between trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from trialpool.measures import Measure
from trialpool.pooling.dependent.multilevel import dependent_effects
from trialpool.pooling.options import Floats
from trialpool.pooling.regression.designs import dummies
from trialpool.pooling.regression.meta_regression import meta_regression
from trialpool.questions.shared.synthesis.multiarm import covariance_pairs, random_effects_name

Json = dict[str, Any]
Trial = Mapping[str, Any]

# Below ten trials a slope says more about chance than about the moderator: Cochrane Handbook 6.5,
# 10.11.5.1.
FEWEST_TRIALS: Final = 10
PERMUTATIONS: Final = 1_000
_WITHIN: Final = "All groups, each with a mean of its own"
_CI: Final = "hk-adhoc"
_UNITS: Final = {"year": 10.0}
_WORDS: Final = {"year": " years"}

_Fit = Callable[[str, Mapping[str, Any], Sequence[Trial], Measure, Mapping[str, Any]], list[Json]]


def moderators_sensitivity(
    question: Mapping[str, Any],
    trials: Sequence[Trial],
    measure: Measure,
    pooling: Mapping[str, Any],
) -> list[Json]:
    """Regress effects on each moderator that the question names.

    In every group of ten trials or more, and over all groups of two trials or
    more with a mean for each group and one slope for all. Knapp-Hartung with
    floor; a permutation p-value within one group.

    Returns
    -------
    list of dict
        One entry of ``sensitivity`` per moderator, with no results and the
        reason where there are too few trials.
    """
    entries = []
    for column in question.get("moderators", []):
        values = question["moderator_values"][column]
        known = [trial for trial in trials if values.get(trial["trial_id"], "") != ""]
        missing = sorted({t["label"] for t in trials if values.get(t["trial_id"], "") == ""})
        rows: list[Json] = []
        words = ["A comparison between trials, not between patients: low credibility."]
        groups = _by_group(known)
        jobs: list[tuple[str, _Fit, Sequence[Trial]]] = [
            (label, _one, own) for label, own in groups.items() if len(own) >= FEWEST_TRIALS
        ]
        shared = [trial for own in groups.values() if len(own) > 1 for trial in own]
        if len(groups) > 1 and len(shared) >= FEWEST_TRIALS:
            jobs.append((_WITHIN, _all, shared))
        for label, fit, members in jobs:
            try:
                found = fit(column, values, members, measure, pooling)
            except ValueError as error:
                words.append(f"{label}: {error}.")
            else:
                rows += [{"group": label, **row} for row in found]
        if not rows:
            words.append(
                f"No regression: a group, or all groups with two trials or more together, would "
                f"have to have {FEWEST_TRIALS} trials with this moderator."
            )
        if missing:
            words.append(f"Not given for: {', '.join(missing)}.")
        entries.append(
            {
                "id": f"moderator-{column.replace('_', '-')}",
                "kind": "moderator",
                "label": f"Meta-regression on {_name(column)}",
                "description": " ".join(words),
                "ci_method": _CI,
                "results": rows,
            }
        )
    return entries


def _name(column: str) -> str:
    return "year of the report" if column == "year" else column.replace("_", " ")


def _columns(
    column: str, values: Mapping[str, Any], members: Sequence[Trial]
) -> tuple[Floats, list[str]]:
    """Numbers per unit, or dummies of levels, with what a coefficient says."""
    cells = [str(values[trial["trial_id"]]) for trial in members]
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        coding = dummies(_name(column), cells)
        return coding.columns, [f"{name} against {coding.reference}" for name in coding.names]
    unit = _UNITS.get(column, 1.0)
    name = f"{_name(column)}, per {unit:g}{_WORDS.get(column, '')}"
    return np.array(numbers)[:, None] / unit, [name]


def _row(coefficient: Any, name: str, k: int, tau2: float, r2: float | None) -> Json:
    return {
        "analysis": name,
        "k": k,
        "estimate": coefficient.estimate,
        "ci_lower": coefficient.ci_lower,
        "ci_upper": coefficient.ci_upper,
        "tau2": tau2,
        "trials": [],
        "p_value": coefficient.p_value,
        "permutation_p_value": coefficient.permutation_p_value,
        "r2": r2,
    }


def _one(
    column: str,
    values: Mapping[str, Any],
    members: Sequence[Trial],
    measure: Measure,
    pooling: Mapping[str, Any],
) -> list[Json]:
    x, names = _columns(column, values, members)
    y, v = [t["estimate"] for t in members], [t["se"] ** 2 for t in members]
    if len({trial["trial_id"] for trial in members}) < len(members):
        return _dependent(x, names, members, measure, pooling)
    fit = meta_regression(
        y,
        v,
        x,
        names=names,
        tau2=pooling["tau2"],
        ci=_CI,
        level=pooling["level"],
        measure=measure.code,
        permutations=PERMUTATIONS,
    )
    return [
        _row(c, name, fit.k, fit.tau2, fit.r2)
        for c, name in zip(fit.coefficients[1:], names, strict=True)
    ]


def _all(
    column: str,
    values: Mapping[str, Any],
    members: Sequence[Trial],
    measure: Measure,
    pooling: Mapping[str, Any],
) -> list[Json]:
    slopes, names = _columns(column, values, members)
    labels = list(dict.fromkeys(trial["group"] for trial in members))
    means = np.array(
        [[1.0 if t["group"] == label else 0.0 for label in labels[1:]] for t in members]
    )
    return _dependent(np.hstack([means, slopes]), [*labels[1:], *names], members, measure, pooling)[
        len(labels) - 1 :
    ]


def _dependent(
    x: Floats,
    names: Sequence[str],
    members: Sequence[Trial],
    measure: Measure,
    pooling: Mapping[str, Any],
) -> list[Json]:
    """Fit comparisons of which some share an arm."""
    fit = dependent_effects(
        [trial["estimate"] for trial in members],
        [trial["se"] ** 2 for trial in members],
        [trial["trial_id"] for trial in members],
        x,
        names=list(names),
        pairs=covariance_pairs(members, measure),
        components=(random_effects_name(members, measure),),
        ci=_CI,
        level=pooling["level"],
        measure=measure.code,
    )
    return [
        _row(c, name, fit.k, fit.components[0].variance, None)
        for c, name in zip(fit.coefficients[1:], names, strict=True)
    ]


def _by_group(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(trial["group"], []).append(trial)
    return groups

"""Meta-regressions of a question: entries of `sensitivity`, comparisons between trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.dependent.multilevel import dependent_effects
from trialpool.pooling.options import Floats
from trialpool.pooling.regression.designs import dummies
from trialpool.pooling.regression.meta_regression import meta_regression
from trialpool.pooling.regression.results import Coefficient as Fitted
from trialpool.questions.shared.synthesis.members import MAIN_CI, by_group, effects_of
from trialpool.questions.shared.synthesis.multiarm import covariance_pairs, random_effects_name
from trialpool.records.base import record_from
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.reanalyses import Coefficient, Moderator
from trialpool.records.settings import Pooling
from trialpool.records.trials import SelectedTrial

Trials = Sequence[SelectedTrial]

# Below ten trials a slope says more about chance than about the moderator: Cochrane Handbook 6.5,
# 10.11.5.1.
FEWEST_TRIALS: Final = 10
PERMUTATIONS: Final = 1_000
_WITHIN: Final = "All groups, each with a mean of its own"
# By which a moderator is divided, so that its slope says something.
UNITS: Final = {"year": 10.0}
_WORDS: Final = {"year": " years"}


@dataclass(frozen=True)
class _Regression:
    """A moderator with its values by trial, and how effects are pooled."""

    column: str
    values: Mapping[str, str]
    measure: str
    pooling: Pooling


_Fit = Callable[[str, Trials, _Regression], list[Coefficient]]


def moderators_sensitivity(question: ComparativeQuestion, trials: Trials) -> list[Moderator]:
    """Regress effects on each moderator that the question names.

    In every group of ten trials or more, and over all groups of two trials or
    more with a mean for each group and one slope for all. Knapp-Hartung with
    floor; a permutation p-value within one group. An entry has no results, and
    the reason, where there are too few trials.
    """
    measure, pooling = question.measure, question.pooling
    return [
        _moderator(_Regression(column, question.moderator_values[column], measure, pooling), trials)
        for column in question.moderators
    ]


def _moderator(asked: _Regression, trials: Trials) -> Moderator:
    known = [trial for trial in trials if asked.values.get(trial.trial_id, "") != ""]
    missing = sorted({t.label for t in trials if asked.values.get(t.trial_id, "") == ""})
    rows: list[Coefficient] = []
    words = ["A comparison between trials, not between patients: low credibility."]
    groups = by_group(known)
    jobs: list[tuple[str, _Fit, Trials]] = [
        (label, _one, own) for label, own in groups.items() if len(own) >= FEWEST_TRIALS
    ]
    shared = [trial for own in groups.values() if len(own) > 1 for trial in own]
    if len(groups) > 1 and len(shared) >= FEWEST_TRIALS:
        jobs.append((_WITHIN, _all, shared))
    for label, fit, members in jobs:
        try:
            rows += fit(label, members, asked)
        except ValueError as error:
            words.append(f"{label}: {error}.")
    if not rows:
        words.append(
            f"No regression: a group, or all groups with two trials or more together, would "
            f"have to have {FEWEST_TRIALS} trials with this moderator."
        )
    if missing:
        words.append(f"Not given for: {', '.join(missing)}.")
    return Moderator(
        id=f"moderator-{asked.column.replace('_', '-')}",
        label=f"Meta-regression on {_name(asked.column)}",
        description=" ".join(words),
        ci_method=MAIN_CI,
        results=tuple(rows),
    )


def _name(column: str) -> str:
    return "year of the report" if column == "year" else column.replace("_", " ")


def covariate_name(column: str) -> str:
    """Name a number among the moderators with the unit of its slope."""
    return f"{_name(column)}, per {UNITS.get(column, 1.0):g}{_WORDS.get(column, '')}"


def _columns(asked: _Regression, members: Trials) -> tuple[Floats, list[str]]:
    """Numbers per unit, or dummies of levels, with what a coefficient says."""
    column, cells = asked.column, [asked.values[trial.trial_id] for trial in members]
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        coding = dummies(_name(column), cells)
        return coding.columns, [f"{name} against {coding.reference}" for name in coding.names]
    return np.array(numbers)[:, None] / UNITS.get(column, 1.0), [covariate_name(column)]


def _row(
    group: str, name: str, found: Fitted, k: int, tau2: float, r2: float | None
) -> Coefficient:
    return record_from(
        found, Coefficient, group=group, analysis=name, k=k, tau2=tau2, trials=(), r2=r2
    )


def _one(group: str, members: Trials, asked: _Regression) -> list[Coefficient]:
    x, names = _columns(asked, members)
    if len({trial.trial_id for trial in members}) < len(members):
        return _dependent(group, x, names, members, asked)
    fit = meta_regression(
        *effects_of(members),
        x,
        names=names,
        tau2=asked.pooling.tau2,
        ci=MAIN_CI,
        level=asked.pooling.level,
        measure=asked.measure,
        permutations=PERMUTATIONS,
    )
    return [
        _row(group, name, c, fit.k, fit.tau2, fit.r2)
        for c, name in zip(fit.coefficients[1:], names, strict=True)
    ]


def _all(group: str, members: Trials, asked: _Regression) -> list[Coefficient]:
    slopes, names = _columns(asked, members)
    labels = list(by_group(members))
    means = np.array([[1.0 if t.group == label else 0.0 for label in labels[1:]] for t in members])
    x = np.hstack([means, slopes])
    return _dependent(group, x, [*labels[1:], *names], members, asked)[len(labels) - 1 :]


def _dependent(
    group: str, x: Floats, names: Sequence[str], members: Trials, asked: _Regression
) -> list[Coefficient]:
    """Fit comparisons of which some share an arm."""
    fit = dependent_effects(
        *effects_of(members),
        [trial.trial_id for trial in members],
        x,
        names=list(names),
        pairs=covariance_pairs(members, asked.measure),
        components=(random_effects_name(members, asked.measure),),
        ci=MAIN_CI,
        level=asked.pooling.level,
        measure=asked.measure,
    )
    return [
        _row(group, name, c, fit.k, fit.components[0].variance, None)
        for c, name in zip(fit.coefficients[1:], names, strict=True)
    ]

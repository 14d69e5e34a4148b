"""The effects of a question with what an early endpoint of the same trials says of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from trialpool.pooling import random_effects
from trialpool.pooling.bivariate.model import MIN_BOTH, bivariate
from trialpool.questions.shared.synthesis.members import Member, effects_of
from trialpool.records.comparison import BorrowedEffect, BorrowedStrength, ComparisonQuestion
from trialpool.records.trials import Arm, SelectedTrial

# Correlations of the two estimates of a trial that are assumed; no report prints them.
CORRELATIONS: Final = (0.0, 0.3, 0.5, 0.7, 0.9)
_NONE: Final = (math.nan, math.nan)
_Key = tuple[str, str, str]


def borrowed(
    question: ComparisonQuestion, members: Mapping[str, Sequence[SelectedTrial]]
) -> BorrowedStrength | None:
    """Pool each group in one model with the early endpoint (Jackson 2011, Stat Med 30:2481).

    A trial with the early effect alone takes part: it says where early effects lie, and through
    their association something of the final ones. Groups with fewer than three trials that have
    both are not fitted, nor those whose comparisons share an arm.

    Parameters
    ----------
    question : ComparisonQuestion
    members : mapping
        Label of a group to its trials, effects on the analysis scale.

    Returns
    -------
    BorrowedStrength or None
        None where the question names no early endpoint.
    """
    asked = question.borrow
    if asked is None:
        return None
    found: list[BorrowedEffect] = []
    few: dict[str, int] = {}
    for label, final in members.items():
        early = [trial for trial in asked.trials if trial.group == label]
        both = len({_key(one) for one in early} & {_key(one) for one in final})
        if both < MIN_BOTH:
            few[label] = both
        elif _independent(early) and _independent(final):
            # Benefits err together: where they lie on opposite sides, estimates err apart.
            sign = 1.0 if asked.early.benefit == question.benefit else -1.0
            found += _effects(label, early, final, sign, question.pooling.level)
    names = " or ".join(asked.early.endpoint_names.values())
    return BorrowedStrength(early=names, effects=tuple(found), too_few=few)


def _effects(
    label: str, early: Sequence[Member], final: Sequence[Member], sign: float, level: float
) -> list[BorrowedEffect]:
    firsts, seconds = _by_key(early), _by_key(final)
    keys = [*seconds, *(key for key in firsts if key not in seconds)]
    y1, v1 = np.array([firsts.get(key, _NONE) for key in keys]).T
    y2, v2 = np.array([seconds.get(key, _NONE) for key in keys]).T
    alone = random_effects(*effects_of(final), tau2="REML", ci="wald", level=level)
    assert alone.ci_lower is not None
    assert alone.ci_upper is not None
    both = sum(key in firsts for key in seconds)
    rows = [
        BorrowedEffect(
            group=label,
            correlation=None,
            k=len(final),
            k_both=both,
            estimate=alone.estimate,
            ci_lower=alone.ci_lower,
            ci_upper=alone.ci_upper,
            tau2=alone.tau2,
        )
    ]
    for correlation in CORRELATIONS:
        fit = bivariate(y1, v1, y2, v2, correlation=sign * correlation, level=level)
        rows.append(
            BorrowedEffect(
                group=label,
                correlation=correlation,
                k=fit.k,
                k_both=fit.k_both,
                estimate=fit.estimates[1],
                ci_lower=fit.ci_lower[1],
                ci_upper=fit.ci_upper[1],
                tau2=float(fit.g[1, 1]),
            )
        )
    return rows


def _by_key(trials: Sequence[Member]) -> dict[_Key, tuple[float, float]]:
    return {_key(trial): (trial.estimate, trial.se**2) for trial in trials}


def _independent(trials: Sequence[Member]) -> bool:
    return len({trial.trial_id for trial in trials}) == len(trials)


def _key(trial: Member) -> _Key:
    return trial.trial_id, _arm(trial.experimental), _arm(trial.control)


def _arm(arm: Arm | None) -> str:
    return "" if arm is None else arm.arm_id

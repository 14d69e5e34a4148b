"""Studies of a network from the counts of their arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from trialpool.pooling.counts.tables import COUNT_MEASURES, check_arm
from trialpool.pooling.network.studies import (
    LeftOutStudy,
    NetworkFault,
    NetworkInputError,
    StudyEffects,
    by_study,
    check_names,
    natural,
)
from trialpool.pooling.options import Bools, Floats, choose


@dataclass(frozen=True, eq=False)
class CountedStudies:
    """Studies from the counts of their arms.

    Attributes
    ----------
    studies : tuple of StudyEffects
    corrected : tuple of str
        Studies to whose cells 0.5 was added.
    left_out : tuple of LeftOutStudy
    """

    studies: tuple[StudyEffects, ...]
    corrected: tuple[str, ...]
    left_out: tuple[LeftOutStudy, ...]


def from_arms(
    study: Sequence[object],
    treatment: Sequence[object],
    events: object,
    n: object,
    *,
    measure: str,
) -> CountedStudies:
    """Studies from the counts of their arms, one row each.

    Parameters
    ----------
    study, treatment : sequence of str, length k
    events, n : array-like of shape (k,)
        Patients with the event, and all patients, of each arm.
    measure : {"OR", "RR", "RD"}
        Log odds, log risk or risk of an arm, with variances 1/e + 1/(n - e),
        1/e - 1/n and e(n - e)/n³. Where an arm has no events or only events, 0.5 is
        added to both cells of every arm of that study. For OR and RR a study without events
        in any arm, or with only events, is left out; for RD it says that nothing differs.

    Raises
    ------
    NetworkInputError
        If a study has an arm twice.
    ValueError
        Naming the argument, the position, the value and what is allowed.
    """
    choose("measure", measure, COUNT_MEASURES)
    e, size = check_arm(events, n, "events", "n")
    k = e.size
    labels, names = check_names("study", study, k), check_names("treatment", treatment, k)
    faults: list[NetworkFault] = []
    found: list[StudyEffects] = []
    corrected: list[str] = []
    left_out: list[LeftOutStudy] = []
    for label, unsorted in by_study(labels).items():
        rows = sorted(unsorted, key=lambda i: natural(names[i]))
        twice = [(i, j) for i, j in combinations(rows, 2) if names[i] == names[j]]
        if twice:
            i, j = max(twice[0]), min(twice[0])
            message = f"study {label!r} has two arms of this name"
            remedy = "Add the arms up, or name the treatments apart."
            name = repr(names[i])
            faults.append(NetworkFault((i, j), "treatment", name, "arm-once", message, remedy))
            continue
        own = np.array(rows, dtype=np.int64)
        reason = _says_nothing(e[own], size[own], measure)
        if reason:
            left_out.append(LeftOutStudy(label, reason))
            continue
        zero = bool(((e[own] == 0) | (e[own] == size[own])).any())
        if zero:
            corrected.append(label)
        add = 0.5 if zero else 0.0
        effect, variance = arm_effects(e[own] + add, size[own] + 2.0 * add, measure)
        m = own.size
        centring = np.eye(m) - 1.0 / m
        found.append(
            StudyEffects(
                label,
                tuple(names[i] for i in rows),
                effect - effect.mean(),
                centring @ np.diag(variance) @ centring,
                tuple(int(x) for x in size[own]),
                tuple(rows),
            )
        )
    if faults:
        raise NetworkInputError(faults)
    return CountedStudies(tuple(found), tuple(corrected), tuple(left_out))


def _says_nothing(events: Floats, n: Floats, measure: str) -> str:
    """Why a study compares nothing, empty where it does."""
    if events.size < 2:
        return "one arm only: nothing is compared"
    if measure == "RD":
        return ""
    if not events.any():
        return "no events in any arm"
    everywhere: Bools = events == n
    return "only events in every arm" if everywhere.all() else ""


def arm_effects(events: Floats, n: Floats, measure: str) -> tuple[Floats, Floats]:
    """Log odds, log risk or risk of arms, and their variances."""
    rest = n - events
    if measure == "OR":
        return np.log(events / rest), 1.0 / events + 1.0 / rest
    if measure == "RR":
        return np.log(events / n), 1.0 / events - 1.0 / n
    return events / n, events * rest / n**3

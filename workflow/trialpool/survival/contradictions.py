"""What a curve, the numbers at risk and the total of events cannot all be."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from trialpool.survival.arrays import Floats
from trialpool.survival.clean import TOLERANCE

# More than any arm of a published curve has; a slip of digits would ask for all memory.
MOST_PATIENTS: Final = 200_000
# A reading of the curve may be this much too low, as a share of patients, and this much too early,
# as a share of the axis, before a number at risk contradicts it.
AT_RISK_SLACK: Final = 0.05
READ_EARLY: Final = 0.02
# Data whose curve lies this far off for the sake of a total, as a probability, do not have it.
# In 70 arms of published curves and public data, read with noise, true totals cost 0.012 at most.
TOTAL_SLACK: Final = 0.05
# Points that smoothing moves no further are those of the drawn line itself.
EXACT: Final = 0.001


def check_sound(t: Floats, s: Floats, table: Sequence[tuple[float, int]]) -> None:
    """Check a curve and its numbers at risk, the first of which are the patients at the start.

    Raises
    ------
    ValueError
        Naming the numbers that contradict each other, and what is allowed.
    """
    if (
        t.size < 2
        or t[0] != 0.0
        or s[0] != 1.0
        or (np.diff(t) <= 0).any()
        or (np.diff(s) > 0).any()
    ):
        raise ValueError(
            "time and survival must start at (0, 1), times ascend and survival never rise; "
            "clean_points makes them so"
        )
    for (before, more), (after, fewer) in itertools.pairwise(table):
        if not before < after or not more >= fewer >= 0:
            raise ValueError(
                f"at_risk: {more} at {before:g} and {fewer} at {after:g}; "
                "allowed: ascending times and numbers that never rise"
            )
    if table[0][1] < 1:
        raise ValueError(f"n={table[0][1]}; allowed: at least 1 patient")
    if table[0][1] > MOST_PATIENTS:
        raise ValueError(f"n={table[0][1]}; allowed: at most {MOST_PATIENTS} patients in an arm")
    if table[-1][0] > t[-1]:
        raise ValueError(
            f"at_risk reaches {table[-1][0]:g} and the curve ends at {t[-1]:g}; "
            "allowed: numbers at risk within the curve"
        )
    for moment, count in table[1:]:
        # The survival before the falls at the time itself, which those at risk have not had, and
        # which may be read a little early.
        early = moment - READ_EARLY * float(t[-1])
        before = float(s[max(int(np.searchsorted(t, early)) - 1, 0)])
        most = table[0][1] * before
        if count > most + AT_RISK_SLACK * table[0][1] + 1.0:
            raise ValueError(
                f"at_risk: {count} at {moment:g}, but {before:.1%} of {table[0][1]} patients are "
                f"{most:.0f}; allowed: no more at risk than are free of the event (another arm, "
                "another figure or another unit of time?)"
            )


def check_total(t: Floats, s: Floats, table: Sequence[tuple[float, int]], events: int) -> None:
    """Check that a total of events is one that the curve can have.

    A reading may be off by `TOLERANCE`, and by one patient.

    Raises
    ------
    ValueError
        Naming the total, the curve and what is allowed.
    """
    n = table[0][1]
    if not 0 <= events <= n:
        raise ValueError(f"events={events}; allowed: 0 to {n}, the patients")
    low, high = events_possible(t, s, table)
    slack = TOLERANCE * n + 1.0
    least = low - slack if len(table) > 1 else 0.0
    if least <= events <= high + slack:
        return
    beside = f" with {len(table) - 1} numbers at risk" if len(table) > 1 else ""
    raise ValueError(
        f"events={events}; the curve of {n} patients falls to {float(s[-1]):.1%}{beside}, which "
        f"takes {math.ceil(low)} to {math.floor(high)} events (another arm, endpoint or cut?)"
    )


def check_distance(
    t: Floats, s: Floats, n: int, events: int, distance: float, noise: float
) -> tuple[str, ...]:
    """Check that the data of a total found without numbers at risk have the curve.

    Parameters
    ----------
    t, s : ndarray of shape (m,)
    n, events : int
    distance : float
        Largest distance of the reconstructed curve.
    noise : float
        Of the reading: what it splits a fall into needs more patients than the fall.

    Returns
    -------
    tuple of str
        A note if they have not.

    Raises
    ------
    ValueError
        If they have not, and the falls of an exact curve need more events of whole patients.
    """
    if distance <= TOTAL_SLACK + 1.0 / n:
        return ()
    low, high = events_possible(t, s, [(0.0, n)])
    if events < low and noise <= EXACT:
        raise ValueError(
            f"events={events}; the falls of the curve of {n} patients to {float(s[-1]):.1%} take "
            f"{math.ceil(low)} to {math.floor(high)} events; with {events} the data would lie "
            f"{distance:.3f} off (another arm, endpoint or cut?)"
        )
    return (
        f"with {events} events and one even rate of censoring the data lie up to {distance:.3f} "
        "off the curve: numbers at risk would say when patients left",
    )


def events_possible(
    t: Floats, s: Floats, table: Sequence[tuple[float, int]]
) -> tuple[float, float]:
    """Fewest and most events with which a Kaplan-Meier curve has these values.

    Parameters
    ----------
    t, s : ndarray of shape (m,)
        The curve from (0, 1) on.
    table : sequence of (float, int)
        Numbers at risk from (0, n) on.

    Returns
    -------
    tuple of float
        Of d events the survival of an interval, N at risk at its start and M left at its end,
        is M / (M + d) at least (all others are censored before the first event) and 1 − d / N
        at most (nobody is before the last). Without numbers at risk, or after the last one, the
        fewest come from the end of the curve: a fall needs one event, and the patients left by
        it the falls before. Falls of less than `TOLERANCE` together count as one.
    """
    # The numbers at risk at a time are those before its events, which may be read on either side.
    early = READ_EARLY * float(t[-1])
    before, after = (
        [1.0, *(float(s[max(int(np.searchsorted(t, moment + shift)) - 1, 0)])
                for moment, _ in table[1:]), float(s[-1])]
        for shift in (-early, early)
    )  # fmt: skip
    low = high = 0.0
    for i, (_, count) in enumerate(table):
        high += count * _fall(after[i], after[i + 1])
        fall = _fall(before[i], before[i + 1])
        if i + 1 < len(table):
            low += table[i + 1][1] * fall / (1.0 - fall) if fall < 1.0 else 0.0
        else:
            falls = np.append(before[i], s[s < before[i]])
            low += min(_fewest(falls), count * fall)
    return low, high


def _fall(above: float, below: float) -> float:
    """Share of those alive before who die."""
    return 1.0 - below / above if above > 0.0 else 0.0


def _fewest(values: Floats) -> float:
    """Fewest events of whole patients that fall through these values, whoever is censored."""
    levels = [float(values[0])]
    for value in values[1:]:
        if levels[-1] - value >= TOLERANCE:
            levels.append(float(value))
    left = total = 0.0
    for above, below in reversed(list(itertools.pairwise(levels))):
        fall = _fall(above, below)
        # A rounding off whole is whole.
        needed = math.ceil(left * fall / (1.0 - fall) - 1e-6) if below > 0.0 else 1
        deaths = max(needed, 1)
        left = max(left + deaths, 1.0 / fall)
        total += deaths
    return total

"""Means, person-time and differences as trials with these true values would print them."""

import math
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
from scipy.special import stdtrit

from trialpool.audit.rule import Case

Rng = np.random.Generator
Cells = dict[str, str]
# Trials that report the same outcome: rules compare their rows with each other.
_TRIALS = 5


def _printed(rng: Rng, value: float, decimals: int) -> str:
    rounding = ROUND_HALF_UP if rng.random() < 0.5 else ROUND_HALF_EVEN
    return str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding))


def _place(index: int) -> Cells:
    return {
        "trial_id": f"t{index}",
        "source_id": f"s{index}",
        "endpoint": f"score {index // _TRIALS}",
        "unit": "points",
    }


def _arm(rng: Rng, values: np.ndarray) -> Cells:
    """Every summary of the values of one arm, to two decimals (three for the standard error)."""
    n, mean, sd = values.size, float(values.mean()), float(values.std(ddof=1))
    half = float(stdtrit(n - 1, 0.975)) * sd / math.sqrt(n)
    cells = {"n": str(n), "se": _printed(rng, sd / math.sqrt(n), 3), "ci_level": "95"}
    numbers = {"mean": mean, "sd": sd, "ci_lower": mean - half, "ci_upper": mean + half}
    names = ("min", "q1", "median", "q3", "max")
    numbers |= dict(zip(names, np.quantile(values, [0, 0.25, 0.5, 0.75, 1]), strict=True))
    return cells | {name: _printed(rng, float(value), 2) for name, value in numbers.items()}


def means(rng: Rng, draws: int) -> Case:
    """Two arms a trial: deviations of one outcome differ by a fifth between trials."""
    rows = []
    for index in range(draws):
        spread = 0.9 * math.exp(rng.normal(0.0, 0.2))
        for arm in "xy":
            values = rng.normal(rng.uniform(3.0, 6.0), spread, int(rng.integers(10, 1000)))
            row = {"row_id": f"t{index}.{arm}", "arm_id": arm, "value": "final"}
            rows.append(_place(index) | row | _arm(rng, values))
    return Case({"means": rows})


def changes(rng: Rng, draws: int) -> Case:
    """Changes from the baseline, all of them falls."""
    rows = []
    for index in range(draws):
        for arm in "xy":
            values = rng.normal(rng.uniform(-2.0, -1.0), 0.9, int(rng.integers(100, 1000)))
            row = {"row_id": f"t{index}.{arm}", "arm_id": arm, "value": "change"}
            rows.append(_place(index) | row | _arm(rng, values))
    return Case({"means": rows})


def person_times(rng: Rng, draws: int) -> Case:
    """Patients followed for up to five years, those of both arms for about as long."""
    rows = []
    for index in range(draws):
        years = rng.uniform(0.2, 5.0)
        unit, size = (("years", 1.0), ("months", 12.0), ("100 years", 0.01))[index % 3]
        for arm in "xy":
            n = int(rng.integers(20, 1500))
            time = n * years * rng.uniform(0.8, 1.2)
            row = _place(index) | {"row_id": f"t{index}.{arm}", "arm_id": arm, "time_unit": unit}
            row |= {"n": str(n), "events": str(rng.poisson(0.1 * time))}
            rows.append(row | {"person_time": _printed(rng, time * size, 1 if size >= 1 else 3)})
    return Case({"rates": rows})


def differences(rng: Rng, draws: int) -> Case:
    """A difference beside the means of its arms, with its interval to one decimal or two."""
    of_arms = means(rng, draws).tables["means"]
    rows = []
    for index in range(draws):
        x, y = of_arms[2 * index : 2 * index + 2]
        se = math.hypot(float(x["sd"]) / math.sqrt(int(x["n"])), float(y["se"]))
        difference, decimals = float(x["mean"]) - float(y["mean"]), int(rng.integers(1, 3))
        values = (difference, difference - 1.96 * se, difference + 1.96 * se)
        names = ("estimate", "ci_lower", "ci_upper")
        row = {"row_id": f"t{index}.c", "experimental_arm": "x", "control_arm": "y"}
        row |= {"measure": "MD", "value": "final", "ci_level": "95", "se": _printed(rng, se, 3)}
        row |= {n: _printed(rng, v, decimals) for n, v in zip(names, values, strict=True)}
        rows.append(_place(index) | row)
    return Case({"means": of_arms, "outcome_contrasts": rows})


_LIMITS = ("estimate", "ci_lower", "ci_upper")
OUTCOMES: dict[str, tuple[Callable[[Rng, int], Case], tuple[str, ...]]] = {
    "spread-positive": (means, ("sd", "se")),
    "spreads-agree": (means, ("sd", "se", "ci_lower", "ci_upper")),
    "deviation-not-error": (means, ("sd",)),
    "mean-within-range": (means, ("mean", "sd", "min", "max")),
    "summary-in-order": (means, ("min", "q1", "median", "q3", "max")),
    "arms-one-unit": (means, ("mean",)),
    "change-sign": (changes, ("mean",)),
    "person-time-positive": (person_times, ("person_time",)),
    "person-time-plausible": (person_times, ("person_time", "n")),
    "difference-symmetric": (differences, _LIMITS),
    "difference-of-arms": (differences, _LIMITS),
}

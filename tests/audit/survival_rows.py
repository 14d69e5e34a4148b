"""Simulated survival: hazard ratios with medians, and curves with their areas."""

import math
from dataclasses import dataclass

import numpy as np

Rng = np.random.Generator
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Drawn:
    """What a trial found, unrounded."""

    ratio: dict[str, float]
    medians: dict[str, float]
    counts: dict[str, int]
    z: float


def kaplan_meier(time: np.ndarray, event: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Event times (continuous, so without ties) and survival after each."""
    order = np.argsort(time)
    time, event = time[order], event[order]
    at_risk = np.arange(time.size, 0, -1)
    survival = np.cumprod(1.0 - event / at_risk)
    return time[event], survival[event]


def cox(time: np.ndarray, event: np.ndarray, treated: np.ndarray) -> tuple[float, float]:
    """Log hazard ratio of one binary covariate and its standard error, by Newton's method."""
    order = np.argsort(-time)
    event, treated = event[order], treated[order]
    ours, theirs = np.cumsum(treated), np.cumsum(~treated)
    observed = float(np.sum(treated[event]))
    beta = 0.0
    for _ in range(25):
        share = ours * math.exp(beta) / (ours * math.exp(beta) + theirs)
        information = float(np.sum((share * (1.0 - share))[event]))
        step = (observed - float(np.sum(share[event]))) / information
        beta += max(min(step, 1.0), -1.0)
        if abs(step) < 1e-10:
            break
    return beta, 1.0 / math.sqrt(information)


def medians(rng: Rng) -> Drawn:
    """Proportional Weibull hazards, staggered entry, both medians reached."""
    while True:
        n = int(rng.integers(30, 400))
        shape = rng.uniform(0.85, 1.3)
        log_hr = float(np.clip(rng.normal(-0.35, 0.35), -1.4, 0.7))
        scale = rng.uniform(4.0, 40.0) * np.exp(-log_hr * np.repeat([1.0, 0.0], n) / shape)
        time = scale * rng.weibull(shape, 2 * n)
        censored = rng.uniform(0.7, 2.5) * np.max(scale) * rng.uniform(0.8, 1.5, 2 * n)
        event = time <= censored
        time = np.minimum(time, censored)
        treated = np.repeat([True, False], n)
        halves = []
        for arm in (treated, ~treated):
            times, survival = kaplan_meier(time[arm], event[arm])
            below = times[survival <= 0.5]
            halves.append(float(below[0]) if below.size else None)
        if halves[0] is None or halves[1] is None or halves[0] < 0.5 or halves[1] < 0.5:
            continue
        beta, se = cox(time, event, treated)
        values = (beta, beta - Z95 * se, beta + Z95 * se)
        names = ("estimate", "ci_lower", "ci_upper")
        return Drawn(
            {name: math.exp(value) for name, value in zip(names, values, strict=True)},
            {"median_experimental": halves[0], "median_control": halves[1]},
            {
                "n_experimental": n,
                "n_control": n,
                "events_experimental": int(np.sum(event[treated])),
                "events_control": int(np.sum(event[~treated])),
            },
            beta / se,
        )


@dataclass(frozen=True)
class Curve:
    """A Kaplan-Meier curve."""

    times: np.ndarray
    survival: np.ndarray
    n: int

    def at(self, horizon: float) -> dict[str, float]:
        """Survival at a horizon and the area up to it, with standard errors."""
        times = self.times[self.times <= horizon]
        steps = np.concatenate(([1.0], self.survival[: times.size]))
        widths = np.diff(np.concatenate(([0.0], times, [horizon])))
        survival, area = float(steps[-1]), float(np.sum(steps * widths))
        se = math.sqrt(max(survival * (1.0 - survival), 0.25 / self.n) / self.n)
        return {
            "survival_{}": survival,
            "survival_{}_se": se,
            "rmst_{}": area,
            "rmst_{}_se": horizon * se / 3.0,
        }


def survival_curves(rng: Rng) -> Curve:
    """One arm's curve."""
    n = int(rng.integers(20, 300))
    time = rng.uniform(8.0, 80.0) * rng.weibull(rng.uniform(0.7, 1.5), n)
    censored = rng.uniform(20.0, 80.0, n)
    times, survival = kaplan_meier(np.minimum(time, censored), time <= censored)
    return Curve(times, survival, n)

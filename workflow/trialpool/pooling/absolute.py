"""What a relative effect means in absolute terms, given the risk without the treatment.

Risks are probabilities of the outcome: of the event by a landmark for hazard ratios, of the
response for odds ratios, risk ratios and risk differences. Effects are on the analysis scale
(logarithms of ratios; differences as they are).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.options import Floats

MEASURES: Final = ("HR", "OR", "RR", "RD")
# Points on the ellipse of `_extremes`; with an even quarter both axes are among them.
_ANGLES: Final = 4 * 1024
# Risks of 0 and 1 have no logit: limits there are read as next to it.
_EDGE: Final = 1e-12
# 1 / 0.125 is 8, not 9: what is left of a division is not rounded up.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Estimate:
    """A number with the limits of its interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class AbsoluteRisks:
    """Risks with and without the treatment.

    Attributes
    ----------
    control : float
    treatment : Estimate
    difference : Estimate
        Treatment less control, as a probability.
    """

    control: float
    treatment: Estimate
    difference: Estimate


@dataclass(frozen=True)
class NumberNeeded:
    """A number needed to treat for one more to benefit, or to be harmed.

    Attributes
    ----------
    value : float
        At least 1, not rounded; infinite where the risks do not differ.
    benefits : bool
        Whether it is one to benefit (NNTB) or to harm (NNTH).
    """

    value: float
    benefits: bool

    @property
    def whole(self) -> int | None:
        """Rounded up, as the Cochrane Handbook (15.4.4) does; None where infinite."""
        return math.ceil(self.value - _ROUNDING) if math.isfinite(self.value) else None


@dataclass(frozen=True)
class NumberNeededInterval:
    """A number needed to treat with the ends of its interval.

    Attributes
    ----------
    estimate, best, worst : NumberNeeded
        `best` is the end with the greater benefit (or the lesser harm).
    """

    estimate: NumberNeeded
    best: NumberNeeded
    worst: NumberNeeded

    @property
    def through_infinity(self) -> bool:
        """Whether the interval runs from one to benefit through infinity to one to harm."""
        return self.best.benefits != self.worst.benefits


def absolute_risks(measure: str, effect: Estimate, control: Estimate) -> AbsoluteRisks:
    """Turn a relative effect into risks, and their difference.

    Parameters
    ----------
    measure : {"HR", "OR", "RR", "RD"}
    effect : Estimate
        On the analysis scale: log hazard, odds or risk ratio, or risk difference.
    control : Estimate
        Probability of the outcome without the treatment; with limits equal to the value it is
        taken as fixed, else it must come from other patients than the effect.

    Returns
    -------
    AbsoluteRisks
        The limits hold where those of `effect` and `control` do, by propagation of imprecision:
        the extremes over the ellipse whose axes are the two intervals. With a fixed control risk
        these are the risks at the limits of the effect.

    Raises
    ------
    ValueError
        For another measure, a risk outside [0, 1], or limits on the wrong side of a value.

    References
    ----------
    Cochrane Handbook 6.5, 14.1.5 and 15.4.4. Altman and Andersen, BMJ 1999;319:1492: with
    proportional hazards S₁ = S₀^HR. Newcombe and Bender, Evid Based Med 2014;19:6.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure={measure!r} has no absolute effect; allowed: {MEASURES}")
    for name, one in (("effect", effect), ("control", control)):
        if not one.lower <= one.value <= one.upper:
            raise ValueError(f"{name}: {one.value} is not between {one.lower} and {one.upper}")
    if not 0 <= control.lower <= control.upper <= 1:
        raise ValueError(f"control: {control} is no probability")
    risk = _treated(measure, np.asarray(effect.value), np.asarray(control.value))
    effects, controls = _extremes(measure, effect, control)
    treated = _treated(measure, effects, controls)
    return AbsoluteRisks(
        control=control.value,
        treatment=_within(float(risk), treated),
        difference=_within(float(risk) - control.value, treated - controls),
    )


def _within(value: float, found: Floats) -> Estimate:
    """Take the extremes as limits; rounding must not leave the value outside of them."""
    return Estimate(value, min(value, float(found.min())), max(value, float(found.max())))


def _treated(measure: str, effect: Floats, control: Floats) -> Floats:
    """Risk with the treatment."""
    if measure == "RD":
        return np.asarray(np.clip(control + effect, 0.0, 1.0))
    ratio = np.exp(effect)
    if measure == "RR":
        return np.asarray(np.minimum(control * ratio, 1.0))
    if measure == "OR":
        return np.asarray(control * ratio / (1.0 - control + control * ratio))
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(ratio * np.log1p(-control)))


def _extremes(measure: str, effect: Estimate, control: Estimate) -> tuple[Floats, Floats]:
    """Points on the ellipse that has the two intervals as axes, each half with its own radius.

    The control risk runs on the scale on which the measure adds to it.
    """
    angle = np.linspace(0.0, 2.0 * np.pi, _ANGLES, endpoint=False)
    across, up = np.cos(angle), np.sin(angle)
    effects = effect.value + np.where(
        up >= 0, up * (effect.upper - effect.value), up * (effect.value - effect.lower)
    )
    if control.lower == control.upper:
        return effects, np.full_like(effects, control.value)
    low, middle, high = (_link(measure, p) for p in (control.lower, control.value, control.upper))
    linked = middle + np.where(across >= 0, across * (high - middle), across * (middle - low))
    return effects, _unlink(measure, linked)


def _link(measure: str, risk: float) -> float:
    if measure == "RD":
        return risk
    inside = min(max(risk, _EDGE), 1.0 - _EDGE)
    if measure == "RR":
        return math.log(inside)
    if measure == "OR":
        return math.log(inside / (1.0 - inside))
    return math.log(-math.log1p(-inside))


def _unlink(measure: str, value: Floats) -> Floats:
    if measure == "RD":
        return value
    if measure == "RR":
        return np.exp(value)
    if measure == "OR":
        return np.asarray(1.0 / (1.0 + np.exp(-value)))
    return np.asarray(-np.expm1(-np.exp(value)))


def number_needed(difference: Estimate, *, fewer_is_better: bool) -> NumberNeededInterval:
    """Turn a difference of risks into a number needed to treat.

    Parameters
    ----------
    difference : Estimate
        Risk with less risk without the treatment, as a probability.
    fewer_is_better : bool
        Whether the outcome is a bad one.

    References
    ----------
    Altman, BMJ 1998;317:1309: the interval of a difference that holds 0 is one of numbers
    needed to treat that runs through infinity.
    """
    sign = -1.0 if fewer_is_better else 1.0
    gain = sign * difference.value
    ends = sorted((sign * difference.lower, sign * difference.upper))
    # No difference stands on the side of the rest of its interval.
    middle = 0.5 * (ends[0] + ends[1])
    estimate, worst, best = (_needed(x, x if x else middle) for x in (gain, *ends))
    return NumberNeededInterval(estimate, best, worst)


def _needed(gain: float, side: float) -> NumberNeeded:
    return NumberNeeded(1.0 / abs(gain) if gain else math.inf, side >= 0)


def exponential_survival(median: float, time: float) -> float:
    """Survival at a time if the hazard is constant and half survive until `median`.

    Parameters
    ----------
    median, time : float
        In one unit, both positive.
    """
    return math.exp(-math.log(2.0) * time / median)


def median_gain(effect: Estimate, control_median: float) -> Estimate:
    """Difference in median time if hazards are constant: m₀ (1/HR − 1).

    Parameters
    ----------
    effect : Estimate
        Log hazard ratio.
    control_median : float
        Without the treatment; the difference is in its unit.
    """
    gains = [control_median * math.expm1(-x) for x in (effect.value, effect.upper, effect.lower)]
    return Estimate(*gains)

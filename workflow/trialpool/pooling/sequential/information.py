"""How much information an important effect asks for, and how much the trials hold.

Wetterslev, Thorlund, Brok and Gluud 2008, J Clin Epidemiol 61:64; diversity: the same 2009, BMC
Med Res Methodol 9:86; least number of trials: Kulinskaya and Wood 2014, Res Synth Methods 5:297.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.pooling.options import choose
from trialpool.pooling.plain_values import Plain, Shown

BINARY: Final = ("OR", "RR", "RD")


@dataclass(frozen=True, repr=False)
class InformationSize(Shown, Plain):
    """Required and reached information, in inverse variances on the analysis scale.

    Attributes
    ----------
    effect, alpha, power : float
        The effect to be found, on the analysis scale, and with which errors.
    required : float
        Where trials do not differ: ((z(alpha / 2) + z(power)) / effect)².
    diversity : float
        1 - variance of the common-effect mean / that of the random-effects mean.
    adjusted : float
        required / (1 - diversity).
    reached : float
        Sum of 1 / v.
    fraction : float
        reached / adjusted.
    least_trials : int
        With fewer trials no number of patients suffices, at this spread between them.
    """

    effect: float
    alpha: float
    power: float
    required: float
    diversity: float
    adjusted: float
    reached: float
    fraction: float
    least_trials: int


def information_size(
    vi: npt.ArrayLike, tau2: float, effect: float, *, alpha: float = 0.05, power: float = 0.9
) -> InformationSize:
    """Compare what trials hold with what an effect asks for.

    Parameters
    ----------
    vi : array-like of shape (k,)
        Sampling variances on the analysis scale.
    tau2 : float
        Variance between trials.
    effect : float
        Smallest effect that matters, on the analysis scale (log HR); its sign does not count.

    Raises
    ------
    ValueError
        An effect of 0, variances that are not positive, an error outside of (0, 1).
    """
    v = np.asarray(vi, dtype=float)
    if v.size == 0 or not (v > 0).all():
        raise ValueError("vi must hold positive variances")
    if tau2 < 0 or not math.isfinite(tau2):
        raise ValueError(f"tau2={tau2!r} must be 0 or more")
    required = required_information(effect, alpha=alpha, power=power)
    common, random = 1.0 / float((1.0 / v).sum()), 1.0 / float((1.0 / (v + tau2)).sum())
    diversity = 1.0 - common / random
    # Not required / (1 - diversity): that loses its digits where trials differ widely.
    adjusted = required * (random / common)
    reached = float((1.0 / v).sum())
    return InformationSize(
        effect=effect,
        alpha=alpha,
        power=power,
        required=required,
        diversity=diversity,
        adjusted=adjusted,
        reached=reached,
        fraction=reached / adjusted,
        least_trials=least_trials(required, tau2),
    )


def required_information(
    effect: float, *, alpha: float = 0.05, power: float = 0.9, sides: int = 2
) -> float:
    """Return the inverse variance that finds an effect, where trials do not differ.

    Raises
    ------
    ValueError
        As `information_size`.
    """
    if effect == 0 or not math.isfinite(effect):
        raise ValueError(f"effect={effect!r}: no information finds an effect of that size")
    if not (0 < alpha < 1 and 0 < power < 1):
        raise ValueError(f"alpha={alpha!r}, power={power!r}: must lie between 0 and 1")
    z = float(-special.ndtri(alpha / sides) + special.ndtri(power))
    return (z / effect) ** 2


def least_trials(required: float, tau2: float) -> int:
    """Return how many trials there must be for a mean with the variance 1 / required."""
    return math.floor(tau2 * required) + 1


def events(information: float, allocation: float = 0.5) -> float:
    """Events that hold an information about a log hazard ratio: I / (p (1 - p)), 4 I at 1:1.

    Schoenfeld 1981, Biometrika 68:316.
    """
    return information / (allocation * (1.0 - allocation))


def participants(
    measure: str, effect: float, control_risk: float, *, alpha: float = 0.05, power: float = 0.9,
    sides: int = 2,
) -> float:  # fmt: skip
    """Return participants, 1:1, that show an effect on risks where trials do not differ.

    4 (z + z)² p (1 - p) / d², p the mean of both risks and d their difference.

    Parameters
    ----------
    measure : {"OR", "RR", "RD"}
    effect : float
        As printed: a ratio, or a difference of fractions.
    control_risk : float

    Raises
    ------
    ValueError
        Another measure, or risks outside of (0, 1).
    """
    risk = treated_risk(measure, effect, control_risk)
    mean, difference = (risk + control_risk) / 2.0, risk - control_risk
    z2 = required_information(1.0, alpha=alpha, power=power, sides=sides)
    return 4.0 * z2 * mean * (1.0 - mean) / difference**2


def participants_per_trial(
    measure: str,
    effect: float,
    control_risk: float,
    tau2: float,
    trials: int,
    *,
    alpha: float = 0.05,
    power: float = 0.9,
    sides: int = 2,
) -> float | None:
    """Return participants that each of a number of trials needs; None where none suffices.

    From (v / n + tau²) / trials = 1 / required, v the variance that one participant leaves of a
    log risk ratio or log odds ratio.
    """
    choose("measure", measure, ("OR", "RR"))
    risk = treated_risk(measure, effect, control_risk)
    required = required_information(math.log(effect), alpha=alpha, power=power, sides=sides)
    if measure == "RR":
        v = 2.0 * ((1.0 - risk) / risk + (1.0 - control_risk) / control_risk)
    else:
        v = 2.0 * (1.0 / (risk * (1.0 - risk)) + 1.0 / (control_risk * (1.0 - control_risk)))
    left = trials / required - tau2
    return v / left if left > 0 else None


def treated_risk(measure: str, effect: float, control_risk: float) -> float:
    """Return the risk under treatment that an effect gives.

    Raises
    ------
    ValueError
        Another measure, a risk outside of (0, 1), no difference.
    """
    choose("measure", measure, BINARY)
    if measure == "RD":
        risk = control_risk + effect
    elif measure == "RR":
        risk = control_risk * effect
    else:
        odds = control_risk / (1.0 - control_risk) * effect if control_risk < 1 else math.inf
        risk = odds / (1.0 + odds)
    if not (0 < control_risk < 1 and 0 < risk < 1) or risk == control_risk:
        raise ValueError(
            f"{measure} {effect!r} at a control risk of {control_risk!r} gives the risk {risk!r}: "
            "both must lie between 0 and 1 and differ"
        )
    return risk

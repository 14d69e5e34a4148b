"""What a result pooled, as arrays: what each kind of question hands over to be computed twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# Quantity of a pool to its number on the analysis scale, None where it does not exist.
Numbers = Mapping[str, float | None]
_QUANTITIES: Final = (
    *("estimate", "se", "ci_lower", "ci_upper", "p_value", "tau2", "q", "q_p_value"),
)


def numbers_of(pool: object) -> Numbers:
    """Take from a pool of any model the numbers that can be compared."""
    return {name: getattr(pool, name, None) for name in _QUANTITIES}


@dataclass(frozen=True)
class Pool:
    """Effects that were pooled, with the numbers that each model gave.

    Attributes
    ----------
    question, group : str
        Id of the question; label of the group, with what else tells its pools apart.
    effects, variances : tuple of float
        Of shape (k,), on the analysis scale.
    level : float
        Of all intervals.
    independent : bool
        Whether no trial stands in it twice.
    models : mapping
        Name of the model to its numbers: `estimate, se, ci_lower, ci_upper, tau2` and others.
    """

    question: str
    group: str
    effects: tuple[float, ...]
    variances: tuple[float, ...]
    level: float
    independent: bool
    models: Mapping[str, Numbers]


@dataclass(frozen=True)
class TrialCurves:
    """A trial's two curves as a record tells them.

    Attributes
    ----------
    question, group, label : str
        Of the question, the group in it and the trial.
    keys : tuple of (str, str, str)
        Trial, arm and endpoint of the experimental and the control arm.
    individual : bool
        Whether they were estimated from individual data of the build.
    months : tuple of float
        Landmarks.
    survival, se : tuple of tuple of float
        By arm, at the landmarks.
    log_hr, log_hr_se : float or None
        Cox model of the whole follow-up.
    """

    question: str
    group: str
    label: str
    keys: tuple[tuple[str, str, str], ...]
    individual: bool
    months: tuple[float, ...]
    survival: tuple[tuple[float, ...], ...]
    se: tuple[tuple[float, ...], ...]
    log_hr: float | None
    log_hr_se: float | None


@dataclass(frozen=True)
class Analysis:
    """An analysis of a question; `reason` says why it has no second engine, if so."""

    question: str
    group: str
    model: str
    k: int | None
    reason: str = ""


@dataclass(frozen=True)
class Contents:
    """What a result holds for verification.

    Attributes
    ----------
    pools : tuple of Pool
        Every pool of two trials or more; single trials pool nothing.
    curves : tuple of TrialCurves
    left : tuple of Analysis
        What is pooled by methods that the second engine does not have.
    """

    pools: tuple[Pool, ...]
    curves: tuple[TrialCurves, ...] = ()
    left: tuple[Analysis, ...] = ()

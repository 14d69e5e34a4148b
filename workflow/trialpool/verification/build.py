"""From result records to results/verification.csv: ours beside the second engine's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from trialpool.pooling import random_effects
from trialpool.verification import compute
from trialpool.verification.pools import Analysis, Contents, Numbers, Pool, TrialCurves

if TYPE_CHECKING:
    from trialpool.survival.reconstruct import Reconstruction

# Trial, arm and endpoint to reconstructed individual data.
Arms = Mapping[tuple[str, ...], "Reconstruction"]

TOLERANCE: Final = 1e-8
# Curves stand in tables with seven digits.
CURVE_TOLERANCE: Final = 1e-6
AGREES: Final = "agrees"
DIFFERS: Final = "differs"
NOT_TWICE: Final = "not computed twice"

_GIVEN: Final = "given to the second engine, which does not estimate it"
_NO_ENGINE: Final = {
    "bayes": "Bayesian model",
    "glmm": "binomial-normal mixed model",
    "freeman-tukey": "proportions by double arcsine",
}
# Methods that the multiverse uses; the record holds no pool of theirs.
_ESTIMATORS: Final = {"dersimonian-laird": "DL", "paule-mandel": "PM"}
_QUANTITIES: Final = tuple(f.name for f in fields(compute.SecondPool) if f.name != "note")


@dataclass(frozen=True)
class Row:
    """A line of results/verification.csv.

    Attributes
    ----------
    question, group, model : str
    k : int or None
        Number of trials.
    quantity : str
        Empty where the whole analysis is not computed twice.
    ours, second : float or None
        On the analysis scale.
    difference, tolerance : float or None
        Absolute, and what is allowed of it.
    verdict : {"agrees", "differs", "not computed twice"}
    engine : str
        Name and version of the second engine.
    note : str
        Why there is no second number, or what was done to it.
    """

    question: str
    group: str
    model: str
    k: int | None
    quantity: str
    ours: float | None
    second: float | None
    difference: float | None
    tolerance: float | None
    verdict: str
    engine: str
    note: str

    def __str__(self) -> str:
        """Tell a difference."""
        return (
            f"{self.question}, {self.group}, {self.model}, {self.quantity}: trialpool "
            f"{self.ours!r}, {self.engine} {self.second!r}; the difference of "
            f"{self.difference:.3g} is above {self.tolerance:.1g}"
        )


COLUMNS: Final = tuple(f.name for f in fields(Row))


def verify(records: Sequence[Contents], arms: Arms) -> list[Row]:
    """Compute every pool a second time that the second engine can.

    Parameters
    ----------
    records : sequence of Contents
        Of each question.
    arms : mapping
        Individual data of curves that were reconstructed in the build.
    """
    rows: list[Row] = []
    for record in records:
        for pool in record.pools:
            rows += _pool_rows(pool)
        for curves in record.curves:
            rows += _curve_rows(curves, arms)
        rows += [_not_twice(left) for left in record.left]
    return rows


def _not_twice(left: Analysis, quantity: str = "", ours: float | None = None) -> Row:
    return Row(
        question=left.question,
        group=left.group,
        model=left.model,
        k=left.k,
        quantity=quantity,
        ours=ours,
        second=None,
        difference=None,
        tolerance=None,
        verdict=NOT_TWICE,
        engine="",
        note=left.reason,
    )


def _compared(
    place: Analysis, quantity: str, ours: float, second: float, tolerance: float, note: str = ""
) -> Row:
    difference = abs(ours - second)
    # Not "difference > tolerance": a NaN agrees with nothing.
    verdict = AGREES if difference <= tolerance else DIFFERS
    return Row(
        question=place.question,
        group=place.group,
        model=place.model,
        k=place.k,
        quantity=quantity,
        ours=ours,
        second=second,
        difference=difference,
        tolerance=tolerance,
        verdict=verdict,
        engine=compute.engine(),
        note=note,
    )


def _pool_rows(pool: Pool) -> Iterator[Row]:
    k = len(pool.effects)
    models = dict(pool.models)
    if pool.independent:
        models |= {name: _kernel(pool, tau2) for name, tau2 in _ESTIMATORS.items()}
    for model, ours in models.items():
        reason = _NO_ENGINE.get(model, "")
        if not (reason or pool.independent):
            reason = "comparisons of one trial: generalised least squares"
        place = Analysis(pool.question, pool.group, model, k, reason)
        if reason:
            yield _not_twice(place)
        else:
            yield from _model_rows(pool, place, ours)


def _kernel(pool: Pool, tau2: str) -> Numbers:
    found = random_effects(pool.effects, pool.variances, tau2=tau2, ci="wald", level=pool.level)
    # Q is the same for every estimator: it stands with the common effect.
    return {name: getattr(found, name) for name in _QUANTITIES if not name.startswith("q")}


def _model_rows(pool: Pool, place: Analysis, ours: Numbers) -> Iterator[Row]:
    yi, vi = np.array(pool.effects), np.array(pool.variances)
    tau2 = ours["tau2"] or 0.0
    if place.model == "common-effect":
        second = compute.combined(yi, vi, "CE", pool.level)
    elif place.model == "dersimonian-laird":
        second = compute.combined(yi, vi, "DL", pool.level)
    elif place.model == "paule-mandel":
        second = compute.combined(yi, vi, "PM", pool.level)
    else:
        floor = place.model != "hk"
        second = compute.hartung_knapp(yi, vi, tau2, floor=floor, level=pool.level)
        given = Analysis(place.question, place.group, place.model, place.k, _GIVEN)
        yield _not_twice(given, "tau2", tau2)
    for quantity in _QUANTITIES:
        mine, other = ours.get(quantity), getattr(second, quantity)
        if mine is not None and other is not None:
            allowed = TOLERANCE * max(1.0, abs(mine))
            if place.model == "paule-mandel":
                allowed += _left_by_the_stop(vi, tau2, quantity)
            note = second.note if quantity == "tau2" else ""
            yield _compared(place, quantity, mine, other, allowed, note)


def _left_by_the_stop(vi: compute.Floats, tau2: float, quantity: str) -> float:
    """How far Paule-Mandel's stop may leave a number from the root.

    Q' is at least (k − 1)/(max vi + τ²) in size and Q convex, so that τ² is off by at most
    stop·(max vi + τ²)/(k − 1). The mean and its standard error move by at most half of
    1/√(min vi + τ²) per unit of τ² (times √(k − 1)), limits by both and a quantile.
    """
    most = compute.PM_STOP * (float(vi.max()) + tau2)
    return most if quantity == "tau2" else 2.0 * most / math.sqrt(float(vi.min()) + tau2)


def _curve_rows(curves: TrialCurves, arms: Arms) -> Iterator[Row]:
    def place(model: str, reason: str = "") -> Analysis:
        return Analysis(curves.question, curves.group, f"{curves.label}, {model}", None, reason)

    if any(key not in arms for key in curves.keys):
        known = "estimated elsewhere" if curves.individual else "known at landmarks only"
        reason = f"curves {known}: the build has no individual data"
        yield _not_twice(place("curves", reason))
        return
    data = [arms[key] for key in curves.keys]
    at = np.array(curves.months)
    for arm, side, survival, se in zip(
        data, ("experimental", "control"), curves.survival, curves.se, strict=True
    ):
        second = compute.kaplan_meier(arm.time, np.asarray(arm.event, dtype=np.float64), at)
        for months, mine, my_se, other in zip(curves.months, survival, se, second, strict=True):
            model = f"Kaplan-Meier, {side} arm, {months:g} months"
            yield _compared(place(model), "survival", mine, other.survival, CURVE_TOLERANCE)
            yield _compared(place(model), "se", my_se, other.se, CURVE_TOLERANCE)
    if curves.log_hr is not None and curves.log_hr_se is not None:
        time = np.concatenate([arm.time for arm in data])
        event = np.concatenate([arm.event for arm in data])
        experimental = np.repeat([1.0, 0.0], [arm.time.size for arm in data])
        log_hr, log_hr_se = compute.cox(time, event.astype(np.float64), experimental)
        yield _compared(place("Cox"), "estimate", curves.log_hr, log_hr, CURVE_TOLERANCE)
        yield _compared(place("Cox"), "se", curves.log_hr_se, log_hr_se, CURVE_TOLERANCE)
    reason = "statsmodels has no restricted mean"
    yield _not_twice(place("restricted mean survival time", reason))

"""What a network meta-analysis with class effects gives back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from trialpool.pooling.network.classes.estimates import Columns, Estimates
from trialpool.pooling.network.joined import (
    MISSING,
    Effect,
    JoinedComparison,
    JoinedResult,
    plain_effects,
)
from trialpool.pooling.network.ranking import ranks_of_draws
from trialpool.pooling.numeric.tails import two_sided_p
from trialpool.pooling.options import Floats

THROUGH_CLASSES: Final = "through the class assumption"
# More treatments are compared pair by pair, when asked for.
_MOST_AT_ONCE: Final = 40


@dataclass(frozen=True)
class Deviation:
    """A standard deviation, between trials or within classes, on the analysis scale.

    Attributes
    ----------
    value : float
        Posterior median, or estimate, or what was given.
    lower, upper : float or None
        Equal-tailed, with a prior.
    source : str
        "given", "REML", or the prior: `half-normal prior with scale 0.2`.
    """

    value: float
    lower: float | None
    upper: float | None
    source: str


@dataclass(frozen=True)
class SpreadSensitivity:
    """The same model with a narrower or wider prior of the spread within classes.

    Attributes
    ----------
    factor : float
        By which the spread is multiplied.
    prior : str
    tau, spread : Deviation
    treatments, classes : tuple of Effect
        Against the reference.
    """

    factor: float
    prior: str
    tau: Deviation
    spread: Deviation
    treatments: tuple[Effect, ...]
    classes: tuple[Effect, ...]


@dataclass(frozen=True, eq=False, repr=False)
class ClassesResult(JoinedResult):
    """A network under class effects; first the attributes of `JoinedResult`.

    Attributes
    ----------
    effects : {"exchangeable", "equal"}
        Of the treatments within a class.
    method : {"bayes", "REML"}
    classes : dict of str to str
        As declared.
    tau : Deviation
        Between trials.
    spread : Deviation or None
        Within classes, one for all; None where treatments of a class are equal.
    spread_df : int
        Directions within classes that the trials inform.
    nodes : int
        Of the quadrature that gave these numbers; 1 without a prior.
    sensitivity : tuple of SpreadSensitivity
        Spread prior × ½ and × 2.
    random, common : Estimates
    second_moment : bool
        Whether posterior standard deviations exist.
    """

    through = THROUGH_CLASSES

    effects: str
    method: str
    classes: dict[str, str]
    tau: Deviation
    spread: Deviation | None
    spread_df: int
    nodes: int
    sensitivity: tuple[SpreadSensitivity, ...]
    random: Estimates
    common: Estimates
    second_moment: bool

    def _compare_others(self, i: int, j: int, model: str) -> JoinedComparison:
        own: Estimates = getattr(self, model)
        names = own.declared.treatments
        a, b = self.treatments[i], self.treatments[j]
        if a not in names or b not in names:
            return MISSING
        first, second = names.index(a), names.index(b)
        n = len(names)
        if n > _MOST_AT_ONCE:
            columns, at, turned = own.contrasts(own.row(first, second)[None]), 0, False
        else:
            low, high = min(first, second), max(first, second)
            columns, turned = own.pairs, first > second
            at = low * n - low * (low + 1) // 2 + high - low - 1
        found = comparison(
            columns, at, method=self.method, note=self.note(a, b),
            second_moment=self.second_moment, prediction=model == "random", df=own.df,
        )  # fmt: skip
        return _turned(found) if turned else found

    def _scores_and_chances(
        self, names: Sequence[str], samples: int, seed: int
    ) -> tuple[Floats, Floats]:
        estimates = self.random
        known = estimates.declared.treatments
        own = [known.index(name) for name in names]
        n = len(own)
        first, second = np.triu_indices(n, 1)
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        rows = np.array([estimates.row(own[i], own[j]) for i, j in pairs])
        below = estimates.contrasts(rows).below
        better = np.zeros((n, n))
        better[first, second] = below if self.small_values == "good" else 1.0 - below
        better[second, first] = 1.0 - better[first, second]
        at = known.index(self.reference)
        targets = np.array([estimates.row(i, at) for i in own])

        def draws(size: int, generator: np.random.Generator) -> Floats:
            return estimates.draw(size, generator, targets)

        chances = ranks_of_draws(draws, n, self.small_values, samples=samples, seed=seed)
        return better.sum(axis=1) / (n - 1), chances

    def against_reference(self) -> dict[str, JoinedComparison]:
        """Every treatment against the reference, without the other pairs."""
        known = effects_of_treatments(self.random, self, self.second_moment)
        found = {own.name: own.effect for own in known}
        return {t: found.get(t, MISSING) for t in self.treatments if t != self.reference}

    @property
    def class_effects(self) -> tuple[Effect, ...]:
        """Mean of each class against the reference; predicts another treatment of the class."""
        return class_effects(self)

    @property
    def model_words(self) -> str:
        """Name the model."""
        return f"{self.effects} class effects, {self.method}"

    @property
    def spreads(self) -> dict[str, float]:
        """Standard deviations between trials and within classes."""
        within = {} if self.spread is None else {"spread within classes": self.spread.value}
        return {"τ": self.tau.value, **within}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        spread = None if self.spread is None else asdict(self.spread)
        return {
            "model": "classes",
            "effects": self.effects,
            "method": self.method,
            **self._shared_dict(),
            "tau2": self.tau.value**2,
            "tau2_ci_lower": None if self.tau.lower is None else self.tau.lower**2,
            "tau2_ci_upper": None if self.tau.upper is None else self.tau.upper**2,
            "tau2_method": self.tau.source,
            "spread": spread,
            "spread_df": self.spread_df,
            "classes": self.classes,
            "class_effects": plain_effects(self.class_effects),
            "sensitivity": [
                {
                    "factor": own.factor,
                    "prior": own.prior,
                    "tau": asdict(own.tau),
                    "spread": asdict(own.spread),
                    "treatments": plain_effects(own.treatments),
                    "class_effects": plain_effects(own.classes),
                }
                for own in self.sensitivity
            ],
            "nodes": self.nodes,
        }


def comparison(
    columns: Columns,
    at: int,
    *,
    method: str,
    note: str,
    second_moment: bool,
    prediction: bool = True,
    df: float = math.nan,
) -> JoinedComparison:
    """Take one contrast out of columns; `df` of t where REML has taken variances as known."""
    estimate, se = float(columns.estimate[at]), float(columns.se[at])
    below = float(columns.below[at])
    # Equal treatments have no test and no probability.
    known = not math.isnan(below)
    p = float(two_sided_p(estimate / se, df)) if known and method == "REML" else None
    return JoinedComparison(
        estimate=estimate,
        se=se if second_moment else None,
        ci_lower=float(columns.lower[at]),
        ci_upper=float(columns.upper[at]),
        p_value=p,
        pi_lower=float(columns.pi_lower[at]) if prediction and known else None,
        pi_upper=float(columns.pi_upper[at]) if prediction and known else None,
        probability_below=below if known and method == "bayes" else None,
        note=note,
    )


def _turned(found: JoinedComparison) -> JoinedComparison:
    def less(value: float | None) -> float | None:
        return None if value is None else -value

    assert found.estimate is not None
    below = found.probability_below
    return JoinedComparison(
        -found.estimate, found.se, less(found.ci_upper), less(found.ci_lower), found.p_value,
        less(found.pi_upper), less(found.pi_lower), None if below is None else 1.0 - below,
        found.note,
    )  # fmt: skip


def class_effects(result: ClassesResult) -> tuple[Effect, ...]:
    """Means of classes against the reference."""
    return effects_of_classes(result.random, result, result.method, result.second_moment)


def effects_of_treatments(
    estimates: Estimates, result: ClassesResult, second_moment: bool
) -> tuple[Effect, ...]:
    """Treatments that something joins against the reference, from any estimates."""
    names, at = estimates.declared.treatments, estimates.declared.treatments.index(result.reference)
    others = [i for i in range(len(names)) if i != at]
    columns = estimates.contrasts(np.array([estimates.row(i, at) for i in others]))
    return tuple(
        Effect(
            names[i],
            comparison(columns, row, method=result.method,
                       note=result.note(names[i], result.reference),
                       second_moment=second_moment),
        )
        for row, i in enumerate(others)
    )  # fmt: skip


def effects_of_classes(
    estimates: Estimates, result: JoinedResult, method: str, second_moment: bool
) -> tuple[Effect, ...]:
    """Means of classes against the reference, from any estimates."""
    declared = estimates.declared
    n, at = len(declared.treatments), declared.treatments.index(result.reference)
    rows = np.array([estimates.row(n + i, at) for i in range(len(declared.classes))])
    columns = estimates.contrasts(rows, of_class=True)
    found = []
    for i, (name, members) in enumerate(zip(declared.classes, declared.members, strict=True)):
        near = any(result.connected(own, result.reference) for own in members)
        note = "" if near else THROUGH_CLASSES
        own = comparison(
            columns, i, method=method, note=note, second_moment=second_moment, df=estimates.df
        )
        found.append(Effect(name, own))
    return tuple(found)

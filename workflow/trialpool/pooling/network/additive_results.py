"""What an additive network meta-analysis gives back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from trialpool.pooling.network.estimates import NetworkTau2
from trialpool.pooling.network.full_rank import FullRank
from trialpool.pooling.network.intervals import NetworkInterval
from trialpool.pooling.network.joined import (
    MISSING,
    Effect,
    JoinedComparison,
    JoinedResult,
    plain_effects,
)
from trialpool.pooling.network.ranking import p_scores, rank_probabilities
from trialpool.pooling.numeric.tails import two_sided_p
from trialpool.pooling.options import Floats

THROUGH_ADDITIVITY: Final = "through the additive assumption"
NOT_TOLD_APART: Final = "the trials do not tell it from other components: not estimable"


@dataclass(frozen=True, eq=False)
class AdditiveTau2:
    """Coefficients and covariance, in coordinates of full rank, with tau² and without."""

    random: tuple[Floats, Floats]
    common: tuple[Floats, Floats]


@dataclass(frozen=True, eq=False, repr=False)
class AdditiveResult(JoinedResult):
    """An additive network meta-analysis; first the attributes of `JoinedResult`.

    Attributes
    ----------
    inactive : str or None
        Component without an effect.
    components, interactions : tuple of str
        Columns of the matrix, in this order.
    matrix : ndarray of shape (n, c)
        Which treatment has which component or interaction.
    tau2 : NetworkTau2
        Under the additive model.
    space : FullRank
    solutions : AdditiveTau2
    interval : NetworkInterval
        Of the random-effects estimates; the kind that the network was asked for.
    warnings : tuple of str
        As in `NetworkResult`.
    quantile, prediction_quantile : float
    """

    through = THROUGH_ADDITIVITY

    inactive: str | None
    components: tuple[str, ...]
    interactions: tuple[str, ...]
    matrix: Floats
    tau2: NetworkTau2
    space: FullRank
    solutions: AdditiveTau2
    interval: NetworkInterval
    warnings: tuple[str, ...]
    quantile: float
    prediction_quantile: float | None

    def _compare_others(self, i: int, j: int, model: str) -> JoinedComparison:
        row = self.matrix[i] - self.matrix[j]
        note = self.note(self.treatments[i], self.treatments[j])
        return self._of(row, model, note, MISSING)

    def _of(
        self, row: Floats, model: str, note: str, missing: JoinedComparison
    ) -> JoinedComparison:
        if not row.any():
            return JoinedComparison(0.0, 0.0, 0.0, 0.0, note=note)
        if not self.space.estimable(row[None])[0]:
            return missing
        coefficients, covariance = getattr(self.solutions, model)
        turned = row @ self.space.basis
        estimate = float(turned @ coefficients)
        variance = float(turned @ covariance @ turned)
        quantile, df = self.quantile, math.nan
        if model == "random":
            own = self.interval
            variance *= own.factor
            quantile, df = own.quantile, math.nan if own.df is None else float(own.df)
        se = math.sqrt(variance)
        half = quantile * se
        limits: tuple[float | None, float | None] = (None, None)
        if model == "random" and self.prediction_quantile is not None:
            reach = self.prediction_quantile * math.sqrt(self.tau2.value + variance)
            limits = (estimate - reach, estimate + reach)
        p = float(two_sided_p(estimate / se, df))
        return JoinedComparison(estimate, se, estimate - half, estimate + half, p, *limits,
                                note=note)  # fmt: skip

    def _scores_and_chances(
        self, names: Sequence[str], samples: int, seed: int
    ) -> tuple[Floats, Floats]:
        place = {name: i for i, name in enumerate(self.treatments)}
        rows = self.matrix[[place[name] for name in names]] - self.matrix[place[self.reference]]
        coefficients, covariance = self.solutions.random
        turned = rows @ self.space.basis
        effects, spread = turned @ coefficients, turned @ covariance @ turned.T
        # Components may be fewer than treatments: the covariance is then singular.
        root = turned @ np.linalg.cholesky(covariance)
        chances = rank_probabilities(effects, spread, self.small_values, root=root,
                                     samples=samples, seed=seed)  # fmt: skip
        return p_scores(effects, spread, self.small_values), chances

    def effects(self, model: str = "random") -> tuple[Effect, ...]:
        """Effect of each component, then of each interaction, against nothing."""
        names = (*self.components, *self.interactions)
        missing = JoinedComparison(None, None, None, None, note=NOT_TOLD_APART)
        unit = np.eye(len(names))
        return tuple(
            Effect(name, self._of(unit[i], model, "", missing)) for i, name in enumerate(names)
        )

    @property
    def model_words(self) -> str:
        """Name the model."""
        return f"additive model, tau² by {self.tau2.method}"

    @property
    def spreads(self) -> dict[str, float]:
        """Standard deviation between trials."""
        return {"τ": math.sqrt(self.tau2.value)}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        tau2 = self.tau2
        return {
            "model": "components",
            **self._shared_dict(),
            **self.interval.plain(),
            "warnings": list(self.warnings),
            "tau2": tau2.value,
            "tau2_ci_lower": tau2.lower,
            "tau2_ci_upper": tau2.upper,
            "tau2_method": tau2.method,
            "i2": tau2.i2,
            "i2_q": tau2.i2_q,
            "inactive": self.inactive,
            "components": list(self.components),
            "interactions": list(self.interactions),
            "matrix": {
                name: dict(zip((*self.components, *self.interactions), row, strict=True))
                for name, row in zip(self.treatments, self.matrix.tolist(), strict=True)
            },
            "component_effects": plain_effects(self.effects()),
            "component_effects_common": plain_effects(self.effects("common")),
        }

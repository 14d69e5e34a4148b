"""Results of pooling: one object for one set of trials, one for a batch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from trialpool.pooling.doubt import Doubt
from trialpool.pooling.fit_doubts import of_tau2, of_weights
from trialpool.pooling.options import Bools, Floats, Ints, Scale
from trialpool.pooling.plain_values import Doubted, Plain, Shown

if TYPE_CHECKING:
    import pandas as pd


NARROWER: Final = (
    "the Hartung-Knapp interval is narrower than the common effect's; hk-adhoc has the floor that "
    "prevents it"
)


@dataclass(frozen=True)
class Diagnostics(Plain):
    """How the fit went.

    Attributes
    ----------
    converged : bool
        Whether the iteration for tau² reached its tolerance (true without iteration).
    at_boundary : bool
        Whether the estimate of tau² is 0 because it is bounded there.
    multimodal : bool
        Whether the (restricted) likelihood has several local maxima; the
        estimate is the highest of them.
    notes : tuple of str
        Remarks for a reader, for example that all effects are equal.
    """

    converged: bool
    at_boundary: bool
    multimodal: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class PooledEffect(Doubted, Plain):
    """A pooled effect on the analysis scale. None means "does not exist".

    Attributes
    ----------
    k : int
        Number of trials.
    measure : str
    scale : {"log", "identity"}
    estimate, se, ci_lower, ci_upper, p_value : float
        The mean, the standard error that its interval uses, the interval and
        the test of no effect: 0, or 0.5 of an area under a curve. `p_value` is None
        where nothing is compared or `se` is 0; it and the limits are None where
        Kenward-Roger has less than one degree of freedom.
    tau2, tau2_se, tau2_ci_lower, tau2_ci_upper : float or None
        Between-trial variance, its standard error, and its interval by
        `tau2_ci_method`.
    i2, h2 : float or None
        From tau² and the typical sampling variance; `i2` in percent.
    i2_q : float or None
        From Q, in percent.
    q, q_df, q_p_value
        Cochran's test of heterogeneity.
    pi_lower, pi_upper : float or None
        Prediction interval, for three trials or more.
    tau2_method, ci_method : str
        As asked for.
    weights : tuple of float
        Fractions in the order of the input.
    level : float
        Of all intervals.
    pi_method : str
    df : float or None
        Degrees of freedom of the interval of the mean; None for the normal.
    diagnostics : Diagnostics
    i2_ci_lower, i2_ci_upper, h2_ci_lower, h2_ci_upper : float or None
        Intervals of `i2` and `h2`, from the one of tau².
    tau2_ci_method : str
    """

    k: int
    measure: str
    scale: Scale
    estimate: float
    se: float
    ci_lower: float | None
    ci_upper: float | None
    p_value: float | None
    tau2: float
    tau2_se: float | None
    tau2_ci_lower: float | None
    tau2_ci_upper: float | None
    i2: float | None
    i2_q: float | None
    h2: float | None
    q: float
    q_df: int
    q_p_value: float | None
    pi_lower: float | None
    pi_upper: float | None
    tau2_method: str
    ci_method: str
    weights: tuple[float, ...]
    level: float
    pi_method: str
    df: float | None
    diagnostics: Diagnostics
    i2_ci_lower: float | None = None
    i2_ci_upper: float | None = None
    h2_ci_lower: float | None = None
    h2_ci_upper: float | None = None
    tau2_ci_method: str = "q-profile"

    def doubts(self) -> Iterator[Doubt]:
        """See `Doubted`."""
        yield from of_weights(self.weights)
        yield from of_tau2(self.tau2, self.q, self.q_df, self.tau2_method)

    def summary(self) -> pd.DataFrame:
        """Return a table with one row per quantity, on the scale a reader expects.

        Ratios are shown as ratios; everything else stays on the analysis scale.

        Returns
        -------
        DataFrame
            Index "mean", "prediction", "tau²"; columns estimate, lower, upper.
        """
        # Imported here because the numerical core runs without pandas.
        import pandas as pd

        def shown(value: float | None) -> float:
            if value is None:
                return math.nan
            if self.scale == "identity":
                return value
            return math.exp(value) if value < 709.0 else math.inf

        rows = {
            "mean": [shown(x) for x in (self.estimate, self.ci_lower, self.ci_upper)],
            "prediction": [math.nan, shown(self.pi_lower), shown(self.pi_upper)],
            "tau²": [self.tau2, self.tau2_ci_lower, self.tau2_ci_upper],
        }
        table = pd.DataFrame.from_dict(
            rows, orient="index", columns=["estimate", "lower", "upper"], dtype="float64"
        )
        table.index.name = self.measure
        return table


@dataclass(frozen=True)
class BatchDiagnostics:
    """Diagnostics of a batch: arrays of shape (n_sets,), as in `Diagnostics`.

    `narrower` marks Hartung-Knapp intervals without floor that are narrower than the common
    effect's, of which `Diagnostics` has a note.
    """

    converged: Bools
    at_boundary: Bools
    multimodal: Bools
    narrower: Bools


@dataclass(frozen=True, repr=False)
class PooledEffects(Shown):
    """Pooled effects of a batch under the names of `PooledEffect`.

    Arrays have shape (n_sets,), `weights` (n_sets, k) with 0 for absent
    entries, which `present` marks. NaN means "does not exist", nothing else.
    `effects[i]` is the `PooledEffect` of set i.
    """

    k: Ints
    measure: str
    scale: Scale
    estimate: Floats
    se: Floats
    ci_lower: Floats
    ci_upper: Floats
    p_value: Floats
    tau2: Floats
    tau2_se: Floats
    tau2_ci_lower: Floats
    tau2_ci_upper: Floats
    i2: Floats
    i2_q: Floats
    h2: Floats
    q: Floats
    q_df: Ints
    q_p_value: Floats
    pi_lower: Floats
    pi_upper: Floats
    tau2_method: str
    ci_method: str
    weights: Floats
    level: float
    pi_method: str
    df: Floats
    diagnostics: BatchDiagnostics
    present: Bools
    i2_ci_lower: Floats
    i2_ci_upper: Floats
    h2_ci_lower: Floats
    h2_ci_upper: Floats
    tau2_ci_method: str

    def __len__(self) -> int:
        return len(self.k)

    def __getitem__(self, index: int) -> PooledEffect:
        values: dict[str, Any] = {}
        for name in _NAMES:
            value = getattr(self, name)
            if isinstance(value, np.ndarray) and value.ndim == 1:
                value = value[index].item()
            values[name] = value
        values["weights"] = tuple(self.weights[index][self.present[index]].tolist())
        return record(
            values,
            converged=bool(self.diagnostics.converged[index]),
            at_boundary=bool(self.diagnostics.at_boundary[index]),
            multimodal=bool(self.diagnostics.multimodal[index]),
            narrower=bool(self.diagnostics.narrower[index]),
        )


_NAMES = tuple(f.name for f in fields(PooledEffect) if f.name != "diagnostics")


def record(
    values: dict[str, Any], *, converged: bool, at_boundary: bool, multimodal: bool, narrower: bool
) -> PooledEffect:
    """Make the record of one set from its numbers, NaN for what does not exist."""
    for name, value in values.items():
        if isinstance(value, float) and math.isnan(value):
            values[name] = None
    notes = []
    if values["k"] == 1 and values["ci_method"] != "wald":
        notes.append("single trial: its own Wald interval")
    if values["se"] == 0.0:
        notes.append("the standard error is 0 because all effects are equal: no p-value")
    if narrower:
        notes.append(NARROWER)
    if values["ci_method"] == "kr" and values["k"] > 1 and values["ci_lower"] is None:
        notes.append("Kenward-Roger has less than one degree of freedom: no interval")
    if not converged:
        notes.append(f"tau² by {values['tau2_method']} did not converge")
    if multimodal:
        notes.append("the likelihood of tau² has several local maxima; the highest is taken")
    if values["tau2_ci_upper"] == 0.0:
        notes.append("effects differ less than chance explains: tau² interval is empty above 0")
    values["diagnostics"] = Diagnostics(converged, at_boundary, multimodal, tuple(notes))
    return PooledEffect(**values)

"""`trialpool pool --bayes`: the Bayesian model beside the pool, and as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import typer
from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.pool.tables import estimate, new_table, table_row
from trialpool.effects.typed import EffectSizes
from trialpool.findings import Finding, InputError
from trialpool.measures import Measure
from trialpool.pooling import BayesianPool, bayesian_random_effects

# Of the prior of tau on log ratios; on other scales only the user can say.
_USUAL_SCALE = 0.5


@dataclass(frozen=True)
class BayesRequest:
    """What was asked for on the command line.

    Attributes
    ----------
    wanted : bool
    prior : str
    scale : float or None
        None for the usual scale of log ratios.
    """

    wanted: bool = False
    prior: str = "half-normal"
    scale: float | None = None

    def check(self) -> None:
        """Refuse options that are not known, before a file is read.

        Raises
        ------
        typer.BadParameter
        """
        if not self.wanted and (self.scale is not None or self.prior != "half-normal"):
            message = "--prior and --prior-scale belong to --bayes; add it"
            raise typer.BadParameter(message, param_hint="'--bayes'")
        for hint, prior, scale in (
            ("'--prior'", self.prior, _USUAL_SCALE),
            ("'--prior-scale'", self.prior, self.scale),
        ):
            if scale is None:
                continue
            try:
                bayesian_random_effects([0.0], [1.0], prior=prior, scale=scale)
            except ValueError as error:
                raise typer.BadParameter(str(error), param_hint=hint) from None

    def for_measure(self, measure: str) -> tuple[str, float]:
        """Return the prior and its scale for a measure.

        Raises
        ------
        typer.BadParameter
            If the measure has no usual scale and none was given.
        """
        if self.scale is not None:
            return self.prior, self.scale
        if measure in ("HR", "OR", "RR"):
            return self.prior, _USUAL_SCALE
        raise typer.BadParameter(
            f"the prior of τ has no usual scale for {measure}; say it in the units of the effect",
            param_hint="'--prior-scale'",
        )


def bayes_pool(
    file: str, effects: EffectSizes, request: BayesRequest, level: float
) -> BayesianPool:
    """Pool all trials by the Bayesian model."""
    prior, scale = request.for_measure(effects.measure)
    try:
        return bayesian_random_effects(
            effects.yi, effects.vi, prior=prior, scale=scale, level=level, measure=effects.measure
        )
    except ValueError as error:
        remedy = "Check the largest and the smallest number, or choose a wider prior."
        raise InputError(
            [Finding("fatal", "range", file, message=str(error), remedy=remedy)]
        ) from None


def bayes_parts(
    fit: BayesianPool, labels: Sequence[str], measure: Measure
) -> Iterator[Table | Text]:
    """Write the Bayesian model for a reader; the trials' own effects carry their labels."""
    yield Text(
        f"\nBayesian random effects, {fit.prior} prior of τ with scale "
        f"{fmt.plain(fit.prior_scale)}, posterior medians and equal-tailed intervals",
        style="bold",
    )
    name = "Effect" if measure.code == "generic" else measure.code
    table = new_table("True effect in", f"{name} [{fmt.level(fit.level)} CrI]", "Weight")
    for label, effect, weight in zip(labels, fit.shrunken, fit.weights, strict=True):
        shown = fmt.effect_with_interval(effect.median, effect.lower, effect.upper, measure)
        table_row(table, label, shown, fmt.percent(weight))
    table.add_section()
    table_row(table, "Mean", estimate(fit, measure), "", style="bold")
    new = fit.prediction
    shown = fmt.effect_with_interval(new.median, new.lower, new.upper, measure)
    table_row(table, "A new trial", shown, "")
    yield table
    tau = fit.tau
    yield Text(
        f"τ {fmt.number(tau.median, 3)} [{fmt.number(tau.lower, 3)} to "
        f"{fmt.number(tau.upper, 3)}]; the mean is below {fmt.effect(0.0, measure)} with "
        f"probability {fmt.probability(fit.probability_below)}, the effect in a new trial "
        f"with probability {fmt.probability(fit.prediction_below)}"
    )
    for note in fit.diagnostics.notes:
        yield Text(f"Note: {note}.")

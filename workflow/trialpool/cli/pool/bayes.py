"""`trialpool pool --bayes`: the Bayesian model beside the pool, and as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import typer
from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.pool.tables import estimate, new_table, table_row
from trialpool.effects.typed import EffectSizes
from trialpool.findings import Finding, InputError
from trialpool.measures import Measure, get_measure
from trialpool.pooling import BayesianPool, bayesian_random_effects
from trialpool.pooling.bayes.catalogue import ChosenPrior, check_prior, default_prior

# Measures on which a family may be named without its scale; on others only the user can say it.
_LOG_RATIOS: Final = ("HR", "OR", "RR")
# Hazards are of what one would avoid, months are gained; of others only the user can say.


@dataclass(frozen=True)
class BayesRequest:
    """What was asked for on the command line.

    Attributes
    ----------
    wanted : bool
    prior : str or None
        None for that of the measure, or half-normal where a scale is given.
    scale : float or None
        None for the usual scale of log ratios, or a prior that says all of itself.
    benefit : str or None
        "lower" or "higher": the side of no difference that is the better one.
    """

    wanted: bool = False
    prior: str | None = None
    scale: float | None = None
    benefit: str | None = None

    def check(self) -> None:
        """Refuse options that are not known, before a file is read.

        Raises
        ------
        typer.BadParameter
        """
        given = any(x is not None for x in (self.prior, self.scale, self.benefit))
        if not self.wanted and given:
            message = "--prior, --prior-scale and --benefit belong to --bayes; add it"
            raise typer.BadParameter(message, param_hint="'--bayes'")
        for hint, scale in (("'--prior'", None), ("'--prior-scale'", self.scale)):
            try:
                check_prior(self.prior or "half-normal", scale)
            except ValueError as error:
                raise typer.BadParameter(str(error), param_hint=hint) from None
        if self.benefit not in (None, "lower", "higher"):
            message = f"{self.benefit!r} is not known; allowed: lower, higher"
            raise typer.BadParameter(message, param_hint="'--benefit'")

    def for_measure(self, measure: str) -> ChosenPrior:
        """Return the prior for a measure.

        Raises
        ------
        typer.BadParameter
            If it is not named and the measure has none of its own, or is named without a scale
            and the measure has no usual one.
        """
        if self.prior is None and self.scale is None:
            try:
                return check_prior(default_prior(measure))
            except ValueError as error:
                raise typer.BadParameter(str(error), param_hint="'--prior'") from None
        chosen = check_prior(self.prior or "half-normal", self.scale)
        without = chosen.name == self.prior and chosen.scale is not None
        if without and self.scale is None and measure not in _LOG_RATIOS:
            raise typer.BadParameter(
                f"the prior of τ has no usual scale for {measure}; say it in the units of the "
                f"effect, or name a prior that has one, such as {self.prior}:0.1",
                param_hint="'--prior-scale'",
            )
        return chosen

    def p_benefit(self, fit: BayesianPool) -> float | None:
        """Return the probability that the mean is a benefit; None where its side is not known."""
        side = self.benefit or get_measure(fit.measure).favours or None
        if side is None:
            return None
        return fit.probability_below if side == "lower" else fit.probability_above


def bayes_pool(
    file: str, effects: EffectSizes, request: BayesRequest, level: float
) -> BayesianPool:
    """Pool all trials by the Bayesian model."""
    chosen = request.for_measure(effects.measure)
    try:
        return bayesian_random_effects(
            effects.yi,
            effects.vi,
            prior=chosen.name,
            scale=chosen.scale,
            level=level,
            measure=effects.measure,
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
        f"\nBayesian random effects, {fit.prior_words}, posterior medians and equal-tailed "
        "intervals",
        style="bold",
    )
    name = measure.short
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

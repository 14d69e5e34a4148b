"""Options of `trialpool pool` that belong to the Bayesian model."""

from __future__ import annotations

from typing import Annotated

import typer

Bayes = Annotated[
    bool, typer.Option("--bayes", help="The Bayesian model beside it, and the trials' own effects.")
]
Prior = Annotated[
    str,
    typer.Option(metavar="NAME", help="Of τ, with --bayes: half-normal, half-cauchy or uniform."),
]
PriorScale = Annotated[
    float | None,
    typer.Option(
        metavar="NUMBER",
        help="Of the prior, in units of the effect; by default 0.5 for log ratios.",
    ),
]

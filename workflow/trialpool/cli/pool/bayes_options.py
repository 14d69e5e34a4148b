"""Options of `trialpool pool` that belong to the Bayesian model."""

from __future__ import annotations

from typing import Annotated

import typer

Bayes = Annotated[
    bool, typer.Option("--bayes", help="The Bayesian model beside it, and the trials' own effects.")
]
Prior = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Of τ, with --bayes; by default bartos2023-hr for HR, turner2015-composite-pharm for "
        "OR and RR, half-normal:0.118 for RD. A published one (docs/pooling.md); half-normal, "
        "half-cauchy or uniform; or inverse-gamma:SHAPE:SCALE, log-normal:MEAN:SD of "
        "log τ, half-t:DF:SCALE, exponential:RATE, half-normal:SCALE, half-cauchy:SCALE, "
        "uniform:UPPER.",
    ),
]
PriorScale = Annotated[
    float | None,
    typer.Option(
        metavar="NUMBER",
        help="Of a prior that is named without (half-normal where none is named), in units of "
        "the effect; by default 0.5 for log ratios.",
    ),
]
Benefit = Annotated[
    str | None,
    typer.Option(
        metavar="SIDE",
        help="Of p_benefit: lower or higher; by default lower for HR, higher for RMSTD.",
    ),
]

"""Options that several commands share, so that they read the same in every help text."""

from __future__ import annotations

from typing import Annotated

import typer

MeanInterval = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Interval of the mean: hk-adhoc (Hartung-Knapp, never narrower than the Wald "
        "interval), hk (without that floor), wald or kr.",
    ),
]
GroupColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Pool each group, and test differences.")
]
Level = Annotated[float, typer.Option(help="Of all intervals, between 0 and 1.")]
LabelColumn = Annotated[str | None, typer.Option(metavar="COLUMN", help="What to call the trials.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one object, on the analysis scale.")]
Digits = Annotated[
    int | None,
    typer.Option(
        "--digits",
        metavar="N",
        help="Decimals of the effects; by default from the widths of the intervals.",
    ),
]
Limits = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--limits", metavar="LOW HIGH", help="Ends of the axis, as printed; arrows lead beyond."
    ),
]
Dpi = Annotated[
    int, typer.Option("--dpi", min=50, max=2400, help="Dots per inch of .png and .tiff.")
]
# Of the Bayesian model.
Bayes = Annotated[
    bool, typer.Option("--bayes", help="The Bayesian model beside it, and the trials' own effects.")
]
Prior = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Of τ, with --bayes; by default bartos2023-hr for HR, turner2015-composite-pharm for "
        "OR and RR, half-normal:0.118 for RD. A published one (an unknown name has all listed); "
        "half-normal, half-cauchy or uniform; or inverse-gamma:SHAPE:SCALE, log-normal:MEAN:SD of "
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

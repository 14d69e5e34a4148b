"""Effects that are entered on the analysis scale, or as O − E with its variance."""

from __future__ import annotations

from trialpool.effects.forms.form import (
    A_STANDARD_ERROR,
    Derived,
    Fault,
    Numbers,
    RowEffect,
    not_positive,
)
from trialpool.evidence.printed import Printed
from trialpool.measures import Measure


def effect_and_variance(i: int, numbers: Numbers, _: Measure) -> Derived:
    """Take yi with vi, or with sei; where both are there they must agree."""
    rules = {"vi": ("positive-variance", A_STANDARD_ERROR[1]), "sei": A_STANDARD_ERROR}
    if faults := not_positive(i, numbers, rules):
        return None, faults
    yi = numbers["yi"].value
    if "vi" not in numbers:
        return RowEffect(yi, numbers["sei"].value ** 2), []
    vi = numbers["vi"]
    if "sei" in numbers and not _agree(vi, numbers["sei"]):
        sei = numbers["sei"]
        fault = Fault(
            i,
            "sei",
            sei.text,
            "error-squared-is-variance",
            f"sei² = {sei.value**2:.4g} is not vi = {vi.text}",
            "sei is the standard error, vi its square: keep the right one of the two columns.",
        )
        return None, [fault]
    return RowEffect(yi, vi.value), []


def _agree(vi: Printed, sei: Printed) -> bool:
    """Whether one true standard error rounds to `sei` and its square to `vi`."""
    slack = 1e-9
    lower, upper = max(sei.lower, 0.0) ** 2, sei.upper**2
    return lower <= vi.upper * (1 + slack) and vi.lower <= upper * (1 + slack)


def one_step(i: int, numbers: Numbers, _: Measure) -> Derived:
    """Take (O − E)/V and 1/V (Yusuf et al. 1985, Prog Cardiovasc Dis 27:335)."""
    remedy = "V is the variance of O − E under no effect: check the number."
    if faults := not_positive(i, numbers, {"variance": ("positive-variance", remedy)}):
        return None, faults
    variance = numbers["variance"].value
    return RowEffect(numbers["o_minus_e"].value / variance, 1.0 / variance), []

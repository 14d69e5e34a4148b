"""A preset with what the caller of a plot changed of it, checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, get_args

from trialpool.figures.canvas.digits import checked_digits, decimals_of_spread
from trialpool.figures.forest.options.presets import (
    LabelStyle,
    PiStyle,
    Preset,
    Squares,
    get_preset,
)
from trialpool.measures import Measure

Limits = tuple[float, float]

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "pi_style": get_args(PiStyle),
    "squares": get_args(Squares),
    "label_style": get_args(LabelStyle),
}
SWITCHES: Final = ("shrunken", "stripes", "symmetric", "method_line", "test_line", "totals_row")


def adapted(preset: Preset | str, **changes: Any) -> Preset:
    """Return a preset with the changes that are not None.

    Parameters
    ----------
    preset : Preset or str
    **changes
        Fields of `Preset`: `pi_style`, `squares`, `label_style`, `cid`, `limits`, `stamp`, and
        the switches `shrunken`, `stripes`, `symmetric`, `method_line`, `test_line`,
        `totals_row`; and `digits`, the decimals of effects.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    looks = preset if isinstance(preset, Preset) else get_preset(preset)
    chosen = {name: value for name, value in changes.items() if value is not None}
    for name, value in chosen.items():
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name}={value!r} is not known; allowed: {', '.join(CHOICES[name])}")
        if name in SWITCHES and not isinstance(value, bool):
            raise ValueError(f"{name}={value!r}; allowed: true or false")
    digits = chosen.pop("digits", None)
    if digits is not None:
        looks = replace(looks, style=replace(looks.style, decimals=checked_digits(digits)))
    return replace(looks, **chosen)


def with_digits(preset: Preset, measure: Measure, intervals: Iterable[Limits]) -> Preset:
    """Return a preset whose effects have the decimals that such intervals need.

    Those that were asked for stay.
    """
    if preset.style.decimals is not None:
        return preset
    decimals = decimals_of_spread(intervals, measure)
    if decimals is None:
        return preset
    return replace(preset, style=replace(preset.style, decimals=decimals))


def band_limits(
    cid: float | tuple[float, float] | None, measure: Measure, null: float
) -> tuple[float, float] | None:
    """Return the limits of the band of unimportant differences on the analysis scale.

    Parameters
    ----------
    cid : float, (float, float) or None
        On the printed scale (0.8 for a ratio, −5 for percentage points of RD). One limit is
        mirrored at the null: 0.8 gives 0.8 to 1.25.
    measure : Measure
    null : float
        On the analysis scale.

    Raises
    ------
    ValueError
        If a limit is no effect of the measure, or the null does not lie inside.
    """
    if cid is None:
        return None
    limits = (cid, cid) if isinstance(cid, (int, float)) else tuple(cid)
    allowed = "one limit, or a lower and an upper one with no difference between them"
    if len(limits) not in (1, 2) or not all(math.isfinite(limit) for limit in limits):
        raise ValueError(f"cid={cid!r}; allowed: {allowed}")
    if measure.is_ratio and min(limits) <= 0:
        raise ValueError(f"cid={cid!r}: a ratio is above 0; allowed: {allowed}")
    percent = measure.percent
    places = [limit / 100 if percent else measure.to_analysis(float(limit)) for limit in limits]
    lower, upper = places[0], places[-1]
    if lower == upper:
        lower, upper = sorted((lower, 2 * null - lower))
    if not lower < null < upper:
        raise ValueError(f"cid={cid!r}; allowed: {allowed}")
    return lower, upper


def with_colour_of(preset: Preset, measure: Measure) -> Preset:
    """Return a preset whose squares have the colour that it gives to a kind of measure."""
    kind = "counts" if measure.code in ("OR", "RR", "RD") else ""
    kind = kind or ("" if measure.is_ratio or measure.code == "generic" else "differences")
    colour = preset.squares_by_measure.get(kind)
    if colour is None:
        return preset
    return replace(preset, palette=replace(preset.palette, square=colour))

"""Pooling of typed effect sizes: the measure, the labels and the counts travel with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, overload

from trialpool.effects.typed import EffectSizes, Entered
from trialpool.pooling import PooledEffect, random_effects
from trialpool.pooling.counts import (
    PooledCounts,
    mantel_haenszel,
    mantel_haenszel_rates,
    odds_ratio_glmm,
    peto,
    proportion_glmm,
    rate_glmm,
    rate_ratio_glmm,
)
from trialpool.pooling.counts.mantel_haenszel_random import mantel_haenszel_random
from trialpool.pooling.options import choose
from trialpool.pooling.plain_values import About
from trialpool.pooling.univariate.settings import DEFAULT_SEED

CountMethod = Literal["mh", "peto", "glmm"]
METHODS: Final = ("iv", "mh", "peto", "glmm")
_TABLES: Final = ("events_experimental", "n_experimental", "events_control", "n_control")
_RATES: Final = ("events_experimental", "time_experimental", "events_control", "time_control")
_Counted = tuple[Callable[..., PooledCounts], tuple[str, ...], dict[str, Any]]
# By method and measure: the function, the columns it takes, and what it is told.
COUNTED: Final[dict[tuple[str, str], _Counted]] = {
    **{("mh", m): (mantel_haenszel, _TABLES, {"measure": m}) for m in ("OR", "RR", "RD")},
    **{("mh", m): (mantel_haenszel_rates, _RATES, {"measure": m}) for m in ("IRR", "IRD")},
    **{("peto", m): (peto, _TABLES, {}) for m in ("OR", "PETO")},
    ("glmm", "OR"): (odds_ratio_glmm, _TABLES, {}),
    ("glmm", "IRR"): (rate_ratio_glmm, _RATES, {}),
    ("glmm", "PLO"): (proportion_glmm, ("events", "n"), {}),
    ("glmm", "IRLN"): (rate_glmm, ("events", "time"), {}),
}


@overload
def pool(
    effects: EffectSizes,
    method: Literal["iv"] = "iv",
    *,
    tau2: str | None = None,
    ci: str | None = None,
    pi: str | None = None,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> PooledEffect: ...


@overload
def pool(
    effects: EffectSizes,
    method: CountMethod,
    *,
    tau2: str | None = None,
    pi: str | None = None,
    level: float = 0.95,
    zero_cells: str | None = None,
    model: str | None = None,
    quadrature_points: int | None = None,
) -> PooledCounts: ...


def pool(
    effects: EffectSizes,
    method: str = "iv",
    *,
    tau2: str | None = None,
    ci: str | None = None,
    pi: str | None = None,
    level: float = 0.95,
    seed: int | None = None,
    zero_cells: str | None = None,
    model: str | None = None,
    quadrature_points: int | None = None,
) -> PooledEffect | PooledCounts:
    """Pool effect sizes that know their measure.

    Parameters
    ----------
    effects : EffectSizes
        From `effect_sizes`.
    method : {"iv", "mh", "peto", "glmm"}
        Inverse variance (`random_effects`); and from counts, which need no effect size of a
        trial: Mantel-Haenszel (OR, RR, RD, IRR, IRD), Peto's odds ratio, or a generalised
        linear mixed model (OR, IRR; PLO and IRLN of single arms).
    tau2, ci, pi, level, seed
        As in `random_effects`, for "iv"; `level` for all. `tau2="DL"` with "mh" and OR, RR or
        RD gives random effects about the Mantel-Haenszel estimate (`mantel_haenszel_random`);
        `pi` goes with it, and with "glmm".
    zero_cells : str, optional
        Of "mh" with OR, RR and RD; see `mantel_haenszel`. By default nothing is added.
    model : {"unconditional", "conditional"}, optional
        Of "glmm" with two arms.
    quadrature_points : int, optional
        Of "glmm".

    Returns
    -------
    PooledEffect or PooledCounts
        The second of methods for counts; both have estimate, limits, tau² and Q under the
        same names, on the analysis scale (log for ratios).

    Raises
    ------
    TypeError
        If `effects` are bare numbers.
    ValueError
        Naming the argument, the value and what is allowed; also where a method does not go
        with the measure, or the effects were not made from counts.
    """
    if not isinstance(effects, EffectSizes):
        raise TypeError(
            f"effects is {type(effects).__name__}; allowed: EffectSizes, from effect_sizes(yi=…, "
            "vi=…), or sei=…, or hr=…, ci_lower=…, ci_upper=…, or events and n, or o_minus_e"
        )
    choose("method", method, METHODS)
    univariate = {"tau2": tau2, "ci": ci, "pi": pi, "seed": seed}
    counted = {"zero_cells": zero_cells, "model": model, "quadrature_points": quadrature_points}
    options: dict[str, Any] = {
        name: value for name, value in (univariate | counted).items() if value is not None
    }
    takes = _takes(method, effects.measure)
    if stray := [name for name in options if name not in takes]:
        raise ValueError(
            f"{', '.join(stray)}: not an option of method={method!r} with {effects.measure}; "
            f"allowed: {', '.join((*takes, 'level'))}"
        )
    if method == "iv":
        return random_effects(effects, level=level, **options)
    found, columns, told = _counted(method, effects)
    if method == "mh" and "tau2" in options:
        choose("tau2", options.pop("tau2"), ("DL",))
        found = mantel_haenszel_random
    elif method == "mh" and "pi" in options:
        raise ValueError(f"pi={pi!r} goes with method='mh' and tau2='DL'; allowed: tau2='DL'")
    entered = _entered(effects, columns, method)
    numbers = [entered.columns[name] for name in columns]
    result = found(*numbers, level=level, **told, **options)
    labels = tuple(entered.labels[row] for row in result.rows)
    about = About(result.measure, labels, effects.warnings)
    return result.of(about)


def _takes(method: str, measure: str) -> tuple[str, ...]:
    """Options of a method."""
    if method == "glmm":
        of_arms = ("model",) if measure in ("OR", "IRR") else ()
        return ("pi", "quadrature_points", *of_arms)
    if method == "mh":
        return ("zero_cells", "tau2", "pi") if measure in ("OR", "RR", "RD") else ()
    return ("tau2", "ci", "pi", "seed") if method == "iv" else ()


def _counted(method: str, effects: EffectSizes) -> _Counted:
    if (method, effects.measure) not in COUNTED:
        allowed = ", ".join(measure for name, measure in COUNTED if name == method)
        raise ValueError(f"method={method!r} gives no {effects.measure}; allowed: {allowed}")
    return COUNTED[method, effects.measure]


def _entered(effects: EffectSizes, columns: tuple[str, ...], method: str) -> Entered:
    if effects.entered is None or not set(columns) <= set(effects.entered.columns):
        raise ValueError(
            f"method={method!r} needs counts, and the effects were not made from them; allowed: "
            f"effect_sizes({'=…, '.join(columns)}=…)"
        )
    return effects.entered

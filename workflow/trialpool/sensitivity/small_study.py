"""Do small trials show other effects than large ones? Regression tests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling.given import Effects, take
from trialpool.pooling.numeric.tails import two_sided_p, two_sided_quantile
from trialpool.pooling.options import Floats, as_floats, check_effects, check_level, choose
from trialpool.pooling.plain_values import Plain, Shown
from trialpool.sensitivity.lines import TAU2_OF_LINES, fit_line, is_flat

MODELS: Final = ("multiplicative", "random-effects")
PREDICTORS: Final = ("sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv")
INTERVALS: Final = ("wald", "hk", "hk-adhoc")
# Where the predictor goes to 0 in an infinitely large trial the line has a limit.
_LIMITED: Final = ("sei", "vi", "ninv", "sqrtninv")
MIN_TRIALS_FOR_TESTS: Final = 10


@dataclass(frozen=True, repr=False)
class RegressionTest(Shown, Plain):
    """A test whether effects change with the size of a trial. None: does not exist.

    Attributes
    ----------
    model : {"multiplicative", "random-effects", "harbord", "peters"}
    predictor : str
    k : int
    statistic : float or None
        Slope over its standard error.
    df : int or None
        Of the t distribution; None for the normal.
    p_value : float or None
        Two-sided.
    slope, slope_se : float or None
        Change of the effect (analysis scale) per unit of the predictor.
    limit, limit_lower, limit_upper : float or None
        The line where the predictor is 0, an infinitely large trial; analysis
        scale. None for predictors that do not go to 0.
    tau2 : float or None
        Variance around the line; None for models without one.
    tau2_method, ci_method : str or None
    level : float
        Of the interval of the limit.
    note : str
        Empty, or why there is no test.
    """

    model: str
    predictor: str
    k: int
    statistic: float | None
    df: int | None
    p_value: float | None
    slope: float | None
    slope_se: float | None
    limit: float | None
    limit_lower: float | None
    limit_upper: float | None
    tau2: float | None
    tau2_method: str | None
    ci_method: str | None
    level: float
    note: str = ""


def _absent(note: str, **known: Any) -> RegressionTest:
    blank: dict[str, Any] = dict.fromkeys(
        ("statistic", "df", "p_value", "slope", "slope_se", "limit", "limit_lower", "limit_upper")
    )
    return RegressionTest(**blank, **known, tau2=None, note=note)


def regression_test(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    *,
    model: str = "random-effects",
    predictor: str = "sei",
    ni: npt.ArrayLike | str | None = None,
    tau2: str = "REML",
    ci: str = "wald",
    level: float = 0.95,
) -> RegressionTest:
    """Test whether effects change with a measure of the trials' size.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale.
    model : {"random-effects", "multiplicative"}
        "multiplicative" with predictor "sei" is the classical test of Egger et
        al. (1997): least squares with weights 1/v and a free scale of the
        errors, t with k - 2 degrees of freedom; its slope is their intercept.
        "random-effects" is a meta-regression with an additive variance between
        trials (Sterne and Egger 2005).
    predictor : {"sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv"}
        Standard error, variance, number of patients, 1/n, √n, 1/√n.
    ni : array-like of shape (k,) or name of a column, optional
        Patients of each trial; needed by the predictors made of it.
    tau2 : {"REML", "ML", "DL", "PM", "EB", "CE"}
        Of "random-effects".
    ci : {"wald", "hk", "hk-adhoc"}
        Of "random-effects": normal, or scaled by √(Σwr²/(k - 2)) with t
        (Knapp and Hartung 2003), not below 1 under "hk-adhoc".
    level : float
        Of the interval of the limit.

    Returns
    -------
    RegressionTest
        With a `note` and no numbers for fewer than three trials, or where the
        predictor is the same in all.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    Egger, Davey Smith, Schneider and Minder 1997, BMJ 315:629. Sterne and Egger
    2005, in Publication Bias in Meta-Analysis, ch. 6. For odds ratios sei and
    the effect are correlated by construction: prefer `harbord` or `peters`.
    """
    given = take(yi, vi)
    found = _regression_test(
        given.yi, given.vi, model, predictor, given.values("ni", ni), tau2, ci, level
    )
    return found.of(given.about)


def _regression_test(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    model: str,
    predictor: str,
    ni: npt.ArrayLike | None,
    tau2: str,
    ci: str,
    level: float,
) -> RegressionTest:
    y, v, _ = check_effects(yi, vi, ndim=1)
    choose("model", model, MODELS)
    choose("predictor", predictor, PREDICTORS)
    choose("tau2", tau2, TAU2_OF_LINES)
    choose("ci", ci, INTERVALS)
    level = check_level(level)
    x = _predictor(predictor, v, ni)
    additive = model == "random-effects"
    known: dict[str, Any] = {
        "model": model,
        "predictor": predictor,
        "k": y.size,
        "tau2_method": tau2 if additive else None,
        "ci_method": ci if additive else None,
        "level": level,
    }
    if y.size < 3:
        return _absent("needs at least three trials", **known)
    if is_flat(x):
        return _absent(f"{predictor} is the same in all trials: no line goes through it", **known)
    line = fit_line(y, v, x, tau2 if additive else 0.0)
    # Rounding leaves a residual of about 1e-30 on a perfect line.
    perfect = line.residual <= 1e-24 * float((y * y / v).sum())
    scale = 0.0 if perfect else line.residual / line.df
    df: int | None = line.df
    if additive and ci == "wald":
        scale, df = 1.0, None
    elif additive and ci == "hk-adhoc":
        scale = max(1.0, scale)
    if scale == 0.0:
        return _absent("the effects lie on a line exactly: no error to test against", **known)
    se = math.sqrt(scale * line.slope_variance)
    statistic = line.slope / se
    half = quantile(level, df) * math.sqrt(scale * line.intercept_variance)
    limit = line.intercept if predictor in _LIMITED else None
    return RegressionTest(
        **known,
        statistic=statistic,
        df=df,
        p_value=p_of(statistic, df),
        slope=line.slope,
        slope_se=se,
        limit=limit,
        limit_lower=None if limit is None else limit - half,
        limit_upper=None if limit is None else limit + half,
        tau2=line.tau2 if additive else None,
    )


def egger(yi: Effects, vi: npt.ArrayLike | None = None, *, level: float = 0.95) -> RegressionTest:
    """Classical regression test of Egger et al. (1997); see `regression_test`."""
    return regression_test(yi, vi, model="multiplicative", predictor="sei", level=level)


def harbord(
    ai: npt.ArrayLike,
    n1i: npt.ArrayLike,
    ci: npt.ArrayLike,
    n2i: npt.ArrayLike,
) -> RegressionTest:
    """Score-based regression test for odds ratios.

    Parameters
    ----------
    ai, n1i, ci, n2i : array-like of shape (k,)
        Events and patients of the experimental and of the control arm.

    Returns
    -------
    RegressionTest
        `slope` is the bias, Harbord's intercept; `limit` the log odds ratio
        (score estimate) of an infinitely large trial.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    Efficient score Z = a - m n1/N and its variance V = n1 n2 m (N - m)/(N²(N - 1))
    with m events of N patients; Z/√V on √V by least squares, t with k - 2
    degrees of freedom. Trials without events, or with events only, have V = 0
    and say nothing: they are left out and `k` counts the others. Harbord, Egger
    and Sterne 2006, Statistics in Medicine 25:3443.
    """
    a, n1, c, n2 = check_counts(ai, n1i, ci, n2i)
    n, m = n1 + n2, a + c
    use = (m > 0) & (m < n)
    a, n1, n2, n, m = (part[use] for part in (a, n1, n2, n, m))
    v = n1 * n2 * m * (n - m) / (n**2 * (n - 1.0))
    # On Z/V with weights V the predictor 1/√V has the slope that is Harbord's intercept.
    return _least_squares((a - m * n1 / n) / v, 1.0 / v, 1.0 / np.sqrt(v), "harbord", "1/√V")


def peters(
    ai: npt.ArrayLike,
    n1i: npt.ArrayLike,
    ci: npt.ArrayLike,
    n2i: npt.ArrayLike,
) -> RegressionTest:
    """Regression test for odds ratios on 1/N.

    Parameters
    ----------
    ai, n1i, ci, n2i : array-like of shape (k,)
        Events and patients of the experimental and of the control arm.

    Returns
    -------
    RegressionTest
        `limit` is the log odds ratio of an infinitely large trial.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    The log odds ratio on 1/N with weights 1/(1/m + 1/(N - m)), the variance of
    the average event rate, t with k - 2 degrees of freedom; a trial with an
    empty cell has 0.5 added to its four cells for the odds ratio. Trials
    without events, or with events only, are left out. Peters et al. 2006, JAMA
    295:676.
    """
    a, n1, c, n2 = check_counts(ai, n1i, ci, n2i)
    n, m = n1 + n2, a + c
    use = (m > 0) & (m < n)
    a, n1, c, n2, n, m = (part[use] for part in (a, n1, c, n2, n, m))
    b, d = n1 - a, n2 - c
    add = np.where((a == 0) | (b == 0) | (c == 0) | (d == 0), 0.5, 0.0)
    log_or = np.log((a + add) * (d + add) / ((b + add) * (c + add)))
    return _least_squares(log_or, 1.0 / m + 1.0 / (n - m), 1.0 / n, "peters", "1/N")


def check_counts(
    ai: npt.ArrayLike, n1i: npt.ArrayLike, ci: npt.ArrayLike, n2i: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return events and patients of two arms as arrays of whole numbers.

    Raises
    ------
    ValueError
        Naming the argument, the position, the value and what is allowed.
    """
    named = {"ai": ai, "n1i": n1i, "ci": ci, "n2i": n2i}
    arrays = {name: as_floats(name, values, 1) for name, values in named.items()}
    for name, x in arrays.items():
        if x.shape != arrays["ai"].shape:
            raise ValueError(f"{name} has shape {x.shape} and ai {arrays['ai'].shape}")
        least = 1.0 if name.startswith("n") else 0.0
        bad = ~(np.isfinite(x) & (x >= least) & (x == np.round(x)))
        if bad.any():
            at = int(np.argmax(bad))
            raise ValueError(f"{name}[{at}]={x[at]!s}; allowed: whole numbers from {least:g}")
    for events, patients in (("ai", "n1i"), ("ci", "n2i")):
        bad = arrays[events] > arrays[patients]
        if bad.any():
            at = int(np.argmax(bad))
            raise ValueError(
                f"{events}[{at}]={arrays[events][at]:g} exceeds {patients}[{at}]="
                f"{arrays[patients][at]:g}; allowed: at most as many events as patients"
            )
    return arrays["ai"], arrays["n1i"], arrays["ci"], arrays["n2i"]


def _least_squares(y: Floats, v: Floats, x: Floats, model: str, predictor: str) -> RegressionTest:
    """Line with weights 1/v and a free scale of the errors."""
    if y.size < 3:
        note = "needs at least three trials with events and without"
        known: dict[str, Any] = {"model": model, "predictor": predictor, "k": y.size}
        return _absent(note, **known, tau2_method=None, ci_method=None, level=0.95)
    found = regression_test(y, v, model="multiplicative", predictor="ni", ni=x)
    renamed = {**found.to_dict(), "model": model, "predictor": predictor}
    if found.statistic is not None and found.df is not None:
        line = fit_line(y, v, x, 0.0)
        half = quantile(found.level, line.df) * math.sqrt(
            line.residual / line.df * line.intercept_variance
        )
        renamed |= {
            "limit": line.intercept,
            "limit_lower": line.intercept - half,
            "limit_upper": line.intercept + half,
        }
    renamed["note"] = found.note.replace("ni is", f"{predictor} is")
    return RegressionTest(**renamed)


def _predictor(name: str, v: Floats, ni: npt.ArrayLike | None) -> Floats:
    if name == "vi":
        return v
    if name == "sei":
        return np.sqrt(v)
    if ni is None:
        raise ValueError(f"predictor={name!r} needs ni, the number of patients of each trial")
    n = as_floats("ni", ni, 1)
    if n.shape != v.shape:
        raise ValueError(f"ni has shape {n.shape} and vi {v.shape}; they must be equal")
    bad = ~(np.isfinite(n) & (n > 0.0))
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(f"ni[{at}]={n[at]!s}; allowed: finite numbers above 0")
    root = np.sqrt(n) if "sqrt" in name else n
    return 1.0 / root if name.endswith("inv") else root


def quantile(level: float, df: int | None) -> float:
    """Half-width of an interval in standard errors: t, or normal without `df`."""
    nu = np.array([math.nan if df is None else float(df)])
    return float(two_sided_quantile(level, nu)[0])


def p_of(statistic: float, df: int | None) -> float:
    """Two-sided p-value: t, or normal without `df`."""
    nu = np.array([math.nan if df is None else float(df)])
    return float(two_sided_p(np.array([statistic]), nu)[0])

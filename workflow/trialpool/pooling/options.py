"""Closed sets of options and the checks of what a caller hands in.

Every error names the argument, the value that was given and what is allowed:
a misspelt option must never fall back to a default.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from numbers import Real
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
# A float where a formula is used for one set, an array of shape (n,) for n sets.
Value = Any

Scale = Literal[
    "log",
    "identity",
    "logit",
    "probit",
    "arcsine",
    "square-root",
    "z",
    "z-root",
    "cube-root-complement",
    "log-complement",
]

# The measures that are analysed on each scale. A test keeps this equal to
# trialpool.measures, which the numerical core does not import.
_MEASURES: Final[dict[Scale, str]] = {
    "log": "HR OR RR RHR ROR PETO MPRR MPOR MPORM MPORC MPPETO IRR ROM VR CVR D2OR D2ORL D2ORN "
    "ROMC VRC CVRC PLN IRLN MNLN SDLN CVLN REH",
    "identity": "HD RMSTD generic RD AS PHI YUQ YUY RTET PBIT OR2D OR2DL OR2DN MPRD IRD IRSD MD "
    "SMD SMDH SMD1 SMD1H RPB RBIS CLESN AUCN MC SMCC SMCR SMCRH SMCRP SMCRPH CLESCN AUCCN PR IR "
    "MN SMN COR UCOR PCOR SPCOR R2 ARAW AUC CLES",
    "z": "ZPHI ZTET ZPB ZBIS ZCOR ZPCOR ZSPCOR",
    "logit": "PLO",
    "probit": "PRZ",
    "arcsine": "PAS PFT",
    "square-root": "IRS IRFT",
    "z-root": "ZR2",
    "cube-root-complement": "AHW",
    "log-complement": "ABT",
}
MEASURE_SCALES: Final[dict[str, Scale]] = {
    code: scale for scale, codes in _MEASURES.items() for code in codes.split()
}
# "No effect" where it is not 0 on the analysis scale, None where nothing is compared; the same
# test keeps it equal to trialpool.measures.
_NULLS: Final[dict[float | None, str]] = {
    0.5: "CLESN AUCN CLESCN AUCCN AUC CLES",
    None: "PR PLN PLO PRZ PAS PFT IR IRLN IRS IRFT MN SMN MNLN SDLN CVLN R2 ZR2 ARAW AHW ABT",
}
MEASURE_NULLS: Final[dict[str, float | None]] = {
    code: null for null, codes in _NULLS.items() for code in codes.split()
}

# Far beyond any data, far inside what fourth powers leave of a double.
_LARGEST_EFFECT: Final = 1e100
_LARGEST_RATIO: Final = 1e60


def choose(argument: str, value: object, allowed: Collection[str]) -> str:
    """Return `value` if it is one of the allowed strings.

    Raises
    ------
    ValueError
        Naming the argument, the value and the allowed set.
    """
    if isinstance(value, str) and value in allowed:
        return value
    raise ValueError(f"{argument}={value!r} is not known; allowed: {', '.join(allowed)}")


def check_level(value: object) -> float:
    """Return the confidence level as a float strictly between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0.0 < float(value) < 1.0:
        raise ValueError(f"level={value!r} is not a confidence level; it must lie in (0, 1)")
    return float(value)


def check_tau2(value: object) -> float:
    """Return a given tau² as a finite float of at least 0."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0.0 <= float(value) <= 1e100:
        raise ValueError(f"tau2={value!r} is not a variance; it must lie in [0, 1e100]")
    return float(value)


def as_floats(argument: str, values: object, ndim: int) -> Floats:
    """Turn an argument into a float array without guessing.

    Text is refused even where it could be parsed, because a column read as text
    is a column nobody has checked.

    Raises
    ------
    ValueError
        If the values are not real numbers or have the wrong number of dimensions.
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(f"{argument} has masked entries; remove them before pooling")
    try:
        raw = np.asarray(values)
    except ValueError:
        raise ValueError(f"{argument} is ragged; expected {ndim} dimension(s)") from None
    if raw.size and raw.dtype.kind == "O":
        wrong = [x for x in raw.ravel() if isinstance(x, bool) or not isinstance(x, Real)]
        if wrong:
            raise ValueError(f"{argument} contains {wrong[0]!r}; allowed: real numbers")
    elif raw.size and raw.dtype.kind not in "fiu":
        raise ValueError(f"{argument} has entries of type {raw.dtype}; allowed: real numbers")
    if raw.ndim != ndim:
        expected = "(k,)" if ndim == 1 else "(n_sets, k)"
        raise ValueError(f"{argument} has shape {raw.shape}; expected {expected}")
    if raw.size == 0:
        raise ValueError(f"{argument} is empty; at least one trial is needed")
    return raw.astype(np.float64)


def _where(index: tuple[int, ...]) -> str:
    return f"[{', '.join(str(i) for i in index)}]"


def check_effects(yi: object, vi: object, *, ndim: int) -> tuple[Floats, Floats, Bools]:
    """Check effects and sampling variances.

    Parameters
    ----------
    yi, vi : array-like of shape (k,) or (n_sets, k)
        Effects and their sampling variances on the analysis scale.
    ndim : int
        1 for a single fit, where every entry must be a finite number, or 2 for
        a batch, where NaN in both arrays marks an absent entry.

    Returns
    -------
    yi, vi : ndarray of float
    present : ndarray of bool
        Which entries exist.

    Raises
    ------
    ValueError
        Naming the argument, the position, the value and what is allowed.
    """
    y = as_floats("yi", yi, ndim)
    v = as_floats("vi", vi, ndim)
    if y.shape != v.shape:
        raise ValueError(f"yi has shape {y.shape} and vi has shape {v.shape}; they must be equal")
    missing = np.isnan(y)
    if ndim == 1:
        present = np.ones(y.shape, dtype=np.bool_)
    else:
        half = missing != np.isnan(v)
        if half.any():
            at = tuple(int(i) for i in np.argwhere(half)[0])
            raise ValueError(
                f"yi{_where(at)}={y[at]!s} but vi{_where(at)}={v[at]!s}; "
                "an absent entry must be NaN in both"
            )
        present = ~missing
        empty = ~present.any(axis=1)
        if empty.any():
            raise ValueError(f"yi[{int(np.argmax(empty))}] has no entry; every set needs one trial")
    for argument, values, fine, allowed in (
        ("yi", y, np.isfinite(y), "finite numbers"),
        ("vi", v, np.isfinite(v) & (v > 0), "finite numbers above 0"),
    ):
        bad = present & ~fine
        if bad.any():
            at = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ValueError(f"{argument}{_where(at)}={values[at]!s}; allowed: {allowed}")
    _check_range(y, v, present)
    return y, v, present


def small_set(yi: object, vi: object, most: int) -> tuple[list[float], list[float]] | None:
    """Return one set of 2 to `most` trials as floats, or None.

    None where there are fewer or more, and where anything is wrong: what it is
    `check_effects` finds and says.
    """
    effects, variances = as_floats("yi", yi, 1), as_floats("vi", vi, 1)
    if not 2 <= effects.size <= most or variances.size != effects.size:
        return None
    y, v = effects.tolist(), variances.tolist()
    if any(map(math.isnan, y)) or any(map(math.isnan, v)):
        return None
    least, most_v, low, high = min(v), max(v), min(y), max(y)
    within = (
        -_LARGEST_EFFECT <= low <= high <= _LARGEST_EFFECT
        and _LARGEST_EFFECT**-2 <= least <= most_v <= _LARGEST_EFFECT**2
        and most_v / least <= _LARGEST_RATIO
        and (high - low) ** 2 / least <= _LARGEST_RATIO
    )
    return (y, v) if within else None


def _check_range(y: Floats, v: Floats, present: Bools) -> None:
    """Refuse numbers so far apart that sums of powers leave the range of a double.

    Such numbers are an error in the data, and the NaN that they would lead to
    would read as "does not exist".
    """
    for argument, size, allowed in (
        ("yi", np.abs(y), (0.0, _LARGEST_EFFECT)),
        ("vi", v, (_LARGEST_EFFECT**-2, _LARGEST_EFFECT**2)),
    ):
        bad = present & ~((size >= allowed[0]) & (size <= allowed[1]))
        if bad.any():
            at = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ValueError(
                f"{argument}{_where(at)} has size {size[at]!s}; "
                f"allowed: {allowed[0]:g} to {allowed[1]:g}"
            )
    smallest = np.where(present, v, np.inf).min(axis=-1)
    spread = np.where(present, y, -np.inf).max(axis=-1) - np.where(present, y, np.inf).min(axis=-1)
    for argument, ratio in (
        ("vi: largest / smallest variance", np.where(present, v, 0.0).max(axis=-1) / smallest),
        ("yi: squared range / smallest variance", (spread / np.sqrt(smallest)) ** 2),
    ):
        if np.any(ratio > _LARGEST_RATIO):
            worst = float(np.max(ratio))
            raise ValueError(f"{argument} is {worst:g} in one set; allowed: at most 1e60")

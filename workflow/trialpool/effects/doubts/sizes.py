"""Numbers that are hardly what their column says: percent, ratios for logarithms, slips."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import takewhile
from statistics import median
from typing import Final

import numpy as np

from trialpool import formatting as fmt
from trialpool.effects.doubts.table import Rows
from trialpool.evidence.printed import parse_number
from trialpool.pooling.doubt import Doubt

# Columns of effects as they are printed; counts cannot be typed on another scale.
_TYPED: Final = frozenset(("yi", "hr", "or", "rr", "irr", "rom"))
# A ratio that no trial has, unless its interval is so wide that it says nothing.
_HUGE: Final = math.log(20.0)
_HUGE_ODDS: Final = math.log(100.0)
_HUNDRED: Final = math.log(100.0)
_ABOUT: Final = math.log(2.5)
# What a ratio near 1 looks like where its logarithm is expected.
_LIKE_RATIOS: Final = (0.4, 1.5)
# An effect this many standard errors, with the spread of the others, from their mean; tables of
# few rows hardly know that spread, and among many some are odd.
_FAR: Final = 8.0
_FAR_OF_SOME: Final = 6.0
_SOME: Final = range(6, 41)
# Standard errors this many times off the nearest other; per patient, off the middle one.
_GAP: Final = 10.0
_PER_PATIENT: Final = 5.0
_SIZES: Final = (
    ("n_experimental", "n_control"), ("n1i", "n2i"), ("n.e", "n.c"), ("n1", "n2"), ("ni",), ("n",)
)  # fmt: skip
_ALLOCATION: Final = 5.0
_SPREADS: Final = 5.0


def implausible_ratios(table: Rows) -> Iterator[Doubt]:
    """Yield ratios of about 100 times the others', and those beyond what trials have."""
    measure, k = table.measure, len(table)
    if not measure.is_ratio or not _TYPED & table.columns:
        return
    highest = _HUGE_ODDS if measure.code in ("OR", "ROR") else _HUGE
    percent, beyond = [], []
    middle = median(table.yi.tolist())
    for i, (y, se) in enumerate(zip(table.yi.tolist(), table.sei.tolist(), strict=True)):
        away = y - (middle if k > 2 else min(table.yi))
        if k > 1 and abs(away - _HUNDRED) < _ABOUT and away > 10 * se and y > _HUNDRED / 2:
            percent.append(i)
        elif abs(y) > highest and abs(y) - 2 * se > highest / 2:
            beyond.append(i)
    name = measure.code
    if percent:
        shown = ", ".join(fmt.effect(float(table.yi[i]), measure) for i in percent)
        message = f"{name} of {table.names(percent)} is {shown}, about 100 times the others"
        remedy = "Enter 0.74 for 74 percent."
        yield table.doubt("ratio-in-percent", percent, message, remedy)
    if beyond:
        shown = ", ".join(fmt.effect(float(table.yi[i]), measure) for i in beyond[:4])
        message = f"{name} of {table.names(beyond)} is {shown}, beyond what trials find"
        remedy = (
            "Check the number: percent, the wrong decimal mark, or a ratio where its logarithm "
            "is expected."
        )
        yield table.doubt("ratio-plausible", beyond, message, remedy)


def ratios_as_logs(table: Rows) -> Iterator[Doubt]:
    """Yield a column yi that looks like ratios although logarithms are expected."""
    if not table.measure.is_ratio or "yi" not in table.columns:
        return
    # Two odds ratios of 2 are nothing odd; hazards are hardly ever doubled.
    if len(table) < (2 if table.measure.code == "HR" else 3):
        return
    low, high = _LIKE_RATIOS
    if not all(low <= y <= high for y in table.yi):
        return
    name = table.measure.code
    smallest, largest = (
        fmt.effect(float(x), table.measure) for x in (table.yi.min(), table.yi.max())
    )
    message = (
        f"every yi lies between {low:g} and {high:g}, as ratios do; taken as logarithms they are "
        f"{name}s of {smallest} to {largest}"
    )
    remedy = f"If they are ratios, call the column {name.lower()} and give the limits of each."
    yield table.doubt("ratio-typed-as-log", range(len(table)), message, remedy)


def beyond_the_scale(table: Rows) -> Iterator[Doubt]:
    """Yield risk differences that no two risks have."""
    if table.measure.code != "RD":
        return
    at = [i for i, y in enumerate(table.yi) if abs(y) > 1.0]
    if at:
        message = f"the risk difference of {table.names(at)} is beyond 1"
        remedy = "Enter 0.12 for 12 percentage points."
        yield table.doubt("difference-in-percent", at, message, remedy)


def far_effects(table: Rows) -> Iterator[Doubt]:
    """Yield effects that neither chance nor the spread of the others explains."""
    k = len(table)
    if k < 4 or table.measure.is_proportion:
        return
    others = table.others
    mean, variance = others.random
    spread = np.sqrt(table.vi + others.tau2 + variance)
    limit = _FAR_OF_SOME if k in _SOME else _FAR
    for i, away in enumerate((np.abs(table.yi - mean) / spread).tolist()):
        if away > limit:
            shown = fmt.effect(float(table.yi[i]), table.measure)
            message = (
                f"the effect of {table.names([i])}, {shown}, lies {away:.0f} standard errors "
                "from the mean of the others"
            )
            remedy = "Check sign, decimal mark and column against the source."
            yield table.doubt("effect-far-from-others", [i], message, remedy)


def odd_errors(table: Rows) -> Iterator[Doubt]:
    """Yield standard errors that do not go with the number of patients, or with any other."""
    k = len(table)
    if k < 5 or not (_TYPED | {"ci_lower", "sei", "vi"}) & table.columns:
        return
    remedy = "Check the decimal mark, and that it is neither a variance nor a standard deviation."
    sei = table.sei.tolist()
    patients = [n for n in takewhile(bool, (_patients(table, i) for i in range(k))) if n]
    if len(patients) == k:
        own = [math.log(se * math.sqrt(n)) for se, n in zip(sei, patients, strict=True)]
        middle = median(own)
        spread = median(abs(x - middle) for x in own)
        # Errors of standardised differences hang on n alone, those of hazard ratios on events too.
        limit = max(math.log(2.5), min(8 * spread, max(math.log(_PER_PATIENT), 6 * spread)))
        at = [i for i, x in enumerate(own) if abs(x - middle) > limit]
        told = "does not go with its number of patients as those of the others do"
    else:
        order = sorted(range(k), key=lambda i: sei[i])
        sizes = [math.log(sei[i]) for i in order]
        at = [
            i
            for i, gap in ((order[0], sizes[1] - sizes[0]), (order[-1], sizes[-1] - sizes[-2]))
            if gap > math.log(_GAP)
        ]
        told = f"is more than {_GAP:g} times off that of any other"
    if 0 < len(at) <= k // 2:
        message = f"the standard error of {table.names(at)} {told}"
        yield table.doubt("error-far-from-others", at, message, remedy)


def _patients(table: Rows, i: int) -> float | None:
    """Patients of a row, where its table says them."""
    cells = table.cells[i]
    for names in _SIZES:
        found = [parse_number(cells.get(name, "")) for name in names]
        if all(x is not None and x.value > 0 for x in found):
            return sum(x.value for x in found if x is not None)
    return None


def copied_columns(table: Rows) -> Iterator[Doubt]:
    """Yield a table whose effects stand again in the column of their errors."""
    for error in ("sei", "vi"):
        both = len(table) > 1 and {"yi", error} <= table.columns
        if both and table.column("yi") == table.column(error):
            message = f"yi and {error} are the same in every row"
            yield table.doubt("column-copied", range(len(table)), message, "Enter the errors.")


def odd_allocation(table: Rows) -> Iterator[Doubt]:
    """Yield trials with arms of very unequal size where the others' are alike."""
    for what, said in (("n", "patients"), ("time", "of person-time")):
        sizes = (f"{what}_experimental", f"{what}_control")
        if len(table) < 4 or not set(sizes) <= table.columns:
            continue
        one, other = (table.column(name) for name in sizes)
        ratios = [math.log(a / b) for a, b in zip(one, other, strict=True)]
        middle = median(ratios)
        if median(abs(x - middle) for x in ratios) > math.log(1.5):
            continue
        at = [i for i, x in enumerate(ratios) if abs(x - middle) > math.log(_ALLOCATION)]
        if at:
            shown = ", ".join(f"{one[i]:g} and {other[i]:g}" for i in at)
            message = f"the arms of {table.names(at)} have {shown} {said}; others are of like size"
            remedy = "Check the two numbers."
            yield table.doubt("arms-of-unequal-size", at, message, remedy)


def odd_spreads(table: Rows) -> Iterator[Doubt]:
    """Yield trials whose two standard deviations differ as an error does from a deviation."""
    columns = ("sd_experimental", "sd_control", "n_experimental", "n_control")
    if not set(columns) <= table.columns:
        return
    one, other, n, m = (np.array(table.column(name)) for name in columns)
    if not ((one > 0) & (other > 0) & (n > 1) & (m > 1)).all():
        return
    logs = np.log(one / other)
    far = np.abs(logs) > math.log(_SPREADS)
    if len(table) > 4:
        # Their sampling errors, and how far they lie apart in the other trials.
        chance = 0.5 / (n - 1) + 0.5 / (m - 1)
        middle = np.median(logs)
        apart = 1.5 * np.median(np.abs(logs - middle))
        away = np.abs(logs - middle)
        far |= (away > _FAR_OF_SOME * np.sqrt(np.maximum(chance, apart**2))) & (
            away > math.log(2.0)
        )
    at = np.flatnonzero(far).tolist()
    if at:
        shown = ", ".join(f"{one[i]:g} and {other[i]:g}" for i in at)
        message = f"the standard deviations of {table.names(at)} are {shown}"
        remedy = "Check that neither is a standard error, and the decimal marks."
        yield table.doubt("deviations-apart", at, message, remedy)

"""The ladder: every way in which a row gives a log hazard ratio and its standard error.

1. the ratio with its confidence interval;
2. O − E and V;
3. the ratio with an exact two-sided p-value that is declared as such;
4. events and a log-rank p-value;
5. individual data reconstructed from the published curve of the same report;
6. the ratio with one limit and its one-sided level.

The first rung that holds is used; all are kept, so that they can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from trialpool import formatting as fmt
from trialpool.effects import logrank
from trialpool.effects.one_sided import LIMIT_COLUMNS, with_one_limit
from trialpool.effects.p_values import logrank_rungs, with_p
from trialpool.effects.ratios import (
    DIFFERENCE_FORMULA,
    DIFFERENCE_REFERENCE,
    INTERVAL_FORMULA,
    INTERVAL_REFERENCE,
    difference_from_interval,
    log_ratio_from_interval,
)
from trialpool.effects.rung import (
    Row,
    Rung,
    cells_of,
    from_derived,
    log_or_minus_infinity,
    number_in,
)

LADDER: Final = (1, 2, 3, 4, 5, 6)
ASSUMED_LEVEL: Final = 95.0
INTERVAL: Final = "ratio with interval"
DIFFERENCE: Final = "difference with interval"
ONE_STEP: Final = "O − E and V"
RECONSTRUCTED: Final = "ratio with reconstructed curve"
# Below this p-value of the test on the curve a ratio does not tell the whole.
NOT_PROPORTIONAL: Final = 0.05
# A printed ratio farther from the reconstructed one than this many standard errors is
# not a ratio of that curve: the two come from different cuts or analyses.
RECONSTRUCTION_LIMIT: Final = 0.5
RECONSTRUCTION_FORMULA: Final = (
    "yi = ln(printed ratio); se = (ln(upper) − ln(lower)) / (2 z) of the Cox model on individual "
    "data reconstructed from the published curve"
)
RECONSTRUCTION_REFERENCE: Final = "Guyot 2012, BMC Med Res Methodol 12:9; Cox 1972"


def rungs_of(row: Row, reconstruction: Row | None = None) -> tuple[Rung, ...]:
    """Climb every rung that a row of time_to_event.csv has numbers for.

    Parameters
    ----------
    row : mapping
        Cells by column, as text. The optional columns of the table need not be there.
    reconstruction : mapping, optional
        The row of reconstructed_survival.csv with the same trial, arms and
        endpoint whose curve stands in the same report, see `reconstructions_of`.

    Returns
    -------
    tuple of Rung
        In the order of the ladder. A rung without any of its numbers is not
        there; one that is refused says why.
    """
    found = (
        ratio_with_interval(row),
        _one_step(row),
        with_p(row),
        *logrank_rungs(row),
        None if reconstruction is None else _reconstructed(row, reconstruction),
        with_one_limit(row),
    )
    return tuple(rung for rung in found if rung is not None)


def first_usable(rungs: tuple[Rung, ...]) -> Rung | None:
    """Return the rung that is used."""
    return next((rung for rung in rungs if rung.is_usable), None)


def ratio_with_interval(row: Row) -> Rung | None:
    """Rung 1: any ratio with its interval, None where one of the three is missing."""
    if row.get("limit_sides", "") in LIMIT_COLUMNS:
        # Its level would be a one-sided one: no interval of that level.
        return None
    return _with_interval(row, INTERVAL)


def difference_with_interval(row: Row) -> Rung | None:
    """Do the same for a difference in percentage points; on the scale of proportions."""
    return _with_interval(row, DIFFERENCE)


def _with_interval(row: Row, name: str) -> Rung | None:
    estimate, lower, upper = (number_in(row, c) for c in ("estimate", "ci_lower", "ci_upper"))
    if estimate is None or lower is None or upper is None:
        return None
    inputs = cells_of(row, "estimate", "ci_lower", "ci_upper", "ci_level")
    flags: tuple[str, ...] = ()
    level = number_in(row, "ci_level")
    if level is None and row.get("ci_level", ""):
        return Rung(1, name, "the level of the interval is not a number", inputs=inputs)
    if level is None:
        flags = (f"level of the interval not printed, taken as {ASSUMED_LEVEL:g}%",)
    elif level.value != ASSUMED_LEVEL:
        flags = (f"printed with a {level.text}% interval",)
    is_ratio = name == INTERVAL
    derive = log_ratio_from_interval if is_ratio else difference_from_interval
    try:
        found = derive(estimate, lower, upper, level.value if level is not None else ASSUMED_LEVEL)
    except ValueError as error:
        return Rung(1, name, str(error), inputs=inputs)
    ends = (estimate.lower, estimate.upper)
    on_scale = [log_or_minus_infinity(end) if is_ratio else end / 100 for end in ends]
    return Rung(
        1,
        name,
        yi=found.yi,
        sei=found.sei,
        yi_lower=on_scale[0],
        yi_upper=on_scale[1],
        sei_lower=found.sei_lower,
        sei_upper=found.sei_upper,
        asymmetry=found.asymmetry,
        formula=INTERVAL_FORMULA if is_ratio else DIFFERENCE_FORMULA,
        reference=INTERVAL_REFERENCE if is_ratio else DIFFERENCE_REFERENCE,
        inputs=inputs,
        flags=flags,
    )


def _one_step(row: Row) -> Rung | None:
    """Rung 2."""
    o_minus_e, variance = number_in(row, "o_minus_e"), number_in(row, "variance")
    if o_minus_e is None or variance is None:
        return None
    inputs = cells_of(row, "o_minus_e", "variance")
    try:
        derived = logrank.one_step(o_minus_e, variance)
    except ValueError as error:
        return Rung(2, ONE_STEP, str(error), inputs=inputs)
    flags = ("one-step (Peto) estimate of the log hazard ratio",)
    return from_derived(
        derived, 2, ONE_STEP, logrank.ONE_STEP_FORMULA, logrank.ONE_STEP_REFERENCE, inputs, flags
    )


def _reconstructed(row: Row, reconstruction: Row) -> Rung | None:
    """Rung 5: the printed ratio, its standard error from the reconstructed data."""
    names = ("hr", "hr_ci_lower", "hr_ci_upper")
    printed = [number_in(reconstruction, name) for name in names]
    if any(number is None for number in printed):
        return None
    hr, lower, upper = (number for number in printed if number is not None)
    inputs = {
        **cells_of(row, "estimate"),
        **{f"reconstructed {name}": str(reconstruction[name]) for name in names},
    }
    report = f" of PMID {reconstruction['pmid']}" if reconstruction["pmid"] else ""
    locator = f"curve: figure {reconstruction['figure']}{report}"
    try:
        ratio = log_ratio_from_interval(hr, lower, upper)
    except ValueError as error:
        return Rung(5, RECONSTRUCTED, str(error), inputs=inputs, locator=locator)
    estimate = number_in(row, "estimate")
    shown = hr if estimate is None or estimate.value <= 0 else estimate
    yi = math.log(shown.value)
    gap = abs(yi - ratio.yi) / ratio.sei
    reason = ""
    if gap > RECONSTRUCTION_LIMIT:
        reason = (
            f"the curve gives {hr.text}, {gap:.1f} standard errors from the printed {shown.text}: "
            "another cut or analysis"
        )
    flags = ["standard error from a reconstructed curve"]
    if estimate is None:
        flags = ["hazard ratio from a reconstructed curve"]
    proportional = number_in(reconstruction, "ph_p_value")
    if proportional is not None and proportional.value < NOT_PROPORTIONAL:
        flags.append(
            f"hazards not proportional on its curve ({fmt.p_statement(proportional.value)})"
        )
    return Rung(
        5,
        RECONSTRUCTED,
        reason,
        yi,
        ratio.sei,
        log_or_minus_infinity(shown.lower),
        log_or_minus_infinity(shown.upper),
        ratio.sei_lower,
        ratio.sei_upper,
        None,
        RECONSTRUCTION_FORMULA,
        RECONSTRUCTION_REFERENCE,
        inputs,
        tuple(flags),
        locator,
    )


def reconstructions_of(
    rows: Sequence[Row], reconstructions: Mapping[tuple[str, ...], Row], pmids: Mapping[str, str]
) -> list[Row | None]:
    """Find the reconstructed curve of each row's own report.

    Parameters
    ----------
    rows : sequence of mapping
        Of time_to_event.csv.
    reconstructions : mapping
        A row of reconstructed_survival.csv by trial, experimental arm, control
        arm and endpoint (any horizon: the Cox model is of the whole curve).
    pmids : mapping of str to str
        PubMed number of each source, empty where it is not recorded. A curve of another
        report is another cut: it is not used. Where no row of the contrast is known to be of
        the curve's report, the curve is taken as that of the row without a number whose ratio is
        nearest to its own.

    Returns
    -------
    list of mapping or None
        One for each row; None for a row of a part of the trial.
    """
    of_contrast: dict[tuple[str, ...], list[int]] = {}
    for i, row in enumerate(rows):
        key = _contrast(row)
        if key in reconstructions and not row["biomarker"] and row["population"] == "ITT":
            of_contrast.setdefault(key, []).append(i)
    found: list[Row | None] = [None] * len(rows)
    for key, places in of_contrast.items():
        curve = reconstructions[key]
        numbers = {i: str(pmids.get(rows[i]["source_id"], "")) for i in places}
        own = [i for i in places if numbers[i] and numbers[i] == str(curve["pmid"])]
        for i in own or _nearest([i for i in places if not numbers[i]], rows, curve):
            found[i] = curve
    return found


def _nearest(places: Sequence[int], rows: Sequence[Row], curve: Row) -> list[int]:
    """Choose the place of the row whose ratio is nearest to that of a curve, if there is one."""
    hr = number_in(curve, "hr")
    gaps = {}
    for i in places:
        estimate = number_in(rows[i], "estimate")
        if hr is not None and estimate is not None and min(hr.value, estimate.value) > 0:
            gaps[i] = abs(math.log(estimate.value / hr.value))
    return [min(gaps, key=gaps.__getitem__)] if gaps else []


def _contrast(row: Row) -> tuple[str, ...]:
    names = ("trial_id", "experimental_arm", "control_arm", "endpoint")
    return tuple(str(row[name]) for name in names)


def reconstructions_by_contrast(rows: Iterable[Row]) -> dict[tuple[str, ...], Row]:
    """Index reconstructed_survival.csv by trial, arms and endpoint, the first horizon of each."""
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        found.setdefault(_contrast(row), row)
    return found

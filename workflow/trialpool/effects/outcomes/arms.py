"""One arm's mean, rate or correlation from what its report prints, and the effect of arms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from scipy.special import stdtrit

from trialpool.effects.flags import OF_ARM
from trialpool.effects.forms import Numbers, choose_form
from trialpool.effects.forms.medians import NAMES, doubts, from_summary
from trialpool.effects.forms.printed import printed_form
from trialpool.effects.measures import DEFAULTS
from trialpool.effects.rung import Row, RowEffect, cells_of, number_in, whole_in
from trialpool.evidence.outcome_schemas import TIME_UNITS
from trialpool.evidence.printed import Printed
from trialpool.measures import get_measure

HANDBOOK: Final = "Cochrane Handbook 6.5, 6.5.2.2"
_MEDIANS: Final = "Luo 2018, Stat Methods Med Res 27:1785; Wan 2014, BMC Med Res Methodol 14:135"
# Of the ways to a standard deviation, the surest first.
MEAN_SD: Final = "mean and standard deviation"
MEAN_SE: Final = "mean and standard error"
MEAN_LIMITS: Final = "mean and its interval"
MEDIAN: Final = "median with quartiles or range"
RATE: Final = "events and person-time"
R_N: Final = "correlation and number of patients"
R_LIMITS: Final = "correlation and its interval"
WAYS: Final = (MEAN_SD, MEAN_SE, MEAN_LIMITS, MEDIAN, R_LIMITS)
_CORRECTED: Final = "0.5 added to the events of both arms (one has none)"
_CORRECTED_ARM: Final = "0.5 added to the events (there is none)"
_LEVEL_95: Final = "level of the interval not stated, taken as 95 %"
_Z: Final = get_measure("ZCOR")
# Fisher's z has the variance 1/(n − 3).
FEWEST_PAIRS: Final = 4


@dataclass(frozen=True)
class ArmResult:
    """A mean, a rate or a correlation of one arm.

    Attributes
    ----------
    numbers : mapping of str to float
        What the forms of two groups read, without the arm: mean, sd and n in the unit of the
        row; events and time, in years; r and n, or Fisher's z as yi with its variance vi.
    rung, formula, reference : str
        How it follows from the printed cells.
    inputs : mapping of str to str
        These cells.
    flags : tuple of str
        What a reader must know.
    """

    numbers: Mapping[str, float]
    rung: str
    formula: str
    reference: str
    inputs: Mapping[str, str]
    flags: tuple[str, ...] = ()


def arm_mean(row: Row) -> ArmResult | str:
    """Read the mean of an arm with its standard deviation; or say why there is none.

    The first way that the row allows: the printed standard deviation, the standard error times
    √n, the interval of the mean by Student's t with n − 1 degrees of freedom, or an estimate from
    the median with quartiles or range, which is flagged.

    Parameters
    ----------
    row : mapping
        Of means.csv, cells as text.
    """
    n = whole_in(row, "n")
    if n is None:
        return "no number of patients"
    if n < 2:
        return "fewer than 2 patients"
    mean = number_in(row, "mean")
    if mean is None:
        return _from_median(row, n)
    way = _spread(row, n)
    if way is None:
        told = _from_median(row, n)
        beside = "no standard deviation, standard error or interval of the mean was printed"
        return beside if isinstance(told, str) else told
    sd, rung, formula, columns, flags = way
    if not sd > 0:
        return f"the {rung.removeprefix('mean and ')} gives no spread"
    return ArmResult(
        {"mean": mean.value, "sd": sd, "n": float(n)},
        rung,
        formula,
        "as printed" if rung == MEAN_SD else HANDBOOK,
        cells_of(row, "mean", *columns, "n", "unit"),
        flags,
    )


def _spread(row: Row, n: int) -> tuple[float, str, str, tuple[str, ...], tuple[str, ...]] | None:
    """Find a standard deviation, with the way to it, its formula, cells and flags."""
    sd, se = number_in(row, "sd"), number_in(row, "se")
    lower, upper = number_in(row, "ci_lower"), number_in(row, "ci_upper")
    if sd is not None:
        return sd.value, MEAN_SD, "sd as printed", ("sd",), ()
    if se is not None:
        told = ("standard deviation from the standard error",)
        return se.value * math.sqrt(n), MEAN_SE, "sd = se √n", ("se",), told
    if lower is None or upper is None:
        return None
    level = number_in(row, "ci_level")
    share = 0.95 if level is None else level.value / 100
    t = float(stdtrit(n - 1, 0.5 + share / 2))
    sd_from = math.sqrt(n) * (upper.value - lower.value) / (2 * t)
    formula = "sd = √n (upper − lower) / (2 t), t with n − 1 degrees of freedom"
    flags = ["standard deviation from the interval of the mean"]
    if level is None:
        flags.append(_LEVEL_95)
    return sd_from, MEAN_LIMITS, formula, ("ci_lower", "ci_upper", "ci_level"), tuple(flags)


def _from_median(row: Row, n: int) -> ArmResult | str:
    """Estimate mean and standard deviation from the summary of five numbers."""
    numbers = {name: cell for name in NAMES if (cell := number_in(row, name)) is not None}
    has_pair = any(set(pair) <= set(numbers) for pair in (("q1", "q3"), ("min", "max")))
    if "median" not in numbers or not has_pair:
        return "neither a mean with its spread nor a median with quartiles or range"
    estimated, faults = from_summary(0, numbers, "", n)
    if estimated is None:
        return "; ".join(fault.message for fault in faults)
    told = doubts(0, "", estimated, numbers["median"].text)
    return ArmResult(
        {"mean": estimated.mean, "sd": estimated.sd, "n": float(n)},
        MEDIAN,
        "mean and sd from the median with quartiles or range",
        _MEDIANS,
        cells_of(row, *NAMES, "n", "unit"),
        tuple(fault.message for fault in told),
    )


def arm_rate(row: Row) -> ArmResult | str:
    """Read events and person-time (in years) of an arm of rates.csv; or say why there are none."""
    events, time = whole_in(row, "events"), number_in(row, "person_time")
    if events is None or time is None:
        return "events and person-time are not both given"
    if not time.value > 0:
        return "the person-time is not above 0"
    return ArmResult(
        {"events": float(events), "time": time.value * TIME_UNITS[str(row["time_unit"])]},
        RATE,
        "rate = events / person-time",
        "as printed",
        cells_of(row, "events", "person_time", "time_unit"),
    )


def arm_correlation(row: Row) -> ArmResult | str:
    """Read a correlation with the patients behind it, else with its interval; or say why not.

    Fisher's z of a correlation with an interval has the standard error that the limits give on
    its own scale.

    Parameters
    ----------
    row : mapping
        Of correlations.csv, cells as text.
    """
    r, n = number_in(row, "r"), whole_in(row, "n")
    if r is None:
        return "no correlation was printed"
    if not -1 < r.value < 1:
        return f"{r.text} has no Fisher's z: a correlation lies between -1 and 1"
    if n is not None and n < FEWEST_PAIRS:
        return f"fewer than {FEWEST_PAIRS} patients: Fisher's z has no variance"
    if n is not None:
        return ArmResult(
            {"r": r.value, "n": float(n)},
            R_N,
            _Z.formula,
            _Z.source,
            cells_of(row, "r", "n"),
        )
    limits = {name: number_in(row, name) for name in ("ci_lower", "ci_upper", "ci_level")}
    known = {name: number for name, number in limits.items() if number is not None}
    if not {"ci_lower", "ci_upper"} <= set(known):
        return "neither the number of patients nor an interval was printed"
    (effect,), faults = printed_form("cor").derive([{"cor": r, **known}], _Z, DEFAULTS)
    if effect is None:
        return "; ".join(fault.message for fault in faults)
    told = () if "ci_level" in known else (_LEVEL_95,)
    return ArmResult(
        {"yi": effect.yi, "vi": effect.vi},
        R_LIMITS,
        "yi = artanh r; se = (artanh upper − artanh lower) / (2 z), z from the interval's level",
        _Z.source,
        cells_of(row, "r", "ci_lower", "ci_upper", "ci_level"),
        ("standard error from the interval of the correlation", *told),
    )


ARMS: Final[Mapping[str, Callable[[Row], ArmResult | str]]] = {
    "means": arm_mean,
    "rates": arm_rate,
    "correlations": arm_correlation,
}
# Status of a row that has one, and the measure by which effects.csv holds it.
STATUS: Final = {
    table: (status, code)
    for table, status, code in zip(ARMS, OF_ARM, ("MN", "IRLN", "ZCOR"), strict=True)
}


def of_arm(table: str, row: Row) -> RowEffect:
    """Derive the mean of an arm, the logarithm of its rate, or Fisher's z of its correlation.

    Parameters
    ----------
    table : str
        "means", "rates" or "correlations".
    row : mapping
    """
    status, code = STATUS[table]
    measure, found = get_measure(code), ARMS[table](row)
    if isinstance(found, str):
        return RowEffect("none", found, code, measure.scale)
    effect = effect_of_arm(code, found.numbers)
    if isinstance(effect, str):
        return RowEffect("none", effect, code, measure.scale)
    return RowEffect(
        status,
        measure=code,
        scale=measure.scale,
        yi=effect.yi,
        sei=effect.sei,
        events=whole_in(row, "events"),
        n=whole_in(row, "n"),
        rung=found.rung,
        formula=found.formula,
        reference=found.reference,
        inputs=found.inputs,
        flags=found.flags,
    )


@dataclass(frozen=True)
class ArmEffect:
    """Effect of an arm, or of two, on the analysis scale, with its standard error and flags."""

    yi: float
    sei: float
    flags: tuple[str, ...] = ()


def effect_of_arm(measure: str, numbers: Mapping[str, float]) -> ArmEffect | str:
    """Compute what one arm gives as `trialpool pool` does; or say why there is nothing.

    Parameters
    ----------
    measure : str
        MN, MNLN, IR, IRLN, IRFT or ZCOR.
    numbers : mapping of str to float
        `ArmResult.numbers` of the arm.
    """
    if "yi" in numbers:
        return ArmEffect(numbers["yi"], math.sqrt(numbers["vi"]))
    corrected = numbers.get("events") == 0 and measure == "IRLN"
    return _effect(measure, numbers, (_CORRECTED_ARM,) if corrected else ())


def effect_of_arms(
    measure: str, ours: Mapping[str, float], theirs: Mapping[str, float]
) -> ArmEffect | str:
    """Compute the effect of two arms as `trialpool pool` does; or say why there is none.

    Parameters
    ----------
    measure : str
        MD, SMD, ROM, IRR or IRD.
    ours, theirs : mapping of str to float
        `ArmResult.numbers` of the experimental and of the control arm, in one unit.
    """
    numbers = {
        f"{name}_{side}": value
        for side, arm in (("experimental", ours), ("control", theirs))
        for name, value in arm.items()
    }
    corrected = "events" in ours and 0.0 in (ours["events"], theirs["events"])
    return _effect(measure, numbers, (_CORRECTED,) if corrected else ())


def _effect(measure: str, numbers: Mapping[str, float], flags: tuple[str, ...]) -> ArmEffect | str:
    cells: Numbers = {name: Printed(f"{value:g}", value, 0) for name, value in numbers.items()}
    form = choose_form(list(cells), measure)
    (effect,), faults = form.derive([cells], get_measure(measure), DEFAULTS)
    if effect is None or faults:
        return "; ".join(fault.message for fault in faults)
    if effect.excluded:
        return effect.excluded
    return ArmEffect(effect.yi, math.sqrt(effect.vi), flags)

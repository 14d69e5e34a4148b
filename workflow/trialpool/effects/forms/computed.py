"""Forms whose effects are computed from counts, person-time, means and correlations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Final

import numpy as np

from trialpool.effects.forms.form import Derive, Fault, Form, Numbers, RowEffect
from trialpool.effects.forms.medians import NAMES, Estimated, doubts, from_summary
from trialpool.effects.forms.numbers import (
    above_faults,
    count_faults,
    inside_faults,
    size_faults,
    whole_faults,
)
from trialpool.effects.measures import MeasureOptions, compute_effects
from trialpool.measures import GROUPS, Measure

PROPORTION_COLUMNS: Final = ("events", "n")
COUNT_COLUMNS: Final = ("events_experimental", "n_experimental", "events_control", "n_control")
_TIME_COLUMNS: Final = (
    "events_experimental",
    "time_experimental",
    "events_control",
    "time_control",
)
_CHANGE_COLUMNS: Final = ("mean_before", "mean_after", "sd_before", "sd_after", "n", "r")
_PAIRS: Final = ("both", "only_first", "only_second", "neither")
_GENOTYPES: Final = ("homozygous_dominant", "heterozygous", "homozygous_recessive")
_ARMS: Final = ("_experimental", "_control")
# Functions of an odds, risk or rate ratio, about which a trial with no events, or only
# events, in both groups says nothing.
_OF_RATIOS: Final = frozenset(
    ("OR", "RR", "PETO", "YUQ", "YUY", "RTET", "ZTET", "OR2D", "OR2DL", "OR2DN", "MPORM", "IRR")
)
# Of one row: the numbers that the formula takes, faults, and doubts.
Reading = tuple[dict[str, float], list[Fault], list[Fault]]
Read = Callable[[int, Numbers, Measure], Reading]


def _codes(group: str) -> tuple[str, ...]:
    return tuple(measure.code for measure in GROUPS[group])


def _derive(read: Read) -> Derive:
    """Compute all rows at once, so that a rule may look at all of them."""

    def derive(
        rows: Sequence[Numbers | None], measure: Measure, options: MeasureOptions
    ) -> tuple[list[RowEffect | None], list[Fault]]:
        values: list[dict[str, float]] = []
        faults: list[Fault] = []
        effects: list[RowEffect | None] = [None] * len(rows)
        places: list[tuple[int, tuple[Fault, ...]]] = []
        for i, numbers in enumerate(rows):
            if numbers is None:
                continue
            found, mine, warned = read(i, numbers, measure)
            faults += mine
            if mine:
                continue
            if reason := _says_nothing(found, measure, options):
                effects[i] = RowEffect(excluded=reason)
            else:
                values.append(found)
                places.append((i, tuple(warned)))
        if faults or not values:
            return effects, faults
        names = [name for name in values[0] if all(name in found for found in values)]
        columns = {name: np.array([found[name] for found in values]) for name in names}
        yi, vi = compute_effects(measure.code, columns, options)
        for (i, warned_of), y, v in zip(places, yi.tolist(), vi.tolist(), strict=True):
            if math.isfinite(y) and math.isfinite(v) and v > 0:
                effects[i] = RowEffect(y, v, warnings=warned_of)
            else:
                effects[i] = RowEffect(excluded=_no_effect(measure))
        return effects, faults

    return derive


def _no_effect(measure: Measure) -> str:
    return f"these numbers give no {measure.name.split(',')[0]} with a variance"


def _says_nothing(found: dict[str, float], measure: Measure, options: MeasureOptions) -> str:
    """Say why a trial without events, or with nothing else, holds no information."""
    if "events_control" not in found:
        return ""
    drop = measure.code in _OF_RATIOS if options.drop00 is None else options.drop00
    events = found["events_experimental"] + found["events_control"]
    n = found.get("n_experimental", math.inf) + found.get("n_control", math.inf)
    if not drop or 0 < events < n:
        return ""
    which = "no events" if events == 0 else "only events"
    return f"{which} in both arms: the trial says nothing about {measure.with_article}"


def _values(numbers: Numbers) -> dict[str, float]:
    return {name: number.value for name, number in numbers.items()}


def _counts(i: int, numbers: Numbers, measure: Measure) -> Reading:
    arms = [("events" + arm, "n" + arm) for arm in _ARMS]
    faults = count_faults(i, numbers, arms) + inside_faults(i, numbers, "r")
    if measure.code == "MPORM" and "r" not in numbers:
        message, remedy = "the cell is empty", "MPORM needs r, the correlation of the outcomes."
        faults.append(Fault(i, "r", "", "number", message, remedy))
    return _values(numbers), faults, []


def _proportion(i: int, numbers: Numbers, _: Measure) -> Reading:
    return _values(numbers), count_faults(i, numbers, [PROPORTION_COLUMNS]), []


def _person_time(i: int, numbers: Numbers, _: Measure) -> Reading:
    faults = whole_faults(i, numbers, [name for name in numbers if name.startswith("events")])
    times = [name for name in numbers if name.startswith("time")]
    return _values(numbers), faults + above_faults(i, numbers, times, "person-time"), []


def _group(i: int, numbers: Numbers, suffix: str) -> Reading:
    """Mean, standard deviation and n of one group, estimated where only the median is there."""
    faults = size_faults(i, numbers, "n" + suffix, 2)
    mean, sd, n = (numbers.get(name + suffix) for name in ("mean", "sd", "n"))
    if faults or n is None:
        return {}, faults, []
    if mean is not None and sd is not None:
        faults = above_faults(i, numbers, ["sd" + suffix], "positive-deviation")
        named = zip(("mean", "sd", "n"), (mean.value, sd.value, n.value), strict=True)
        return {name + suffix: value for name, value in named}, faults, []
    median = numbers.get("median" + suffix)
    if median is None or not any(
        a + suffix in numbers and b + suffix in numbers for a, b in (("q1", "q3"), ("min", "max"))
    ):
        message = "neither mean and sd nor a median with quartiles or range"
        remedy = "Enter one of them, or take the row out."
        return {}, [Fault(i, "mean" + suffix, "", "number", message, remedy)], []
    estimated, faults = from_summary(i, numbers, suffix, n.value)
    if estimated is None:
        return {}, faults, []
    return _estimated(suffix, estimated, n.value), [], doubts(i, suffix, estimated, median.text)


def _estimated(suffix: str, estimated: Estimated, n: float) -> dict[str, float]:
    return {"mean" + suffix: estimated.mean, "sd" + suffix: estimated.sd, "n" + suffix: n}


def _one_sign(
    i: int, found: dict[str, float], measure: Measure, names: Sequence[str]
) -> list[Fault]:
    """Find means whose ratio has no logarithm."""
    if measure.scale != "log" or measure.code in ("VR", "VRC", "SDLN", "D2OR", "D2ORL", "D2ORN"):
        return []
    bad = [name for name in names if name in found and not found[name] > 0]
    message = f"{measure.with_article} needs means above 0"
    remedy = "Use a difference of means, or take the row out."
    return [Fault(i, name, f"{found[name]:g}", "positive-mean", message, remedy) for name in bad]


def _two_means(i: int, numbers: Numbers, measure: Measure) -> Reading:
    parts = [_group(i, numbers, arm) for arm in _ARMS]
    found = {name: value for part in parts for name, value in part[0].items()}
    faults = [fault for part in parts for fault in part[1]]
    faults += _one_sign(i, found, measure, ["mean" + arm for arm in _ARMS])
    return found, faults, [doubt for part in parts for doubt in part[2]]


def _one_mean(i: int, numbers: Numbers, measure: Measure) -> Reading:
    found, faults, warned = _group(i, numbers, "")
    return found, faults + _one_sign(i, found, measure, ["mean"]), warned


def _one_deviation(i: int, numbers: Numbers, _: Measure) -> Reading:
    faults = size_faults(i, numbers, "n", 2)
    return _values(numbers), faults + above_faults(i, numbers, ["sd"], "positive-deviation"), []


def _change(i: int, numbers: Numbers, measure: Measure) -> Reading:
    faults = size_faults(i, numbers, "n", 2) + inside_faults(i, numbers, "r")
    faults += above_faults(i, numbers, ["sd_before", "sd_after"], "positive-deviation")
    found = _values(numbers)
    return found, faults + _one_sign(i, found, measure, ["mean_before", "mean_after"]), []


def _correlation(i: int, numbers: Numbers, _: Measure) -> Reading:
    return _values(numbers), size_faults(i, numbers, "n", 4) + inside_faults(i, numbers, "r"), []


def _regression(i: int, numbers: Numbers, measure: Measure) -> Reading:
    faults = whole_faults(i, numbers, ["predictors"])
    least = int(numbers["predictors"].value) + 3 if not faults else 3
    faults += size_faults(i, numbers, "n", least)
    faults += inside_faults(i, numbers, "r_squared", 0.0, 1.0)
    if measure.code in ("SPCOR", "ZSPCOR") and "r_squared" not in numbers:
        remedy = f"{measure.code} needs r_squared, that of the whole model."
        faults.append(Fault(i, "r_squared", "", "number", "the cell is empty", remedy))
    return _values(numbers), faults, []


def _alpha(i: int, numbers: Numbers, _: Measure) -> Reading:
    faults = size_faults(i, numbers, "n", 3) + size_faults(i, numbers, "items", 2)
    return _values(numbers), faults + inside_faults(i, numbers, "alpha", -math.inf, 1.0), []


def _area(i: int, numbers: Numbers, _: Measure) -> Reading:
    sizes = [size_faults(i, numbers, name, 2) for name in ("n_cases", "n_controls")]
    return _values(numbers), [*sizes[0], *sizes[1], *inside_faults(i, numbers, "auc", 0.0)], []


def _pairs(i: int, numbers: Numbers, _: Measure) -> Reading:
    return _values(numbers), whole_faults(i, numbers, _PAIRS) + inside_faults(i, numbers, "r"), []


def _genotypes(i: int, numbers: Numbers, _: Measure) -> Reading:
    return _values(numbers), whole_faults(i, numbers, _GENOTYPES), []


def _summaries(suffixes: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """List the sets of columns that give a mean and a standard deviation of each group."""
    sets = (("mean", "sd"), ("median", "q1", "q3"), ("median", "min", "max"))
    return tuple(
        tuple(
            name + suffix for suffix, names in zip(suffixes, chosen, strict=True) for name in names
        )
        for chosen in product(sets, repeat=len(suffixes))
    )


def _every(suffixes: Sequence[str]) -> tuple[str, ...]:
    return tuple(name + suffix for suffix in suffixes for name in ("mean", "sd", *NAMES))


_CHANGE_CODES: Final = _codes("change in one group")
_REGRESSION: Final = _codes("regression")
COMPUTED: Final[tuple[Form, ...]] = (
    Form(
        "events_experimental, n_experimental, events_control and n_control",
        COUNT_COLUMNS,
        (*_codes("counts of two groups"), "MPORM"),
        None,
        _derive(_counts),
        optional=("r",),
        may_be_empty=("r",),
    ),
    Form(
        "events_experimental, time_experimental, events_control and time_control",
        _TIME_COLUMNS,
        _codes("person-time of two groups"),
        None,
        _derive(_person_time),
    ),
    Form(
        "mean, sd and n (or median, q1 and q3, or min and max, and n) of both arms: "
        "mean_experimental, mean_control and so on",
        ("n_experimental", "n_control"),
        _codes("means of two groups"),
        None,
        _derive(_two_means),
        alternatives=_summaries(_ARMS),
        optional=_every(_ARMS),
        may_be_empty=_every(_ARMS),
    ),
    Form(
        "events and n of one arm",
        PROPORTION_COLUMNS,
        _codes("proportion of one group"),
        None,
        _derive(_proportion),
    ),
    Form(
        "events and time of one arm",
        ("events", "time"),
        _codes("rate of one group"),
        None,
        _derive(_person_time),
    ),
    Form(
        "mean, sd and n (or median, q1 and q3, or min and max, and n) of one arm",
        ("n",),
        _codes("mean of one group"),
        None,
        _derive(_one_mean),
        alternatives=_summaries(("",)),
        optional=_every(("",)),
        may_be_empty=_every(("",)),
    ),
    Form("sd and n of one arm", ("sd", "n"), ("SDLN",), "SDLN", _derive(_one_deviation)),
    Form(
        "mean_before, mean_after, sd_before, sd_after, n and r",
        _CHANGE_COLUMNS,
        _CHANGE_CODES,
        None,
        _derive(_change),
    ),
    Form(
        "both, only_first, only_second and neither of pairs",
        _PAIRS,
        _codes("pairs"),
        None,
        _derive(_pairs),
        optional=("r",),
        may_be_empty=("r",),
    ),
    Form("r and n", ("r", "n"), _codes("correlations"), "ZCOR", _derive(_correlation)),
    Form(
        "t_value, predictors and n (and r_squared)",
        ("t_value", "predictors", "n"),
        tuple(code for code in _REGRESSION if code.endswith("COR")),
        None,
        _derive(_regression),
        optional=("r_squared",),
        may_be_empty=("r_squared",),
    ),
    Form(
        "r_squared, predictors and n",
        ("r_squared", "predictors", "n"),
        tuple(code for code in _REGRESSION if not code.endswith("COR")),
        None,
        _derive(_regression),
    ),
    Form(
        "alpha, items and n", ("alpha", "items", "n"), _codes("reliability"), None, _derive(_alpha)
    ),
    Form(
        "auc, n_cases and n_controls",
        ("auc", "n_cases", "n_controls"),
        _codes("areas under curves"),
        "AUC",
        _derive(_area),
    ),
    Form(
        "homozygous_dominant, heterozygous and homozygous_recessive",
        _GENOTYPES,
        _codes("genotypes"),
        "REH",
        _derive(_genotypes),
    ),
)

"""The accepted forms of an effect size: which columns, and how a row becomes an effect.

To add a form, write its function and enter it in `FORMS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from trialpool.effects.counts import effect_from_counts, effect_from_proportion
from trialpool.effects.ratios import log_ratio_from_interval
from trialpool.evidence.printed import Printed
from trialpool.findings import shorten
from trialpool.measures import MEASURES, Measure

# Of the half-width of an interval: how far the estimate may lie from its middle on the log
# scale before a reader is told. Beyond rounding, so only slips and other scales come here.
_MOST_ASYMMETRY: Final = 0.2
_DEFAULT_LEVEL: Final = 95.0


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell of one row, and what to do.

    Attributes
    ----------
    row : int
        Position, from 0.
    column, value : str
    rule, message, remedy : str
        As in `Finding`.
    """

    row: int
    column: str
    value: str
    rule: str
    message: str
    remedy: str

    def in_words(self) -> str:
        """Return the fault as one line of an error."""
        place = f"{self.column}[{self.row}]={shorten(self.value)}: " if self.column else ""
        return f"{place}{self.message} [{self.rule}] {self.remedy}"


@dataclass(frozen=True)
class RowEffect:
    """Effect and variance of one row; `excluded` says why a row has none."""

    yi: float = math.nan
    vi: float = math.nan
    excluded: str = ""
    warnings: tuple[Fault, ...] = ()


Numbers = Mapping[str, Printed]
Derived = tuple[RowEffect | None, list[Fault]]


@dataclass(frozen=True)
class Form:
    """An accepted set of columns.

    Attributes
    ----------
    name : str
        The set in words.
    required : tuple of str
    one_of : tuple of str
        Of these at least one.
    optional : tuple of str
    may_be_empty : tuple of str
        Columns whose cells may be empty.
    measures : tuple of str
        Measures that the form can give.
    default : str or None
        Measure where none is asked for; None where one must be.
    derive : callable
        From position, numbers and measure to an effect or faults.
    """

    name: str
    required: tuple[str, ...]
    measures: tuple[str, ...]
    default: str | None
    derive: Callable[[int, Numbers, Measure], Derived]
    one_of: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    may_be_empty: tuple[str, ...] = field(default=())

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the form reads."""
        return (*self.required, *self.one_of, *self.optional)

    def is_complete(self, names: Collection[str]) -> bool:
        """Whether these columns hold the form."""
        some = not self.one_of or any(name in names for name in self.one_of)
        return some and all(name in names for name in self.required)


def _not_positive(i: int, numbers: Numbers, remedies: Mapping[str, tuple[str, str]]) -> list[Fault]:
    return [
        Fault(i, column, numbers[column].text, rule, f"{column} must be above 0", remedy)
        for column, (rule, remedy) in remedies.items()
        if column in numbers and not numbers[column].value > 0
    ]


def _generic(i: int, numbers: Numbers, measure: Measure) -> Derived:
    no_information = "A trial without a spread cannot be weighed: check the number, or take it out."
    faults = _not_positive(
        i,
        numbers,
        {"vi": ("positive-variance", no_information), "sei": ("positive-error", no_information)},
    )
    if faults:
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


def _hazard_ratio(i: int, numbers: Numbers, measure: Measure) -> Derived:
    logged = "Enter the ratio itself, not its logarithm; logarithms belong into yi."
    positive = ("positive-ratio", logged)
    faults = _not_positive(i, numbers, dict.fromkeys(("hr", "ci_lower", "ci_upper"), positive))
    level = numbers["ci_level"].value if "ci_level" in numbers else _DEFAULT_LEVEL
    if not 50.0 < level < 100.0:
        message = "the level of an interval must lie between 50 and 100 percent"
        remedy = "Enter it in percent, for example 95."
        text = numbers["ci_level"].text
        faults.append(Fault(i, "ci_level", text, "interval-level", message, remedy))
    if faults:
        return None, faults
    hr, lower, upper = (numbers[name] for name in ("hr", "ci_lower", "ci_upper"))
    if not lower.value < upper.value:
        message = f"the lower limit must be below the upper one, {upper.text}"
        remedy = "Check the two limits."
        return None, [Fault(i, "ci_lower", lower.text, "interval-order", message, remedy)]
    if not lower.value <= hr.value <= upper.value:
        message = f"the estimate lies outside its interval {lower.text} to {upper.text}"
        remedy = "Check the three numbers against the source."
        return None, [Fault(i, "hr", hr.text, "interval-holds-estimate", message, remedy)]
    ratio = log_ratio_from_interval(hr, lower, upper, level)
    warnings: tuple[Fault, ...] = ()
    if abs(ratio.asymmetry) > _MOST_ASYMMETRY:
        message = (
            f"the estimate lies {abs(ratio.asymmetry):.2f} half-widths off the middle of its "
            f"interval {lower.text} to {upper.text} on the log scale"
        )
        remedy = "Check the three numbers, and that they are not logarithms."
        warnings = (Fault(i, "hr", hr.text, "interval-symmetry", message, remedy),)
    return RowEffect(ratio.yi, ratio.sei**2, warnings=warnings), []


def _count_faults(i: int, numbers: Numbers, arms: Collection[tuple[str, str]]) -> list[Fault]:
    """Check that counts are whole and no arm has more events than patients."""
    faults = []
    for name, number in numbers.items():
        if number.value < 0 or not number.value.is_integer():
            message = "a number of patients must be whole and not negative"
            remedy = "Enter the count, not a percentage."
            faults.append(Fault(i, name, number.text, "whole-number", message, remedy))
    if faults:
        return faults
    for events_column, n_column in arms:
        events, n = numbers[events_column], numbers[n_column]
        if n.value < 1:
            message, remedy = "an arm needs at least one patient", "Check the number of patients."
            faults.append(Fault(i, n_column, n.text, "patients", message, remedy))
        elif events.value > n.value:
            message = f"more events than the arm's {n.text} patients"
            remedy = "Check the two numbers."
            faults.append(Fault(i, events_column, events.text, "events-within-n", message, remedy))
    return faults


def _proportion(i: int, numbers: Numbers, measure: Measure) -> Derived:
    if faults := _count_faults(i, numbers, [PROPORTION_COLUMNS]):
        return None, faults
    events, n = (int(numbers[name].value) for name in PROPORTION_COLUMNS)
    effect = effect_from_proportion(events, n, measure.code)
    return RowEffect(effect.yi, effect.sei**2), []


def _counts(i: int, numbers: Numbers, measure: Measure) -> Derived:
    arms = [(f"events_{arm}", f"n_{arm}") for arm in ("experimental", "control")]
    if faults := _count_faults(i, numbers, arms):
        return None, faults
    a, n1, c, n2 = (int(numbers[name].value) for name in COUNT_COLUMNS)
    if measure.is_ratio and (a + c == 0 or a + c == n1 + n2):
        which = "no events" if a + c == 0 else "only events"
        reason = f"{which} in both arms: the trial says nothing about {_article(measure)}"
        return RowEffect(excluded=reason), []
    effect = effect_from_counts(a, n1, c, n2, measure.code)
    return RowEffect(effect.yi, effect.sei**2), []


def _article(measure: Measure) -> str:
    return f"an {measure.name}" if measure.name[0] in "aeiou" else f"a {measure.name}"


def _one_step(i: int, numbers: Numbers, measure: Measure) -> Derived:
    remedy = "V is the variance of O − E under no effect: check the number."
    faults = _not_positive(i, numbers, {"variance": ("positive-variance", remedy)})
    if faults:
        return None, faults
    variance = numbers["variance"].value
    return RowEffect(numbers["o_minus_e"].value / variance, 1.0 / variance), []


PROPORTION_COLUMNS: Final = ("events", "n")
COUNT_COLUMNS: Final = ("events_experimental", "n_experimental", "events_control", "n_control")
FORMS: Final[tuple[Form, ...]] = (
    Form(
        "yi and vi (or sei)",
        ("yi",),
        tuple(MEASURES),
        "generic",
        _generic,
        one_of=("vi", "sei"),
    ),
    Form(
        "hr, ci_lower and ci_upper (and ci_level)",
        ("hr", "ci_lower", "ci_upper"),
        ("HR",),
        "HR",
        _hazard_ratio,
        optional=("ci_level",),
        may_be_empty=("ci_level",),
    ),
    Form(
        "events_experimental, n_experimental, events_control and n_control",
        COUNT_COLUMNS,
        ("OR", "RR", "RD"),
        None,
        _counts,
    ),
    Form(
        "events and n of one arm",
        PROPORTION_COLUMNS,
        ("PLO", "PFT"),
        None,
        _proportion,
    ),
    Form(
        "o_minus_e and variance",
        ("o_minus_e", "variance"),
        ("HR", "OR"),
        "HR",
        _one_step,
    ),
)

# Names that say too little, and what to call the column instead.
_AMBIGUOUS: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("se", "stderr", "std_err", "std_error", "standard_error", "se_yi", "selogi"),
        "the standard error of yi is called sei",
    ),
    **dict.fromkeys(("var", "v", "v_yi"), "the sampling variance of yi is called vi"),
    "variance": "the sampling variance of yi is called vi; variance goes with o_minus_e",
    "sd": "a standard deviation is no standard error; the standard error of yi is called sei",
    "hr": "a hazard ratio needs ci_lower and ci_upper; its logarithm is called yi",
    **dict.fromkeys(
        ("log_hr", "loghr", "ln_hr", "lnhr", "log_or", "logor", "ln_or", "lnor"),
        "a logarithm of a ratio is called yi",
    ),
    **dict.fromkeys(
        ("estimate", "effect", "es", "te", "y"), "an effect on the analysis scale is called yi"
    ),
    **dict.fromkeys(
        ("or", "rr"), "a ratio is entered as yi, its natural logarithm, or by events and n"
    ),
    **dict.fromkeys(("lower", "lcl", "ci_low", "cilower"), "the lower limit is called ci_lower"),
    **dict.fromkeys(("upper", "ucl", "ci_high", "ciupper"), "the upper limit is called ci_upper"),
}


def choose_form(names: Collection[str]) -> Form:
    """Find the one accepted set that the columns hold.

    Raises
    ------
    ValueError
        If there is none, or more than one; the message names the accepted sets.
    """
    complete = [form for form in FORMS if form.is_complete(names)]
    if len(complete) == 1:
        return complete[0]
    accepted = "accepted is one of: " + "; ".join(form.name for form in FORMS)
    if complete:
        both = " as well as ".join(form.name for form in complete)
        raise ValueError(f"there are {both}, and only one can be meant; {accepted}")
    known = {column for form in FORMS for column in form.columns}
    hints = []
    for name in names:
        plain = name.lower()
        if name != plain and plain in known:
            hints.append(f"{name!r} is not accepted: column names are lower case, {plain!r}")
        elif plain in _AMBIGUOUS:
            hints.append(f"{name!r} does not say enough: {_AMBIGUOUS[plain]}")
    found = ", ".join(names) if names else "none"
    told = "".join(f". {hint}" for hint in hints)
    raise ValueError(f"no accepted set of columns; found: {found}; {accepted}{told}")


def choose_measure(form: Form, measure: str | None) -> Measure:
    """Return the measure of a form.

    Raises
    ------
    ValueError
        If it must be named and is not, or the form cannot give it.
    """
    chosen = form.default if measure is None else measure
    if chosen is None or chosen not in form.measures:
        given = "measure is not given" if chosen is None else f"measure={chosen!r} is not possible"
        allowed = ", ".join(form.measures)
        raise ValueError(f"{given} with {form.name}; allowed: {allowed}")
    return MEASURES[chosen]

"""The one place where a number becomes text.

Tables, figures and sentences call these functions, so that the same result is
printed with the same digits everywhere. Typography: true minus sign, en dash
only between words, thin rules for p-values ("<0.001", never "0.000").
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from trialpool.measures import Measure

MINUS = "−"
NOT_AVAILABLE = "–"
AT_LEAST = "≥"
MOST_DECIMALS: Final = 8


@dataclass(frozen=True)
class Style:
    """How a journal prints numbers; the defaults are those of every other output.

    Attributes
    ----------
    opening, separator, closing : str
        Around and between the limits of an interval. A separator without spaces gives
        way to " to " where a limit may be negative: "−0.02–0.05" cannot be read.
    point : str
        Decimal point.
    leading_zero : bool
        Whether a p-value is printed "0.03" or ".03".
    p_letter : str
        "p" or "P".
    short_p : bool
        p-values of 0.01 and more with two decimals instead of three below 0.1.
    tau2_decimals : int or None
        None leaves tau² out.
    decimals : int or None
        Of effects, 0 to 8; ratios of 10 and more have one fewer, of 100 and more two. None:
        those that a measure usually has.
    """

    opening: str = "["
    separator: str = " to "
    closing: str = "]"
    point: str = "."
    leading_zero: bool = True
    p_letter: str = "p"
    short_p: bool = False
    tau2_decimals: int | None = 3
    decimals: int | None = None

    def between(self, measure: Measure) -> str:
        """Separator of the limits of a measure."""
        signed = measure.bounds[0] < 0
        return " to " if signed and self.separator == "–" else self.separator

    def pointed(self, text: str) -> str:
        """Put the decimal point of the style into a printed number."""
        return text.replace(".", self.point)


PLAIN: Final = Style()


def number(value: float | None, decimals: int = 2, style: Style = PLAIN) -> str:
    """Format a number with fixed decimals, a true minus sign and no "-0.00"."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    text = f"{value:.{decimals}f}"
    if float(text) == 0.0:
        text = f"{0.0:.{decimals}f}"
    return style.pointed(text.replace("-", MINUS))


_DECIMALS: Final = 2


def _ratio(value: float, style: Style) -> str:
    """Two decimals for ordinary ratios, fewer for large, "<0.01" for tiny ones."""
    decimals = _DECIMALS if style.decimals is None else style.decimals
    if math.isinf(value):
        return "∞"
    if value >= 999.5:
        return ">999"
    if value >= 9.995:
        return number(value, max(0, decimals - (1 if value < 99.95 else 2)), style)
    if value < 0.5 * 10.0**-decimals:
        return "<" + number(10.0**-decimals, decimals, style)
    return number(value, decimals, style)


def usual_decimals(measure: Measure) -> int:
    """Digits after the point that effects have where nothing else is asked for."""
    return 1 if measure.percent else measure.decimals


def effect(value: float | None, measure: Measure, style: Style = PLAIN) -> str:
    """Format an effect given on the analysis scale as the reader sees it."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    shown = measure.to_display(value)
    if measure.is_ratio:
        return _ratio(shown, style)
    decimals = usual_decimals(measure) if style.decimals is None else style.decimals
    return number(100 * shown if measure.percent else shown, decimals, style)


def printed_value(value: float | None, measure: Measure) -> float | None:
    """Return the number that `effect` prints of one on the analysis scale, unrounded.

    None where there is none, and where it is infinite.
    """
    if value is None or math.isnan(value):
        return None
    shown = measure.to_display(value)
    if measure.percent:
        shown = 100 * shown
    return shown if math.isfinite(shown) else None


def interval(
    lower: float | None, upper: float | None, measure: Measure, style: Style = PLAIN
) -> str:
    """Format an interval on the analysis scale, "0.58 to 0.83"."""
    if lower is None or upper is None:
        return NOT_AVAILABLE
    limits = (effect(lower, measure, style), effect(upper, measure, style))
    return style.between(measure).join(limits)


def margin(lower: float | None, upper: float | None, measure: Measure, style: Style = PLAIN) -> str:
    """Format a margin on the analysis scale: "1.15", or "0.80 to 1.25" where it has two sides."""
    if lower is not None and upper is not None:
        return interval(lower, upper, measure, style)
    return effect(upper if lower is None else lower, measure, style)


def effect_with_interval(
    estimate: float | None,
    lower: float | None,
    upper: float | None,
    measure: Measure,
    style: Style = PLAIN,
) -> str:
    """Format "0.69 [0.58 to 0.83]"."""
    if estimate is None:
        return NOT_AVAILABLE
    printed = effect(estimate, measure, style)
    if lower is None or upper is None:
        return printed
    limits = interval(lower, upper, measure, style)
    return f"{printed} {style.opening}{limits}{style.closing}"


def as_printed(texts: tuple[str, str, str], measure: Measure, style: Style = PLAIN) -> str:
    """Format estimate and limits in the digits of a report: "0.70 [0.49 to 1.00]"."""
    estimate, lower, upper = map(style.pointed, texts)
    limits = style.between(measure).join((lower, upper))
    return f"{estimate} {style.opening}{limits}{style.closing}"


def p_value(value: float | None, style: Style = PLAIN) -> str:
    """Format a p-value: "<0.001", three decimals below 0.1, two above; never 0 or 1."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    three = 0.00995 if style.short_p else 0.0995
    if value < 0.001:
        text = "<0.001"
    elif value < three:
        text = f"{value:.3f}"
    else:
        text = ">0.99" if value > 0.99 else f"{value:.2f}"
    return style.pointed(text if style.leading_zero else text.replace("0.", "."))


def p_statement(value: float | None, style: Style = PLAIN) -> str:
    """Format "p = 0.03" or "p < 0.001"."""
    text, letter = p_value(value, style), style.p_letter
    if text == NOT_AVAILABLE:
        return f"{letter} {text}"
    return f"{letter} {text[0]} {text[1:]}" if text[0] in "<>" else f"{letter} = {text}"


def restyled(text: str, style: Style) -> str:
    """Print the p-values and decimal points of a sentence as a style does.

    For words that were written before the style was known: notes on trials, names of models.
    """
    if style == PLAIN:
        return text
    text = re.sub(r"\bp = (0\.\d+)", lambda m: p_statement(float(m[1]), style), text)
    text = re.sub(r"\bp < 0\.001", p_statement(0.0, style), text)
    return re.sub(r"(?<=\d)\.(?=\d)", style.point, text)


def percent(fraction: float | None, decimals: int = 1, style: Style = PLAIN) -> str:
    """Format a fraction as a percentage with a percent sign."""
    if fraction is None or math.isnan(fraction):
        return NOT_AVAILABLE
    return f"{number(100 * fraction, decimals, style)}%"


def probability(value: float | None) -> str:
    """Format a probability: "97.3%"; never 0% or 100%."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    if value >= 0.9995:
        return ">99.9%"
    return "<0.1%" if value < 0.0005 else percent(value)


def chance(value: float | None) -> str:
    """Format a probability in a sentence: "98 %", beyond 1 and 99 % "99.6 %"; never 0 or 100 %."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    if not 0.0005 <= value < 0.9995:
        return "< 0.1 %" if value < 0.5 else "> 99.9 %"
    decimals = 0 if 0.01 <= value < 0.99 else 1
    return f"{number(100 * value, decimals)} %"


def plain(value: float | None) -> str:
    """Format a setting with the digits it was given: "0.5", "1"."""
    return NOT_AVAILABLE if value is None else f"{value:g}".replace("-", MINUS)


def i_squared(value: float | None) -> str:
    """Format I² given in percent."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    return f"{number(value, 0)}%"


def i_squared_with_interval(value: float | None, lower: float | None, upper: float | None) -> str:
    """Format "40% [0% to 83%]", given in percent."""
    if lower is None or upper is None:
        return i_squared(value)
    return f"{i_squared(value)} [{i_squared(lower)} to {i_squared(upper)}]"


def tau_with_interval(tau2: float | None, lower: float | None, upper: float | None) -> str:
    """Format tau, the root of what is given, with its interval: "0.14 [0.03 to 0.45]"."""
    roots = [None if x is None else number(math.sqrt(x)) for x in (tau2, lower, upper)]
    if roots[0] is None:
        return NOT_AVAILABLE
    return roots[0] if None in roots else f"{roots[0]} [{roots[1]} to {roots[2]}]"


def tau_squared(value: float | None, style: Style = PLAIN) -> str:
    """Format tau² with three decimals, "<0.001" when positive but smaller."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    decimals = 3 if style.tau2_decimals is None else style.tau2_decimals
    least: float = 10.0**-decimals
    if 0 < value < least / 2:
        return "<" + number(least, decimals, style)
    return number(value, decimals, style)


def count_of(events: int | None, n: int | None) -> str:
    """Format "168/402", "402" when only the size is known, a dash when nothing is."""
    return "/".join(str(x) for x in (events, n) if x is not None) or NOT_AVAILABLE


def arm_of(n: int | None, events: int | None, time: float | None, *mean_sd: float | None) -> str:
    """Format "5.2 (1.1), n 34", "12 in 345 years" or a count: what is known of an arm."""
    if mean_sd and None not in mean_sd:
        mean, sd = (cell(round(float(x or 0.0), 2)) for x in mean_sd)
        return f"{mean} ({sd})" + ("" if n is None else f", n {n}")
    return count_of(events, n) if None in (time, events) else f"{events} in {cell(time)} years"


def at_least(text: str, lacks_some: bool) -> str:
    """Mark a printed sum to which some parts are missing."""
    return f"{AT_LEAST} {text}" if lacks_some and text != NOT_AVAILABLE else text


def is_minimum(text: str) -> bool:
    """Whether a text was marked by `at_least`."""
    return text.startswith(AT_LEAST)


def whole(value: int | None) -> str:
    """Format a whole number, a dash where there is none."""
    return NOT_AVAILABLE if value is None else number(value, 0)


def null_value(value: float, measure: Measure) -> str:
    """Format "no difference" as short as can be: "1" for ratios, "0" for differences."""
    return f"{measure.to_display(value):g}".replace("-", MINUS)


def level(value: float) -> str:
    """Format a confidence level given as a fraction: "95%", "97.5%"."""
    return f"{100 * value:g}%"


def tau_squared_with_interval(value: float | None, lower: float | None, upper: float | None) -> str:
    """Format "0.012 [0.000 to 0.110]"."""
    if value is None or lower is None or upper is None:
        return tau_squared(value)
    return f"{tau_squared(value)} [{tau_squared(lower)} to {tau_squared(upper)}]"


def statistic(name: str, value: float | None, df1: float | None, df2: float | None = None) -> str:
    """Format "F(3, 8) = 1.23" or "Q(4) = 5.10"; fractional degrees with one decimal."""
    degrees = ", ".join(
        number(df, 0 if float(df).is_integer() else 1) for df in (df1, df2) if df is not None
    )
    return f"{name}({degrees}) = {number(value, 2)}"


def of_1000(risk: float, lower: float | None, upper: float | None) -> str:
    """Format a probability as patients of 1,000: "303 [280 to 330]"; "303" without an interval."""
    shown = number(1000 * risk, 0)
    if lower is None or upper is None:
        return shown
    return f"{shown} [{number(1000 * lower, 0)} to {number(1000 * upper, 0)}]"


def per_1000(value: float, lower: float, upper: float) -> str:
    """Format a difference in 1,000 patients: "117 fewer (39 to 184 fewer)".

    Where the limits point to two sides: "44 fewer (107 fewer to 28 more)".
    """

    def words(number: float) -> str:
        return f"{abs(number):.0f} {'fewer' if number < 0 else 'more'}"

    low, high = sorted((lower, upper), key=abs)
    if (lower < 0) == (upper < 0) or low == 0:
        limits = f"{abs(low):.0f} to {words(high)}"
    else:
        first, last = (lower, upper) if value < 0 else (upper, lower)
        limits = f"{words(first)} to {words(last)}"
    return f"{words(value)} ({limits})"


def number_needed(
    estimate: tuple[int | None, str], best: tuple[int | None, str], worst: tuple[int | None, str]
) -> str:
    """Format a number needed to treat: "NNTB 9 (6 to 26)"; through infinity as Altman (1998) does.

    Parameters
    ----------
    estimate, best, worst : (int or None, {"benefit", "harm"})
        None: infinite. "NNTB 23 (10 to ∞ to NNTH 36)" where the ends differ in kind.
    """

    def bare(value: int | None) -> str:
        return "∞" if value is None else str(value)

    def named(end: tuple[int | None, str]) -> str:
        return f"NNT{'B' if end[1] == 'benefit' else 'H'} {bare(end[0])}"

    kind = estimate[1]
    if best[1] == worst[1]:
        first, last = (best, worst) if kind == "benefit" else (worst, best)
        return f"{named(estimate)} ({bare(first[0])} to {bare(last[0])})"
    near, far = (best, worst) if kind == "benefit" else (worst, best)
    return f"{named(estimate)} ({bare(near[0])} to ∞ to {named(far)})"


def cell(value: object) -> str:
    """Print a cell of the data as it is: no rounding, a dash where it is empty."""
    if value is None or value in ("", [], ()):
        return NOT_AVAILABLE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    if isinstance(value, float):
        return NOT_AVAILABLE if math.isnan(value) else f"{value:.12g}".replace("-", MINUS)
    return str(value)


def power_above(value: float) -> str:
    """Print the next power of ten above a difference, "10⁻¹²"; 0 counts as a rounding of 1."""
    exponent = math.floor(math.log10(max(abs(value), 1e-16))) + 1
    digits = str(abs(exponent)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{'⁻' if exponent < 0 else ''}{digits}"


def power_of_ten(value: float) -> str:
    """Print a round number that is too large or too small for decimals: "10^6", "2×10^−5"."""
    mantissa, _, exponent = f"{abs(value):.1e}".partition("e")
    factor = "" if mantissa == "1.0" else f"{float(mantissa):g}×"
    return f"{MINUS if value < 0 else ''}{factor}10^{number(int(exponent), 0)}"


def reads_as_number(text: str) -> bool:
    """Whether a printed cell is a plain number."""
    return text.removeprefix(MINUS).removeprefix("-").replace(".", "", 1).isdecimal()

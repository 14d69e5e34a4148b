"""A printed number is an interval: 0.65 stands for anything in [0.645, 0.655]."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

_LONGEST_COUNT = 12
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_P_VALUE = re.compile(
    r"(?P<relation>[<>=≤≥]?)\s*(?P<number>0?\.\d+|0|1(?:\.0*)?)(?P<rest>(?:\s.*)?)"
)


@dataclass(frozen=True)
class Printed:
    """A number as it was printed.

    Attributes
    ----------
    text : str
        The printed characters.
    value : float
        The number they denote.
    decimals : int
        Digits after the decimal point.
    """

    text: str
    value: float
    decimals: int

    @property
    def half_unit(self) -> float:
        """Half of the last printed digit's unit."""
        return 0.5 * 10.0**-self.decimals

    @property
    def lower(self) -> float:
        """Smallest true value that rounds to the printed number."""
        return self.value - self.half_unit

    @property
    def upper(self) -> float:
        """Largest true value that rounds to the printed number."""
        return self.value + self.half_unit


@lru_cache(maxsize=1 << 16)
def parse_number(text: str) -> Printed | None:
    """Read a plain decimal number; None where the text is not one.

    Exponents, thousands separators, decimal commas, percent signs and the
    words nan and inf are not numbers here: a table that holds one of them
    holds a slip of extraction.
    """
    stripped = text.strip()
    if not stripped.isascii() or not _NUMBER.fullmatch(stripped):
        return None
    value = float(stripped)
    if not math.isfinite(value):
        return None  # hundreds of digits: no report prints them
    _, _, fraction = stripped.partition(".")
    return Printed(stripped, value, len(fraction))


def parse_count(text: str) -> int | None:
    """Read a number of patients or events; None where the text is not one.

    Digits of other scripts and superscripts are digits to Python, and not here.
    """
    is_count = text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT
    return int(text) if is_count else None


@dataclass(frozen=True)
class PrintedP:
    """A p-value as printed: relation, number, and what was said beside it."""

    relation: str
    number: Printed
    remark: str

    @property
    def is_exact(self) -> bool:
        """Whether a value was printed rather than a bound."""
        return self.relation in ("", "=")


def parse_p_value(text: str) -> PrintedP | None:
    """Read a p-value such as ".03", "<0.001" or "<.001 (one-sided)"."""
    match = _P_VALUE.fullmatch(text.strip())
    if match is None:
        return None
    number = parse_number(match["number"])
    if number is None or not 0.0 <= number.value <= 1.0:
        return None
    return PrintedP(match["relation"], number, match["rest"].strip())

"""The few functions of numpy that formulas here use, for single floats.

A call of numpy takes about a microsecond whatever it is given, an operation on
floats a twentieth of it. So formulas are written once and take their functions
from `functions_of`: numpy's for arrays, those of this module for floats. Both
do the same IEEE operations in the same order, so a set on its own agrees with
the same set in a batch in every bit.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from trialpool.pooling.options import Value

sqrt = math.sqrt
isnan = math.isnan


def functions_of(value: Value) -> Any:
    """Return numpy for an array, this module for a float."""
    return np if isinstance(value, np.ndarray) else _HERE


def yes_and_no(like: Value) -> tuple[Value, Value]:
    """Return true and false in the shape of a value."""
    if isinstance(like, np.ndarray):
        no = np.zeros(like.shape, dtype=np.bool_)
        return ~no, no
    return True, False


def where(condition: bool, yes: Value, no: Value) -> Value:
    """Choose between two values."""
    return yes if condition else no


def maximum(a: float, b: float) -> float:
    """Return the larger of two numbers."""
    return a if a > b else b


def minimum(a: float, b: float) -> float:
    """Return the smaller of two numbers."""
    return a if a < b else b


def rint(x: float) -> int:
    """Round to the nearest whole number, halves to the even one."""
    return round(x)


def divide(a: float, b: float) -> float:
    """Divide as IEEE 754 does, where Python would raise."""
    if b != 0.0:
        return a / b
    if a == 0.0 or isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def ldexp(x: float, exponent: int) -> float:
    """Multiply by a power of two."""
    return math.ldexp(x, exponent)


_HERE = sys.modules[__name__]

"""When two values of a result count as the same."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec

# Another CPU or libm may differ in the last digits: 1e-9. A change of a cell is far above 1e-8.
RELATIVE: Final = 1e-8
# On the analysis scale; for what is zero but for rounding, such as τ² at its boundary.
ABSOLUTE: Final = 1e-10


def same(old: Any, new: Any) -> bool:
    """Tell whether two values, lists or records agree, numbers within the tolerance.

    Parameters
    ----------
    old, new : Any
        Records, or what JSON can hold. A number and None differ, so do True and 1.

    Returns
    -------
    bool
        Whether they agree. Whole numbers must be equal.
    """
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, int) and isinstance(new, int):
        return old == new
    if isinstance(old, int | float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if isinstance(old, msgspec.Struct) and isinstance(new, msgspec.Struct):
        return same(msgspec.to_builtins(old), msgspec.to_builtins(new))
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new)


def same_cell(old: str, new: str) -> bool:
    """Tell whether two cells agree, numbers and JSON written as text within the tolerance."""
    if old == new:
        return True
    for read in (float, json.loads):
        try:
            return same(read(old), read(new))
        except ValueError:
            continue
    return False

"""Curves as they were read, with names that tell them apart, and the choice among them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

import numpy as np

from trialpool.survival.arrays import Floats
from trialpool.survival.clean import TOLERANCE, curve_faults

# Above it survival is no proportion read with noise, and in percent no curve ends.
_PERCENT_FROM: Final = 1.5


@dataclass(frozen=True)
class ReadCurve:
    """Points of one curve.

    Attributes
    ----------
    name : str
        Unlike that of any other curve of its file.
    time, survival : ndarray of shape (m,)
        In the unit of the file, and as a proportion.
    notes : tuple of str
        What was done to them, and what is odd about them.
    """

    name: str
    time: Floats
    survival: Floats
    notes: tuple[str, ...] = ()
    colour: str | None = None
    looks_like_curve: bool = True

    @property
    def steps(self) -> int:
        """Number of falls."""
        return int((np.diff(self.survival) < 0.0).sum())


@dataclass(frozen=True)
class ReadFile:
    """Curves of a file.

    Attributes
    ----------
    curves : tuple of ReadCurve
        In the order of the file.
    notes : tuple of str
        How the file was read, and what of it was left out.
    left_out : dict
        Why a set of points is no curve, by its name.
    """

    curves: tuple[ReadCurve, ...]
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


class Named(Protocol):
    """What can be chosen: a curve, or a line of a figure."""

    @property
    def name(self) -> str:
        """Unlike that of any other."""
        ...

    @property
    def colour(self) -> str | None:
        """Its colour as "#rrggbb", where it has one."""
        ...

    @property
    def looks_like_curve(self) -> bool:
        """Whether it has steps and corners enough."""
        ...


T = TypeVar("T", bound=Named)


def told_apart(names: Sequence[str]) -> list[str]:
    """Give numbers to names that occur more than once: "Drug 1", "Drug 2"."""
    counts = Counter(names)
    taken = {name for name, count in counts.items() if count == 1}
    found = []
    for name in names:
        if counts[name] > 1:
            number = next(i for i in range(1, len(names) + 2) if f"{name} {i}" not in taken)
            found.append(f"{name} {number}")
            taken.add(found[-1])
        else:
            found.append(name)
    return found


def as_curves(
    read: Iterable[tuple[str, Any, Any]],
) -> tuple[ReadCurve, ...]:
    """Make curves of names, times and survival; what is in percent becomes a proportion."""
    entries = [
        (name, np.array(t, dtype=np.float64), np.array(s, dtype=np.float64)) for name, t, s in read
    ]
    names = told_apart([name for name, _, _ in entries])
    found = []
    for name, (own, time, survival) in zip(names, entries, strict=True):
        notes = [] if name == own else [f"one of several named {own!r}"]
        values, percent = as_proportion(survival)
        if percent:
            notes.append(percent)
        notes += [f"no survival curve as it stands: {x}" for x in curve_faults(time, values)]
        found.append(ReadCurve(name, time, values, tuple(notes)))
    return tuple(found)


def as_proportion(survival: Floats) -> tuple[Floats, str]:
    """Divide percent by 100, and say so; anything else stays."""
    highest = float(survival.max(initial=0.0))
    if _PERCENT_FROM < highest <= 100.0 * (1.0 + TOLERANCE):
        return survival / 100.0, f"survival up to {highest:g} taken as percent, divided by 100"
    return survival, ""


def choose(items: Sequence[T], wanted: str) -> T:
    """Return the item of a name, a number in the file's order, or a colour.

    Raises
    ------
    ValueError
        If there is none or more than one; the message lists them.
    """
    named = [item for item in items if item.name == wanted]
    if not named and wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(items):
        named = [items[int(wanted) - 1]]
    if not named and (colour := colour_code(wanted)) is not None:
        named = [item for item in items if item.colour == colour]
        if len(named) > 1:
            named = [item for item in named if item.looks_like_curve] or named
    if len(named) == 1:
        return named[0]
    alike = named or [item for item in items if re.fullmatch(
        re.escape(wanted) + r" \d+", item.name)]  # fmt: skip
    what = (
        f"{len(alike)} are {wanted!r}: {_listed(alike)}; name one of them, or its number"
        if alike
        else f"none has the name, number or colour {wanted!r}; there are {_listed(items)}"
    )
    raise ValueError(what)


def _listed(items: Sequence[Named], most: int = 20) -> str:
    """List names, the first of many."""
    shown = ", ".join(repr(item.name) for item in items[:most])
    more = f" and {len(items) - most} more (--list shows all)" if len(items) > most else ""
    return (shown or "none") + more


def colour_code(text: str) -> str | None:
    """Write a colour as "#rrggbb", None where it is none.

    Parameters
    ----------
    text : str
        "#c00", "#cc0000", "rgb(80%, 0%, 0%)", "rgb(204, 0, 0)" or a name of CSS.
    """
    plain = text.strip().casefold()
    if match := re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})(?:[0-9a-f]{2})?", plain):
        digits = match[1]
        return "#" + ("".join(2 * digit for digit in digits) if len(digits) == 3 else digits)
    if match := re.fullmatch(r"rgba?\(([^()]*)\)", plain):
        parts = match[1].replace(",", " ").split()[:3]
        try:
            values = [
                255.0 * float(part[:-1]) / 100.0 if part.endswith("%") else float(part)
                for part in parts
            ]
        except ValueError:
            return None
        if len(values) != 3 or not all(0.0 <= value <= 255.0 for value in values):
            return None
        return "#" + "".join(f"{round(value):02x}" for value in values)
    if not plain.isalpha():
        return None
    from matplotlib.colors import CSS4_COLORS

    return str(CSS4_COLORS[plain]).lower() if plain in CSS4_COLORS else None

"""Records of fits: as plain values, ready for JSON, and as tables for a reader."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from trialpool.pooling.doubt import Doubt


@dataclass(frozen=True)
class About:
    """What the numbers of a result are of.

    Attributes
    ----------
    measure : str
        Code of the effect measure.
    labels : tuple of str
        One per trial, in the order of the input; empty where nobody named them.
    warnings : tuple of Doubt
        What is doubtful of the input.
    """

    measure: str = "generic"
    labels: tuple[str, ...] = ()
    warnings: tuple[Doubt, ...] = ()

    def label(self, trial: int) -> str:
        """Name a trial by its position: its label, else its number from 1."""
        return self.labels[trial] if self.labels else str(trial + 1)


class Presented(Protocol):
    """A result for a reader."""

    def text(self) -> str:
        """Return it as lines of text."""
        ...

    def html(self) -> str:
        """Return it as an HTML table."""
        ...


class Shown:
    """A result that a reader can look at: as text, and in a notebook as HTML.

    Attributes
    ----------
    about : About
        Measure and labels of the trials; no field of the record, so that it enters no
        comparison and no file.
    presenter : callable or None
        Makes the tables. Formatting of numbers lies above the numerical core, so whoever
        imports `trialpool` for its public names sets it (`trialpool.shown`).
    """

    about: About = About()
    presenter: ClassVar[Callable[[Any], Presented] | None] = None

    def of(self, about: About) -> Self:
        """Return the same result that knows what its numbers are of."""
        own = copy.copy(self)
        object.__setattr__(own, "about", about)
        return own

    def __repr__(self) -> str:
        present = type(self).presenter
        if present is None:
            values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
            return f"{type(self).__name__}({values})"
        return present(self).text()

    def _repr_html_(self) -> str | None:
        present = type(self).presenter
        return None if present is None else present(self).html()


class Doubted(Shown):
    """A result that says what is doubtful of it."""

    def doubts(self) -> Iterable[Doubt]:
        """Give what is doubtful of the fit itself; rows are positions in its input."""
        return ()

    @property
    def warnings(self) -> tuple[Doubt, ...]:
        """What is doubtful of the input and of the fit, with the names of the trials."""
        return (*self.about.warnings, *(doubt.named(self.about.label) for doubt in self.doubts()))


class Plain:
    """A record that can be written as JSON.

    Attributes
    ----------
    unwritten : tuple of str
        Fields that are left out.
    """

    unwritten: ClassVar[tuple[str, ...]] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON, in the order of the attributes."""
        return {
            name: plain(value)
            for name, value in vars(self).items()
            if name not in self.unwritten and name != "about"
        }


def plain(value: Any) -> Any:
    """Return tuples and arrays as lists and records as dicts, whatever they lie in."""
    if isinstance(value, Plain):
        return value.to_dict()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value

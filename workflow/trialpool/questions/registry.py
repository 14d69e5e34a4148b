"""The kinds of question: the only list of them. Rooms are imported when a stage needs them.

This module imports no room, so that whatever is below the rooms may ask it, and a job loads the
code of its own stage alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Final


@dataclass(frozen=True)
class Kind:
    """A kind of question.

    Attributes
    ----------
    room : str
        Package with its stages: `select`, `pool`, `words`, `figures`, `page`.
    records : str
        Module with its records: `ASKED`, `QUESTION`, `RESULT`.
    """

    room: str
    records: str


def _kind(name: str) -> Kind:
    return Kind(f"trialpool.questions.{name}", f"trialpool.records.{name}")


KINDS: Final[dict[str, Kind]] = {
    name: _kind(name)
    for name in (
        *("comparison", "mean_time", "interaction", "prognosis", "proportion"),
        *("network", "surrogacy", "single_group"),
    )
}


def stage(kind: str, name: str) -> ModuleType:
    """Import one stage of a kind's room, for example ``stage("comparison", "pool")``."""
    return import_module(f"{KINDS[kind].room}.{name}")


def record_class(kind: str, which: str) -> type[Any]:
    """Return a record class of a kind: "ASKED", "QUESTION" or "RESULT"."""
    found: type[Any] = getattr(import_module(KINDS[kind].records), which)
    return found

"""Forest plots drawn from one result record.

`draw_forest` lays a record out and draws it, `save_forest` writes it. Both are
imported on first use: matplotlib is slow to load and most commands never draw.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialpool.figures.forest.draw import draw_forest
    from trialpool.figures.forest.figure import ForestFigure, save_forest

__all__ = ["ForestFigure", "draw_forest", "save_forest"]

_HOME = {
    "ForestFigure": "trialpool.figures.forest.figure",
    "draw_forest": "trialpool.figures.forest.draw",
    "save_forest": "trialpool.figures.forest.figure",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)

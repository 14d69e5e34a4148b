"""The one place where matplotlib is configured, and only for as long as a figure is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import matplotlib

DPI: Final = 300

SETTINGS: Final[dict[str, Any]] = {
    "figure.dpi": 72,
    "savefig.dpi": DPI,
    "savefig.bbox": None,
    "path.simplify": False,
    "text.hinting": "no_hinting",
    "text.parse_math": False,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "pdf.compression": 9,
}


@contextmanager
def plot_style(identifier: str) -> Iterator[None]:
    """Use matplotlib's defaults and the settings above, whatever the user's own are.

    Parameters
    ----------
    identifier : str
        Salt of the identifiers inside an SVG.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: dict[Any, Any] = {**SETTINGS, "svg.hashsalt": identifier}
        matplotlib.rcParams.update(settings)
        yield

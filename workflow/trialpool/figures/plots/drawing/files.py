"""Write a plot: SVG, PDF, EPS, PNG, TIFF and the CSV of what is drawn."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Final

from trialpool.figures.canvas.rendering import rendered, svg_text
from trialpool.figures.canvas.style import DPI
from trialpool.figures.plots.drawing.scene import Cell, PlotFigure
from trialpool.files import write_bytes

# What a build writes of each plot, and what is written when it is asked for.
BUILT: Final = (".svg", ".pdf", ".png")
FORMATS: Final = (*BUILT, ".tiff", ".eps")


def save_plot(
    drawn: PlotFigure, stem: Path | str, formats: tuple[str, ...] = BUILT, dpi: int = DPI
) -> list[Path]:
    """Write `stem`.svg, .pdf, .png and .csv, each complete before it takes its name.

    Parameters
    ----------
    drawn : PlotFigure
    stem : Path or str
        Path without extension.
    formats : tuple of str
        Of `FORMATS`; the CSV is always written.
    dpi : int
        Dots per inch of PNG and TIFF.

    Returns
    -------
    list of Path
        The files written.
    """
    stem = Path(stem)
    written = []
    for extension in formats:
        path = stem.with_name(stem.name + extension)
        data = (
            svg_text(drawn).encode("utf-8")
            if extension == ".svg"
            else rendered(drawn, extension.removeprefix("."), dpi)
        )
        write_bytes(path, data)
        written.append(path)
    path = stem.with_name(stem.name + ".csv")
    write_bytes(path, plot_csv(drawn).encode("utf-8"))
    return [*written, path]


def plot_csv(drawn: PlotFigure) -> str:
    """Return what is drawn as CSV; an empty cell where something does not exist."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(drawn.columns)
    writer.writerows([_cell(cell) for cell in row] for row in drawn.rows)
    return buffer.getvalue()


def _cell(value: Cell) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)

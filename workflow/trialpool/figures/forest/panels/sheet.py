"""The CSV of what a plot of several panels shows."""

from __future__ import annotations

import csv
import io
from typing import Final

from trialpool.figures.canvas.axis import Axis
from trialpool.figures.canvas.geometry import Geometry
from trialpool.figures.forest.panels.table import Absent, PanelTable
from trialpool.figures.forest.table import Row, Table

_NUMBERS: Final = ("estimate", "ci_lower", "ci_upper", "weight_fraction", "cut_at_axis", "notes")


def panels_csv(geometry: Geometry, table: PanelTable) -> str:
    """Return exactly what is drawn as CSV: a row per row, the columns of each panel in turn.

    Estimates and limits are on the printed scale (ratios as ratios). Columns of a panel
    begin with its short name.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    head = ["row", "kind", "group", "trial_id", "label", "notes"]
    head += [shared.name for shared in table.shared]
    for code, half in zip(table.codes, table.panels, strict=True):
        head += [f"{code}_{name}" for name in _columns(half)]
    writer.writerow(head)
    for number, row in enumerate(table.rows, start=1):
        line = [str(number), row.kind, row.group, row.trial_id, row.label, " ".join(row.flags)]
        line += [row.cell(shared.name) for shared in table.shared]
        for index, half in enumerate(table.panels):
            part = row.parts[index] if row.parts else None
            line += _cells(part, half, geometry.panels[index].axis)
        writer.writerow(line)
    return buffer.getvalue()


def _columns(half: Table) -> list[str]:
    others = [name for name in (*half.left, *half.right) if name != "effect"]
    return ["effect", *others, *_NUMBERS]


def _cells(part: Row | Absent | None, half: Table, axis: Axis) -> list[str]:
    others = [name for name in (*half.left, *half.right) if name != "effect"]
    if isinstance(part, Absent):
        gaps = [""] * (len(others) + len(_NUMBERS) - 1)
        return [part.text, *gaps, " ".join(part.flags)]
    if part is None:
        return [""] * (1 + len(others) + len(_NUMBERS))

    def numeric(value: float | None) -> str:
        return "" if value is None else f"{half.measure.to_display(value):.12g}"

    cut: tuple[str, ...] = ()
    if part.lower is not None and part.upper is not None:
        cut = axis.clipped_sides(part.lower, part.upper)
    return [
        part.effect,
        *(part.cell(name) for name in others),
        *(numeric(value) for value in (part.estimate, part.lower, part.upper)),
        "" if part.weight is None else f"{part.weight:.12g}",
        " ".join(cut),
        " ".join(part.flags),
    ]

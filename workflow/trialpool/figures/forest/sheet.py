"""The CSV of what a forest plot shows: the printed texts and the numbers behind them."""

from __future__ import annotations

import csv
import io
from typing import Final, Protocol

from trialpool.figures.canvas.geometry import Geometry
from trialpool.figures.forest.panels.sheet import panels_csv
from trialpool.figures.forest.panels.table import PanelTable
from trialpool.figures.forest.table import Table

CSV_COLUMNS: Final = (
    "row", "kind", "group", "trial_id", "label", "notes", "comparison", "experimental", "control",
    "effect", "weight", "estimate", "ci_lower", "ci_upper", "weight_fraction", "cut_at_axis",
)  # fmt: skip
# Only where the plot shows margins.
MARGIN_COLUMNS: Final = ("margin", "margin_lower", "margin_upper")


class _Drawn(Protocol):
    """What of a forest plot the CSV is made from."""

    @property
    def geometry(self) -> Geometry: ...
    @property
    def table(self) -> Table | PanelTable: ...


def csv_text(drawn: _Drawn) -> str:
    """Return exactly what is drawn as CSV: the printed texts and the numbers behind them.

    Estimates and limits are on the printed scale (ratios as ratios). A text that the
    figure ends with an ellipsis stands here in full.
    """
    if isinstance(drawn.table, PanelTable):
        return panels_csv(drawn.geometry, drawn.table)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    with_margins = drawn.table.heads.margin is not None
    extras = [name for name, _ in drawn.table.heads.extra]
    extras += ["rob"] * (drawn.table.rob is not None)
    writer.writerow((*CSV_COLUMNS, *(MARGIN_COLUMNS if with_margins else ()), *extras))
    axis, measure = drawn.geometry.panel.axis, drawn.table.measure

    def numeric(value: float | None) -> str:
        return "" if value is None else f"{measure.to_display(value):.12g}"

    for index, row in enumerate(drawn.table.rows):
        cut: tuple[str, ...] = ()
        if row.lower is not None and row.upper is not None:
            cut = axis.clipped_sides(row.lower, row.upper)
        writer.writerow(
            (
                index + 1,
                row.kind,
                row.group,
                row.trial_id,
                row.label,
                " ".join(row.flags),
                row.comparison or row.behind,
                row.experimental,
                row.control,
                row.effect,
                row.weight_text,
                numeric(row.estimate),
                numeric(row.lower),
                numeric(row.upper),
                "" if row.weight is None else f"{row.weight:.12g}",
                " ".join(cut),
                *((row.margin_text, *map(numeric, row.margin)) if with_margins else ()),
                *(row.cell(name) for name in extras),
            )
        )
    return buffer.getvalue()

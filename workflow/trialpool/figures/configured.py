"""Forest plots of the pipeline, as the settings of a review want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trialpool.figures.choice import Choice
from trialpool.figures.drawn import ForestFigure
from trialpool.figures.flags import with_flags
from trialpool.figures.forest import draw_forest
from trialpool.figures.looks import adapted

Record = Mapping[str, Any]

_LOOKS: Final = (
    "pi_style", "squares", "label_style", "stripes", "symmetric", "method_line", "test_line",
    "totals_row", "stamp",
)  # fmt: skip


def draw_configured(
    result: Record, settings: Mapping[str, Any], previous: Record | None = None
) -> ForestFigure:
    """Draw a question under the `figures` of config.yaml.

    Parameters
    ----------
    result : mapping
        Its result record.
    settings : mapping
        `preset` and what changes it; `cid` by measure; `single_reader`; `risk_of_bias`:
        names of domains.
    previous : mapping, optional
        What the last release held of the question: trials that are new or changed get a note.

    Raises
    ------
    ValueError
        Naming the setting that cannot be followed.
    """
    cid = (settings.get("cid") or {}).get(result["measure"])
    looks = adapted(
        settings.get("preset", "default"),
        cid=tuple(cid) if isinstance(cid, list) else cid,
        **{name: settings.get(name) for name in _LOOKS},
    )
    marked = with_flags(
        result, single_reader=bool(settings.get("single_reader")), previous=previous
    )
    names = settings.get("risk_of_bias") or {}
    return draw_forest(marked, preset=looks, choice=Choice(rob_names=names))

"""Forest plots of the pipeline, as the settings of a review want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trialpool.figures.forest.draw import draw_forest
from trialpool.figures.forest.figure import ForestFigure
from trialpool.figures.forest.options.display_options import Choice
from trialpool.figures.forest.options.preset_changes import adapted
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.panels.beside import draw_beside
from trialpool.figures.forest.words.flags import with_flags

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
    choice = Choice(rob_names=settings.get("risk_of_bias") or {})
    looks = _looks(settings, result["measure"])
    return draw_forest(_marked(result, previous, settings), preset=looks, choice=choice)


def draw_pair_configured(
    first: tuple[Record, Record | None],
    second: tuple[Record, Record | None],
    settings: Mapping[str, Any],
) -> ForestFigure:
    """Draw two questions on one set of rows under the `figures` of config.yaml.

    Parameters
    ----------
    first, second : (mapping, mapping or None)
        Result record, and what the last release held of the question.
    settings : mapping
        As of `draw_configured`; `cid` is drawn where both have one measure.
    """
    measures = {first[0]["measure"], second[0]["measure"]}
    looks = _looks(settings, measures.pop() if len(measures) == 1 else "")
    return draw_beside(_marked(*first, settings), _marked(*second, settings), preset=looks)


def _marked(result: Record, previous: Record | None, settings: Mapping[str, Any]) -> Record:
    return with_flags(result, single_reader=bool(settings.get("single_reader")), previous=previous)


def _looks(settings: Mapping[str, Any], measure: str) -> Preset:
    cid = (settings.get("cid") or {}).get(measure)
    return adapted(
        settings.get("preset", "default"),
        cid=tuple(cid) if isinstance(cid, list) else cid,
        **{name: settings.get(name) for name in _LOOKS},
    )

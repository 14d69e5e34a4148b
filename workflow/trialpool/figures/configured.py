"""Forest plots of the pipeline, as the settings of a review want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from trialpool.figures.forest.draw import forest_of
from trialpool.figures.forest.figure import ForestFigure
from trialpool.figures.forest.options.display_options import Choice
from trialpool.figures.forest.options.forest_options import ForestOptions
from trialpool.figures.forest.options.preset_changes import adapted
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.panels.beside import draw_beside
from trialpool.figures.forest.words.flags import with_flags
from trialpool.records.results import MOST_TRIALS, Result
from trialpool.records.summaries import ReleasedTrial

_LOOKS: Final = (
    "pi_style", "squares", "label_style", "stripes", "symmetric", "method_line", "test_line",
    "totals_row", "shrunken", "stamp",
)  # fmt: skip


class WithRelease(NamedTuple):
    """A result, and the question's trials in the last release: new or changed ones get a note."""

    result: Result
    previous: tuple[ReleasedTrial, ...] | None = None


def draw_configured(own: WithRelease, settings: Mapping[str, Any]) -> ForestFigure:
    """Draw a question under the `figures` of config.yaml.

    Parameters
    ----------
    own : WithRelease
    settings : mapping
        `preset` and what changes it; `cid` by measure; `single_reader`; `risk_of_bias`:
        names of domains.

    Raises
    ------
    ValueError
        Naming the setting that cannot be followed.
    """
    choice = Choice(rob_names=settings.get("risk_of_bias") or {})
    looks = _looks(settings, own.result.measure)
    options = ForestOptions(looks, choice, heaviest=MOST_TRIALS)
    return forest_of(_marked(own, settings), options)


def draw_pair_configured(
    first: WithRelease, second: WithRelease, settings: Mapping[str, Any]
) -> ForestFigure:
    """Draw two questions on one set of rows under the `figures` of config.yaml.

    Parameters
    ----------
    first, second : WithRelease
    settings : mapping
        As of `draw_configured`; `cid` is drawn where both have one measure.
    """
    measures = {first.result.measure, second.result.measure}
    looks = _looks(settings, measures.pop() if len(measures) == 1 else "")
    marked = _marked(first, settings), _marked(second, settings)
    return draw_beside(*marked, ForestOptions(looks))


def _marked(own: WithRelease, settings: Mapping[str, Any]) -> Result:
    single_reader = bool(settings.get("single_reader"))
    return with_flags(own.result, single_reader=single_reader, previous=own.previous)


def _looks(settings: Mapping[str, Any], measure: str) -> Preset:
    cid = (settings.get("cid") or {}).get(measure)
    return adapted(
        settings.get("preset", "default"),
        cid=tuple(cid) if isinstance(cid, list) else cid,
        **{name: settings.get(name) for name in _LOOKS},
    )

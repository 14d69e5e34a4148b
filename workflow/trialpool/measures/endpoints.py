"""Endpoints of a review, and the side of the null on which the experimental arm does better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trialpool.measures.measure import Direction, Measure


@dataclass(frozen=True)
class Endpoint:
    """An endpoint, as the configuration of a review declares it.

    Attributes
    ----------
    code, name : str
        Short and full name.
    higher_is_good : bool
        True where more of it is what one hopes for (recoveries, points of quality of life), False
        where it is a failure or a burden (deaths, relapses, cholesterol, pain).
    events : str
        What sentences call the events: "deaths", "strokes or deaths".
    column : str
        Heading under which the front page shows it; empty: its name.
    titles : tuple of str
        How registries and other programs call it beside its name.
    table : str
        Raw table of its results, where that is no time to an event if more is worse, and no
        response if more is better; empty otherwise.
    """

    code: str
    name: str
    higher_is_good: bool
    events: str = "events"
    column: str = ""
    titles: tuple[str, ...] = ()
    table: str = ""

    def benefit(self, measure: Measure) -> Direction:
        """Side of the null on which the experimental arm does better.

        A difference in restricted mean survival time is time gained without
        the event, so more of it is better although the event is a failure.
        """
        if measure.code == "RMSTD":
            return "lower" if self.higher_is_good else "higher"
        return "higher" if self.higher_is_good else "lower"

    @property
    def reported_in(self) -> str:
        """Raw table of its results."""
        return self.table or ("responses" if self.higher_is_good else "time_to_event")


def endpoints_of(config: Mapping[str, Any]) -> dict[str, Endpoint]:
    """Return the endpoints that ``endpoints`` of config.yaml declares, in its order."""
    return {
        str(code): Endpoint(
            str(code),
            str(entry["name"]),
            bool(entry.get("higher_is_good", entry.get("event_is_good"))),
            str(entry.get("events", "events")),
            str(entry.get("column", "")),
            tuple(map(str, entry.get("titles", ()))),
            str(entry.get("table", "")),
        )
        for code, entry in config.get("endpoints", {}).items()
    }

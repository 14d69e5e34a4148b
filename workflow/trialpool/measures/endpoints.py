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
    event_is_good : bool
        True where the counted event is what one hopes for (recovery), False
        where it is a failure (death, relapse).
    events : str
        What sentences call the events: "deaths", "strokes or deaths".
    column : str
        Heading under which the front page shows it; empty: its name.
    titles : tuple of str
        How registries and other programs call it beside its name.
    """

    code: str
    name: str
    event_is_good: bool
    events: str = "events"
    column: str = ""
    titles: tuple[str, ...] = ()

    def benefit(self, measure: Measure) -> Direction:
        """Side of the null on which the experimental arm does better.

        A difference in restricted mean survival time is time gained without
        the event, so more of it is better although the event is a failure.
        """
        if measure.code == "RMSTD":
            return "lower" if self.event_is_good else "higher"
        return "higher" if self.event_is_good else "lower"


def endpoints_of(config: Mapping[str, Any]) -> dict[str, Endpoint]:
    """Return the endpoints that ``endpoints`` of config.yaml declares, in its order."""
    return {
        str(code): Endpoint(
            str(code),
            str(entry["name"]),
            bool(entry["event_is_good"]),
            str(entry.get("events", "events")),
            str(entry.get("column", "")),
            tuple(map(str, entry.get("titles", ()))),
        )
        for code, entry in config.get("endpoints", {}).items()
    }

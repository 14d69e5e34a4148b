"""Endpoints, and the side of the null on which the experimental arm does better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from trialpool.measures.measure import Direction, Measure


@dataclass(frozen=True)
class Endpoint:
    """An endpoint and the direction in which the experimental arm benefits.

    Attributes
    ----------
    code, name : str
        Short and full name.
    higher_is_good : bool
        True where more of it is what one hopes for (responses, points of quality of life), False
        where it is a failure or a burden (deaths, progressions, cholesterol, pain).
    table : str
        Raw table of its results, where that is no time to an event if more is worse, and no
        response if more is better; empty otherwise.
    """

    code: str
    name: str
    higher_is_good: bool
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


ENDPOINTS: Final[dict[str, Endpoint]] = {
    endpoint.code: endpoint
    for endpoint in (
        Endpoint("OS", "overall survival", higher_is_good=False),
        Endpoint("PFS", "progression-free survival", higher_is_good=False),
        Endpoint("CNS-PFS", "progression-free survival in the central nervous system", False),
        Endpoint("TTP", "time to progression", higher_is_good=False),
        Endpoint("DFS", "disease-free survival", higher_is_good=False),
        Endpoint("IDFS", "invasive disease-free survival", higher_is_good=False),
        Endpoint("EFS", "event-free survival", higher_is_good=False),
        Endpoint("RFS", "recurrence-free survival", higher_is_good=False),
        Endpoint("DDFS", "distant disease-free survival", higher_is_good=False),
        Endpoint("pCR", "pathological complete response", higher_is_good=True),
        Endpoint("ORR", "objective response", higher_is_good=True),
        Endpoint("CBR", "clinical benefit", higher_is_good=True),
    )
}

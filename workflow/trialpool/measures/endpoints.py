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
    event_is_good : bool
        True where the counted event is what one hopes for (response), False
        where it is a failure (death, progression, recurrence).
    """

    code: str
    name: str
    event_is_good: bool

    def benefit(self, measure: Measure) -> Direction:
        """Side of the null on which the experimental arm does better.

        A difference in restricted mean survival time is time gained without
        the event, so more of it is better although the event is a failure.
        """
        if measure.code == "RMSTD":
            return "lower" if self.event_is_good else "higher"
        return "higher" if self.event_is_good else "lower"


ENDPOINTS: Final[dict[str, Endpoint]] = {
    endpoint.code: endpoint
    for endpoint in (
        Endpoint("OS", "overall survival", event_is_good=False),
        Endpoint("PFS", "progression-free survival", event_is_good=False),
        Endpoint("CNS-PFS", "progression-free survival in the central nervous system", False),
        Endpoint("TTP", "time to progression", event_is_good=False),
        Endpoint("DFS", "disease-free survival", event_is_good=False),
        Endpoint("IDFS", "invasive disease-free survival", event_is_good=False),
        Endpoint("EFS", "event-free survival", event_is_good=False),
        Endpoint("RFS", "recurrence-free survival", event_is_good=False),
        Endpoint("DDFS", "distant disease-free survival", event_is_good=False),
        Endpoint("pCR", "pathological complete response", event_is_good=True),
        Endpoint("ORR", "objective response", event_is_good=True),
        Endpoint("CBR", "clinical benefit", event_is_good=True),
    )
}

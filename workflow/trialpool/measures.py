"""Effect measures: the scale each is analysed on, its null value and its names.

An effect never travels without its measure. Everything that needs to know how
a number on the analysis scale turns into the number a reader sees asks here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

Scale = Literal["log", "identity", "logit", "arcsine"]
Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class Measure:
    """An effect measure.

    Attributes
    ----------
    code : str
        Short name as printed in tables, for example ``"HR"``.
    name : str
        Full name in words.
    scale : {"log", "identity", "logit", "arcsine"}
        Scale on which the effect is analysed and pooled. Ratios are analysed
        as natural logarithms, proportions as logits or double arcsines.
    unit : str
        Unit of the displayed number, empty for ratios.
    ratio_of : str
        Code of the measure of which it is the ratio of two; empty for others.
    """

    code: str
    name: str
    scale: Scale
    unit: str = ""
    ratio_of: str = ""

    @property
    def is_ratio(self) -> bool:
        """Whether the measure is a ratio, analysed on the log scale."""
        return self.scale == "log"

    @property
    def is_proportion(self) -> bool:
        """Whether the measure is a proportion of one arm: it compares nothing."""
        return self.scale in ("logit", "arcsine")

    def to_display(self, value: float) -> float:
        """Turn a number on the analysis scale into the number that is printed."""
        if self.scale == "logit":
            return 0.5 * (1.0 + math.tanh(0.5 * value))
        if self.scale == "arcsine":
            # A limit may lie beyond the ends of the scale, where sin² would turn back.
            return math.sin(min(max(value, 0.0), 0.5 * math.pi)) ** 2
        if not self.is_ratio:
            return value
        # exp overflows above about 709: a limit that wide is infinite to any reader.
        return math.exp(value) if value < 709.0 else math.inf

    def to_analysis(self, value: float) -> float:
        """Turn a printed number into a number on the analysis scale.

        Raises
        ------
        ValueError
            If the measure is a ratio and `value` is not positive, or a logit of
            0 or 1 is asked for.
        """
        if self.scale == "logit":
            if not 0 < value < 1:
                raise ValueError(f"{self.code} = {value}: the logit needs more than 0, less than 1")
            return math.log(value / (1 - value))
        if self.scale == "arcsine":
            if not 0 <= value <= 1:
                raise ValueError(f"{self.code} = {value}: a proportion lies between 0 and 1")
            return math.asin(math.sqrt(value))
        if not self.is_ratio:
            return value
        if not value > 0:
            raise ValueError(f"{self.code} = {value}: a {self.name} must be positive")
        return math.log(value)


MEASURES: Final[dict[str, Measure]] = {
    measure.code: measure
    for measure in (
        Measure("HR", "hazard ratio", "log"),
        Measure("OR", "odds ratio", "log"),
        Measure("RR", "risk ratio", "log"),
        Measure("RHR", "ratio of hazard ratios", "log", ratio_of="HR"),
        Measure("ROR", "ratio of odds ratios", "log", ratio_of="OR"),
        Measure("RD", "risk difference", "identity"),
        Measure("RMSTD", "difference in restricted mean survival time", "identity", "months"),
        Measure("PR", "proportion", "identity", "percent"),
        Measure("PLO", "proportion, by logit", "logit"),
        Measure("PFT", "proportion, by double arcsine", "arcsine"),
        Measure("generic", "effect", "identity"),
    )
}


def get_measure(code: str) -> Measure:
    """Look a measure up by its code.

    Raises
    ------
    ValueError
        If the code is not known; the message lists the known ones.
    """
    try:
        return MEASURES[code]
    except KeyError:
        raise ValueError(
            f"unknown measure {code!r}; known measures: {', '.join(MEASURES)}"
        ) from None


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

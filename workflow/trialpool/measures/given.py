"""Measures that a report prints or a survival analysis gives: no formula turns counts into them."""

from __future__ import annotations

from typing import Final

from trialpool.measures.measure import Measure

GIVEN: Final = (
    Measure("HR", "hazard ratio", "log", favours="lower"),
    Measure("RHR", "ratio of hazard ratios", "log", ratio_of="HR"),
    Measure("ROR", "ratio of odds ratios", "log", ratio_of="OR"),
    Measure("HD", "hazard difference", "identity"),
    Measure(
        "RMSTD",
        "difference in restricted mean survival time",
        "identity",
        "months",
        favours="higher",
    ),
    Measure("generic", "effect", "identity"),
)

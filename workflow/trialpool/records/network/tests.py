"""A test of a network."""

from __future__ import annotations

from trialpool.records.base import Record


class ChiSquare(Record, frozen=True, kw_only=True):
    """A chi-square test; `note` says why there is no value."""

    q: float | None
    df: int
    p_value: float | None
    note: str

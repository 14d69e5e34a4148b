"""What the audit asks of a question on an interaction: the markers that it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trialpool.audit.configuration.markers import MarkerNamed


def markers_named(settings: Mapping[str, Any]) -> Iterator[MarkerNamed]:
    """Name the markers whose levels are compared, with the levels on each side."""
    for marker, asked in settings["interaction"]["biomarkers"].items():
        sides = {name: list(levels) for name, levels in asked.items()}
        yield MarkerNamed("interaction.biomarkers", marker, sides)

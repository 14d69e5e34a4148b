"""What the audit asks of a prognostic question: the marker that it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trialpool.audit.configuration.markers import MarkerNamed


def markers_named(settings: Mapping[str, Any]) -> Iterator[MarkerNamed]:
    """Name the marker and its two levels."""
    asked = settings["prognostic"]
    yield MarkerNamed("prognostic", str(asked["biomarker"]), {"": list(asked["levels"])})

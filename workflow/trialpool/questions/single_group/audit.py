"""What the audit asks of such a question: it names no marker beside its filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialpool.audit.configuration.markers import MarkerNamed


def markers_named(_: Mapping[str, Any]) -> tuple[MarkerNamed, ...]:
    """Name the markers in settings of its own: none."""
    return ()

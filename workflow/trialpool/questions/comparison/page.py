"""The page of a comparison of treatments: it has no parts of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trialpool.questions.shared.words.parts import Part
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.records.comparison import ComparisonResult

FOREST_REMARK: Final = ""


def figures(_: ComparisonResult) -> tuple[str, ...]:
    """Name the figures beside the forest plot: none."""
    return ()


def parts(_: ComparisonResult) -> tuple[Part, ...]:
    """Prepare what only this kind shows: nothing."""
    return ()


def methods(_: Sequence[ComparisonResult], __: Citations) -> Section | None:
    """Describe what only this kind does: nothing."""
    return None

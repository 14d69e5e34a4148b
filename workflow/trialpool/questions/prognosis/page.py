"""The page of a prognostic question: it has no parts of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trialpool.questions.shared.words.parts import Part
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.records.prognosis import PrognosisResult

FOREST_REMARK: Final = ""


def figures(_: PrognosisResult) -> tuple[str, ...]:
    """Name the figures beside the forest plot: none."""
    return ()


def parts(_: PrognosisResult) -> tuple[Part, ...]:
    """Prepare what only this kind shows: nothing."""
    return ()


def methods(_: Sequence[PrognosisResult], __: Citations) -> Section | None:
    """Describe what only this kind does: nothing."""
    return None

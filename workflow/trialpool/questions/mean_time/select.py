"""What a question on curves asks for, the trials that it pools, and those that end early."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialpool.measures import Endpoint
from trialpool.questions.mean_time.candidates import candidates
from trialpool.questions.mean_time.landmarks import short_curves
from trialpool.questions.shared.selection.asked import comparative_asked
from trialpool.questions.shared.selection.comparative import (
    Selection,
    choose_comparisons,
    comparative_question,
)
from trialpool.questions.shared.selection.grouping import Groups
from trialpool.questions.shared.selection.library import Library
from trialpool.records.mean_time import MeanTimeAsked, MeanTimeQuestion
from trialpool.records.trials import SelectedTrial


def asked(
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> MeanTimeAsked:
    """Make the typed question of its settings."""
    return comparative_asked(MeanTimeAsked, question_id, settings, pooling, endpoints)


def select(
    library: Library, asked: MeanTimeAsked
) -> tuple[MeanTimeQuestion, tuple[SelectedTrial, ...]]:
    """Choose the comparisons whose curves reach the horizon, and note those that end early."""
    chosen = _choose(library, asked)
    question = comparative_question(
        MeanTimeQuestion,
        library,
        asked,
        chosen,
        _choose,
        asked.variants,
        # Each comparison has a horizon of its own: months are never pooled over several.
        strategies=(),
        short_curves=short_curves(library, asked, chosen, _choose),
    )
    return question, chosen.trials


def _choose(library: Library, asked: MeanTimeAsked, main: Groups | None = None) -> Selection:
    return choose_comparisons(library, asked, *candidates(library, asked), main)

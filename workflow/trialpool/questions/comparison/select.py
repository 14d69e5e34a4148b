"""What a comparison asks for, and the trials that it pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialpool.measures import Endpoint
from trialpool.questions.shared.selection.asked import comparative_asked
from trialpool.questions.shared.selection.comparative import (
    CANDIDATES,
    Selection,
    choose_comparisons,
    comparative_question,
)
from trialpool.questions.shared.selection.control_risks import baselines
from trialpool.questions.shared.selection.grouping import Groups
from trialpool.questions.shared.selection.library import Library
from trialpool.records.comparison import ComparisonAsked, ComparisonQuestion
from trialpool.records.settings import ComparativeAsked
from trialpool.records.trials import SelectedTrial


def asked(
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> ComparisonAsked:
    """Make the typed question of its settings."""
    return comparative_asked(ComparisonAsked, question_id, settings, pooling, endpoints)


def select(
    library: Library, asked: ComparisonAsked
) -> tuple[ComparisonQuestion, tuple[SelectedTrial, ...]]:
    """Choose the comparisons that are pooled, under every policy that the question names."""
    chosen = _choose(library, asked)
    question = comparative_question(
        ComparisonQuestion,
        library,
        asked,
        chosen,
        _choose,
        asked.variants,
        baselines=baselines(library, asked.absolute, chosen.trials),
    )
    return question, chosen.trials


def _choose(library: Library, asked: ComparativeAsked, main: Groups | None = None) -> Selection:
    return choose_comparisons(
        library, asked, *CANDIDATES[asked.filters.table](library, asked), main
    )

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
    variant_trial,
)
from trialpool.questions.shared.selection.control_risks import baselines
from trialpool.questions.shared.selection.early_endpoint import (
    choose_side,
    early_settings,
    side_of,
)
from trialpool.questions.shared.selection.grouping import Groups
from trialpool.questions.shared.selection.library import Library
from trialpool.records.comparison import Borrowing, ComparisonAsked, ComparisonQuestion
from trialpool.records.settings import ComparativeAsked
from trialpool.records.trials import SelectedTrial


def asked(
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> ComparisonAsked:
    """Make the typed question of its settings."""
    borrow = settings.get("borrow")
    if borrow is not None:
        borrow = early_settings(question_id, settings, borrow, pooling, endpoints)
        settings = {**settings, "borrow": borrow}
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
        borrow=_borrowing(library, asked, chosen),
    )
    return question, chosen.trials


def _borrowing(library: Library, asked: ComparisonAsked, chosen: Selection) -> Borrowing | None:
    """Choose the effects on the early endpoint in the groups of the question."""
    if asked.borrow is None:
        return None
    early = choose_side(library, side_of(asked, asked.borrow), chosen.named)
    ours = {group.label for group in chosen.groups}
    kept = (trial for trial in early.trials if trial.group in ours)
    trials = tuple(variant_trial(trial, "experimental", "control") for trial in kept)
    return Borrowing(early=asked.borrow, trials=trials)


def _choose(library: Library, asked: ComparativeAsked, main: Groups | None = None) -> Selection:
    return choose_comparisons(
        library, asked, *CANDIDATES[asked.filters.table](library, asked), main
    )

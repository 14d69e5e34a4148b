"""A second endpoint beside the question's own, selected as a comparison selects its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from trialpool.measures import Endpoint
from trialpool.questions.shared.selection.asked import asked_as
from trialpool.questions.shared.selection.comparative import (
    CANDIDATES,
    Selection,
    choose_comparisons,
)
from trialpool.questions.shared.selection.grouping import Groups
from trialpool.questions.shared.selection.library import Library
from trialpool.records.base import record_from
from trialpool.records.settings import Asked, ComparativeAsked, EarlyEndpoint
from trialpool.records.trials import SelectedTrial

Key = tuple[str, str, str]


def early_settings(
    question_id: str,
    settings: Mapping[str, Any],
    early: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> Mapping[str, Any]:
    """Fill in what the settings of an early endpoint do not say: as for the question's own."""
    side = asked_as(ComparativeAsked, question_id, {**settings, **early}, pooling, endpoints)
    found: Mapping[str, Any] = msgspec.to_builtins(record_from(side, EarlyEndpoint))
    return found


def side_of(asked: Asked, early: EarlyEndpoint | None = None) -> ComparativeAsked:
    """Ask for one endpoint as a comparison would."""
    given = {} if early is None else structs.asdict(early)
    return record_from(asked, ComparativeAsked, **given)


def choose_side(library: Library, asked: ComparativeAsked, main: Groups | None = None) -> Selection:
    """Choose the effects of one endpoint; `main` are the groups of the other."""
    return choose_comparisons(
        library, asked, *CANDIDATES[asked.filters.table](library, asked), main
    )


def key_of(trial: SelectedTrial) -> Key:
    """Tell apart comparisons: the trial and its two arms."""
    return trial.trial_id, trial.experimental.arm_id, trial.control.arm_id

"""The flat question.json made a typed question, until selection writes records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialpool.records.files import question_of
from trialpool.records.questions import Question
from trialpool.records.settings import ComparativeFilters


def question_from_flat(flat: Mapping[str, Any]) -> Question:
    """Make a typed question of settings that stand beside each other."""
    filters = {name: flat[name] for name in ComparativeFilters.__struct_fields__ if name in flat}
    return question_of({**flat, "filters": filters})

"""The flat question.json made a typed question, until selection writes records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialpool.records.files import question_of
from trialpool.records.questions import Question
from trialpool.records.settings import ComparativeFilters


def kind_of(plain: Mapping[str, Any]) -> str:
    """Tell the kind of a question from the settings that only one kind has."""
    for name, kind in (
        ("interaction", "interaction"),
        ("prognostic", "prognosis"),
        ("single_arm", "proportion"),
    ):
        if plain.get(name) is not None:
            return kind
    return "mean_time" if plain["measure"] == "RMSTD" else "comparison"


def question_from_flat(flat: Mapping[str, Any]) -> Question:
    """Make a typed question of settings that stand beside each other."""
    filters = {name: flat[name] for name in ComparativeFilters.__struct_fields__ if name in flat}
    return question_of({**flat, "kind": kind_of(flat), "filters": filters})

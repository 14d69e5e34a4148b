"""Changes as JSON: full numbers on the analysis scale, everything under its id."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from msgspec import structs

from trialpool.changes.records import Changes, Edit, GroupChange, QuestionChange
from trialpool.changes.summary import POOLED
from trialpool.records.files import to_plain
from trialpool.records.summaries import GroupSummary, SubgroupTestSummary

Json = dict[str, Any]


def to_json(changes: Changes) -> Json:
    """Turn changes into plain values, ready for JSON.

    Parameters
    ----------
    changes : Changes
        What differs between two results.

    Returns
    -------
    dict
        `changed`; `trials` and `rows` with ids under `added`, `removed` and
        `edited` (of rows: id → column → old and new); `questions`: id → what moved.
    """
    by_status = {
        status: [row for row in changes.rows if row.status == status]
        for status in ("added", "removed", "changed")
    }
    return {
        "changed": bool(changes),
        "trials": {
            "added": list(changes.trials_added),
            "removed": list(changes.trials_removed),
            "edited": list(changes.trials_edited),
        },
        "rows": {
            "added": [row.row_id for row in by_status["added"]],
            "removed": [row.row_id for row in by_status["removed"]],
            "edited": {row.row_id: _edits(row.edits) for row in by_status["changed"]},
        },
        "questions": {question.id: _question(question) for question in changes.questions},
    }


def _edits(edits: tuple[Edit, ...]) -> Json:
    return {edit.name: {"old": edit.old, "new": edit.new} for edit in edits}


def _question(question: QuestionChange) -> Json:
    test = question.test
    return {
        "title": question.title,
        "status": question.status,
        "measure": question.measures[1],
        "settings": _edits(question.settings),
        "groups": [_group(group) for group in question.groups],
        "subgroup_test": None if test is None else {"old": _test(test.old), "new": _test(test.new)},
        "excluded": _edits(question.excluded),
        "other": list(question.other),
    }


def _group(group: GroupChange) -> Json:
    return {
        "label": group.label,
        "status": group.status,
        "moved": list(group.moved),
        "models_moved": {model: list(moved) for model, moved in group.models.items()},
        "old": _pool(group.old),
        "new": _pool(group.new),
        "because_of": [
            {key: value for key, value in asdict(cause).items() if key not in ("old", "new")}
            | {
                side: dict(zip(("estimate", "se"), effect, strict=True)) if effect else None
                for side, effect in (("old", cause.old), ("new", cause.new))
            }
            for cause in group.causes
        ],
    }


def _test(test: SubgroupTestSummary | None) -> Json | None:
    return None if test is None else structs.asdict(test)


def _pool(group: GroupSummary | None) -> Json | None:
    if group is None:
        return None
    plain = to_plain(group)  # leaves out what has the value of a field's default
    names = (*(name for names in POOLED.values() for name in names), "models")
    return {name: plain.get(name, getattr(group, name)) for name in names}

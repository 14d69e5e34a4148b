"""Which raw rows and trials were added, removed or edited."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from trialpool.changes.records import Changes, Edit, RowChange, Status
from trialpool.changes.tolerance import same, same_cell
from trialpool.records.results import Result
from trialpool.records.trials import WeighedTrial

Row = Mapping[str, str]
Key = tuple[str, str]

# A row's place in its file changes with every row above it, and says nothing about it.
_IGNORED: Final = ("line",)
# Columns that follow from the printed numbers.
COMPUTED: Final = (
    *("yi", "sei", "sei_lower", "sei_upper", "asymmetry", "rungs"),
    *("events_smallest", "events_largest"),
)
# What a pooled trial shows beyond effects.csv: cells of arms.csv and trials.csv, and of its row.
_OF_TRIAL: Final = ("label", "year", "comparison", "maturity", "population", "extraction")
_OF_ARM: Final = ("label", "agents", "n", "events")


def compare_rows(
    old: Sequence[Row],
    new: Sequence[Row],
    old_results: Mapping[str, Result],
    new_results: Mapping[str, Result],
) -> Changes:
    """Compare the rows of two effects.csv, and the trials that show them.

    Parameters
    ----------
    old, new : sequence of mapping
        Rows of effects.csv, every cell as text.
    old_results, new_results : mapping
        Question id → result.

    Returns
    -------
    Changes
        With trials and rows, no questions. Rows are matched by table and id.
    """
    before, after = ({_key(row): row for row in rows} for rows in (old, new))
    shown = _edits_shown(old_results, new_results)
    changes = [
        *(_change(after[key], "added") for key in after.keys() - before.keys()),
        *(_change(before[key], "removed") for key in before.keys() - after.keys()),
    ]
    for key in before.keys() & after.keys():
        if edits := _once(*_edits(before[key], after[key]), *shown.get(key[1], {}).values()):
            changes.append(_change(after[key], "changed", edits))
    trials_before = _trials(old, old_results)
    trials_after = _trials(new, new_results)
    touched = {change.trial_id for change in changes}
    return Changes(
        tuple(sorted(trials_after - trials_before)),
        tuple(sorted(trials_before - trials_after)),
        tuple(sorted(touched & trials_before & trials_after)),
        tuple(sorted(changes, key=lambda change: (change.row_id, change.table))),
    )


def _key(row: Row) -> Key:
    return row.get("table", ""), row["row_id"]


def _change(row: Row, status: Status, edits: tuple[Edit, ...] = ()) -> RowChange:
    table, trial_id, endpoint = (row.get(name, "") for name in ("table", "trial_id", "endpoint"))
    return RowChange(row["row_id"], table, trial_id, endpoint, status, edits)


def _trials(rows: Sequence[Row], results: Mapping[str, Result]) -> set[str]:
    pooled = chain.from_iterable(result.trials for result in results.values())
    return {row["trial_id"] for row in rows} | {trial.trial_id for trial in pooled}


def _once(*edits: Edit) -> tuple[Edit, ...]:
    """Tell each edit once: a count is a column, a printed number and a cell of an arm."""
    told: dict[tuple[str, str, str], Edit] = {}
    for edit in edits:
        told.setdefault((edit.name.rpartition(".")[2], str(edit.old), str(edit.new)), edit)
    return tuple(told.values())


def _edits(old: Row, new: Row) -> Iterator[Edit]:
    """Compare a row's cells; of the printed numbers each by its own name."""
    names = dict.fromkeys((*old, *new))
    for name in names:
        before, after = old.get(name, ""), new.get(name, "")
        if name in _IGNORED or before == after:
            continue
        if name == "inputs":
            printed, reprinted = _printed(before), _printed(after)
            for part in dict.fromkeys((*printed, *reprinted)):
                if printed.get(part) != reprinted.get(part):
                    yield Edit(part, printed.get(part), reprinted.get(part))
        elif not (name in COMPUTED and same_cell(before, after)):
            yield Edit(name, before, after)


def _printed(cell: str) -> dict[str, Any]:
    try:
        content = json.loads(cell or "{}")
    except ValueError:
        content = None
    return content if isinstance(content, dict) else {"inputs": cell}


def _edits_shown(
    old: Mapping[str, Result], new: Mapping[str, Result]
) -> dict[str, dict[str, Edit]]:
    """Compare what pooled trials show of the same rows: row id → name → edit."""
    found: dict[str, dict[str, Edit]] = {}
    for question in sorted(old.keys() & new.keys()):
        before, after = (
            {trial.row_ids: trial for trial in side[question].trials} for side in (old, new)
        )
        for row_ids in sorted(before.keys() & after.keys()):
            cells, cells_now = _shown(before[row_ids]), _shown(after[row_ids])
            for (row_id, name), value in cells.items():
                now = cells_now.get((row_id, name))
                if not same(value, now):
                    found.setdefault(row_id, {})[name] = Edit(name, value, now)
    return found


def _shown(trial: WeighedTrial) -> dict[Key, Any]:
    """Return row id and name → value; the last row of two is the control arm's."""
    first, last = trial.row_ids[0], trial.row_ids[-1]
    cells = {(first, name): getattr(trial, name) for name in _OF_TRIAL}
    for side, arm, row_id in (
        ("experimental", trial.experimental, first),
        ("control", trial.control, last),
    ):
        cells |= {(row_id, f"{side}.{name}"): getattr(arm, name) for name in _OF_ARM}
    return cells

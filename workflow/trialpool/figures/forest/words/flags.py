"""Further notes on rows: who read the number, and what came since an earlier release."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]

SINGLE_READER = "one reader found the number, no second one yet"
NEW = "new since the last release"
CHANGED = "estimate or interval changed since the last release"
# As the comparison of builds: another processor moves nothing.
_SAME = 1e-8


def with_flags(
    result: Record, *, single_reader: bool = False, previous: Record | None = None
) -> Record:
    """Return a record whose trials carry further notes after their own.

    Parameters
    ----------
    result : mapping
        A result record.
    single_reader : bool
        Mark trials whose row was extracted by one reader (`extraction` is "single").
    previous : mapping, optional
        The same question's record, or baseline, of an earlier release: trials that it does not
        have, and those whose numbers moved by more than 1e-8, are marked.
    """
    if not single_reader and previous is None:
        return result
    before = _trials_of(previous or {})
    trials = []
    for trial in result["trials"]:
        flags = list(trial.get("flags") or ())
        if single_reader and trial.get("extraction") == "single":
            flags.append(SINGLE_READER)
        if previous is not None:
            old = _same_comparison(trial, before)
            if old is None:
                flags.append(NEW)
            elif any(_moved(trial[name], old[name]) for name in ("estimate", "se")):
                flags.append(CHANGED)
        trials.append({**trial, "flags": flags})
    return {**result, "trials": trials}


def _trials_of(previous: Record) -> list[Record]:
    """Trials of a record, or of a baseline, which holds them group by group."""
    if "trials" in previous:
        return list(previous["trials"])
    return [
        {**trial, "group": group["label"]}
        for group in previous.get("groups") or ()
        for trial in group.get("trials") or ()
    ]


def _same_comparison(trial: Record, before: Sequence[Record]) -> Record | None:
    """Find what stood for a trial: one with several arms has a row for each comparison.

    A baseline names no comparisons; there the group tells two rows of a trial apart.
    """
    own = [old for old in before if str(old["trial_id"]) == str(trial["trial_id"])]
    named = [old for old in own if old.get("comparison")]
    if named or trial.get("comparison") in (None, ""):
        text = str(trial.get("comparison") or "")
        return next((old for old in own if str(old.get("comparison") or "") == text), None)
    if len(own) > 1:
        own = [old for old in own if old.get("group") == trial.get("group")]
    return own[0] if own else None


def _moved(one: float, other: float) -> bool:
    return not math.isclose(one, other, rel_tol=_SAME, abs_tol=_SAME)

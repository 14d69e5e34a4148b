"""Further notes on rows: who read the number, and what came since an earlier release."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
        The same question's record of an earlier release: trials that it does not have, and
        those whose numbers moved by more than 1e-8, are marked.
    """
    if not single_reader and previous is None:
        return result
    before = {_key(trial): trial for trial in (previous or {}).get("trials", ())}
    trials = []
    for trial in result["trials"]:
        flags = list(trial.get("flags") or ())
        if single_reader and trial.get("extraction") == "single":
            flags.append(SINGLE_READER)
        if previous is not None:
            old = before.get(_key(trial))
            if old is None:
                flags.append(NEW)
            elif any(_moved(trial[name], old[name]) for name in ("estimate", "se")):
                flags.append(CHANGED)
        trials.append({**trial, "flags": flags})
    return {**result, "trials": trials}


def _key(trial: Record) -> tuple[str, str]:
    """Tell rows apart: a trial with several arms has one for each comparison."""
    return str(trial["trial_id"]), str(trial.get("comparison") or "")


def _moved(one: float, other: float) -> bool:
    return not math.isclose(one, other, rel_tol=_SAME, abs_tol=_SAME)

"""What an earlier release says of a question's trials: a result record, or a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from trialpool.files import read_json
from trialpool.findings import Finding, InputError
from trialpool.records.base import Record
from trialpool.records.results import Result


class ReleasedTrial(Record, frozen=True, kw_only=True):
    """An effect of a release, on the analysis scale; a baseline names no comparisons."""

    trial_id: str
    group: str
    comparison: str = ""
    estimate: float
    se: float


def released_trials(previous: Result | Mapping[str, Any]) -> tuple[ReleasedTrial, ...]:
    """Return the trials of a result, of any version, or of a baseline.

    Parameters
    ----------
    previous : Result or mapping
        What a result.json holds, or a baseline, which has its trials group by group.

    Raises
    ------
    msgspec.ValidationError
        If a trial has no identifier, estimate or standard error.
    """
    trials: Any
    if isinstance(previous, Result):
        trials = previous.trials
    elif "trials" in previous:
        trials = previous["trials"]
    else:
        trials = [
            {**trial, "group": group["label"]}
            for group in previous.get("groups") or ()
            for trial in group.get("trials") or ()
        ]
    return msgspec.convert(trials, tuple[ReleasedTrial, ...], from_attributes=True)


def read_released(path: Path) -> tuple[ReleasedTrial, ...]:
    """Read the trials of a result.json, of any version, or of a baseline.

    Raises
    ------
    InputError
        If the file is missing, no JSON, or holds no trials.
    """
    remedy = "Give a result.json that a build has written, or a baseline."
    try:
        return released_trials(read_json(path))
    except FileNotFoundError:
        rule, message = "file-exists", f"the file is missing ({path})"
    except (OSError, TypeError, KeyError, ValueError) as error:
        rule, message = "result-record", f"its trials cannot be read: {error}"
    raise InputError([Finding("fatal", rule, path.name, message=message, remedy=remedy)])

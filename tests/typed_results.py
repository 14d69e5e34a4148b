"""Results that a test built, as typed records."""

from __future__ import annotations

from typing import Any

import msgspec

from trialpool.records.results import Result
from trialpool.records.tables import TABLE_TRIAL


def typed(built: Any) -> Any:
    """Make a typed result of what pooling returned of trials that a test described in part."""
    if isinstance(built, Result):
        return built
    from trialpool.records.untyped import typed_result

    empty = msgspec.to_builtins(TABLE_TRIAL)
    trials = [
        {**empty, **trial, "derivation": {**empty["derivation"], **trial["derivation"]}}
        for trial in built["trials"]
    ]
    return typed_result({**built, "trials": trials})

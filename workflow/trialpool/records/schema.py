"""JSON Schemas of what a build writes, generated from the records: docs/schemas/."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, Final

import msgspec

from trialpool.questions.registry import KINDS, record_class
from trialpool.records.comparisons import Comparisons

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each kind of file by its name, for example ``"result"``.

    A question and a result are one of several kinds, told apart by ``kind``.
    """
    by_kind = {
        which.lower(): reduce(or_, [record_class(kind, which) for kind in KINDS])
        for which in ("QUESTION", "RESULT")
    }
    records = {**by_kind, "comparisons": Comparisons}
    return {name: _schema(record) for name, record in records.items()}


def _schema(record: Any) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components((record,), ref_template="#/$defs/{name}")
    return {"$schema": _DIALECT, **schema, "$defs": dict(sorted(components.items()))}

"""Frozen records of arrays as rows of plain values."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any, ClassVar, Protocol

import numpy as np


class Columns(Protocol):
    """A dataclass whose fields are arrays of one length."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


def plain_rows(record: Columns) -> list[dict[str, Any]]:
    """Give one dict per entry, in the order of the fields, ready for JSON; NaN becomes None."""
    columns = {f.name: getattr(record, f.name) for f in fields(record)}
    lists = {name: x.tolist() for name, x in columns.items() if isinstance(x, np.ndarray)}
    return [
        {name: _plain(value) for name, value in zip(lists, row, strict=True)}
        for row in zip(*lists.values(), strict=True)
    ]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value

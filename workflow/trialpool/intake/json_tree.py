"""Reading JSON whose shape is not to be trusted: what has another type is absent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trialpool.intake.files import read_text, refuse

Node = Mapping[str, Any]


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Numbers stay text: 0.70 and 0.7 say different things about rounding.

    Raises
    ------
    InputError
        If it is not JSON.
    """
    content, remedy = read_text(path), "Download the record again."
    try:
        return json.loads(content, parse_float=str, parse_int=str, parse_constant=lambda name: name)
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg}"
        raise refuse(path.name, "json", message, remedy, line=error.lineno) from None
    except (RecursionError, ValueError) as error:
        raise refuse(path.name, "json", f"not usable JSON: {error}", remedy) from None


def node(parent: Any, *path: str) -> Node:
    """Return the object under a path of keys; an empty one if there is none."""
    for key in path:
        parent = parent.get(key) if isinstance(parent, Mapping) else None
    return parent if isinstance(parent, Mapping) else {}


def nodes(parent: Any, key: str) -> list[Node]:
    """Return the objects of a list; what is not an object is an empty one.

    Places are counted in the list, so nothing may be skipped in it.
    """
    found = parent.get(key) if isinstance(parent, Mapping) else None
    if not isinstance(found, list):
        return []
    return [entry if isinstance(entry, Mapping) else {} for entry in found]


def text(parent: Any, key: str) -> str:
    """Return a cell as one stripped line of text; empty if it is absent or not a scalar."""
    found = parent.get(key) if isinstance(parent, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return " ".join(str(found).split())


def texts(parent: Any, key: str) -> list[str]:
    """Return the texts of a list."""
    found = parent.get(key) if isinstance(parent, Mapping) else None
    return [entry for entry in found if isinstance(entry, str)] if isinstance(found, list) else []

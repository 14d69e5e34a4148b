"""Records of fits as plain values, ready for JSON."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np


class Plain:
    """A record that can be written as JSON.

    Attributes
    ----------
    unwritten : tuple of str
        Fields that are left out.
    """

    unwritten: ClassVar[tuple[str, ...]] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON, in the order of the attributes."""
        return {
            name: plain(value) for name, value in vars(self).items() if name not in self.unwritten
        }


def plain(value: Any) -> Any:
    """Return tuples and arrays as lists and records as dicts, whatever they lie in."""
    if isinstance(value, Plain):
        return value.to_dict()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value

"""Small reviews to start from: files as they lie in a review's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

EXAMPLES: Final = Path(__file__).resolve().parent / "examples"


def examples() -> list[str]:
    """Return the names of the examples."""
    return sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())


def example(name: str) -> Path:
    """Return the folder of an example: ``config`` and ``data/raw``.

    Raises
    ------
    KeyError
        There is no such example.
    """
    if name not in examples():
        raise KeyError(name)
    return EXAMPLES / name

"""Where the workflow lies: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parents[1]


def place(path: str) -> Path:
    """Return a file or folder of the workflow by its path in a checkout.

    The wheel holds the same tree inside the package: ``Snakefile`` and what of ``workflow`` is no
    Python. An editable install reads the checkout.
    """
    inside = PACKAGE / path
    return inside if inside.exists() else PACKAGE.parents[1] / path


def lock_file() -> Path | None:
    """Return the lock file of a checkout, None where trialpool is installed without one."""
    lock = PACKAGE.parents[1] / "requirements.lock"
    return lock if lock.is_file() and place("Snakefile").parent == lock.parent else None


def installed_versions() -> str:
    """Return the versions of trialpool and of what it asks for, as far as they are installed.

    They stand for the lock file where there is none: with other versions numbers may be others.
    """
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        asked = requires("trialpool") or []
    except PackageNotFoundError:
        return ""
    found = {}
    for text in ["trialpool", *asked]:
        name = re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0]
        try:
            found[name.lower()] = version(name)
        except PackageNotFoundError:
            continue
    return " ".join(f"{name}=={found[name]}" for name in sorted(found))

"""The paths of a review: what neither Snakemake nor a file system of other people can hold."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from trialpool.findings import Finding
from trialpool.settings.documents import Document

# Braces are wildcards of Snakemake; the others are forbidden on some system, or end a command.
_FORBIDDEN: Final = re.compile(r'[{}<>"|?*\\\n\r\t]')
_LONGEST: Final = 120


def path_faults(document: Document, root: Path) -> Iterator[Finding]:
    """Yield every path of config.yaml that cannot be used, and results that would hold the data.

    Parameters
    ----------
    document : Document
        config.yaml, which its schema let pass.
    root : Path
        Folder that the paths are relative to.
    """
    paths: dict[str, str] = document.content["paths"]

    def fault(name: str, message: str, remedy: str) -> Finding:
        return Finding(
            "fatal", "path-usable", document.file, document.line(f"paths.{name}"), "",
            f"paths.{name}", paths[name], message, remedy,
        )  # fmt: skip

    for name, path in paths.items():
        if found := _FORBIDDEN.search(path):
            yield fault(name, f"a path cannot hold {found[0]!r}", "Name it without.")
        elif path.startswith(("-", "~")) or path != path.strip():
            message = "a path cannot begin with '-' or '~', nor begin or end with a blank"
            yield fault(name, message, "Name it otherwise.")
        elif any(len(part) > _LONGEST for part in Path(path).parts):
            yield fault(name, f"a name has more than {_LONGEST} characters", "Name it shorter.")
    results = _absolute(root, paths["results"])
    kept = {name: _absolute(root, path) for name, path in paths.items() if name != "results"}
    for what, place in {"the review itself": _absolute(root, "."), **kept}.items():
        if place.is_relative_to(results):
            message = f"the results would lie over {what}, which a build must not touch"
            yield fault("results", message, "Name a folder of its own, such as 'results'.")
            return
    if results.is_relative_to(kept["raw"]):
        message = "the results would lie among the raw tables"
        yield fault("results", message, "Name a folder of its own, such as 'results'.")


def _absolute(root: Path, path: str) -> Path:
    return Path(os.path.normpath(Path.cwd() / root / path))

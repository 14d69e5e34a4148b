"""ZIP archives that are the same bytes whenever they are written."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

# The first moment that a ZIP archive can hold.
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_LEVEL: Final = 6


def archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Pack files: fixed times, rights and system, in the order given.

    Parameters
    ----------
    files : iterable of (str, bytes)
        Path inside the archive, and content.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as packed:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content, compresslevel=_LEVEL)
    return buffer.getvalue()


def repacked(content: bytes) -> bytes:
    """Pack an archive again with fixed times, in its own order."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return archive([(entry.filename, packed.read(entry)) for entry in packed.infolist()])


def folder_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Return the files below a folder by their paths in it, hidden ones left out, in order."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            yield inside.as_posix(), path.read_bytes()


def archived_folder(folder: Path) -> bytes:
    """Pack a folder under its own name."""
    return archive((f"{folder.name}/{name}", content) for name, content in folder_files(folder))

"""The files of a zip archive, read in memory: nothing is unpacked to disk, sizes are limited."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from trialpool.intake.files import refuse
from trialpool.intake.record import one_line

# The largest packages hold some thousand references and some megabytes of tables.
_BIGGEST_UNPACKED: Final = 300_000_000
_BIGGEST_PART: Final = 50_000_000
_MOST_PARTS: Final = 5_000
_DEEPEST: Final = 2
_DAMAGED: Final = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, NotImplementedError),
    *(RuntimeError, EOFError, OSError, ValueError, OverflowError, MemoryError),
)
_REMEDY: Final = "Download or export it again."


def read_archive(file: str, raw: bytes, wanted: re.Pattern[str]) -> Mapping[str, bytes]:
    """Read the parts of an archive whose name is wanted, and those of archives inside it.

    Parameters
    ----------
    file : str
        Its name, for findings.
    raw : bytes
    wanted : pattern
        Searched for in the path of a part.

    Returns
    -------
    mapping of str to bytes
        By path inside the archive.

    Raises
    ------
    InputError
        If it is damaged or encrypted, has a path that leads out of its folder, holds a part
        twice, or unfolds to more than is allowed.
    """
    found: dict[str, bytes] = {}
    _read(file, "", raw, wanted, found, _DEEPEST)
    return found


def _read(
    file: str, inside: str, raw: bytes, wanted: re.Pattern[str], found: dict[str, bytes], deep: int
) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            _check(file, parts)
            for part in parts:
                path = f"{inside}{part.filename}"
                nested = deep > 0 and part.filename.lower().endswith(".zip")
                if part.is_dir() or not (nested or wanted.search(path)):
                    continue
                with archive.open(part) as stream:
                    content = stream.read(_BIGGEST_PART + 1)
                if len(content) > _BIGGEST_PART or (
                    sum(map(len, found.values())) + len(content) > _BIGGEST_UNPACKED
                ):
                    message = f"{one_line(path)} unfolds to more than is allowed"
                    raise refuse(file, "zip-size", message, "This is no package of a review.")
                if nested:
                    _read(file, f"{path}/", content, wanted, found, deep - 1)
                elif path in found:
                    message = f"the archive holds {one_line(path)} twice"
                    raise refuse(file, "zip-once", message, _REMEDY)
                else:
                    found[path] = content
    except _DAMAGED as error:
        message = f"the zip archive is damaged or encrypted: {one_line(error)[:200]}"
        raise refuse(file, "zip", message, _REMEDY) from None


def _check(file: str, parts: list[zipfile.ZipInfo]) -> None:
    """Refuse what no package of a review holds."""
    size = sum(part.file_size for part in parts)
    if size > _BIGGEST_UNPACKED or len(parts) > _MOST_PARTS:
        message = f"the archive unfolds to {size // 1_000_000} MB in {len(parts)} parts"
        raise refuse(file, "zip-size", message, "This is no package of a review.")
    for part in parts:
        # zipfile has made slashes of backslashes only on Windows.
        path = part.orig_filename.replace("\\", "/")
        if path.startswith("/") or ".." in path.split("/") or re.match(r"[A-Za-z]:", path):
            message = f"a path inside the archive leads out of it: {one_line(path)[:100]!r}"
            remedy = "No program of reviews writes this; do not use the file."
            raise refuse(file, "zip-path", message, remedy)

"""Writing files: whole or not at all, the same bytes every time; reading what was written so.

In a build the digest of every file that a step writes goes to a list of checksums, so that one
that is damaged or edited by hand later is noticed: by the next build, and by whoever reads it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from trialpool.findings import Finding, InputError

# Variable of the environment: the lists of checksums of the reviews that are built, one a line.
CHECKSUMS: Final = "TRIALPOOL_CHECKSUMS"
# In place of a digest: what the list says of files in this folder is over.
_OVER: Final = "-"


def write_bytes(path: Path, content: bytes) -> None:
    """Write to a temporary file beside `path`, then rename it over `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        _note(hashlib.sha256(content).hexdigest(), path)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write several files, all of them or none: where one cannot take its place, none does.

    Raises
    ------
    OSError
        As the first file that could not be written; those before it hold what they held.
    """
    before = {path: path.read_bytes() if path.exists() else None for path in contents}
    written: list[Path] = []
    try:
        for path, content in contents.items():
            write_bytes(path, content)
            written.append(path)
    except OSError:
        for path in written:
            held = before[path]
            if held is None:
                path.unlink()
            else:
                write_bytes(path, held)
        raise


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text with Unix line ends, whole or not at all."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write JSON: two-space indent, keys as given, shortest floats; NaN is an error."""
    # Python's own encoder is written in C, but not where it indents.
    packed = json.dumps(content, ensure_ascii=False, allow_nan=False)
    write_text(path, msgspec.json.format(packed, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    InputError
        In a build, if it is not as a step wrote it.
    """
    return json.loads(_as_written(path).decode("utf-8"))


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a CSV table as `rows_text` gives it."""
    write_text(path, rows_text(columns, rows))


def rows_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return a CSV table with Unix line ends; None becomes an empty cell."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", extrasaction="raise")
    writer.writeheader()
    for row in rows:
        writer.writerow({column: "" if row[column] is None else row[column] for column in columns})
    return buffer.getvalue()


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV table that trialpool wrote; every cell as text.

    Raises
    ------
    InputError
        In a build, if it is not as a step wrote it.
    """
    return list(csv.DictReader(io.StringIO(_as_written(path).decode("utf-8"), newline="")))


def begin_folder(folder: Path) -> None:
    """Say that a folder is written anew: what it held before is no file of the build any more."""
    _note(_OVER, folder)


def checksums(listed: Path) -> dict[Path, str]:
    """Read a list of checksums: the digest that each file must have, by its path."""
    found: dict[Path, str] = {}
    try:
        # A line that a full disk or a kill cut short is no line.
        lines = listed.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return found
    for line in lines:
        digest, apart, name = line.partition("  ")
        path = Path(os.path.normpath(listed.parent / name))
        if digest == _OVER:
            found = {file: known for file, known in found.items() if not file.is_relative_to(path)}
        elif apart and len(digest) == hashlib.sha256().digest_size * 2:
            found[path] = digest
    return found


def write_checksums(listed: Path, digests: Mapping[Path, str]) -> None:
    """Write a list of checksums anew."""
    lines = (_line(digest, path, listed) for path, digest in sorted(digests.items()))
    write_bytes(listed, "".join(lines).encode("utf-8"))


def _note(digest: str, path: Path) -> None:
    """Add to the list of checksums of this build, if there is one; other steps add to it too."""
    if (listed := _list_of(path)) is not None:
        listed.parent.mkdir(parents=True, exist_ok=True)
        with listed.open("ab", buffering=0) as stream:
            stream.write(b"\n" + _line(digest, path, listed).encode("utf-8"))


def _list_of(path: Path) -> Path | None:
    """Return the list in the results that hold a file: one workflow can build several reviews."""
    whole = Path(os.path.normpath(Path.cwd() / path))
    lists = map(Path, filter(None, os.environ.get(CHECKSUMS, "").split("\n")))
    return next((one for one in lists if whole.is_relative_to(one.parent.parent)), None)


def _line(digest: str, path: Path, listed: Path) -> str:
    return f"{digest}  {Path(os.path.relpath(path, listed.parent)).as_posix()}\n"


def _as_written(path: Path) -> bytes:
    content = path.read_bytes()
    listed = _list_of(path)
    known = _known(listed).get(Path(os.path.normpath(Path.cwd() / path))) if listed else None
    if known not in (None, hashlib.sha256(content).hexdigest()):
        raise InputError([altered(path)])
    return content


@cache
def _known(listed: Path) -> dict[Path, str]:
    # What a step reads was written before it began.
    return checksums(listed)


def altered(path: Path) -> Finding:
    """Say that a file of a build is not as it was written."""
    return Finding(
        "fatal",
        "file-as-written",
        str(path),
        message="the file is damaged or was edited after the build had written it",
        remedy="`trialpool build` makes it again; edit the raw tables or the settings instead.",
    )

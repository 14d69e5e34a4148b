"""What steps make, kept by what it was made of: a step makes only what changed.

An entry is one file, named by the digest of everything that its contents depend on: code,
libraries, settings and input. It is written whole under another name first, so that a kill or
another job leaves no half of one; its own digest is checked whenever it is read.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from trialpool.files import write_bytes

# Variable of the environment: the folder of the cache. The workflow sets it; empty: none.
FOLDER: Final = "TRIALPOOL_CACHE"
# Largest size of a cache, in bytes: some ten builds of a review of fifty questions; three builds of
# a larger one, of which each question needs some 0.6 MB.
LIMIT: Final = 500_000_000
PER_QUESTION: Final = 2_000_000
# What a prune leaves, so that it is not needed again at once; and when a half-written file is
# nobody's any more, in seconds.
_LEFT: Final = 0.8
_ABANDONED: Final = 3600.0
_DIGEST: Final = hashlib.sha256().digest_size


def digest(*parts: bytes | str) -> str:
    """Return the SHA-256 of these parts, each with its length, as hexadecimal text."""
    found = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8") if isinstance(part, str) else part
        found.update(f"{len(content)} ".encode() + content)
    return found.hexdigest()


class Cache:
    """A folder of entries, each some named contents.

    Parameters
    ----------
    folder : Path, optional
        None: nothing is kept, everything is made.
    base : str
        What all entries of this run depend on: digest of code and libraries.
    """

    def __init__(self, folder: Path | None = None, base: str = "") -> None:
        self.folder, self.base = folder, base

    @classmethod
    def of_build(cls, base: str | None) -> Cache:
        """Return the cache of the build that runs this step; one that keeps nothing without it."""
        folder = os.environ.get(FOLDER)
        return cls(Path(folder), base) if folder and base else cls()

    def made(
        self, parts: Iterable[bytes | str], make: Callable[[], Mapping[str, bytes]]
    ) -> Mapping[str, bytes]:
        """Return what `make` gives: as kept, if it was made of the same parts before.

        Parameters
        ----------
        parts : iterable of bytes or str
            Everything besides the code that the contents depend on; first what is made.
        make : callable
            Returns contents by name.
        """
        parts = tuple(parts)
        known = self.kept(parts)
        if known is not None:
            return known
        found = make()
        self.keep(parts, found)
        return found

    def kept(self, parts: Iterable[bytes | str]) -> Mapping[str, bytes] | None:
        """Return what was made of these parts before; None where nothing was."""
        return None if self.folder is None else _read(self.folder / digest(self.base, *parts))

    def keep(self, parts: Iterable[bytes | str], contents: Mapping[str, bytes]) -> None:
        """Keep what was made of these parts."""
        if self.folder is not None:
            self._write(self.folder / digest(self.base, *parts), contents)

    def files(
        self, parts: Iterable[bytes | str], folder: Path, make: Callable[[], Iterable[Path]]
    ) -> None:
        """Put the files that `make` writes into a folder: as kept, or made.

        Parameters
        ----------
        parts : iterable of bytes or str
            As of `made`.
        folder : Path
        make : callable
            Writes files into the folder itself, and returns their paths.
        """
        new = False

        def contents() -> dict[str, bytes]:
            nonlocal new
            new = True
            written = list(make())
            return {} if self.folder is None else {one.name: one.read_bytes() for one in written}

        found = self.made(parts, contents)
        for name, content in {} if new else found.items():
            write_bytes(folder / Path(name).name, content)

    def prune(self, limit: int) -> None:
        """Remove what was used longest ago until the folder is well within this limit in bytes."""
        if self.folder is None or not self.folder.is_dir():
            return
        entries, now = [], time.time()
        for path in self.folder.iterdir():
            try:
                found = path.stat()
                if path.name.startswith(".") and now - found.st_mtime > _ABANDONED:
                    path.unlink()
                elif not path.name.startswith("."):
                    entries.append((found.st_mtime_ns, found.st_size, path))
            except OSError:
                continue  # another job removed it
        size = sum(one[1] for one in entries)
        if size <= limit:
            return
        for _, length, path in sorted(entries):
            if size <= limit * _LEFT:
                break
            with suppress(OSError):
                path.unlink(missing_ok=True)
            size -= length

    def _write(self, path: Path, contents: Mapping[str, bytes]) -> None:
        payload = msgspec.msgpack.encode(dict(contents))
        # Other threads, processes and machines may write the same at the same time.
        temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(hashlib.sha256(payload).digest() + payload)
            temporary.replace(path)
        except OSError:
            # A full or read-only disk costs time, no build: what was made is there.
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def prune_of_build(questions: int) -> None:
    """Prune the cache of this build, of a review of so many questions; without one do nothing."""
    folder = os.environ.get(FOLDER)
    if folder:
        Cache(Path(folder)).prune(max(LIMIT, questions * PER_QUESTION))


def _read(path: Path) -> dict[str, bytes] | None:
    """Read an entry; one that is damaged is removed."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    payload = content[_DIGEST:]
    if hashlib.sha256(payload).digest() != content[:_DIGEST]:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return None
    with suppress(OSError):  # of a read-only one nobody removes what is used
        os.utime(path)
    return msgspec.msgpack.decode(payload, type=dict[str, bytes])

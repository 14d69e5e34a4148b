"""Whether nothing was touched since the last build that ended well: then Snakemake need not look.

It takes seconds to find that nothing is to be done; names, sizes and times of all files say so in
a tenth of one. Any difference, even of a file that no rule reads, leaves the decision to Snakemake.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from trialpool.files import write_text
from trialpool.settings import Settings
from trialpool.settings.places import PACKAGE, installed_versions, lock_file, place

# Below the results.
_RECORD: Final = "logs/untouched.txt"
# Folders of the results that say when and how it was built.
_ASIDE: Final = frozenset({"logs", "benchmarks"})
# A file may change twice within one tick of the clock of a file system, in nanoseconds.
_TICK: Final = 2_000_000_000


class Read(NamedTuple):
    """State of everything that a build reads, before it begins.

    Attributes
    ----------
    digest : str
        Of names, sizes and times of the files, and of the environment.
    is_settled : bool
        Whether the last change lies long enough back that a later one has another time.
    """

    digest: str
    is_settled: bool


def state_read(settings: Settings) -> Read:
    """Look at the review's folder, whatever it names elsewhere, and trialpool itself."""
    paths = settings.config["paths"]
    named = [settings.path(name) for name in paths if name != "results" and paths[name]]
    results = settings.path("results")
    package = [PACKAGE, place("Snakefile"), place("workflow"), *filter(None, [lock_file()])]
    files = list(_files([settings.root, *named, *package], {os.path.realpath(results)}))
    newest = max((max(found.st_mtime_ns, found.st_ctime_ns) for _, found in files), default=0)
    versions = "" if lock_file() else installed_versions()
    lines = [sys.version, sys.prefix, versions, *_lines(files)]
    return Read(_digest(lines), newest < time.time_ns() - _TICK)


def is_untouched(settings: Settings, read: Read) -> bool:
    """Whether the last build that ended well read the same, and left what is there."""
    record = settings.path("results") / _RECORD
    try:
        return record.read_text(encoding="utf-8") == _said(settings, read)
    except OSError:
        return False


def note(settings: Settings, read: Read) -> None:
    """Write down what a build that ended well read and left."""
    if read.is_settled:
        write_text(settings.path("results") / _RECORD, _said(settings, read))


def _said(settings: Settings, read: Read) -> str:
    results = settings.path("results")
    aside = {os.path.realpath(results / name) for name in _ASIDE}
    return f"read {read.digest}\nbuilt {_digest(_lines(_files([results], aside)))}\n"


def _files(places: Iterable[Path], aside: set[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield files below these places once each; hidden and compiled ones say nothing."""
    seen = set(aside)
    waiting = list(places)
    while waiting:
        path = waiting.pop()
        real = os.path.realpath(path)
        if real in seen:
            continue
        seen.add(real)
        try:
            found = path.stat()
            if stat.S_ISDIR(found.st_mode):
                waiting += filter(_counts, path.iterdir())
            else:
                yield str(path), found
        except OSError:
            continue  # what cannot be read, no rule reads


def _counts(path: Path) -> bool:
    return not path.name.startswith(".") and path.name != "__pycache__"


def _lines(files: Iterable[tuple[str, os.stat_result]]) -> list[str]:
    return sorted(
        f"{path!r} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"
        for path, found in files
    )


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()

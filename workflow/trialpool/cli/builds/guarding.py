"""What holds before a build begins: it is alone, and what was built before is as it was written."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from trialpool.files import checksums, write_checksums
from trialpool.findings import Finding, InputError
from trialpool.settings import Settings, load_settings

# Below the results: the digest of every file as a step wrote it.
LISTED: Final = "logs/checksums.txt"
# A product of many files, which Snakemake knows as one: it goes as a whole.
_SITE: Final = "staging/built/report"


@contextmanager
def alone(settings: Settings) -> Iterator[IO[str]]:
    """Build a results folder alone, and hand on the lock that every process of the build holds.

    A lock ends with the last process that holds it, however that ends. The first is of this
    process only; the second goes to Snakemake and its jobs as their standard input, so that what a
    killed build left running is waited for.

    Raises
    ------
    InputError
        If another build is running, the folder is of another review, or it cannot be written.
    """
    results = settings.path("results").absolute()
    try:
        (results / "logs").mkdir(parents=True, exist_ok=True)
        own = (results / "logs/build.lock").open("a+", encoding="utf-8")
        shared = (results / "logs/jobs.lock").open("a+", encoding="utf-8")
    except OSError as error:
        message = f"the folder of the results cannot be written: {error}"
        raise _refused(settings, "results-writable", message, "Make it writable.") from error
    with own, shared:
        if not _locked(own):
            message = "another build of these results is running"
            raise _refused(settings, "build-alone", message, "Wait until it has ended.")
        _claim(own, results, settings)
        if not _locked(shared):
            _say("Jobs of a build that was killed are still running; this one waits for them.")
            fcntl.flock(shared, fcntl.LOCK_EX)
        yield shared


def _locked(stream: IO[str]) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _claim(own: IO[str], results: Path, settings: Settings) -> None:
    """Write down which review builds into this folder; refuse that of another one."""
    own.seek(0)
    name = own.read().strip()
    other = results / name
    config = settings.config_file.absolute()
    if name and other.is_file() and not other.samefile(config):
        theirs, faults = load_settings(other)
        if not faults and theirs.path("results").resolve() == results.resolve():
            message = f"the folder holds the results of another review ({other.resolve()})"
            raise _refused(settings, "results-own", message, "Name a folder of its own.")
    own.truncate(0)
    own.write(os.path.relpath(config.resolve(), results.resolve()))
    own.flush()


def _refused(settings: Settings, rule: str, message: str, remedy: str) -> InputError:
    value = str(settings.config["paths"]["results"])
    file, column = settings.config_file.name, "paths.results"
    finding = Finding("fatal", rule, file, None, "", column, value, message, remedy)
    return InputError([finding])


def mend(results: Path) -> None:
    """Remove what is not as the build wrote it, so that it is made again; say what that is.

    Snakemake looks at dates only: a date of the future, left by a clock that was wrong, becomes
    now. All files get the same one, so that none is newer than another that was made of it.
    """
    listed = results / LISTED
    digests = checksums(listed)
    altered = []
    for path, digest in digests.items():
        product = results / _SITE if path.is_relative_to(results / _SITE) else path
        if not product.exists():
            continue
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            altered.append((path, product))
    for _, product in altered:
        shutil.rmtree(product, ignore_errors=True)
        product.unlink(missing_ok=True)
    if altered:
        names = [path.relative_to(results).as_posix() for path, _ in altered]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
        _say(f"Not as the last build wrote it, and made again: {shown}")
    if digests:
        write_checksums(listed, {path: one for path, one in digests.items() if path.exists()})
    _date([results])


def date(settings: Settings) -> None:
    """Give what a build reads a date of today where it has one of the future.

    Snakemake takes an input that is newer than what was just made of it for a clock that is wrong,
    and stops.

    Raises
    ------
    InputError
        The first file whose date cannot be changed.
    """
    paths = settings.config["paths"]
    named = [settings.path(name) for name in paths if name != "results" and paths[name]]
    try:
        _date([settings.config_file, *named])
    except OSError as error:
        path = str(error.filename)
        message = f"the file has a date of the future, which cannot be changed: {error}"
        remedy = f"Give it the date of today: touch {shlex.quote(path)}"
        raise InputError(
            [Finding("fatal", "date", path, message=message, remedy=remedy)]
        ) from error


def _date(places: Iterable[Path]) -> None:
    """Give all files with a date of the future that of now: the same, so that none is newer."""
    now = time.time_ns()
    for place in places:
        walked = ((folder, name) for folder, _, names in os.walk(place) for name in names)
        for path in [place, *(Path(folder, name) for folder, name in walked)]:
            for follow in (False, True):  # a link, and what it leads to
                if path.is_file() and path.stat(follow_symlinks=follow).st_mtime_ns > now:
                    os.utime(path, ns=(now, now), follow_symlinks=follow)


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201

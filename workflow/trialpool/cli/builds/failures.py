"""Why jobs of a build failed, for the last lines on the terminal."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ENDED: Final = re.compile(
    r"(?:exit status (?P<status>\d+)|<Signals\.\w+: (?P<signal>\d+)>)\.\n"
    r"(?:(?!Error in ).*\n)*?Error in (?:rule|checkpoint) (?P<rule>\w+):\n"
    r"(?:.*\n)*?    log: (?P<log>.+?) \(check log"
)
# Of a job that a cluster ran: what became of it there, whatever ended it.
_ELSEWHERE: Final = re.compile(
    r"Error in (?:rule|checkpoint) (?P<rule>\w+):\n"
    r"    message: (?P<became>.+?)\.?\s*(?:Detailed .*|For further .*)?\n"
    r"(?:    .*\n)*?    log: (?P<log>[^,\n]+?)(?:, .+)? \(check log.*\n"
    r"(?:    .*\n)*?    external_jobid:"
)
# A shell says so of a command that a signal ended.
_OF_SHELL: Final = 128
# With less than this nothing can be written, not even what went wrong.
_FULL: Final = 1 << 16


def reasons(review: Path, results: Path, since: int) -> list[str]:
    """Say of each job that failed why, and of a full disk.

    Parameters
    ----------
    review, results : Path
        Folder that Snakemake ran in, and that of the results.
    since : int
        When it was started, in nanoseconds: what is older is not of this build.
    """
    said = list(dict.fromkeys(_of_jobs(review, since)))
    if shutil.disk_usage(results).free < _FULL:
        said.append(f"No space is left on the disk of {results}.")
    return said


def _of_jobs(review: Path, since: int) -> Iterator[str]:
    for log in sorted((review / ".snakemake/log").glob("*.log")):
        if log.stat().st_mtime_ns >= since:
            said = log.read_text(encoding="utf-8", errors="replace")
            for found in _ENDED.finditer(said):
                code = int(found["signal"] or 0) or int(found["status"]) - _OF_SHELL
                yield _reason(found["rule"], review / found["log"], code)
            for found in _ELSEWHERE.finditer(said):
                yield f"{found['rule']}: {found['became']}."
                yield _reason(found["rule"], review / found["log"])


def _reason(rule: str, log: Path, code: int = 0) -> str:
    told = log.read_text(encoding="utf-8", errors="replace").strip() if log.is_file() else ""
    if code in set(signal.Signals):
        name = signal.Signals(code).name
        why = f"the job was ended by signal {code} ({name})"
        if code == signal.SIGKILL:
            why += "; a system does that to the largest process where memory runs out"
        return f"{rule}: {why}."
    if "Traceback (most recent call last)" in told:
        return f"{rule}: {told.splitlines()[-1]} ({log})"
    return told or f"{rule}: failed, and said nothing in {log}."

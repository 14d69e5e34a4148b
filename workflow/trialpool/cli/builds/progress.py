"""What a build says while it runs, a line for each job, and what there is in the end."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

# Below the results: all that Snakemake said in the last build.
SAID: Final = "logs/snakemake.txt"
_TOTAL: Final = re.compile(r"total +(\d+)")
_DONE: Final = re.compile(r"\d+ of (\d+) steps \(")
_JOB: Final = re.compile(r"Job (\d+): (.+)")
# The job of the target itself does nothing: it is not counted.
_TARGET: Final = "0"
_PAUSE: Final = 0.1


def run_snakemake(
    command: Sequence[str], environment: Mapping[str, str], lock: IO[str], told: Path | None
) -> int:
    """Run Snakemake, and show what it does in a line for each job.

    Parameters
    ----------
    command : sequence of str
    environment : mapping
    lock : IO
        Its standard input, which its jobs inherit.
    told : Path, optional
        File for all that it says, which is shown as a whole where none is named. A file, since a
        pipe would end with this process, while jobs of a build that is killed go on.

    Returns
    -------
    int
        Its exit status.
    """
    if told is None:
        return subprocess.run(command, check=False, env=environment, stdin=lock).returncode
    with told.open("w+", encoding="utf-8", errors="replace") as stream:
        process = subprocess.Popen(
            command, env=environment, stdin=lock, stdout=stream, stderr=subprocess.STDOUT
        )
        with process, told.open(encoding="utf-8", errors="replace") as reader:
            for line in shown(_lines(process, reader)):
                print(line, file=sys.stderr, flush=True)  # noqa: T201
        return process.returncode


def _lines(process: subprocess.Popen[bytes], reader: IO[str]) -> Iterator[str]:
    """Yield the whole lines of a file that a process writes, until it has ended."""
    begun, ended = "", False
    while not ended:
        ended = process.poll() is not None
        *whole, begun = (begun + reader.read()).split("\n")
        yield from whole
        if not ended:
            time.sleep(_PAUSE)


def shown(lines: Iterable[str]) -> Iterator[str]:
    """Yield what a reader is told of lines that Snakemake writes.

    Yields
    ------
    str
        Of each job that starts its number, how many there are, and its message; the number of
        jobs can grow when the questions are known.
    """
    started, total = 0, 0
    for line in lines:
        if found := _TOTAL.fullmatch(line.strip()) or _DONE.match(line):
            total = int(found[1]) - 1
        elif (found := _JOB.match(line)) and found[1] != _TARGET:
            started += 1
            yield f"{started:>{len(str(total))}} of {max(started, total)}  {found[2]}"
        elif line.startswith("Nothing to be done"):
            yield "Nothing to be done: nothing changed since the last build."


def what_there_is(results: Path) -> str:
    """Say where the report of a build is, what it counts, and which questions have no trial."""
    trials: set[str] = set()
    empty = []
    inputs = sorted(results.glob("questions/*/input.csv"))
    for path in inputs:
        with path.open(encoding="utf-8", newline="") as stream:
            found = {row["trial_id"] for row in csv.DictReader(stream)}
        trials |= found
        if not found:
            why = path.with_name("excluded.csv")
            empty.append(f"No trial in {path.parent.name}: {why} says of each row why.")
    counts = f"{_counted(len(inputs), 'question')}, {_counted(len(trials), 'trial')}"
    return "\n".join([*empty, f"Report: {results / 'report/index.html'} ({counts})"])


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")

"""Builds that are killed at random moments, and whether the next one gives the same bytes.

    python benchmarks/kills.py [--kills 50] [--in-a-row 1] [--seed 1] [--example bcg] [--cores 2]

A copy of an example is built with two states of its data, one cell apart. Then builds are killed
at seeded moments: the whole process group, Snakemake and the command alone while its jobs live on,
or one job. After a kill the published files must be those of one of the two states, each file
whole; the same command then has to complete, with the bytes of a build that nobody killed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from trialpool.reviews.scaffold import scaffold

MAY_DIFFER = ("logs", "benchmarks", "staging")
# Deleted by Snakemake before the job that makes it runs: the state of a build, not a result.
OF_THE_BUILD = ("manifest.json", "audit.csv")
SORTS = ("group", "command and Snakemake", "one job")
Digests = dict[str, str]


@dataclass
class Tally:
    """What was counted."""

    kills: Counter[str] = field(default_factory=Counter)
    whole: int = 0
    of_one_state: int = 0
    builds: int = 0
    completed: int = 0
    same_bytes: int = 0
    waited: int = 0
    faults: list[str] = field(default_factory=list)


class Killed:
    """A review, and builds of it that are killed."""

    def __init__(self, folder: Path, example: str, cores: int, seed: int) -> None:
        self.folder, self.cores = folder / "review", cores
        self.random = random.Random(seed)
        scaffold(self.folder, example)
        self.sources = self.folder / "data/raw/sources.csv"
        self.state = 0
        self.expected: list[Digests] = []

    def start(self) -> subprocess.Popen[str]:
        """Start a build in a process group of its own."""
        command = [sys.executable, "-m", "trialpool.cli.main", "build", str(self.folder)]
        return subprocess.Popen(
            [*command, "--cores", str(self.cores)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def complete(self) -> tuple[int, str]:
        """Build without a kill; return the exit status and what was said."""
        build = self.start()
        said, _ = build.communicate(timeout=1200)
        return build.returncode, said

    def logs(self) -> dict[Path, int]:
        """Return the logs of jobs, each with the time when it was begun."""
        found = {}
        for log in self.folder.glob("results/logs/*.log"):
            with suppress(FileNotFoundError):  # a job that begins removes its own
                found[log] = log.stat().st_mtime_ns
        return found

    def wait_for(self, build: subprocess.Popen[str], jobs: int) -> None:
        """Wait until so many jobs have begun, and for a random moment after that."""
        before = self.logs().items()
        while build.poll() is None and len(self.logs().items() - before) < jobs:
            time.sleep(0.02)
        # The start of a build, and the longest jobs, take a few seconds.
        time.sleep(self.random.random() ** 2 * 5)

    def turn(self) -> None:
        """Change one cell to its other state, with a date that says nothing."""
        text = self.sources.read_text(encoding="utf-8")
        lines = text.splitlines()
        cells = lines[1].split(",")
        cells[1] = cells[1].removesuffix(" II") + (" II" if self.state == 0 else "")
        lines[1] = ",".join(cells)
        self.sources.write_text("\n".join(lines) + "\n", encoding="utf-8")
        os.utime(self.sources, (978_307_200, 978_307_200))
        self.state = 1 - self.state

    def published(self) -> Digests:
        """Digest of every published file."""
        results = self.folder / "results"
        return {
            str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(results.rglob("*"))
            if path.is_file() and path.relative_to(results).parts[0] not in MAY_DIFFER
        }

    def kill(self, sort: str, build: subprocess.Popen[str]) -> None:
        """Kill with a signal that nothing can catch."""
        if sort == "group":
            os.killpg(build.pid, signal.SIGKILL)
        else:
            tree = _below(build.pid)
            jobs = [one for one in tree if "trialpool step" in _command(one)]
            if sort == "one job" and jobs:
                os.kill(self.random.choice(jobs), signal.SIGKILL)
                build.communicate(timeout=1200)
                return
            for one in [build.pid, *(one for one in tree if "-m snakemake" in _command(one))]:
                os.kill(one, signal.SIGKILL)
        build.wait()
        if build.stdout is not None:
            build.stdout.close()


def _below(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children")
    found = [int(one) for one in children.read_text().split()] if children.exists() else []
    return [*found, *(grandchild for child in found for grandchild in _below(child))]


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _results(digests: Digests) -> Digests:
    return {name: digest for name, digest in digests.items() if name not in OF_THE_BUILD}


def run(kills: int, in_a_row: int, seed: int, example: str, cores: int) -> Tally:
    """Kill builds, and count what came of it."""
    tally = Tally()
    place = Path(tempfile.mkdtemp(prefix="kills-"))
    review = Killed(place, example, cores, seed)
    for _ in range(2):
        status, said = review.complete()
        if status:
            raise SystemExit(said)
        review.expected.append(review.published())
        review.turn()
    # Both states are known; the results are of the second, the raw tables of the first.
    jobs = len(review.logs())
    while tally.kills.total() < kills:
        number = tally.kills.total()
        sort, share = SORTS[number % len(SORTS)], review.random.random()
        build = review.start()
        review.wait_for(build, round(share * jobs))
        if build.poll() is not None:
            # It had little left to do: what it made is looked at, and the next one is killed.
            _completed(review, tally, build.returncode, build.communicate()[0])
            continue
        review.kill(sort, build)
        tally.kills[sort] += 1
        _look(review, tally)
        print(number + 1, sort, f"{share:.2f}", flush=True)
        if (number + 1) % in_a_row == 0 or number + 1 == kills:
            _completed(review, tally, *review.complete())
    shutil.rmtree(place)
    return tally


def _completed(review: Killed, tally: Tally, status: int, said: str) -> None:
    """Count a build that nobody killed, and turn to the other state of the data."""
    same = review.published() == review.expected[review.state]
    tally.builds += 1
    tally.waited += "this one waits" in said
    tally.completed += status == 0
    tally.same_bytes += same
    if status or not same:
        tally.faults.append(f"after kill {tally.kills.total()}: status {status}\n{said[-1500:]}")
        # So that one fault is counted once.
        shutil.rmtree(review.folder / "results")
        shutil.rmtree(review.folder / ".snakemake")
        review.complete()
    review.turn()


def _look(review: Killed, tally: Tally) -> None:
    """Count whether what is published is whole: each file of a known state, none missing."""
    found = _results(review.published())
    before, after = (_results(review.expected[one]) for one in (1 - review.state, review.state))
    whole = found.items() <= {*before.items(), *after.items()} and not (
        (before.keys() & after.keys()) - found.keys()
    )
    tally.whole += whole
    tally.of_one_state += found in (before, after)


def main() -> None:
    """Print what was counted; exit 1 unless every build completed by itself with the same bytes."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--in-a-row", type=int, default=1, help="kills before one build is let be")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--example", default="bcg")
    options.add_argument("--cores", type=int, default=2)
    given = options.parse_args()
    tally = run(given.kills, given.in_a_row, given.seed, given.example, given.cores)
    print(json.dumps({**vars(tally), "kills": dict(tally.kills)}, indent=2))
    sound = tally.completed == tally.same_bytes == tally.builds and tally.whole == given.kills
    sys.exit(0 if sound and not tally.faults else 1)


if __name__ == "__main__":
    main()

"""What a build does on other people's machines: one row of docs/project/reliability.md per fault.

    sudo python benchmarks/faults.py [--example bcg]

Faults that only root can make (small disks, disks to read only, no network) need root.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from trialpool.cli.builds.guarding import alone
from trialpool.reviews.scaffold import scaffold
from trialpool.settings import load_settings

BUILD = f"{sys.executable} -m trialpool.cli.main build"
MAY_DIFFER = ("logs", "benchmarks", "staging")
# Outcomes of a build that stopped: its last line that is not empty.
STOPPED = "exit {status}: “{line}”"
OTHER = "OTHER BYTES"
FUTURE = 2_524_608_000  # 2050-01-01


def sh(command: str, **environment: str) -> tuple[int, str]:
    """Run a shell command; return its status and what it said."""
    done = subprocess.run(
        ["bash", "-c", command],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
        timeout=1800,
    )
    return done.returncode, done.stdout


def digests(results: Path) -> Mapping[str, str]:
    """Digest of everything that is published."""
    return {
        str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(results.rglob("*"))
        if path.is_file() and path.relative_to(results).parts[0] not in MAY_DIFFER
    }


class Faults:
    """A review that was built, and copies of it under each fault."""

    def __init__(self, base: Path, example: str) -> None:
        self.base, self.example = base, example
        self.first = self.fresh("first")
        status, said = sh(f"{BUILD} '{self.first}' --cores 1")
        if status:
            raise SystemExit(said)
        self.expected = digests(self.first / "results")

    def one_core(self) -> str:
        """Build with one core: the bytes that all other rows are compared with."""
        return f"{len(self.expected)} files"

    def fresh(self, name: str) -> Path:
        """Return a review that was never built."""
        folder = self.base / name
        folder.parent.mkdir(parents=True, exist_ok=True)
        scaffold(folder, self.example)
        return folder

    def built(self, name: str) -> Path:
        """Return a copy of the one that was built."""
        return Path(shutil.copytree(self.first, self.base / name))

    def outcome(self, folder: Path, status: int, said: str) -> str:
        """Say how a build ended."""
        if status:
            lines = [line for line in said.splitlines() if line.strip()]
            line = lines[-1].replace(f"{self.base}/", "") if lines else ""
            return STOPPED.format(status=status, line=line)
        same = digests(folder / "results") == self.expected
        return "same bytes" if same else OTHER

    def full_disk(self) -> list[str]:
        """Build on a disk that is full at one stage after another, and then large enough."""
        review = self.fresh("full")
        results = review / "results"
        results.mkdir()
        said: list[str] = []
        sh(f"mount -t tmpfs -o size=16k tmpfs '{results}'")
        try:
            for size in ("16k", "64k", "256k", "512k", "1m", "2m", "4m", "200m"):
                sh(f"mount -o remount,size={size} '{results}'")
                said.append(f"{size}: {self.outcome(review, *sh(f'{BUILD} {review}'))}")
        finally:
            sh(f"umount '{results}'")
        return said

    def read_only(self) -> str:
        """Build where results may be read only."""
        review = self.built("read-only")
        results = review / "results"
        sh(f"mount --bind '{results}' '{results}' && mount -o remount,bind,ro '{results}'")
        try:
            return self.outcome(review, *sh(f"{BUILD} {review}"))
        finally:
            sh(f"umount '{results}'")

    def bare(self) -> str:
        """Build without network and home, with umask 077, in Turkish, in Nepal, with two cores."""
        locale = self.base / "locale"
        locale.mkdir()
        sh(f"localedef -i tr_TR -f UTF-8 '{locale}/tr_TR.UTF-8'")
        review = self.fresh("bare")
        turkish = f"LOCPATH={locale} LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8"
        elsewhere = f"env -u HOME {turkish} TZ=Asia/Kathmandu"
        command = f"umask 077; unshare -n {elsewhere} {BUILD} {review} --cores 2"
        return self.outcome(review, *sh(command))

    def names(self) -> str:
        """Build with names that a shell would read, through links, with four cores."""
        folder = self.fresh('it\'s a "review" of $HOME & (more)')
        elsewhere = self.base / "results elsewhere"
        elsewhere.mkdir()
        (folder / "results").symlink_to(elsewhere)
        shutil.move(folder / "data", self.base / "the data")
        (folder / "data").symlink_to(self.base / "the data")
        status, said = sh(f'{BUILD} "$REVIEW" --cores 4', REVIEW=str(folder))
        return self.outcome(folder, status, said)

    def results_named(self) -> str:
        """Build into a folder whose name a shell would read."""
        folder = self.fresh("named")
        config = folder / "config/config.yaml"
        text = config.read_text(encoding="utf-8")
        name = "my $HOME's results; (new)"
        assert "  results: results" in text
        config.write_text(text.replace("  results: results", f'  results: "{name}"'), "utf-8")
        status, said = sh(f"{BUILD} {folder}")
        if status:
            return self.outcome(folder, status, said)
        same = digests(folder / name).keys() == self.expected.keys()
        return "same files" if same else "OTHER FILES"

    def clocks(self) -> str:
        """Change a cell, dated 1970, and change it back, dated 2050, with results dated 2050."""
        review = self.built("clocks")
        sources = review / "data/raw/sources.csv"
        text = sources.read_text(encoding="utf-8")
        first = self.dated(review, text.replace("Colditz", "Kolditz"), 0)
        pages = "".join(
            page.read_text(encoding="utf-8") for page in (review / "results/report").glob("*.html")
        )
        if first == OTHER and "Kolditz" in pages and "Colditz" not in pages:
            first = "the changed cell is on every page"
        return f"{first}; then {self.dated(review, text, FUTURE)}"

    def dated(self, review: Path, sources: str, date: int) -> str:
        """Build with this table of sources, of this date, where all results are of the future."""
        for path in (review / "results").rglob("*"):
            os.utime(path, (FUTURE, FUTURE))
        table = review / "data/raw/sources.csv"
        table.write_text(sources, encoding="utf-8")
        os.utime(table, (date, date))
        return self.outcome(review, *sh(f"{BUILD} {review}"))

    def memory(self) -> str:
        """Build with less memory than a job needs."""
        review = self.fresh("memory")
        return self.outcome(review, *sh(f"ulimit -v 700000; {BUILD} {review}"))

    def nobody(self) -> str:
        """Build as a user who may read the review and not write it."""
        review = self.built("of-root")
        sh(f"chmod -R a+rX '{self.base}'")
        # Python itself may lie where only root looks: this nobody may read all, and write nothing.
        reads = "--inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search"
        nobody = f"setpriv --reuid=65534 --regid=65534 --clear-groups {reads}"
        return self.outcome(review, *sh(f"HOME=/nonexistent {nobody} {BUILD} {review}"))

    def two_at_once(self) -> str:
        """Build while another process builds the same review."""
        review = self.built("two")
        with alone(load_settings(review / "config/config.yaml")[0]):
            return self.outcome(review, *sh(f"{BUILD} {review}"))


def main() -> None:
    """Print one row per fault."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--example", default="bcg")
    options.add_argument("--only", nargs="*", default=[])
    given = options.parse_args()
    base = Path(tempfile.mkdtemp(prefix="faults-"))
    faults = Faults(base, given.example)
    rows: list[Callable[[], str | list[str]]] = [
        faults.one_core, faults.full_disk, faults.read_only, faults.nobody, faults.memory,
        faults.two_at_once, faults.clocks, faults.bare, faults.names, faults.results_named,
    ]  # fmt: skip
    for row in rows:
        if given.only and row.__name__ not in given.only:
            continue
        found = row()
        for one in [found] if isinstance(found, str) else found:
            print(f"| {(row.__doc__ or '').rstrip('.')} | {one} |", flush=True)
    shutil.rmtree(base)


if __name__ == "__main__":
    main()

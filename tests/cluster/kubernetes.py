"""Dry runs of a review with the profile of Kubernetes: its options are accepted; no pod is started.

make test-kubernetes
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from trialpool.reviews.scaffold import scaffold
from trialpool.settings.places import place

JOBS = {"effects", "audit", "gate", "select", "publish"}


def dry(review: Path, profile: str) -> tuple[int, str]:
    """Return the status of a dry run and what it said."""
    command = [sys.executable, "-m", "trialpool.cli.main", "build", str(review)]
    done = subprocess.run(
        # The volume would hold the review: its folder here stands for that.
        [*command, "--snakemake-args", f"-n --profile {profile} --default-storage-prefix {review}"],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout


def main() -> None:
    """Run dry with the profile, and with one that has an option too many."""
    with tempfile.TemporaryDirectory(prefix="kubernetes-") as name:
        review, wrong = Path(name, "review"), Path(name, "wrong")
        scaffold(review, "bcg")
        status, said = dry(review, "trialpool/kubernetes")
        planned = set(re.findall(r"^(\w+) +\d+$", said, re.MULTILINE))
        if status or not planned >= JOBS:
            sys.exit(f"exit {status}, planned: {sorted(planned)}\n{said[:3000]}")
        # What a profile may not say is refused: the run above was no run without one.
        shutil.copytree(place("workflow/profiles/kubernetes"), wrong)
        with (wrong / "config.yaml").open("a", encoding="utf-8") as stream:
            stream.write("kubernetes-persistent-volume-claims: [x]\n")
        status, said = dry(review, str(wrong))
        if not status or "kubernetes-persistent-volume-claims" not in said:
            sys.exit(f"an unknown option was accepted\n{said[:3000]}")
    print(f"{len(planned) - 1} jobs planned; no pod was started")


if __name__ == "__main__":
    main()

"""The heart-failure review on a copy of its folder: to edit, to build, to look at."""

import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trialpool.reviews import example

ROOT = Path(__file__).resolve().parents[2]
HEART_FAILURE = example("heart-failure")
MAY_DIFFER = ("logs", "benchmarks")


@dataclass
class Review:
    """A copy of the review and the ways to build and to look at it."""

    folder: Path

    def build(self, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", "--cores", "2"]
        command += ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(self.folder)]
        command += ["--workflow-profile", str(ROOT / "workflow/profiles/default")]
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
            timeout=300,
        )

    def jobs(self, **environment: str) -> list[str]:
        """Build and return the rules that ran: each writes its log when it starts."""
        logs = self.folder / "results" / "logs"
        before = {log: log.stat().st_mtime_ns for log in logs.glob("*.log")}
        done = self.build(**environment)
        assert done.returncode == 0, done.stderr
        after = {log: log.stat().st_mtime_ns for log in logs.glob("*.log")}
        return sorted(log.stem for log, time in after.items() if before.get(log) != time)

    def hashes(self) -> dict[str, str]:
        """Digest of every result that must not depend on when and where it was built."""
        results = self.folder / "results"
        return {
            str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(results.rglob("*"))
            if path.is_file() and path.relative_to(results).parts[0] not in MAY_DIFFER
        }

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")


def copy(target: Path) -> Review:
    ignore = shutil.ignore_patterns("results", ".snakemake")
    shutil.copytree(HEART_FAILURE, target, ignore=ignore)
    return Review(target)


EVERY_JOB = [
    "audit",
    "changes",
    "chapters",
    "comparisons",
    "effects",
    "exports",
    "figures_death",
    "figures_hard",
    "gate",
    "overview",
    "pool_death",
    "pool_hard",
    "printed",
    "publish",
    "report",
    "select",
    "selected",
    "verify",
]


def refused(
    done: subprocess.CompletedProcess[str],
    before: dict[str, str],
    left: dict[str, str],
    faults: Sequence[str],
) -> None:
    """Look that a build named all faults, and left what was built before."""
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert [fault for fault in faults if fault not in said] == []
    assert "Traceback" not in said
    # The findings of the failed attempt are there to read; everything else stays.
    staging = {f"staging/{name}" for name in ("effects.csv", "gate.json", "audit_rules.csv")}
    same = {name for name, digest in before.items() if left.get(name) == digest}
    assert set(before) - same <= {"audit.csv", *staging}


def hazard_ratio(review: Review) -> float:
    """DELIVER's hazard ratio of cardiovascular death in the built record."""
    path = review.folder / "results/questions/cardiovascular-death/result.json"
    trials = json.loads(path.read_text("utf-8"))["trials"]
    (own,) = (trial for trial in trials if trial["trial_id"] == "deliver")
    return math.exp(own["estimate"])


# Bhatt 2021, N Engl J Med 384:117: deaths from cardiovascular causes, hospitalisations and
# urgent visits for heart failure, all events counted: HR 0.67 (0.52 to 0.85).
# Four in five had an ejection fraction below 50%: filed here under "reduced".
ROWS = {
    "trials": "soloist-whf,SOLOIST-WHF,NCT03521934,3,rct,double-blind,1222,reported,,reduced",
    "arms": "soloist-whf,sota,Sotagliflozin,sotagliflozin; standard care,experimental,608\n"
    "soloist-whf,placebo,Placebo,placebo; standard care,control,614",
    "sources": "bhatt2021,Bhatt,2021,N Engl J Med,Sotagliflozin in patients with diabetes and "
    "recent worsening heart failure,10.1056/NEJMoa2030183,33200892,article",
    "time_to_event": "soloist-whf.cvd-hhf.t01,soloist-whf,sota,placebo,CVD-HHF,,ITT,,,HR,0.67,"
    "0.52,0.85,95,<0.001,608,614,,,,,,9.0,primary,bhatt2021,abstract,,,single",
}


def add_trial(folder: Path) -> None:
    """Put SOLOIST-WHF into the tables of a review, and its agent into the taxonomy."""
    for table, lines in ROWS.items():
        with (folder / f"data/raw/{table}.csv").open("a", encoding="utf-8") as stream:
            stream.write(lines + "\n")
    agent = "  empagliflozin: {mechanism: sglt2}\n"
    Review(folder).edit("config/taxonomy.yaml", agent, agent + agent.replace("empa", "sota"))

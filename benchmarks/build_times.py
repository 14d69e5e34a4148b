"""Build times of the shipped review beside Snakemake's own floor.

    .venv/bin/python benchmarks/build_times.py [RUNS]

Copies the project to a temporary folder and measures, as medians of RUNS: a full
build, a build after nothing changed, and a build after one hazard ratio changed.
The floor is a workflow of the same shape (a checkpoint, shards, a report) whose
jobs only touch their files. Times depend on the machine; the ratios say more.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORES = "2"
EDIT = ("emilia.os.t01,emilia,t-dm1,lap-cap,OS,,ITT,,,HR,0.75,", "0.75,", "0.76,")

FLOOR = """
SHARDS = ["a", "b", "c"]
rule all:
    input: "r/report", "r/chapters"
rule effects:
    input: "raw"
    output: "r/effects"
    shell: "cp {input} {output}"
rule audit:
    input: "raw"
    output: "r/audit"
    shell: "cp {input} {output}"
rule gate:
    input: "r/audit"
    output: "r/gate"
    shell: "touch {output}"
checkpoint select:
    input: "r/gate", "r/effects"
    output: expand("r/{s}.in", s=SHARDS)
    shell: "cp raw r/a.in; echo 1 > r/b.in; echo 1 > r/c.in"
def selected(w):
    checkpoints.select.get()
    return f"r/{w.s}.in"
def pooled(w):
    checkpoints.select.get()
    return f"r/{w.s}.pool"
rule pool:
    input: selected
    output: "r/{s}.pool"
    shell: "cp {input} {output}"
rule figures:
    input: pooled
    output: "r/{s}.fig"
    shell: "cp {input} {output}"
def drawn(w):
    checkpoints.select.get()
    return expand("r/{s}.{e}", s=SHARDS, e=["pool", "fig"])
rule chapters:
    input: drawn
    output: "r/chapters"
    shell: "touch {output}"
rule report:
    input: drawn, "r/chapters"
    output: "r/report"
    shell: "touch {output}"
"""


def seconds(folder: Path, *arguments: str) -> float:
    """Time one Snakemake run in a folder."""
    command = [sys.executable, "-m", "snakemake", "--cores", CORES, *arguments]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - start


def measure(runs: int, prepare: object, build: object, change: object) -> dict[str, float]:
    """Medians of full build, nothing changed, one value changed."""
    assert callable(prepare)
    assert callable(build)
    assert callable(change)
    times: dict[str, list[float]] = {"full build": [], "nothing changed": [], "one row": []}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as place:
            folder = prepare(Path(place))
            times["full build"].append(build(folder))
            times["nothing changed"].append(build(folder))
            change(folder)
            times["one row"].append(build(folder))
    return {name: statistics.median(values) for name, values in times.items()}


def prepare_review(place: Path) -> Path:
    """Copy what a build needs."""
    for name in ("config", "data", "workflow"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "requirements.lock", "environment.yml"):
        shutil.copy(ROOT / name, place / name)
    return place


def change_review(folder: Path) -> None:
    """Change one hazard ratio by its last digit."""
    path = folder / "data" / "raw" / "time_to_event.csv"
    line, old, new = EDIT
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1
    path.write_text(text.replace(line, line.replace(old, new)), encoding="utf-8")


def prepare_floor(place: Path) -> Path:
    """Write the toy workflow."""
    (place / "Snakefile").write_text(FLOOR, encoding="utf-8")
    (place / "raw").write_text("1\n", encoding="utf-8")
    return place


def main() -> None:
    """Print a Markdown table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    profile = ("--workflow-profile", "workflow/profiles/default")
    review = measure(runs, prepare_review, lambda folder: seconds(folder, *profile), change_review)
    floor = measure(
        runs,
        prepare_floor,
        lambda folder: seconds(folder, "--scheduler", "greedy"),
        lambda folder: (folder / "raw").write_text("2\n", encoding="utf-8"),
    )
    questions = (ROOT / "config" / "questions.yaml").read_text(encoding="utf-8").count("\n  title:")
    print(f"{questions} questions, {CORES} cores, median of {runs}")
    print("\n| | review (s) | Snakemake's floor (s) | above the floor (s) |\n|---|---|---|---|")
    for name, value in review.items():
        print(f"| {name} | {value:.1f} | {floor[name]:.1f} | {value - floor[name]:.1f} |")
    full = review["full build"]
    print(f"\nfull build per question: {full / questions:.2f} s")
    print(f"one row / full build: {review['one row'] / full:.0%}")


if __name__ == "__main__":
    main()

"""Build times of the shipped review beside Snakemake's own floor, in seconds of processor time.

    .venv/bin/python benchmarks/build_times.py [RUNS]

Copies the project to a temporary folder and measures, as medians of RUNS: a full build with an
empty cache, one with nothing touched, one after one hazard ratio changed, and one from nothing
with the cache that these left. The floor is a dry run of an empty workflow. Processor time of all
processes is steadier than the time that passes on a machine with other work.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORES = "2"
EDIT = ("emilia.os.t01,emilia,t-dm1,lap-cap,OS,,ITT,,,HR,0.75,", "0.75,", "0.76,")
EMPTY = 'rule all:\n    output: "made"\n    shell: "touch {output}"\n'
BUILD = ("-m", "trialpool.cli.main", "build", "--cores", CORES)
FULL, ROW, NOTHING, FLOOR = "full build", "one row", "nothing touched", "empty workflow, dry run"
WARM = "full build, cache of it"


def seconds(folder: Path, *arguments: str) -> float:
    """Processor time of one run of Python in a folder, all its processes together."""
    # The package of the copy: the workflow lies beside it.
    inside = {"PYTHONPATH": str(folder / "workflow")} if (folder / "workflow").exists() else {}
    environment = {**os.environ, **inside, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = used()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return used() - before


def used() -> float:
    """Processor time of all processes that this one has waited for."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def prepare(place: Path) -> Path:
    """Copy what a build needs, compiled."""
    for name in ("config", "data", "workflow"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "requirements.lock", "environment.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, place / name)
    seconds(place, "-m", "compileall", "-q", "workflow")
    return place


def change(folder: Path) -> None:
    """Change one hazard ratio by its last digit."""
    path = folder / "data" / "raw" / "time_to_event.csv"
    line, old, new = EDIT
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1
    path.write_text(text.replace(line, line.replace(old, new)), encoding="utf-8")


def main() -> None:
    """Print a Markdown table."""
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "Snakefile").write_text(EMPTY, encoding="utf-8")
            times[FLOOR].append(seconds(Path(place), "-m", "snakemake", "-n", "--cores", "1"))
        with tempfile.TemporaryDirectory() as place:
            folder = prepare(Path(place))
            times[FULL].append(seconds(folder, *BUILD))
            times[NOTHING].append(seconds(folder, *BUILD))
            change(folder)
            times[ROW].append(seconds(folder, *BUILD))
            for name in ("results", ".snakemake"):
                shutil.rmtree(folder / name)
            times[WARM].append(seconds(folder, *BUILD))
    found = {name: statistics.median(values) for name, values in times.items()}
    questions = (ROOT / "config" / "questions.yaml").read_text(encoding="utf-8").count("\n  title:")
    print(f"{questions} questions, {CORES} cores, processor time in s")
    print("\n| build | s | of the full build |\n|---|---|---|")
    for name in (FULL, WARM, ROW, NOTHING, FLOOR):
        print(f"| {name} | {found[name]:.1f} | {found[name] / found[FULL]:.0%} |")
    print(f"\nfull build per question: {found[FULL] / questions:.2f} s")
    print(f"nothing touched / empty workflow: {found[NOTHING] / found[FLOOR]:.1f}")


if __name__ == "__main__":
    main()

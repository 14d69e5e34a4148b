"""How a build grows with the review, in seconds of processor time of all its processes.

    .venv/bin/python benchmarks/scale.py [QUESTIONS ...]        (60 125 250 by default)

Makes reviews of that many questions, five trials each (large_review.py), in a temporary
folder and measures on one core: the graph of a fresh review (`snakemake -n`), a full build, one
with nothing touched, one after a changed hazard ratio; the largest process; the front page and
the site; and from Snakemake's own benchmark files the time of each sort of step. Prints two
tables in Markdown with the exponent of growth between the smallest and the largest review.
"""

from __future__ import annotations

import csv
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from large_review import write_review

ROOT: Final = Path(__file__).resolve().parents[1]
SNAKEMAKE: Final = ("-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"))
MEASURED: Final = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
sys.stderr.buffer.write(done.stderr[-2000:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)
sys.exit(done.returncode)
"""
BUILD: Final = ("-m", "trialpool.cli.main", "build", "--cores", "1", ".")


def run(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run Python in a folder; processor seconds of all its processes, and megabytes of the largest.

    A process of its own waits for it, so that what other runs used is not counted.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def change(folder: Path) -> None:
    """Change the first hazard ratio by its last digit."""
    path = folder / "data/raw/time_to_event.csv"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(
        r",HR,(\d\.\d)(\d),", lambda m: f",HR,{m[1]}{5 if m[2] != '5' else 4},", text, count=1
    )
    path.write_text(changed, encoding="utf-8")


def by_step(folder: Path) -> dict[str, float]:
    """Processor seconds of each sort of step, as Snakemake sampled them."""
    found: dict[str, float] = defaultdict(float)
    for path in (folder / "results/benchmarks").glob("*.tsv"):
        sort = path.stem.split("_")[0]
        with path.open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                spent = row["cpu_time"]
                found[sort] += float(spent) if spent not in ("NA", "-", "") else 0.0
    return found


def measure(questions: int) -> tuple[dict[str, float], dict[str, float]]:
    """Measure one size: figures of the whole, and seconds by sort of step."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "review"
        write_review(folder, questions)
        found: dict[str, float] = {}
        found["graph (`snakemake -n`), s"], _ = run(folder, *SNAKEMAKE, "-n", "-q", "all")
        found["full build, s"], largest = run(folder, *BUILD)
        steps = by_step(folder)
        time.sleep(3)
        run(folder, *BUILD)
        found["nothing touched, s"], _ = run(folder, *BUILD)
        change(folder)
        found["one row, s"], again = run(folder, *BUILD)
        found["full build per question, s"] = found["full build, s"] / questions
        found["largest process, MB"] = max(largest, again)
        site = folder / "results/report"
        sizes = {path: path.stat().st_size for path in site.rglob("*") if path.is_file()}
        found["front page, kB"] = sizes[site / "index.html"] / 1000
        found["site, MB"] = sum(sizes.values()) / 1e6
    return found, steps


def table(title: str, sizes: list[int], columns: list[Mapping[str, float]]) -> None:
    """Print figures of all sizes, and how they grow."""
    print(f"| {title} | " + " | ".join(f"{n} questions" for n in sizes) + " | exponent |")
    print("|---|" + "---|" * (len(sizes) + 1))
    for name in columns[0]:
        values = [column.get(name, 0.0) for column in columns]
        grows = "–"
        if len(sizes) > 1 and min(values) > 0:
            grows = f"{math.log(values[-1] / values[0]) / math.log(sizes[-1] / sizes[0]):.2f}"
        cells = " | ".join(f"{value:.3g}" if value < 100 else f"{value:,.0f}" for value in values)
        print(f"| {name} | {cells} | {grows} |")
    print(flush=True)


def main() -> None:
    """Print both tables."""
    sizes = sorted(map(int, sys.argv[1:])) or [60, 125, 250]
    measured = [measure(size) for size in sizes]
    table("what", sizes, [whole for whole, _ in measured])
    table("step, s", sizes, [dict(sorted(steps.items())) for _, steps in measured])


if __name__ == "__main__":
    main()

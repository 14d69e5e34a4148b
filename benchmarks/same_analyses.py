"""Every pool of the built review, analysed by trialpool and by metafor: one process each, one run.

    .venv/bin/python benchmarks/same_analyses.py [RESULTS]      (after `make report`)

A set is what one group of a question pools (its `input.csv`), two trials or more. Of each set:
REML with Hartung-Knapp, Q-profile and prediction interval; from three trials on leave-one-out,
cumulative pools, influence, Egger's test, trim-and-fill; a forest plot as PDF and as PNG of 300
dots per inch. Seconds of processor time by analysis, and of the two processes with everything
that they load; then how far the estimates differ. Below stands the floor that Snakemake has for
an empty workflow: what a build pays beside its analyses.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

HERE: Final = Path(__file__).resolve().parent
COLUMNS: Final = ("set", "label", "year", "yi", "sei")
FROM_THREE: Final = 3
EMPTY: Final = 'rule all:\n    output: "made"\n    shell: "touch {output}"\n'
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def collect(results: Path) -> list[Mapping[str, str]]:
    """Rows of all sets, read from the inputs of the questions."""
    rows = []
    for path in sorted((results / "questions").glob("*/input.csv")):
        sets: dict[str, list[Mapping[str, str]]] = defaultdict(list)
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if row.get("yi") and row.get("sei"):
                    sets[row.get("group", "")].append(row)
        for index, found in enumerate(sets.values()):
            name = f"{path.parent.name}-{index}"
            # Rows without a year come first: the order has to be the same on both sides, no more.
            rows += [
                {**row, "set": name, "year": row.get("year") or "0"}
                for row in found
                if len(found) > 1
            ]
    return rows


def analyse(table: Path, folder: Path, out: Path) -> None:
    """Analyse all sets by trialpool; print the seconds of each analysis."""
    import trialpool as tp

    sets: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    with table.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            sets[row["set"]].append(row)
    took: dict[str, float] = defaultdict(float)

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        start = time.process_time()
        yield
        took[name] += time.process_time() - start

    pools = []
    for name, rows in sets.items():
        y = np.array([float(row["yi"]) for row in rows])
        v = np.array([float(row["sei"]) ** 2 for row in rows])
        labels = tuple(row["label"] for row in rows)
        effects = tp.EffectSizes(y, v, "HR", labels, tuple(range(len(rows))))
        with timed("pool"):
            pool = tp.random_effects(effects, ci="hk")
        pools.append((name, pool.estimate, pool.tau2))
        if len(rows) >= FROM_THREE:
            with timed("leave-one-out"):
                tp.leave_one_out(y, v, ci="hk")
            with timed("cumulative"):
                tp.cumulative(y, v, order=[int(row["year"]) for row in rows], ci="hk")
            with timed("influence"):
                tp.influence(y, v)
            with timed("egger"):
                tp.egger(y, v)
            with timed("trim-and-fill"):
                tp.trim_and_fill(y, v, ci="hk")
        with timed("forest plot, PDF"):
            drawn = tp.forest(pool, effects, rows_per_page=None)
            drawn.save(folder / f"{name}.pdf")
        with timed("forest plot, PNG"):
            drawn.save(folder / f"{name}.png")
    with out.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows((("set", "estimate", "tau2"), *pools))
    print(json.dumps({"took": took, "sets": len(sets), "rows": sum(map(len, sets.values()))}))


def run(*command: str, cwd: Path | None = None) -> tuple[float, str]:
    """Run a command; its processor time and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stderr)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, done.stdout


def estimates(path: Path) -> dict[str, tuple[float, float]]:
    """Estimate and tau² of each set."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {
            row["set"]: (float(row["estimate"]), float(row["tau2"]))
            for row in csv.DictReader(stream)
        }


def compare(results: Path) -> None:
    """Print both tables."""
    if not shutil.which("Rscript"):
        sys.exit("Rscript with metafor is needed: the times of one side alone say little.")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        table, theirs, ours = (folder / f"{name}.csv" for name in ("sets", "metafor", "trialpool"))
        with table.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(collect(results))
        script = str(HERE / "same_analyses.R")
        of_r, printed = run("Rscript", script, str(table), place, str(theirs))
        metafor = json.loads(printed.splitlines()[-1])
        mine = (sys.executable, __file__, "--analyse", str(table), place, str(ours))
        run(*mine)  # modules compiled, as R's packages are
        of_python, printed = run(*mine)
        own = json.loads(printed.splitlines()[-1])
        (folder / "Snakefile").write_text(EMPTY, encoding="utf-8")
        floor, _ = run(sys.executable, "-m", "snakemake", "--cores", "1", cwd=folder)
        a, b = estimates(ours), estimates(theirs)
    print(f"{own['sets']} sets of {own['rows']} effects; metafor {metafor['metafor']}\n")
    print(
        "| analysis | trialpool, s | metafor, s | ratio | metafor stops at |\n|---|---|---|---|---|"
    )
    for name, spent in own["took"].items():
        their = metafor["took"][name]
        missed = metafor["failed"].get(name, 0)
        print(f"| {name} | {spent:.2f} | {their:.2f} | {their / spent:.1f} × | {missed or '–'} |")
    print(f"| process, all it loads | {of_python:.2f} | {of_r:.2f} | {of_r / of_python:.1f} × | |")
    print(f"| Snakemake, an empty workflow | {floor:.2f} | | | |\n")
    for index, name in enumerate(("estimate", "tau²")):
        apart = max(abs(a[key][index] - b[key][index]) for key in a)
        print(f"largest difference of {name}: {apart:.1g}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--analyse"]:
        analyse(*map(Path, sys.argv[2:5]))
    else:
        compare(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "results")

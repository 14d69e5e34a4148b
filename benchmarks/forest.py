"""Forest plots beside metafor's in the same run, and memory over 200 saved plots.

    .venv/bin/python benchmarks/forest.py results/questions/metastatic-os/result.json

Processor times, median of several runs: other work on the machine distorts them less than
wall times. Pooling and loading of libraries are left out on both sides. R's meta, whose
forest plot is the richer one, is not packaged where this was written; metafor is the peer.
"""

from __future__ import annotations

import csv
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trialpool import formatting as fmt
from trialpool.figures import draw_forest

HERE = Path(__file__).resolve().parent
FORMATS = ("svg", "pdf", "png")
RUNS = 7
PLOTS = 200
Record = Mapping[str, Any]


def ours(record: Record, folder: Path) -> dict[str, list[float]]:
    """Time the layout with its drawing, and the writing of each format."""
    times: dict[str, list[float]] = {name: [] for name in ("draw", *FORMATS)}
    for _ in range(RUNS):
        start = time.process_time()
        drawn = draw_forest(record)
        times["draw"].append(time.process_time() - start)
        for name in FORMATS:
            start = time.process_time()
            drawn.save(folder / f"f.{name}")
            times[name].append(time.process_time() - start)
    return times


def theirs(record: Record, folder: Path) -> dict[str, Any] | None:
    """Time metafor on the same rows; None without R and metafor."""
    if not shutil.which("Rscript"):
        return None
    rows = folder / "rows.csv"
    with rows.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("label", "comparison", "experimental", "control", "yi", "sei"))
        for trial in record["trials"]:
            counts = [
                fmt.count_of(trial[arm]["events"], trial[arm]["n"])
                for arm in ("experimental", "control")
            ]
            name = f"{trial['label']}, {trial['year']}"
            writer.writerow((name, trial["comparison"], *counts, trial["estimate"], trial["se"]))
    out = folder / "times.json"
    command = ["Rscript", str(HERE / "forest.R"), str(rows), str(RUNS), str(out)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        return None
    found: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return found


def resident_mb() -> float:
    """Memory in use now, in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def memory(record: Record, folder: Path) -> dict[int, float]:
    """Memory after every 20th of 200 plots that are drawn and saved in all formats."""
    found = {}
    for number in range(1, PLOTS + 1):
        drawn = draw_forest(record)
        for name in FORMATS:
            drawn.save(folder / f"m.{name}")
        if number % 20 == 0:
            found[number] = resident_mb()
    return found


def main() -> None:
    """Print times, ratios and memory."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "results/questions/metastatic-os/result.json")
    record = json.loads(path.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_forest(record).save(folder / "warm.svg")
        peer = theirs(record, folder)
        mine = {key: statistics.median(times) for key, times in ours(record, folder).items()}
        total = sum(mine.values())
        print(f"{record['id']}: {len(record['trials'])} trials")
        print("trialpool  " + ", ".join(f"{key} {value:.3f} s" for key, value in mine.items()))
        print(f"           three formats {total:.3f} s")
        if peer is None:
            print("metafor    not here")
        else:
            median = {key: statistics.median(peer[key]) for key in FORMATS}
            print(f"metafor {peer['metafor']}, R {peer['R']}")
            print(
                "           " + ", ".join(f"{key} {value:.3f} s" for key, value in median.items())
            )
            print(f"           three formats {sum(median.values()):.3f} s")
            print(f"ratio      {sum(median.values()) / total:.2f}")
        for number, used in memory(record, folder).items():
            print(f"memory after {number} plots: {used:.0f} MB")


if __name__ == "__main__":
    main()

"""Network meta-analysis of 5, 50 and 300 treatments beside metafor in the same run: time, memory.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/networks.py

Networks of three trials per treatment, and of 50 treatments with more and more trials. Times are
CPU times; one thread of BLAS, since several fight for the cores of a machine that is shared.
netmeta stands in no package source that could be reached, so the peer is metafor's rma.mv with
the same model: a column per treatment, a random effect per trial. It gives coefficients and tau²;
what else `tp.network` does (Q-profile, inconsistency, direct and indirect evidence, P-scores,
node splits) is timed apart.
"""

from __future__ import annotations

import csv
import json
import math
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

import trialpool as tp

HERE = Path(__file__).resolve().parent
SIZES = ((5, 15), (50, 150), (300, 900))
MORE_TRIALS = ((50, 300), (50, 600), (50, 1200), (50, 2400))
# metafor works with matrices of trials by trials; beyond this it takes many minutes.
MOST_FOR_PEER = 900
Columns = Mapping[str, list[object]]


def draw(treatments: int, trials: int, seed: int = 1) -> Columns:
    """Draw a connected network of two-arm trials: a tree first, then any pair; tau 0.1."""
    random = np.random.default_rng(seed)
    effects = random.normal(0.0, 0.3, treatments)
    rows = []
    for number in range(trials):
        if number < treatments - 1:
            one, two = number + 1, int(random.integers(0, number + 1))
        else:
            one, two = (int(i) for i in random.choice(treatments, 2, replace=False))
        se = random.uniform(0.1, 0.4)
        y = effects[one] - effects[two] + random.normal(0.0, math.hypot(0.1, se))
        rows.append((f"s{number}", f"t{one}", f"t{two}", float(y), float(se)))
    names = ("study", "treat1", "treat2", "yi", "sei")
    return dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True))


def seconds(data: Columns, *, splits: bool) -> tuple[float, float]:
    """CPU seconds of one analysis, and its tau²."""
    start = time.process_time()
    found = tp.network(**data, node_splitting=splits)
    return time.process_time() - start, found.tau2.value


def peer(data: Columns) -> dict[str, float] | None:
    """Time rma.mv; None without R or metafor."""
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(data)
            writer.writerows(zip(*data.values(), strict=True))
        done = subprocess.run(
            ["Rscript", str(HERE / "networks.R"), str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
    return dict(json.loads(done.stdout.splitlines()[-1])) if done.returncode == 0 else None


def measure(treatments: int, trials: int) -> dict[str, object]:
    """One row of the table; the memory is the peak of the process so far."""
    data = draw(treatments, trials)
    plain, tau2 = seconds(data, splits=False)
    whole, _ = seconds(data, splits=True)
    row: dict[str, object] = {
        "treatments": treatments,
        "trials": trials,
        "without splits (s)": round(plain, 3),
        "with splits (s)": round(whole, 3),
        "peak (MB)": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    other = peer(data) if trials <= MOST_FOR_PEER else None
    if other is not None:
        row["rma.mv (s)"] = round(other["seconds"], 3)
        row["ratio"] = round(other["seconds"] / plain, 1)
        row["tau² differs by"] = float(f"{abs(other['tau2'] - tau2):.1e}")
    return row


def growth(rows: list[dict[str, object]], name: str, by: str) -> float:
    """Exponent of a time in a size, by least squares on the logarithms."""
    x = [math.log(float(str(row[by]))) for row in rows]
    y = [math.log(float(str(row[name]))) for row in rows]
    return float(np.polyfit(x, y, 1)[0])


def main() -> None:
    """Print one line of JSON per network, and the exponents."""
    seconds(draw(5, 12), splits=True)
    rows = []
    for sizes in (*SIZES, *MORE_TRIALS):
        rows.append(measure(*sizes))
        print(json.dumps(rows[-1], ensure_ascii=False), flush=True)
    large, long = rows[1 : len(SIZES)], [rows[1], *rows[len(SIZES) :]]
    for name in ("without splits (s)", "with splits (s)"):
        print(f"{name}: treatments^{growth(large, name, 'treatments'):.2f}, "
              f"trials^{growth(long, name, 'trials'):.2f} at 50 treatments")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

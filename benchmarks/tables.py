"""Reading tables of 1,000 to 100,000 rows, beside pandas.read_csv with numpy in the same run.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/tables.py

Rows per CPU second of reading a file (`read_table`), of reading and deriving effects with all
doubts (`read_effects`), and of pandas.read_csv with the same formula in numpy, which checks
nothing. The least time of three runs; the ratio says how many times longer ours takes.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from trialpool.effects.inputs import read_effects, read_input, read_table

SIZES = (1_000, 10_000, 100_000)
MEASURES = {"given": "MD", "printed": "HR", "counts": "OR"}


def write(path: Path, form: str, rows: int) -> None:
    """Write a table of effects, of printed hazard ratios, or of counts."""
    random = np.random.default_rng(rows)
    y = random.normal(-0.2, 0.3, rows)
    se = np.exp(random.uniform(math.log(0.08), math.log(0.5), rows))
    if form == "given":
        table = pd.DataFrame({"yi": y.round(4), "sei": se.round(4)})
    elif form == "printed":
        limits = {"hr": y, "ci_lower": y - 1.96 * se, "ci_upper": y + 1.96 * se}
        table = pd.DataFrame({name: np.exp(x).round(3) for name, x in limits.items()})
    else:
        n1, n2 = random.integers(50, 500, (2, rows))
        counts = {"ai": random.binomial(n1, 0.3), "n1i": n1, "ci": random.binomial(n2, 0.3)}
        table = pd.DataFrame(counts | {"n2i": n2})
    table.insert(0, "study", [f"T{i}" for i in range(rows)])
    table.to_csv(path, index=False)


def bare(path: Path, form: str) -> tuple[np.ndarray, np.ndarray]:
    """Read by pandas and compute by numpy."""
    d = pd.read_csv(path)
    if form == "given":
        return d["yi"].to_numpy(), d["sei"].to_numpy() ** 2
    if form == "printed":
        return np.log(d["hr"].to_numpy()), (np.log(d["ci_upper"] / d["ci_lower"]) / 3.92) ** 2
    a, b, c, e = d["ai"], d["n1i"] - d["ai"], d["ci"], d["n2i"] - d["ci"]
    return np.log(a * e / (b * c)).to_numpy(), (1 / a + 1 / b + 1 / c + 1 / e).to_numpy()


def seconds(action: Callable[[], object]) -> float:
    """Return the least CPU time of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Print the table."""
    print("form      rows     rows/s: read_table  read_effects  pandas + numpy  ratio")
    with tempfile.TemporaryDirectory() as folder:
        for form, measure in MEASURES.items():
            for rows in SIZES:
                path = Path(folder) / f"{form}-{rows}.csv"
                write(path, form, rows)
                read = seconds(lambda path=path: read_table(path))
                both = seconds(
                    lambda path=path, measure=measure: read_effects(
                        read_input(path, measure), measure
                    )
                )
                peer = seconds(lambda path=path, form=form: bare(path, form))
                print(
                    f"{form:8} {rows:>6,} {rows / read:>19,.0f} {rows / both:>13,.0f}"
                    f" {rows / peer:>15,.0f} {both / peer:>6.1f}"
                )


if __name__ == "__main__":
    main()

"""Pooling beside metafor in the same run: ratios, growth with k, memory.

    .venv/bin/python benchmarks/pooling.py

All times are CPU times: other work on the machine distorts them less than wall times.
The peers: metafor where R is there (else statsmodels), and everywhere the plain loop of
`plain_loop.py`, whose numbers must be ours.
"""

from __future__ import annotations

import json
import math
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from plain_loop import pool as plain_pool

import trialpool as tp

HERE = Path(__file__).resolve().parent
Floats = npt.NDArray[np.float64]


def draw(rng: np.random.Generator, n_sets: int, k: int) -> tuple[Floats, Floats]:
    """Draw sets of k trials: log hazard ratios around -0.3, tau 0.2, varied precision."""
    variances = rng.uniform(0.01, 0.2, (n_sets, k))
    effects = rng.normal(-0.3, np.sqrt(0.04 + variances))
    return effects, variances


def best_of(runs: int, call: Callable[[], object]) -> float:
    """Return the smallest CPU time of several calls in seconds.

    One thread does all work, so this is the wall time of a machine with nothing else to do.
    """
    times = []
    for _ in range(runs):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def write_sets(path: Path, effects: Floats, variances: Floats) -> None:
    """Write sets as set,yi,vi."""
    rows = ["set,yi,vi"]
    for index, (y, v) in enumerate(zip(effects, variances, strict=True)):
        rows += [f"{index},{a!r},{b!r}" for a, b in zip(y.tolist(), v.tolist(), strict=True)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def peer(few: tuple[Floats, Floats], long: tuple[Floats, Floats]) -> dict[str, object]:
    """Time metafor, or statsmodels where R is absent."""
    if shutil.which("Rscript"):
        with tempfile.TemporaryDirectory() as place:
            paths = [Path(place) / name for name in ("sets.csv", "long.csv")]
            write_sets(paths[0], *few)
            write_sets(paths[1], *long)
            done = subprocess.run(
                ["Rscript", str(HERE / "pooling.R"), *map(str, paths)],
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode == 0:
            return dict(json.loads(done.stdout.splitlines()[-1]))
    from statsmodels.stats.meta_analysis import combine_effects

    one = best_of(20, lambda: combine_effects(few[0][0], few[1][0], method_re="iterated"))
    many = best_of(3, lambda: combine_effects(long[0][0], long[1][0], method_re="iterated"))
    return {"single": one, "fit": one, "long": many, "metafor": "none: statsmodels instead"}


def main() -> None:
    """Print a Markdown table."""
    rng = np.random.default_rng(20240101)
    few, long = draw(rng, 200, 10), draw(rng, 1, 1653)
    theirs = peer(few, long)
    single = best_of(
        5, lambda: [tp.random_effects(y, v, ci="hk") for y, v in zip(*few, strict=True)]
    ) / len(few[0])
    batch = draw(rng, 100_000, 10)
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    per_fit = best_of(2, lambda: tp.random_effects_many(*batch, ci="hk")) / len(batch[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pooled = tp.random_effects_many(*batch, ci="hk")
    for index in range(0, len(batch[0]), 997):
        alone = tp.random_effects(batch[0][index], batch[1][index], ci="hk")
        assert repr(pooled[index]) == repr(alone), index
    one = best_of(20, lambda: tp.random_effects(long[0][0], long[1][0], ci="hk"))
    from trialpool.sensitivity import leave_one_out

    loo = best_of(3, lambda: leave_one_out(long[0][0], long[1][0], ci="hk"))
    sizes = (100, 1_000, 10_000, 100_000)
    times = [
        best_of(3, lambda k=k: tp.random_effects(*(a[0] for a in draw(rng, 1, k)), ci="hk"))
        for k in sizes
    ]
    slope = np.polyfit(np.log(sizes[1:]), np.log(times[1:]), 1)[0]
    overall = math.log(times[-1] / times[0]) / math.log(sizes[-1] / sizes[0])

    def ratio(name: str, ours: float) -> str:
        return f"{float(str(theirs[name])) / ours:,.0f} ×"

    print(f"peer: metafor {theirs['metafor']}\n")
    print("| what | trialpool | peer | ratio | aim |\n|---|---|---|---|---|")
    rows = [
        ("single fit, k = 10: HK, Q-profile, prediction interval", single, "single", 25),
        ("batch of 100,000 sets of k = 10, per fit (all of the above)", per_fit, "single", 500),
        ("k = 1,653, one fit", one, "long", 5000),
    ]
    for words, ours, name, aim in rows:
        their = float(str(theirs[name]))
        print(
            f"| {words} | {ours * 1e3:.4g} ms | {their * 1e3:.4g} ms "
            f"| {ratio(name, ours)} | {aim:,} × |"
        )
    print(f"\nall leave-one-out fits at k = 1,653: {loo:.2f} s (aim: below 1 s)")
    print(
        f"one fit from k = 100 to 100,000: exponent {overall:.2f} "
        f"({slope:.2f} from 1,000 on; aim: at most 1.1)"
    )
    print(f"peak memory with the batch: {peak:,.0f} MB ({start / 1024:,.0f} MB before it)")
    loop = best_of(3, lambda: [plain_pool(y, v) for y, v in zip(*few, strict=True)]) / len(few[0])
    for y, v in zip(*few, strict=True):
        ours = tp.random_effects(y, v, ci="hk")
        for name, value in plain_pool(y, v).items():
            # The loop stops where its log likelihood moves by less than 1e-12: tau2 to some 1e-8.
            assert math.isclose(getattr(ours, name), value, rel_tol=1e-6, abs_tol=1e-6), name
    loop_long = best_of(3, lambda: plain_pool(long[0][0], long[1][0]))
    print(
        f"a plain loop with SciPy: {loop * 1e3:.3g} ms for a single fit ({loop / single:,.0f} ×), "
        f"{loop / per_fit:,.0f} × per fit of the batch, "
        f"{loop_long * 1e3:.3g} ms for k = 1,653 ({loop_long / one:,.0f} ×); the same numbers"
    )
    print("every 997th set of the batch: each number bit for bit that of its single fit")


if __name__ == "__main__":
    main()

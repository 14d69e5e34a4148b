"""How time and memory of single commands grow: by trials, treatments, references, letters.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/growth.py [PART...]

Parts: functions, metafor, pool, networks, references, rows, letters, plots; without any, all: some
five minutes of CPU. Every figure is a process of its own, so that its peak memory is its own. The
exponent is that of CPU seconds since the size before. Functions are timed without their imports,
commands with everything. metafor's functions are timed where R is installed, each after one `rma`.
"""

from __future__ import annotations

import csv
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
PROGRAM = Path(sys.executable).with_name("trialpool")
SIZES = (100, 1_000, 10_000)
# Refits of growing sets are still quadratic: a figure beyond 3,000 costs more than all others.
SIZES_OF = {"cumulative": (100, 1_000, 3_000)}
# metafor builds k × k matrices, and its deletions refit each time: those for few trials only.
PEERS = {
    100: ("pool", "egger", "rank", "trim-and-fill", "leave-one-out", "influence", "cumulative"),
    1_000: ("pool", "egger", "rank", "trim-and-fill"),
}
SLOWEST = 900
# Status of timeout(1).
TIMED_OUT = 124
FUNCTIONS = {
    "pool": "tp.random_effects(y, v)",
    "leave-one-out": "tp.leave_one_out(y, v)",
    "cumulative": "tp.cumulative(y, v, order=x)",
    "influence": "tp.influence(y, v)",
    "egger": "tp.egger(y, v)",
    "rank": "tp.rank_test(y, v)",
    "trim-and-fill": "tp.trim_and_fill(y, v)",
    "pet-peese": "tp.pet_peese(y, v)",
    "selection": "tp.selection_model(y, v)",
    "gosh, 1,000 subsets": "tp.gosh(y, v, max_subsets=1000)",
    "permutations, 1,000": "tp.meta_regression(y, v, x, permutations=1000)",
    "subgroups": "tp.subgroups(y, v, groups=[str(int(i)) for i in x > 0])",
    "bayes": "tp.bayesian_random_effects(y, v, prior='half-normal:0.5')",
    "baujat": "tp.baujat(y, v)",
}
POOLS = {
    "pool": (),
    "pool --leave-one-out": ("--leave-one-out",),
    "pool --influence": ("--influence",),
    "pool --small-study": ("--small-study",),
    "pool --by": ("--by", "part"),
    "pool --json": ("--json",),
}
PLOTS = {
    kind: ("plot", kind, *more)
    for kind, more in {
        "funnel": (), "influence": (), "leave-one-out": (), "bubble": ("--moderator", "x"),
    }.items()
}  # fmt: skip


def draw(k: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Draw k trials: effects with tau 0.1, errors of 0.05 to 0.5."""
    random = np.random.default_rng(seed)
    se = random.uniform(0.05, 0.5, k)
    return {"yi": random.normal(-0.2, np.hypot(0.1, se)), "sei": se, "vi": se**2,
            "x": random.normal(0.0, 1.0, k)}  # fmt: skip


def table(path: Path, k: int, *, letters: int = 0) -> None:
    """Write a table for `trialpool pool`; with one very long word in the first label."""
    data = draw(k)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("label", "year", "yi", "sei", "vi", "x", "part"))
        for i in range(k):
            label = "w" * letters if letters and not i else f"Trial {i + 1}"
            row = (data[name][i] for name in ("yi", "sei", "vi", "x"))
            writer.writerow((label, 1990 + i % 35, *(f"{x:.6f}" for x in row), "ABC"[i % 3]))


def references(path: Path, n: int) -> None:
    """Write n references in RIS."""
    with path.open("w", encoding="utf-8") as file:
        for i in range(n):
            file.write(
                f"TY  - JOUR\nAU  - Author{i}, A.\nAU  - Other, B.\n"
                f"TI  - Treatment {i} of patients with a disease: a randomised trial\n"
                f"JO  - Journal {i % 300}\nPY  - {1990 + i % 35}\nVL  - {i % 90}\nSP  - {i}\n"
                f"DO  - 10.1000/j.{i}\nAN  - {10_000_000 + i}\nER  - \n\n"
            )


def measured(command: list[str]) -> tuple[float, float] | str:
    """CPU seconds and peak MB of a process, or why there are none."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            ["timeout", str(SLOWEST), *command], stdout=subprocess.DEVNULL, stderr=said,
            env=environment,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        last = said.read().decode(errors="replace").strip().splitlines()[-1:]
    if process.returncode:
        slow = process.returncode == TIMED_OUT
        return f"above {SLOWEST} s" if slow else f"exit {process.returncode}: {''.join(last)[:100]}"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def timed_function(name: str, k: int) -> None:
    """Run one function in this process and print its CPU seconds (for a process of its own)."""
    import trialpool as tp

    small = draw(20)
    run = f"lambda y, v, x: {FUNCTIONS[name]}"
    call: Callable[..., object] = eval(run, {"tp": tp})
    call(small["yi"], small["vi"], small["x"])
    own = draw(k)
    start = time.process_time()
    call(own["yi"], own["vi"], own["x"])
    taken = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": taken, "mb": peak}))


def function(name: str, k: int) -> tuple[float, float] | str:
    """CPU seconds of a function without imports, and the peak of its process."""
    try:
        done = subprocess.run(
            [sys.executable, __file__, "--function", name, str(k)],
            capture_output=True, text=True, check=False, timeout=SLOWEST,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"above {SLOWEST} s"
    if done.returncode:
        return f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1][:100]}"
    found = json.loads(done.stdout)
    return found["seconds"], found["mb"]


def peers(folder: Path) -> None:
    """Print metafor's times of the same functions."""
    if not shutil.which("Rscript"):
        return
    for k, names in PEERS.items():
        path = folder / f"peer-{k}.csv"
        table(path, k)
        for name in names:
            done = subprocess.run(["Rscript", str(HERE / "growth.R"), str(path), name],
                                  capture_output=True, text=True, check=False)  # fmt: skip
            if done.returncode == 0:
                own = json.loads(done.stdout.splitlines()[-1])
                print(f"| metafor: {name} | {k} | {own['seconds']:.2f} s | | |", flush=True)


def print_rows(what: str, sizes: tuple[int, ...], run: Callable[[int], object]) -> None:
    """Print one line per size with seconds, memory and the exponent since the last size."""
    before: tuple[int, float] | None = None
    for size in sizes:
        found = run(size)
        if not isinstance(found, tuple):
            print(f"| {what} | {size:,} | {found} | | |", flush=True)
            return
        seconds, megabytes = found
        power = ""
        if before is not None:
            power = f"{math.log(seconds / before[1]) / math.log(size / before[0]):.2f}"
        print(f"| {what} | {size:,} | {seconds:.2g} s | {megabytes:.0f} MB | {power} |", flush=True)
        before = size, seconds


def commands(folder: Path) -> Iterator[tuple[str, str, tuple[int, ...], Callable[[int], object]]]:
    """Part, name, sizes and the measurement of everything that is timed."""

    def pooled(options: tuple[str, ...], letters: int = 0) -> Callable[[int], object]:
        def run(k: int) -> object:
            path = folder / "pool.csv"
            table(path, 8 if letters else k, letters=k if letters else 0)
            return measured([str(PROGRAM), "pool", str(path), *options])

        return run

    def drawn(options: tuple[str, ...], letters: int = 0) -> Callable[[int], object]:
        def run(k: int) -> object:
            path = folder / "plot.csv"
            table(path, 8 if letters else k, letters=k if letters else 0)
            command, *rest = options
            own = [command, *rest[:1], str(path), *rest[1:]]
            return measured([str(PROGRAM), *own, "-o", str(folder / "plot.svg")])

        return run

    def network(per: int) -> Callable[[int], object]:
        def run(treatments: int) -> object:
            from networks import draw as draw_network

            data = draw_network(treatments, per * treatments)
            path = folder / "network.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(data)
                writer.writerows(zip(*data.values(), strict=True))
            return measured([str(PROGRAM), "network", str(path), "--measure", "HR"])

        return run

    def imported(n: int) -> object:
        path = folder / "references.ris"
        references(path, n)
        out = folder / "imported"
        shutil.rmtree(out, ignore_errors=True)
        return measured([str(PROGRAM), "import", "references", str(path), "--out", str(out)])

    for name in FUNCTIONS:
        sizes = SIZES_OF.get(name, SIZES)
        yield "functions", name, sizes, lambda k, name=name: function(name, k)
    for per in (3, 10):
        name = f"network, treatments, {per} trials for each"
        yield "networks", name, (25, 50, 100), network(per)
    yield "references", "import references", (5_000, 20_000), imported
    for name, more in POOLS.items():
        yield "pool", name, SIZES, pooled(more)
    yield "rows", "pool, rows", (10_000, 100_000), pooled(())
    words = {"pool": pooled((), 1), "forest": drawn(("forest",), 1)}
    for command, run in words.items():
        yield "letters", f"{command}, letters of a word", (200, 2_000, 20_000), run
    for name, more in PLOTS.items():
        yield "plots", f"plot {name}", (100, 1_000), drawn(more)
    yield "plots", "forest", (100, 1_000), drawn(("forest",))


def main() -> None:
    """Print the tables."""
    if sys.argv[1:2] == ["--function"]:
        timed_function(sys.argv[2], int(sys.argv[3]))
        return
    wanted = sys.argv[1:]
    print("| what | size | CPU | peak | exponent |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, what, sizes, run in commands(folder):
            if not wanted or part in wanted:
                print_rows(what, sizes, run)
        if not wanted or "metafor" in wanted:
            peers(folder)


if __name__ == "__main__":
    main()

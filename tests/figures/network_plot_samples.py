"""Networks for the tests of their plots: public ones, and cases that strain a layout."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

import trialpool as tp

REFERENCE = Path(__file__).parents[1] / "reference"
LONG = "Treatment {} with a name of more than forty letters, in two doses"


def arms(name: str, **options):
    with (REFERENCE / f"network_{name}.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return tp.network(
        study=[r["study"] for r in rows], treatment=[r["treatment"] for r in rows],
        events=[int(r["events"]) for r in rows], n=[int(r["n"]) for r in rows], measure="OR",
        node_splitting=False, **options,
    )  # fmt: skip


def contrasts(name: str, **options):
    with (REFERENCE / f"network_{name}.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return tp.network(
        study=[r["study"] for r in rows], treat1=[r["treat1"] for r in rows],
        treat2=[r["treat2"] for r in rows], yi=[float(r["yi"]) for r in rows],
        sei=[float(r["sei"]) for r in rows], node_splitting=False, **options,
    )  # fmt: skip


def made(n: int, more: int, name: str = "Drug {}", measure: str = "HR", parts: int = 1, **options):
    """A star of n treatments, or several of them, with further comparisons in the first."""
    rng = np.random.default_rng(n + more)
    size = n // parts
    pairs = [(size * (i // size), i) for i in range(size * parts) if i % size]
    for _ in range(more):
        a, b = sorted(rng.choice(size, 2, replace=False).tolist())
        pairs.append((a, b))
    k = len(pairs)
    return tp.network(
        study=[f"S{i}" for i in range(k)], treat1=[name.format(b + 1) for _, b in pairs],
        treat2=[name.format(a + 1) for a, _ in pairs], yi=rng.normal(-0.2, 0.3, k),
        sei=rng.uniform(0.1, 0.4, k), measure=measure, reference=name.format(1),
        node_splitting=False, **options,
    )  # fmt: skip


NETWORKS: dict[str, Callable[[], tp.NetworkResult]] = {
    "dogliotti": lambda: arms("dogliotti", reference="Placebo or control"),
    "smoking": lambda: arms("hasselblad", small_values="bad"),
    "parkinson": lambda: contrasts("parkinson"),
    "two": lambda: made(2, 0),
    "three": lambda: made(3, 2, measure="RD"),
    "many": lambda: made(25, 40),
    "long": lambda: made(9, 6, LONG),
    "long-many": lambda: made(18, 8, LONG, measure="RMSTD"),
    "parts": lambda: made(12, 4, parts=3),
    "scripts": lambda: made(6, 4, "研究 Étude Καρδιά {}"),
    "wide": lambda: made(5, 3, tau2=900.0),
}


@cache
def analysed(name: str) -> tp.NetworkResult:
    return NETWORKS[name]()


PLOTS = {"network": tp.network_plot, "league": tp.league_plot, "rank": tp.rank_plot}


def _draw(kind: str, name: str, **options):
    if kind == "rank":
        options.setdefault("samples", 5000)
    return PLOTS[kind](analysed(name), **options)


drawn = cache(_draw)
# Two treatments of one trial have no ranks.
CASES = [(kind, name) for kind in PLOTS for name in NETWORKS if (kind, name) != ("rank", "two")]

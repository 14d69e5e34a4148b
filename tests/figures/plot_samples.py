"""Effects for the tests of the plots: real trials, and cases that strain a layout."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from forest_records import all_records
from script_records import NAMES

import trialpool as tp

# BCG vaccine trials, Colditz et al. 1994, JAMA 271:698: events and patients of the
# vaccinated and of the controls, latitude.
BCG = (
    ("Aronson 1948", 4, 123, 11, 139, 44),
    ("Ferguson 1949", 6, 306, 29, 303, 55),
    ("Rosenthal 1960", 3, 231, 11, 220, 42),
    ("Hart 1977", 62, 13598, 248, 12867, 52),
    ("Frimodt-Moller 1973", 33, 5069, 47, 5808, 13),
    ("Stein 1953", 180, 1541, 372, 1451, 44),
    ("Vandiviere 1973", 8, 2545, 10, 629, 19),
    ("TPT Madras 1980", 505, 88391, 499, 88391, 13),
    ("Coetzee 1968", 29, 7499, 45, 7277, 27),
    ("Rosenthal 1961", 17, 1716, 65, 1665, 42),
    ("Comstock 1974", 186, 50634, 141, 27338, 18),
    ("Comstock 1969", 5, 2498, 3, 2341, 33),
    ("Comstock 1976", 27, 16913, 29, 17854, 33),
)
LATITUDE = np.array([float(row[5]) for row in BCG])


def counts():
    return tuple(np.array([row[i] for row in BCG]) for i in (1, 2, 3, 4))


def bcg() -> tp.EffectSizes:
    a, n1, c, n0 = counts()
    return tp.effect_sizes(
        events_experimental=a, n_experimental=n1, events_control=c, n_control=n0,
        measure="RR", labels=[row[0] for row in BCG],
    )  # fmt: skip


def made(k: int, measure: str = "HR", name: str = "Trial {}", spread: float = 0.2, seed: int = 1):
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.005, 0.3, k)
    y = -0.2 + rng.normal(0.0, np.sqrt(v + spread**2))
    labels = [name.format(i + 1) for i in range(k)]
    return tp.effect_sizes(yi=y, vi=v, measure=measure, labels=labels)


LONG = (
    "A multicentre randomised trial with a name of more than ninety letters, phase III, number {}"
)
SOURCES: dict[str, Callable[[], tp.EffectSizes]] = {
    "bcg": bcg,
    "one": lambda: made(1),
    "two": lambda: made(2),
    "many": lambda: made(200, "OR", "Study number {}"),
    "long": lambda: made(12, "RD", LONG, spread=0.05),
    "other-scripts": lambda: tp.effect_sizes(
        yi=np.linspace(-0.6, 0.3, len(NAMES)),
        vi=np.linspace(0.02, 0.2, len(NAMES)),
        measure="HR",
        labels=[f"{name} Étude Καρδιά"[:30] for name in NAMES],
    ),
    "extreme": lambda: tp.effect_sizes(
        yi=np.log([0.001, 0.5, 1.0, 2.0, 1000.0]), vi=[0.5, 0.1, 0.01, 0.1, 3.0], measure="HR"
    ),
    "equal": lambda: tp.effect_sizes(yi=[0.1] * 4, vi=[0.02] * 4, measure="RMSTD"),
}
SMALLEST = {"baujat": 2, "influence": 2, "leave-one-out": 2, "gosh": 3, "bubble": 3}


def rows_of_multiverse(group: str = "Drug added"):
    rng = np.random.default_rng(4)
    return [
        {
            "group": group, "policy": policy, "inclusion": inclusion, "tau2_method": tau2,
            "ci_method": ci, "k": "8", "estimate": f"{rng.normal(-0.3, 0.1):.6f}",
            "ci_lower": "" if ci == "hk" and tau2 == "DL" else "-0.7",
            "ci_upper": "" if ci == "hk" and tau2 == "DL" else f"{rng.normal(0, 0.1):.6f}",
            "tau2": "0.01", "answer": "lower", "holds": "yes" if rng.random() < 0.8 else "no",
        }
        for policy in ("most mature", "first report")
        for inclusion in ("all", "without trials that are published as a conference abstract alone")
        for tau2 in ("REML", "DL", "PM")
        for ci in ("hk", "wald")
    ]  # fmt: skip


def _draw(kind: str, name: str):
    if kind == "overview":
        return tp.overview_plot(list(all_records().values()))
    if kind == "specification":
        return tp.specification_curve(rows_of_multiverse(), measure="HR")
    if kind == "labbe":
        a, n1, c, n0 = counts()
        return tp.labbe_plot(a, n1, c, n0, labels=[row[0] for row in BCG], measure="RR")
    effects = SOURCES[name]()
    k = len(effects)
    moderator = LATITUDE if name == "bcg" else np.linspace(0.0, 40.0, k) ** 1.1
    calls = {
        "funnel": lambda: tp.funnel_plot(effects),
        "radial": lambda: tp.radial_plot(effects),
        "baujat": lambda: tp.baujat_plot(effects),
        "influence": lambda: tp.influence_plot(effects),
        "leave-one-out": lambda: tp.leave_one_out_plot(effects),
        "cumulative": lambda: tp.cumulative_plot(effects, np.arange(k)),
        "gosh": lambda: tp.gosh_plot(effects, max_subsets=3000),
        "bubble": lambda: tp.bubble_plot(effects, moderator, name="Latitude"),
        "orchard": lambda: tp.orchard_plot(effects, [f"Line {i % 3}" for i in range(k)]),
        "posterior": lambda: tp.posterior_plot(effects),
    }
    return calls[kind]()


drawn = cache(_draw)
KINDS = ("funnel", "radial", "baujat", "influence", "leave-one-out", "cumulative", "gosh",
         "bubble", "orchard", "posterior")  # fmt: skip
SIZES = {"one": 1, "two": 2}
CASES = [
    *((kind, name) for kind in KINDS for name in SOURCES
      if SIZES.get(name, 99) >= SMALLEST.get(kind, 1)),
    ("labbe", "bcg"),
    ("specification", ""),
    ("overview", ""),
]  # fmt: skip

"""Effects of trials as R's meta 8.3-0 gives them, from tables to typed effects.

meta adds 0.5 in other rows than metafor, whose rules ours are, for RR, RD, IRD, PLN, PR and PETO
with empty cells: of these the rows without one are compared. Its variance of SMD differs
(Hedges 1985).
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

import trialpool as tp

FOLDER = Path(__file__).resolve().parents[1] / "reference" / "meta"
MEANS = {
    "n_experimental": "n1", "mean_experimental": "m1", "sd_experimental": "s1",
    "n_control": "n2", "mean_control": "m2", "sd_control": "s2",
}  # fmt: skip
TABLES = {
    "events_experimental": "e1", "n_experimental": "n1", "events_control": "e2", "n_control": "n2",
}  # fmt: skip
RATES = {
    "events_experimental": "x1", "time_experimental": "t1",
    "events_control": "x2", "time_control": "t2",
}  # fmt: skip
COLUMNS = {
    "metacont": MEANS, "metabin": TABLES, "metainc": RATES,
    "metaprop": {"events": "x", "n": "n"}, "metarate": {"events": "x", "time": "t"},
    "metacor": {"r": "r", "n": "n"}, "metamean": {"mean": "m", "sd": "s", "n": "n"},
}  # fmt: skip
CASES = [
    ("metacont", {"sm": "MD"}, "MD", {}),
    ("metacont", {"sm": "MD", "pooledvar": True}, "MD", {"vtype": "HO"}),
    ("metacont", {"sm": "ROM"}, "ROM", {"correct": False}),
    ("metabin", {"sm": "OR", "method": "Inverse"}, "OR", {}),
    ("metabin", {"method.incr": "all"}, "OR", {"to": "all"}),
    ("metabin", {"method.incr": "if0all"}, "OR", {"to": "if0all"}),
    ("metabin", {"RR.Cochrane": True}, "RR", {}),
    ("metabin", {"sm": "RR", "method": "Inverse"}, "RR", {}),
    ("metabin", {"sm": "RD", "method": "Inverse"}, "RD", {}),
    ("metabin", {"sm": "ASD"}, "AS", {}),
    ("metabin", {"method": "Peto"}, "PETO", {}),
    ("metaprop", {"sm": "PLOGIT"}, "PLO", {}),
    ("metaprop", {"sm": "PAS"}, "PAS", {}),
    ("metaprop", {"sm": "PFT"}, "PFT", {}),
    ("metaprop", {"sm": "PLN"}, "PLN", {}),
    ("metaprop", {"sm": "PRAW"}, "PR", {}),
    *[("metarate", {"sm": sm}, sm, {}) for sm in ("IRLN", "IRS", "IRFT", "IR")],
    *[("metainc", {"sm": sm, "method": "Inverse"}, sm, {}) for sm in ("IRR", "IRD", "IRSD")],
    ("metacor", {"sm": "ZCOR"}, "ZCOR", {}),
    ("metacor", {"sm": "COR"}, "COR", {}),
    ("metamean", {"sm": "MRAW"}, "MN", {}),
    ("metamean", {"sm": "MLN"}, "MNLN", {}),
]
OTHER_ROWS = {"RR", "RD", "IRD", "PLN", "PR", "PETO"}


def read(kind):
    results = json.loads((FOLDER / f"meta_{kind}.json").read_text(encoding="utf-8"))["results"]
    with (FOLDER / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = {name: [row[name] for row in rows] for name in rows[0]}
    return results, {
        name: cells if name == "study" else [float(x) for x in cells]
        for name, cells in table.items()
    }


@pytest.mark.parametrize(("kind", "asked", "measure", "options"), CASES)
def test_effects_and_variances_are_metas(kind, asked, measure, options):
    results, table = read(kind)
    want = next(
        r["result"] for r in results if r["fun"] == kind and asked.items() <= r["options"].items()
    )
    got = tp.effect_sizes(table, measure=measure, **COLUMNS[kind], **options)
    assert got.labels == tuple(table["study"][row] for row in got.rows)
    cells = [table[name] for name in COLUMNS[kind].values()]
    whole = [all(values[row] > 0 for values in cells) for row in got.rows]
    for own, key in ((got.yi, "TE"), (np.sqrt(got.vi), "seTE")):
        pairs = [
            (value, want[key][row])
            for value, row, full in zip(own.tolist(), got.rows, whole, strict=True)
            if want[key][row] is not None and (full or measure not in OTHER_ROWS or asked.get(
                "RR.Cochrane"))
        ]  # fmt: skip
        assert len(pairs) >= len(got) - 2
        for value, expected in pairs:
            assert value == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_the_pool_of_typed_effects_is_metas():
    results, table = read("metamean")
    want = next(r["result"] for r in results if r["options"]["sm"] == "MLN")
    found = tp.pool(tp.effect_sizes(table, measure="MNLN", **COLUMNS["metamean"]), ci="wald")
    assert found.estimate == pytest.approx(want["TE.random"], rel=1e-8)
    assert math.exp(found.estimate) == pytest.approx(want["backtransformed"]["random"][0], rel=1e-8)
    assert found.p_value is None

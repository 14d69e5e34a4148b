"""Data sets of metadat as write.csv and write.csv2 write them: their pools equal metafor's."""

import json
from pathlib import Path

import pytest
from each_case import each_case

import trialpool as tp
from trialpool.effects.inputs import read_effects, read_input
from trialpool.effects.typed_pools import pool

REFERENCE = Path(__file__).parents[1] / "reference"
POOLS = json.loads((REFERENCE / "metadat_pools.json").read_text(encoding="utf-8"))
NAMES = sorted(name for name in POOLS if name != "versions")
# Rows without numbers, which R leaves out without being told.
GAPS = {"dat.gibson2002", "dat.linde2005", "dat.yusuf1985"}
NEAR = 1e-7


def near(value):
    return pytest.approx(value, rel=NEAR, abs=NEAR)


def same(found, wanted, *, heterogeneity=False):
    assert found.estimate == near(wanted["estimate"])
    assert found.se == near(wanted["se"])
    assert (found.ci_lower, found.ci_upper) == near((wanted["lower"], wanted["upper"]))
    if heterogeneity:
        assert (found.k, found.tau2) == near((wanted["k"], wanted["tau2"]))
        assert (found.q, found.i2) == near((wanted["q"], wanted["i2"]))


@each_case("name", NAMES)
@each_case("written", ["", "-csv2"])
def test_pools(name, written):
    reference = POOLS[name]
    measure = None if reference["measure"] == "generic" else reference["measure"]
    path = REFERENCE / "metadat" / f"{name}{written}.csv"
    table = read_input(path, measure, drop_missing=name in GAPS)
    from_python = tp.effect_sizes(path, measure=measure, drop_missing=name in GAPS)
    for effects in (read_effects(table, measure), from_python):
        same(pool(effects, ci="wald"), reference["wald"], heterogeneity=True)
    same(pool(effects, ci="hk"), reference["hk"])
    same(pool(effects), reference["adhoc"])
    for method in ("mh", "peto"):
        if method in reference:
            same(pool(effects, method), reference[method])


def test_so_many_data_sets():
    assert len(NAMES) == 38

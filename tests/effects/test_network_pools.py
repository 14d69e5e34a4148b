"""Network tables in the column sets of other programs, pooled as they are: equal to metafor."""

import json
from pathlib import Path

import numpy as np
import pytest

from trialpool.effects.inputs import read_table
from trialpool.effects.networks import read_network
from trialpool.pooling.network import network

REFERENCE = Path(__file__).parents[1] / "reference"
POOLS = json.loads((REFERENCE / "network_pools.json").read_text(encoding="utf-8"))
TABLES = {
    "smoking": ("gemtc-smoking", "multinma-smoking", "netmeta-smoking", "metafor-smoking",
                "pcnetmeta-smoking"),
    "parkinson": ("gemtc-parkinson", "gemtc-parkinson-relative", "bugsnet-parkinson",
                  "multinma-parkinson-relative", "netmeta-parkinson"),
    "bleeding": ("metadat-bleeding", "metadat-bleeding-csv2"),
    "dong": ("metadat-dong",),
    "woods": ("metadat-woods",),
    "senn": ("metadat-senn",),
    "depression": ("metadat-depression", "netmeta-depression"),
}  # fmt: skip
COUNTS = ("smoking", "bleeding", "dong", "woods")
# pcnetmeta numbers the treatments in the order of their names.
NUMBERED = "pcnetmeta-smoking"
# How far rma.mv stops from the root; tau2 of smoking is 0.450230091 where it is solved exactly.
NEAR = {
    "smoking": 1e-6, "parkinson": 1e-9, "bleeding": 1e-9, "dong": 3e-7, "woods": 1e-9,
    "senn": 1e-9, "depression": 3e-7,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "table"), [(name, table) for name, tables in TABLES.items() for table in tables]
)
def test_pools(name, table):
    wanted, near = POOLS[name], NEAR[name]
    read = read_network(
        read_table(REFERENCE / "network_tables" / f"{table}.csv"),
        "OR" if name in COUNTS else None,
    )
    found = network(**read.arguments, ci="wald", node_splitting=False)
    first, *others = wanted["treatments"]
    if table == NUMBERED:
        first, *others = (f"{i + 1}" for i in range(len(others) + 1))
    assert sorted(found.treatments) == sorted((first, *others))
    assert len(found.studies) == wanted["studies"]
    assert found.tau2.value == pytest.approx(wanted["tau2"], abs=near)
    compared = [found.compare(one, first) for one in others]
    np.testing.assert_allclose([c.estimate for c in compared], wanted["estimates"], 0, near)
    np.testing.assert_allclose([c.se for c in compared], wanted["errors"], 0, near)

"""Result records and results folders for the tests of changes, from printed hazard ratios."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import sample_records

from trialpool.files import write_json, write_rows
from trialpool.pooling import random_effects
from trialpool.records.files import to_plain

Json = dict[str, Any]
Z = 1.959963984540054

ADDED = "SGLT2 inhibitor added"
INSTEAD = "SGLT2 inhibitor instead of placebo"
# Cardiovascular death or worsening heart failure, as printed in the four articles.
DAPA_HF = ("dapa-hf", "0.74", "0.65", "0.85")
DELIVER = ("deliver", "0.82", "0.73", "0.92")
PRESERVED = ("emperor-preserved", "0.79", "0.69", "0.90")
REDUCED = ("emperor-reduced", "0.75", "0.65", "0.86")
SOLOIST = ("soloist-whf", "0.67", "0.52", "0.85")

Printed = tuple[str, str, str, str]


def trial(printed: Printed, group: str = ADDED, **changes: Any) -> Json:
    name, hr, lower, upper = printed
    arms = {
        side: {"arm_id": arm, "label": arm, "agents": [arm], "n": None, "events": None}
        for side, arm in (("experimental", "sglt2"), ("control", "placebo"))
    }
    fields = {
        "row_ids": [f"{name}.cvd-hhf.t01"],
        "trial_id": name,
        "label": name.upper(),
        "year": 2020,
        "group": group,
        "comparison": "an SGLT2 inhibitor added to standard care",
        "estimate": math.log(float(hr)),
        "se": math.log(float(upper) / float(lower)) / (2 * Z),
        **arms,
        **changes,
    }
    return sample_records.trial(**fields)


def _pool(label: str, members: list[Json]) -> Json:
    yi, vi = [m["estimate"] for m in members], [m["se"] ** 2 for m in members]
    pools = {
        "common-effect": random_effects(yi, vi, tau2="CE", ci="wald", measure="HR"),
        "hk": random_effects(yi, vi, ci="hk", measure="HR"),
        "hk-adhoc": random_effects(yi, vi, ci="hk-adhoc", measure="HR"),
    }
    k, common = len(members), pools["common-effect"]
    word = "not-settled"
    if common.p_value < 0.05:
        word = "benefit" if common.estimate < 0 else "harm"
    fields = {
        "label": label,
        "kind": "added",
        **pools["hk-adhoc"].to_dict(),
        "primary_model": "single-trial" if k == 1 else "hk-adhoc",
        "verdict": {
            **{"word": f"trial-{word}" if k == 1 else word, "size": "important" if k > 4 else None},
            **{"p_benefit": 0.5, "p_important": 0.5, "flags": ["one-trial"] if k == 4 else []},
        },
        "models": {name: pool.to_dict() for name, pool in pools.items()} if k > 1 else {},
    }
    return sample_records.group(**fields)


def record(trials: list[Json], question: str = "worsening", **changes: Any) -> Json:
    """A result as its file has it."""
    labels = dict.fromkeys(trial["group"] for trial in trials)
    fields = {
        "id": question,
        "title": "Death or worsening heart failure",
        "question": "Do SGLT2 inhibitors lower the hazard?",
        "endpoints": ["OS"],
        "endpoint_names": {"OS": "overall survival"},
        "endpoint_events": {"OS": "deaths"},
        "trials": trials,
        "groups": [_pool(label, [t for t in trials if t["group"] == label]) for label in labels],
        **changes,
    }
    return to_plain(sample_records.result(**fields))


def row(printed: Printed, **changes: str) -> dict[str, str]:
    name, hr, lower, upper = printed
    inputs = {"estimate": hr, "ci_lower": lower, "ci_upper": upper}
    return {
        "row_id": f"{name}.cvd-hhf.t01",
        "table": "time_to_event",
        "line": "2",
        "trial_id": name,
        "endpoint": "CVD-HHF",
        "status": "effect",
        "yi": repr(math.log(float(hr))),
        "sei": repr(math.log(float(upper) / float(lower)) / (2 * Z)),
        "inputs": json.dumps(inputs),
        **changes,
    }


def write_results(folder: Path, records: list[Json], rows: list[dict[str, str]]) -> Path:
    columns = list(row(DAPA_HF))
    write_rows(folder / "effects.csv", columns, rows)
    for content in records:
        write_json(folder / "questions" / content["id"] / "result.json", content)
    return folder


def excluded(printed: Printed, reason: str) -> Json:
    return {
        "row_id": f"{printed[0]}.cvd-hhf.t01",
        "trial_id": printed[0],
        "label": printed[0].upper(),
        "stage": "outside the question",
        "reason": reason,
    }

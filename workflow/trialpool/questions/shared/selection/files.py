"""A question's selection on disk: input.csv (pooled), excluded.csv (not), question.json (all)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from trialpool.files import read_json, read_rows, write_json, write_rows
from trialpool.questions.shared.selection.comparative import Selection

_SIDES: Final = ("experimental", "control")
_COUNTS: Final = ("n", "events", "events_smallest", "events_largest")
_PLAIN: Final = (
    "trial_id",
    "label",
    "year",
    "group",
    "comparison",
    "endpoint",
    "source",
    "locator",
    "assessor",
    "maturity",
    "population",
    "definition",
    "extraction",
)
_ARM_COLUMNS: Final = tuple(
    f"{side}_{name}" for side in _SIDES for name in ("arm", "label", "agents", *_COUNTS)
)
INPUT_COLUMNS: Final = (
    "row_ids",
    *_PLAIN,
    "yi",
    "sei",
    "sei_lower",
    "sei_upper",
    *_ARM_COLUMNS,
    "rung",
    "formula",
    "reference",
    "inputs",
    "flags",
    "margin",
    "third_contrasts",
    "curve",
    "levels",
    "risk_of_bias",
)
EXCLUDED_COLUMNS: Final = ("row_id", "trial_id", "label", "stage", "reason")


def write_selection(folder: Path, settings: Mapping[str, Any], selection: Selection) -> None:
    """Write input.csv, excluded.csv and question.json of a question into its folder."""
    excluded = [item.__dict__ for item in selection.excluded]
    write_rows(folder / "input.csv", INPUT_COLUMNS, map(_flat, selection.trials))
    write_rows(folder / "excluded.csv", EXCLUDED_COLUMNS, excluded)
    write_json(
        folder / "question.json",
        {
            **settings,
            "groups": list(selection.groups),
            "excluded": excluded,
            "sources": selection.sources,
            "variants": list(selection.variants),
            "all_arms": list(selection.all_arms),
            "moderators": list(selection.moderators),
            "moderator_values": selection.moderators,
            "one_level": list(selection.one_level),
            "subtracted": list(selection.subtracted),
            "short_curves": list(selection.short_curves),
        },
    )


def read_selection(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read question.json and the trial records of input.csv."""
    rows = read_rows(folder / "input.csv")
    return read_json(folder / "question.json"), [_nested(row) for row in rows]


def _flat(trial: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {name: trial[name] for name in _PLAIN}
    row["row_ids"] = "; ".join(trial["row_ids"])
    row["yi"], row["sei"] = repr(trial["estimate"]), repr(trial["se"])
    for side in _SIDES:
        arm = trial[side]
        row[f"{side}_arm"], row[f"{side}_label"] = arm["arm_id"], arm["label"]
        row[f"{side}_agents"] = "; ".join(arm["agents"])
        for name in _COUNTS:
            row[f"{side}_{name}"] = arm.get(name)
    derivation = trial["derivation"]
    for name in ("rung", "formula", "reference"):
        row[name] = derivation[name]
    for name in ("lower", "upper"):
        bound = derivation[f"se_{name}"]
        row[f"sei_{name}"] = None if bound is None else repr(bound)
    row["inputs"] = json.dumps(derivation["inputs"], ensure_ascii=False)
    row["flags"] = "; ".join(trial["flags"])
    row["margin"] = json.dumps(trial["margin"]) if trial["margin"] else ""
    third = trial["third_contrasts"]
    row["third_contrasts"] = json.dumps(third) if third else ""
    row["curve"] = json.dumps(trial["curve"]) if "curve" in trial else ""
    row["levels"] = json.dumps(trial["levels"], ensure_ascii=False) if "levels" in trial else ""
    row["risk_of_bias"] = json.dumps(trial["risk_of_bias"]) if "risk_of_bias" in trial else ""
    return row


def _nested(row: Mapping[str, str]) -> dict[str, Any]:
    trial: dict[str, Any] = {"row_ids": row["row_ids"].split("; ")}
    trial |= {name: row[name] for name in _PLAIN}
    trial["year"] = int(row["year"]) if row["year"] else None
    trial["estimate"], trial["se"] = float(row["yi"]), float(row["sei"])
    for side in _SIDES:
        arm: dict[str, Any] = {
            "arm_id": row[f"{side}_arm"],
            "label": row[f"{side}_label"],
            "agents": row[f"{side}_agents"].split("; "),
        }
        for name in _COUNTS:
            text = row[f"{side}_{name}"]
            if text or name in ("n", "events"):
                arm[name] = int(text) if text else None
        trial[side] = arm
    trial["derivation"] = {name: row[name] for name in ("rung", "formula", "reference")}
    trial["derivation"]["inputs"] = json.loads(row["inputs"])
    for name in ("lower", "upper"):
        bound = row[f"sei_{name}"]
        trial["derivation"][f"se_{name}"] = float(bound) if bound else None
    trial["margin"] = json.loads(row["margin"]) if row["margin"] else None
    third = row.get("third_contrasts")
    trial["third_contrasts"] = json.loads(third) if third else []
    if row.get("curve"):
        trial["curve"] = json.loads(row["curve"])
    if row.get("levels"):
        trial["levels"] = json.loads(row["levels"])
    if row.get("risk_of_bias"):
        trial["risk_of_bias"] = json.loads(row["risk_of_bias"])
    trial["flags"] = [flag for flag in row["flags"].split("; ") if flag]
    return trial

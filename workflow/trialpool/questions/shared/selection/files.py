"""A question's selection on disk: input.csv (pooled), excluded.csv (not), question.json (all)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import structs

from trialpool.files import read_json, read_rows, write_rows
from trialpool.records.files import write_record
from trialpool.records.groups import ExcludedRow
from trialpool.records.questions import Question
from trialpool.records.trials import SelectedTrial

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
_ABSENT: Final[dict[str, Any]] = {
    **dict.fromkeys(("single_arm", "interaction", "prognostic", "horizon_months")),
    **dict.fromkeys(("variants", "all_arms", "moderators"), ()),
    **dict.fromkeys(("one_level", "subtracted", "short_curves"), ()),
}
EXCLUDED_COLUMNS: Final = ExcludedRow.__struct_fields__


def write_selection(folder: Path, question: Question, trials: Iterable[SelectedTrial]) -> None:
    """Write input.csv, excluded.csv and question.json of a question into its folder."""
    write_rows(folder / "input.csv", INPUT_COLUMNS, map(_flat, trials))
    write_rows(folder / "excluded.csv", EXCLUDED_COLUMNS, map(structs.asdict, question.excluded))
    write_record(folder / "question.json", question)


def read_selection(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read question.json and the trial records of input.csv."""
    rows = read_rows(folder / "input.csv")
    question = read_json(folder / "question.json")
    return {**_ABSENT, **question["filters"], **question}, [_nested(row) for row in rows]


def _flat(trial: SelectedTrial) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(trial, name) for name in _PLAIN}
    row["row_ids"] = "; ".join(trial.row_ids)
    row["yi"], row["sei"] = repr(trial.estimate), repr(trial.se)
    for side, arm in zip(_SIDES, (trial.experimental, trial.control), strict=True):
        row[f"{side}_arm"], row[f"{side}_label"] = arm.arm_id, arm.label
        row[f"{side}_agents"] = "; ".join(arm.agents)
        for name in _COUNTS:
            row[f"{side}_{name}"] = getattr(arm, name)
    derivation = trial.derivation
    row["rung"], row["formula"] = derivation.rung, derivation.formula
    row["reference"] = derivation.reference
    for column, bound in (("sei_lower", derivation.se_lower), ("sei_upper", derivation.se_upper)):
        row[column] = None if bound is None else repr(bound)
    row["inputs"] = _cell(derivation.inputs)
    row["flags"] = "; ".join(trial.flags)
    for name in ("margin", "third_contrasts", "curve", "levels", "risk_of_bias"):
        row[name] = _cell(getattr(trial, name))
    return row


def _cell(value: object) -> str:
    """Write records as one cell, empty where there is none."""
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False) if value else ""


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

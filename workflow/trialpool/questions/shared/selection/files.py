"""A question's selection on disk: input.csv (pooled), excluded.csv (not), question.json (all)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from trialpool.files import read_json, read_rows, write_json, write_rows
from trialpool.records.questions import Question
from trialpool.records.trials import (
    Arm,
    Curve,
    Derivation,
    Margin,
    RiskOfBias,
    SelectedLevel,
    SelectedTrial,
    ThirdContrast,
)
from trialpool.records.untyped import question_from_flat

if TYPE_CHECKING:
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


def read_selection(folder: Path) -> tuple[Question, tuple[SelectedTrial, ...]]:
    """Read question.json and the trials of input.csv."""
    question = question_from_flat(read_json(folder / "question.json"))
    return question, tuple(_trial(row) for row in read_rows(folder / "input.csv"))


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


def _trial(row: Mapping[str, str]) -> SelectedTrial:
    """Read one row of input.csv."""
    return SelectedTrial(
        row_ids=tuple(row["row_ids"].split("; ")),
        **{name: row[name] for name in _PLAIN if name != "year"},
        year=int(row["year"]) if row["year"] else None,
        estimate=float(row["yi"]),
        se=float(row["sei"]),
        experimental=_arm(row, "experimental"),
        control=_arm(row, "control"),
        derivation=Derivation(
            rung=row["rung"],
            formula=row["formula"],
            reference=row["reference"],
            inputs=json.loads(row["inputs"]),
            se_lower=float(row["sei_lower"]) if row["sei_lower"] else None,
            se_upper=float(row["sei_upper"]) if row["sei_upper"] else None,
        ),
        margin=_read_cell(row, "margin", Margin | None, None),
        third_contrasts=_read_cell(row, "third_contrasts", tuple[ThirdContrast, ...], ()),
        curve=_read_cell(row, "curve", Curve | None, None),
        levels=_read_cell(row, "levels", tuple[SelectedLevel, ...], ()),
        risk_of_bias=_read_cell(row, "risk_of_bias", RiskOfBias | None, None),
        flags=tuple(flag for flag in row["flags"].split("; ") if flag),
    )


def _read_cell(row: Mapping[str, str], column: str, kind: Any, empty: Any) -> Any:
    """Read a cell that holds JSON."""
    text = row.get(column)
    return msgspec.json.decode(text, type=kind) if text else empty


def _arm(row: Mapping[str, str], side: str) -> Arm:
    counts = {name: row[f"{side}_{name}"] for name in _COUNTS}
    return Arm(
        arm_id=row[f"{side}_arm"],
        label=row[f"{side}_label"],
        agents=tuple(row[f"{side}_agents"].split("; ")),
        **{name: int(text) if text else None for name, text in counts.items()},
    )

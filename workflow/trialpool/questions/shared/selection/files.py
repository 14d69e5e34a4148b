"""A question's selection on disk: input.csv (pooled), excluded.csv (not), question.json (all)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import structs

from trialpool.files import read_rows, write_rows
from trialpool.records.files import read_question, write_record
from trialpool.records.groups import ExcludedRow
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

_SIDES: Final = ("experimental", "control")
_COUNTS: Final = ("n", "events", "events_smallest", "events_largest")
# In the file where an arm has one.
_MEASURED: Final = ("mean", "sd", "time")
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
    "grade",
)
_ARM_COLUMNS: Final = tuple(
    f"{side}_{name}" for side in _SIDES for name in ("arm", "label", "agents", *_COUNTS)
)
INPUT_COLUMNS: Final = (
    "row_ids",
    *_PLAIN,
    "follow_up_months",
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
    "read_at",
)
_MEASURED_COLUMNS: Final = tuple(f"{side}_{name}" for side in _SIDES for name in _MEASURED)
EXCLUDED_COLUMNS: Final = ExcludedRow.__struct_fields__


def write_selection(folder: Path, question: Question, trials: Iterable[SelectedTrial]) -> None:
    """Write input.csv, excluded.csv and question.json of a question into its folder."""
    rows = [_flat(trial) for trial in trials]
    there = [name for name in _MEASURED_COLUMNS if any(row[name] for row in rows)]
    write_rows(folder / "input.csv", (*INPUT_COLUMNS, *there), rows)
    write_rows(folder / "excluded.csv", EXCLUDED_COLUMNS, map(structs.asdict, question.excluded))
    write_record(folder / "question.json", question)


def read_selection(folder: Path) -> tuple[Question, tuple[SelectedTrial, ...]]:
    """Read question.json and the trials of input.csv."""
    question = read_question(folder / "question.json")
    return question, tuple(_trial(row) for row in read_rows(folder / "input.csv"))


def _flat(trial: SelectedTrial) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(trial, name) for name in _PLAIN}
    row["row_ids"] = "; ".join(trial.row_ids)
    row["yi"], row["sei"] = repr(trial.estimate), repr(trial.se)
    row["follow_up_months"] = _number(trial.follow_up_months)
    for side, arm in zip(_SIDES, (trial.experimental, trial.control), strict=True):
        row[f"{side}_arm"], row[f"{side}_label"] = arm.arm_id, arm.label
        row[f"{side}_agents"] = "; ".join(arm.agents)
        for name in _COUNTS:
            row[f"{side}_{name}"] = getattr(arm, name)
        for name in _MEASURED:
            row[f"{side}_{name}"] = _number(getattr(arm, name))
    derivation = trial.derivation
    row["rung"], row["formula"] = derivation.rung, derivation.formula
    row["reference"] = derivation.reference
    for column, bound in (("sei_lower", derivation.se_lower), ("sei_upper", derivation.se_upper)):
        row[column] = _number(bound)
    row["inputs"] = _cell(derivation.inputs)
    row["flags"] = "; ".join(trial.flags)
    for name in ("margin", "third_contrasts", "curve", "levels", "risk_of_bias", "read_at"):
        row[name] = _cell(getattr(trial, name))
    return row


def _number(value: float | None) -> str | None:
    return None if value is None else repr(value)


def _cell(value: object) -> str:
    """Write records as one cell, empty where there is none."""
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False) if value else ""


def _trial(row: Mapping[str, str]) -> SelectedTrial:
    """Read one row of input.csv."""
    return SelectedTrial(
        row_ids=tuple(row["row_ids"].split("; ")),
        **{name: row[name] for name in _PLAIN if name != "year"},
        year=int(row["year"]) if row["year"] else None,
        follow_up_months=float(row["follow_up_months"]) if row["follow_up_months"] else None,
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
        read_at=_read_cell(row, "read_at", tuple[str, ...], ()),
        flags=tuple(flag for flag in row["flags"].split("; ") if flag),
    )


def _read_cell(row: Mapping[str, str], column: str, kind: Any, empty: Any) -> Any:
    """Read a cell that holds JSON."""
    text = row.get(column)
    return msgspec.json.decode(text, type=kind) if text else empty


def _arm(row: Mapping[str, str], side: str) -> Arm:
    counts = {name: row[f"{side}_{name}"] for name in _COUNTS}
    mean, sd, time = (row.get(f"{side}_{name}") for name in _MEASURED)
    return Arm(
        arm_id=row[f"{side}_arm"],
        label=row[f"{side}_label"],
        agents=tuple(row[f"{side}_agents"].split("; ")),
        **{name: int(text) if text else None for name, text in counts.items()},
        mean=float(mean) if mean else None,
        sd=float(sd) if sd else None,
        time=float(time) if time else None,
    )

"""Small tables to select from: trials of one drug, and questions about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from shipped_words import ENDPOINTS

from trialpool.effects.derive import derive_effects
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence, RawTable
from trialpool.questions.registry import stage
from trialpool.questions.shared.selection.library import Library
from trialpool.records.trials import SelectedTrial

TAXONOMY: dict[str, Any] = {
    "classes": {
        "drug": {"label": "drug", "targeted": True},
        "care": {"label": "care", "targeted": False},
    },
    "mechanisms": {
        "drug": {"label": "Drug", "class": "drug", "order": 1},
        "care": {"label": "Care", "class": "care", "order": 2},
    },
    "agents": {"drug": {"mechanism": "drug"}, "care": {"mechanism": "care"}},
    "populations": {"ITT": "itt", "marked": "biomarker-level", "after surgery": "event"},
    "population_kinds": {"itt": "", "biomarker-level": "", "event": ""},
    "assessors": {"BICR": {"blinded": True}, "investigator": {"blinded": False}},
    "biomarker_aliases": {"mark": "marker"},
    "level_aliases": {"marker": {"yes": "positive"}},
    "overlaps": [{"pooled": "joint", "members": ["one", "two"]}],
    "contrasts_schedule": [
        {
            "trial_id": "long",
            "experimental_arm": "two",
            "control_arm": "one",
            "differs": "2 v 1 years",
            "turned": "1 v 2 years",
        }
    ],
}
QUESTION: dict[str, Any] = {
    "title": "t",
    "question": "q",
    "kind": "comparison",
    "table": "time_to_event",
    "measure": "HR",
    "endpoints": ["PFS"],
    "trials": {"design": ["rct"]},
    "populations": ["itt"],
    "contrasts": ["strategy"],
    "report_policy": "latest",
    "overall": None,
    "overall_reason": "none",
}
POOLING: dict[str, Any] = {
    **{"tau2": "REML", "pi": "t", "level": 0.95},
    "tau_priors": {"RHR": "half-normal:0.25"},
}


class Selected(NamedTuple):
    """What selection gives: the question with all that it leaves out, and its trials."""

    question: Any
    trials: tuple[SelectedTrial, ...]


def select(library: Library, settings: Mapping[str, Any]) -> Selected:
    """Ask a question of a kind as the pipeline does."""
    room = stage(settings["kind"], "select")
    asked = room.asked("q", settings, POOLING, ENDPOINTS)
    return Selected(*room.select(library, asked))


def frame(table: str, rows: list[Mapping[str, str]]) -> RawTable:
    columns = tuple(column.name for column in TABLES[table].columns)
    blank = dict.fromkeys(columns, "")
    return RawTable(columns, tuple({**blank, **r, LINE: i} for i, r in enumerate(rows, 2)))


def row(row_id: str, trial_id: str = "one", **cells: str) -> dict[str, str]:
    return {
        "row_id": row_id,
        "trial_id": trial_id,
        "experimental_arm": "x",
        "control_arm": "c",
        "endpoint": "PFS",
        "population": "ITT",
        "measure": "HR",
        "estimate": "0.80",
        "ci_lower": "0.64",
        "ci_upper": "1.00",
        "ci_level": "95",
        "maturity": "primary",
        "source_id": "s2020",
        "extraction": "double",
    } | cells


def run(
    rows: list[Mapping[str, str]],
    tables: Mapping[str, list[Mapping[str, str]]] | None = None,
    **settings: Any,
) -> Selected:
    trial_ids = sorted({r["trial_id"] for r in rows})
    arms = [
        {"trial_id": t, "arm_id": a, "agents": agents, "role": role, "n": "100"}
        for t in trial_ids
        for a, agents, role in (
            ("x", "drug; care", "experimental"),
            ("c", "care", "control"),
            ("two", "drug; care", "experimental"),
            ("one", "drug; care", "control"),
        )
    ]
    trials = [
        {
            "trial_id": t,
            "trial": t.upper(),
            "design": "pooled-analysis" if t == "joint" else "rct",
        }
        for t in trial_ids
    ]
    sources = [{"source_id": "s2020", "year": "2020"}, {"source_id": "s2024", "year": "2024"}]
    evidence = Evidence(
        {
            "trials": frame("trials", trials),
            "arms": frame("arms", arms),
            "sources": frame("sources", sources),
            "time_to_event": frame("time_to_event", rows),
            **{name: frame(name, further) for name, further in (tables or {}).items()},
        }
    )
    library = Library(evidence, derive_effects(evidence), TAXONOMY, {})
    return select(library, QUESTION | settings)


def used(selection: Selected) -> list[str]:
    return [row_id for trial in selection.trials for row_id in trial.row_ids]


def stages(selection: Selected) -> dict[str, str]:
    return {item.row_id: item.stage for item in selection.question.excluded}


def reasons(selection: Selected) -> dict[str, str]:
    return {item.row_id: item.reason for item in selection.question.excluded}

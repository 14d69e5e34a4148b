"""A small made-up review: two strategies, a marker, and the records of two questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sample_records import result

from trialpool.chapters.build import build_chapters
from trialpool.chapters.material import Material
from trialpool.effects.derive import derive_effects
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence, RawTable
from trialpool.questions.shared.selection.library import Library
from trialpool.records.files import to_plain
from trialpool.records.results import Result

Json = dict[str, Any]

TAXONOMY: Json = {
    "classes": {
        "drug": {"label": "drug", "targeted": True},
        "care": {"label": "care", "targeted": False},
    },
    "mechanisms": {
        "blocker": {"label": "Blocker", "class": "drug", "order": 1, "definition": "Blocks."},
        "opener": {"label": "Opener", "class": "drug", "order": 2},
        "care": {"label": "Care", "class": "care", "order": 3},
    },
    "agents": {
        "alphamab": {"mechanism": "blocker"},
        "betamab": {"mechanism": "blocker"},
        "gammanib": {"mechanism": "opener"},
        "care": {"mechanism": "care"},
    },
    "framework": {
        "name": "pathway",
        "chapters": {
            "escape": {
                "title": "Escape",
                "review_section": "3.1",
                "summary": "It escapes.",
                "rationale": "Block it.",
                "biomarkers": ["gene", "the gene", "protein"],
                "strategies": ["blocker", "opener"],
            },
            "unknown": {"title": "Unknown", "strategies": ["opener"], "questions": ["advanced"]},
        },
    },
    "biomarker_aliases": {"the gene": "gene"},
    "biomarker_labels": {"gene": "The gene G"},
    "level_aliases": {"gene": {"altered": "mutated"}},
    "overlaps": [{"pooled": "joint", "members": ["one", "two"]}],
}

TRIALS = [
    {"trial_id": "one", "trial": "ONE", "nct": "NCT00000001", "setting": "advanced"},
    {"trial_id": "two", "trial": "TWO", "setting": "advanced"},
    {"trial_id": "joint", "trial": "JOINT", "design": "pooled-analysis", "setting": "advanced"},
    {"trial_id": "lone", "trial": "LONE", "design": "single-arm", "setting": "early"},
    {"trial_id": "still", "trial": "STILL", "status": "ongoing"},
    {"trial_id": "gone", "trial": "GONE", "status": "terminated"},
    {"trial_id": "odd", "trial": "ODD"},
    {"trial_id": "outcome", "trial": "OUTCOME"},
]
ARMS = [
    ("one", "a", "alphamab; care", "experimental"),
    ("one", "c", "care", "control"),
    ("two", "a", "betamab; care", "experimental"),
    ("two", "c", "care", "control"),
    ("joint", "a", "alphamab; care", "experimental"),
    ("joint", "c", "care", "control"),
    ("lone", "a", "alphamab", "experimental"),
    ("still", "a", "gammanib; care", "experimental"),
    ("still", "c", "care", "control"),
    ("gone", "a", "gammanib; care", "experimental"),
    ("gone", "c", "gammanib", "control"),
    ("odd", "a", "gammanib; care", "experimental"),
    ("odd", "c", "care", "control"),
    ("outcome", "a", "gammanib", "experimental"),
]


def comparison(row_id: str, biomarker: str = "", level: str = "", **cells: str) -> dict[str, str]:
    """One row of time_to_event.csv, by default with an interval."""
    return {
        "row_id": row_id,
        "trial_id": row_id.partition(".")[0],
        "experimental_arm": "a",
        "control_arm": "c",
        "endpoint": "PFS",
        "biomarker": biomarker,
        "biomarker_level": level,
        "measure": "HR",
        "estimate": "0.70",
        "ci_lower": "0.50",
        "ci_upper": "0.98",
        "ci_level": "95",
        "source_id": "doe",
        "locator": "page 3",
        **cells,
    }


COMPARISONS = [
    comparison("one.pfs.t01"),
    comparison("one.pfs.t02", "gene", "mutated"),
    comparison("one.pfs.t03", "the gene", "normal", ci_lower="", ci_upper=""),
    comparison("joint.pfs.t01", "gene", "altered"),
    comparison("joint.pfs.t02", "gene", "normal"),
    comparison("two.pfs.t01", "gene", "mutated"),
    comparison("two.pfs.t02", "gene", "normal"),
    comparison("two.pfs.t03", "colour", "blue"),
    comparison("odd.x.t01", endpoint="TTX"),
]
RESPONSES = [
    {
        "row_id": f"one.orr.r{number}",
        "trial_id": "one",
        "arm_id": arm,
        "endpoint": "ORR",
        "biomarker": "gene",
        "biomarker_level": level,
        "n": "20",
        "source_id": "doe",
        **cells,
    }
    for number, (arm, level, cells) in enumerate(
        [
            ("a", "mutated", {"events": "5"}),
            ("c", "mutated", {"events": "3"}),
            ("a", "normal", {"percent": "50"}),
            ("c", "normal", {"percent": "99.9"}),
        ]
    )
]
RESPONSES.append(
    {"row_id": "lone.orr.r1", "trial_id": "lone", "arm_id": "a", "endpoint": "ORR", "percent": "9"}
)
OUTCOMES = [
    {
        "row_id": f"{trial}.os.b{number}",
        "trial_id": trial,
        "arm_id": arm,
        "endpoint": "OS",
        "biomarker": "gene",
        "level_a": a,
        "level_b": b,
        "measure": "HR",
        "estimate": "1.5",
        "ci_lower": "1.0",
        "ci_upper": "2.25",
        "source_id": "doe",
    }
    for number, (trial, arm, a, b) in enumerate(
        [("outcome", "a", "mutated", "normal"), ("two", "pooled", "normal", "altered")]
    )
]
REVIEW = [
    {"review_section": "2", "name_in_review": name, "trial_id": name.lower()}
    for name in ("ONE", "LONE", "STILL", "GONE", "ODD", "OUTCOME")
]


def record(
    question_id: str, trials: list[Json], groups: list[Json], excluded: list[Json]
) -> Result:
    """A result record with the parts that chapters read."""
    filters = {"setting": ["early" if question_id == "early" else "advanced"], "design": ["rct"]}
    return result(
        id=question_id,
        trials=trials,
        groups=groups,
        excluded=excluded,
        settings={"trials": filters},
    )


def results() -> list[Result]:
    """Two questions: one pools ONE, the other is empty."""
    blocker = {"label": "Blocker added", "mechanisms": ["blocker"], "kind": "added"}
    copies = {"label": "Blocker: copies", "mechanisms": ["blocker"], "kind": "equivalence"}
    pooled = {"trial_id": "one", "group": "Blocker added", "row_ids": ["one.pfs.t01"]}

    def out(row_id: str, stage: str, reason: str) -> Json:
        trial_id = row_id.partition(".")[0]
        return {"row_id": row_id, "trial_id": trial_id, "stage": stage, "reason": reason}

    outside = "outside the question"
    return [
        record(
            "advanced",
            [pooled],
            [blocker, copies],
            [
                out("two.pfs.t01", "part of the trial", "patients with gene mutated only"),
                out("two.pfs.t03", outside, "not blue"),
                out("lone.orr.r1", outside, "setting is early"),
                out("joint.pfs.t01", outside, "design is pooled-analysis"),
            ],
        ),
        record("early", [], [], [out("lone.orr.r1", outside, "design is single-arm")]),
    ]


def table(name: str, rows: list[Mapping[str, str]]) -> RawTable:
    """A raw table with all columns of its schema."""
    columns = tuple(column.name for column in TABLES[name].columns)
    blank = dict.fromkeys(columns, "")
    return RawTable(columns, tuple({**blank, **r, LINE: i} for i, r in enumerate(rows, 2)))


def material(**changes: Any) -> Material:
    """The small review, ready for the chapters."""
    trial = {"design": "rct", "status": "reported"}
    arms = [
        {"trial_id": t, "arm_id": a, "label": f"Arm {a} of {t}", "agents": agents, "role": role}
        for t, a, agents, role in ARMS
    ]
    source = {"source_id": "doe", "first_author": "Doe", "journal": "J", "year": "2020"}
    evidence = Evidence(
        {
            "trials": table("trials", [{**trial, **row} for row in TRIALS]),
            "arms": table("arms", arms),
            "sources": table("sources", [{**source, "title": "All", "doi": "10.1000/x"}]),
            "time_to_event": table("time_to_event", COMPARISONS),
            "responses": table("responses", RESPONSES),
            "biomarker_contrasts": table("biomarker_contrasts", OUTCOMES),
            "review_trials": table("review_trials", REVIEW),
        }
    )
    taxonomy = {**TAXONOMY, **changes}
    library = Library(evidence, derive_effects(evidence), taxonomy, {})
    return Material(library, results(), 0.95)


def chapters() -> Json:
    """The record of the chapters of the small review."""
    return to_plain(build_chapters(material()))

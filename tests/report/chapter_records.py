"""A record of chapters as its file has it, on the questions of report_records."""

from __future__ import annotations

import math
from typing import Any

from report_records import records

Json = dict[str, Any]

_ROW = {
    "source_id": "doe",
    "locator": "page 3",
    "note": "",
    "questions": [],
    "status": "effect",
    "reason": "",
}


def _set(rows: list[Json], **changes: Any) -> Json:
    return {
        "marker": "gene",
        "trial_id": "one",
        "trial": "ONE",
        "endpoint": "OS",
        "comparison": "",
        "arms": [],
        "group": "",
        "levels": ["mutated", "normal"],
        "rows": [{**_ROW, **row} for row in rows],
        **changes,
    }


def _ratio(estimate: float, half: float | None) -> Json:
    log = math.log(estimate)
    return {
        "measure": "HR",
        "estimate": log,
        "se": None if half is None else half / 1.96,
        "ci_lower": None if half is None else log - half,
        "ci_upper": None if half is None else log + half,
        "p_value": ".04",
    }


def chapter_record() -> Json:
    """Two chapters, one without markers, and two trials of the framing review."""
    survival = records()[0]
    results = [
        {"question": record.id, "group": group.label}
        for record in records()
        for group in record.groups
    ]
    effects = [
        _set(
            [
                {
                    "row_id": "one.os.t01",
                    "level": "mutated",
                    **_ratio(0.5, 0.3),
                    "population": "gene mutated",
                    "assessor": "BICR",
                    "maturity": "final",
                    "n_experimental": 12,
                    "n_control": 13,
                    "note": "stratified",
                    "questions": [survival.id],
                },
                {
                    "row_id": "one.os.t02",
                    "level": "normal",
                    **_ratio(0.9, None),
                    "status": "estimate-only",
                    "population": "",
                    "assessor": "",
                    "maturity": "",
                    "n_experimental": None,
                    "n_control": None,
                },
            ],
            comparison="alphamab added to care",
        )
    ]
    response = {"arm_id": "a", "arm": "Alphamab", "role": "experimental", "definition": "RECIST"}
    responses = [
        _set(
            [
                {
                    **response,
                    "row_id": "one.orr.r1",
                    "level": "mutated",
                    "status": "count",
                    "events": 5,
                    "n": 20,
                    "percent": "",
                },
                {
                    **response,
                    "row_id": "one.orr.r2",
                    "level": "normal",
                    "status": "none",
                    "reason": "no denominator was printed",
                    "events": None,
                    "n": None,
                    "percent": "41.5",
                },
            ],
            endpoint="ORR",
        )
    ]
    outcome = {"arm_id": "pooled", "arm": "", "level_a": "mutated", "level_b": "normal"}
    bare = {"measure": "median", "estimate": None, "se": None, "ci_lower": None, "ci_upper": None}
    outcomes = [
        _set(
            [
                {**outcome, "row_id": "one.os.b1", **_ratio(1.4, 0.2)}
                | {"value_a": "", "value_b": "", "n_a": 30, "n_b": 40},
                {**outcome, "row_id": "one.os.b2", **bare, "status": "none", "reason": "a median"}
                | {"value_a": "12.5", "value_b": "NR", "n_a": None, "n_b": None, "p_value": ""},
            ]
        )
    ]
    strategy = {
        "id": "blocker",
        "label": "Blocker",
        "definition": "Blocks the receptor.",
        "agents": ["alphamab"],
        "results": results,
        "trials": {"carrying": 5, "in_these_groups": 3, "in_other_groups": 1},
        "not_pooled": [
            {
                "trial_id": "late",
                "trial": "LATE",
                "status": "reported",
                "in_every_arm": True,
                "stage": "outside the question",
                "reason": "design is single-arm",
                "question": survival.id,
            }
        ],
    }
    opener = {**strategy, "id": "opener", "label": "Opener", "results": [], "not_pooled": []}
    opener["trials"] = {"carrying": 0, "in_these_groups": 0, "in_other_groups": 0}
    reason = {"marker": "gene", "kind": "effects", "text": "Two rows.", "questions": []}
    return {
        "schema_version": 1,
        "level": 0.95,
        "name": "risk factor",
        "heading": "Risk factors and their markers",
        "chapters": [
            {
                "id": "escape",
                "title": "Escape",
                "review_section": "3.1",
                "summary": "It escapes.",
                "rationale": "Block it.",
                "strategies": [strategy, opener],
                "markers": {
                    "labels": {"gene": "The gene G"},
                    "effects": effects,
                    "responses": responses,
                    "outcomes": outcomes,
                    "reasons": [reason, {**reason, "kind": "outcomes", "text": "Two contrasts."}],
                },
                "on_markers": [],
            },
            {
                "id": "none",
                "title": "Nothing known",
                "review_section": "",
                "summary": "",
                "rationale": "",
                "strategies": [],
                "markers": {
                    "labels": {},
                    "effects": [],
                    "responses": [],
                    "outcomes": [],
                    "reasons": [],
                },
                "on_markers": [],
                "questions": [records()[0].id],
            },
        ],
        "review_trials": [
            {
                "section": "2",
                "name": "ONE",
                "nct_in_review": "NCT000000012",
                "trial_id": "one",
                "trial": "ONE trial",
                "nct": "NCT00000001; ACTRN1",
                "setting": "advanced",
                "status": "reported",
                "rows": {
                    "time_to_event": 2,
                    "responses": 1,
                    "biomarker_contrasts": 0,
                    "reconstructed_survival": 0,
                },
                "questions": [survival.id],
                "not_pooled": None,
            },
            {
                "section": "2",
                "name": "STILL",
                "nct_in_review": "",
                "trial_id": "still",
                "trial": "STILL",
                "nct": "",
                "setting": "",
                "status": "ongoing",
                "rows": dict.fromkeys(
                    (
                        "time_to_event",
                        "responses",
                        "biomarker_contrasts",
                        "reconstructed_survival",
                    ),
                    0,
                ),
                "questions": [],
                "not_pooled": {
                    "stage": "no rows",
                    "reason": "ongoing: no results",
                    "question": None,
                },
            },
        ],
        "sources": {
            "doe": {
                "short": "Doe, J 2020",
                "citation": "Doe. All. J 2020.",
                "doi": "10.1000/x",
                "pmid": None,
                "url": None,
            }
        },
    }

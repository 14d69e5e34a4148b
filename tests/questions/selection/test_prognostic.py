"""Outcome by level of a marker on small tables: one estimate per trial, levels turned, counts."""

import math
from typing import Any

import pytest
from small_tables import TAXONOMY, frame, select, stages, used

from trialpool.effects.derive import derive_effects
from trialpool.evidence.tables import Evidence
from trialpool.questions.shared.selection.library import Library

ASKED: dict[str, Any] = {
    **{"kind": "prognosis", "title": "t", "question": "q", "overall": None},
    "table": "biomarker_contrasts",
    "measure": "OR",
    "endpoints": ["pCR"],
    "trials": {"design": ["rct"]},
    "report_policy": "all-arms",
    "prognostic": {"biomarker": "marker", "levels": ["positive", "negative"]},
}


def contrast(row_id: str, arm: str = "pooled", trial_id: str = "one", **cells: str):
    settings = {
        **{"row_id": row_id, "trial_id": trial_id, "arm_id": arm, "endpoint": "pCR"},
        **{"biomarker": "mark", "level_a": "yes", "level_b": "negative", "measure": "OR"},
        **{"estimate": "0.50", "ci_lower": "0.25", "ci_upper": "1.00", "ci_level": "95"},
        **{"source_id": "s2020", "extraction": "single"},
    }
    return settings | cells


def rate(row_id: str, which: str, events: str, n: str, arm: str = "x"):
    return {
        **{"row_id": row_id, "trial_id": "two", "arm_id": arm, "endpoint": "pCR"},
        **{"biomarker": "mark", "biomarker_level": which, "events": events, "n": n},
        **{"source_id": "s2020", "extraction": "double"},
    }


def ask(
    contrasts: list[dict[str, str]], rates: list[dict[str, str]] | None = None, **settings: Any
):
    rates = rates or []
    ids = sorted({row["trial_id"] for row in (*contrasts, *rates)})
    arms = [
        {"trial_id": t, "arm_id": a, "agents": agents, "role": role, "n": "100"}
        for t in ids
        for a, agents, role in (("x", "drug; care", "experimental"), ("c", "care", "control"))
    ]
    trials = [
        {"trial_id": t, "trial": t, "design": "pooled-analysis" if t == "joint" else "rct"}
        for t in ids
    ]
    sources = [{"source_id": "s2020", "year": "2020"}, {"source_id": "s2024", "year": "2024"}]
    evidence = Evidence(
        {
            "trials": frame("trials", trials),
            "arms": frame("arms", arms),
            "sources": frame("sources", sources),
            "biomarker_contrasts": frame("biomarker_contrasts", contrasts),
            "responses": frame("responses", rates),
        }
    )
    library = Library(evidence, derive_effects(evidence), TAXONOMY, {})
    return select(library, ASKED | settings)


def test_all_arms_together_come_before_single_arms_and_levels_are_turned():
    found = ask(
        [
            contrast("arm", "x"),
            contrast("all", estimate="2.00", ci_lower="1.00", ci_upper="4.00")
            | {"level_a": "negative", "level_b": "yes"},
            contrast("rest", level_b="other"),
            contrast("rate", measure="percent", estimate=""),
        ]
    )
    (trial,) = found.trials
    assert trial.row_ids == ("all",)
    assert trial.estimate == pytest.approx(-math.log(2.0))
    assert trial.flags == ("the report compares the levels the other way round",)
    assert trial.comparison == "positive v negative, all arms"
    assert stages(found) == {
        "arm": "another report used",
        "rest": "not poolable",
        "rate": "not poolable",
    }
    assert [group.kind for group in found.question.groups] == ["prognostic"]


def test_arms_of_one_trial_become_one_estimate_by_their_common_effect():
    found = ask(
        [
            contrast("first", "x"),
            contrast("second", "c", estimate="0.80", ci_lower="0.20", ci_upper="3.20"),
        ]
    )
    (trial,) = found.trials
    z = 1.959963984540054
    w = [(2 * z / math.log(4)) ** 2, (2 * z / math.log(16)) ** 2]
    mean = (w[0] * math.log(0.5) + w[1] * math.log(0.8)) / sum(w)
    assert trial.row_ids == ("first", "second")
    assert trial.estimate == pytest.approx(mean)
    assert trial.se == pytest.approx(1 / math.sqrt(sum(w)))


def test_response_rates_by_level_within_an_arm_make_an_odds_ratio():
    found = ask(
        [contrast("b", trial_id="one")],
        [
            rate("p", "yes", "10", "40"),
            rate("n", "negative", "30", "60"),
            rate("alone", "yes", "5", "20", arm="c"),
        ],
    )
    two = next(trial for trial in found.trials if trial.trial_id == "two")
    assert two.row_ids == ("p", "n")
    assert two.estimate == pytest.approx(math.log((10 / 30) / (30 / 30)))
    assert two.se == pytest.approx(math.sqrt(1 / 10 + 1 / 30 + 1 / 30 + 1 / 30))
    assert (two.experimental.n, two.control.n) == (40, 60)
    assert stages(found) == {"alone": "not poolable"}


def test_a_joint_analysis_stands_for_its_members():
    found = ask(
        [contrast("member", trial_id="one"), contrast("whole", trial_id="joint")],
        trials={"design": ["rct", "pooled-analysis"]},
    )
    assert used(found) == ["whole"]
    assert stages(found) == {"member": "joint analysis"}

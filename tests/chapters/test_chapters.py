"""Chapters of a small made-up review: strategies, marker rows, reasons, the review's trials."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from small_review import chapters, material

from trialpool.chapters.build import build_chapters
from trialpool.records.chapters import WhyNot
from trialpool.records.files import to_plain

Json = dict[str, Any]


@pytest.fixture(scope="module")
def built() -> Json:
    return chapters()


@pytest.fixture(scope="module")
def escape(built: Json) -> Json:
    return built["chapters"][0]


def reason(chapter: Json, kind: str) -> str:
    found = [item for item in chapter["markers"]["reasons"] if item["kind"] == kind]
    assert [item["marker"] for item in found] == ["gene"]
    return str(found[0]["text"])


def test_chapters_follow_the_taxonomy_and_need_it(built: Json) -> None:
    assert [chapter["id"] for chapter in built["chapters"]] == ["escape", "unknown"]
    assert built["chapters"][0]["review_section"] == "3.1"
    assert (built["name"], built["heading"]) == ("pathway", "Pathway")
    assert [chapter.get("questions") for chapter in built["chapters"]] == [None, ["advanced"]]
    without = to_plain(build_chapters(material(framework={})))
    assert without["chapters"] == []
    assert without["sources"] == {}


def test_a_record_can_be_written(built: Json) -> None:
    assert json.loads(json.dumps(built, allow_nan=False)) == built


def test_a_strategy_names_groups_and_copies_no_number(escape: Json) -> None:
    blocker, opener = escape["strategies"]
    assert blocker["results"] == [{"question": "advanced", "group": "Blocker added"}]
    assert blocker["agents"] == ["alphamab", "betamab"]
    assert blocker["trials"] == {"carrying": 4, "in_these_groups": 1, "in_other_groups": 0}
    assert opener["results"] == []
    assert [t["trial"] for t in opener["not_pooled"]] == ["GONE", "ODD", "OUTCOME", "STILL"]
    assert [t["in_every_arm"] for t in opener["not_pooled"]] == [True, False, True, False]


def test_the_reason_of_the_furthest_stage_is_told(escape: Json) -> None:
    why = {t["trial_id"]: t for t in escape["strategies"][0]["not_pooled"]}
    assert why["two"]["stage"] == "part of the trial"
    assert why["two"]["question"] == "advanced"
    assert why["joint"]["reason"] == "design is pooled-analysis"


def test_of_rows_outside_every_question_the_nearest_question_speaks() -> None:
    """LONE fails the first filter of one question and the second of the other."""
    assert material().why_not("lone") == WhyNot(
        stage="outside the question", reason="design is single-arm", question="early"
    )


def test_levels_and_markers_are_canonical_and_each_row_stands_once(escape: Json) -> None:
    effects = escape["markers"]["effects"]
    assert [one["trial"] for one in effects] == ["JOINT", "ONE", "TWO"]
    assert [one["levels"] for one in effects] == [["mutated", "normal"]] * 3
    rows = [row["row_id"] for one in effects for row in one["rows"]]
    assert sorted(rows) == [
        "joint.pfs.t01",
        "joint.pfs.t02",
        "one.pfs.t02",
        "one.pfs.t03",
        "two.pfs.t01",
        "two.pfs.t02",
    ]
    assert effects[0]["comparison"] == "alphamab added to care"


def test_estimates_are_on_the_analysis_scale(escape: Json) -> None:
    with_interval, without = escape["markers"]["effects"][1]["rows"]
    assert with_interval["estimate"] == pytest.approx(math.log(0.7))
    width = with_interval["ci_upper"] - with_interval["ci_lower"]
    assert width == pytest.approx(math.log(0.98 / 0.5))
    assert without["status"] == "estimate-only"
    assert without["estimate"] == pytest.approx(math.log(0.7))
    assert without["ci_lower"] is None


def test_response_rates_keep_counts_and_percentages_apart(escape: Json) -> None:
    rows = {row["row_id"]: row for row in escape["markers"]["responses"][0]["rows"]}
    assert rows["one.orr.r0"]["events"] == 5
    assert rows["one.orr.r2"]["events"] == 10
    assert rows["one.orr.r3"]["events"] is None
    assert rows["one.orr.r3"]["percent"] == "99.9"
    assert "no whole number" in rows["one.orr.r3"]["reason"]


def test_a_joint_analysis_and_its_member_are_no_two_trials(escape: Json) -> None:
    """JOINT and TWO report the same levels, but JOINT contains TWO."""
    assert reason(escape, "effects") == (
        "6 results by level from 3 trials, 5 with an interval; 1 comparison, endpoint PFS. "
        "JOINT and TWO give intervals at two levels, but no two with separate patients the same "
        "levels of the same comparison and endpoint."
    )


def test_trials_that_could_be_pooled_are_named() -> None:
    apart = to_plain(build_chapters(material(overlaps=[])))["chapters"][0]
    assert reason(apart, "effects").endswith(
        "JOINT and TWO give intervals at two levels for “Blocker added”, PFS. "
        "No question of this report pools them."
    )


def test_counts_in_one_arm_are_not_enough(escape: Json) -> None:
    assert reason(escape, "responses") == (
        "4 response rates from 1 trial, 3 with counts; endpoint ORR. "
        "No trial gives counts at two levels in both arms of a comparison."
    )


def test_prognosis_is_compared_whichever_level_comes_first(escape: Json) -> None:
    assert reason(escape, "outcomes") == (
        "2 contrasts of levels from 2 trials, 2 with a ratio and its interval; endpoint OS. "
        "OUTCOME and TWO give mutated against normal (HR) for OS, under different agents. "
        "No question of this report pools them."
    )


def test_a_mechanism_without_markers_has_no_rows(built: Json) -> None:
    markers = built["chapters"][1]["markers"]
    assert markers == {"labels": {}, "effects": [], "responses": [], "outcomes": [], "reasons": []}


def test_every_trial_of_the_review_is_used_or_has_a_reason(built: Json) -> None:
    told = {
        trial["name"]: trial["questions"] or trial["not_pooled"]["reason"]
        for trial in built["review_trials"]
    }
    assert told == {
        "ONE": ["advanced"],
        "LONE": "design is single-arm",
        "STILL": "ongoing: no results",
        "GONE": "no rows in the tables",
        "ODD": "no question asks for TTX",
        "OUTCOME": "only outcome by a marker under one treatment, which no question pools",
    }
    assert built["review_trials"][0]["rows"] == {
        "time_to_event": 3,
        "responses": 4,
        "biomarker_contrasts": 0,
        "reconstructed_survival": 0,
    }


def test_sources_of_the_rows_are_cited(built: Json) -> None:
    assert set(built["sources"]) == {"doe"}
    assert built["sources"]["doe"]["short"] == "Doe, J 2020"
    assert built["sources"]["doe"]["doi"] == "10.1000/x"

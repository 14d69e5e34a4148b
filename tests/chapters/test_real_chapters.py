"""Chapters of this review, built from data/raw and config by the pipeline's own steps."""

from __future__ import annotations

import csv
import json
import posixpath
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from site_pages import texts

from trialpool import formatting as fmt
from trialpool.files import read_json
from trialpool.records.chapters import Chapters
from trialpool.records.files import from_plain, result_of

ROOT = Path(__file__).resolve().parents[2]
TAXONOMY = yaml.safe_load((ROOT / "config/taxonomy.yaml").read_text(encoding="utf-8"))
KINDS = {
    "effects": "time_to_event",
    "responses": "responses",
    "outcomes": "biomarker_contrasts",
}
Json = dict[str, Any]


def rows(table: str) -> list[dict[str, str]]:
    with (ROOT / f"data/raw/{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def results(shipped_review: Path) -> Path:
    """The results folder with all records."""
    return shipped_review / "results"


@pytest.fixture(scope="module")
def built(results: Path) -> tuple[Json, dict[str, Json]]:
    """The record of the chapters, and the records of all questions by id."""
    questions = sorted((results / "questions").iterdir())
    records = {question.name: read_json(question / "result.json") for question in questions}
    return read_json(results / "chapters.json"), records


@pytest.fixture(scope="module")
def comparisons(results: Path) -> Json:
    return read_json(results / "comparisons.json")


@pytest.fixture(scope="module")
def chapters(built: tuple[Json, dict[str, Json]]) -> Json:
    return built[0]


@pytest.fixture(scope="module")
def site(built: tuple[Json, dict[str, Json]]) -> dict[str, str]:
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    records = [result_of(record) for record in built[1].values()]
    chapters = from_plain(built[0], Chapters)
    return texts(records, settings=config["report"], chapters=chapters)


def test_eight_mechanisms_in_the_order_of_the_review(chapters: Json) -> None:
    sections = [chapter["review_section"] for chapter in chapters["chapters"]]
    assert sections == [f"3.{number}" for number in range(1, 9)]
    assert all(chapter["summary"] and chapter["rationale"] for chapter in chapters["chapters"])


def test_every_row_on_a_marker_stands_exactly_once(chapters: Json) -> None:
    aliases = TAXONOMY["biomarker_aliases"]
    for chapter in chapters["chapters"]:
        named = TAXONOMY["framework"]["chapters"][chapter["id"]]["biomarkers"]
        markers = {aliases.get(name, name) for name in named}
        assert set(chapter["markers"]["labels"]) == markers
        for kind, table in KINDS.items():
            shown = [row for one in chapter["markers"][kind] for row in one["rows"]]
            expected = [
                row["row_id"]
                for row in rows(table)
                if aliases.get(row["biomarker"], row["biomarker"]) in markers
            ]
            assert sorted(row["row_id"] for row in shown) == sorted(expected)


def test_every_marker_with_rows_has_a_stated_reason(chapters: Json) -> None:
    for chapter in chapters["chapters"]:
        found = [(item["marker"], item["kind"]) for item in chapter["markers"]["reasons"]]
        expected = {(one["marker"], kind) for kind in KINDS for one in chapter["markers"][kind]}
        assert len(found) == len(set(found))
        assert set(found) == expected
        assert all(item["text"].endswith(".") for item in chapter["markers"]["reasons"])


def test_groups_that_a_chapter_names_exist_and_carry_the_strategy(
    built: tuple[Json, dict[str, Json]],
) -> None:
    chapters, records = built
    named = 0
    for chapter in chapters["chapters"]:
        for strategy in chapter["strategies"]:
            for result in strategy["results"]:
                groups = records[result["question"]]["groups"]
                (group,) = [g for g in groups if g["label"] == result["group"]]
                assert strategy["id"] in group["mechanisms"]
                named += 1
    assert named > 50


def test_every_group_of_a_strategy_is_named(built: tuple[Json, dict[str, Json]]) -> None:
    chapters, records = built
    for chapter in chapters["chapters"]:
        for strategy in chapter["strategies"]:
            expected = {
                (name, group["label"])
                for name, record in records.items()
                for group in record["groups"]
                if strategy["id"] in group["mechanisms"]
                and group["kind"] != "equivalence"
                and record["kind"] in ("comparison", "mean_time")
            }
            found = [(result["question"], result["group"]) for result in strategy["results"]]
            assert len(found) == len(set(found))
            assert set(found) == expected


def test_trials_of_a_strategy_are_all_accounted_for(
    built: tuple[Json, dict[str, Json]],
) -> None:
    chapters, records = built
    pooled = {trial["trial_id"] for record in records.values() for trial in record["trials"]}
    for chapter in chapters["chapters"]:
        for strategy in chapter["strategies"]:
            counts = strategy["trials"]
            assert min(counts.values()) >= 0
            assert counts["carrying"] == (
                counts["in_these_groups"] + counts["in_other_groups"] + len(strategy["not_pooled"])
            )
            assert not {trial["trial_id"] for trial in strategy["not_pooled"]} & pooled
            assert all(trial["reason"] for trial in strategy["not_pooled"])


def test_the_trials_of_the_review(built: tuple[Json, dict[str, Json]]) -> None:
    chapters, records = built
    trials = chapters["review_trials"]
    assert len(trials) == 38
    assert [trial["name"] for trial in trials] == [
        row["name_in_review"] for row in rows("review_trials")
    ]
    counts = {table: Counter(row["trial_id"] for row in rows(table)) for table in trials[0]["rows"]}
    for trial in trials:
        used = [
            name
            for name, record in records.items()
            if trial["trial_id"] in {t["trial_id"] for t in record["trials"]}
        ]
        assert trial["questions"] == used
        assert bool(used) != bool(trial["not_pooled"] and trial["not_pooled"]["reason"])
        assert trial["rows"] == {
            table: counter[trial["trial_id"]] for table, counter in counts.items()
        }
        if trial["status"] == "ongoing":
            assert trial["not_pooled"]["reason"] == "ongoing: no results"


def test_the_pages_show_the_numbers_of_the_questions(
    built: tuple[Json, dict[str, Json]], site: dict[str, str]
) -> None:
    """Each line of a strategies table holds its question's k, and no other."""
    chapters, records = built
    for chapter in chapters["chapters"]:
        lines = re.findall(
            r'<th scope="row" class="asks"><a href="../questions/([^"]+).html">.*?</th>'
            r'<td class="num right">(\d+)</td>',
            site[f"markers/{chapter['id']}.html"],
        )
        expected = Counter(
            (result["question"], fmt.whole(group["k"]))
            for strategy in chapter["strategies"]
            for result in strategy["results"]
            for group in records[result["question"]]["groups"]
            if group["label"] == result["group"]
        )
        assert Counter(lines) == expected


def test_every_page_is_reached_from_the_front_page(site: dict[str, str]) -> None:
    """Ids and links were checked when the site was made."""
    seen, waiting = set(), ["index.html"]
    while waiting:
        path = waiting.pop()
        if path in seen or path not in site:
            continue
        seen.add(path)
        links = re.findall(r'<a [^>]*href="([^"#:]+)', site[path])
        waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(path), to)) for to in links]
    assert seen == set(site)


def test_questions_on_markers_stand_in_the_chapters_of_their_markers(
    built: tuple[Json, dict[str, Json]],
) -> None:
    chapters, records = built
    shown = {one["question"]: one for c in chapters["chapters"] for one in c["on_markers"]}
    # Hormone receptors and nodes are markers of no mechanism of resistance.
    of_markers = {n for n, r in records.items() if r.keys() & {"interaction", "prognostic"}}
    assert {
        n for n in of_markers - set(shown) if "nodal" not in n and "hr-status" not in n
    } == set()
    for name, one in shown.items():
        kind = "predictive" if "interaction" in records[name] else "prognostic"
        assert one["kind"] == kind
        assert one["groups"] == [group["label"] for group in records[name]["groups"]]
    # Why the levels that are asked for have no number, not that V/V is another level.
    reasons = {i["trial"]: i["reason"] for i in shown["interaction-fcgr3a"]["left_out"]}
    assert all("without a confidence interval" in reason for reason in reasons.values())
    left = {item["trial"] for item in shown["interaction-pdl1"]["left_out"]}
    assert left == {"KATE2"}
    # Its article prints the level that is positive, and the other one as a median alone.
    assert [i["printed"] for i in shown["interaction-pdl1"]["left_out"]] == [
        ["HR 0.60 (0.32 to 1.11)"]
    ]


def test_no_ratio_with_an_interval_is_unasked_and_unlisted(
    results: Path, built: tuple[Json, dict[str, Json]]
) -> None:
    _, records = built
    passed_by = {"outside the question", "part of the trial", "another question"}
    asked = {i for r in records.values() for t in r["trials"] for i in t["row_ids"]} | {
        out["row_id"]
        for record in records.values()
        for out in record["excluded"]
        if out["stage"] not in passed_by
    }
    listed = {
        i: one for one in read_json(results / "not_asked.json")["results"] for i in one["row_ids"]
    }
    assert not asked & set(listed)
    for table in ("time_to_event", "response_contrasts", "biomarker_contrasts"):
        for row in rows(table):
            if row["ci_lower"] or row["ci_upper"]:
                assert row["row_id"] in asked | set(listed), row["row_id"]
            if one := listed.get(row["row_id"]):
                for name in ("estimate", "ci_lower", "ci_upper"):
                    assert row[name] in one["printed"]
                assert one["reason"]


# -- comparisons


def test_every_trial_that_compares_arms_makes_exactly_one_comparison(
    built: tuple[Json, dict[str, Json]], comparisons: Json
) -> None:
    arms = {(row["trial_id"], row["arm_id"]) for row in rows("arms")}
    expected = Counter(
        (question, trial["group"], trial["trial_id"])
        for question, record in built[1].items()
        if "strategies" in record
        for trial in record["trials"]
        if all((trial["trial_id"], trial[s]["arm_id"]) in arms for s in ("experimental", "control"))
    )
    found = Counter(
        (cell["question"], cell["group"], trial)
        for one in comparisons["comparisons"]
        for cell in one.get("cells", ())
        for trial in cell["trials"]
    )
    assert found == expected
    asked = {question for question, _, _ in found}
    kinds = {kind for q, record in built[1].items() if (kind := record["kind"]) and q in asked}
    assert kinds == {"comparison", "interaction", "mean_time", "network"}
    pooled = {q for q, r in built[1].items() if r["kind"] in kinds and r["trials"]}
    assert asked == pooled


def test_a_comparison_holds_no_trial_twice_and_splits_over_no_groups(
    built: tuple[Json, dict[str, Json]], comparisons: Json
) -> None:
    ids = [one["id"] for one in comparisons["comparisons"]]
    assert len(set(ids)) == len(ids)
    for one in comparisons["comparisons"]:
        # One of which no result can be pooled has no cell.
        cells = one.get("cells", ())
        places = [c["question"] for c in cells]
        for cell in cells:
            assert len(set(cell["trials"])) == len(cell["trials"])
            if built[1][cell["question"]]["kind"] != "interaction":
                assert places.count(cell["question"]) == 1, one["id"]


def test_strategies_of_comparisons(comparisons: Json) -> None:
    listed = [(s["id"], name) for s in comparisons["strategies"] for name in s["comparisons"]]
    made = [(one["strategy"], one["id"]) for one in comparisons["comparisons"]]
    assert sorted(listed) == sorted(made)
    labels = [s["label"] for s in comparisons["strategies"]]
    assert len(set(labels)) == len(labels)
    places = [(one["setting"], one["label"]) for one in comparisons["comparisons"]]
    assert len(set(places)) == len(places)


def test_the_record_keeps_to_its_schema(comparisons: Json) -> None:
    schema = json.loads((ROOT / "docs/schemas/comparisons.json").read_text(encoding="utf-8"))
    jsonschema.validate(comparisons, schema)

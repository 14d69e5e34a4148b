"""Results that are in the data and in no question: listed, each with its printed number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec import structs
from shipped_words import ENDPOINTS
from small_review import material, record, results
from typer.testing import CliRunner

from trialpool.chapters.material import Material
from trialpool.chapters.not_asked import list_not_asked
from trialpool.cli.main import app
from trialpool.effects.derive import derive_as_configured
from trialpool.evidence.grades import GRADES
from trialpool.evidence.printed_rows import printed_row
from trialpool.findings import InputError
from trialpool.questions.registry import KINDS, stage
from trialpool.questions.shared.selection.library import Library
from trialpool.records.files import read_not_asked, write_record
from trialpool.records.groups import ExcludedRow
from trialpool.settings import load_settings
from trialpool.survival import read_raw

ROOT = Path(__file__).resolve().parents[2]


def by_id(found):
    return {one.row_ids[0]: one for one in found.results}


def test_what_no_question_pools_or_lists_among_its_own_is_not_asked():
    found = list_not_asked(material())
    # One row is pooled, one has no interval, and of one response no arm has another beside it.
    assert set(by_id(found)) == {
        *("two.os.b1", "outcome.os.b0", "one.orr.r0", "joint.pfs.t01", "joint.pfs.t02"),
        *("odd.x.t01", "one.pfs.t02", "two.pfs.t01", "two.pfs.t02", "two.pfs.t03"),
    }
    assert found.asked == 1
    assert set(found.sources) == {"doe"}


def test_a_result_says_what_it_is_and_what_keeps_it_out():
    found = by_id(list_not_asked(material()))
    level = found["two.pfs.t01"]
    assert (level.trial, level.endpoint, level.contrast) == (
        *("TWO", "PFS"),
        "Arm a of two v Arm c of two",
    )
    assert (level.biomarker, level.biomarker_level) == ("gene", "mutated")
    assert level.printed == "HR 0.70 (0.50 to 0.98)"
    assert (level.question, level.reason) == ("advanced", "patients with gene mutated only")
    assert (level.source, level.locator) == ("doe", "page 3")
    marker = found["two.os.b1"]
    assert marker.contrast == "gene: normal v altered, all arms"
    assert marker.printed == "HR 1.5 (1.0 to 2.25)"
    assert (marker.question, marker.biomarker) == ("", "")
    assert marker.reason == "no question asks for OS by a marker under one treatment"
    pair = found["one.orr.r0"]
    assert pair.row_ids == ("one.orr.r0", "one.orr.r1")
    assert pair.contrast == "Arm a of one v Arm c of one"
    assert pair.printed == "5/20 v 3/20"
    assert found["odd.x.t01"].reason == "no question asks for TTX"


@pytest.mark.parametrize(
    ("at", "is_asked"),
    [
        ("not poolable", True),  # within the filters, and listed there with its reason
        ("retracted", True),
        ("another report used", True),
        ("outside the question", False),
        ("another question", False),
        ("part of the trial", False),
    ],
)
def test_a_row_that_a_question_lists_as_eligible_is_asked_for(at, is_asked):
    small = material()
    out = {"row_id": "two.pfs.t01", "trial_id": "two", "stage": at, "reason": "why"}
    more = Material(small.library, [*results(), record("more", [], [], [out])], 0.95)
    assert ("two.pfs.t01" not in by_id(list_not_asked(more))) == is_asked


@pytest.fixture(scope="module")
def shipped():
    settings, _ = load_settings(ROOT / "config" / "config.yaml", ROOT)
    evidence, _ = read_raw(ROOT / "data" / "raw", settings.tables)
    effects = derive_as_configured(evidence, settings.config)
    return settings, Library(evidence, effects, settings.taxonomy, {})


# The shipped review asks for no single groups of means, rates or correlations.
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"single_group"}))
def test_every_kind_of_question_prints_what_it_leaves_out(shipped, kind):
    settings, library = shipped
    name, asked = next((q, m) for q, m in settings.questions.items() if m["kind"] == kind)
    room = stage(kind, "select")
    pooling = settings.config["pooling"]
    question, trials = room.select(library, room.asked(name, asked, pooling, ENDPOINTS))
    assert question.excluded
    for item in question.excluded:
        assert item.printed == printed_row(*library.results[item.row_id])
    with_pages = library.with_pages(trials)
    for trial in with_pages:
        assert trial.grade in (*GRADES, "")
        pages = {library.results[r][1].get("evidence_url", "") for r in trial.row_ids} - {""}
        assert set(trial.read_at) == pages


def test_the_command_prints_the_record(tmp_path):
    found = list_not_asked(material())
    write_record(tmp_path / "not_asked.json", found)
    assert read_not_asked(tmp_path / "not_asked.json") == found
    runner = CliRunner()
    lines = runner.invoke(app, ["table", "--not-asked", str(tmp_path)]).stdout.splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == 1 + len(found.results)
    assert any("TWO | PFS" in row and "HR 0.70 (0.50 to 0.98)" in row for row in rows)
    printed = runner.invoke(app, ["table", "--not-asked", "--json", str(tmp_path)]).stdout
    assert json.loads(printed)["asked"] == 1
    missing = runner.invoke(app, ["table", "--not-asked", str(tmp_path / "nowhere")])
    assert isinstance(missing.exception, InputError)


def test_stages_say_whether_a_row_was_a_candidate():
    row = ExcludedRow(row_id="r", trial_id="t", label="T", stage="set aside", reason="")
    assert row.is_candidate
    assert not structs.replace(row, stage="part of the trial").is_candidate

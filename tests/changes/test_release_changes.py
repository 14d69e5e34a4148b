"""What changed since a release: seven edits of the data of a small review, each described."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from heart_failure_builds import Rows, build, changes, edit_table, edit_text

from trialpool import formatting
from trialpool.changes.release import NO_RELEASE
from trialpool.cli.builds.changes import approve
from trialpool.measures import get_measure
from trialpool.records.changes.release import ReleaseChanges
from trialpool.records.files import read_result
from trialpool.reviews import example

HEART_FAILURE = example("heart-failure")
ADDED = "SGLT2 inhibitor added"


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    """The review as it was released, with its results."""
    review = tmp_path_factory.mktemp("released") / "review"
    shutil.copytree(HEART_FAILURE, review, ignore=shutil.ignore_patterns("results", ".snakemake"))
    build(review)
    return review


@pytest.fixture
def review(released, tmp_path) -> Path:
    """A copy whose configuration names the release."""
    copy = tmp_path / "review"
    shutil.copytree(released, copy)
    shutil.copytree(released / "results", copy / "release-1")
    edit_text(copy / "config" / "config.yaml", "  results: results", release_line())
    return copy


def release_line() -> str:
    return "  results: results\n  release: release-1"


def shown(folder: Path, question: str) -> tuple[str, int, str]:
    """Effect, number of trials and word of the one group of a question, from its record."""
    result = read_result(folder / "questions" / question / "result.json")
    (group,) = result.groups
    numbers = (group.estimate, group.ci_lower, group.ci_upper)
    printed = formatting.effect_with_interval(*numbers, get_measure(result.measure))
    return printed, group.k, group.verdict.word.replace("-", " ")


def sentence_of(found: ReleaseChanges, question: str, status: str = "changed") -> str:
    (pool,) = [p for p in found.pools if (p.question, p.level) == (question, "group")]
    assert pool.status == status
    return pool.sentence


def assert_told(review: Path, found: ReleaseChanges, question: str) -> str:
    """The sentence gives what both records hold."""
    said = sentence_of(found, question)
    (before, k, word), (after, k_now, word_now) = (
        shown(folder, question) for folder in (review / "release-1", review / "results")
    )
    assert f"HR {before} → {after}" in said
    assert (f"{k} → {k_now} trials" if k != k_now else f"{k} trials") in said
    assert (f"verdict {word} → {word_now}" if word != word_now else f"{word} as before") in said
    (pool,) = [p for p in found.pools if (p.question, p.level) == (question, "group")]
    for side, folder in ((pool.before, "release-1"), (pool.after, "results")):
        (group,) = read_result(review / folder / "questions" / question / "result.json").groups
        numbers = (group.k, group.estimate, group.ci_lower, group.ci_upper)
        assert (side.k, side.estimate, side.ci_lower, side.ci_upper) == numbers
    return said


def set_cells(row_id: str, **cells: str):
    def change(rows: Rows) -> Rows:
        assert row_id in {row["row_id"] for row in rows}
        return [{**row, **cells} if row["row_id"] == row_id else row for row in rows]

    return change


def test_without_a_release_one_sentence(released, tmp_path):
    copy = tmp_path / "review"
    shutil.copytree(released, copy)
    found = changes(copy)
    assert (found.release, found.summary, found.pools) == ("", NO_RELEASE, ())


def test_nothing_changed(review):
    found = changes(review)
    assert found.summary == "Nothing changed since the results in release-1."
    assert (found.rows, found.pools, found.questions) == ((), (), ())


def test_a_changed_ratio(review):
    edit_table(review, "time_to_event", set_cells("dapa-hf.cvd-hhf.t01", estimate="0.75"))
    found = changes(review)
    said = assert_told(review, found, "worsening")
    assert "Changed: DAPA-HF (row dapa-hf.cvd-hhf.t01: estimate 0.74 → 0.75)." in said
    assert {pool.question for pool in found.pools} == {"worsening"}
    (row,) = found.rows
    assert (row.row_id, row.status) == ("dapa-hf.cvd-hhf.t01", "edited")
    (cell,) = [cell for cell in row.cells if cell.name == "estimate"]
    assert (cell.before, cell.after) == ("0.74", "0.75")
    assert "1 edited row, 1 moved pool" in found.summary


def test_an_added_row(review):
    """A later report of a trial: `latest` takes it, the earlier one leaves with its reason."""

    def change(rows: Rows) -> Rows:
        (row,) = [row for row in rows if row["row_id"] == "deliver.cvd.t01"]
        later = {"row_id": "deliver.cvd.t02", "maturity": "final", "follow_up_months": "40"}
        return [*rows, {**row, **later, "estimate": "0.80", "ci_lower": "0.67", "ci_upper": "0.96"}]

    edit_table(review, "time_to_event", change)
    found = changes(review)
    said = assert_told(review, found, "cardiovascular-death")
    assert "New: DELIVER (HR 0.80; row deliver.cvd.t02)." in said
    assert "Left: DELIVER (HR 0.88; row deliver.cvd.t01, " in said
    assert [(row.row_id, row.status) for row in found.rows] == [("deliver.cvd.t02", "new")]
    assert found.trials_new == ()


def test_an_added_row_that_the_audit_refuses_says_why(review):
    """492 deaths cannot give an interval this narrow."""

    def change(rows: Rows) -> Rows:
        (row,) = [row for row in rows if row["row_id"] == "deliver.cvd.t01"]
        later = {"row_id": "deliver.cvd.t02", "maturity": "final", "ci_lower": "0.80"}
        return [*rows, {**row, **later, "ci_upper": "0.97"}]

    edit_table(review, "time_to_event", change)
    found = changes(review)
    assert found.pools == ()
    (row,) = found.rows
    assert (row.row_id, row.status) == ("deliver.cvd.t02", "new")
    assert "[interval-width]" in row.left_out


def test_an_added_trial(review):
    """SOLOIST-WHF, 0.67 (0.52 to 0.85): Bhatt, N Engl J Med 2021;384:117."""
    edit_table(
        review,
        "trials",
        lambda rows: [*rows, {**rows[0], "trial_id": "soloist", "trial": "SOLOIST-WHF", "nct": ""}],
    )
    edit_table(
        review,
        "arms",
        lambda rows: [*rows, *({**row, "trial_id": "soloist"} for row in rows[:2])],
    )
    own = {"row_id": "soloist.cvd-hhf.t01", "trial_id": "soloist", "estimate": "0.67"}
    own |= {"ci_lower": "0.52", "ci_upper": "0.85", "events_experimental": "", "events_control": ""}
    edit_table(review, "time_to_event", lambda rows: [*rows, {**rows[0], **own}])
    found = changes(review)
    said = assert_told(review, found, "worsening")
    assert found.trials_new == ("soloist",)
    assert "4 → 5 trials" in said
    assert "New: SOLOIST-WHF (HR 0.67; row soloist.cvd-hhf.t01)." in said
    assert found.summary.startswith("Since the results in release-1: 1 new trial, 1 new row")


def test_a_removed_row(review):
    edit_table(
        review,
        "time_to_event",
        lambda rows: [row for row in rows if row["row_id"] != "dapa-hf.cvd-hhf.t01"],
    )
    found = changes(review)
    said = assert_told(review, found, "worsening")
    assert "4 → 3 trials" in said
    left = "Left: DAPA-HF (HR 0.74; row dapa-hf.cvd-hhf.t01, removed from the tables)."
    assert left in said
    assert [(row.row_id, row.status) for row in found.rows] == [("dapa-hf.cvd-hhf.t01", "gone")]
    assert found.trials_gone == ()  # its other endpoint is still there


def test_a_retracted_source(review):
    edit_table(
        review,
        "sources",
        lambda rows: [
            {**row, "status": "retracted" * (row["source_id"] == "anker2021")} for row in rows
        ],
    )
    found = changes(review)
    said = assert_told(review, found, "worsening")
    assert "row emperor-preserved.cvd-hhf.t01, its source is retracted" in said
    # The other pool has one drug left: it is now the comparison of that drug.
    new, gone = (
        next(p for p in found.pools if (p.question, p.status) == ("cardiovascular-death", status))
        for status in ("new", "gone")
    )
    assert new.sentence.startswith("dapagliflozin added to standard care, Cardiovascular death")
    assert "row emperor-preserved.cvd.t01, its source is retracted" in gone.sentence
    assert found.rows == ()
    assert "1 new pool, 1 pool gone, 1 moved pool" in found.summary


def test_a_renamed_mechanism(review):
    taxonomy = review / "config" / "taxonomy.yaml"
    edit_text(taxonomy, "sglt2: {label: SGLT2 inhibitor, class", "sglt2: {label: Gliflozin, class")
    found = changes(review)
    for question in ("worsening", "cardiovascular-death"):
        said = sentence_of(found, question, "renamed")
        assert f"(was called {ADDED})" in said
        assert "another name, the same numbers" in said
        assert shown(review / "results", question) == shown(review / "release-1", question)
    assert "2 renamed pools" in found.summary


def test_a_changed_policy(review):
    """Fixed settings of a question and one that moves the numbers: the prior of tau."""
    edit_text(review / "config" / "config.yaml", "{HR: bartos2023-hr}", '{HR: "half-normal:0.5"}')
    found = changes(review)
    said = assert_told(review, found, "worsening")
    assert "Because of tau prior bartos2023-hr → half-normal:0.5." in said
    assert found.rows == ()
    (note,) = [note for note in found.questions if note.question == "worsening"]
    assert "Setting: tau prior bartos2023-hr → half-normal:0.5." in note.sentences


def test_the_release_may_be_a_folder_of_baselines(review):
    config = review / "config" / "config.yaml"
    edit_text(config, "release: release-1", "release: approved\n  baseline: approved")
    approve(config, review / "release-1")
    edit_table(review, "time_to_event", set_cells("dapa-hf.cvd-hhf.t01", estimate="0.75"))
    found = changes(review)
    assert_told(review, found, "worsening")
    assert found.release == "the results in approved"


def test_records_of_another_version_are_named_not_fatal(review):
    record = review / "release-1" / "questions" / "worsening" / "result.json"
    record.write_text('{"kind": "comparison"}', "utf-8")
    found = changes(review)
    assert "another version" in found.summary
    assert found.pools == ()

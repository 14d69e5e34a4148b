"""`trialpool release`: what a bundle holds, the same bytes each time, and what it refuses."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from heart_failure_builds import CONFIG, build, edit_table, edit_text
from msgspec import structs
from typer.testing import CliRunner

from trialpool.changes.release import read_release
from trialpool.cli.builds.changes import approve
from trialpool.cli.main import app
from trialpool.findings import InputError
from trialpool.records.changes.release import PoolChange, PoolThen, ReleaseChanges
from trialpool.release.bundle import Version, news
from trialpool.reviews import example

HEART_FAILURE = example("heart-failure")
DAY = "2026-05-01"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The small review, built and approved, with a page in place of the report."""
    review = tmp_path_factory.mktemp("built") / "review"
    shutil.copytree(HEART_FAILURE, review, ignore=shutil.ignore_patterns("results", ".snakemake"))
    edit_text(review / CONFIG, "  results: results", "  results: results\n  baseline: approved")
    results = build(review)
    (results / "report").mkdir()
    (results / "report" / "index.html").write_text("<!DOCTYPE html><title>T</title>", "utf-8")
    (results / "logs").mkdir()
    (results / "logs" / "pool.log").write_text("at noon", "utf-8")
    approve(review / CONFIG, None)
    return review


@pytest.fixture
def review(built, tmp_path) -> Path:
    copy = tmp_path / "review"
    shutil.copytree(built, copy)
    return copy


def release(review: Path, *arguments: str):
    with contextlib.chdir(review):
        return CliRunner().invoke(app, ["release", *arguments])


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def refusal(review: Path, *arguments: str) -> str:
    done = release(review, *arguments)
    assert isinstance(done.exception, InputError), done.output
    assert not (review / "releases").exists()
    return str(done.exception)


def test_a_release_holds_what_it_is_built_from(review):
    done = release(review, "1.0", "--date", DAY, "--zip")
    assert done.exit_code == 0, done.exception
    files = contents(review / "releases" / "1.0")
    for name in (
        *("config/config.yaml", "config/questions.yaml", "config/taxonomy.yaml"),
        *("data/raw/trials.csv", "approved/worsening.json", "requirements.lock"),
        *("results/effects.csv", "results/questions/worsening/result.json"),
        *("results/report/index.html", "CHANGES.md", "release.json", "SHA256SUMS"),
    ):
        assert name in files
    assert not [name for name in files if name.startswith(("results/logs", "results/staging"))]
    assert files["data/raw/trials.csv"] == (review / "data" / "raw" / "trials.csv").read_bytes()
    assert json.loads(files["release.json"])["date"] == DAY
    # As `sha256sum --check` reads it: every file but itself.
    sums = dict(reversed(line.split("  ", 1)) for line in files["SHA256SUMS"].decode().splitlines())
    hashed = {n: hashlib.sha256(c).hexdigest() for n, c in files.items() if n != "SHA256SUMS"}
    assert sums == hashed
    with zipfile.ZipFile(review / "releases" / "1.0.zip") as packed:
        assert {f"1.0/{name}" for name in files} == set(packed.namelist())
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_metadata_name_every_file(review):
    release(review, "1.0", "--date", DAY)
    files = contents(review / "releases" / "1.0")
    crate = json.loads(files["ro-crate-metadata.json"])
    by_id = {one["@id"]: one for one in crate["@graph"]}
    root = by_id["./"]
    assert (root["datePublished"], root["version"]) == (DAY, "1.0")
    assert root["name"] == "SGLT2 inhibitors in heart failure"
    own = {"ro-crate-metadata.json", "SHA256SUMS"}
    assert {part["@id"] for part in root["hasPart"]} == files.keys() - own
    for name in files.keys() - own:
        assert by_id[name]["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert by_id[name]["contentSize"] == str(len(files[name]))


def test_the_same_bytes_from_what_the_bundle_holds(review):
    """Built again from the bundle's own data and configuration, elsewhere."""
    release(review, "1.0", "--date", DAY, "--zip")
    first = review / "releases"
    again = review.parent / "again"
    shutil.copytree(first / "1.0", again)
    kept = contents(again)
    shutil.rmtree(again / "results")
    build(again)
    shutil.copytree(first / "1.0" / "results" / "report", again / "results" / "report")
    done = release(again, "1.0", "--date", DAY, "--zip")
    assert done.exit_code == 0, done.exception
    assert contents(again / "releases" / "1.0") == kept
    assert (again / "releases" / "1.0.zip").read_bytes() == (first / "1.0.zip").read_bytes()


def test_a_version_that_is_there_is_refused(review):
    assert release(review, "1.0", "--date", DAY).exit_code == 0
    before = contents(review / "releases")
    done = release(review, "1.0", "--date", "2026-06-01")
    assert "this version is there already" in str(done.exception)
    assert contents(review / "releases") == before


def test_a_build_that_is_not_current_is_refused(review):
    edit_table(review, "time_to_event", lambda rows: [{**rows[0], "estimate": "0.75"}, *rows[1:]])
    said = refusal(review, "1.0", "--date", DAY)
    assert "the build is not current: effects.csv" in said
    assert "trialpool build" in said


def test_an_edited_result_is_refused(review):
    path = review / "results" / "questions" / "worsening" / "result.json"
    edit_text(path, '"comment": "One mechanism', '"comment": "Two mechanisms')
    assert "questions/worsening/result.json" in refusal(review, "1.0", "--date", DAY)


def test_results_that_nobody_approved_are_refused(review):
    edit_table(review, "time_to_event", lambda rows: [{**rows[0], "estimate": "0.75"}, *rows[1:]])
    build(review)
    said = refusal(review, "1.0", "--date", DAY)
    assert "moved and were not approved" in said
    assert "worsening" in said


def test_data_outside_the_folder_are_refused(review):
    (review / "data").rename(review.parent / "data")
    edit_text(review / CONFIG, "raw: data/raw", "raw: ../data/raw")
    assert "outside the folder of the review" in refusal(review, "1.0", "--date", DAY)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "VERSION"),
        (("1.0",), "--date"),
        (("1.0", "--date", "May 2026"), "2026-05-01"),
        (("1.0", "--date", "2026-13-01"), "month"),
        (("../1.0", "--date", DAY), "letters, digits"),
    ],
)
def test_wrong_usage(built, arguments, said):
    done = release(built, *arguments)
    assert done.exit_code == 2
    assert said in done.output


def test_the_next_release_says_what_changed(review):
    release(review, "1.0", "--date", DAY)
    edit_text(
        review / CONFIG, "  results: results", "  results: results\n  release: releases/1.0/results"
    )
    edit_table(review, "time_to_event", lambda rows: [{**rows[0], "estimate": "0.75"}, *rows[1:]])
    build(review)
    approve(review / CONFIG, None)
    assert read_release(review / "releases" / "1.0" / "results").name == f"release 1.0 of {DAY}"
    done = release(review, "1.1", "--date", "2026-06-01")
    assert done.exit_code == 0, done.exception
    said = (review / "releases" / "1.1" / "CHANGES.md").read_text("utf-8")
    new, old = said.index("## 1.1 (2026-06-01)"), said.index(f"## 1.0 ({DAY})")
    assert new < old
    assert "Changed: DAPA-HF (row dapa-hf.cvd-hhf.t01: estimate 0.74 → 0.75)." in said[new:old]
    assert said.count("# Changes\n") == 1


def test_news_are_one_line_each():
    then = PoolThen(k=1, estimate=0.0, ci_lower=None, ci_upper=None, verdict="")
    pool = PoolChange(
        question="q", title="T", measure="HR", level="group", label="A", status="new",
        before=None, after=then, sentence="A\n# not a heading",
    )  # fmt: skip
    changes = ReleaseChanges(schema_version=1, release="r", summary="One.", pools=(pool,))
    assert (
        news(Version("2", DAY), changes)
        == f"# Changes\n\n## 2 ({DAY})\n\nOne.\n\n- A # not a heading\n"
    )
    alone = structs.replace(changes, pools=())
    assert news(Version("2", DAY), alone) == f"# Changes\n\n## 2 ({DAY})\n\nOne.\n"

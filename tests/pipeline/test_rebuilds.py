"""What each change builds again, and that it comes out the same wherever it is built."""

import json
import os
import shutil
from pathlib import Path

import pytest
from built_reviews import EVERY_JOB, Review, add_trial, copy, hazard_ratio, refused

pytestmark = [pytest.mark.pipeline, pytest.mark.builds]

LONG_AGO = 978_307_200  # 2001-01-01


@pytest.fixture
def built(first_build: Path, tmp_path: Path) -> Review:
    """A copy of the built review for each test."""
    shutil.copytree(first_build, tmp_path / "review")
    return Review(tmp_path / "review")


def test_one_changed_hazard_ratio_runs_its_shard_figures_beside_it_and_the_report_only(
    built: Review,
) -> None:
    old = "deliver.cvd.t01,deliver,dapa,placebo,CVD,,ITT,,,HR,0.88,"
    before = built.hashes()
    built.edit("data/raw/time_to_event.csv", old, old.replace("0.88", "0.89"))
    # What decides is what a file says, not its date: this one is older than all results.
    os.utime(built.folder / "data/raw/time_to_event.csv", (LONG_AGO, LONG_AGO))
    ran = built.jobs()
    assert hazard_ratio(built) == pytest.approx(0.89)
    changed = {name for name, digest in built.hashes().items() if before.get(name) != digest}
    pages = {name for name in changed if name.startswith("report/") and name.endswith(".html")}
    built.edit("data/raw/time_to_event.csv", old.replace("0.88", "0.89"), old)
    # Worsening is not pooled again, but death is drawn beside it.
    assert ran == [job for job in EVERY_JOB if job != "pool_hard"]
    assert "questions/cardiovascular-death/result.json" in changed
    # Pages of other trials, of methods and of sources do not say this number.
    assert "report/trials/deliver.html" in pages
    others = {f"report/trials/{name}.html" for name in ("dapa-hf", "emperor-reduced")}
    assert not pages & {*others, "report/methods.html", "report/sources.html"}
    other = {name for name in changed if name.startswith("questions/worsening/")}
    assert other == {f"questions/worsening/beside.{end}" for end in ("svg", "pdf", "png", "csv")}
    assert built.jobs() == ran
    assert built.hashes() == before


def test_a_new_trial_runs_its_shard_only(built: Review) -> None:
    add_trial(built.folder)
    assert built.jobs() == [job for job in EVERY_JOB if job not in ("figures_death", "pool_death")]


def test_figures_mark_what_is_new_since_the_release_and_follow_it(built: Review) -> None:
    review = built
    shutil.copytree(review.folder / "results", review.folder / "release")
    review.edit("config/config.yaml", "  raw: data/raw", "  raw: data/raw\n  release: release")
    path = review.folder / "release/questions/cardiovascular-death/result.json"
    record = json.loads(path.read_text("utf-8"))
    left_out = record["trials"].pop()
    path.write_text(json.dumps(record), encoding="utf-8")
    assert {"figures_death", "figures_hard"} <= set(review.jobs())
    drawn = review.folder / "results/questions/cardiovascular-death/forest.svg"
    assert "new since the last release" in drawn.read_text("utf-8")
    other = review.folder / "results/questions/worsening/forest.svg"
    assert "since the last release" not in other.read_text("utf-8")
    record["trials"].append(left_out)
    path.write_text(json.dumps(record), encoding="utf-8")
    # Death is drawn beside worsening too, with its own marks.
    assert review.jobs() == [
        *("changes", "exports", "figures_death", "figures_hard", "publish", "report")
    ]
    assert "since the last release" not in drawn.read_text("utf-8")


def test_a_published_file_that_is_missing_or_altered_is_published_again(built: Review) -> None:
    before = built.hashes()
    (built.folder / "results/questions/worsening/forest.pdf").unlink()
    (built.folder / "results/report/index.html").write_text("altered", encoding="utf-8")
    assert built.jobs() == ["publish"]
    assert built.hashes() == before


def test_a_changed_setting_with_an_older_date_is_read(built: Review) -> None:
    built.edit("config/config.yaml", "SGLT2 inhibitors in heart failure\n", "Another title\n")
    os.utime(built.folder / "config/config.yaml", (LONG_AGO, LONG_AGO))
    ran = built.jobs()
    assert "Another title" in (built.folder / "results/report/index.html").read_text("utf-8")
    assert not [job for job in ran if job.startswith(("pool_", "figures_"))]


def test_same_bytes_in_another_folder_time_zone_locale_and_hash_seed(
    first_build: Path, tmp_path: Path
) -> None:
    other = copy(tmp_path / "another folder" / "review")
    environment = {
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "LANG": "de_DE.UTF-8",
        "PYTHONHASHSEED": "4242",
        "HOME": str(tmp_path),
        "COLUMNS": "40",
    }
    assert other.jobs(**environment) == EVERY_JOB
    assert other.hashes() == Review(first_build).hashes()


def test_settings_that_are_no_yaml_stop_the_build_and_leave_the_last_one(built: Review) -> None:
    before, file = built.hashes(), built.folder / "config/questions.yaml"
    kept = file.read_bytes()
    built.edit("config/questions.yaml", "endpoints: [CVD]", "endpoints: [CVD")
    done = built.build()
    refused(done, before, built.hashes(), ["questions.yaml, line 24: not valid YAML"])
    file.write_bytes(kept)
    assert built.build().returncode == 0
    assert built.hashes() == before

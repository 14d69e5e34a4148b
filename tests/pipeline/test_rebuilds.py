"""What each change builds again, and that it comes out the same wherever it is built."""

import json
import os
import shutil
from pathlib import Path

import pytest
from built_reviews import EVERY_JOB, Review, copy, hazard_ratio

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
    built.edit("data/raw/time_to_event.csv", old.replace("0.88", "0.89"), old)
    assert ran == [
        "audit",
        "chapters",
        "comparisons",
        "effects",
        "figures_death",
        # Worsening is not pooled again, but death is drawn beside it.
        "figures_hard",
        "gate",
        "overview",
        "pool_death",
        "report",
        "select",
        "verify",
    ]
    assert "questions/cardiovascular-death/result.json" in changed
    other = {name for name in changed if name.startswith("questions/worsening/")}
    assert other == {f"questions/worsening/beside.{end}" for end in ("svg", "pdf", "png", "csv")}
    assert built.jobs() == ran
    assert built.hashes() == before


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
    assert review.jobs() == ["figures_death", "figures_hard", "report"]
    assert "since the last release" not in drawn.read_text("utf-8")


def test_a_deleted_figure_is_drawn_again(built: Review) -> None:
    before = built.hashes()
    (built.folder / "results/questions/worsening/forest.pdf").unlink()
    assert "figures_hard" in built.jobs()
    assert built.hashes() == before


def test_a_question_that_is_no_longer_asked_leaves_nothing_behind(built: Review) -> None:
    stale, other = (built.folder / "results/questions" / name for name in ("stale", "notes"))
    for place, name in ((stale, "question.json"), (other, "mine.txt")):
        place.mkdir(parents=True)
        (place / name).write_text("{}", encoding="utf-8")
    # A title is read, be it older than all results; nothing is pooled or drawn for it.
    built.edit("config/config.yaml", "SGLT2 inhibitors in heart failure\n", "Another title\n")
    os.utime(built.folder / "config/config.yaml", (LONG_AGO, LONG_AGO))
    ran = built.jobs()
    assert "Another title" in (built.folder / "results/report/index.html").read_text("utf-8")
    assert not [job for job in ran if job.startswith(("pool_", "figures_"))]
    # Questions are selected again, and nothing stays that none of them is.
    assert "select" in ran
    assert not stale.exists()
    assert other.exists()


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

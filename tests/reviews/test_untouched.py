"""A build of a review that nobody touched starts nothing; whatever was touched is looked at."""

import os
import shutil
from pathlib import Path

import pytest

from trialpool.cli.builds import building, untouched

CONFIG = Path("config/config.yaml")


class Builds:
    """Builds of a review in which Snakemake is a stand-in that leaves one file."""

    def __init__(self, review: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.review, self.started = review, 0
        monkeypatch.setattr(building, "run_snakemake", self._run)
        monkeypatch.setattr(building, "what_there_is", lambda results: "the report")

    def _run(self, *_: object) -> int:
        self.started += 1
        made = self.review / "results/report/index.html"
        if not made.exists():
            made.parent.mkdir(parents=True, exist_ok=True)
            made.write_text("the site", encoding="utf-8")
        return 0

    def start(self, further: str = "") -> bool:
        """Build, and say whether Snakemake was started."""
        before = self.started
        assert building.build(self.review, CONFIG, 1, further) == 0
        return self.started > before


@pytest.fixture
def builds(review: Path, monkeypatch: pytest.MonkeyPatch) -> Builds:
    made = Builds(review, monkeypatch)
    # Files of this review were copied a moment ago.
    monkeypatch.setattr(untouched, "_TICK", 0)
    assert made.start()
    assert not made.start()
    return made


def test_further_arguments_always_start_it(builds: Builds, capsys) -> None:
    assert builds.start("-n")
    assert not builds.start()
    assert "Nothing to be done" in capsys.readouterr().err


@pytest.mark.parametrize(
    "touch",
    [
        lambda review: (review / "data/raw/trials.csv").touch(),
        lambda review: (review / "config/questions.yaml").touch(),
        lambda review: (review / "data/raw/new.csv").write_text("a\n", encoding="utf-8"),
        lambda review: (review / "results/report/index.html").unlink(),
        lambda review: (review / "results/report/index.html").write_text("altered!", "utf-8"),
        lambda review: (review / "results/report/more.html").write_text("more", "utf-8"),
        lambda review: shutil.rmtree(review / "results"),
    ],
    ids=["table", "settings", "new table", "page gone", "page altered", "page new", "all gone"],
)
def test_whatever_was_touched_starts_it(builds: Builds, touch) -> None:
    touch(builds.review)
    assert builds.start()
    assert not builds.start()


def test_a_change_with_the_old_size_and_date_starts_it(builds: Builds) -> None:
    table = builds.review / "data/raw/trials.csv"
    before, text = table.stat(), table.read_bytes()
    table.write_bytes(text.replace(b"2", b"3"))
    os.utime(table, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert table.stat().st_size == before.st_size
    assert table.stat().st_mtime_ns == before.st_mtime_ns
    assert builds.start()


def test_what_changed_while_it_ran_is_not_taken_for_built(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = builds._run

    def edited(*given: object) -> int:
        (builds.review / "data/raw/trials.csv").touch()
        return run(*given)

    monkeypatch.setattr(building, "run_snakemake", edited)
    (builds.review / "data/raw/arms.csv").touch()
    assert builds.start()
    assert builds.start()


def test_what_changed_a_moment_before_may_change_again_unseen(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(untouched, "_TICK", 60_000_000_000)
    (builds.review / "data/raw/trials.csv").touch()
    assert builds.start()
    assert builds.start()


def test_a_failed_build_is_never_taken_for_one_that_ended_well(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    (builds.review / "data/raw/trials.csv").touch()
    monkeypatch.setattr(building, "run_snakemake", lambda *_: 1)
    monkeypatch.setattr(building, "_all_of", lambda told: ["what Snakemake said"])
    for _ in range(2):
        assert building.build(builds.review, CONFIG, 1, "") == 1

"""One build at a time, and what was built before it: altered files, dates of the future."""

import errno
import fcntl
import hashlib
import os
import shutil
import time
from pathlib import Path

import pytest

from trialpool.cli.builds.guarding import LISTED, alone, date, mend
from trialpool.files import (
    CHECKSUMS,
    begin_folder,
    checksums,
    read_json,
    read_rows,
    write_json,
    write_rows,
    write_text,
)
from trialpool.findings import InputError
from trialpool.settings import Settings, load_settings


def settings_of(folder: Path) -> Settings:
    settings, faults = load_settings(folder / "config/config.yaml")
    assert faults == []
    return settings


def test_a_second_build_at_the_same_time_is_refused_in_a_sentence(review: Path) -> None:
    settings = settings_of(review)
    running = pytest.raises(InputError, match="another build of these results is running")
    with alone(settings), running, alone(settings):
        pass
    with alone(settings):
        pass


def test_jobs_that_a_killed_build_left_running_are_waited_for(
    review: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(review)
    with alone(settings):
        pass
    orphan = (review / "results/logs/jobs.lock").open("a")
    fcntl.flock(orphan, fcntl.LOCK_EX)
    flock = fcntl.flock

    def until_it_ends(stream: object, how: int) -> None:
        if how == fcntl.LOCK_EX:
            assert "this one waits" in capsys.readouterr().err
            orphan.close()
        flock(stream, how)

    monkeypatch.setattr(fcntl, "flock", until_it_ends)
    with alone(settings) as lock:
        assert os.get_inheritable(lock.fileno()) is False  # only as the standard input
    assert orphan.closed


def test_two_reviews_share_no_results(review: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(review, other)
    config = other / "config/config.yaml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("results: results", "results: ../review/results"), "utf-8")
    with alone(settings_of(review)):
        pass
    refused = pytest.raises(InputError, match="results of another review")
    with refused as caught, alone(settings_of(other)):
        pass
    assert str(review / "config/config.yaml") in str(caught.value)
    # The folder of a review that went elsewhere is free, and a copied review is itself.
    config.write_text(text, "utf-8")
    shutil.rmtree(review / "results")
    shutil.copytree(other, tmp_path / "copy")
    with alone(settings_of(tmp_path / "copy")):
        pass
    shutil.move(tmp_path / "copy", tmp_path / "moved")
    with alone(settings_of(tmp_path / "moved")):
        pass


def test_a_folder_that_cannot_be_written_is_named(review: Path) -> None:
    (review / "results").write_text("a file", "utf-8")
    with pytest.raises(InputError, match="cannot be written"), alone(settings_of(review)):
        pass


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record, a table and two pages, as steps of a build wrote them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CHECKSUMS, str(tmp_path / "results" / LISTED))
    built = Path("results/staging/built")
    write_json(built / "questions/q/result.json", {"k": 1})
    write_rows(Path("results/audit.csv"), ["level"], [{"level": "fatal"}])
    for page in ("index.html", "trials/a.html"):
        write_text(built / "report" / page, page)
    return tmp_path / "results"


def test_checksums_are_those_of_the_files(results: Path) -> None:
    known = checksums(results / LISTED)
    files = [path for path in results.rglob("*") if path.is_file() and path.suffix != ".txt"]
    assert known == {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert len(files) == 4
    # A line that a full disk cut short counts as none; the next one stands for itself.
    with (results / LISTED).open("a") as listed:
        listed.write("\nabc  ../au")
    write_text(results / "audit.csv", "level\n")
    known[results / "audit.csv"] = hashlib.sha256(b"level\n").hexdigest()
    assert checksums(results / LISTED) == known
    # The pages of a site that is written anew are not those of the old one.
    begin_folder(results / "staging/built/report")
    assert not any("report" in path.parts for path in checksums(results / LISTED))


def test_an_altered_file_is_not_read_and_goes_before_the_next_build(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record, table = results / "staging/built/questions/q/result.json", results / "audit.csv"
    assert read_json(record) == {"k": 1}
    assert read_rows(table) == [{"level": "fatal"}]
    record.write_text('{"k": 2}', "utf-8")
    table.write_text("level\n", "utf-8")
    for path in (record, table):
        os.utime(path, (978_307_200, 978_307_200))
        with pytest.raises(InputError, match="file-as-written"):
            read_json(record) if path == record else read_rows(table)
    monkeypatch.delenv(CHECKSUMS)
    mend(results)
    assert not record.exists()
    assert not table.exists()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "made again" in said
    assert "result.json" in said
    assert (results / "staging/built/report/index.html").exists()
    mend(results)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("damage", [lambda page: page.unlink(), lambda page: page.write_text("x")])
def test_a_site_with_a_damaged_or_missing_page_goes_as_a_whole(results: Path, damage) -> None:
    site = results / "staging/built/report"
    damage(site / "trials/a.html")
    mend(results)
    assert not site.exists()
    assert (results / "staging/built/questions/q/result.json").exists()


def test_what_a_build_reads_is_not_newer_than_what_it_makes(
    review: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = time.time() + 1e9
    raw, config = review / "data/raw", review / "config/config.yaml"
    elsewhere, old = tmp_path / "sources.csv", raw / "arms.csv"
    shutil.move(raw / "sources.csv", elsewhere)
    (raw / "sources.csv").symlink_to(elsewhere)
    os.utime(old, (978_307_200, 978_307_200))
    for path in (elsewhere, raw / "trials.csv", config):
        os.utime(path, (ahead, ahead))
    settings = settings_of(review)
    date(settings)
    assert all(path.stat().st_mtime <= time.time() for path in (*raw.iterdir(), config))
    assert old.stat().st_mtime == 978_307_200

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(raw / "trials.csv"))

    os.utime(raw / "trials.csv", (ahead, ahead))
    monkeypatch.setattr(os, "utime", refuse)
    with pytest.raises(InputError, match=r"date of the future.*touch .*trials\.csv"):
        date(settings)


def test_a_date_of_the_future_becomes_now_and_no_file_newer_than_its_product(results: Path) -> None:
    ahead = time.time() + 10 * 365 * 86_400
    record, table = results / "staging/built/questions/q/result.json", results / "audit.csv"
    os.utime(table, (ahead, ahead))
    os.utime(record, (ahead + 5, ahead + 5))
    mend(results)
    assert record.stat().st_mtime_ns == table.stat().st_mtime_ns <= time.time_ns()

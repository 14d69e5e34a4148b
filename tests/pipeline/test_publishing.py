"""Publishing: what changed takes its place, what is gone goes, what is not ours stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from trialpool.cli.builds.publishing import UNTOUCHED, publish, state_of
from trialpool.files import read_json

Folders = tuple[Path, Path]


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def published(folder: Path) -> dict[str, str]:
    """Texts of the results folder without what the build keeps for itself."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json" and "staging" not in path.parts
    }


def run(built: Path, results: Path) -> None:
    (results / "manifest.json").unlink(missing_ok=True)  # as Snakemake does
    publish(built, results, results / "manifest.json", results / "staging/published.json")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    results = tmp_path / "results"
    built = results / "staging" / "built"
    write(built, effects="1", questions__a__forest="a", questions__b__forest="b")
    run(built, results)
    write(results, questions__mine="not ours")
    return built, results


def test_what_changed_is_replaced_and_what_did_not_is_not_touched(folders: Folders) -> None:
    built, results = folders
    kept = (results / "questions/a/forest").stat()
    write(built, effects="2", questions__c__forest="c")
    run(built, results)
    assert published(results) == {
        "effects": "2",
        **{f"questions/{name}/forest": name for name in "abc"},
        "questions/mine": "not ours",
    }
    after = (results / "questions/a/forest").stat()
    assert (after.st_ino, after.st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)
    assert set(read_json(results / "manifest.json")) == {
        "effects",
        *(f"questions/{name}/forest" for name in "abc"),
    }


def test_a_question_that_is_no_longer_asked_leaves_nothing_behind(folders: Folders) -> None:
    built, results = folders
    shutil.rmtree(built / "questions/b")
    write(results, questions__a__notes="of a reader")
    run(built, results)
    assert published(results) == {
        "effects": "1",
        "questions/a/forest": "a",
        "questions/a/notes": "of a reader",
        "questions/mine": "not ours",
    }
    assert not (results / "questions/b").exists()


def test_a_build_that_is_killed_while_it_publishes_leaves_the_last_one_whole(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, results = folders
    before = published(results)
    write(built, effects="2", questions__a__forest="a2")
    whole, done = shutil.copyfile, []

    def second_fails(source: Path, target: Path) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(whole(source, target))

    monkeypatch.setattr(shutil, "copyfile", second_fails)
    with pytest.raises(KeyboardInterrupt):
        run(built, results)
    assert published(results) == before
    monkeypatch.setattr(shutil, "copyfile", whole)
    run(built, results)
    assert published(results) == before | {"effects": "2", "questions/a/forest": "a2"}
    assert not (results / "staging/publishing").exists()


def test_a_missing_or_altered_file_changes_the_state_until_another_one_does(
    folders: Folders, tmp_path: Path
) -> None:
    built, results = folders
    record, said = results / "staging/published.json", tmp_path / "state"

    def state() -> str:
        return state_of(results, record, said)

    assert state() == UNTOUCHED
    (results / "effects").write_text("altered", encoding="utf-8")
    altered = state()
    assert altered.startswith("1 missing or altered")
    (results / "questions/b/forest").unlink()
    both = state()
    assert both.startswith("2 missing or altered")
    # The rule writes what it was told, and runs: the next build is told the same.
    said.write_text(both + "\n", encoding="utf-8")
    run(built, results)
    assert published(results)["effects"] == "1"
    assert state() == both
    (results / "effects").write_text("altered", encoding="utf-8")
    assert state() == altered


def test_nothing_is_known_before_the_first_build(tmp_path: Path) -> None:
    assert state_of(tmp_path, tmp_path / "published.json", tmp_path / "state") == UNTOUCHED
    write(tmp_path, **{"published.json": "{cut sho"})
    assert state_of(tmp_path, tmp_path / "published.json", tmp_path / "state") == UNTOUCHED


def test_a_second_folder_is_published_beside_the_first(folders: Folders) -> None:
    built, results = folders
    editions = results / "staging" / "editions"
    write(editions, report__pdf="p")
    manifest, record = results / "manifest.json", results / "staging/published.json"
    publish(built, results, manifest, record, editions)
    assert published(results)["report/pdf"] == "p"
    # Without it the next time, what it held is gone.
    run(built, results)
    assert "report/pdf" not in published(results)

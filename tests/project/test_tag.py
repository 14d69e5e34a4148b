"""`make tag` on a repository of its own: what it refuses, and the tag that it makes."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("tag", ROOT / ".ci/tag.py")
assert SPEC is not None
assert SPEC.loader is not None
MODULE = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MODULE)

NEWS = """# Changelog

## 1.2.0 · 2026-05-01

### Report
- A new page.

## 1.1.0 · 2026-01-01
- Old.
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit, all of version 1.2.0."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@example.org")
    write(tmp_path, "pyproject.toml", '[project]\nversion = "1.2.0"\n')
    write(tmp_path, "CITATION.cff", "version: 1.2.0\n")
    write(tmp_path, "CHANGELOG.md", NEWS)
    MODULE.git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")


def commit(folder: Path) -> None:
    MODULE.git(folder, "add", "--all")
    MODULE.git(folder, "commit", "--quiet", "--message", "x")


def test_the_tag_is_annotated_with_the_section_of_the_changelog(repository: Path) -> None:
    assert MODULE.tag(repository) == ("v1.2.0", [])
    assert MODULE.git(repository, "cat-file", "-t", "v1.2.0") == "tag"
    message = MODULE.git(repository, "tag", "--list", "--format=%(contents)", "v1.2.0")
    assert message == "trialpool 1.2.0\n\n### Report\n- A new page."
    # Once only.
    (again,) = MODULE.tag(repository)[1]
    assert "there already" in again


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("CITATION.cff", "version: 1.1.0\n", "CITATION.cff says 1.1.0"),
        ("CHANGELOG.md", NEWS.replace("1.2.0", "1.3.0"), "says nothing under '## 1.2.0"),
        ("CHANGELOG.md", NEWS.replace("## 1.2", "## Unreleased\n- More.\n\n## 1.2"), "Unreleased"),
        ("pyproject.toml", '[project]\nversion = "1.2.0.dev1"\n', "no semantic version"),
    ],
)
def test_what_does_not_agree_is_refused(repository: Path, file: str, text: str, said: str) -> None:
    write(repository, file, text)
    commit(repository)
    against = MODULE.tag(repository)[1]
    assert any(said in one for one in against)
    assert MODULE.git(repository, "tag") == ""


def test_an_empty_section_on_top_is_no_hindrance(repository: Path) -> None:
    write(repository, "CHANGELOG.md", NEWS.replace("## 1.2", "## Unreleased\n\n## 1.2"))
    commit(repository)
    assert MODULE.tag(repository) == ("v1.2.0", [])


def test_a_tree_that_is_not_clean_is_refused(repository: Path) -> None:
    write(repository, "new.txt", "x")
    (only,) = MODULE.tag(repository)[1]
    assert "new.txt" in only

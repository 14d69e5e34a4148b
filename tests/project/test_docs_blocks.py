"""Every block of code in the documentation runs, and prints what stands below it.

`python tests/project/test_docs_blocks.py PAGE` writes what the Python blocks of a page print into
it, to be read through after a change of what results look like.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from docs_blocks import (
    ELSEWHERE,
    PAGES,
    ROOT,
    Block,
    blocks,
    commands,
    is_shown,
    options_of,
    run_python,
    run_shell,
    unknown_options,
    write_file,
)  # fmt: skip

import trialpool as tp

pytestmark = pytest.mark.docs
LANGUAGES = {"sh", "python", "text", "csv", "yaml", "r", "snakemake"}
ALL = {path.relative_to(ROOT).as_posix(): blocks(path) for path in PAGES}
# What pages take as given beside the data sets: files of the repository, by the same way.
FILES = ("docs/gallery/forest-example.csv", "tests/reference/network_dogliotti.csv")


@pytest.fixture(scope="session")
def tables(tmp_path_factory) -> Path:
    """A folder with each public data set as a table."""
    folder = tmp_path_factory.mktemp("tables")
    for name in tp.datasets.names():
        tp.datasets.load(name).to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture
def place(tables, tmp_path, monkeypatch):
    """The folder that a page works in."""
    for table in tables.iterdir():
        shutil.copy(table, tmp_path)
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def runs(found: list[Block]) -> bool:
    return any(block.language in ("sh", "python", "csv", "yaml") for block in found)


@pytest.mark.parametrize("page", [page for page, found in ALL.items() if runs(found)])
def test_every_block_runs_and_prints_what_stands_below_it(page, place):
    space: dict = {}
    for block in ALL[page]:
        if "no-run" in block.said or (page in ELSEWHERE and block.language == "sh"):
            continue
        printed = ""
        if "title" in block.said:
            write_file(block)
        elif block.language == "sh":
            printed = run_shell(block)
        elif block.language == "python":
            printed = run_python(block, space)
        if block.language == "yaml":
            yaml.safe_load(block.text)
        if block.shown is not None:
            assert is_shown(printed, block.shown), f"{block.place} prints:\n{printed}"


def test_every_block_names_its_language_and_every_exception_its_reason():
    for found in ALL.values():
        for block in found:
            assert block.language in LANGUAGES, block.place
            assert set(block.said) <= {"no-run", "reason", "title", "exit"}, block.place
            assert ("no-run" in block.said) == ("reason" in block.said), block.place
    for page, test in ELSEWHERE.items():
        assert page in (ROOT / test).read_text(encoding="utf-8")


def test_lines_that_are_not_run_name_commands_and_options_that_exist():
    left = [b for found in ALL.values() for b in found if "no-run" in b.said]
    lines = [(b.place, words) for b in left if b.language == "sh" for words in commands(b)]
    ours = [(place, words) for place, words in lines if words[0] == "trialpool"]
    assert len(ours) > 10
    assert [
        (place, words, wrong) for place, words in ours if (wrong := unknown_options(words))
    ] == []


def test_lines_within_sentences_name_commands_and_options_that_exist():
    """`trialpool …` in the text, where it is a whole line and not a pattern."""
    wrong = []
    for path in PAGES:
        text = re.sub(
            r"^ *```.*?^ *```$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
        )
        for line in re.findall(r"`(trialpool [a-z][^`\n]*)`", text):
            words = re.findall(r"(?<=\s)--[a-z][a-z0-9-]*", line)
            command = [w for w in line.split()[1:3] if re.fullmatch(r"[a-z][a-z-]*", w)]
            known = options_of(command)
            if known is None or not set(words) <= known:
                wrong.append((path.name, line))
    assert wrong == []


def test_the_list_of_data_sets_is_complete():
    page = (ROOT / "docs/how-to/python.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\d+) \| (.+) \|$", page, re.MULTILINE)
    want = []
    for name in tp.datasets.names():
        frame = tp.datasets.load(name)
        want.append((name, frame.attrs["measure"], str(len(frame)), frame.attrs["title"]))
    assert rows == want


def renew(path: Path) -> None:
    """Write what the Python blocks of a page print now into the page."""
    text, space = path.read_text(encoding="utf-8"), {}
    for block in blocks(path):
        if block.language == "python" and "no-run" not in block.said:
            printed = run_python(block, space)
            if block.shown is not None:
                text = text.replace(block.text + "```\n```text\n" + block.shown,
                                    block.text + "```\n```text\n" + printed)  # fmt: skip
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    os.chdir(sys.argv[2] if len(sys.argv) > 2 else ".")
    renew(target)

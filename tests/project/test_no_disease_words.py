"""The package holds no words of one disease: those stand in the files of a review.

Every shipped text file is read, code, comments, templates, styles and schemas alike; words are
told apart at underscores, hyphens and capitals inside ("resistance_mechanisms" are two).
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import yaml

from trialpool.cli.builds import pipeline, reporting
from trialpool.files import read_rows
from trialpool.reviews.scaffold import scaffold

ROOT = Path(__file__).resolve().parents[2]

LISTS = yaml.safe_load(Path(__file__).with_name("disease_words.yaml").read_text(encoding="utf-8"))
BEGINNINGS = tuple(LISTS["beginnings"])
WORDS, SPELT, GENERAL = (frozenset(LISTS[name]) for name in ("words", "spelt", "general"))
PHRASES = [re.compile(phrase, re.IGNORECASE) for phrase in LISTS["phrases"]]
# Beginning of a path below workflow -> words that it may hold.
ALLOWED = {at: set(entry["words"]) for at, entry in LISTS["allowed"].items()}


def tokens(line: str) -> Iterator[str]:
    """Words of a line as they are spelt, and the parts of compounds."""
    for word in re.findall(r"[^\W_]+", line):
        yield word
        yield from re.findall(r"[A-Z]?[a-z]{3,}", word)


def named_by_the_review() -> frozenset[str]:
    """Drugs and trials of the shipped review, as words in lower case."""
    taxonomy = yaml.safe_load((ROOT / "config" / "taxonomy.yaml").read_text(encoding="utf-8"))
    with (ROOT / "data" / "raw" / "trials.csv").open(encoding="utf-8", newline="") as file:
        trials = [row["trial_id"] for row in csv.DictReader(file)]
    words = (word for name in taxonomy["agents"] for word in re.findall(r"[^\W_]{5,}", name))
    whole = (name for name in trials if name.isalnum())
    return frozenset(word.casefold() for word in (*words, *whole)) - GENERAL


def faults(text: str, names: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Words of a disease with the number of their line."""
    known = WORDS | names
    for number, line in enumerate(text.splitlines(), 1):
        for word in dict.fromkeys(tokens(line)):
            plain = word.casefold()
            if word in SPELT or plain in known or plain.startswith(BEGINNINGS):
                yield number, word
        for phrase in PHRASES:
            for found in phrase.findall(line):
                yield number, found


def shipped() -> Iterator[tuple[str, str]]:
    """Text files that the package ships, by their path below workflow."""
    for path in sorted((ROOT / "workflow").rglob("*")):
        name = path.relative_to(ROOT / "workflow").as_posix()
        if path.is_dir() or "__pycache__" in name or name.startswith(tuple(LISTS["data"])):
            continue
        with contextlib.suppress(UnicodeDecodeError):  # fonts
            yield name, path.read_text(encoding="utf-8")


def test_no_shipped_file_holds_a_word_of_a_disease() -> None:
    names = named_by_the_review()
    found, used = [], set()
    for name, text in shipped():
        allowed = {(at, w) for at, words in ALLOWED.items() if name.startswith(at) for w in words}
        for number, word in faults(text, names):
            excused = {(at, w) for at, w in allowed if w == word.casefold()}
            used |= excused
            if not excused:
                found.append(f"{name}:{number}: {word}")
    assert found == []
    assert used == {(at, word) for at, words in ALLOWED.items() for word in words}, "needless"


@pytest.mark.parametrize(
    "line",
    [
        "def resistance_mechanisms(): ...",
        '    "OS": "overall survival",',
        "Progression-free survival",
        "<h2>Tumour response</h2>",
        "# as in EMILIA, T-DXd",
        ".her2-low { color: red }",
        "trials of first-line treatment",
        "notMetastatic = True",
    ],
)
def test_such_words_are_seen(line: str) -> None:
    assert list(faults(line, named_by_the_review()))


def test_the_report_of_another_field_holds_none(tmp_path: Path) -> None:
    """BCG against tuberculosis, from tables to pages."""
    scaffold(tmp_path, "bcg")
    config, work, results = Path("config/config.yaml"), Path("results/staging"), Path("results")
    with contextlib.chdir(tmp_path):
        pipeline.effects(config, work / "effects.csv")
        pipeline.audit(config, results / "audit.csv")
        pipeline.select(config, work / "effects.csv", results / "audit.csv")
        folders = sorted((results / "questions").iterdir())
        for folder in folders:
            pipeline.pool(folder)
        pipeline.chapters(
            *(config, folders, results / "effects.csv"),
            *(results / "chapters.json", results / "not_asked.json"),
        )
        pipeline.comparisons(
            config, folders, results / "comparisons.json", results / "summaries.json"
        )
        built = reporting.Built(
            results / "audit.csv",
            chapters=results / "chapters.json",
            comparisons=results / "comparisons.json",
            summaries=results / "summaries.json",
            not_asked=results / "not_asked.json",
            effects=results / "effects.csv",
        )
        reporting.report(config, folders, built, Path("report"))
    # Neither setting nor line of treatment is a column of its trials.
    assert "fatal" not in {row["level"] for row in read_rows(tmp_path / results / "audit.csv")}
    pages = {
        path.relative_to(tmp_path).as_posix(): unescape(path.read_text(encoding="utf-8"))
        for path in (tmp_path / "report").rglob("*.html")
    }
    assert len(pages) > 20
    assert ">Risk factors" in pages["report/index.html"]
    # Random effects of all 13: risk ratio 0.489 (0.344 to 0.696) (Colditz 1994; Viechtbauer 2010).
    assert "RR 0.49" in pages["report/markers/distance-from-the-equator.html"]
    names = named_by_the_review()
    assert [f"{p}:{n}: {w}" for p, text in pages.items() for n, w in faults(text, names)] == []

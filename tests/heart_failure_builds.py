"""Builds of the small heart-failure review by the pipeline's own steps, in process."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable
from pathlib import Path

from trialpool.cli.builds import edition_steps, pipeline
from trialpool.files import write_rows
from trialpool.records.changes.release import ReleaseChanges
from trialpool.records.files import read_changes
from trialpool.settings import load_settings

CONFIG = Path("config/config.yaml")
Rows = list[dict[str, str]]


def build(review: Path) -> Path:
    """All records of a review; returns its results folder."""
    with contextlib.chdir(review):
        work, results = Path("results/staging"), Path("results")
        pipeline.effects(CONFIG, work / "effects.csv")
        pipeline.audit(CONFIG, results / "audit.csv")
        pipeline.gate(results / "audit.csv", work / "gate.json")
        pipeline.select(CONFIG, work / "effects.csv", results / "audit.csv")
        questions = folders()
        for question in questions:
            pipeline.pool(question)
        listed = results / "comparisons.json", results / "summaries.json"
        pipeline.comparisons(CONFIG, questions, *listed)
    return review / "results"


def folders() -> list[Path]:
    """Folders of the questions as the workflow orders them."""
    settings, _ = load_settings(CONFIG)
    return [Path("results/questions") / question for question in settings.questions]


def changes(review: Path) -> ReleaseChanges:
    """Build a review, and compare it with the release that its configuration names."""
    results = build(review)
    with contextlib.chdir(review):
        tables = Path("results/effects.csv"), Path("results/comparisons.json")
        edition_steps.changes(CONFIG, folders(), *tables, Path("results/changes.json"))
    return read_changes(results / "changes.json")


def edit_table(review: Path, table: str, change: Callable[[Rows], Rows]) -> None:
    """Rewrite a raw table."""
    path = review / "data" / "raw" / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows = change([{name: row[name] or "" for name in row if name} for row in rows])
    columns = list(dict.fromkeys(name for row in rows for name in row))
    write_rows(path, columns, ({name: row.get(name, "") for name in columns} for row in rows))


def edit_text(path: Path, before: str, after: str) -> None:
    """Replace a text that is there."""
    text = path.read_text("utf-8")
    assert before in text, path
    path.write_text(text.replace(before, after), "utf-8")

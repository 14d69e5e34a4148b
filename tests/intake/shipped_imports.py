"""The importers with the endpoints and words of the shipped review."""

from __future__ import annotations

from pathlib import Path

from shipped_words import WORDING

from trialpool.intake import ctgov
from trialpool.intake.record import Imported
from trialpool.intake.revman import reading


def import_ctgov(path: Path, *given: object, **options: object) -> Imported:
    return ctgov.import_ctgov(path, *given, **{"wording": WORDING, **options})


def import_review(path: Path, design: str = "") -> Imported:
    return reading.import_review(path, design, WORDING)

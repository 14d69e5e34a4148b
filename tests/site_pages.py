"""The site of some records in memory, for the tests of its pages."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trialpool.records.results import Result
from trialpool.report.build import build_site
from trialpool.report.site.review import Review


def texts(
    results: Sequence[Result],
    figures: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    explanations: Mapping[str, Any] | None = None,
    **records: Any,
) -> dict[str, str]:
    """HTML of every page by its path.

    `figures` are SVG by question (its forest plot) or by question, colon and name;
    `explanations` those of some trials that stand for the ones of the raw tables.
    """
    with tempfile.TemporaryDirectory() as place:
        folders = {result.id: Path(place, str(number)) for number, result in enumerate(results)}
        for question, folder in folders.items():
            folder.mkdir()
            (folder / "result.json").write_text("{}")
            for key, svg in (figures or {}).items():
                of, _, name = key.partition(":")
                for ending in ("svg", "pdf", "csv") if of == question else ():
                    (folder / f"{name or 'forest'}.{ending}").write_text(svg)
        review = Review(
            settings=settings or {"title": "Review"},
            results=tuple(results),
            folders=folders,
            **records,
        )
        if explanations is not None:
            vars(review)["explanations"] = {**review.explanations, **explanations}
        return build_site(review).texts()


def questions(results: Sequence[Result], *others: Any, **records: Any) -> str:
    """HTML of the pages of these questions, one after the other."""
    found = texts(results, *others, **records)
    return "".join(found[f"questions/{result.id}.html"] for result in results)

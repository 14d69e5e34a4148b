"""The front page: the answers by drug name, or the settings whose pages hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import Final

from trialpool.report.compared.front import front
from trialpool.report.compared.matrix import Matrix, Row, anchor_of, matrix
from trialpool.report.compared.verdicts import KNOWN, LEGEND
from trialpool.report.limits import limits
from trialpool.report.pages.changes import headlines
from trialpool.report.site.page import FRONT, Page, setting_path
from trialpool.report.site.render import render
from trialpool.report.site.review import Review

_LIMITS: Final = 5
# Outcomes on one page, of 1 kB each. In a review with more each setting has a page of its own.
_ON_A_PAGE: Final = 500


@dataclass(frozen=True)
class Part:
    """Comparisons of one setting on their own page; `concluded` by the verdict of an outcome."""

    path: str
    title: str
    matrix: Matrix
    concluded: int


def pages(review: Review) -> Iterator[Page]:
    """Yield the front page; where it could not hold all comparisons, a page for each setting."""
    strategies = review.comparisons.strategies if review.comparisons else ()
    shown = matrix(review.by_comparison, {one.id: one.label for one in strategies})
    held = sum(_outcomes(row) for section in shown.sections for row in section.rows)
    parts = tuple(_parts(shown)) if held > _ON_A_PAGE else ()
    rows = review.evidence.rows("trials")
    filters = {
        "outcomes": [(anchor_of(name), name) for _, name in shown.columns],
        "known": tuple(KNOWN.items()),
        "legend": LEGEND,
    }
    body = render(
        "index.html.j2",
        settings=review.settings,
        front=front(review.settings, review.results, rows, len(review.sources)),
        matrix=shown,
        parts=parts,
        changes=headlines(review.changes),
        chapters=review.chapters,
        networks=[one for one in review.questions.values() if one.parts_at("network")],
        limits=limits(review.compared, review.outcomes, review.own_limits)[:_LIMITS],
        **filters,
    )
    yield Page(
        path=FRONT,
        title=str(review.settings["title"]),
        lead=str(review.settings.get("subtitle") or ""),
        body=body,
        menu="Results",
    )
    for part in parts:
        body = render("setting.html.j2", part=part, **filters)
        yield Page(path=part.path, title=part.title, body=body, kind="Setting")


def _outcomes(row: Row) -> int:
    return sum(cell is not None for cell in row.cells)


def _parts(shown: Matrix) -> Iterator[Part]:
    """Cut the matrix into settings, and a large one into pages."""
    for section in shown.sections:
        name = section.setting or "All comparisons"
        ends = accumulate(map(_outcomes, section.rows))
        numbered = zip((end // _ON_A_PAGE for end in ends), section.rows, strict=True)
        pieces = [
            tuple(row for _, row in ours) for _, ours in groupby(numbered, key=lambda one: one[0])
        ]
        for number, rows in enumerate(pieces, 1):
            ours = sorted({row.strategy for row in rows if row.strategy}, key=str.casefold)
            title = f"{name}, {number} of {len(pieces)}" if len(pieces) > 1 else name
            yield Part(
                setting_path(section.anchor or "all", number),
                title,
                Matrix(shown.columns, (replace(section, rows=rows),), tuple(ours), len(rows)),
                sum(set(row.known.split("|")) - {"open", ""} != set() for row in rows),
            )

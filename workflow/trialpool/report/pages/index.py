"""The front page: the answers by drug name, or the settings whose pages hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from trialpool.report.compared.front import front
from trialpool.report.compared.matrix import Matrix, anchor_of, matrix
from trialpool.report.compared.verdicts import KNOWN, LEGEND
from trialpool.report.limits import limits
from trialpool.report.pages.changes import headlines
from trialpool.report.site.page import FRONT, Page, setting_path
from trialpool.report.site.render import render
from trialpool.report.site.review import Review

_LIMITS: Final = 5
# Comparisons on one page: some half a megabyte. Of a review with more each setting has its own.
_ON_A_PAGE: Final = 400


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
    parts = tuple(_parts(shown)) if shown.total > _ON_A_PAGE else ()
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


def _parts(shown: Matrix) -> Iterator[Part]:
    """Cut the matrix into settings, and a large one into pages."""
    for section in shown.sections:
        name = section.setting or "All comparisons"
        pieces = [
            section.rows[start : start + _ON_A_PAGE]
            for start in range(0, len(section.rows), _ON_A_PAGE)
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

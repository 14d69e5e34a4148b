"""The front page: the answers by drug name."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.report.compared.front import front
from trialpool.report.compared.matrix import matrix
from trialpool.report.compared.verdicts import KNOWN, LEGEND
from trialpool.report.limits import limits
from trialpool.report.pages.changes import headlines
from trialpool.report.site.page import FRONT, Page
from trialpool.report.site.render import render
from trialpool.report.site.review import Review

_LIMITS = 5


def pages(review: Review) -> Iterator[Page]:
    """Yield the front page."""
    strategies = review.comparisons.strategies if review.comparisons else ()
    shown = matrix(review.by_comparison, {one.id: one.label for one in strategies})
    rows = review.evidence.rows("trials")
    body = render(
        "index.html.j2",
        settings=review.settings,
        front=front(review.settings, review.results, rows, len(review.sources)),
        matrix=shown,
        outcomes=shown.columns,
        known=tuple(KNOWN.items()),
        legend=LEGEND,
        changes=headlines(review.changes),
        chapters=review.chapters.chapters if review.chapters else (),
        review_trials=bool(review.chapters and review.chapters.review_trials),
        networks=[one for one in review.questions.values() if one.parts_at("network")],
        limits=limits(review.compared, review.outcomes)[:_LIMITS],
    )
    yield Page(
        path=FRONT,
        title=str(review.settings["title"]),
        lead=str(review.settings.get("subtitle") or ""),
        body=body,
        menu="Results",
    )

"""Pages of the chapters with their markers, and of the trials of the review."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.questions.shared.words.sides import capital
from trialpool.report.chapters import prepare_chapters
from trialpool.report.site.page import Page, marker_path
from trialpool.report.site.render import render
from trialpool.report.site.review import Review


def pages(review: Review) -> Iterator[Page]:
    """One page for each chapter, and one for the trials of the framing review."""
    chapters = prepare_chapters(
        review.chapters, review.questions, review.settings, review.in_whom[1]
    )
    if chapters is None:
        return
    for chapter in chapters.chapters:
        yield Page(
            path=marker_path(chapter.id),
            title=chapter.title,
            lead=chapter.summary,
            body=render("chapter.html.j2", c=chapter, chapters=chapters),
            kind=capital(chapters.name),
            words=(
                *(strategy.label for strategy in chapter.strategies),
                *(reason.marker for reason in chapter.reasons),
            ),
        )
    if chapters.review_trials:
        yield Page(
            path="review-trials.html",
            title="Trials named in the review",
            body=render("review_trials.html.j2", chapters=chapters),
            kind="List",
        )

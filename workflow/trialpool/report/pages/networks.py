"""Pages of the networks: of the questions whose kind brings a part for such a page."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.report.pages.figures import drawn, files_of
from trialpool.report.site.page import Page, network_path, question_path
from trialpool.report.site.render import render
from trialpool.report.site.review import Review
from trialpool.report.svg import SharedStyles


def pages(review: Review) -> Iterator[Page]:
    """One page for each question with such a part."""
    for question_id, shown in review.questions.items():
        if not shown.parts_at("network"):
            continue
        styles = SharedStyles()
        yield Page(
            path=network_path(question_id),
            title=f"{shown.heading}: all treatments",
            body=render(
                "network.html.j2", q=drawn(review, question_id, styles), cited=review.sources
            ),
            parents=(question_path(question_id),),
            kind="Network",
            words=(*shown.result.endpoints, *(group.label for group in shown.result.groups)),
            styles=styles,
            files=files_of(review, question_id),
        )

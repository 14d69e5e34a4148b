"""The list of questions, and those that no usable number answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialpool.report.shown import ShownQuestion
from trialpool.report.site.page import Page, slug
from trialpool.report.site.render import render
from trialpool.report.site.review import Review

UNANSWERED = "unanswered.html"


@dataclass(frozen=True)
class Setting:
    """Questions on the same sort of patients."""

    name: str
    questions: tuple[ShownQuestion, ...]

    @property
    def anchor(self) -> str:
        """Where it stands in the list."""
        return f"setting-{slug(self.name)}"


def pages(review: Review) -> Iterator[Page]:
    """Yield the list of questions, and a page for the questions without an answer."""
    empty = tuple(shown for shown in review.questions.values() if shown.is_empty)
    overview = review.overview_files()
    yield Page(
        path="questions.html",
        title="Questions",
        body=render(
            "questions.html.j2",
            parts=_by_setting(review),
            unanswered=f"site:{UNANSWERED}" if empty else "",
            empty=len(empty),
            overview=overview,
        ),
        menu="Questions",
        files=overview,
    )
    if empty:
        yield Page(
            path=UNANSWERED,
            title="Asked, no usable number",
            body=render("unanswered.html.j2", questions=empty),
            kind="List",
        )


def _by_setting(review: Review) -> tuple[Setting, ...]:
    """Questions with an answer by whom their trials enrolled, in their own order."""
    found: dict[str, list[ShownQuestion]] = {}
    column, _ = review.in_whom
    every = "all settings" if column else "all questions"
    for shown in review.questions.values():
        if not shown.is_empty:
            asked = shown.result.settings.trials.get(column, ())
            name = " and ".join(asked) or every
            found.setdefault(name[:1].upper() + name[1:], []).append(shown)
    return tuple(Setting(name, tuple(questions)) for name, questions in found.items())

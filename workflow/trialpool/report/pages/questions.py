"""Pages of the questions: strategies side by side, forest plot, trials, left-out rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool.questions.shared.words.models import MODEL_NAMES, SHOWN
from trialpool.records.results import ComparativeResult, Result
from trialpool.report.pages.figures import drawn, files_of
from trialpool.report.pages.judgements import judgements_of
from trialpool.report.site.page import Page, question_path
from trialpool.report.site.render import render
from trialpool.report.site.review import Review
from trialpool.report.svg import SharedStyles

_MODELS: Final = tuple(MODEL_NAMES[name] for name in SHOWN)


def pages(review: Review) -> Iterator[Page]:
    """Yield one page for each question."""
    for result in review.results:
        yield _page(review, result)


def _page(review: Review, result: Result) -> Page:
    styles = SharedStyles()
    shown = drawn(review, result.id, styles)
    template = "question.html.j2" if isinstance(result, ComparativeResult) else "other.html.j2"
    body = render(
        template,
        q=shown,
        cited=review.sources,
        chained=review.chained,
        model_names=_MODELS,
        network=bool(shown.parts_at("network")),
        judged=judgements_of(result),
        judged_figure=review.figure(result.id, "risk_of_bias", styles),
    )
    return Page(
        path=question_path(result.id),
        title=result.title,
        lead=result.question,
        body=body,
        kind="Question",
        words=tuple(_words(review, result)),
        styles=styles,
        files=files_of(review, result.id),
    )


def _words(review: Review, result: Result) -> Iterator[str]:
    """Yield what a search finds a question by: its endpoints, groups, trials and drugs."""
    yield result.id
    yield from result.endpoints
    yield from (group.label for group in result.groups)
    yield from dict.fromkeys(trial.label for trial in result.trials)
    if isinstance(result, ComparativeResult):
        arms = [arm for one in result.trials for arm in (one.experimental, one.control)]
        yield from review.drug_words(agent for arm in arms for agent in arm.agents)

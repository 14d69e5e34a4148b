"""Figures of a question on a page, and the files that the page offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from trialpool.report.shown import Beside, ShownQuestion
from trialpool.report.site.review import Review
from trialpool.report.svg import SharedStyles

# On the site; results/questions has every figure as PNG too, which would double the folder.
ENDINGS: Final = ("svg", "pdf", "csv")
RECORDS: Final = ("result.json", "input.csv", "excluded.csv", "multiverse.csv")


def drawn(review: Review, question_id: str, styles: SharedStyles) -> ShownQuestion:
    """Return a question with the figures that were drawn of it, for one page.

    Parameters
    ----------
    review : Review
    question_id : str
    styles : SharedStyles
        Of the page; those of the figures are added.
    """
    shown, files = review.questions[question_id], files_of(review, question_id)
    figures = {
        name: figure
        for name in shown.figure_names
        if (figure := review.figure(question_id, name, styles)) is not None
    }
    forest = review.figure(question_id, "forest", styles, words_beside=_says_it(shown))
    return replace(
        shown,
        figure=forest,
        figures=figures,
        beside=_beside(review, question_id, styles),
        offered={path.name: f"site:{place}" for place, path in files.items()},
    )


def _says_it(shown: ShownQuestion) -> bool:
    """Whether its page prints the description of the forest plot."""
    return not shown.parts_at("section")


def _beside(review: Review, question_id: str, styles: SharedStyles) -> Beside | None:
    other = review.questions.get(review.beside.get(question_id, ""))
    if other is None:
        return None
    figure = review.figure(question_id, "beside", styles, words_beside=True)
    if figure is None:
        return None
    name = f"{question_id}-beside-{other.result.id}"
    return Beside(name, other.href, other.heading, figure)


def files_of(review: Review, question_id: str) -> Mapping[str, Path]:
    """Figures and records of a question that its pages offer, by their place on the site."""
    figures = ("forest", "beside", "risk_of_bias", *review.questions[question_id].figure_names)
    names = [f"{figure}.{ending}" for figure in figures for ending in ENDINGS]
    return review.files(question_id, *names, *RECORDS)

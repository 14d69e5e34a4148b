"""Questions of other kinds in print: what they say, their figures, their tables."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.questions.shared.words.parts import Part
from trialpool.report.printed.blocks import (
    Block,
    Break,
    Column,
    Heading,
    Items,
    Paragraph,
    Picture,
    Run,
    Table,
)
from trialpool.report.printed.figures import Drawn, forest, further
from trialpool.report.printed.from_pages import blocks_of
from trialpool.report.printed.labels import of_question
from trialpool.report.shown import ShownComparison, ShownQuestion
from trialpool.report.site.page import slug
from trialpool.report.site.render import render
from trialpool.report.site.review import Review


def of_their_own(review: Review) -> tuple[ShownQuestion, ...]:
    """Return the questions with an answer that the comparisons do not print in full.

    Those are questions on no comparison, on what modifies an effect and on several treatments at
    once, and those with figures of their own.
    """
    listed = review.comparisons.comparisons if review.comparisons else ()
    held = {cell.question for one in listed for cell in one.cells}
    for one in review.by_comparison:
        held -= {other.result.id for other in one.modifiers} | {other.id for other in one.wider}
    return tuple(
        shown
        for shown in review.questions.values()
        if not shown.is_empty and (shown.result.id not in held or shown.figure_names)
    )


def questions(review: Review, pictures: dict[str, str]) -> Iterator[Block]:
    """Print them, and list those that no usable number answers.

    Parameters
    ----------
    review : Review
    pictures : dict of str to str
        Takes the figures: file name to SVG.
    """
    shown = of_their_own(review)
    if shown:
        yield Break()
        yield Heading(1, "Who benefits, and further questions")
        for one in shown:
            yield from _question(review, one, pictures)
    empty = [one for one in review.questions.values() if one.is_empty]
    if empty:
        yield Heading(1, "Asked, no usable number")
        yield from blocks_of(render("unanswered.html.j2", questions=empty))


def _question(review: Review, shown: ShownQuestion, pictures: dict[str, str]) -> Iterator[Block]:
    result = shown.result
    yield Heading(2, shown.heading, of_question(result.id))
    yield Paragraph(result.question)
    if result.comment:
        yield Paragraph((Run(result.comment, soft=True),))
    said = [part for part in shown.parts if part.place in ("words", "section", "network")]
    if not said and isinstance(shown, ShownComparison):
        yield Items(
            tuple((Run(row.label, bold=True), f": {row.words}") for row in shown.groups)
        )  # fmt: skip
    yield _picture(f"{slug(result.id)}-forest", forest(result), _forest_caption(shown), pictures)
    for name, drawn in further(result).items():
        yield _picture(f"{slug(result.id)}-{slug(name)}", drawn, f"{shown.heading}.", pictures)
    if isinstance(shown, ShownComparison):
        yield _groups(shown)
    for part in shown.parts:
        yield from _part(review, shown, part)


def _part(review: Review, shown: ShownQuestion, part: Part) -> Iterator[Block]:
    """What the kind of the question brings, as its page has it, without what is closed there."""
    html = render(part.template, part=part, q=shown, cited=review.sources)
    yield from blocks_of(html, level=3)


def _picture(
    name: str, drawn: Drawn, caption: str, pictures: dict[str, str]
) -> Picture:
    files = tuple(f"{name}-{number}.svg" for number, _ in enumerate(drawn.pages, 1))
    pictures.update(zip(files, drawn.pages, strict=True))
    return Picture(files, drawn.width, caption, drawn.alt)


def _forest_caption(shown: ShownQuestion) -> str:
    remark = shown.forest_remark if isinstance(shown, ShownComparison) else ""
    return f"{shown.heading}. Squares: trials{remark}; diamonds: pooled estimates."


def _groups(shown: ShownComparison) -> Table:
    return Table(
        (
            Column("Group", 2.2),
            Column("k", 0, "right"),
            Column("n", 0, "right"),
            Column(f"{shown.measure} [{shown.level} interval]", 1.2),
            Column("Prediction interval", 0.8),
            Column("Differences between trials", 1),
            Column("Primary model", 1),
        ),
        tuple(
            (row.label, row.k, row.n, (Run(row.effect, bold=True),), row.prediction,
             f"τ {row.tau}" if not row.is_single else "", row.basis)
            for row in shown.groups
        ),
        f"{shown.heading}: results by group.",
    )  # fmt: skip

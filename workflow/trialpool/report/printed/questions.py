"""Questions of other kinds in print: what they say, their figures, their tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool import formatting as fmt
from trialpool.questions.shared.words.parts import Part, Place
from trialpool.report.printed.blocks import (
    Block,
    Break,
    Cell,
    Column,
    Heading,
    Items,
    Paragraph,
    Picture,
    Run,
    Table,
)
from trialpool.report.printed.figures import FOREST, figure_of
from trialpool.report.printed.from_pages import blocks_of, text_of
from trialpool.report.printed.labels import of_question
from trialpool.report.shown import ShownComparison, ShownQuestion
from trialpool.report.site.page import slug
from trialpool.report.site.render import render
from trialpool.report.site.review import Review

# Parts that say what a question answers; where there are none, what stands after its groups is
# printed.
_INSTEAD: Final[frozenset[Place]] = frozenset({"words", "section", "network"})
# Longer tables are left to the site.
_MOST_ROWS, _MOST_LETTERS = 16, 2000


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
    name = slug(result.id)
    drawn = figure_of(result, review.cache)
    which = drawn.name
    label = f"figure-{name}-{slug(which)}"
    yield Heading(2, shown.heading, of_question(result.id))
    number = Run(to=label, shows="number")
    yield Paragraph((f"{result.question} ", number, "."), keep=True)
    if result.comment:
        yield Paragraph((Run(result.comment, soft=True),), keep=True)
    files = tuple(f"{name}-{slug(which)}-{page}.svg" for page, _ in enumerate(drawn.pages, 1))
    pictures.update(zip(files, drawn.pages, strict=True))
    caption = _forest_caption(shown) if which == FOREST else f"{shown.heading}."
    yield Picture(files, drawn.width, caption, label, drawn.alt)
    if isinstance(shown, ShownComparison):
        yield from _groups(shown)
    parts = [part for part in shown.parts if part.place in _INSTEAD]
    for part in parts or shown.parts:
        yield from _part(review, shown, part)


def _part(review: Review, shown: ShownQuestion, part: Part) -> Iterator[Block]:
    """Print what the kind of the question brings: what is open on its page."""
    html = render(part.template, part=part, q=shown, cited=review.sources)
    for block in blocks_of(html, level=3, small=True):
        if isinstance(block, Table) and _is_long(block):
            yield Paragraph(
                (f"{fmt.whole(len(block.rows))} rows: on the page of this question.",), small=True
            )
        else:
            yield block


def _is_long(table: Table) -> bool:
    cells = (cell.words if isinstance(cell, Cell) else cell for row in table.rows for cell in row)
    return len(table.rows) > _MOST_ROWS or sum(len(text_of(one)) for one in cells) > _MOST_LETTERS


def _forest_caption(shown: ShownQuestion) -> str:
    pooled = any(group.k > 1 for group in shown.result.groups)
    diamonds = "; diamonds: pooled estimates" if pooled else ""
    return f"{shown.heading}. Squares: trials with their intervals{diamonds}."


def _groups(shown: ShownComparison) -> Iterator[Block]:
    """Say what each group shows, where the kind has no words of its own, and print its pools."""
    if not any(part.place in _INSTEAD for part in shown.parts):
        told = tuple((Run(row.label, bold=True), f": {row.words}") for row in shown.groups)
        yield Items(told)
    pools = [row for row in shown.groups if not row.is_single]
    if pools:
        yield Table(
            (
                Column("Group", 2.2),
                Column("k", 0, "right"),
                Column("n", 0, "right"),
                Column(f"{shown.measure} [{shown.level} interval]", 1.2),
                Column("Prediction interval", 0.8),
                Column("τ between trials", 0.8),
                Column("Primary model", 1),
            ),
            tuple(
                (row.label, row.k, row.n, (Run(row.effect, bold=True),), row.prediction,
                 row.tau, row.basis)
                for row in pools
            ),
            f"{shown.heading}: groups of several trials.",
        )  # fmt: skip

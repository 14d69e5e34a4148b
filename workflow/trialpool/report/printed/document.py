"""The printed edition of a review, from its title page to its references."""

from __future__ import annotations

from trialpool.figures.text.unprinted import lacking, note, texts_in
from trialpool.report.printed.blocks import Block, Document, Paragraph
from trialpool.report.printed.closing import closing, numbers, prisma, references
from trialpool.report.printed.comparisons import comparisons
from trialpool.report.printed.labels import of_question
from trialpool.report.printed.opening import summary, title_page
from trialpool.report.printed.questions import of_their_own, questions
from trialpool.report.site.review import Review


def printed_edition(review: Review) -> Document:
    """Return the printed edition, ready to be set.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Document
        The same for the same records.
    """
    pictures: dict[str, str] = {}
    labels = {of_question(shown.result.id) for shown in of_their_own(review)}
    blocks: list[Block] = [
        *title_page(review),
        *summary(review),
        *comparisons(review, numbers(review), labels),
        *questions(review, pictures),
        *closing(review),
        *prisma(review),
        *references(review),
    ]
    # The fonts of this program draw most scripts, not all signs.
    if told := note(lacking(texts_in(tuple(blocks)))):
        blocks.append(Paragraph(told, small=True))
    title, settings = str(review.settings["title"]), review.settings
    return Document(title, str(settings.get("authors") or ""), tuple(blocks), pictures)

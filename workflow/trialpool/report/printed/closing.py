"""What stands last: methods, limits, checks, references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool.report.pages import closing as pages
from trialpool.report.printed.blocks import Block, Break, Heading, Items, Paragraph, Run
from trialpool.report.printed.from_pages import blocks_of
from trialpool.report.printed.labels import of_source
from trialpool.report.site.review import Review

# Pages of the site that are printed, in this order.
_PRINTED: Final = ("methods.html", "limits.html", "audit.html")
_LONG: Final = "methods.html"


def closing(review: Review) -> Iterator[Block]:
    """Print the pages on the review as a whole, as far as they are open there."""
    found = {page.path: page for page in pages.pages(review)}
    for number, path in enumerate(_PRINTED):
        if path in found:
            if number == 0:
                yield Break()
            yield Heading(1, found[path].title)
            yield from blocks_of(found[path].body, small=path == _LONG)


def references(review: Review) -> Iterator[Block]:
    """Print the sources of pooled results, numbered as forests cite them."""
    if not review.sources:
        return
    yield Break()
    yield Heading(1, "References")
    yield Paragraph("Reports whose numbers are in a pool, by their grade, the better first.")
    yield Items(
        tuple(
            (
                *(Run(text, href=href) if href else text for text, href in source.parts),
                Run(f" {source.grade}" if source.grade else "", soft=True),
            )
            for source in review.sources.values()
        ),
        small=True,
        numbered=1,
        labels=tuple(of_source(number) for number in numbers(review).values()),
    )


def numbers(review: Review) -> dict[str, int]:
    """Return the numbers of the sources, in the order of the list of references."""
    return {source_id: number for number, source_id in enumerate(review.sources, 1)}

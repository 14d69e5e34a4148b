"""The report as a folder of pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from trialpool.report.pages import (
    changes,
    closing,
    comparisons,
    front,
    index,
    markers,
    networks,
    prisma,
    questions,
    trials,
)
from trialpool.report.site.page import Page
from trialpool.report.site.render import keep_templates
from trialpool.report.site.review import Review
from trialpool.report.site.site import Site

# In the order of the menu, and of the pages of one folder.
PAGES: Final[tuple[Callable[[Review], Iterable[Page]], ...]] = (
    index.pages,
    comparisons.pages,
    front.pages,
    questions.pages,
    networks.pages,
    markers.pages,
    trials.pages,
    changes.pages,
    closing.pages,
    prisma.pages,
)


def build_site(review: Review) -> Site:
    """Return the site of a review, ready to be written.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Site
        The same for the same records.

    Raises
    ------
    ValueError
        If two pages have one path.
    """
    title, editions = str(review.settings["title"]), dict(review.editions)
    site = Site(title, editions=editions, cache=review.cache)
    keep_templates(review.cache)
    for pages in PAGES:
        site.add(pages(review))
    return site

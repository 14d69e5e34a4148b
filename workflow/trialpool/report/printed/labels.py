"""Labels inside the document: where links and numbers of pages lead to."""

from __future__ import annotations

from trialpool.report.site.page import comparison_path, question_path, slug


def of_page(href: str) -> str:
    """Return the label of what stands on a page of the site: "site:questions/x.html#forest"."""
    path = href.removeprefix("site:").partition("#")[0]
    return slug(path.removesuffix(".html"))


def of_comparison(comparison_id: str) -> str:
    """Return the label of a comparison."""
    return of_page(comparison_path(comparison_id))


def of_question(question_id: str) -> str:
    """Return the label of a question."""
    return of_page(question_path(question_id))


def of_source(number: int) -> str:
    """Return the label of a reference."""
    return f"reference-{number}"

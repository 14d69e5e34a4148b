"""The index of the search.

It is a script beside the pages, because a page that is opened from disk can fetch nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from trialpool.report.site.page import Page


def search_script(pages: Iterable[Page]) -> str:
    """Return the script: one line for each page with its path, title, kind and further words."""
    lines = [
        json.dumps([page.path, page.title, page.kind, " ".join(page.words)], ensure_ascii=False)
        for page in pages
    ]
    return "window.PAGES = [\n" + ",\n".join(lines) + "\n];\n"

"""Every link of the built pages leads to something, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

_ID = re.compile(r"\bid=\"?([^\"\s>]+)")
_LINK = re.compile(r"<([a-z]+)\b[^>]*?\b(href|src)=\"([^\"]*)\"")
# What a browser fetches by itself; a link that somebody follows may lead anywhere.
_FETCHED = {"script", "img", "link", "iframe"}


def dead_links(root: Path) -> list[str]:
    """Return each link that leads nowhere, and each thing fetched from another place.

    Zensical checks links between Markdown files; here also those of generated headings count.
    """
    texts = {
        page.resolve(): page.read_text(encoding="utf-8")
        for page in sorted(root.rglob("*.html"))
        if page.name != "404.html"
    }
    ids = {page: set(_ID.findall(text)) for page, text in texts.items()}
    found = []
    for page, text in texts.items():
        for tag, kind, link in sorted(set(_LINK.findall(text))):
            path, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:|//", link):
                wrong = tag in _FETCHED and not link.startswith("data:")
            else:
                goal = (page.parent / unquote(path)).resolve() if path else page
                known = ids.get(goal)
                wrong = not goal.exists() or bool(anchor and known and unquote(anchor) not in known)
            if wrong:
                found.append(f"{page.relative_to(root.resolve())}: {kind} {link}")
    return found

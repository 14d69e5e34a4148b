"""What the site does to the text of a page: links inside it, permalinks, ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

_HEADING: Final = re.compile(r"<(h[23])((?:\s[^<>]*)?)>(.*?)</\1>", re.DOTALL)
_ID: Final = re.compile(r'\sid="([^"]*)"')
_INSIDE: Final = re.compile(r'\b(href|src|data-index)="site:([^"]*)"')
_HERE: Final = re.compile(r'\bhref="#([^"]*)"')
_TITLE: Final = re.compile(r"<title>.*?</title>", re.DOTALL)
_TAG: Final = re.compile(r"<[^<>]*>")


def words_of(html: str) -> str:
    """Return the text of a piece of HTML with single blanks."""
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def with_permalinks(html: str) -> str:
    """Give headings of the second and third level an id, where they have none, and a permalink."""
    taken = set(ids(html))

    def marked(match: re.Match[str]) -> str:
        tag, attributes, inside = match.groups()
        found = _ID.search(f" {attributes}")
        own = found[1] if found else _free(inside, taken)
        given = attributes if found else f'{attributes} id="{own}"'
        link = f'<a class="here" href="#{own}" aria-label="Link to this section">#</a>'
        return f"<{tag}{given}>{inside}{link}</{tag}>"

    return _HEADING.sub(marked, html)


def _free(inside: str, taken: set[str]) -> str:
    """Make an id of the words of a heading that no other element has."""
    words = re.sub(r"[^a-z0-9]+", "-", words_of(inside).lower()).strip("-")[:60].strip("-")
    name, number = words or "section", 2
    while name in taken:
        name, number = f"{words}-{number}", number + 1
    taken.add(name)
    return name


def ids(html: str) -> Iterator[str]:
    """Return the ids of a page's elements."""
    return (unescape(found) for found in _ID.findall(html))


def inside_links(html: str) -> Iterator[str]:
    """Return where the links inside the site lead: path, and perhaps "#" and an id."""
    return (unescape(target) for _, target in _INSIDE.findall(html))


def own_links(html: str) -> Iterator[str]:
    """Return the ids that links to the same page name."""
    return (unescape(target) for target in _HERE.findall(html))


def relative(html: str, way: str) -> str:
    """Write the links inside the site as links from a page; `way` leads to the site's folder."""
    return _INSIDE.sub(lambda match: f'{match[1]}="{way}{match[2]}"', html)


def shorter(html: str) -> str:
    """Leave out what every browser supplies by itself; no text, link or element changes."""
    import minify_html

    # In a title "<" begins no element, so the library would write it as it is; a page whose title
    # somebody else wrote keeps it escaped for those who read without that rule.
    title = _TITLE.search(html)
    short = minify_html.minify(html)
    return _TITLE.sub(lambda _: title[0], short, count=1) if title else short

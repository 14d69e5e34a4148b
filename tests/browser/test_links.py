"""Every link of the report leads to something inside its folder."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

pytestmark = pytest.mark.browser
LINK = re.compile(r"""\b(?:href|src)=(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
ANCHOR = re.compile(r"""\bid=(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")


def found(pattern: re.Pattern[str], text: str) -> set[str]:
    return {unescape(next(filter(None, groups), "")) for groups in pattern.findall(text)}


def test_every_link_stays_inside_and_resolves(site: Path) -> None:
    pages = {page: page.read_text("utf-8") for page in sorted(site.rglob("*.html"))}
    anchors = {page: found(ANCHOR, text) for page, text in pages.items()}
    broken = []
    for page, text in pages.items():
        for link in found(LINK, text):
            if re.match(r"(https?|mailto|data):", link):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / unquote(path)).resolve() if path else page
            inside = target.is_relative_to(site.resolve()) and target.is_file()
            if not inside or (
                anchor and target in pages and unquote(anchor) not in anchors[target]
            ):
                broken.append(f"{page.relative_to(site)}: {link}")
    assert broken == []

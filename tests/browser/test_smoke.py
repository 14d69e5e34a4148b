"""Six pages as a reader finds them: nothing complains, nothing is fetched, nothing runs over."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from site_reader import Reader

pytestmark = pytest.mark.smoke


def six(site: Path) -> list[str]:
    """The front page, one page each of the kinds that every reader opens."""
    folders = ("comparisons", "questions", "trials")
    first = [min((site / folder).glob("*.html")) for folder in folders]
    return ["index.html", *(str(p.relative_to(site)) for p in first), "methods.html", "audit.html"]


def sideways(reader: Reader) -> list[str]:
    """What is wider than the window; a box that scrolls by itself is none."""
    found: list[str] = reader.page.evaluate(
        """() => {
          const wide = document.documentElement.scrollWidth > window.innerWidth + 1;
          if (!wide) return [];
          return [...document.querySelectorAll("body *")]
            .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)
            .slice(0, 5).map(e => e.outerHTML.slice(0, 120));
        }"""
    )
    return found


def violations(reader: Reader) -> list[str]:
    """What axe finds, with the first element of each; it may fetch no style sheet to preload."""
    answer = Axe().run(reader.page, options={"preload": False}).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in answer]


@pytest.mark.parametrize("width", [1440, 390])
def test_six_pages(reader: Reader, width: int) -> None:
    for path in six(reader.site):
        reader.open(path, width)
        assert sideways(reader) == [], path
        assert violations(reader) == [], path
    assert reader.complaints == []
    assert reader.abroad() == []

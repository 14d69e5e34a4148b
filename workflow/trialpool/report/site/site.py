"""The site: pages become a folder of files that opens from disk, without server or network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from trialpool.files import begin_folder, write_bytes, write_text
from trialpool.report.exports.archive import archive
from trialpool.report.site import markup
from trialpool.report.site.page import FRONT, Page
from trialpool.report.site.render import render
from trialpool.report.site.search import search_script
from trialpool.report.svg import figure_rules

ASSETS: Final = Path(__file__).parent / "assets"


@dataclass
class Site:
    """Pages, in the order in which a reader goes from one to the next.

    Parameters
    ----------
    title : str
        Of the whole site, in the header of every page.
    editions : dict of str to Path
        Other editions of the report, linked at the foot of every page: place -> file of the build.
    """

    title: str
    pages: dict[str, Page] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    editions: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.files |= self.editions

    def add(self, pages: Iterable[Page]) -> None:
        """Add pages.

        Raises
        ------
        ValueError
            If two pages have one path, or two different files are to lie at one place.
        """
        for page in pages:
            if page.path in self.pages:
                raise ValueError(f"two pages have the path {page.path}")
            self.pages[page.path] = page
            for place, source in page.files.items():
                if self.files.setdefault(place, source) != source:
                    raise ValueError(f"two files are to lie at {place}")

    def texts(self) -> dict[str, str]:
        """Return the HTML of every page by its path.

        Raises
        ------
        ValueError
            If a link inside the site leads nowhere, or an id stands twice on a page.
        """
        rendered = {path: self._rendered(page) for path, page in self.pages.items()}
        if faults := sorted(set(self._faults(rendered))):
            raise ValueError("; ".join(faults))
        return {
            path: markup.relative(html, "../" * path.count("/")) for path, html in rendered.items()
        }

    def write(self, folder: Path) -> None:
        """Write all pages, the index of the search, and the files that the pages link.

        Raises
        ------
        ValueError
            As `texts` does.
        """
        texts = self.texts()
        begin_folder(folder)
        for path, html in texts.items():
            write_text(folder / path, markup.shorter(html))
        for asset in sorted(ASSETS.iterdir()):
            write_text(folder / "assets" / asset.name, asset.read_text(encoding="utf-8"))
        for page in self.pages.values():
            for place, text in page.texts.items():
                write_text(folder / place, text)
            for place, sources in page.archives.items():
                packed = archive((source.name, source.read_bytes()) for source in sources)
                write_bytes(folder / place, packed)
        figures = [page.styles for page in self.pages.values() if page.styles is not None]
        if figures:
            write_text(folder / "assets" / "figures.css", figure_rules(figures))
        found = search_script(one for one in self.pages.values() if not one.moved)
        write_text(folder / "assets" / "search.js", found)
        for place, source in self.files.items():
            write_bytes(folder / place, source.read_bytes())

    def _rendered(self, page: Page) -> str:
        before, after = self._neighbours(page)
        shown: dict[str, Any] = {
            "site_title": self.title,
            "page": page,
            "body": markup.with_permalinks(page.body),
            "parents": [self.pages[path] for path in page.parents],
            "front": self.pages.get(FRONT),
            "menu": [one for one in self.pages.values() if one.menu],
            "before": before,
            "after": after,
            "editions": list(self.editions),
        }
        return render("base.html.j2", **shown)

    def _neighbours(self, page: Page) -> tuple[Page | None, Page | None]:
        """Return the pages before and after one in its folder; those at the top have none."""
        if not page.folder or page.moved:
            return None, None
        row = [one for one in self.pages.values() if one.folder == page.folder and not one.moved]
        place = next(number for number, one in enumerate(row) if one.path == page.path)
        before = row[place - 1] if place else None
        return before, row[place + 1] if place + 1 < len(row) else None

    def _faults(self, rendered: dict[str, str]) -> Iterator[str]:
        found = {path: list(markup.ids(html)) for path, html in rendered.items()}
        known = {path: set(ids) for path, ids in found.items()}
        places = {*known, *self.files, "assets/search.js", "assets/figures.css"}
        for page in self.pages.values():
            places |= {*page.texts, *page.archives}
        places |= {f"assets/{asset.name}" for asset in ASSETS.iterdir()}
        for path, html in rendered.items():
            twice = [name for name, times in Counter(found[path]).items() if times > 1]
            yield from (f"{path}: the id {name} stands twice" for name in twice)
            for target in markup.inside_links(html):
                place, _, name = target.partition("#")
                if place not in places or (name and name not in known.get(place, {name})):
                    yield f"{path}: the link to {target} leads nowhere"
            for name in markup.own_links(html):
                if name not in known[path]:
                    yield f"{path}: the link to #{name} leads nowhere"

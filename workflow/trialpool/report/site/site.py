"""The site: pages become a folder of files that opens from disk, without server or network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from trialpool.cache import Cache
from trialpool.files import begin_folder, write_bytes, write_text
from trialpool.report.exports.archive import archive
from trialpool.report.site import markup
from trialpool.report.site.page import FRONT, Page
from trialpool.report.site.render import render
from trialpool.report.site.search import search_script
from trialpool.report.svg import figure_rules

ASSETS: Final = Path(__file__).parent / "assets"


class _Whole(NamedTuple):
    """A page as it is written, and what has to be looked up of it in other pages.

    Attributes
    ----------
    html : str
    ids : list of str
        Of its elements.
    inside, own : list of str
        Where its links lead inside the site, and on the page itself.
    """

    html: str
    ids: list[str]
    inside: list[str]
    own: list[str]


@dataclass
class Site:
    """Pages, in the order in which a reader goes from one to the next.

    Parameters
    ----------
    title : str
        Of the whole site, in the header of every page.
    editions : dict of str to Path
        Other editions of the report, linked at the foot of every page: place -> file of the build.
    cache : Cache
        Pages that say the same as in an earlier build are taken from there, whole.
    """

    title: str
    pages: dict[str, Page] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    editions: dict[str, Path] = field(default_factory=dict)
    cache: Cache = field(default_factory=Cache)

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

    def texts(self, *, short: bool = False) -> dict[str, str]:
        """Return the HTML of every page by its path.

        Parameters
        ----------
        short : bool
            Whether what every browser supplies by itself is left out.

        Raises
        ------
        ValueError
            If a link inside the site leads nowhere, or an id stands twice on a page.
        """
        found = {page.path: self._whole(shown, short) for page, shown in self._shown()}
        if faults := sorted(set(self._faults(found))):
            raise ValueError("; ".join(faults))
        return {path: whole.html for path, whole in found.items()}

    def write(self, folder: Path) -> None:
        """Write all pages, the index of the search, and the files that the pages link.

        Raises
        ------
        ValueError
            As `texts` does.
        """
        texts = self.texts(short=True)
        begin_folder(folder)
        for path, html in texts.items():
            write_text(folder / path, html)
        for asset in sorted(ASSETS.iterdir()):
            write_text(folder / "assets" / asset.name, asset.read_text(encoding="utf-8"))
        for page in self.pages.values():
            for place, text in page.texts.items():
                write_text(folder / place, text)
            for place, sources in page.archives.items():
                write_bytes(folder / place, self._archive(sources))
        figures = [page.styles for page in self.pages.values() if page.styles is not None]
        if figures:
            write_text(folder / "assets" / "figures.css", figure_rules(figures, self.cache))
        found = search_script(one for one in self.pages.values() if not one.moved)
        write_text(folder / "assets" / "search.js", found)
        for place, source in self.files.items():
            write_bytes(folder / place, source.read_bytes())

    def _archive(self, sources: Iterable[Path]) -> bytes:
        files = [(source.name, source.read_bytes()) for source in sources]
        parts = ["archive", *(part for file in files for part in file)]
        return self.cache.made(parts, lambda: {"zip": archive(files)})["zip"]

    def _shown(self) -> Iterator[tuple[Page, dict[str, Any]]]:
        """Yield each page with all that the template of every page shows of it, as plain values."""
        front = self.pages.get(FRONT)
        menu = [(one.path, one.menu) for one in self.pages.values() if one.menu]
        before, after = self._neighbours()
        for page in self.pages.values():
            yield (
                page,
                {
                    "site_title": self.title,
                    "path": page.path,
                    "title": page.title,
                    "lead": page.lead,
                    "moved": page.moved,
                    "css": None if page.styles is None else page.styles.css(),
                    "body": page.body,
                    "parents": [_named(self.pages[path]) for path in page.parents],
                    "front": None if front is None else _named(front),
                    "settings": front is not None and 'id="settings"' in front.body,
                    "menu": menu,
                    "before": before.get(page.path),
                    "after": after.get(page.path),
                    "editions": list(self.editions),
                },
            )

    def _neighbours(self) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
        """Return path and title of the pages before and after each; those at the top have none."""
        rows: dict[str, list[Page]] = {}
        for page in self.pages.values():
            if page.folder and not page.moved:
                rows.setdefault(page.folder, []).append(page)
        pairs = [pair for row in rows.values() for pair in pairwise(row)]
        before = {two.path: (one.path, one.title) for one, two in pairs}
        return before, {one.path: (two.path, two.title) for one, two in pairs}

    def _whole(self, shown: Mapping[str, Any], short: bool) -> _Whole:
        def make() -> dict[str, bytes]:
            html = render(
                "base.html.j2", **{**shown, "body": markup.with_permalinks(shown["body"])}
            )
            looked_up = (markup.ids(html), markup.inside_links(html), markup.own_links(html))
            html = markup.relative(html, "../" * shown["path"].count("/"))
            html = markup.shorter(html) if short else html
            return {"page": msgspec.json.encode((html, *map(list, looked_up)))}

        parts = ("page", str(short), msgspec.json.encode(shown))
        return msgspec.json.decode(self.cache.made(parts, make)["page"], type=_Whole)

    def _faults(self, found: Mapping[str, _Whole]) -> Iterator[str]:
        known = {path: set(whole.ids) for path, whole in found.items()}
        places = {*known, *self.files, "assets/search.js", "assets/figures.css"}
        for page in self.pages.values():
            places |= {*page.texts, *page.archives}
        places |= {f"assets/{asset.name}" for asset in ASSETS.iterdir()}
        for path, whole in found.items():
            twice = [name for name, times in Counter(whole.ids).items() if times > 1]
            yield from (f"{path}: the id {name} stands twice" for name in twice)
            for target in whole.inside:
                place, _, name = target.partition("#")
                if place not in places or (name and name not in known.get(place, {name})):
                    yield f"{path}: the link to {target} leads nowhere"
            for name in whole.own:
                if name not in known[path]:
                    yield f"{path}: the link to #{name} leads nowhere"


def _named(page: Page) -> tuple[str, str]:
    """Return the path of a page, and its name above others."""
    return page.path, page.menu or page.title

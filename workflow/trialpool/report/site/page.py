"""A page of the site, and where pages lie: all paths are relative to the folder of the site."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trialpool.report.svg import SharedStyles

FRONT: Final = "index.html"
TRIALS: Final = "trials.html"


@dataclass(frozen=True)
class Page:
    """A page, rendered but for what all pages share.

    Attributes
    ----------
    path : str
        Below the folder of the site: "trials/dapa-hf.html". Pages of one folder are each other's
        previous and next, in the order given.
    title : str
        Its heading of the first level.
    body : str
        HTML below that heading, from a template. A link inside the site is written
        ``href="site:questions/mortality.html#trials"``; headings of the second and third
        level get their permalinks from the site.
    parents : tuple of str
        Paths of the pages above it, the front page left out.
    kind : str
        What it is, for the list of what a search found: "Trial".
    words : tuple of str
        By which a search finds it, beside its title.
    menu : str
        Its name in the menu of every page; empty: not there.
    lead : str
        Plain text under the heading.
    styles : SharedStyles or None
        Of its figures (`Review.figure`).
    files : mapping of str to Path
        Files to copy that it links: path on the site -> file of the build.
    archives : mapping of str to sequence of Path
        Files to pack for it: path of the archive on the site -> files of the build.
    texts : mapping of str to str
        Files that come with it: path on the site -> text.
    moved : str
        Path of a page of the same folder that stands in its place; empty: it stands for itself.
    """

    path: str
    title: str
    body: str
    parents: tuple[str, ...] = ()
    kind: str = ""
    words: tuple[str, ...] = ()
    menu: str = ""
    lead: str = ""
    styles: SharedStyles | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    archives: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    moved: str = ""

    @property
    def folder(self) -> str:
        """Folder of the page, empty for one at the top."""
        return self.path.rpartition("/")[0]


def slug(name: str) -> str:
    """Return a name that may stand in a path and in an anchor, another one for each name."""
    plain = re.sub(r"[^a-zA-Z0-9-]+", "-", name)
    return plain if plain == name else f"{plain[:60]}-{zlib.crc32(name.encode()):08x}"


def setting_path(anchor: str, number: int = 1) -> str:
    """Return the path of a page of the comparisons in one setting."""
    return f"settings/{slug(anchor)}{f'-{number}' if number > 1 else ''}.html"


def question_path(question_id: str) -> str:
    """Return the path of a question's page."""
    return f"questions/{slug(question_id)}.html"


def network_path(question_id: str) -> str:
    """Return the path of the page of a question's network."""
    return f"networks/{slug(question_id)}.html"


def trial_path(trial_id: str) -> str:
    """Return the path of a trial's page."""
    return f"trials/{slug(trial_id)}.html"


def marker_path(chapter_id: str) -> str:
    """Return the path of the page of a chapter."""
    return f"markers/{slug(chapter_id)}.html"


def comparison_path(comparison_id: str) -> str:
    """Return the path of a comparison's page."""
    return f"comparisons/{slug(comparison_id)}.html"


def source_anchor(source_id: str) -> str:
    """Return the anchor of a source on the page of sources."""
    return f"source-{slug(source_id)}"


def formula_anchor(rung: str, formula: str, reference: str) -> str:
    """Return the anchor of a derivation on the page of methods: the same in every build."""
    told = zlib.crc32(f"{formula} {reference}".encode())
    words = re.sub(r"[^a-z0-9]+", "-", rung.lower()).strip("-")
    return f"formula-{words}-{told:08x}"

"""The report as pages and in print: records and figures of a build in, a folder or a PDF out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialpool.cache import Cache
from trialpool.files import read_rows, write_bytes
from trialpool.settings import besides, load_about, load_settings

if TYPE_CHECKING:
    from trialpool.report.site.review import Review


@dataclass(frozen=True)
class Built:
    """Files of a build beside the folders of its questions; what is None has no page.

    Attributes
    ----------
    findings, rules : Path
        Tables of the audit step.
    effects, curves : Path
        Tables of the select step.
    chapters, not_asked : Path
        Records of the chapters step.
    comparisons, summaries : Path
        Records of the comparisons step.
    changes : Path
        Record of the changes step.
    verification : Path
        Table of the verify step.
    editions : sequence of Path
        Workbook and document of the exports step.
    overview : Path
        Any of the figures of the overview step.
    """

    findings: Path
    rules: Path | None = None
    effects: Path | None = None
    curves: Path | None = None
    chapters: Path | None = None
    not_asked: Path | None = None
    comparisons: Path | None = None
    summaries: Path | None = None
    changes: Path | None = None
    verification: Path | None = None
    overview: Path | None = None
    editions: Sequence[Path] = ()

    def offered(self) -> dict[str, Path]:
        """Return the files that pages may offer, by name."""
        files = (self.findings, self.effects, self.curves, self.comparisons, self.not_asked)
        others = (self.verification, self.changes)
        return {file.name: file for file in (*files, *others) if file is not None}


def read_review(
    config: Path, folders: Sequence[Path], built: Built, cache: Cache | None = None
) -> Review:
    """Read everything that a report may show."""
    from trialpool.records.files import (
        read_changes,
        read_chapters,
        read_comparisons,
        read_not_asked,
        read_result,
        read_summaries,
    )
    from trialpool.report.site.review import Review
    from trialpool.survival import read_raw

    settings, _ = load_settings(config, checked=False)
    evidence, _ = read_raw(settings.path("raw"), settings.tables)
    others = besides(settings.questions)
    return Review(
        settings=settings.config["report"],
        results=tuple(read_result(folder / "result.json") for folder in folders),
        about=load_about(settings)[0],
        comparisons=read_comparisons(built.comparisons) if built.comparisons else None,
        summaries=read_summaries(built.summaries) if built.summaries else None,
        changes=read_changes(built.changes) if built.changes else None,
        chapters=read_chapters(built.chapters) if built.chapters else None,
        not_asked=read_not_asked(built.not_asked) if built.not_asked else None,
        findings=read_rows(built.findings),
        rules=read_rows(built.rules) if built.rules else (),
        verification=read_rows(built.verification) if built.verification else (),
        curves=read_rows(built.curves) if built.curves else (),
        effects=read_rows(built.effects) if built.effects else (),
        evidence=evidence,
        taxonomy=settings.taxonomy,
        endpoints=settings.endpoints,
        folders={folder.name: folder for folder in folders},
        beside={folder.name: others[folder.name] for folder in folders if folder.name in others},
        overview=built.overview,
        data=built.offered(),
        editions={path.name: path for path in built.editions},
        cache=cache or Cache(),
    )


def report(
    config: Path,
    folders: Sequence[Path],
    built: Built,
    output: Path,
    cache: Cache | None = None,
) -> None:
    """Write the site into a folder; what an earlier step wrote there goes first."""
    from trialpool.report.build import build_site

    site = build_site(read_review(config, folders, built, cache))
    if (output / "assets" / "site.js").is_file():
        shutil.rmtree(output)
    site.write(output)


def printed(
    config: Path,
    folders: Sequence[Path],
    built: Built,
    output: Path,
    cache: Cache | None = None,
) -> None:
    """Write the edition to print: the same records as one PDF."""
    from trialpool.report.printed.document import printed_edition
    from trialpool.report.printed.setting import set_pdf

    review = read_review(config, folders, built, cache)
    write_bytes(output, set_pdf(printed_edition(review)))

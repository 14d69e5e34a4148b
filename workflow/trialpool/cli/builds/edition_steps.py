"""Steps beside the report's pages: what changed, pools computed twice, workbook and document."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache as cached
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from trialpool.cache import Cache
from trialpool.files import write_rows
from trialpool.findings import Finding, InputError
from trialpool.settings import load_settings

if TYPE_CHECKING:
    from trialpool.survival.reconstruct import Reconstruction
    from trialpool.verification.pools import Contents


def changes(
    config: Path,
    folders: Sequence[Path],
    effects_file: Path,
    comparisons_file: Path,
    output: Path,
) -> None:
    """Write what moved since the last release that the configuration names; if none, say so.

    Raises
    ------
    InputError
        If the release is no folder, or its baselines cannot be read.
    """
    from trialpool.changes.folders import Results
    from trialpool.changes.release import changes_since, read_release
    from trialpool.files import read_rows
    from trialpool.records.files import read_comparisons, read_result, write_record

    settings, _ = load_settings(config, checked=False)
    release = None
    if "release" in settings.config["paths"]:
        folder = settings.path("release")
        if not folder.is_dir():
            remedy = "Name a results folder or a folder of baselines, or leave it out."
            fault = Finding(
                "fatal", "release-exists", config.name, column="paths.release",
                value=str(folder), message="there is no such folder", remedy=remedy,
            )  # fmt: skip
            raise InputError([fault])
        release = read_release(folder)
    records = {folder.name: read_result(folder / "result.json") for folder in folders}
    built = Results(records, read_rows(effects_file))
    renamed = read_comparisons(comparisons_file).renamed
    write_record(output, changes_since(release, built, renamed))


def exports(
    config: Path,
    folders: Sequence[Path],
    summaries_file: Path,
    verification_file: Path | None,
    output: Path,
    cache: Cache | None = None,
) -> None:
    """Write tables.xlsx and summary.docx from the records and figures of a build.

    Parameters
    ----------
    config : Path
    folders : sequence of Path
        Of the questions, in the order of the rows.
    summaries_file : Path
    verification_file : Path or None
    output : Path
        Folder to write into.
    cache : Cache, optional
    """
    from trialpool.files import read_rows, write_bytes
    from trialpool.records.files import read_result, read_summaries
    from trialpool.report.exports.document import Edition, document
    from trialpool.report.exports.sheets import result_sheets
    from trialpool.report.exports.workbook import workbook

    settings, _ = load_settings(config, checked=False)
    about = settings.config["report"]
    found = tuple(read_result(folder / "result.json") for folder in folders)
    figures = {folder.name: folder / "forest.png" for folder in folders}
    edition = Edition(
        about,
        found,
        read_summaries(summaries_file),
        read_rows(verification_file) if verification_file is not None else (),
        {name: path for name, path in figures.items() if path.is_file()},
        cache or Cache(),
    )
    write_bytes(output / "tables.xlsx", workbook(result_sheets(found, about), about["title"]))
    write_bytes(output / "summary.docx", document(edition))


def verify(config: Path, folders: Sequence[Path], output: Path, cache: Cache | None = None) -> None:
    """Write every pool beside what statsmodels computes; exit with status 1 where they differ."""
    from trialpool.questions.registry import stage
    from trialpool.records.base import kind_of
    from trialpool.records.files import read_result
    from trialpool.verification.build import COLUMNS, DIFFERS, Row, verify

    individual = cached(partial(_individual_data, config))
    rows: list[Row] = []
    for folder in folders:
        result = read_result(folder / "result.json")
        record = stage(kind_of(result), "verification").contents(result)
        if any(curves.individual for curves in record.curves):
            # What was read off figures is no part of the record.
            rows += verify([record], individual())
            continue
        made = (cache or Cache()).made(
            ["verify", msgspec.json.encode(record)],
            partial(_verified, record),
        )
        rows += msgspec.msgpack.decode(made["rows"], type=list[Row])
    write_rows(output, COLUMNS, map(asdict, rows))
    wrong = [row for row in rows if row.verdict == DIFFERS]
    if wrong:
        noun = "number differs" if len(wrong) == 1 else "numbers differ"
        lines = [f"{len(wrong)} {noun} from the second engine; no report is written."]
        lines += [f"  {number}. {row}" for number, row in enumerate(wrong, 1)]
        print("\n".join(lines), file=sys.stderr)  # noqa: T201
        sys.exit(1)


def _verified(record: Contents) -> dict[str, bytes]:
    from trialpool.verification.build import verify

    return {"rows": msgspec.msgpack.encode(verify([record], {}))}


def _individual_data(config: Path) -> dict[tuple[str, ...], Reconstruction]:
    """Reconstruct the curves again, as the select step did."""
    from trialpool.evidence.tables import read_tables
    from trialpool.survival.curve_tables import reconstruct_arms

    settings, _ = load_settings(config, checked=False)
    evidence, _ = read_tables(settings.path("raw"), settings.tables)
    return reconstruct_arms(settings.path("raw"), evidence)[0]


def pack(folder: Path, output: Path) -> None:
    """Write a folder as a ZIP archive with fixed times.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    from trialpool.files import write_bytes
    from trialpool.report.exports.archive import archived_folder

    if not folder.is_dir():
        remedy = "Run trialpool build first, or name another folder."
        message = "there is no such folder"
        raise InputError(
            [Finding("fatal", "folder-exists", str(folder), message=message, remedy=remedy)]
        )
    write_bytes(output, archived_folder(folder))

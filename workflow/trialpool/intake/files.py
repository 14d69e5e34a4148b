"""Files in and out: limits on what is read, whole folders of tables written or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trialpool.evidence.schemas import TABLES
from trialpool.files import write_rows
from trialpool.findings import Finding, InputError
from trialpool.intake.record import REPORT_COLUMNS, Imported

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# The largest review in RevMan's format and the largest registry record are some megabytes.
BIGGEST_FILE: Final = 50_000_000
REPORT: Final = "not_understood.csv"


def refuse(file: str, rule: str, message: str, remedy: str, **place: str | int) -> InputError:
    """Build the error for a file that cannot be taken in at all."""
    return InputError(
        [Finding("fatal", rule, file, message=message, remedy=remedy, **place)]  # type: ignore[arg-type]
    )


def read_limited(path: Path) -> bytes:
    """Read a file that is not too big.

    Raises
    ------
    InputError
        If it is missing, empty, unreadable or larger than `BIGGEST_FILE`.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(BIGGEST_FILE + 1)
    except FileNotFoundError:
        message = "there is no such file"
        raise refuse(path.name, "file-exists", message, "Check the path.") from None
    except (OSError, ValueError) as error:
        message = f"the file cannot be read: {getattr(error, 'strerror', None) or error}"
        raise refuse(
            path.name, "file-readable", message, "Check that it is a file you may read."
        ) from None
    if len(raw) > BIGGEST_FILE:
        message = f"the file is larger than {BIGGEST_FILE // 1_000_000} MB"
        raise refuse(path.name, "file-size", message, "Export fewer records at once.")
    if not raw.strip():
        raise refuse(path.name, "file-not-empty", "the file is empty", "Export it again.")
    return raw


def read_text(path: Path) -> str:
    """Read UTF-8 text, with or without a byte order mark.

    Raises
    ------
    InputError
        Also if the file is binary or has another encoding.
    """
    raw = read_limited(path)
    remedy = "Save or export it as text with encoding UTF-8."
    if b"\x00" in raw:
        raise refuse(path.name, "text-file", "the file is binary, not text", remedy)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = "the file is not UTF-8 text: a byte that UTF-8 does not allow here"
        value = f"0x{raw[error.start]:02x}"
        raise refuse(path.name, "utf-8", message, remedy, line=line, value=value) from None


def read_xml(path: Path) -> Element:
    """Read XML without resolving entities or fetching anything; raises as `parse_xml`."""
    return parse_xml(path.name, read_limited(path))


def parse_xml(file: str, raw: bytes) -> Element:
    """Parse the bytes of an XML file.

    Raises
    ------
    InputError
        If it is not well-formed, or declares entities (of which a few lines can
        unfold to gigabytes, or point to files of this machine).
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(raw, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        message = f"the file declares what is not allowed in it: {type(error).__name__}"
        remedy = "No program of reviews writes this; do not use the file."
        raise refuse(file, "xml-safe", message, remedy) from None
    except (ParseError, ValueError, LookupError) as error:
        message = f"not well-formed XML: {error}"
        raise refuse(file, "xml", message, "Export the file again.") from None
    return root


def check_target(folder: Path, names: Sequence[str]) -> None:
    """Refuse to write over anything.

    Raises
    ------
    InputError
        For every file that stands there already, or if the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        message = "this is a file, not a folder"
        raise refuse(str(folder), "out-folder", message, "Name a new folder.")
    faults = [
        Finding(
            "fatal",
            "never-overwrite",
            str(folder / name),
            message="the file is there already and is never written over",
            remedy="Name a new folder, or move the file away.",
        )
        for name in names
        if (folder / name).exists() or (folder / name).is_symlink()
    ]
    if faults:
        raise InputError(faults)


def write_imported(folder: Path, imported: Imported) -> list[str]:
    """Write the tables and the report of what was left out; return the names of the files.

    Raises
    ------
    InputError
        If any of the files is there already; then none is written.
    """
    tables = imported.ordered_tables()
    plain = {TABLES[name].file: (list(rows[0]), rows) for name, rows in tables.items()}
    pools = {f"pool/{table.name}.csv": table for table in imported.pool_tables}
    names = [*plain, *pools, *imported.beside, REPORT]
    check_target(folder, names)
    for name, (columns, rows) in plain.items():
        write_rows(folder / name, columns, rows)
    for name, table in pools.items():
        write_rows(folder / name, table.columns, table.rows)
    for name, found in imported.beside.items():
        write_rows(folder / name, list(found[0]), found)
    write_rows(folder / REPORT, REPORT_COLUMNS, [entry.as_row() for entry in imported.left_out])
    return names

"""The references of a data package: RIS whose tag NS names the study of a report."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from trialpool.findings import InputError
from trialpool.intake.ids import unique
from trialpool.intake.record import Imported
from trialpool.intake.references import import_references

_STUDY: Final = re.compile(r"(?m)^NS  ?- *(.*?) *$")


def read_sources(raw: bytes, names: Iterable[str], imported: Imported) -> dict[str, str]:
    """Add the first reference of each study to sources.csv.

    Parameters
    ----------
    raw : bytes
        included.ris; empty where the package has none.
    names : iterable of str
        Of the studies.
    imported : Imported
        Told of further references, and of those of no study.

    Returns
    -------
    dict of str to str
        Name of the study to source_id.
    """
    known = {name.casefold(): name for name in names}
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        imported.leave("included.ris", "file", "", "not UTF-8 text", "Export it again.")
        return {}
    reports: dict[str, list[str]] = {}
    for number, piece in enumerate(re.split(r"(?m)^(?=TY  ?-)", text)[1:], 1):
        found = _STUDY.search(piece)
        name = known.get(found[1].casefold() if found else "", "")
        if not name:
            value = found[1] if found else ""
            reason = "a reference of no study with data or information"
            imported.leave(f"included.ris, record {number}", "NS", value, reason)
            continue
        reports.setdefault(name, []).append(piece)
    sources: dict[str, str] = {}
    for name, pieces in reports.items():
        place = f"study {name}"
        if len(pieces) > 1:
            reason = f"the first one of {len(pieces)} references is entered as the source"
            imported.leave(place, "reference", "", reason)
        source_id = _add(place, pieces[0], imported)
        if source_id:
            sources[name] = source_id
    return sources


def _add(place: str, piece: str, imported: Imported) -> str:
    """Add one reference, read as `trialpool import ris` reads it; empty if it cannot be."""
    own = _STUDY.sub("", piece)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "included.ris"
        path.write_text(own, encoding="utf-8")
        try:
            read = import_references(path)
        except InputError as error:
            imported.leave(place, "reference", "", str(error.findings[0].message))
            return ""
    for entry in read.left_out:
        imported.leave(place, entry.element, entry.value, entry.reason, entry.remedy)
    rows = read.tables.get("sources", [])
    if not rows:
        return ""
    taken = [row["source_id"] for row in imported.tables.get("sources", [])]
    row = {**rows[0], "source_id": unique(rows[0]["source_id"], taken)}
    imported.add("sources", row)
    return row["source_id"]

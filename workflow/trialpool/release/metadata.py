"""The metadata of a release as RO-Crate: every file with its type, size and checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

_TYPES: Mapping[str, str] = {
    "csv": "text/csv",
    "json": "application/json",
    "yaml": "application/yaml",
    "md": "text/markdown",
    "html": "text/html",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_KINDS: Mapping[str, str] = {
    "data": "raw tables",
    "config": "configuration",
    "results": "results of the build",
}


def crate_metadata(
    files: Mapping[str, bytes], version: str, day: str, about: Mapping[str, Any]
) -> dict[str, Any]:
    """Describe the files of a release.

    Parameters
    ----------
    files : mapping of str to bytes
        Path in the bundle to content.
    version, day : str
    about : mapping
        ``title`` and, where given, ``description, authors, subtitle`` of the report.

    Returns
    -------
    dict
        What ro-crate-metadata.json holds (https://w3id.org/ro/crate).
    """
    from rocrate.model.file import File
    from rocrate.rocrate import ROCrate

    crate = ROCrate()
    crate.name = str(about["title"])
    crate.description = str(about.get("description") or about.get("subtitle") or about["title"])
    crate.root_dataset["version"] = version
    crate.root_dataset["datePublished"] = day
    if about.get("authors"):
        crate.root_dataset["author"] = str(about["authors"])
    for name, content in files.items():
        folder = name.partition("/")[0]
        said = {
            "name": name.rpartition("/")[2],
            "contentSize": str(len(content)),
            "sha256": hashlib.sha256(content).hexdigest(),
            "encodingFormat": _TYPES.get(name.rpartition(".")[2], "text/plain"),
        }
        if folder in _KINDS and folder != name:
            said["description"] = _KINDS[folder]
        crate.add(File(crate, dest_path=name, properties=said))
    found: dict[str, Any] = crate.metadata.generate()
    return found

"""What a release holds: the files of a review, what it says of itself, checksums."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Final

from trialpool.findings import Finding, InputError
from trialpool.records.changes.release import ReleaseChanges
from trialpool.release.metadata import crate_metadata
from trialpool.settings import Settings

Files = dict[str, bytes]

SUMS: Final = "SHA256SUMS"
NEWS: Final = "CHANGES.md"
ABOUT: Final = "release.json"
CRATE: Final = "ro-crate-metadata.json"
# Written by every build anew, or between its steps.
_NOT_RESULTS: Final = ("logs", "benchmarks", "staging")
# Of the review's folder, where they are there.
_BESIDE: Final = ("requirements.lock", "CITATION.cff", "LICENSE", "README.md")
# Paths of the configuration that a release does not take as they are.
_OWN: Final = ("results", "release")


@dataclass(frozen=True)
class Version:
    """Number and day of a release.

    Raises
    ------
    ValueError
        If the number cannot be the name of a folder, or the day is none.
    """

    number: str
    day: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.+_-]*", self.number):
            raise ValueError(f"version {self.number!r}: letters, digits and . + _ - only")
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", self.day):
            raise ValueError(f"date {self.day!r}: write it as 2026-05-01")
        date.fromisoformat(self.day)


def review_files(settings: Settings, lock: Path | None) -> Files:
    """Return configuration, raw tables, lock and results by their paths in the review's folder.

    Parameters
    ----------
    settings : Settings
    lock : Path or None
        The lock file of the package, taken where the review has none of its own.

    Raises
    ------
    InputError
        If the configuration names a path outside the review's folder: such a bundle could not be
        built again.
    """
    root, paths = settings.root, settings.config["paths"]
    outside = [
        Finding(
            "fatal", "release-paths", settings.config_file.name, column=f"paths.{name}",
            value=str(value), message="lies outside the folder of the review",
            remedy="Move it into the folder: a release holds all that it is built from.",
        )
        for name, value in paths.items()
        if name not in _OWN and _is_outside(str(value))
    ]  # fmt: skip
    if outside:
        raise InputError(outside)
    config = settings.config_file
    places = [config, *(root / value for name, value in paths.items() if name not in _OWN)]
    places += [root / name for name in _BESIDE]
    files: Files = {}
    for place in places:
        files |= dict(_below(place, root))
    if lock is not None and "requirements.lock" not in files and lock.is_file():
        files["requirements.lock"] = lock.read_bytes()
    results = root / paths["results"]
    for path in sorted(results.iterdir()):
        if path.name not in _NOT_RESULTS and path.suffix != ".zip":
            inside = dict(_below(path, results))
            files |= {f"results/{name}": content for name, content in inside.items()}
    return dict(sorted(files.items()))


def _is_outside(value: str) -> bool:
    path = PurePosixPath(value)
    return path.is_absolute() or ".." in path.parts


def _below(place: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    """Return a file, or the files below a folder, by their paths in another folder."""
    found = sorted(place.rglob("*")) if place.is_dir() else [place]
    for path in found:
        inside = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            yield inside.as_posix(), path.read_bytes()


def bundle(
    files: Files,
    version: Version,
    about: Mapping[str, str],
    changes: ReleaseChanges,
    earlier_news: str = "",
) -> Files:
    """Add what a release says of itself; the same arguments give the same bytes.

    Parameters
    ----------
    files : dict of str to bytes
        Of `review_files`.
    version : Version
    about : mapping
        The part "report" of config.yaml.
    changes : ReleaseChanges
        Against the release before.
    earlier_news : str
        The file of changes of the release before.
    """
    said = {"version": version.number, "date": version.day, "title": str(about["title"])}
    own = {
        ABOUT: _json(said),
        NEWS: news(version, changes, earlier_news).encode("utf-8"),
    }
    whole = dict(sorted({**files, **own}.items()))
    whole[CRATE] = _json(crate_metadata(whole, version.number, version.day, about))
    sums = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in whole.items()
    )
    return {**whole, SUMS: sums.encode("utf-8")}


def _json(content: object) -> bytes:
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
    return (text + "\n").encode("utf-8")


_TITLE: Final = "# Changes\n"


def news(version: Version, changes: ReleaseChanges, earlier: str = "") -> str:
    """Write the entry of a release over those of the releases before."""
    lines = [_TITLE, f"## {version.number} ({version.day})", "", changes.summary]
    told = [pool.sentence for pool in changes.pools]
    told += [f"{note.title}: {text}" for note in changes.questions for text in note.sentences]
    told += [_row(row.row_id, row.status, row.left_out) for row in changes.rows]
    if told:
        lines += ["", *(f"- {' '.join(text.split())}" for text in told)]
    before = earlier.removeprefix(_TITLE).strip("\n")
    return "\n".join([*lines, *(["", before] if before else [])]) + "\n"


def _row(row_id: str, status: str, left_out: str) -> str:
    return f"Row {row_id}: {status}{f'; in no pool: {left_out}' if left_out else ''}."

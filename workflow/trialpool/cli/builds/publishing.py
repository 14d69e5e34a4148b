"""The last step of a build: what was built takes the place of what was published before.

Every job writes below results/staging, so that a build that fails or is killed leaves the last good
results as they were. Here files are compared by their contents, what changed is renamed into place,
and what the last build published and this one lacks goes. What others put there stays.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Final

from trialpool.files import write_json

# As long as no published file was missing or altered when a build began.
UNTOUCHED: Final = "as published"


def publish(built: Path, results: Path, manifest: Path, record: Path) -> None:
    """Publish what was built.

    Parameters
    ----------
    built : Path
        Folder with everything to publish, each file at its place.
    results : Path
        Folder to publish into.
    manifest : Path
        File to write: the digest of every published file by its place.
    record : Path
        The same, kept for the next time: Snakemake deletes the manifest before this step.
    """
    files = {
        path.relative_to(built).as_posix(): path
        for path in sorted(built.rglob("*"))
        if path.is_file()
    }
    digests = {place: digest(path) for place, path in files.items()}
    changed = [place for place in files if digest(results / place) != digests[place]]
    # Copies first, which takes time; the renames at the end take none.
    waiting = record.parent / "publishing"
    shutil.rmtree(waiting, ignore_errors=True)
    for place in changed:
        (waiting / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(files[place], waiting / place)
    # Should this end halfway, the next build knows what came here.
    before = _published(record)
    write_json(record, {**before, **digests})
    for place in changed:
        (results / place).parent.mkdir(parents=True, exist_ok=True)
        (waiting / place).replace(results / place)
    shutil.rmtree(waiting, ignore_errors=True)
    for place in sorted(set(before) - set(files), reverse=True):
        _remove(results, place)
    write_json(record, digests)
    write_json(manifest, digests)


def _remove(results: Path, place: str) -> None:
    """Remove a published file, and the folders that it leaves empty."""
    path = results / place
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder == results or not folder.is_dir() or any(folder.iterdir()):
            return
        folder.rmdir()


def _published(record: Path) -> dict[str, str]:
    """Return what the last build published, nothing before the first."""
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def state_of(results: Path, record: Path, said: Path) -> str:
    """Say whether every published file is as it was published, as a parameter of the last step.

    Parameters
    ----------
    results, record : Path
        As in `publish`.
    said : Path
        What it said when the last step ran. Once an altered file has been put right, that is said
        again: else the next build would see another parameter, and publish again.
    """
    wrong = {
        place: now
        for place, before in _published(record).items()
        if (now := digest(results / place)) != before
    }
    if not wrong:
        return said.read_text(encoding="utf-8").strip() if said.is_file() else UNTOUCHED
    told = hashlib.sha256(json.dumps(wrong, sort_keys=True).encode()).hexdigest()
    return f"{len(wrong)} missing or altered ({told[:16]})"


def digest(path: Path) -> str:
    """Return the digest of a file's contents, empty where there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

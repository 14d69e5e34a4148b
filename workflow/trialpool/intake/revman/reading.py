"""A Cochrane review in whichever of the two forms that hold its data."""

from __future__ import annotations

from pathlib import Path

from trialpool.intake.endpoints import Wording
from trialpool.intake.record import Imported
from trialpool.intake.revman.package import import_package
from trialpool.intake.revman.rm5 import import_rm5


def import_review(path: Path, design: str = "", wording: Wording | None = None) -> Imported:
    """Read a data package or a RevMan 5 file; see `import_package` and `import_rm5`.

    Raises
    ------
    InputError
        If it is neither, or damaged.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except OSError:
        start = b""
    packed = start.startswith((b"PK\x03\x04", b"PK\x05\x06"))
    read = import_package if packed else import_rm5
    return read(path, design, wording)

"""Two results folders compared file by file, by SHA-256; of JSON that differs, where it does.

    python benchmarks/compare_builds.py OLD NEW

Logs and times of jobs are passed over. Nothing is judged: a change of structure shows with this
what it left as it was.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PASSED_OVER = ("logs", "benchmarks")


def main() -> None:
    """Print how many files are the same, and each difference once with the files that have it."""
    old, new = (files(Path(argument)) for argument in sys.argv[1:3])
    both = sorted(old.keys() & new.keys())
    differ = [name for name in both if digest(old[name]) != digest(new[name])]
    print(f"{len(both) - len(differ)} of {len(both)} files are the same, byte by byte")
    for title, names in (("only in the first", old.keys() - new.keys()),
                         ("only in the second", new.keys() - old.keys())):  # fmt: skip
        for name in sorted(names):
            print(f"{title}: {name}")
    reasons: dict[str, list[str]] = defaultdict(list)
    for name in differ:
        if name.endswith(".json"):
            first, second = (json.loads(p.read_text("utf-8")) for p in (old[name], new[name]))
            found = Counter(re.sub(r"\[\d+\]", "[]", one) for one in differences(first, second, ""))
            for reason in found or ["the order of keys alone"]:
                reasons[reason].append(name)
        else:
            sizes = " and ".join(f"{path[name].stat().st_size:,}" for path in (old, new))
            reasons[f"other bytes ({sizes})"].append(name)
    for reason, names in sorted(reasons.items()):
        print(f"{reason}: {len(names)} file{'s' * (len(names) != 1)}, first {names[0]}")


def files(folder: Path) -> dict[str, Path]:
    """Return the files of a results folder by their names below it."""
    found = (path for path in folder.rglob("*") if path.is_file())
    names = {str(path.relative_to(folder)): path for path in found}
    return {name: path for name, path in names.items() if name.split("/")[0] not in PASSED_OVER}


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differences(old: Any, new: Any, place: str) -> Iterator[str]:
    """Yield the places where two JSON values differ, in words."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            here = f"{place}.{key}"
            if key not in new:
                yield f"{here} is gone{' (null)' if old[key] is None else ''}"
            elif key not in old:
                yield f"{here} is new"
            else:
                yield from differences(old[key], new[key], here)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{place}[{at}]")
    elif type(old) is not type(new) or old != new:
        yield f"{place} differs"


if __name__ == "__main__":
    main()

"""What share of each room's lines the tests ran, and which lines none ran.

    make coverage

Reads what `coverage` measured, processes that tests start included. Prints a table, and writes the
lines that nothing ran to a file.
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import groupby
from pathlib import Path

from coverage import Coverage

from trialpool.settings.places import PACKAGE


def room(path: Path) -> str:
    """Return the part of the house that a file belongs to; of questions, the kind."""
    parts = path.relative_to(PACKAGE).parts[:-1]
    return "/".join(parts[: 2 if parts[:1] == ("questions",) else 1]) or "trialpool"


def ranges(lines: list[int]) -> str:
    """Return line numbers as text, neighbours joined."""
    runs = [
        [line for _, line in run]
        for _, run in groupby(enumerate(lines), lambda one: one[1] - one[0])
    ]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def main() -> None:
    """Print the table of rooms, and list untested lines in the file that is named."""
    measured = Coverage()
    measured.load()
    lines: Counter[str] = Counter()
    untested: Counter[str] = Counter()
    listed = []
    for path in sorted(PACKAGE.rglob("*.py")):
        _, statements, _, missing, _ = measured.analysis2(str(path))
        lines[room(path)] += len(statements)
        untested[room(path)] += len(missing)
        if missing:
            listed.append(f"{path.relative_to(PACKAGE.parents[1])}: {ranges(missing)}\n")
    print("| room | lines | not run | run |\n|---|---|---|---|")
    for name in [*sorted(lines), "all"]:
        number, missed = (
            (lines.total(), untested.total()) if name == "all" else (lines[name], untested[name])
        )
        share = f"{100 * (1 - missed / number):.1f} %" if number else ""
        print(f"| {name} | {number:,} | {missed:,} | {share} |")
    Path(sys.argv[1]).write_text("".join(listed), encoding="utf-8")
    print(f"\nLines that no test ran: {sys.argv[1]}")


if __name__ == "__main__":
    main()

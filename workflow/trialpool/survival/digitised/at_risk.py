"""Numbers at risk from a file, in the shapes in which people keep them and figures print them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.findings import shorten
from trialpool.survival.digitised.cells import Line, is_missing, number, read_cells

_TIME: Final = re.compile(
    r"x|t|time\b.*|times|days?|weeks?|months?|years?|.*\((days|weeks|months|years)\)"
)
_COUNT: Final = re.compile(
    r"n|at risk|n at risk|n risk|n\.risk|(number|no\.?|patients) at risk|nrisk"
)
_ARM: Final = re.compile(r"arm|group|treatment|curve|series|strata|name")
# "1,694", "345 (12)": thousands, and what stands in brackets beside the number.
_PRINTED: Final = re.compile(r"(\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.0*)?\s*(?:[(\[].*)?")
_GAP: Final = re.compile(r"(?<=[^\s,;])\s+(?=\d[\d,]*(?:\s*[(\[][^)\]]*[)\]])?(?:\s|$))")


@dataclass(frozen=True)
class AtRisk:
    """Numbers at risk of one arm.

    Attributes
    ----------
    name : str
        Empty where the file names no arm.
    table : tuple of (float, int)
        Ascending times, and how many are at risk.
    notes : tuple of str
        What may be missing.
    """

    name: str
    table: tuple[tuple[float, int], ...]
    notes: tuple[str, ...] = ()


def read_at_risk(text: str) -> tuple[AtRisk, ...]:
    """Read numbers at risk.

    Parameters
    ----------
    text : str
        One row per time with the numbers of each arm in a column of its name; one row per time
        and arm under heads such as time, arm, at_risk; or as printed under a figure: a line of
        times, then a line per arm that begins with its name. Separated by commas, semicolons,
        tabs, or spaces.

    Returns
    -------
    tuple of AtRisk
        One per arm, in the order of the file.

    Raises
    ------
    ValueError
        Naming the line and what is not understood.
    """
    lines = _lines(text)
    # A title stands alone in its line.
    lines = [line for line in lines if sum(bool(cell) for cell in line.cells) > 1]
    if len(lines) < 2:
        raise ValueError("no table: a line of times or of names, and numbers under it")
    head = lines[0]
    short: dict[str, str] = {}
    found = _by_time(head, lines[1:]) if head.is_words else _as_printed(head, lines[1:], short)
    arms = tuple(
        AtRisk(name, tuple(sorted(table)), (short[name],) if name in short else ())
        for name, table in found.items()
        if table
    )
    for arm in arms:
        _check(arm)
    if not arms:
        raise ValueError("it holds no number at risk")
    return arms


def choose_arm(arms: Sequence[AtRisk], wanted: str | None) -> AtRisk:
    """Return the arm of a name or number, or the only one.

    Raises
    ------
    ValueError
        If there is no such arm, or several and none is named.
    """
    if wanted is None and len(arms) == 1:
        return arms[0]
    named = [arm for arm in arms if arm.name == wanted]
    if not named and wanted and wanted.isascii() and wanted.isdigit():
        named = list(arms[int(wanted) - 1 : int(wanted)]) if int(wanted) else []
    if len(named) == 1:
        return named[0]
    listed = ", ".join(repr(shorten(arm.name)) for arm in arms)
    raise ValueError(f"the numbers at risk are those of {listed}: name one with --arm")


def _lines(text: str) -> list[Line]:
    """Cells of the lines; what no separator cuts is cut at spaces before numbers."""
    filled = [line for line in text.splitlines() if line.strip()]
    half = len(filled) // 2
    separated = any(sum(mark in line for line in filled) > half for mark in "\t;")
    gaps = [len(_GAP.findall(line)) for line in filled]
    rows = [line for line, gap in zip(filled, gaps, strict=True) if gap or "," in line]
    # Thousands have commas too, but not as many in every line.
    separated |= bool(rows) and len({line.count(",") for line in rows}) == 1 and "," in rows[0]
    if separated or sum(map(bool, gaps)) <= half:
        return list(read_cells(text, decimal_comma=False).lines)
    found = []
    for i, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare:
            continue
        # A wide gap ends a name that ends in a number itself.
        wide = re.match(r"(.*?[^\W\d_].*?)\s{2,}(?=\d)(.*)", bare)
        cells = [wide[1], *_GAP.split(wide[2])] if wide else _GAP.split(bare)
        # A line of times need not begin with a word.
        if _PRINTED.fullmatch(cells[0]) or number(cells[0]) is not None:
            cells.insert(0, "")
        found.append(Line(i, tuple(cell.strip() for cell in cells)))
    return found


def _by_time(head: Line, body: Sequence[Line]) -> dict[str, list[tuple[float, int]]]:
    """One row per time, and per arm where a column names it."""
    plain = [re.sub(r"[\s_]+", " ", cell.casefold()) for cell in head.cells]
    kinds = [
        "time" if _TIME.fullmatch(name) else "arm" if _ARM.fullmatch(name)
        else "count" if _COUNT.fullmatch(name) else ""
        for name in plain
    ]  # fmt: skip
    if kinds.count("time") != 1:
        raise ValueError(
            f"line {head.number}: columns {shorten(', '.join(head.cells))}; allowed: one of them "
            "named time, or a line of times"
        )
    time = kinds.index("time")
    if "count" in kinds:
        if kinds.count("count") > 1 or kinds.count("arm") > 1:
            raise ValueError(f"line {head.number}: which column is at risk is not said")
        columns = {kinds.index("count"): ""}
    else:
        columns = {i: name for i, name in enumerate(head.cells) if i != time and name}
    arm = kinds.index("arm") if "arm" in kinds and "count" in kinds else None
    found: dict[str, list[tuple[float, int]]] = {}
    for line in body:
        if len(line.cells) < len(plain) or any(line.cells[len(plain) :]):
            raise ValueError(
                f"line {line.number}: {len(line.cells)} cells, the header has {len(plain)}"
            )
        moment = _time(line, time)
        for i, name in columns.items():
            count = _count(line, i)
            if count is not None:
                named = name if arm is None else line.cells[arm]
                found.setdefault(named, []).append((moment, count))
    return found


def _as_printed(
    head: Line, body: Sequence[Line], short: dict[str, str]
) -> dict[str, list[tuple[float, int]]]:
    """Read a line of times, then a line per arm; `short` takes notes on arms of fewer numbers."""
    start = 0 if number(head.cells[0]) is not None else 1
    filled = [i for i, cell in enumerate(head.cells) if cell]
    times = [_time(head, i) for i in range(start, filled[-1] + 1)]
    if any(not a < b for a, b in itertools.pairwise(times)):
        raise ValueError(
            f"line {head.number}: times {shorten(', '.join(head.cells))} do not ascend"
        )
    found: dict[str, list[tuple[float, int]]] = {}
    for line in body:
        counts = line.cells[start:]
        if start and not any(_PRINTED.fullmatch(cell) for cell in counts):
            raise ValueError(f"line {line.number}: no numbers beside {shorten(line.cells[0])!r}")
        if any(counts[len(times) :]):
            raise ValueError(f"line {line.number}: {len(counts)} numbers for {len(times)} times")
        name = line.cells[0] if start else ""
        if name in found:
            raise ValueError(f"line {line.number}: {shorten(name)!r} a second time")
        read = [_count(line, start + i) for i in range(len(counts[: len(times)]))]
        if len(read) < len(times):
            short[name] = (
                f"line {line.number}: {len(read)} numbers at risk for {len(times)} times, taken "
                "for the first ones"
            )
        found[name] = [
            (moment, count) for moment, count in zip(times, read, strict=False) if count is not None
        ]
    return found


def _time(line: Line, column: int) -> float:
    cell = line.cells[column]
    value = number(cell.replace(",", "."))
    if value is None or value < 0.0:
        raise ValueError(f"line {line.number}: {shorten(cell)!r} is no time")
    return value


def _count(line: Line, column: int) -> int | None:
    cell = line.cells[column]
    if is_missing(cell):
        return None
    match = _PRINTED.fullmatch(cell)
    if match is None or len(match[1]) > 12:
        raise ValueError(f"line {line.number}: {shorten(cell)!r} is no number at risk")
    return int(re.sub(r"[, ]", "", match[1]))


def _check(arm: AtRisk) -> None:
    """Refuse a time that stands twice, and numbers that rise."""
    for (before, more), (after, fewer) in itertools.pairwise(arm.table):
        if before == after or fewer > more:
            named = f"{shorten(arm.name)}: " if arm.name else ""
            raise ValueError(
                f"{named}{more} at {before:g} and {fewer} at {after:g}; allowed: each time once, "
                "and numbers that never rise"
            )

"""Curves from the tables that WebPlotDigitizer, Engauge and spreadsheets write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from trialpool.findings import shorten
from trialpool.survival.digitised.cells import Line, is_missing, number, read_cells, required
from trialpool.survival.digitised.curves import ReadFile, as_curves

_TIME: Final = re.compile(
    r"x\d*|t|time\b.*|times|days?|weeks?|months?|years?|follow[ -]?up.*|.*\((days|weeks|months"
    r"|years)\)"
)
_SURVIVAL: Final = re.compile(
    r"y\d*|s|s\(t\)|surv|survival\b.*|survival probability|surv_prob|probability|proportion.*"
    r"|percent.*|km|estimate|value"
)
_INDEX: Final = re.compile(r"id|no\.?|nr\.?|n°|#|row|row ?names?|index|point|obs|unnamed: 0")
_ARM: Final = re.compile(r"curve|arm|group|treatment|series|strata|dataset|name|line|label")
_Read = tuple[str, list[float], list[float]]


def curves_of_table(text: str) -> ReadFile:
    """Read the curves of a table.

    Parameters
    ----------
    text : str
        Pairs of columns, one for each curve, under a line of names (WebPlotDigitizer); one
        column of times for many curves (Engauge), again under a head of its own where sections
        follow each other; times, survival and the name of the curve; or two columns without
        heads. Separated by commas, semicolons or tabs.

    Raises
    ------
    ValueError
        Naming the line, the column and what is not understood.
    """
    cells = read_cells(text)
    blocks = _blocks(cells.lines)
    notes = list(cells.notes)
    found: list[_Read] = []
    for heads, body in blocks:
        found += _of_block(heads, body, notes, len(found))
    if not found:
        raise ValueError("no rows with two numbers")
    return ReadFile(as_curves(found), tuple(notes))


def _blocks(lines: Sequence[Line]) -> list[tuple[list[Line], list[Line]]]:
    """Cut the lines where heads begin: at the top, and at each further head of times."""
    blocks: list[tuple[list[Line], list[Line]]] = []
    rest = list(lines)
    # Names of curves may be numbers: what tells them is the head below.
    numbered = len(rest) > 1 and _is_pairs(rest[1]) and not rest[0].is_words
    heads = [rest.pop(0)] if numbered else []
    while rest:
        while rest and rest[0].is_words:
            heads.append(rest.pop(0))
        body: list[Line] = []
        while rest and not (rest[0].is_words and _kind(rest[0].cells[0]) == "time"):
            body.append(rest.pop(0))
        blocks.append((heads, body))
        heads = []
    if heads:
        blocks.append((heads, []))
    return blocks


def _is_pairs(line: Line) -> bool:
    kinds = [_kind(cell) for cell in line.cells if cell]
    return bool(kinds) and kinds == ["time", "survival"] * (len(kinds) // 2)


def _kind(head: str) -> str:
    plain = re.sub(r"[\s_]+", " ", head.casefold().strip())
    for kind, words in (("time", _TIME), ("survival", _SURVIVAL), ("index", _INDEX), ("arm", _ARM)):
        if words.fullmatch(plain):
            return kind
    return "name" if plain else ""


def _of_block(heads: list[Line], body: list[Line], notes: list[str], before: int) -> list[_Read]:
    """Read the curves under one head."""
    if not body:
        raise ValueError("no rows with two numbers")
    head = heads[-1].cells if heads else ()
    above = heads[-2].cells if len(heads) > 1 else ()
    width = _width(heads, body)
    for line in body:
        if any(line.cells[width:]) or len(line.cells) < width:
            raise ValueError(
                f"line {line.number}: {len(line.cells)} cells where {width} are expected"
            )
    names = [*head, *[""] * width][:width]
    upper = [*above, *[""] * width][:width]
    kept = list(range(width))
    if head and width > 2 and _is_index(names[0], kept, body):
        notes.append(f"column {names[0]!r} left out: numbers of rows")
        kept = kept[1:]
    kinds = [_kind(names[i]) for i in kept]
    times = [i for i, kind in zip(kept, kinds, strict=True) if kind == "time"]
    arms = [i for i, kind in zip(kept, kinds, strict=True) if kind == "arm"]
    if len(times) == 1 and arms and any(number(line.cells[arms[0]]) is None for line in body):
        return _long(names, kept, times[0], arms[0], body, notes)
    if len(times) == 1:
        return _one_time(names, upper, kept, times[0], body, notes, before)
    return _pairs(names, upper, kept, times, body, before)


def _width(heads: Sequence[Line], body: Sequence[Line]) -> int:
    """Columns that the heads name, or without heads those that hold anything."""
    named, filled = (
        max((i + 1 for line in lines for i, cell in enumerate(line.cells) if cell), default=0)
        for lines in (heads, body)
    )
    if any(_kind(cell) == "time" for cell in (heads[-1].cells if heads else ())):
        return named
    # A name over a pair of columns stands over the first of them.
    return min(filled, named + 1) if heads else filled


def _is_index(head: str, kept: list[int], body: list[Line]) -> bool:
    """Whether the first column numbers the rows."""
    if _kind(head) == "index":
        return True
    values = [number(line.cells[0]) for line in body]
    counted = any(values == [float(i + start) for i in range(len(values))] for start in (0, 1))
    return not head and len(kept) % 2 == 1 and counted


def _long(
    names: list[str], kept: list[int], time: int, arm: int, body: list[Line], notes: list[str]
) -> list[_Read]:
    """One point per row, with the name of its curve."""
    survival = [i for i in kept if _kind(names[i]) == "survival"]
    others = [i for i in kept if i not in (time, arm)]
    column = survival[0] if len(survival) == 1 else others[0] if len(others) == 1 else None
    if column is None:
        raise ValueError(f"columns {_heads(names)}: which one is survival is not said")
    left = [names[i] for i in others if i != column]
    if left:
        notes.append(f"columns left out: {', '.join(left)}")
    found: dict[str, _Read] = {}
    for line in body:
        name = line.cells[arm]
        curve = found.setdefault(name, (name, [], []))
        curve[1].append(required(line, time, f"column {names[time]!r}"))
        curve[2].append(required(line, column, f"column {names[column]!r}"))
    return list(found.values())


def _one_time(
    names: list[str],
    upper: list[str],
    kept: list[int],
    time: int,
    body: list[Line],
    notes: list[str],
    before: int,
) -> list[_Read]:
    """One column of times for all curves."""
    columns = [i for i in kept if i != time]
    survival = [i for i in columns if _kind(names[i]) == "survival"]
    if survival and len(survival) < len(columns):
        left = [names[i] or f"column {i + 1}" for i in columns if i not in survival]
        notes.append(f"columns left out beside survival: {', '.join(left)}")
        columns = survival
    if not columns:
        raise ValueError(f"columns {_heads(names)}: there are times and nothing else")
    found = []
    for place, i in enumerate(columns):
        alone = len(columns) == 1
        named = "" if _kind(names[i]) == "survival" and alone else names[i]
        name = named or upper[min(i, time)] or upper[i] or f"curve {before + place + 1}"
        curve: _Read = (name, [], [])
        for line in body:
            if is_missing(line.cells[i]) and not (alone and not is_missing(line.cells[time])):
                continue
            curve[1].append(required(line, time, f"column {names[time]!r}"))
            curve[2].append(required(line, i, f"column {names[i]!r}"))
        if curve[1]:
            found.append(curve)
    for line in body:
        if is_missing(line.cells[time]) and any(not is_missing(line.cells[i]) for i in columns):
            raise ValueError(f"line {line.number}: survival without a time")
    return found


def _pairs(
    names: list[str],
    upper: list[str],
    kept: list[int],
    times: list[int],
    body: list[Line],
    before: int,
) -> list[_Read]:
    """Two columns for each curve."""
    if len(kept) % 2:
        raise ValueError(
            f"{len(kept)} columns ({_heads(names) or 'without heads'}); allowed: two for each "
            "curve, or one named x or time and one for each curve"
        )
    starts = kept[::2]
    headed = any(names)
    blank = not any(names[i] for i in kept[1::2])
    if headed and len(kept) > 2 and not blank and times != starts:
        raise ValueError(f"columns {_heads(names)}: which of them are times is not said")
    found = []
    for place, i in enumerate(starts):
        own = names[i] if times != starts else ""
        drawn = names[i + 1] if _kind(names[i + 1]) == "name" and times == starts else ""
        name = upper[i] or drawn or own or f"curve {before + place + 1}"
        curve: _Read = (name, [], [])
        for line in body:
            both = line.cells[i : i + 2]
            if all(map(is_missing, both)):
                continue
            curve[1].append(required(line, i, f"time of {shorten(name)!r}"))
            curve[2].append(required(line, i + 1, f"survival of {shorten(name)!r}"))
        if curve[1]:
            found.append(curve)
    return found


def _heads(names: Sequence[str]) -> str:
    return shorten(", ".join(name for name in names if name))

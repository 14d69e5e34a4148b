"""Rows that say one thing twice: trials entered again, totals, arms that rows share."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.effects.doubts.table import ARMS, Rows, digits, trial_word
from trialpool.findings import shorten
from trialpool.pooling.doubt import Doubt
from trialpool.pooling.names import look_alikes

# Expected number of pairs that agree by chance, at most: beyond it nothing is said.
_CHANCE: Final = 0.02
_TOTAL: Final = re.compile(
    r"((grand|all|sub) ?-?)?totals?( events)?|insgesamt|gesamt(ergebnis|effekt)?|summe?|sums?|"
    r"(overall|pooled|summary|combined)( (effect|estimate|result|mean|or|rr|hr|total)s?)?|"
    r"all (trials|studies)|(re|fe|ee|(random|fixed|common)-effects?) (model|estimate)"
)
# Cells whose sum is that of a total.
_ADDED: Final = re.compile(r"(events|n|time|both|only_first|only_second|neither)(_\w+)?")
_FEWEST: Final = 20
# How near a total's effect lies to the pool of the others, in its standard errors; and how near
# its standard error, as a share.
_NEAR: Final = (0.05, 0.02)


def trials_twice(table: Rows) -> Iterator[Doubt]:
    """Yield rows with the same numbers: under one name, or under two where chance is unlikely."""
    same: dict[tuple[tuple[str, float], ...], list[int]] = defaultdict(list)
    for i, own in enumerate(table.numbers):
        same[tuple((name, number.value) for name, number in own.items())].append(i)
    remedy = "If it is one trial, keep one of the rows: it counts as often as it is entered."
    for at in same.values():
        if len(at) < 2:
            continue
        named: dict[str, list[int]] = defaultdict(list)
        for i in at:
            named[table.compared[i]].append(i)
        if len(named) > 1 and _unlikely(table, at[0]):
            message = f"{table.names(at)} hold the same numbers under different names"
            yield table.doubt("trial-twice", at, message, remedy)
            continue
        for rows in named.values():
            if len(rows) > 1:
                message = f"{table.names(rows)} hold the same trial with the same numbers"
                yield table.doubt("trial-twice", rows, message, remedy)


def _unlikely(table: Rows, i: int) -> bool:
    """Whether two trials of so many would hardly print the same digits by chance."""
    own = table.numbers[i].items()
    texts = {number.text for name, number in own if name != "ci_level"}
    # The numbers of one row hang together: two digits are taken off.
    return table.pairs * 10.0 ** (2 - sum(map(digits, texts))) <= _CHANCE


def names_alike(table: Rows) -> Iterator[Doubt]:
    """Yield names of trials that differ by how they are typed alone."""
    yield from alike(table.labels, "trials", table)


def alike(names: Sequence[str], what: str, table: Rows | None = None) -> Iterator[Doubt]:
    """Yield spellings of one name; of rows where the names are theirs, else of levels."""
    for spellings in look_alikes(names, sorted_parts=False):
        shown = " and ".join(f"{shorten(name)!r}" for name in spellings)
        message = f"{shown} look like one name and are taken for {len(spellings)} {what}"
        remedy = "Write it in one way, or in ways that a reader can tell apart."
        rows = () if table is None else [i for i, x in enumerate(table.labels) if x in spellings]
        if table is None:
            yield Doubt("names-alike", message, remedy)
        else:
            yield table.doubt("names-alike", rows, message, remedy)


def totals(table: Rows) -> Iterator[Doubt]:
    """Yield rows that are called a total, add up others, or are their pool."""
    if len(table) < 2:
        return
    remedy = "Take it out: it counts the other rows again."
    added = _Added.of(table)
    pools = _pools(table)
    for i, label in enumerate(table.compared):
        name = re.sub(r"\(.*?\)|\[.*?\]", "", label).strip(" .,;:-")
        if _TOTAL.fullmatch(name):
            message = f"{table.names([i])} is named like a total of other rows"
        elif added is not None and added.up_to(i):
            message = f"the counts of {table.names([i])} are the sums of other rows"
        elif pools[i]:
            message = f"{table.names([i])} is what the other rows give when they are pooled"
        else:
            continue
        yield table.doubt("total-row", [i], message, remedy)


@dataclass(frozen=True)
class _Added:
    """Columns of counts, whose sums a total holds."""

    cells: tuple[list[float], ...]
    sums: tuple[float, ...]

    @classmethod
    def of(cls, table: Rows) -> _Added | None:
        cells = tuple(table.column(name) for name in table.columns if _ADDED.fullmatch(name))
        return cls(cells, tuple(map(sum, cells))) if len(cells) > 1 else None

    def up_to(self, i: int) -> bool:
        """Whether a row adds up all others, or the rows just before it as a subtotal does."""
        rows = len(self.cells[0])
        own = [column[i] for column in self.cells]
        if sum(own) < _FEWEST or sum(x > 0 for x in own) < 2:
            return False
        if rows > 2 and all(_equal(s - x, x) for s, x in zip(self.sums, own, strict=True)):
            return True
        # A block of a few rows hits the sums of two small numbers by chance.
        if len(own) < 4 and math.prod(max(x, 1.0) for x in own) < 50 * rows**2:
            return False
        sums = [0.0] * len(own)
        for start in range(i - 1, -1, -1):
            sums = [x + column[start] for x, column in zip(sums, self.cells, strict=True)]
            if i - start >= 2 and all(_equal(x, y) for x, y in zip(sums, own, strict=True)):
                return True
            if any(x > y and not _equal(x, y) for x, y in zip(sums, own, strict=True)):
                return False
        return False


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other))


def _pools(table: Rows) -> list[bool]:
    """Say which rows are the pool of three others or more, common or random effects."""
    if len(table) < 4 or not {"yi", "ci_lower"} & table.columns:
        return [False] * len(table)
    near = [
        (np.abs(table.yi - mean) <= _NEAR[0] * table.sei)
        & (np.abs(table.sei / np.sqrt(variance) - 1.0) <= _NEAR[1])
        for mean, variance in (table.others.common, table.others.random)
    ]
    return list((near[0] | near[1]).tolist())


def shared_arms(table: Rows) -> Iterator[Doubt]:
    """Yield arms that stand in several rows of one trial, and large ones wherever they stand."""
    remedy = (
        "Combine the arms into one row, or name the trial in a column and add --cluster, or pool "
        "all arms as a network: patients who are compared twice count twice."
    )
    for arm in ARMS:
        columns = sorted(name for name in table.columns if name.endswith(f"_{arm}"))
        if len(columns) < 2:
            continue
        same: dict[tuple[float, ...], list[int]] = defaultdict(list)
        for i, own in enumerate(table.numbers):
            same[tuple(own[name].value for name in columns)].append(i)
        for numbers, at in same.items():
            if len(at) < 2 or max(numbers) < 10 or min(numbers) < 3:
                continue
            if len({tuple(table.numbers[i].items()) for i in at}) == 1:
                continue
            named = at
            # Two arms of so many patients, of whom so many have the event.
            if table.pairs / _ways(numbers) > _CHANCE / 10:
                words = {i: trial_word(table.compared[i]) for i in at}
                times = Counter(words.values())
                named = [i for i in at if words[i] and times[words[i]] > 1]
            if len(named) >= 2:
                message = f"{table.names(named)} have the same {arm} arm"
                yield table.doubt("shared-arm", named, message, remedy)


def _ways(numbers: tuple[float, ...]) -> float:
    """Count how many arms of this size could have been printed; round numbers are common."""
    return math.prod(float(f"{x:g}".rstrip("0").rstrip(".") or 1) for x in numbers)

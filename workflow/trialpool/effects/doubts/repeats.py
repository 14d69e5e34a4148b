"""Rows that say one thing twice: trials entered again, totals, arms that rows share."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from trialpool.effects.doubts.table import ARMS, Rows, digits, of_one_trial, plain_name
from trialpool.pooling.doubt import Doubt

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
    for at in same.values():
        if len(at) < 2:
            continue
        names = {plain_name(table.labels[i]) for i in at}
        if len(names) == 1:
            message = f"{table.names(at)} hold the same trial with the same numbers"
        elif _unlikely(table, at[0]):
            message = f"{table.names(at)} hold the same numbers under different names"
        else:
            continue
        remedy = "If it is one trial, keep one of the rows: it counts as often as it is entered."
        yield table.doubt("trial-twice", at, message, remedy)


def _unlikely(table: Rows, i: int) -> bool:
    """Whether two trials of so many would hardly print the same digits by chance."""
    own = table.numbers[i].items()
    texts = {number.text for name, number in own if name != "ci_level"}
    # The numbers of one row hang together: two digits are taken off.
    return table.pairs * 10.0 ** (2 - sum(map(digits, texts))) <= _CHANCE


def totals(table: Rows) -> Iterator[Doubt]:
    """Yield rows that are called a total, add up others, or are their pool."""
    if len(table) < 2:
        return
    remedy = "Take it out: it counts the other rows again."
    for i, label in enumerate(table.labels):
        name = re.sub(r"\(.*?\)|\[.*?\]", "", plain_name(label)).strip(" .,;:-")
        if _TOTAL.fullmatch(name):
            message = f"{table.names([i])} is named like a total of other rows"
        elif _is_sum(table, i):
            message = f"the counts of {table.names([i])} are the sums of other rows"
        elif _is_pool(table, i):
            message = f"{table.names([i])} is what the other rows give when they are pooled"
        else:
            continue
        yield table.doubt("total-row", [i], message, remedy)


def _is_sum(table: Rows, i: int) -> bool:
    """Whether a row adds up all others, or the rows just before it as a subtotal does."""
    columns = [name for name in table.columns if _ADDED.fullmatch(name)]
    if len(columns) < 2:
        return False
    cells = [table.column(name) for name in columns]
    own = [column[i] for column in cells]
    if sum(own) < _FEWEST or sum(x > 0 for x in own) < 2:
        return False
    if len(table) > 2 and all(_equal(sum(c) - c[i], x) for c, x in zip(cells, own, strict=True)):
        return True
    # A block of a few rows hits the sums of two small numbers by chance.
    if len(columns) < 4 and math.prod(max(x, 1.0) for x in own) < 50 * len(table) ** 2:
        return False
    sums = [0.0] * len(columns)
    for start in range(i - 1, -1, -1):
        sums = [x + column[start] for x, column in zip(sums, cells, strict=True)]
        if i - start >= 2 and all(_equal(x, y) for x, y in zip(sums, own, strict=True)):
            return True
        if any(x > y and not _equal(x, y) for x, y in zip(sums, own, strict=True)):
            return False
    return False


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other))


def _is_pool(table: Rows, i: int) -> bool:
    """Whether a row is the pool of three others or more, common or random effects."""
    if len(table) < 4 or not {"yi", "ci_lower"} & table.columns:
        return False
    own, error = table.yi[i], table.sei[i]
    return any(
        abs(own - mean[i]) <= _NEAR[0] * error
        and abs(error / math.sqrt(variance[i]) - 1.0) <= _NEAR[1]
        for mean, variance in (table.others.common, table.others.random)
    )


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
            if len(at) < 2 or len({tuple(table.numbers[i].items()) for i in at}) == 1:
                continue
            # Two arms of so many patients, of whom so many have the event.
            size, chance = max(numbers), table.pairs / _ways(numbers)
            named = [i for i in at if any(i != j and _related(table, i, j) for j in at)]
            if chance <= _CHANCE / 10:
                named = at
            if len(named) >= 2 and size >= 10 and min(numbers) >= 3:
                message = f"{table.names(named)} have the same {arm} arm"
                yield table.doubt("shared-arm", named, message, remedy)


def _ways(numbers: tuple[float, ...]) -> float:
    """Count how many arms of this size could have been printed; round numbers are common."""
    return math.prod(float(f"{x:g}".rstrip("0").rstrip(".") or 1) for x in numbers)


def _related(table: Rows, i: int, j: int) -> bool:
    return of_one_trial(table.labels[i], table.labels[j])

"""Damage to one cell or row of a good table, in stated ways; and what becomes of its pool.

Every damaged table is made from its number alone, so a failing one can be made again.
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from trialpool.effects.inputs import MeasureRefusedError, read_effects, read_input
from trialpool.effects.typed_pools import pool
from trialpool.findings import InputError
from trialpool.pooling import random_effects

METADAT = Path(__file__).parents[1] / "reference" / "metadat"


@dataclass(frozen=True)
class Good:
    """A table without faults: its cells, which columns hold numbers of the effects, its measure."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    used: tuple[str, ...]
    measure: str | None

    def at(self, column: str) -> int:
        return self.header.index(column)


@cache
def real(name: str, measure: str | None, *used: str) -> Good:
    """Read a data set of metadat."""
    header, *rows = csv.reader((METADAT / f"{name}.csv").open(encoding="utf-8", newline=""))
    return Good(tuple(header), tuple(map(tuple, rows)), used, measure)


def printed(rng: random.Random) -> Good:
    """Hazard ratios with their intervals, as papers print them."""
    rows = []
    mean, tau = rng.gauss(-0.2, 0.2), rng.uniform(0.0, 0.2)
    for i in range(rng.randint(5, 20)):
        se = math.exp(rng.uniform(math.log(0.07), math.log(0.4)))
        y = rng.gauss(mean, math.hypot(tau, se))
        cells = (math.exp(y + z * se) for z in (0.0, -1.96, 1.96))
        rows.append((f"Trial {chr(65 + i)}", *(f"{x:.2f}" for x in cells)))
    used = ("hr", "ci_lower", "ci_upper")
    return Good(("study", *used), tuple(rows), used, "HR")


def counted(rng: random.Random) -> Good:
    """Events and patients of two arms."""
    rows = []
    risk, effect = rng.uniform(0.1, 0.4), rng.gauss(-0.3, 0.2)
    for i in range(rng.randint(5, 20)):
        n = round(math.exp(rng.uniform(math.log(40), math.log(1500))))
        other = n + rng.randint(-n // 12, n // 12)
        odds = risk / (1 - risk) * math.exp(effect + rng.gauss(0.0, 0.15))
        events = sum(rng.random() < odds / (1 + odds) for _ in range(n))
        control = sum(rng.random() < risk for _ in range(other))
        rows.append((f"Trial {chr(65 + i)}", *map(str, (events, n, control, other))))
    used = ("ai", "n1i", "ci", "n2i")
    return Good(("study", *used), tuple(rows), used, "OR")


def measured(rng: random.Random) -> Good:
    """Means and standard deviations of two arms."""
    rows = []
    for i in range(rng.randint(5, 20)):
        n = round(math.exp(rng.uniform(math.log(20), math.log(300))))
        sd = 8.0 * math.exp(rng.gauss(0.0, 0.15))
        mean = rng.gauss(24.0, 2.0)
        arms = ((mean + rng.gauss(-1.5, 1.0), sd * rng.uniform(0.9, 1.1), n),
                (mean, sd, n + rng.randint(-n // 12, n // 12)))  # fmt: skip
        rows.append((f"Trial {chr(65 + i)}", *(x for m, s, k in arms for x in
                                               (f"{m:.1f}", f"{s:.2f}", str(k)))))  # fmt: skip
    used = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
    return Good(("study", *used), tuple(rows), used, "MD")


def given(rng: random.Random) -> Good:
    """Effects with standard errors."""
    rows = []
    tau = rng.uniform(0.0, 0.2)
    for i in range(rng.randint(5, 20)):
        se = math.exp(rng.uniform(math.log(0.08), math.log(0.4)))
        rows.append((f"Trial {chr(65 + i)}", f"{rng.gauss(0.3, math.hypot(tau, se)):.3f}",
                     f"{se:.3f}"))  # fmt: skip
    return Good(("study", "yi", "sei"), tuple(rows), ("yi", "sei"), "SMD")


REAL = (
    ("dat.bcg", "OR", "tpos", "tneg", "cpos", "cneg"),
    ("dat.damico2009", "OR", "xt", "nt", "xc", "nc"),
    ("dat.normand1999", "MD", "m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"),
    ("dat.raudenbush1985", "SMD", "yi", "vi"),
    ("dat.molloy2014", "ZCOR", "ri", "ni"),
    ("dat.debruin2009", "PLO", "xi", "ni"),
    ("dat.nielweise2008", "IRR", "x1i", "t1i", "x2i", "t2i"),
    ("dat.laopaiboon2015", "OR", "ai", "n1i", "ci", "n2i"),
)
DRAWN = (printed, printed, counted, counted, measured, given)


class Sheet:
    """A table under damage."""

    def __init__(self, good: Good, rng: random.Random) -> None:
        self.good, self.rng = good, rng
        self.rows = [list(row) for row in good.rows]
        self.after: Callable[[bytes], bytes] = bytes
        self.row = rng.randrange(len(self.rows))

    def cell(self, fits: Callable[[str], bool] = bool) -> tuple[int, int] | None:
        """Choose a cell of a number that a kind of damage fits."""
        places = [(i, self.good.at(name)) for i in range(len(self.rows)) for name in self.good.used]
        places = [(i, j) for i, j in places if self.rows[i][j] and fits(self.rows[i][j])]
        return self.rng.choice(places) if places else None

    def change(self, new: Callable[[str], str], fits: Callable[[str], bool] = bool) -> bool:
        place = self.cell(fits)
        if place is None:
            return False
        i, j = place
        self.rows[i][j] = new(self.rows[i][j])
        return True

    def write(self) -> bytes:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(self.good.header)
        writer.writerows(self.rows)
        return self.after(buffer.getvalue().encode())


def digit_dropped(sheet: Sheet) -> bool:
    def drop(cell: str) -> str:
        at = sheet.rng.choice([i for i, c in enumerate(cell) if c.isdigit()])
        return cell[:at] + cell[at + 1 :]

    return sheet.change(drop, lambda cell: sum(c.isdigit() for c in cell) > 1)


def digit_doubled(sheet: Sheet) -> bool:
    def double(cell: str) -> str:
        at = sheet.rng.choice([i for i, c in enumerate(cell) if c.isdigit()])
        return cell[: at + 1] + cell[at:]

    return sheet.change(double)


def point_moved(sheet: Sheet) -> bool:
    def move(cell: str) -> str:
        return f"{float(cell) * sheet.rng.choice((0.1, 10.0, 100.0)):.10g}"

    return sheet.change(move, lambda cell: "." in cell)


def sign_flipped(sheet: Sheet) -> bool:
    return sheet.change(lambda cell: cell[1:] if cell[0] == "-" else f"-{cell}")


def letters(sheet: Sheet) -> bool:
    def type_letters(cell: str) -> str:
        swaps = [cell.replace("0", "O", 1), cell.replace("1", "l", 1), cell + "x", cell + "*"]
        return sheet.rng.choice([new for new in swaps if new != cell])

    return sheet.change(type_letters)


def rows_swapped(sheet: Sheet) -> bool:
    """Swap two cells of one column."""
    place = sheet.cell()
    if place is None:
        return False
    (i, j), other = place, sheet.rng.randrange(len(sheet.rows))
    sheet.rows[i][j], sheet.rows[other][j] = sheet.rows[other][j], sheet.rows[i][j]
    return True


def columns_swapped(sheet: Sheet) -> bool:
    """Swap two neighbouring numbers of one row."""
    at = sheet.rng.randrange(len(sheet.good.used) - 1)
    one, two = (sheet.good.at(name) for name in sheet.good.used[at : at + 2])
    row = sheet.rows[sheet.row]
    row[one], row[two] = row[two], row[one]
    return True


def limits_swapped(sheet: Sheet) -> bool:
    if "ci_lower" not in sheet.good.used:
        return False
    row = sheet.rows[sheet.row]
    row[2], row[3] = row[3], row[2]
    return True


def error_as_variance(sheet: Sheet) -> bool:
    """Enter a variance for a standard error, or an error for a variance or deviation."""
    found = [name for name in ("sei", "vi", "sd1i") if name in sheet.good.used]
    if not found:
        return False
    row, at = sheet.rows[sheet.row], sheet.good.at(found[0])
    value = float(row[at])
    if found[0] == "sd1i":
        value /= math.sqrt(float(row[sheet.good.at("n1i")]))
    else:
        value = value**2 if found[0] == "sei" else math.sqrt(value)
    row[at] = f"{value:.4g}"
    return True


def percent(sheet: Sheet) -> bool:
    """Enter percent for a fraction or for a ratio; a percentage for a number of events."""

    def times(cell: str) -> str:
        return f"{float(cell) * 100:.6g}" + sheet.rng.choice(("", "", "%"))

    if sheet.good.measure in ("HR", "SMD", "ZCOR"):
        return sheet.change(times, lambda cell: abs(float(cell)) < 3 and "." in cell)
    pairs = [(a, b) for a, b in (("ai", "n1i"), ("xt", "nt"), ("xi", "ni"))
             if a in sheet.good.used]  # fmt: skip
    if not pairs:
        return False
    row = sheet.rows[sheet.row]
    events, n = (sheet.good.at(name) for name in pairs[0])
    row[events] = f"{100 * float(row[events]) / float(row[n]):.1f}" + sheet.rng.choice(("", "%"))
    return True


def thousands(sheet: Sheet) -> bool:
    def mark(cell: str) -> str:
        return cell[:-3] + sheet.rng.choice(",. ’") + cell[-3:]

    return sheet.change(mark, lambda cell: cell.isdigit() and len(cell) > 3)


def wrong_bytes(sheet: Sheet) -> bool:
    at, byte = sheet.rng.random(), bytes([sheet.rng.randrange(128, 256)])

    def put(raw: bytes) -> bytes:
        start = raw.index(b"\n") + 1
        place = start + int(at * (len(raw) - start - 1))
        return raw[:place] + byte + raw[place + 1 :]

    sheet.after = put
    return True


def row_doubled(sheet: Sheet) -> bool:
    sheet.rows.insert(sheet.rng.randint(0, len(sheet.rows)), list(sheet.rows[sheet.row]))
    return True


def total_row(sheet: Sheet) -> bool:
    """Add the sums of all rows, or their pool."""
    good, new = sheet.good, list(sheet.rows[sheet.row])
    name = sheet.rng.choice(("Total", "Overall", "Summary", "Gesamt", ""))
    for j, header in enumerate(good.header):
        if header in ("study", "author", "authors", "trial", "source"):
            new[j] = name or "Smith 2011"
    whole = all(row[good.at(c)].isdigit() for row in sheet.rows for c in good.used)
    if not whole and good.used in (("hr", "ci_lower", "ci_upper"), ("yi", "sei")):
        numbers = [[float(row[good.at(c)]) for c in good.used] for row in sheet.rows]
        if good.used[0] == "hr":
            found = random_effects(
                [math.log(x[0]) for x in numbers],
                [(math.log(x[2] / x[1]) / 3.92) ** 2 for x in numbers],
                ci="wald",
            )
            ends = (found.estimate, found.ci_lower, found.ci_upper)
            new[1:] = [f"{math.exp(x or 0.0):.2f}" for x in ends]
        else:
            found = random_effects([x[0] for x in numbers], [x[1] ** 2 for x in numbers], ci="wald")
            new[1:] = [f"{found.estimate:.3f}", f"{found.se:.3f}"]
    elif not whole:
        return False
    else:
        for c in good.used:
            new[good.at(c)] = str(sum(int(row[good.at(c)]) for row in sheet.rows))
    sheet.rows.append(new)
    return True


def emptied(sheet: Sheet) -> bool:
    return sheet.change(lambda cell: "")


def line_cut(sheet: Sheet) -> bool:
    row = sheet.rows[sheet.row]
    text = ",".join(row)
    first = len(",".join(row[: min(sheet.good.at(c) for c in sheet.good.used) + 1]))
    if first >= len(text):
        return False
    sheet.rows[sheet.row] = text[: sheet.rng.randint(first, len(text) - 1)].split(",")
    return True


KINDS: tuple[Callable[[Sheet], bool], ...] = (
    digit_dropped, digit_doubled, point_moved, sign_flipped, letters, rows_swapped,
    columns_swapped, limits_swapped, error_as_variance, percent, thousands, wrong_bytes,
    row_doubled, total_row, emptied, line_cut,
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """A pool and its warnings; without an estimate where the table was refused."""

    told: frozenset[str]
    estimate: float | None = None
    se: float | None = None

    def same(self, other: Outcome) -> bool:
        return (self.estimate, self.se) == pytest.approx((other.estimate, other.se), rel=1e-9)


def pooled(path: Path, raw: bytes, measure: str | None) -> Outcome:
    """Read a table and pool it."""
    path.write_bytes(raw)
    try:
        table = read_input(path, measure)
        effects = read_effects(table, measure)
        found = pool(effects)
    except (InputError, MeasureRefusedError) as error:
        return Outcome(frozenset(str(error).splitlines()))
    # A warning that names other rows or numbers is another one.
    told = (*map(str, table.warnings), *map(str, effects.warnings), *map(str, found.warnings))
    return Outcome(frozenset(told), found.estimate, found.se)


@dataclass(frozen=True)
class Damaged:
    """What was done to a table, and what came of it."""

    kind: str
    raw: bytes
    result: str
    good: Outcome
    bad: Outcome


def damaged(number: int, path: Path, kinds: tuple[Callable[[Sheet], bool], ...] = KINDS) -> Damaged:
    """Damage table `number`, and read it: refused, warned, same or silent."""
    rng = random.Random(f"damage {number}")
    while True:
        good = real(*rng.choice(REAL)) if rng.random() < 0.4 else rng.choice(DRAWN)(rng)
        sheet, kind = Sheet(good, rng), rng.choice(kinds)
        whole = sheet.write()
        if not kind(sheet):
            continue
        raw = sheet.write()
        if raw != whole:
            break
    before, after = pooled(path, whole, good.measure), pooled(path, raw, good.measure)
    assert before.estimate is not None, before.told
    if after.estimate is None:
        result = "refused"
    elif after.same(before):
        result = "same"
    elif after.told - before.told:
        result = "warned"
    else:
        result = "silent"
    return Damaged(kind.__name__, raw, result, before, after)

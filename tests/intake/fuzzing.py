"""Seeded faults: what a table may hold that nobody meant, and where it is put.

Every mutant is made from its number alone, so a failing one can be made again.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass

# What stands in a cell that should hold a number, and is none.
NO_NUMBER = (
    "abc", "0,65", "1,234.5", "1.234,5", "−0.65", "０.６５", "٠٫٦٥", "²", "½", "nan", "inf",
    "-inf", "1e5", "0x10", "1_000", "5/3", "2024-05-03", "3-5", "TRUE", "NULL", "-", ".",
    "0.6.5", "0.65 months", "=cmd|' /C calc'!A0", "=1+1", "@SUM(1)", "+1+1", "C:\\x",
    "../../etc/passwd", "<script>alert(1)</script>", "<b>0.65</b>", "&lt;", '"', "'",
    "0.65\n0.70", "\u202e0.65", "0.65\u200b", "\x07", "x" * 20_000, "9" * 5_000,
    "1" + "0" * 400, "O.65", "l", "𝟎.𝟔𝟓",
)  # fmt: skip
# Numbers that may or may not be possible where they stand.
NUMBERS = (
    "0", "-0.65", "1", "0.650", ".65", "+0.65", "00.65", "100", "99999", "-3", "1000000000000",
    "0.0000000001", "12%", "0." + "3" * 300,
)  # fmt: skip
# What stands in a cell of words.
WORDS = (
    "", " ", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</svg><script>",
    "&amp;", "]]>", '=HYPERLINK("http://x")', "+cmd", "-cmd", "@cmd", "../../x", "/etc/passwd",
    "..\\..\\x", "CON", "а-hf", "dаpa-hf", "DAPA-HF", "dapa–hf", "dapa hf", "\u202ehf",
    "naïve", "試験", "🫀", "a\tb", "a\nb", "a\r\nb", '"quoted"', "it's", "x" * 5_000, "%s%n",
    "{0}", "{{7*7}}", "$(id)", "`id`", "\x1b[31m", "\ufeff", "nan", "None",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """Bytes of a table with one to three faults.

    Attributes
    ----------
    number : int
    raw : bytes
    faults : tuple of str
        What was done.
    cells : tuple of (int, str, str)
        Cells that were overwritten: row from 0, column, new text.
    """

    number: int
    raw: bytes
    faults: tuple[str, ...]
    cells: tuple[tuple[int, str, str], ...]


class Sheet:
    """A table under mutation."""

    def __init__(self, text: str, rng: random.Random) -> None:
        rows = list(csv.reader(io.StringIO(text, newline="")))
        self.header, self.rows = rows[0], rows[1:]
        self.rng = rng
        self.cells: list[tuple[int, str, str]] = []
        self.line_end = "\n"
        self.after: list[Callable[[bytes], bytes]] = []

    def write(self) -> bytes:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator=self.line_end)
        writer.writerow(self.header)
        writer.writerows(self.rows)
        raw = buffer.getvalue().encode()
        for change in self.after:
            raw = change(raw)
        return raw

    def overwrite(self, value: str, columns: tuple[str, ...] = ()) -> None:
        row = self.rng.randrange(len(self.rows))
        names = [name for name in self.header if not columns or name in columns] or self.header
        column = self.rng.choice(names)
        at = self.header.index(column)
        if at < len(self.rows[row]):
            self.rows[row][at] = value
            self.cells.append((row, column, value))


def mutate(text: str, number: int, kind: str, numeric: tuple[str, ...]) -> Mutant:
    """Make mutant `number` of a table.

    Parameters
    ----------
    text : str
        The table as it should be.
    number : int
    kind : str
        Name of the series; another name gives other mutants.
    numeric : tuple of str
        Its columns that hold numbers.
    """
    rng = random.Random(f"{kind} {number}")
    sheet = Sheet(text, rng)
    done = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        change = rng.choice(CHANGES)
        if sheet.header:  # another fault may have taken it
            change(sheet, numeric)
        done.append(change.__name__)
    return Mutant(number, sheet.write(), tuple(done), tuple(sheet.cells))


def no_number(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.overwrite(sheet.rng.choice(NO_NUMBER), numeric)


def number(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.overwrite(sheet.rng.choice(NUMBERS), numeric)


def word(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.overwrite(sheet.rng.choice(WORDS))


def anything(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.overwrite("".join(chr(sheet.rng.randrange(32, 0x2FF)) for _ in range(12)))


def empty(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.overwrite("")


def ragged(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    row = sheet.rng.choice(sheet.rows)
    if row and sheet.rng.random() < 0.5:
        del row[sheet.rng.randrange(len(row)) :]
    else:
        row.extend(["more"] * sheet.rng.randrange(1, 4))


def twice(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.rows.append(list(sheet.rng.choice(sheet.rows)))


def header_twice(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.header[-1] = sheet.rng.choice(sheet.header[:-1])


def header_word(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.header[sheet.rng.randrange(len(sheet.header))] = sheet.rng.choice(WORDS)


def header_gone(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.header = sheet.rows.pop(0) if len(sheet.rows) > 1 else []


def columns_turned(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    order = list(range(len(sheet.header)))
    sheet.rng.shuffle(order)
    sheet.header = [sheet.header[at] for at in order]
    sheet.rows = [[row[at] if at < len(row) else "" for at in order] for row in sheet.rows]


def windows_lines(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.line_end = sheet.rng.choice(("\r\n", "\r"))


def byte_order_mark(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.after.append(lambda raw: b"\xef\xbb\xbf" + raw)


def encoding(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    name = sheet.rng.choice(("utf-16", "utf-32", "cp1252", "latin-1"))
    sheet.after.append(lambda raw: raw.decode("utf-8", "replace").encode(name, "replace"))


def one_byte(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    at, byte = sheet.rng.random(), sheet.rng.randrange(256)

    def change(raw: bytes) -> bytes:
        place = int(at * len(raw))
        return raw[:place] + bytes([byte]) + raw[place + 1 :]

    sheet.after.append(change)


def cut(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    share = sheet.rng.random()
    sheet.after.append(lambda raw: raw[: int(share * len(raw))])


def null_byte(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    at = sheet.rng.random()
    sheet.after.append(lambda raw: raw[: int(at * len(raw))] + b"\x00" + raw[int(at * len(raw)) :])


def open_quote(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    at = sheet.rng.random()
    sheet.after.append(lambda raw: raw[: int(at * len(raw))] + b'"' + raw[int(at * len(raw)) :])


def semicolons(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    mark = sheet.rng.choice((b";", b"\t"))
    sheet.after.append(lambda raw: raw.replace(b",", mark))


def blank_lines(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.rows.insert(sheet.rng.randrange(len(sheet.rows) + 1), [])


def huge_cell(sheet: Sheet, numeric: tuple[str, ...]) -> None:
    sheet.overwrite("x" * sheet.rng.choice((150_000, 1_100_000)))


# Cells are what goes wrong most often; a file's form spoils all its rows at once.
CHANGES: tuple[Callable[[Sheet, tuple[str, ...]], None], ...] = (
    *(no_number,) * 6, *(number,) * 4, *(word,) * 5, anything, empty, empty, ragged, ragged, twice,
    header_twice, header_word, header_gone, columns_turned, columns_turned, windows_lines,
    byte_order_mark, encoding, one_byte, one_byte, cut, null_byte, open_quote, semicolons,
    blank_lines, huge_cell,
)  # fmt: skip

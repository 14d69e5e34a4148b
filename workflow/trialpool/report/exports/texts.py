"""Tables as text: Markdown, CSV and LaTeX, with what each takes for a command escaped."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from trialpool.questions.shared.tabular import Table, text_of

# No edition can show these; XML cannot even hold them.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_LATEX: Final[Mapping[str, str]] = {
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{char: f"\\{char}" for char in "&%$#_{}"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "−": "$-$", "–": "--", "—": "---"},
    **{"τ": r"$\tau$", "²": "$^2$", "≥": r"$\geq$", "≤": r"$\leq$", "∞": r"$\infty$"},
    **{"→": r"$\to$", "·": r"$\cdot$", "±": r"$\pm$", "×": r"$\times$", "…": r"\dots{}"},
    **{"“": "``", "”": "''", "’": "'", "‘": "`", "\xa0": "~", "\n": " ", "\t": " "},
}


def clean(text: str) -> str:
    """Replace control characters, which no edition can show."""
    return _CONTROL.sub("�", text)


def markdown_cell(text: str) -> str:
    """Escape what Markdown reads as markup, on one line."""
    flat = re.sub(r"([\\`*_|])", r"\\\1", " ".join(clean(text).split()))
    # A link needs "](", an element "<", an entity "&".
    return flat.replace("](", "]\\(").replace("&", "&amp;").replace("<", "&lt;")


def csv_cell(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    flat = clean(text)
    return f"'{flat}" if flat.startswith(_FORMULA) else flat


def latex_cell(text: str) -> str:
    """Escape what LaTeX reads as a command, and write signs that its fonts lack."""
    return "".join(_LATEX.get(char, char) for char in clean(text))


def markdown(tables: Iterable[Table]) -> str:
    """Write tables as Markdown, those of a question under its heading."""
    return "".join(f"{line}\n" for line in _markdown_lines(tables))


def _markdown_lines(tables: Iterable[Table]) -> Iterator[str]:
    for table in tables:
        if table.heading:
            yield f"## {table.question}"
            yield ""
            yield markdown_cell(table.heading)
            yield ""
        if table.text:
            yield markdown_cell(table.text)
            yield ""
        if table.rows:
            yield _row(column.name for column in table.columns)
            yield "|---" * len(table.columns) + "|"
            yield from (_row(map(text_of, row)) for row in table.rows)
            yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(markdown_cell, cells))} |"


def comma_separated(tables: Iterable[Table]) -> str:
    """Write tables as one CSV: question and kind of row, then the columns of all."""
    tables = tuple(tables)
    names = list(dict.fromkeys(column.name for table in tables for column in table.columns))
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, ["question", "rows", *names], restval="", lineterminator="\n")
    writer.writeheader()
    for table in tables:
        for row in table.rows:
            cells = zip((column.name for column in table.columns), row, strict=True)
            shown = {name: csv_cell(text_of(cell)) for name, cell in cells}
            writer.writerow({"question": csv_cell(table.question), "rows": table.kind, **shown})
    return buffer.getvalue()


def latex(tables: Iterable[Table]) -> str:
    r"""Write tables as LaTeX: ``longtable`` with ``booktabs``, to be read in with ``\input``."""
    lines = [r"% needs: \usepackage{longtable,booktabs}"]
    for table in tables:
        if table.heading:
            lines += ["", rf"\paragraph{{{latex_cell(table.heading)}}}"]
        if table.text:
            lines.append(latex_cell(table.text))
        if table.rows:
            head = _latex_row(column.name for column in table.columns)
            lines += [
                rf"\begin{{longtable}}{{{'l' * len(table.columns)}}}",
                rf"\toprule {head} \midrule \endhead",
                *(_latex_row(map(text_of, row)) for row in table.rows),
                r"\bottomrule",
                r"\end{longtable}",
            ]
    return "\n".join(lines) + "\n"


def _latex_row(cells: Iterable[str]) -> str:
    return f"{' & '.join(map(latex_cell, cells))} \\\\"


WRITERS: Final[Mapping[str, Callable[[Sequence[Table]], str]]] = {
    "md": markdown,
    "csv": comma_separated,
    "tex": latex,
}


def by_kind(tables: Iterable[Table]) -> dict[str, tuple[Table, ...]]:
    """Return tables by the kind of their rows, in order of the first of each."""
    found: dict[str, list[Table]] = {}
    for kind, ours in groupby(tables, key=lambda table: table.kind):
        found.setdefault(kind, []).extend(ours)
    return {kind: tuple(ours) for kind, ours in found.items()}

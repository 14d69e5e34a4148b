"""Tables as the commands that pool print them: as wide as the terminal, numbers at the right."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Protocol

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.findings import shorten
from trialpool.measures import Measure

# Where nobody looks at a terminal, lines do not depend on one.
_WIDTH = 120


def printed(parts: Iterable[Table | Text]) -> str:
    """Write tables and lines as wide as the terminal, or as where there is none."""
    width = None if sys.stdout.isatty() else _WIDTH
    console = Console(highlight=False, width=width, legacy_windows=False)
    with console.capture() as capture:
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, Text))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def heading(level: float, measure: Measure) -> str:
    """Head the column of effects."""
    return f"{measure.heading} [{fmt.level(level)} CI]"


class _Interval(Protocol):
    """A mean and its limits on the analysis scale; None where they do not exist."""

    @property
    def estimate(self) -> float | None: ...
    @property
    def ci_lower(self) -> float | None: ...
    @property
    def ci_upper(self) -> float | None: ...


def estimate(found: _Interval, measure: Measure) -> str:
    """Write a mean with its interval."""
    return fmt.effect_with_interval(found.estimate, found.ci_lower, found.ci_upper, measure)


def new_table(*columns: str) -> Table:
    """Make a table whose first column is text and whose others are numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for i, column in enumerate(columns):
        table.add_column(Text(column), justify="right" if i else "left", no_wrap=bool(i))
    return table


def table_row(table: Table, *cells: str, style: str = "") -> None:
    """Add a row; a label is never read as markup."""
    table.add_row(*(Text(shorten(cell)) for cell in cells), style=style)

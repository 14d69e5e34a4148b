"""How a table is read, as asked for on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from trialpool.effects.table_files.table import Table

_PAIR: Final = re.compile(r'\s*([^=,"]+?)\s*=\s*(?:"([^"]*)"|([^,"]*?))\s*(?:,|$)')

Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="NAME=HEADER,…",
        help="Which column of the file is which, where its header does not say.",
    ),
]
Sheet = Annotated[str | None, typer.Option(metavar="NAME", help="Of a workbook of several.")]
DropMissing = Annotated[
    bool,
    typer.Option("--drop-missing", help="Leave out, and name, rows that lack a number."),
]


@dataclass(frozen=True)
class Reading:
    """Options of how a table is read."""

    columns: str | None = None
    sheet: str | None = None
    drop_missing: bool = False

    def names(self) -> dict[str, str]:
        """Headers of the file by the name that they should have.

        Raises
        ------
        typer.BadParameter
        """
        text = (self.columns or "").strip()
        found: dict[str, str] = {}
        at = 0
        while at < len(text):
            match = _PAIR.match(text, at)
            header = (match[2] or match[3] or "").strip() if match else ""
            if match is None or not header or match[1] in found:
                raise typer.BadParameter(
                    'is written NAME=HEADER,NAME="HEADER, WITH COMMA", each name once',
                    param_hint="'--columns'",
                )
            found[match[1]] = header
            at = match.end()
        return found

    def table(self, file: Path, measure: str | None = None, label: str | None = None) -> Table:
        """Read a file whose rows are trials.

        Raises
        ------
        InputError
        typer.BadParameter
            If there is no such column.
        """
        from trialpool.effects.inputs import UnknownColumnError, read_input

        try:
            return read_input(
                file, measure, columns=self.names(), sheet=self.sheet,
                drop_missing=self.drop_missing, label_column=label,
            )  # fmt: skip
        except UnknownColumnError as error:
            raise typer.BadParameter(str(error)) from None

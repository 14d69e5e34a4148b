"""Findings: what the checks say about the input, and the error that carries them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

Level = Literal["fatal", "unusable", "warning", "accepted"]
LEVELS: Final[tuple[Level, ...]] = ("fatal", "unusable", "warning", "accepted")
FINDING_COLUMNS: Final = (
    "level",
    "rule",
    "file",
    "line",
    "row_id",
    "column",
    "value",
    "feasible",
    "message",
    "remedy",
    "reference",
    "printed",
    "accepted",
)
# A pasted page in one cell must not flood a terminal or a report.
_SHOWN = 80


class Finding(msgspec.Struct, frozen=True):
    """One fault or doubt about one cell, row, file or setting.

    Attributes
    ----------
    level : {"fatal", "unusable", "warning", "accepted"}
        A fatal finding stops the build, an unusable row cannot enter a pool,
        a warning is listed, an accepted finding was reviewed.
    rule : str
        Identifier of the rule, for example ``"interval-holds-estimate"``.
    file : str
        Name of the file, relative to its folder.
    line : int or None
        Line in the file, the header being line 1.
    row_id : str
        Key of the row, empty where there is none.
    column, value : str
        Column (or setting) and what stands in it.
    message : str
        What is wrong, with the rule in words.
    remedy : str
        What to do about it.
    feasible : str
        What the rule would have let pass, where that can be said.
    reference : str
        Where the rule comes from.
    printed : mapping of str to str
        All cells that the judgement rests on, as printed.
    accepted : str
        Why a person accepted it, empty otherwise.
    """

    level: Level
    rule: str
    file: str
    line: int | None = None
    row_id: str = ""
    column: str = ""
    value: str = ""
    message: str = ""
    remedy: str = ""
    feasible: str = ""
    reference: str = ""
    printed: Mapping[str, str] = {}
    accepted: str = ""

    def as_row(self) -> dict[str, str]:
        """Return the finding as one row of results/audit.csv."""
        row = msgspec.structs.asdict(self)
        row["line"] = "" if self.line is None else str(self.line)
        row["value"] = shorten(self.value)
        cells = (f"{name} {shorten(text)}" for name, text in self.printed.items() if text)
        row["printed"] = "; ".join(cells)
        return {column: str(row[column]) for column in FINDING_COLUMNS}

    def __hash__(self) -> int:
        # Cells as printed are a mapping, which has no hash.
        return hash((self.level, self.rule, self.file, self.line, self.row_id, self.column))

    def __str__(self) -> str:
        place = self.file + (f", line {self.line}" if self.line is not None else "")
        if self.row_id:
            # An identifier that is none may hold escape codes of a terminal.
            place += f", row {shorten(self.row_id)}"
        if self.column:
            place += f", column {shorten(self.column, _SHOWN * 3)}"
        shown = f" (value: {shorten(self.value)!r})" if self.value else ""
        feasible = f" Feasible: {self.feasible}." if self.feasible else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        reason = f" Accepted, because: {self.accepted}" if self.accepted else ""
        # A message may repeat what somebody pasted; it is told whole.
        message = shorten(self.message, len(self.message))
        return f"{self.level}: {place}: {message}{shown} [{self.rule}]{feasible}{remedy}{reason}"


class InputError(Exception):
    """Bad input. Carries every finding, so that all faults are told at once."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


def shorten(text: str, limit: int = _SHOWN) -> str:
    """Cut a cell's text for display and replace what is not printable."""
    shown = "".join(char if char.isprintable() else "�" for char in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def fatal(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that stop a build."""
    return [finding for finding in findings if finding.level == "fatal"]


def refuse_overwriting(given: Path, *written: Path) -> None:
    """Refuse to write over the file that is read, under whatever name.

    Raises
    ------
    InputError
    """
    if any(path.exists() and given.exists() and path.samefile(given) for path in written):
        message = "this file would be written over by what is made of it"
        remedy = "Choose another name for the output: a .csv goes beside most figures."
        raise InputError(
            [Finding("fatal", "input-kept", given.name, message=message, remedy=remedy)]
        )


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Sort findings by level, file, line, column, rule: the same bytes every time."""
    return sorted(
        findings,
        key=lambda f: (
            LEVELS.index(f.level),
            f.file,
            f.line if f.line is not None else 0,
            f.column,
            f.rule,
            f.message,
        ),
    )

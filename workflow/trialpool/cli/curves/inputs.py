"""What the curve commands share: files in, tables of numbers out, refusals by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import typer

from trialpool.files import write_text
from trialpool.findings import Finding, InputError


def refuse(file: Path, rule: str, message: str, remedy: str) -> InputError:
    """Return the error that names a file, what is wrong with it and what to do."""
    return InputError([Finding("fatal", rule, file.name, message=message, remedy=remedy)])


def read(file: Path) -> bytes:
    """Read a file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}"
        raise refuse(file, "file-readable", reason, "Check its name.") from None


def text_of(file: Path) -> str:
    """Read a file of text.

    Raises
    ------
    InputError
        If it cannot be read, or is not UTF-8.
    """
    try:
        return read(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8 text: {error.reason} at byte {error.start}"
        raise refuse(file, "utf-8", message, "Save it with encoding UTF-8.") from None


def pairs(texts: Iterable[str], option: str) -> list[tuple[float, float]]:
    """Read "place=value" or "time:number" pairs of an option."""
    found = []
    for text in texts:
        left, _, right = text.replace("=", ":").partition(":")
        try:
            found.append((float(left), float(right)))
        except ValueError:
            message = f"{text!r}; allowed: two numbers such as 61.2=0"
            raise typer.BadParameter(message, param_hint=option) from None
    return found


def table(header: list[str], rows: Iterable[tuple[float, ...]]) -> str:
    """Write numbers as CSV, in plain decimals."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def _cell(value: float) -> str:
    """Write a number with up to nine decimals and no exponent, as every reader takes it."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def give(text: str, output: Path | None) -> None:
    """Write text to a file, or to the screen."""
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text(output, text)

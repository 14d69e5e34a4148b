"""Rules on the words of a cell: what they may do elsewhere, and what cannot be seen in them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from trialpool.audit.context import AuditContext
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.evidence.schemas import TABLES

# What a spreadsheet takes for a formula when it opens a CSV file.
_FORMULA: Final = re.compile(r"[=@]|[+-](?![\d.])")
_WORD: Final = re.compile(r"\w+")


def hidden(text: str) -> str:
    """Say what in a text cannot be seen; empty where there is nothing.

    Control characters, marks that turn the direction of writing, and Cyrillic letters
    in a Latin word, which look like others.
    """
    if not text.isprintable():
        for char in text:
            if not char.isprintable() and char != "\n":
                return f"an invisible character (U+{ord(char):04X})"
    if text.isascii():
        return ""
    for word in _WORD.findall(text):
        scripts = {unicodedata.name(char, "?").partition(" ")[0] for char in word}
        if {"LATIN", "CYRILLIC"} <= scripts:
            return f"Latin and Cyrillic letters in one word ({word})"
    return ""


def _case(text: str) -> Case:
    shown = "".join(char if char.isprintable() else f"(U+{ord(char):04X})" for char in text)
    return Case({"trials": [{"trial_id": "a", "trial": text}]}, words=f"trial {shown}")


@rule(
    "text-no-formula",
    "A cell of words does not begin like a formula of a spreadsheet (=, @, + or -): opened there, "
    "the text would be computed. The text is kept as it is in every table that is written.",
    levels=("warning",),
    reference="OWASP, CSV injection",
    remedy="Begin the cell with another character.",
    tables=tuple(TABLES),
    holds=_case("ALPHA2"),
    fails=_case("=ALPHA2"),
)
def text_no_formula(context: AuditContext) -> Judgements:
    """Judge every row by the first of its cells that fails."""
    for name, table in TABLES.items():
        words = [column.name for column in table.columns if column.kind == "text"]
        for row in context.rows(name):
            at = next((c for c in words if _FORMULA.match(str(row[c]))), None)
            message = "it begins like a formula of a spreadsheet"
            yield None if at is None else Fault(name, row, at, message, "a letter or digit first")


@rule(
    "text-visible",
    "A cell holds nothing that cannot be seen: no control characters, no marks that turn the "
    "direction of writing, no Cyrillic letters in Latin words.",
    levels=("warning",),
    reference="Unicode Technical Standard 39 (confusable characters)",
    remedy="Type the cell again.",
    tables=tuple(TABLES),
    holds=_case("ALPHA2"),
    fails=_case("\u0410LPHA2"),
)
def text_visible(context: AuditContext) -> Judgements:
    """Judge every row by the first of its cells that fails."""
    for name, table in TABLES.items():
        for row in context.rows(name):
            cells = ((column.name, hidden(str(row[column.name]))) for column in table.columns)
            found = next(((column, what) for column, what in cells if what), None)
            yield None if found is None else Fault(name, row, found[0], found[1], "plain text")

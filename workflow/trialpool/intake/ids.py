"""Identifiers: derived from names by one pattern, and checked when a person gives them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from trialpool.findings import Finding

# docs/reference/data-dictionary.md: lower-case letters, digits, '.', '_', '+', '-'.
_GIVEN: Final = re.compile(r"[a-z0-9][a-z0-9._+-]*")
_LONGEST: Final = 60


def is_id(text: str) -> bool:
    """Whether a text may name a trial, an arm or a source."""
    return _GIVEN.fullmatch(text) is not None and ".." not in text and len(text) <= _LONGEST


def check_id(text: str, option: str) -> list[Finding]:
    """Return the fault of an identifier that a person gave, if it has one."""
    if is_id(text):
        return []
    message = (
        "an identifier has lower-case letters, digits, '.', '_', '+' or '-', begins with a "
        f"letter or digit, has no '..' and at most {_LONGEST} characters"
    )
    remedy = "Name it for example dapa-hf."
    return [Finding("fatal", "id-form", option, value=text, message=message, remedy=remedy)]


def slug(text: str) -> str:
    """Derive an identifier from a name: ASCII, lower case, words joined by '-'.

    Accents are dropped (`André` gives `andre`), letters of other scripts and all
    other signs become '-'. The result may be empty.
    """
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    joined = re.sub(r"[^a-z0-9+]+", "-", plain).strip("-+")
    return joined[:_LONGEST].rstrip("-+")


def unique(wanted: str, taken: Iterable[str]) -> str:
    """Return the identifier, or the identifier with the first free number from 2 on."""
    seen = set(taken)
    if wanted not in seen:
        return wanted
    number = 2
    while f"{wanted}-{number}" in seen:
        number += 1
    return f"{wanted}-{number}"


def row_id(trial_id: str, endpoint: str, letter: str, number: int) -> str:
    """Return trial, endpoint and running number, such as `dapa-hf.cvd.t01`.

    `letter` is t for a time to event and r for a response.
    """
    return f"{trial_id}.{slug(endpoint)}.{letter}{number:02d}"


def next_number(trial_id: str, endpoint: str, letter: str, taken: Iterable[str]) -> int:
    """Return the number after the highest that a trial's rows of an endpoint have."""
    start = f"{trial_id}.{slug(endpoint)}.{letter}"
    numbers = [
        int(text[len(start) :])
        for text in taken
        if text.startswith(start) and text[len(start) :].isascii() and text[len(start) :].isdigit()
    ]
    return max(numbers, default=0) + 1


def source_id(author: str, year: str, journal: str) -> str:
    """Return first author, year and journal, such as `verma2012n-engl-j-med`; may be empty."""
    family = author.partition(",")[0].strip() or author
    return f"{slug(family)}{year}{slug(journal)}"[:_LONGEST].strip("-+.")

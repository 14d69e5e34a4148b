"""Characters that no shipped font has: they print as "?", and a note says which they were."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from trialpool.figures.text.faces import INVISIBLE, has_glyph, is_latin

SUBSTITUTE: Final = "?"
_MOST: Final = 12


def printable(text: str) -> str:
    """Replace characters that the fonts lack by their plain form, else by "?"."""
    if is_latin(text):
        return text
    if not all(has_glyph(character) for character in text):
        # Korean syllables may come in pieces, letters and their accents apart.
        text = unicodedata.normalize("NFC", text)
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    if character in INVISIBLE:
        return character
    if unicodedata.category(character) == "Cf" or "VARIATION" in unicodedata.name(character, ""):
        return character if is_latin(character) else ""
    if has_glyph(character):
        return character
    if character.isspace():
        return " "
    return "".join(filter(has_glyph, unicodedata.normalize("NFKD", character))) or SUBSTITUTE


def lacking(texts: Iterable[str]) -> str:
    """Return the characters of texts that cannot be printed, each once, in their order."""
    return "".join(
        sorted(
            {
                character
                for text in texts
                if not is_latin(text)
                for character in unicodedata.normalize("NFC", text)
                if _plain(character) == SUBSTITUTE != character
            }
        )
    )


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text inside a record, table or tuple."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from texts_in(getattr(value, name))
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts_in(item)


def notes_on_unprinted(source: Any, build: Callable[[], Any]) -> tuple[str, ...]:
    """Return the paragraph on characters that a plot cannot print, or none.

    Parameters
    ----------
    source : record, or tuple of records and texts
        Everything that the plot may print.
    build : callable
        Makes from it what the plot does print, in the original characters. Called only
        where a character of the source has no glyph.
    """
    found = note(lacking(texts_in(build()))) if lacking(texts_in(source)) else ""
    return (found,) if found else ()


def note(characters: str) -> str:
    """Say which characters are printed as "?"; empty where there are none."""
    if not characters:
        return ""
    scripts: dict[str, list[str]] = {}
    for character in characters[:_MOST]:
        scripts.setdefault(_script(character), []).append(f"U+{ord(character):04X}")
    words = "; ".join(f"{script} {', '.join(codes)}" for script, codes in scripts.items())
    more = f" and {len(characters) - _MOST} more" if len(characters) > _MOST else ""
    return f'Printed as "{SUBSTITUTE}", since no font of this program has them: {words}{more}.'


def _script(character: str) -> str:
    """First word of the character's name, which for letters is their script."""
    name = unicodedata.name(character, "")
    is_letter = unicodedata.category(character)[0] in "LM"
    return name.split()[0].capitalize() if name and is_letter else "symbol"

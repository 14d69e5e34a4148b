"""From the bytes of a file to its text."""

from __future__ import annotations

import codecs
import re
from typing import Final

from trialpool.findings import Finding, InputError

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_REMEDY: Final = "Save the table as plain CSV text with encoding UTF-8."
# A letter of several bytes, as UTF-8 writes it.
_SEVERAL_BYTES: Final = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}")


def decode(file: str, raw: bytes) -> tuple[str, list[Finding]]:
    """Return the text of a file: UTF-8, UTF-16 with its mark, else Windows-1252 with a warning.

    Raises
    ------
    InputError
        If it is no text, or two encodings are mixed.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            try:
                return raw.decode(encoding).removeprefix("\ufeff"), []
            except UnicodeDecodeError as error:
                name = "UTF-8" if mark == codecs.BOM_UTF8 else "UTF-16"
                raise _refused(file, raw, error, name) from None
    if b"\x00" in raw:
        raise InputError(
            [Finding("fatal", "text-file", file, message="the file is binary, not text",
                     remedy=_REMEDY)]
        )  # fmt: skip
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError as error:
        # Letters that only UTF-8 writes so: the file is UTF-8, and this byte is damaged.
        if _SEVERAL_BYTES.search(raw):
            raise _refused(file, raw, error, "UTF-8") from None
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            raise _refused(file, raw, error, "UTF-8") from None
        at = raw[: error.start].count(b"\n") + 1
        message = "the file is not UTF-8; it was read as Windows-1252 (Latin-1)"
        shown = text.splitlines()[at - 1] if at <= len(text.splitlines()) else ""
        warning = Finding("warning", "encoding", file, at, "", "", shown, message,
                          "Check the letters with accents, and save it as UTF-8.")  # fmt: skip
        return text, [warning]


def _refused(file: str, raw: bytes, error: UnicodeDecodeError, encoding: str) -> InputError:
    line = raw[: error.start].count(b"\n") + 1
    message = f"the file is not {encoding} text: a byte that {encoding} does not allow here"
    value = f"0x{raw[error.start]:02x}"
    return InputError([Finding("fatal", "utf-8", file, line, "", "", value, message, _REMEDY)])

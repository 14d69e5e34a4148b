"""XML of RevMan 5 that is not well-formed: mended where only one mending is possible."""

from __future__ import annotations

import codecs
import re
from html.entities import name2codepoint
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trialpool.findings import InputError
from trialpool.intake.files import parse_xml, read_limited
from trialpool.intake.record import Imported

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Parts that hold any sign as it is.
_VERBATIM: Final = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_BARE_AND: Final = re.compile(r"&(?!#[0-9]+;|#[xX][0-9a-fA-F]+;|[A-Za-z][A-Za-z0-9]*;)")
_NAMED: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_BARE_LESS: Final = re.compile(r"<(?![A-Za-z_/!?])")
_CONTROL: Final = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_XML_OWN: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_OTHER_ENCODING: Final = re.compile(
    rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE
)


def read_repaired(path: Path, imported: Imported) -> Element:
    """Read XML; a bare & or <, names of HTML and Windows letters are mended and listed.

    Raises
    ------
    InputError
        If it is not well-formed after that, or not safe.
    """
    raw = read_limited(path)
    try:
        return parse_xml(path.name, raw)
    except InputError as error:
        if error.findings[0].rule != "xml" or b"\x00" in raw:
            raise
        mended = Imported()
        text = _decoded(raw, mended)
        if text is None:
            raise
        try:
            root = parse_xml(path.name, _mended(text, mended).encode())
        except InputError:
            raise error from None
    imported.left_out += mended.left_out
    return root


def _decoded(raw: bytes, mended: Imported) -> str | None:
    """Decode UTF-8; bytes that are none are letters of Windows' code page 1252."""
    if _OTHER_ENCODING.match(raw):
        return None
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
    try:
        text = raw.decode("utf-8", "trialpool-windows")
    except UnicodeDecodeError:
        return None
    reason = "the file says UTF-8 and holds letters of Windows (code page 1252), read as those"
    mended.leave(f"line {line}", "encoding", "", reason, "Check names and titles.")
    return text


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Decode the first byte that is no UTF-8; a byte without a letter is an error again."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    at = error.start
    return error.object[at : at + 1].decode("cp1252"), at + 1


codecs.register_error("trialpool-windows", _as_windows)


def _mended(text: str, mended: Imported) -> str:
    """Mend what stands between elements; the parts that hold any sign stay."""
    at = 0
    pieces = []
    for found in _VERBATIM.finditer(text):
        pieces += [(text[at : found.start()], True), (found[0], False)]
        at = found.end()
    pieces.append((text[at:], True))
    for pattern, element, written in (
        (_CONTROL, "control character", lambda match: ""),
        (_BARE_AND, "&", lambda match: "&amp;"),
        (_NAMED, "name of a character", _character),
        (_BARE_LESS, "<", lambda match: "&lt;"),
    ):
        first, count = 0, 0
        line = 1
        done = []
        for piece, loose in pieces:
            hits = [
                found for found in pattern.finditer(piece) if loose and written(found) != found[0]
            ]
            if hits and not count:
                first = line + piece[: hits[0].start()].count("\n")
                sample = piece[max(0, hits[0].start() - 20) : hits[0].end() + 20]
            count += len(hits)
            line += piece.count("\n")
            done.append((pattern.sub(written, piece) if loose else piece, loose))
        pieces = done
        if count:
            reason = f"not well-formed XML: mended, {count} in the file"
            mended.leave(f"line {first}", element, sample, reason, "Check names and titles.")
    return "".join(piece for piece, _ in pieces)


def _character(match: re.Match[str]) -> str:
    """Write a character that HTML names and XML does not."""
    name = match[1]
    known = name not in _XML_OWN and name in name2codepoint
    return f"&#{name2codepoint[name]};" if known else match[0]

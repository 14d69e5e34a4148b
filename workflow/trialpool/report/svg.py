"""Putting a figure's SVG file into the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

_LENGTH: Final = re.compile(r"\s*([0-9.]+)\s*(pt|px|mm|cm|in)?\s*")
_PIXELS: Final = {"pt": 96 / 72, "px": 1.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
_PROLOG: Final = re.compile(r"\A\s*(?:<\?xml.*?\?>|<!DOCTYPE[^>]*>|<!--.*?-->|\s+)*", re.DOTALL)


@dataclass(frozen=True)
class InlineFigure:
    """A figure ready to stand inside an HTML page.

    Attributes
    ----------
    svg : str
        The ``<svg>`` element.
    width : int
        Its natural width in CSS pixels.
    description : str
        What the figure says of itself, for those who cannot see it.
    """

    svg: str
    width: int
    description: str


def inline_figure(svg: str, question_id: str) -> InlineFigure:
    """Take the ``<svg>`` element out of a file and check that it can share a page.

    Parameters
    ----------
    svg : str
        Text of the SVG file.
    question_id : str
        Every id in the file must begin with it: two figures on one page would
        else take each other's clip paths and fonts.

    Raises
    ------
    ValueError
        If the text is not an SVG, holds a script, or has an id of another name.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(f"the figure of {question_id} is not well-formed SVG: {error}") from None
    names = [str(element.tag).rpartition("}")[2] for element in root.iter()]
    if names[0] != "svg":
        raise ValueError(f"the figure of {question_id} starts with <{names[0]}>, not with <svg>")
    if "script" in names:
        raise ValueError(f"the figure of {question_id} holds a script")
    ids = [element.get("id", question_id) for element in root.iter()]
    if foreign := [name for name in ids if not name.startswith(question_id)]:
        raise ValueError(
            f"the figure of {question_id} has the id {foreign[0]!r}; "
            "ids must begin with the id of the question"
        )
    description = next(
        (e.text or "" for e in root.iter() if str(e.tag).rpartition("}")[2] == "desc"), ""
    )
    return InlineFigure(_PROLOG.sub("", svg).rstrip(), _width(root), " ".join(description.split()))


def _width(root: ElementTree.Element) -> int:
    match = _LENGTH.fullmatch(root.get("width", ""))
    if match:
        return round(float(match[1]) * _PIXELS[match[2] or "px"])
    box = root.get("viewBox", "").replace(",", " ").split()
    return round(float(box[2])) if len(box) == 4 else 720

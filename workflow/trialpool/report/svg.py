"""Putting a figure's SVG file into a page.

A figure file stands for itself: it holds its own fonts and says every style at every
element. That is most of a page, so here the styles become classes, the fonts one subset for the
whole site, and ids that nothing refers to go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from trialpool.cache import Cache

_LENGTH: Final = re.compile(r"\s*([0-9.]+)\s*(pt|px|mm|cm|in)?\s*")
_PIXELS: Final = {"pt": 96 / 72, "px": 1.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
_FACE_RULE: Final = re.compile(r"@font-face\s*\{[^}]*\}")
_FAMILY: Final = "Figure sans"
_NAMESPACES: Final = {
    "http://www.w3.org/2000/svg": "",
    "http://www.w3.org/1999/xlink": "",
    "http://www.w3.org/XML/1998/namespace": "xml:",
}
_NUMBER: Final = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)|^#(.+)$")
# Their text counts, blanks and all; between other elements blanks say nothing.
_TEXTUAL: Final = frozenset({"text", "tspan", "title", "desc"})
_DRAWN: Final = frozenset({"d", "x", "y", "points", "transform", "cx", "cy", "r"})


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


@dataclass
class SharedStyles:
    """Styles that the figures of one page have in common, and what they need of the fonts.

    Attributes
    ----------
    classes : dict of str to str
        Style -> name of its class, in the order in which they were met.
    characters : dict of tuple to set
        (weight, style) of a face -> characters that the figures set in it.
    """

    classes: dict[str, str] = field(default_factory=dict)
    characters: dict[tuple[int, str], set[str]] = field(default_factory=dict)

    def css(self) -> str:
        """Return the rules that these figures need, the same for the same figures."""
        return "\n".join(f".{name} {{ {style} }}" for style, name in self.classes.items())

    def name_of(self, style: str) -> str:
        """Name of a style's class."""
        return self.classes.setdefault(style, f"f{len(self.classes)}")

    def note_text(self, declared: dict[str, str], text: str) -> None:
        """Remember which characters a face has to hold."""
        weight = {"normal": 400, "bold": 700}.get(declared.get("font-weight", "normal"))
        face = (weight or int(declared["font-weight"]), declared.get("font-style", "normal"))
        self.characters.setdefault(face, set()).update(text)


def figure_rules(pages: Iterable[SharedStyles], kept: Cache | None = None) -> str:
    """Return the rules that all figures of a site share: its fonts, one subset of each face."""
    characters: dict[tuple[int, str], set[str]] = {}
    for page in pages:
        for looks, used in page.characters.items():
            characters.setdefault(looks, set()).update(used)
    parts = [
        "rules",
        *(f"{looks} {''.join(sorted(characters[looks]))}" for looks in sorted(characters)),
    ]
    found = (kept or Cache()).made(parts, lambda: {"css": _rules(characters).encode("utf-8")})
    return found["css"].decode("utf-8")


def _rules(characters: Mapping[tuple[int, str], set[str]]) -> str:
    # fontTools takes long to load; a site without figures needs none.
    from trialpool.figures.text.faces import STYLES
    from trialpool.figures.text.subsets import face_rules

    rules = [
        rule
        for face, looks in STYLES.items()
        if (needed := characters.get(looks))
        for rule in face_rules(_FAMILY, face, needed)
    ]
    rules.append(".trialpool-figure * { stroke-linejoin: round; stroke-linecap: butt }")
    rules.append(f".trialpool-figure text {{ font-family: '{_FAMILY}', 'Open Sans' }}")
    return "\n".join(rules) + "\n"


def inline_figure(
    svg: str, question_id: str, styles: SharedStyles, *, words_beside: bool = False
) -> InlineFigure:
    """Take the ``<svg>`` element out of a file and make it share a page.

    Parameters
    ----------
    svg : str
        Text of the SVG file.
    question_id : str
        Every id in the file must begin with it: two figures on one page would
        else take each other's clip paths.
    styles : SharedStyles
        Of the page; the figure's are added.
    words_beside : bool
        Whether the page itself prints the description, under the id that the figure
        refers to: then it does not stand in the figure a second time.

    Raises
    ------
    ValueError
        If the text is not an SVG, holds a script, or has an id of another name.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(f"the figure of {question_id} is not well-formed SVG: {error}") from None
    names = [_local(element.tag) for element in root.iter()]
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
    description = next((e.text or "" for e in root.iter() if _local(e.tag) == "desc"), "")
    if words_beside:
        for element in [e for e in root if _local(e.tag) == "desc"]:
            root.remove(element)
    text = "".join(_written(root, f"{question_id} sans", _referred(root), styles))
    return InlineFigure(text, _width(root), " ".join(description.split()))


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _referred(root: ElementTree.Element) -> frozenset[str]:
    """Ids that something in the figure points to, and that of the figure itself."""
    found = {root.get("id", "")}
    for element in root.iter():
        for name, value in element.items():
            if name.startswith("aria-"):
                found |= set(value.split())
            found |= {first or second for first, second in _REFERENCE.findall(value)}
    return frozenset(found)


def _written(
    element: ElementTree.Element, family: str, referred: frozenset[str], styles: SharedStyles
) -> Iterator[str]:
    """Write an element as text, without what the page does not need."""
    name = _local(element.tag)
    if name == "style":
        # The faces of other families stay with the figure that brought them.
        rules = [r for r in _FACE_RULE.findall(element.text or "") if f"'{family}'" not in r]
        if rules:
            yield f"<style>{' '.join(rules)}</style>"
        return
    given = dict(_attributes(element, name, family, referred, styles))
    inside = [part for child in element for part in _written(child, family, referred, styles)]
    if name == "metadata":
        return
    # On a page a figure is an image: its links stand in the table beside it.
    if name == "a" or (name in ("g", "defs") and not (given and inside)):
        yield from inside
        return
    shown = "".join(f" {key}={quoteattr(value)}" for key, value in given.items())
    own = escape(element.text or "") if name in _TEXTUAL else ""
    yield (
        f"<{name}{shown}>{own}{''.join(inside)}</{name}>" if own or inside else f"<{name}{shown}/>"
    )
    if element.tail and element.tail.strip():
        yield escape(element.tail)


def _attributes(
    element: ElementTree.Element,
    name: str,
    family: str,
    referred: frozenset[str],
    styles: SharedStyles,
) -> Iterator[tuple[str, str]]:
    classes = [element.get("class", "")]
    for key, value in element.items():
        space, _, local = key.rpartition("}")
        label = _NAMESPACES.get(space[1:], "") + local
        if label == "style":
            classes.append(_class_of(element, value, family, styles))
        elif label == "transform" and re.fullmatch(r"rotate\(-?0(?:\.0*)?[ ,][^)]*\)", value):
            continue  # no turn at all
        elif name == "svg" and label == "role":
            yield label, "img"
        elif label in _DRAWN:
            yield label, _shorter(value)
        elif label not in ("class", "version") and (label != "id" or value in referred):
            yield label, value
    if any(classes):
        yield "class", " ".join(filter(None, classes))


def _class_of(element: ElementTree.Element, style: str, family: str, styles: SharedStyles) -> str:
    declared: dict[str, str] = {}
    for one in style.split(";"):
        key, found, value = one.partition(":")
        if found:
            declared[key.strip()] = value.strip()
    families = declared.get("font-family", "")
    if f"'{family}'" in families:
        styles.note_text(declared, "".join(element.itertext()))
        others = [one for one in map(str.strip, families.split(",")) if one != f"'{family}'"]
        if others == ["'Open Sans'"]:
            del declared["font-family"]
        else:
            declared["font-family"] = ", ".join([f"'{_FAMILY}'", *others])
    if not declared:
        return ""
    return styles.name_of("; ".join(f"{key}: {value}" for key, value in declared.items()))


def _shorter(numbers: str) -> str:
    """Round to a hundredth of a point and drop blanks that separate nothing."""
    text = _NUMBER.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), numbers)
    return re.sub(r"\s*([A-DF-Za-df-z])\s*", r"\1", " ".join(text.split()))


def _width(root: ElementTree.Element) -> int:
    match = _LENGTH.fullmatch(root.get("width", ""))
    if match:
        return round(float(match[1]) * _PIXELS[match[2] or "px"])
    box = root.get("viewBox", "").replace(",", " ").split()
    return round(float(box[2])) if len(box) == 4 else 720

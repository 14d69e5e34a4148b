"""What YAML allows and a settings file cannot mean, told with its line before values are made."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from trialpool.findings import Finding

if TYPE_CHECKING:
    import yaml

# Entries of a file once all its anchors are written out: the largest review has a tenth.
LARGEST: Final = 200_000
_TAG: Final = "tag:yaml.org,2002:"
_TEXT, _MERGE = f"{_TAG}str", f"{_TAG}merge"
_WORDS: Final = {
    "bool": "true or false", "null": "nothing", "int": "a number", "float": "a number",
    "timestamp": "a date",
}  # fmt: skip
# Control characters but tab and line ends, and the mark of byte order, which nobody sees.
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff]")


def plain_faults(root: yaml.Node, file: str) -> Iterator[Finding]:
    """Yield every key, value and block of a file that cannot be one of settings.

    Parameters
    ----------
    root : yaml.Node
        The file as composed, before values are made of it.
    file : str
        Its name, as findings give it.
    """
    sizes: dict[int, int] = {}
    for node, place in _once(root, "", set()):
        yield from _faults_of(node, place, file)
    if (around := _size(root, sizes, set())) is not None:
        message = "the block holds itself by its anchor"
        yield _fault("yaml-circle", file, around, "", message, "Write out what is meant.")
    elif sizes[id(root)] > LARGEST:
        message = f"with its anchors written out the file has {sizes[id(root)]:.3g} entries"
        remedy = f"Use fewer anchors: at most {LARGEST:,} entries."
        yield _fault("yaml-size", file, root, "", message, remedy)


def _below(node: yaml.Node) -> list[yaml.Node]:
    import yaml

    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _once(node: yaml.Node, place: str, seen: set[int]) -> Iterator[tuple[yaml.Node, str]]:
    """Yield every node once, however often an alias names it, with its place."""
    import yaml

    if id(node) in seen:
        return
    seen.add(id(node))
    yield node, place
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _once(value, f"{place}.{_shown(key)}".lstrip("."), seen)
    for at, item in enumerate(node.value if isinstance(node, yaml.SequenceNode) else []):
        yield from _once(item, f"{place}.{at}".lstrip("."), seen)


def _size(node: yaml.Node, sizes: dict[int, int], around: set[int]) -> yaml.Node | None:
    """Count entries with aliases written out; return a block that lies in itself."""
    if id(node) in around:
        return node
    if id(node) in sizes:
        return None
    total = 1
    for part in _below(node):
        if (circle := _size(part, sizes, around | {id(node)})) is not None:
            return circle
        total += sizes[id(part)]
    sizes[id(node)] = total
    return None


def _shown(node: yaml.Node) -> str:
    return node.value if isinstance(node.value, str) else ""


def _faults_of(node: yaml.Node, place: str, file: str) -> Iterator[Finding]:
    import yaml

    if isinstance(node, yaml.ScalarNode):
        yield from _scalar_faults(node, place, file)
    elif node.tag.removeprefix(_TAG) not in ("map", "seq"):
        yield _unknown_tag(node, place, file)
    seen: set[str] = set()
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else []:
        if not isinstance(key, yaml.ScalarNode):
            message = "a key must be text; this one is a block"
            yield _fault("yaml-key-text", file, key, place, message, "Name the setting.")
            continue
        name = f"{place}.{key.value}".lstrip(".")
        if key.tag not in (_TEXT, _MERGE):
            kind = _WORDS.get(key.tag.removeprefix(_TAG), key.tag)
            message = f"the key {key.value!r} must be text; YAML takes it for {kind}"
            yield _fault("yaml-key-text", file, key, name, message, "Put it in quotes.")
        if _UNSEEN.search(key.value):
            yield _unseen(key, name, file)
        if "\n" in key.value:
            message = "a key stands on one line"
            yield _fault("yaml-key-text", file, key, name, message, "Write it on one line.")
        if key.value in seen:
            message = f"the key {key.value!r} stands twice in one block"
            yield _fault("yaml-key-once", file, key, name, message, "Keep one of the two.")
        seen.add(key.value)


def _scalar_faults(node: yaml.ScalarNode, place: str, file: str) -> Iterator[Finding]:
    import yaml

    kind = node.tag.removeprefix(_TAG)
    if kind == "timestamp":
        # A day is kept as it is written.
        node.tag = _TEXT
    elif kind not in ("str", "merge", *_WORDS):
        yield _unknown_tag(node, place, file)
    elif kind in ("int", "float"):
        make = getattr(yaml.SafeLoader(""), f"construct_yaml_{kind}")
        try:
            finite = math.isfinite(make(node))
        except (ValueError, OverflowError):
            finite = False
        if not finite:
            message = "the number is not finite, or none"
            yield _fault("yaml-finite", file, node, place, message, "Write a number.")
    if _UNSEEN.search(node.value):
        yield _unseen(node, place, file)


def _unseen(node: yaml.ScalarNode, place: str, file: str) -> Finding:
    code = f"U+{ord(_UNSEEN.findall(node.value)[0]):04X}"
    message = f"the text holds a character that nobody sees ({code})"
    return _fault("yaml-unseen", file, node, place, message, "Type the text anew.")


def _unknown_tag(node: yaml.Node, place: str, file: str) -> Finding:
    message = f"a setting is text, a number, true, false, a list or a block; this is {node.tag!r}"
    return _fault("yaml-plain", file, node, place, message, "Leave the tag out.")


def _fault(rule: str, file: str, node: Any, place: str, message: str, remedy: str) -> Finding:
    line = node.start_mark.line + 1
    # The place of a key ends with the key: it is no value.
    value = "" if rule.startswith("yaml-key") else _shown(node)
    return Finding("fatal", rule, file, line, "", place, value, message, remedy)

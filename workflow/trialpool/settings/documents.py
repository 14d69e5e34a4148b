"""YAML files as values that know the lines they stand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialpool.findings import Finding

if TYPE_CHECKING:
    import yaml


@dataclass(frozen=True)
class Document:
    """One YAML file.

    Attributes
    ----------
    file : str
        Its name, as findings give it.
    content : dict
        What it holds, empty where it could not be read.
    """

    file: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    _root: yaml.Node | None = None

    def line(self, place: str) -> int | None:
        """Return the line of a setting, or of the nearest block around it.

        Parameters
        ----------
        place : str
            Keys from the top, joined by dots; a key may hold dots itself.
        """
        line, node = None, self._root
        while place and node is not None:
            # The last of several is the one that counts: merged keys stand before the block's own.
            step = next((s for s in reversed(_steps(node)) if _begins(place, s[0])), None)
            if step is None:
                break
            name, line, node = step
            place = place[len(name) + 1 :]
        return line


def _steps(node: yaml.Node) -> list[tuple[str, int, yaml.Node]]:
    """List the keys or positions below a node, each with its line and what stands there."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), key.start_mark.line + 1, value) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(str(at), item.start_mark.line + 1, item) for at, item in enumerate(node.value)]
    return []


def _begins(place: str, name: str) -> bool:
    return place == name or place.startswith(f"{name}.")


def _loader() -> Any:
    """Return the loader of plain values: where libyaml is there, the one that takes a tenth."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def read_plain(path: Path) -> Any:
    """Read a YAML file of the package itself; callers do not change what they get."""
    import yaml

    return yaml.load(path.read_text(encoding="utf-8"), Loader=_loader())


def read_document(path: Path) -> tuple[Document, list[Finding]]:
    """Read a YAML file of a review, with every fault of its form as a finding."""
    file = path.name

    def fault(rule: str, message: str, remedy: str) -> tuple[Document, list[Finding]]:
        return Document(file), [Finding("fatal", rule, file, message=message, remedy=remedy)]

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        remedy = "Correct the path; `trialpool init FOLDER` starts a review."
        return fault("file-exists", f"the file is missing ({path})", remedy)
    except (OSError, UnicodeDecodeError) as error:
        message = f"the file cannot be read as UTF-8 text: {error}"
        return fault("file-readable", message, "Save it as UTF-8 text.")
    content, root, findings = _parse(text, file)
    if findings:
        return Document(file), findings
    if not isinstance(content, dict):
        return fault(
            "yaml-mapping",
            "the file must hold 'key: value' pairs",
            "Allowed settings: trialpool settings",
        )
    return Document(file, content, root), []


def _parse(text: str, file: str) -> tuple[Any, yaml.Node | None, list[Finding]]:
    """Parse YAML; a key that stands twice is a fault, not a silent overwrite."""
    import yaml

    findings: list[Finding] = []

    class Loader(_loader()):  # type: ignore[misc]
        """A safe loader that reports duplicate keys."""

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                findings.append(
                    Finding(
                        "fatal",
                        "yaml-key-once",
                        file,
                        key_node.start_mark.line + 1,
                        column=key,
                        message=f"the key {key!r} stands twice in one block",
                        remedy="Keep one of the two.",
                    )
                )
            seen.add(key)
        loader.flatten_mapping(node)
        return dict(loader.construct_pairs(node, deep=True))

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        # The loader derives from SafeLoader: it builds plain values only.
        loader = Loader(text)
        root = loader.get_single_node()
        content = None if root is None else loader.construct_document(root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not well-formed"
        line = mark.line + 1 if mark is not None else None
        message = f"not valid YAML: {problem}"
        remedy = "Check indentation, colons and quotes there."
        return None, None, [Finding("fatal", "yaml", file, line, message=message, remedy=remedy)]
    return content, root, findings

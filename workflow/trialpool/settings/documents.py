"""YAML files as values that know the lines they stand on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trialpool.findings import Finding
from trialpool.settings.plain_yaml import plain_faults

if TYPE_CHECKING:
    import yaml

# Of blocks in blocks.
DEEPEST: Final = 100


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
        text = path.read_text(encoding="utf-8-sig")
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
    """Parse YAML; what a settings file cannot mean is a fault before it becomes a value."""
    import yaml

    try:
        _check_depth(text)
        # The loader builds plain values only.
        loader = _loader()(text)
        root = loader.get_single_node()
        findings = [] if root is None else list(plain_faults(root, file))
        content = None if root is None or findings else loader.construct_document(root)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", "not well-formed")
        place = getattr(error, "position", None)
        line = mark.line + 1 if mark is not None else None
        if line is None and place is not None:
            line = text.encode("utf-8", "replace")[:place].count(b"\n") + 1
        message = f"not valid YAML: {problem}"
        remedy = "Check indentation, colons and quotes there."
        return None, None, [Finding("fatal", "yaml", file, line, message=message, remedy=remedy)]
    return content, root, findings


def _check_depth(text: str) -> None:
    """Refuse what is nested so deeply that composing it would end the process."""
    import yaml

    steps = (1 if mark in "[{" else -1 for mark in re.findall(r"[\[\]{}]", text))
    indents = (len(line) - len(line.lstrip(" -?")) for line in text.splitlines())
    if max(accumulate(steps), default=0) + max(indents, default=0) <= DEEPEST:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_loader()):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            problem = f"blocks lie more than {DEEPEST} deep in each other"
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)

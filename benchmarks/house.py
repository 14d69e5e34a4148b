"""Measures of the package from its syntax alone: the table of docs/project/architecture.md.

    python benchmarks/house.py [PACKAGE]

Counted: statements; files over 400 lines; files in the fullest folder; subscripts and `.get` by a
literal key; annotations that say `Any`, themselves or through an alias; files in import circles.
Readers and writers of JSON, CSV and YAML, whose business string keys are, count apart.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

# Where string keys are columns of tables or keys of files of others.
EDGES = ("evidence", "effects", "audit", "intake", "settings", "survival", "records")


def main() -> None:
    """Print one line per measure."""
    package = Path(sys.argv[1] if len(sys.argv) > 1 else "workflow/trialpool")
    trees = {
        path.relative_to(package): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(package.rglob("*.py"))
    }
    lengths = [len((package / path).read_text(encoding="utf-8").splitlines()) for path in trees]
    keys = {path: subscripts(tree) for path, tree in trees.items()}
    aliases = {name for tree in trees.values() for name in aliases_of_any(tree)}
    folders = Counter(path.parent for path in trees if path.name != "__init__.py")
    rows = {
        "statements": sum(isinstance(n, ast.stmt) for t in trees.values() for n in ast.walk(t)),
        "lines": sum(lengths),
        "files": len(trees),
        "files over 400 lines": sum(length > 400 for length in lengths),
        "files in the fullest folder": max(folders.values()),
        "subscripts and .get by string key": sum(map(sum, keys.values())),
        "of these outside readers and writers": sum(
            sum(found) for path, found in keys.items() if path.parts[0] not in EDGES
        ),
        "Any in annotations": sum(anys(tree, aliases) for tree in trees.values()),
        "files in import circles": len(circle(trees)),
    }
    for name, value in rows.items():
        print(f"{name:45} {value:7,}")


def subscripts(tree: ast.AST) -> tuple[int, int]:
    """Count ``x["key"]`` and ``x.get("key")``."""
    found = [0, 0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and is_text(node.slice):
            found[0] += 1
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found[1] += node.func.attr == "get" and bool(node.args) and is_text(node.args[0])
    return found[0], found[1]


def is_text(node: ast.AST) -> bool:
    """Whether a node is a literal string."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def names(node: ast.AST | None) -> list[str]:
    """Names in an expression, once per place."""
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name)] if node is not None else []


def aliases_of_any(tree: ast.Module) -> set[str]:
    """Names that a module gives to a type with `Any` in it."""
    return {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and "Any" in names(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def anys(tree: ast.AST, aliases: set[str]) -> int:
    """Count `Any` and its aliases in annotations of arguments, results and variables."""
    found = 0
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.arg | ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parts = [node.returns]
        for part in parts:
            found += sum(name == "Any" or name in aliases for name in names(part))
    return found


def circle(trees: dict[Path, ast.Module]) -> list[Path]:
    """Return the files of one import circle, lazy imports included; empty without any."""
    modules = {".".join(("trialpool", *path.with_suffix("").parts)): path for path in trees}
    graph: dict[Path, set[Path]] = {path: set() for path in trees}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                wanted = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                wanted = [alias.name for alias in node.names]
            else:
                continue
            graph[path] |= {modules[name] for name in wanted if name in modules} - {path}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return list(dict.fromkeys(error.args[1]))
    return []


if __name__ == "__main__":
    main()

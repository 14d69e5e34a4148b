"""The house rules that a machine can check: imports, lazy loading, file length."""

import ast
from collections.abc import Callable, Iterable
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from loaded_modules import HEAVY, loaded_by

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workflow" / "trialpool"
# A folder may import those before it, and the single modules at the bottom.
ORDER = [
    "datasets",
    "records",
    "pooling",
    "evidence",
    "survival",
    "effects",
    "audit",
    "intake",
    "reviews",
    "sensitivity",
    "shown",
    "verification",
    "figures",
    "provenance",
    "questions",
    "summary",
    "report",
    "chapters",
    "changes",
    "release",
    "cli",
]
# The same within a folder whose subfolders have an order of their own.
INNER = {
    "audit": [
        *("context", "levels", "rule", "ratios", "curves", "counts", "outcomes"),
        *("tables", "configuration"),
        *("registry", "acceptance", "run"),
    ],
    "pooling": [
        *(
            "options",
            "names",
            "doubt",
            "fit_doubts",
            "plain_values",
            "given",
            "verdict",
            "absolute",
        ),
        *("numeric", "univariate", "regression", "dependent", "bivariate", "bayes", "counts"),
        *("network", "sequential"),
    ],
    "figures": ["text", "canvas", "forest", "plots", "given", "configured", "api"],
}
BOTTOM = {"cache", "measures", "findings", "formatting", "files", "extras", "settings"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@cache
def parsed(path: Path) -> list[ast.AST]:
    """Imports and comparisons of a file, read once; the other nodes would fill the memory."""
    asked = (ast.Import, ast.ImportFrom, ast.Compare)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, asked)]


@cache
def imported(path: Path) -> set[str]:
    """Parts of trialpool that a file imports."""
    parts = set()
    for node in parsed(path):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        # The registry lists the rooms and imports none: whatever is below them may ask it.
        names = [name for name in names if name != "trialpool.questions.registry"]
        parts |= {name.split(".")[1] for name in names if name.startswith("trialpool.")}
    return parts


def each(paths: Iterable[Path], check: Callable[[Path], None]) -> None:
    """Check every file, then name all that fail: thousands of tests would take a minute."""
    failed = []
    for path in paths:
        try:
            check(path)
        except AssertionError as error:
            failed.append(f"{path.relative_to(PACKAGE)}: {error}")
    assert not failed, "\n".join(failed)


def test_imports_go_one_way():
    each(modules(), imports_go_one_way)


def imports_go_one_way(path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if part in ORDER:
        allowed = BOTTOM | set(ORDER[: ORDER.index(part) + 1])
    elif part == "__init__":
        allowed = BOTTOM | set(ORDER)
    else:
        allowed = BOTTOM
    assert imported(path) <= allowed
    if part == "pooling":
        assert imported(path) <= {"pooling"}


@cache
def graph() -> dict[str, set[str]]:
    """Modules with those that each names in an import: at its top, in a function, or for types."""
    paths = {}
    for path in modules():
        parts = ("trialpool", *path.relative_to(PACKAGE).with_suffix("").parts)
        paths[".".join(parts).removesuffix(".__init__")] = path
    found = {}
    for name, path in paths.items():
        named = set()
        for node in parsed(path):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
                inside = {f"{node.module}.{alias.name}" for alias in node.names}
                named |= inside & set(paths) or {str(node.module)}
        found[name] = (named & set(paths)) - {name}
    return found


def test_no_files_import_each_other_in_a_circle():
    TopologicalSorter(graph()).prepare()


def test_a_circle_would_be_found():
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).prepare()
    # An import that only stands in a function counts, as does one for types.
    assert "trialpool.cli.builds.pipeline" in graph()["trialpool.cli.builds.step_commands"]
    assert "trialpool.figures.forest.draw" in graph()["trialpool.figures"]


@pytest.mark.parametrize("folder", INNER)
def test_subfolders_import_one_way(folder):
    order, room = INNER[folder], f"trialpool.{folder}."
    for name, named in graph().items():
        if not name.startswith(room):
            continue
        place = order.index(name.split(".")[2])
        inside = {other.split(".")[2] for other in named if other.startswith(room)}
        assert inside <= set(order[: place + 1]), name


def test_no_folder_holds_many_files():
    folders = {path.parent for path in modules()}
    assert not [folder for folder in folders if len(list(folder.glob("*.py"))) > 20]


def test_no_file_is_long_and_none_touches_pyplot():
    each(modules(), is_short_and_touches_no_pyplot)


def is_short_and_touches_no_pyplot(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert "pyplot" not in text.replace("no pyplot", "")
    assert "rcParams[" not in text


def test_no_module_knows_of_the_disease():
    words = ("HER2", "trastuzumab", "breast", "PIK3CA")
    for path in modules():
        text = path.read_text(encoding="utf-8")
        assert not [word for word in words if word in text], path


def test_one_module_imports_the_second_engine():
    def names(path):
        for node in parsed(path):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module or ""

    users = [p for p in modules() if any(n.split(".")[0] == "statsmodels" for n in names(p))]
    assert users == [PACKAGE / "verification" / "compute.py"]


@pytest.mark.parametrize(
    ("code", "may_load"),
    [
        ("import trialpool", set()),
        ("import trialpool.cli.main", set()),
        ("import trialpool.settings", set()),
        ("import trialpool as tp; tp.random_effects([0.1, 0.2, 0.3], [0.1, 0.1, 0.2])", set()),
        ("import trialpool.questions.shared.synthesis.comparative", set()),
        ("import trialpool.cli.pool.effects, trialpool.cli.pool.effects_tables", set()),
        ("import trialpool.cli.pool.network, trialpool.cli.pool.network_tables", set()),
    ],
)
def test_heavy_libraries_are_loaded_only_where_they_are_used(code, may_load):
    assert loaded_by(code) & HEAVY <= may_load


@cache
def rooms() -> set[str]:
    """Names of the kinds of questions."""
    return {path.parent.name for path in (PACKAGE / "questions").glob("*/settings.yaml")}


def outside_the_rooms() -> list[Path]:
    """Files that may know of no kind."""
    return [
        path
        for path in modules()
        if path.relative_to(PACKAGE).parts[0] not in ("questions", "records")
    ]


def test_outside_the_rooms_nothing_knows_of_a_kind():
    each(outside_the_rooms(), knows_of_no_kind)


def knows_of_no_kind(path):
    """No import of a room or of its records, and no test of the kind of a record."""
    for node in parsed(path):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = []
        for name in names:
            parts = name.split(".")
            known = parts[:2] in (["trialpool", "questions"], ["trialpool", "records"])
            assert not (known and len(parts) > 2 and parts[2] in rooms()), name
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            constants = {s.value for s in sides if isinstance(s, ast.Constant)}
            assert not constants & (rooms() | {"single_arm", "prognostic"}), ast.unparse(node)

"""docs/how-to/python.md: every block runs, and prints what stands below it.

`python tests/project/test_python_page.py` writes what the blocks print into the page, to be read
through after a change of what results look like.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path

import trialpool as tp

FILE = Path(__file__).resolve().parents[2] / "docs/how-to/python.md"
PAGE = FILE.read_text(encoding="utf-8")
BLOCK = re.compile(r"```python\n(.*?)```\n(?:```text\n(.*?)```)?", re.DOTALL)


def run(code: str, space: dict) -> str:
    """What a block prints, its last expression as a notebook would."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "docs/how-to/python.md", "exec"), space)
        if last is not None:
            value = eval(
                compile(ast.Expression(last.value), "docs/how-to/python.md", "eval"), space
            )
            if value is not None:
                print(value)  # noqa: T201
    return printed.getvalue()


def test_every_block_prints_what_stands_below_it():
    space: dict = {}
    blocks = BLOCK.findall(PAGE)
    assert len(blocks) > 8
    for code, shown in blocks:
        printed = run(code, space)
        if shown:
            assert printed == shown, code


def test_the_list_of_data_sets_is_complete():
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\d+) \| (.+) \|$", PAGE, re.MULTILINE)
    want = []
    for name in tp.datasets.names():
        frame = tp.datasets.load(name)
        want.append((name, frame.attrs["measure"], str(len(frame)), frame.attrs["title"]))
    assert rows == want


def renewed(page: str) -> str:
    """The page with what its blocks print now."""
    space: dict = {}

    def block(found: re.Match[str]) -> str:
        printed, shown = run(found[1], space), found[2] is not None
        return f"```python\n{found[1]}```\n" + (f"```text\n{printed}```" if shown else "")

    return BLOCK.sub(block, page)


if __name__ == "__main__":
    FILE.write_text(renewed(PAGE), encoding="utf-8")

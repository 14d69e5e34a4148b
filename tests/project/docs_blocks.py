"""The fenced blocks of the documentation, and how each kind of them is run."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import typer
from click.testing import CliRunner

from trialpool.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "config/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
# Pages whose commands run elsewhere, because they need files that are made there.
ELSEWHERE = {"docs/explanation/survival.md": "tests/project/test_survival_page.py"}
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE
)
_GAP = "…"
# Put together once: it takes longer than most of the lines.
COMMAND: Any = typer.main.get_command(app)


@dataclass
class Block:
    """One fenced block: its language, what its info-string says, and what it is to print."""

    page: str
    line: int
    language: str
    said: dict[str, str]
    text: str
    shown: str | None = field(default=None)

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(path: Path) -> list[Block]:
    """The blocks of a page; a text block right below code is what the code prints."""
    page, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    found: list[Block] = []
    end = 0
    for match in _FENCE.finditer(text):
        language, *words = shlex.split(match["info"]) or [""]
        said = {key: value or "yes" for key, _, value in (word.partition("=") for word in words)}
        indent = len(match["indent"])
        body = "".join(line[indent:] for line in match["text"].splitlines(keepends=True))
        line = text.count("\n", 0, match.start()) + 1
        block = Block(page, line, language, said, body)
        beside = found and not text[end : match.start()].strip()
        if language == "text" and not said and beside and found[-1].language in ("sh", "python"):
            found[-1].shown = body
        found.append(block)
        end = match.end()
    return found


def write_file(block: Block) -> None:
    """Write the file that a block with a title is."""
    target = Path(block.said["title"])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(block.text, encoding="utf-8")


def commands(block: Block) -> list[list[str]]:
    """The lines of a shell block as words, without comments."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def run_shell(block: Block) -> str:
    """Run the lines of a block in this process; return what they print on standard output."""
    printed = ""
    for at, words in enumerate(commands(block)):
        if words[0] == "cd":
            # The test puts the folder back.
            contextlib.chdir(words[1]).__enter__()
            continue
        assert words[0] == "trialpool", f"{block.place}: {words[0]} is not run; say no-run, reason"
        done = CliRunner().invoke(COMMAND, words[1:], prog_name="trialpool")
        last = at == len(commands(block)) - 1
        want = int(block.said.get("exit", 0)) if last else 0
        assert done.exit_code == want, (block.place, words, done.output, done.exception)
        printed += done.stdout
    return printed


def run_python(block: Block, space: dict[str, Any]) -> str:
    """Run a block; return what it prints, its last expression as a notebook would."""
    tree = ast.parse(block.text)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, block.place, "exec"), space)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), block.place, "eval"), space)
            if value is not None and block.shown is not None:
                print(value)  # noqa: T201
    return printed.getvalue()


def is_shown(printed: str, shown: str) -> bool:
    """Whether what was printed is what the page shows; a line of three dots stands for any."""
    parts = re.split(rf"^ *{_GAP}\n", shown, flags=re.MULTILINE)
    return re.fullmatch(".*".join(map(re.escape, parts)), printed, re.DOTALL) is not None


def unknown_options(words: list[str]) -> list[str]:
    """What of a command line the program does not know: the command, or options."""
    command, rest = COMMAND, words[1:]
    while hasattr(command, "commands"):
        if not rest or rest[0] not in command.commands:
            return rest[:1] or ["no command"]
        command, rest = command.commands[rest[0]], rest[1:]
    context = click.Context(command)
    try:
        command.make_parser(context).parse_args(args=rest)
    except click.UsageError as error:
        return [error.format_message()]
    return []


def options_of(words: list[str]) -> set[str] | None:
    """Options of the command that the words begin with; none where there is no such command."""
    command = COMMAND
    for word in words:
        if not hasattr(command, "commands"):
            break
        if word not in command.commands:
            return None
        command = command.commands[word]
    options = {"--help"}
    for parameter in command.params:
        options |= {*parameter.opts, *parameter.secondary_opts}
    return options

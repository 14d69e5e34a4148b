"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

import re
from typing import Any

import click
import typer

from trialpool.cli.main import app

# Pages and the commands on them, in the order of the reference.
PAGES = {
    "tables": ("Pool tables, draw figures", ("pool", "network", "forest", "plot")),
    "reviews": (
        "Build and follow reviews",
        ("init", "build", "audit", "explain", "table", "check", "approve", "diff", "release"),
    ),
    "evidence": (
        "Take evidence in",
        ("new-trial", "check-row", "add", "settings", "sources", "import"),
    ),
    "curves": ("Survival curves", ("digitise", "reconstruct", "survival")),
    "steps": ("Steps of the pipeline", ("step",)),
}


def command_pages() -> dict[str, str]:
    """Return each page of the reference: its name without ending, and its Markdown."""
    root: Any = typer.main.get_command(app)
    found = {name for _, names in PAGES.values() for name in names}
    if found != set(root.commands):
        raise SystemExit(f"commands on no page or gone: {found ^ set(root.commands)}")
    pages = {}
    for page, (title, names) in PAGES.items():
        parts = [f"# {title}\n"]
        for name in names:
            parts += _command(root.commands[name], f"trialpool {name}")
        pages[page] = "\n".join(parts)
    rows = [
        f"| [`trialpool {name}`]({page}.md#trialpool-{name}) | {_short(root.commands[name])} |"
        for page, (_, names) in PAGES.items()
        for name in names
    ]
    intro = (
        "# Command line\n\nEvery command has `--help`; exit status is 0, 1 for bad input or a "
        "failed check, 2 for wrong usage.\n\n| command | does |\n|---|---|\n"
    )
    return {"index": intro + "\n".join(rows) + "\n", **pages}


def _command(command: Any, name: str, level: int = 2) -> list[str]:
    if hasattr(command, "commands"):
        parts = [f"{'#' * level} {name}\n", _prose(command.help), ""]
        for sub in command.commands.values():
            if not sub.hidden:
                parts += _command(sub, f"{name} {sub.name}", level + 1)
        return parts
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"{'#' * level} {name}\n", _prose(command.help), "", f"```text\n{usage}\n```", ""]
    rows = [_row(parameter, context) for parameter in command.params if not parameter.hidden]
    if rows:
        parts += ["| argument or option | meaning |", "|---|---|", *rows, ""]
    return parts


def _row(parameter: Any, context: Any) -> str:
    kind = parameter.metavar or ""
    if parameter.param_type_name == "argument":
        shown, said = f"`{(kind or parameter.name).upper().strip('{}')}`", parameter.help or ""
    else:
        names = "`, `".join([*parameter.opts, *parameter.secondary_opts])
        takes = kind or ("" if parameter.is_flag else parameter.type.name.upper())
        shown, said = f"`{names}`" + (f" `{takes}`" if takes else ""), parameter.help or ""
    notes = []
    default = parameter.get_default(context, call=False)
    if default not in (None, False, (), []) and not callable(default):
        notes.append(f"default `{default}`")
    if parameter.required:
        notes.append("required")
    if getattr(parameter, "multiple", False):
        notes.append("may be repeated")
    end = f" ({', '.join(notes)})" if notes else ""
    return f"| {shown} | {_cell(said)}{end} |"


def _cell(text: str) -> str:
    return _linked(" ".join(text.split()).replace("|", "\\|").replace("<", "&lt;"))


def _linked(text: str) -> str:
    """Make pages that a help names links from the folder of these pages."""
    return re.sub(
        r"docs/((?:reference|explanation|how-to|gallery|review)/[a-z/-]+)\.md",
        lambda m: f"[{m[1].rsplit('/')[-1]}](../../{m[1]}.md)",
        text,
    )


def _short(command: Any) -> str:
    return _cell((command.help or "").split("\n\n")[0])


def _prose(text: str | None) -> str:
    return _linked((text or "").replace("\b", "").replace("\f", "").replace("<", "&lt;").strip())

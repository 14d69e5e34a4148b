"""Build the pages of the documentation: site/html, from docs, the commands and the docstrings.

Usage: python docs/site/build.py

`site/pages` gets a copy of docs with the generated pages (command line, Python, and the texts that
lie elsewhere: settings, changes, contributing); zensical makes `site/html` of it. A warning fails,
and so does a link that leads nowhere.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import sys
from pathlib import Path

from api import api_pages
from commands import command_pages
from links import dead_links

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "site/pages"
# Texts that lie elsewhere because people look for them there, and their page.
ELSEWHERE = {
    "config/README.md": "docs/reference/configuration.md",
    "CHANGELOG.md": "docs/project/changelog.md",
    "CONTRIBUTING.md": "docs/project/contributing.md",
}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^( *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
# What an info-string says to the tests is not for the page; a title is.
_INFO = re.compile(r"^( *```[a-z]+)(?:( title=\"[^\"]*\")| .*)$", re.MULTILINE)


def main() -> int:
    """Write site/pages and build site/html; return the exit status of the build."""
    stage()
    command = [Path(sys.executable).with_name("zensical"), "build", "--clean", "--strict"]
    built = subprocess.run([*map(str, command), "-f", "mkdocs.yml"], cwd=ROOT, check=False)
    if built.returncode:
        return built.returncode
    dead = dead_links(ROOT / "site/html")
    print("".join(f"{link}\n" for link in dead), end="")
    return 1 if dead else 0


def stage() -> None:
    """Write every page and every file that pages link into site/pages."""
    if PAGES.exists():
        shutil.rmtree(PAGES)
    for path in sorted((ROOT / "docs").rglob("*")):
        place = path.relative_to(ROOT).as_posix()
        if path.is_file() and path.suffix not in (".py", ".pyc", ".md"):
            _write(place, path.read_bytes())
        elif path.suffix == ".md":
            _write(place, _page(path.read_text(encoding="utf-8"), place, place))
    for source, place in ELSEWHERE.items():
        _write(place, _page((ROOT / source).read_text(encoding="utf-8"), source, place))
    for name, text in command_pages().items():
        _write(f"docs/reference/cli/{name}.md", text)
    for name, text in api_pages().items():
        _write(f"docs/reference/api/{name}.md", text)


def _write(place: str, content: bytes | str) -> None:
    target = PAGES / posixpath.relpath(place, "docs")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode())


def _page(text: str, source: str, place: str) -> str:
    """Return a page as it is built: links lead to pages, or name the file that is none."""
    parts = _FENCE.split(text)
    for i, part in enumerate(parts):
        if part.lstrip().startswith("```"):
            parts[i] = _INFO.sub(r"\1\2", part)
        else:
            parts[i] = _LINK.sub(lambda m: _link(m, source, place), part)
    return "".join(parts)


def _link(found: re.Match[str], source: str, place: str) -> str:
    mark, words, target = found.groups()
    if re.match(r"[a-z]+:|#", target):
        return found[0]
    path, _, anchor = target.partition("#")
    goal = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if not (ROOT / goal).exists() and not goal.startswith(
        ("docs/reference/cli", "docs/reference/api")
    ):
        raise SystemExit(f"{source}: no file {target}")
    target_file = ROOT / goal
    goal = ELSEWHERE.get(goal, goal)
    if not goal.startswith("docs/"):
        return f"{words} (`{goal}`)"
    if words.endswith(".md"):
        words = _title(target_file)
    link = posixpath.relpath(goal, posixpath.dirname(place))
    return f"{mark}[{words}]({link}{'#' + anchor if anchor else ''})"


def _title(path: Path) -> str:
    """Return the title of a page, which a reader knows better than its file."""
    heading = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return heading[1] if heading else path.name


if __name__ == "__main__":
    sys.exit(main())

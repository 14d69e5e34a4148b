"""`make tag`: an annotated tag of this version of the software, once all that names it agrees.

Nothing is pushed. The message of the tag is the section of the changelog.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml


def git(root: Path, *arguments: str) -> str:
    """Return what git prints."""
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def section(changelog: str, version: str) -> str | None:
    """Return what stands below "## VERSION · DATE", None where there is no such heading."""
    heading = rf"^## {re.escape(version)} · \d{{4}}-\d{{2}}-\d{{2}}\n(.*?)(?=^## |\Z)"
    found = re.search(heading, changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else None


def tag(root: Path) -> tuple[str, list[str]]:
    """Tag the commit that is checked out; return the tag and what stands against it.

    Parameters
    ----------
    root : Path
        The repository. The version is that of its pyproject.toml.

    Returns
    -------
    tuple of str and list of str
        The name of the tag, made where the list is empty.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    version = str(project["version"])
    name = f"v{version}"
    cited = str(yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))["version"])
    changelog = (root / "CHANGELOG.md").read_text("utf-8")
    notes = section(changelog, version)
    against = []
    if not re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", version):
        against.append(f"{version} in pyproject.toml is no semantic version: X.Y.Z")
    if cited != version:
        against.append(f"CITATION.cff says {cited}, pyproject.toml {version}")
    if not notes:
        against.append(f"CHANGELOG.md says nothing under '## {version} · YYYY-MM-DD'")
    if re.search(r"^## Unreleased\n+(?!## )\S", changelog, re.MULTILINE):
        against.append("CHANGELOG.md has lines under '## Unreleased'")
    if dirty := git(root, "status", "--porcelain"):
        against.append(f"the tree is not clean:\n{dirty}")
    if git(root, "tag", "--list", name):
        against.append(f"{name} is there already: give the next number in pyproject.toml")
    if not against:
        # A line of the notes may begin with "#", which git else takes for a comment.
        message = f"trialpool {version}\n\n{notes}\n"
        git(root, "tag", "--annotate", "--cleanup=verbatim", "--message", message, name)
    return name, against


if __name__ == "__main__":
    made, faults = tag(Path(__file__).resolve().parents[1])
    for fault in faults:
        print(f"not tagged: {fault}", file=sys.stderr)  # noqa: T201
    if faults:
        sys.exit(1)
    print(f"{made} is made. To publish it: git push origin {made}")  # noqa: T201

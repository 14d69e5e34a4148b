"""The pages of the documentation: all in the navigation, nothing public or named is missing."""

from __future__ import annotations

import importlib
import re
import sys

import pytest
from docs_blocks import COMMAND, PAGES, ROOT

import trialpool as tp

# Paths that the text names and that are made by a build, a release or a reader.
pytestmark = pytest.mark.docs
MADE = re.compile(
    r"^(results|releases|new|old|pool|curves|report|config|data|site|staging|exports|approved)/"
)
# Places that a path may start from: the repository, the package, and its rooms' own shorthand.
STARTS = [ROOT, ROOT / "workflow", ROOT / "workflow/trialpool", ROOT / "docs"]


@pytest.fixture(scope="module")
def site():
    """The module that writes the pages."""
    sys.path.insert(0, str(ROOT / "docs/site"))
    try:
        yield importlib.import_module("build")
    finally:
        sys.path.remove(str(ROOT / "docs/site"))


@pytest.fixture(scope="module")
def pages(site, tmp_path_factory):
    """All pages as they are built, without building them."""
    site.PAGES = tmp_path_factory.mktemp("site") / "pages"
    site.stage()
    return site.PAGES


def test_every_page_stands_in_the_navigation_once(pages):
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("nav:\n")[1].split("theme:")[0]
    listed = re.findall(r"(\S+\.md)$", nav, re.MULTILINE)
    assert sorted(listed) == sorted(p.relative_to(pages).as_posix() for p in pages.rglob("*.md"))


def test_every_public_name_is_in_the_reference(pages):
    text = "".join(p.read_text(encoding="utf-8") for p in (pages / "reference/api").glob("*.md"))
    for name in tp.__all__:
        assert f"heading: tp.{name}," in text, name


def test_every_option_of_every_command_is_in_the_reference(pages):
    text = "".join(p.read_text(encoding="utf-8") for p in (pages / "reference/cli").glob("*.md"))

    def walk(command, name):
        if command.hidden:
            return
        if hasattr(command, "commands"):
            for sub in command.commands.values():
                walk(sub, f"{name} {sub.name}")
            return
        section = re.search(
            rf"^#+ {re.escape(name)}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL
        )
        assert section, name
        for parameter in command.params:
            if parameter.param_type_name == "option" and not parameter.hidden:
                assert all(f"`{option}`" in section[1] for option in parameter.opts), (
                    name,
                    parameter,
                )

    for command in COMMAND.commands.values():
        walk(command, f"trialpool {command.name}")


def test_every_file_that_the_text_names_exists():
    missing = []
    for page in PAGES:
        text = re.sub(
            r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
        )
        for name in re.findall(r"`([A-Za-z0-9_.-]+/[A-Za-z0-9_./-]+)`", text):
            if not MADE.match(name) and re.search(
                r"\.(py|md|csv|R|json|yaml|smk|txt|png)$|/$", name
            ):
                starts = [*STARTS, *ROOT.glob("workflow/trialpool/*/")]
                if not any((start / name).exists() for start in starts):
                    missing.append(f"{page.relative_to(ROOT)}: {name}")
    assert missing == []


def test_links_outside_the_site_are_the_only_addresses(pages):
    """Pages load nothing from elsewhere: no picture, no script."""
    for page in pages.rglob("*.md"):
        assert not re.search(r"!\[[^\]]*\]\(https?:|<script|<iframe", page.read_text("utf-8")), page

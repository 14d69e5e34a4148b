"""pyproject.toml, requirements.lock and environment.yml agree; nothing private is in them."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from each_case import each_case
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pinned() -> dict[str, str]:
    """Name -> version of the lock, for the Python that runs."""
    pins = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if re.match(r"[A-Za-z0-9]", line):
            pin = Requirement(line.removesuffix("\\").strip())
            if pin.marker is None or pin.marker.evaluate():
                pins[canonicalize_name(pin.name)] = str(pin.specifier).removeprefix("==")
    return pins


def requirements() -> list[Requirement]:
    declared = project()
    extras = declared["optional-dependencies"].values()
    texts = [*declared["dependencies"], *(text for extra in extras for text in extra)]
    found = [Requirement(text) for text in texts]
    # An extra that holds others names the project itself.
    return [requirement for requirement in found if requirement.name != declared["name"]]


@each_case("requirement", requirements())
def test_lock_pins_what_the_project_asks_for(requirement):
    version = pinned().get(canonicalize_name(requirement.name))
    assert version is not None, f"{requirement.name} is not in requirements.lock: run make lock"
    assert requirement.specifier.contains(version)


def test_environment_has_what_the_lock_pins():
    """The running environment is the locked one."""
    from importlib.metadata import version

    for requirement in requirements():
        assert version(requirement.name) == pinned()[canonicalize_name(requirement.name)]


def test_every_pin_has_hashes_and_no_address():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert len(blocks) > 50
    for block in blocks:
        assert "--hash=sha256:" in block, block.splitlines()[0]
    assert not re.search(r"://|file:", text)
    assert not re.findall(r"^\s*--(?!hash=).*", text, re.MULTILINE)


def test_conda_environment_installs_the_same_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, _, nested = environment["dependencies"]
    assert nested == {"pip": ["-r requirements.lock"]}
    assert python == "python=3.11"
    assert project()["requires-python"] == ">=3.11"


@pytest.mark.parametrize(
    "name", ["pandas", "statsmodels", "lifelines", "snakemake", "matplotlib", "pytest"]
)
def test_what_the_users_brief_names_is_locked(name):
    assert name in pinned()


def test_version_is_the_same_everywhere():
    """pyproject.toml says it; the newest numbered section of the changelog has this version."""
    import trialpool
    from trialpool.cli.main import app

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    said = CliRunner().invoke(app, ["--version"]).output.strip()
    assert trialpool.__version__ == said == project()["version"] == citation["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)$", changelog, re.MULTILINE)
    released = [section for section in sections if section != "Unreleased"]
    assert "Unreleased" in sections or released
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ · \d{4}-\d{2}-\d{2}", one) for one in released)
    assert not released or released[0].split(" ")[0] == project()["version"]

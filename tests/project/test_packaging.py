"""Image, Apptainer definition and conda recipe: what a linter would ask of them, and one build."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# Names of conda-forge and bioconda where they are others than on PyPI.
CONDA_NAMES = {"matplotlib": "matplotlib-base", "snakemake": "snakemake-minimal"}


def instructions() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile with their arguments, lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines) if word]


def arguments(name: str) -> list[str]:
    return [rest for word, rest in instructions() if word == name]


def definition() -> dict[str, list[str]]:
    """Sections of the Apptainer definition: name -> lines; its head under ""."""
    sections: dict[str, list[str]] = {"": []}
    name = ""
    for line in (ROOT / "packaging/Apptainer.def").read_text("utf-8").splitlines():
        if line.startswith("%"):
            name = line[1:].strip()
            sections[name] = []
        elif line.strip() and not line.startswith("#"):
            sections[name].append(line.strip())
    return sections


def is_pinned(image: str) -> bool:
    """Whether a name of an image holds one version of Python, and not what is newest."""
    return re.search(r":\d+\.\d+\.\d+-slim-[a-z]+$", image) is not None


def test_both_begin_with_the_same_pinned_image_of_the_python_of_the_lock() -> None:
    base = dict(rest.split("=", 1) for rest in arguments("ARG"))["BASE"]
    assert set(arguments("FROM")) == {"${BASE} AS build", "${BASE}"}
    assert is_pinned(base)
    head = dict(line.split(": ", 1) for line in definition()[""])
    assert head["Bootstrap"] == "docker"
    assert base.endswith(f"/{head['From']}")
    assert "python:3.11." in base
    assert not is_pinned("python:latest")
    assert not is_pinned("python:3.11-slim")


def test_what_is_copied_is_there_and_not_ignored() -> None:
    copied = [rest for rest in arguments("COPY") if not rest.startswith("--from=")]
    sources = [name for rest in copied for name in rest.split()[:-1]]
    assert "requirements.lock" in sources
    kept = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for name in sources:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in kept, name
    assert kept[1] == "*"
    # Neither history nor results, data or tests enter the image.
    assert {line[1:] for line in kept if line.startswith("!")} == set(sources)
    files = [line.split() for line in definition()["files"]]
    assert [source for source, _ in files] == sources
    assert all(target == f"/src/{source}" for source, target in files)


def test_all_is_installed_from_the_lock_with_hashes() -> None:
    from_docker = [step.strip() for run in arguments("RUN") for step in run.split("&&")]
    for steps in (from_docker, definition()["post"]):
        installs = [step for step in steps if " install " in step]
        assert len(installs) == 4
        (uv,) = [step for step in installs if "/pip install" in step]
        makefile = (ROOT / "Makefile").read_text("utf-8")
        version = re.search(r"^UV_VERSION := (.+)$", makefile, re.MULTILINE)
        assert version
        assert f"uv=={version[1]}" in uv.replace("${UV_VERSION}", uv_version()).replace('"', "")
        (wheel,) = [step for step in installs if "/wheel/*.whl" in step]
        assert "--no-deps" in wheel
        for step in installs:
            if step not in (uv, wheel):
                assert "--require-hashes" in step, step
                assert "--constraint requirements.lock" in step, step
        assert not any("apt-get" in step or "curl" in step for step in steps)


def uv_version() -> str:
    return dict(rest.split("=", 1) for rest in arguments("ARG"))["UV_VERSION"]


def test_it_runs_as_nobody_in_particular_and_says_what_it_is() -> None:
    assert arguments("USER") == ["1000"]
    words = [word for word, _ in instructions()]
    assert words.index("USER") > len(words) - 1 - words[::-1].index("RUN")
    assert arguments("ENTRYPOINT") == ['["trialpool"]']
    assert 'exec trialpool "$@"' in definition()["runscript"]
    assert arguments("WORKDIR")[-1] == "/review"
    (labels,) = arguments("LABEL")
    said = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', labels))
    given = dict(rest.split("=", 1) for rest in arguments("ARG"))
    assert said["licenses"] == PROJECT["license"]
    assert said["description"] == PROJECT["description"]
    assert said["title"] == PROJECT["name"]
    assert given["VERSION"] == PROJECT["version"]
    cluster = dict(line.split(" ", 1) for line in definition()["labels"])
    assert cluster["org.opencontainers.image.version"] == PROJECT["version"]
    assert cluster["org.opencontainers.image.licenses"] == PROJECT["license"]


def conda(requirement: str) -> str:
    """Return a requirement of pyproject.toml as conda writes it."""
    parsed = Requirement(requirement)
    bounds = sorted(str(parsed.specifier).split(","), reverse=True)
    return f"{CONDA_NAMES.get(parsed.name, parsed.name)} {','.join(bounds)}"


def test_the_recipe_asks_for_what_the_project_asks_for() -> None:
    recipe = yaml.safe_load((ROOT / "packaging/recipe.yaml").read_text("utf-8"))
    asked = recipe["requirements"]
    python = f"python {PROJECT['requires-python']}"
    assert asked["run"] == [python, *(conda(text) for text in PROJECT["dependencies"])]
    extras = PROJECT["optional-dependencies"]
    texts = [
        text
        for extra in ("figures", "frames", "curves", "report", "pipeline")
        for text in extras[extra]
        if Requirement(text).name != "trialpool"
    ]
    assert asked["run_constraints"] == [conda(text) for text in texts]
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    assert asked["host"] == [python, "pip", *(conda(text) for text in build)]
    assert recipe["package"] == {"name": PROJECT["name"], "version": PROJECT["version"]}
    assert recipe["about"]["license"] == PROJECT["license"]
    assert recipe["about"]["license_file"] == PROJECT["license-files"]
    assert recipe["build"]["noarch"] == "python"
    (entry,) = recipe["build"]["python"]["entry_points"]
    name, _, target = entry.partition(" = ")
    assert PROJECT["scripts"] == {name: target}


def engine(base: str) -> str | None:
    """A program that builds images here and reaches the base image; None where there is none."""
    for name in ("docker", "podman"):
        if shutil.which(name):
            pulled = subprocess.run([name, "pull", base], check=False, capture_output=True)
            if pulled.returncode == 0:
                return name
    return None


@pytest.mark.wheel
def test_the_image_is_built_where_a_builder_is_and_linted_elsewhere(tmp_path: Path) -> None:
    base = dict(rest.split("=", 1) for rest in arguments("ARG"))["BASE"]
    if name := engine(base):
        subprocess.run([name, "build", "-t", "trialpool-test", str(ROOT)], check=True)
        review = ["-v", f"{tmp_path}:/review", "--user", "4321:4321"]
        tmp_path.chmod(0o777)
        command = [
            name,
            "run",
            "--rm",
            *review,
            "trialpool-test",
            "init",
            "new",
            "--example",
            "bcg",
        ]
        subprocess.run(command, check=True)
        assert (tmp_path / "new/results/report/index.html").is_file()
    if lint := shutil.which("hadolint"):
        subprocess.run([lint, str(ROOT / "Dockerfile")], check=True)
    known = {"ARG", "FROM", "ENV", "WORKDIR", "COPY", "RUN", "LABEL", "USER", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in instructions()} == known
    for run in [*arguments("RUN"), "\n".join(definition()["post"])]:
        # What the shell cannot parse no builder can run.
        subprocess.run(["sh", "-n"], input=run, text=True, check=True)

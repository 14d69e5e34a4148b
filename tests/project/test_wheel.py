"""The wheel holds everything that the commands read: they run from it, far from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from trialpool.records.files import read_result

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).resolve().parents[2]
# Beside the package in a checkout, inside it in the wheel.
BESIDE = (
    "Snakefile",
    *("workflow/profiles", "workflow/report", "workflow/rules", "workflow/schemas"),
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs of an environment that held nothing, with the wheel and the versions of the lock."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    uv = str(Path(sys.executable).parent / "uv")
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    subprocess.run(
        [
            *(uv, "pip", "install", "-q", "--constraint", str(ROOT / "requirements.lock")),
            f"{wheel}[pipeline]",
        ],
        check=True,
        env={**os.environ, "VIRTUAL_ENV": str(folder), "UV_SYSTEM_CERTS": "1"},
    )
    return folder / "bin"


def test_pooling_alone_is_little_more_than_numpy_and_scipy(wheel: Path, tmp_path: Path) -> None:
    uv = str(Path(sys.executable).parent / "uv")
    subprocess.run(
        [uv, "venv", "-q", "--python", sys.executable, str(tmp_path / "env")], check=True
    )
    subprocess.run(
        [uv, "pip", "install", "-q", "--constraint", str(ROOT / "requirements.lock"), str(wheel)],
        check=True,
        env={**os.environ, "VIRTUAL_ENV": str(tmp_path / "env"), "UV_SYSTEM_CERTS": "1"},
    )
    packages = next((tmp_path / "env").glob("lib/python*/site-packages"))
    sizes = {"others": 0, "core": 0}
    for file in packages.rglob("*"):
        core = file.relative_to(packages).parts[0].split(".")[0] in ("numpy", "scipy")
        sizes["core" if core else "others"] += file.lstat().st_size
    # Of these 12 are trialpool, most of it fonts.
    assert sizes["others"] < 30e6
    table = tmp_path / "trials.csv"
    table.write_text("hr,ci_lower,ci_upper\n0.7,0.5,0.98\n0.8,0.6,1.07\n", "utf-8")
    command = [str(tmp_path / "env/bin/trialpool"), "pool", str(table)]
    subprocess.run(command, check=True, capture_output=True)


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_file_of_the_package_and_of_the_workflow_is_in_it(
    wheel: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    expected = files(ROOT / "workflow" / "trialpool")
    for name in BESIDE:
        place = ROOT / name
        found = {f"{name}/{file}" for file in files(place)} if place.is_dir() else {name}
        assert found
        expected |= found
    assert files(tmp_path / "trialpool") == expected


def test_an_example_is_started_and_built_without_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    """Pooled as metafor pools it (tests/reviews/test_scaffold.py); the report is there."""
    home = tmp_path / "leeres Zuhause"
    home.mkdir()
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}

    def run(*arguments: str, here: Path = home) -> str:
        command = [str(installed / "trialpool"), *arguments]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=here, env=environment
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    run("init", "Übersicht", "--example", "bcg")
    review = home / "Übersicht"
    result = read_result(review / "results/questions/tuberculosis/result.json")
    assert result.groups[0].tau2 == pytest.approx(0.313243, abs=1e-5)
    assert (review / "results/report/index.html").is_file()
    # Nothing is built again, from the folder above, from inside, or by Snakemake itself.
    assert "Nothing to be done" in run("build", "Übersicht")
    assert "Nothing to be done" in run("build", here=review)
    done = subprocess.run(
        [str(installed / "snakemake"), "--cores", "1", "--quiet", "host"],
        check=True,
        capture_output=True,
        text=True,
        cwd=review,
        env=environment,
    )
    assert "Nothing to be done" in done.stderr
    # There is no lock that a conda environment could install: jobs run in this one.
    command = [str(installed / "snakemake"), "-n", "--forceall", "--cores", "1", "--sdm", "conda"]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=review, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert "Creating conda environment" not in done.stderr
    # A setting that the schemas do not know is found: they are the ones that were read.
    config = review / "config/config.yaml"
    config.write_text(config.read_text("utf-8") + "unheard_of: 1\n", "utf-8")
    done = subprocess.run(
        [str(installed / "trialpool"), "build"],
        check=False,
        capture_output=True,
        text=True,
        cwd=review,
        env=environment,
    )
    assert done.returncode == 1
    assert "unheard_of" in done.stderr
    assert "Snakefile" not in done.stderr

"""One command builds any review: from any folder, with code that nobody may write."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from trialpool.records.files import read_result

pytestmark = [pytest.mark.pipeline, pytest.mark.builds]

ROOT = Path(__file__).resolve().parents[2]
OF_THE_REVIEW = ("config", "data")
# Write bits do not bind root: for it the code is mounted so that nobody can write.
MOUNTED = """
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
cd "$PWD"
shift
exec "$@"
"""
OF_THE_CODE = ("Snakefile", "requirements.lock", "environment.yml", "workflow")


def copied(name: str, target: Path) -> None:
    source = ROOT / name
    if source.is_dir():
        shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target / name)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with blanks and letters of other languages.

    Its `code` is a checkout without write bits; `shipped` holds the shipped review.
    """
    folder = tmp_path_factory.mktemp("anywhere") / "Überblick à deux"
    (folder / "code").mkdir(parents=True)
    (folder / "shipped").mkdir()
    for name in OF_THE_CODE:
        copied(name, folder / "code")
    for name in OF_THE_REVIEW:
        copied(name, folder / "shipped")
    for path in (folder / "code", *(folder / "code").rglob("*")):
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    yield folder
    for path in (folder / "code").rglob("*"):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    (folder / "code").chmod(0o755)


def run(place: Path, here: Path, *arguments: str) -> str:
    """Run a command of the code of this place in a folder."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(place / "code/workflow"),
        "HOME": str(place),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "trialpool.cli.main", *arguments]
    if os.geteuid() == 0:
        command = ["unshare", "--mount", "sh", "-ec", MOUNTED, "sh", str(place / "code"), *command]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=here, env=environment
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Traceback" not in said
    return said


def test_examples_from_above_from_inside_and_from_elsewhere(place: Path) -> None:
    """The code is read where it lies: nothing was compiled beside it."""
    run(place, place, "init", "eins zwei", "--example", "bcg")
    result = read_result(place / "eins zwei/results/questions/tuberculosis/result.json")
    assert result.groups[0].tau2 == pytest.approx(0.313243, abs=1e-5)
    run(place, Path("/"), "init", str(place / "חולים"), "--example", "heart-failure")
    for name in ("eins zwei", "חולים"):
        assert (place / name / "results/report/report.pdf").is_file()
        assert "Nothing to be done" in run(place, place / name / "data/raw", "build", "../..")
    assert not list((place / "code").rglob("__pycache__"))


@pytest.mark.parametrize(
    ("here", "arguments"),
    [
        ("shipped", []),
        (".", ["shipped"]),
        ("code", ["--config", "../shipped/config/config.yaml"]),
    ],
)
def test_the_shipped_review_from_three_folders(
    place: Path, here: str, arguments: list[str]
) -> None:
    """Its jobs are listed; tests/pipeline and `make check` build it."""
    said = run(place, place / here, "build", *arguments, "--snakemake-args", "-n")
    assert "This was a dry-run" in said
    assert "checkpoint select" in said or "Selecting the rows" in said
    assert not (place / "shipped/results/manifest.json").exists()

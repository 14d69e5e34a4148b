"""The wheel holds everything that the commands read: they run from it, far from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network, as a folder of modules."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "modules")
    return folder / "modules"


def run(modules: Path, review: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=review,
        env={**os.environ, "PYTHONPATH": str(modules)},
    )


def test_every_file_of_the_package_and_the_schemas_are_in_it(unpacked: Path) -> None:
    def files(folder: Path) -> set[str]:
        return {
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    own = files(ROOT / "workflow" / "trialpool")
    schemas = {f"schemas/{name}" for name in files(ROOT / "workflow" / "schemas")}
    assert schemas
    assert files(unpacked / "trialpool") == own | schemas


def test_commands_that_read_a_configuration_run_from_it(unpacked: Path, review: Path) -> None:
    where = run(unpacked, review, "-c", "import trialpool; print(trialpool.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(unpacked)
    table = (review / "data/raw/time_to_event.csv").read_text(encoding="utf-8").splitlines()
    new = review / "new" / "time_to_event.csv"
    new.parent.mkdir()
    new.write_text("\n".join([table[0], table[1].replace(".t01", ".t09")]) + "\n", "utf-8")
    for arguments in (
        ("audit", "data/raw"),
        ("explain", "deliver"),
        ("check-row", "new"),
        ("new-trial", "soloist", "--arms", "new,old", "--endpoint", "CVD"),
    ):
        done = run(unpacked, review, "-m", "trialpool.cli.main", *arguments)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == 0 or arguments[0] == "check-row", (arguments, done.stdout)
    # A setting that the schemas do not know is found: they are the ones that were read.
    config = review / "config/config.yaml"
    config.write_text(config.read_text("utf-8") + "unheard_of: 1\n", "utf-8")
    done = run(unpacked, review, "-m", "trialpool.cli.main", "audit", "data/raw")
    assert done.returncode == 1
    assert "unheard_of" in done.stdout

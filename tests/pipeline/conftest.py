"""One build of the heart-failure review for all tests that only need one to start from."""

import shutil
from pathlib import Path

import pytest
from built_reviews import EVERY_JOB, Review, copy
from shared_builds import once

NOTING = Path(__file__).with_name("noting")


def _build(folder: Path) -> None:
    notes = folder / "loaded"
    notes.mkdir()
    noting = {"PYTHONPATH": str(NOTING), "NOTE_LOADED": str(notes)}
    assert copy(folder / "review").jobs(**noting) == EVERY_JOB


@pytest.fixture(scope="session")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The review as first built, by whichever process of the tests comes first."""
    return once(tmp_path_factory.getbasetemp(), "build", _build) / "review"


@pytest.fixture(scope="module")
def built(first_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Review:
    """The built review, a copy for each module; tests leave it as they found it."""
    target = tmp_path_factory.mktemp("built") / "review"
    shutil.copytree(first_build, target)
    return Review(target)

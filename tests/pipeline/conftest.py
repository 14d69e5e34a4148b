"""One build of the heart-failure review for all tests that only need one to start from."""

import os
import shutil
import time
from pathlib import Path

import pytest
from built_reviews import EVERY_JOB, Review, copy


@pytest.fixture(scope="session")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The review as first built, by whichever process of the tests comes first."""
    base = tmp_path_factory.getbasetemp()
    # As deep as its copies: rules name the package's files by the way from the review to them.
    several = "PYTEST_XDIST_WORKER" in os.environ
    folder = base.parent / "first" / "build" if several else base / "build"
    folder.parent.mkdir(exist_ok=True)
    try:
        folder.mkdir()
    except FileExistsError:
        while not (folder / "done").exists():
            time.sleep(0.2)
    else:
        try:
            assert copy(folder / "review").jobs() == EVERY_JOB
            (folder / "complete").touch()
        finally:
            (folder / "done").touch()
    assert (folder / "complete").exists(), "the first build failed"
    return folder / "review"


@pytest.fixture(scope="module")
def built(first_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Review:
    """The built review, a copy for each module; tests leave it as they found it."""
    target = tmp_path_factory.mktemp("built") / "review"
    shutil.copytree(first_build, target)
    return Review(target)

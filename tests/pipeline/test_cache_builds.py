"""The cache changes how long a build takes, and no byte of what it makes."""

import shutil
from pathlib import Path

import pytest
from built_reviews import EVERY_JOB, Review

from trialpool.cache import FOLDER

pytestmark = [pytest.mark.pipeline, pytest.mark.builds]


def test_the_same_bytes_cold_warm_with_a_damaged_cache_and_without(
    first_build: Path, tmp_path: Path
) -> None:
    shutil.copytree(first_build, tmp_path / "review")
    review = Review(tmp_path / "review")
    kept = review.folder / ".trialpool-cache"
    cold, entries = review.hashes(), sorted(kept.iterdir())
    assert entries
    # Every other entry is damaged; the rest is taken as it is.
    for entry in entries[::2]:
        entry.write_bytes(entry.read_bytes()[:-1])
    assert again(review) == cold
    assert sorted(kept.iterdir()) == entries
    shutil.rmtree(kept)
    assert again(review, **{FOLDER: ""}) == cold
    assert not kept.exists()


def again(review: Review, **environment: str) -> dict[str, str]:
    """Digests of all results after a build from nothing."""
    for name in ("results", ".snakemake"):
        shutil.rmtree(review.folder / name)
    assert review.jobs(**environment) == EVERY_JOB
    return review.hashes()

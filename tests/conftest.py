"""A small review to break: four heart-failure trials, copied for each test."""

import functools
import gc
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.testing
from hypothesis import HealthCheck, settings
from shared_builds import build_shipped_review, once

from trialpool.audit.run import audit
from trialpool.findings import Finding
from trialpool.reviews import example
from trialpool.settings import load_settings

# The tree of commands is built once for a process, as the shell does, and not for each call.
typer.testing._get_command = functools.cache(typer.testing._get_command)


def pytest_collection() -> None:
    """Ten thousand tests stay until the end: to look through them for garbage gains nothing."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Only what tests make is looked through from here on."""
    gc.freeze()
    gc.enable()


ROOT = Path(__file__).resolve().parents[1]
HEART_FAILURE = example("heart-failure")


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """Copy of the heart-failure review's config and data."""
    target = tmp_path / "review"
    shutil.copytree(HEART_FAILURE, target, ignore=shutil.ignore_patterns("results", ".snakemake"))
    return target


@pytest.fixture(scope="session")
def shipped_review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the shipped review with all its records, to read only."""
    return once(tmp_path_factory.getbasetemp(), "shipped", build_shipped_review)


@pytest.fixture
def findings_of() -> Callable[[Path], list[Finding]]:
    """Audit of a review's folder."""

    def run(folder: Path) -> list[Finding]:
        settings, faults = load_settings(folder / "config" / "config.yaml", folder)
        tables = list(settings.config.get("tables", []))
        raw = folder / "data" / "raw"
        return audit(raw, tables, settings, faults)

    return run


# The same examples in every run of CI, new ones on a developer's machine; a busy one is no failure.
# `make test` takes half of them, `make test-slow` all.
settings.register_profile(
    "own",
    max_examples=int(os.environ.get("EXAMPLES", "100")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("ci", settings.get_profile("own"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "own")

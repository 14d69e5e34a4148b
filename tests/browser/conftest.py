"""The built report in a real browser: Debian's Chromium, driven by playwright.

`make test-browser` builds the report first. Without a browser these tests fail.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from site_reader import Reader

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report, moved to a folder with a space and an umlaut in its name."""
    built = Path(os.environ.get("TRIALPOOL_SITE", ROOT / "results" / "report"))
    assert (built / "index.html").is_file(), f"no report in {built}: run make report"
    target = tmp_path_factory.mktemp("moved") / "ein anderer Ort für den Bericht"
    shutil.copytree(built, target)
    return target


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found is not None, "no Chromium on this machine: install Debian's chromium"
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def reader(browser: Browser, site: Path) -> Iterator[Reader]:
    """A reader with a fresh profile."""
    one = Reader(browser, site)
    yield one
    one.context.close()

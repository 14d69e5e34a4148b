"""The pages of two made-up questions, rendered once for the modules that read them."""

from __future__ import annotations

import pytest
from html_reader import Page
from report_records import (
    FINDINGS,
    figures,
    records,
)
from site_pages import questions, texts


@pytest.fixture(scope="session")
def html() -> str:
    return questions(records(), figures(), findings=FINDINGS)


@pytest.fixture(scope="session")
def site() -> dict[str, str]:
    return texts(records(), figures(), findings=FINDINGS)


@pytest.fixture(scope="session")
def page(html: str) -> Page:
    return Page(html)

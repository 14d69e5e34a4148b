"""Every sample record, drawn once."""

from __future__ import annotations

from functools import cache

import pytest
from forest_records import all_records

from trialpool.figures import ForestFigure, draw_forest
from trialpool.files import read_json
from trialpool.records.files import result_of

NAMES = tuple(all_records())


@cache
def _drawn(name: str) -> ForestFigure:
    return draw_forest(result_of(all_records()[name]))


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def result(name):
    return result_of(all_records()[name])


@pytest.fixture
def drawn(name):
    return _drawn(name)


@pytest.fixture(scope="session")
def real(shipped_review):
    """Records of this review by question."""
    folders = sorted((shipped_review / "results/questions").iterdir())
    return {folder.name: result_of(read_json(folder / "result.json")) for folder in folders}

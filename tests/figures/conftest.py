"""Every sample record, drawn once."""

from __future__ import annotations

from functools import cache

import pytest
from forest_records import all_records
from plain_records import made
from real_records import build_records

from trialpool.figures import ForestFigure, draw_forest

NAMES = tuple(all_records())


@cache
def _drawn(name: str) -> ForestFigure:
    return draw_forest(made(all_records()[name]))


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def result(name):
    return made(all_records()[name])


@pytest.fixture
def drawn(name):
    return _drawn(name)


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    """Records of this review by question, built once."""
    return build_records(tmp_path_factory.mktemp("review"))

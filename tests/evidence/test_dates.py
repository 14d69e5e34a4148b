"""Dates of data cuts: a day or a month."""

import pytest

from trialpool.evidence.validation import CELL_TESTS


@pytest.mark.parametrize("text", ["", "2018-11-23", "2018-11", "2024-02-29"])
def test_days_and_months(text):
    assert CELL_TESTS["date"](text)


@pytest.mark.parametrize(
    "text",
    ["2018", "11/2018", "2018-13", "2023-02-29", "2018-1", "20181123", "2018-11-", "٢٠١٨-11"],
)
def test_what_is_neither(text):
    assert not CELL_TESTS["date"](text)

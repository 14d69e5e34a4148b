"""Rows in their own words: every number stays as its report prints it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trialpool.evidence.printed_rows import RESULT_TABLES, printed_row
from trialpool.evidence.reading import read_evidence

RAW = Path(__file__).resolve().parents[2] / "data" / "raw"


def contrast(**cells):
    return {"measure": "HR", "estimate": "", "ci_lower": "", "ci_upper": "", **cells}


@pytest.mark.parametrize(
    ("table", "row", "expected"),
    [
        (
            "time_to_event",
            contrast(estimate="0.74", ci_lower="0.58", ci_upper="0.94", ci_level="95"),
            "HR 0.74 (0.58 to 0.94)",
        ),
        (
            "time_to_event",
            contrast(estimate="0.70", ci_lower="0.5", ci_upper="1.10", ci_level="90", p_value=".1"),
            "HR 0.70 (90% interval 0.5 to 1.10), p .1",
        ),
        (  # PRECIOUS prints one limit only
            "time_to_event",
            contrast(estimate="1.03", ci_upper="1.36", ci_level="95", limit_sides="upper"),
            "HR 1.03 (upper limit 1.36, one-sided 95%)",
        ),
        ("time_to_event", contrast(estimate="0.658", p_value=".0021"), "HR 0.658, p .0021"),
        (
            "time_to_event",
            contrast(median_experimental="11", median_control="NR", time_unit="months"),
            "medians 11 v NR months",
        ),
        ("time_to_event", contrast(events_experimental="12", events_control="9"), "events 12 v 9"),
        ("time_to_event", contrast(), ""),
        ("responses", {"events": "18", "n": "64", "percent": "28.1"}, "18/64, 28.1%"),
        ("responses", {"events": "", "n": "64", "percent": "28.1%"}, "28.1% of 64"),
        ("responses", {"events": "101", "n": "", "percent": "47.9"}, "101 events, 47.9%"),
        ("responses", {"events": "", "n": "64", "percent": ""}, ""),
        (
            "responses",
            {"events": "", "n": "", "percent": "25", "ci_lower": "13.1", "ci_upper": "36.9"},
            "25% (13.1 to 36.9)",
        ),
        (
            "response_contrasts",
            contrast(measure="RD", estimate="17.5", ci_lower="6.9", ci_upper="28.0"),
            "RD 17.5 (6.9 to 28.0)",
        ),
        (  # BCD-022 prints an interval without its estimate
            "response_contrasts",
            contrast(measure="RD", ci_lower="-8.05", ci_upper="19.89", ci_level="95"),
            "RD (-8.05 to 19.89)",
        ),
        (
            "biomarker_contrasts",
            contrast(measure="percent", value_a="40", value_b="18.5"),
            "percent 40 v 18.5",
        ),
        (
            "reconstructed_survival",
            {"horizon_months": "12", "rmst_experimental": "11.90734", "rmst_control": "11.81772"},
            "restricted means 11.9 v 11.8 months within 12 months",
        ),
    ],
)
def test_what_a_row_prints(table, row, expected):
    assert printed_row(table, row) == expected


def test_no_digit_of_the_shipped_tables_is_changed_or_lost():
    evidence = read_evidence(RAW)
    numbers = ("estimate", "ci_lower", "ci_upper", "events", "n", "percent", "p_value")
    for table in RESULT_TABLES[:-1]:  # restricted means are computed, and rounded
        for row in evidence.rows(table):
            words = set(_words(printed_row(table, row)))
            for name in numbers:
                if name == "n" and not row.get("events") and not row.get("percent"):
                    continue  # how many were asked is no result
                for part in _words(row.get(name, "")):
                    assert part in words, (row["row_id"], name)


def _words(text):
    return re.findall(r"[^\s(),/%]+", str(text))

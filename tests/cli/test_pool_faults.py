"""`trialpool pool` on tables that it refuses: every fault named, nothing printed."""

from __future__ import annotations

import pytest

GENERIC = "yi,vi\n-0.3,0.02\n-0.1,0.03\n0.2,0.05\n"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("yi,se", "'se' does not say enough: the standard error of yi is called sei"),
        ("yi,var", "'var' does not say enough: the sampling variance of yi is called vi"),
        ("yi,variance", "the sampling variance of yi is called vi"),
        ("hr,ci_lower", "a hazard ratio needs ci_lower and ci_upper"),
        ("log_hr,se", "the standard error of yi is called sei"),
        ("HR,CI_lower", "no accepted set of columns; found: HR, CI_lower"),
        ("estimate,sei", "an effect on the analysis scale is called yi"),
        ("a,b", "no accepted set of columns; found: a, b; accepted is one of: yi and vi (or sei)"),
    ],
)
def test_ambiguous_columns(faults, header, words):
    (finding,) = faults(f"{header}\n1,2\n")
    assert (finding.rule, finding.line) == ("columns", 1)
    assert words in finding.message


def test_two_sets_of_columns(faults):
    (finding,) = faults("yi,vi,o_minus_e,variance\n1,1,1,1\n")
    assert "only one can be meant" in finding.message


def test_faulty_cells_are_told_all_at_once(faults):
    table = """\
study,hr,ci_lower,ci_upper,ci_level
a,-0.3,0.5,0.9,95
"b
c",0.7,,0.9,95
d,0.7,0.5,0.9,0.95

e,2.0,0.5,0.9,95
f,0.7,0.9,0.5,95
g,"0,7",0.5,0.9,95
h,NaN,0.5,0.9,95
i,0.7,0.5,0.9,95
"""
    found = faults(table)
    assert [(f.file, f.line, f.column, f.value, f.rule) for f in found] == [
        ("trials.csv", 2, "hr", "-0.3", "positive-ratio"),
        ("trials.csv", 3, "ci_lower", "", "number"),
        ("trials.csv", 5, "ci_level", "0.95", "interval-level"),
        ("trials.csv", 7, "hr", "2.0", "interval-holds-estimate"),
        ("trials.csv", 8, "ci_lower", "0.9", "interval-order"),
        ("trials.csv", 9, "hr", "0,7", "number-format"),
        ("trials.csv", 10, "hr", "NaN", "number"),
    ]
    assert all(f.level == "fatal" and f.message and f.remedy for f in found)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("yi,vi\n0.1,0\n", (2, "vi", "positive-variance")),
        ("yi,sei\n0.1,-1\n", (2, "sei", "positive-error")),
        ("yi,vi,sei\n0.1,0.2,0.2\n", (2, "sei", "error-squared-is-variance")),
        ("yi,vi\nlow,1\n", (2, "yi", "number")),
        ("yi,vi\n0.1,inf\n", (2, "vi", "number")),
        ("yi,vi\n0.1,1\n0.1\n", (3, "", "row-length")),
        ("yi,vi\n0.1,1\n0.1,1,1\n", (3, "", "row-length")),
        ("yi,vi\n", (None, "", "rows-exist")),
        ("\ufeffyi,vi\r\n\r\n", (None, "", "rows-exist")),
        ("yi,vi,vi\n0.1,1,1\n", (1, "", "column-once")),
        ('yi,vi\n0.1,"1\n', (2, "", "csv")),
        ("", (None, "", "file-not-empty")),
        (" \n", (None, "", "file-not-empty")),
        (b"yi,vi\n\xff,1\n", (2, "yi", "number")),
        ("study,yi,vi\nÅ,0.1,1\n".encode() + b"\xff,1,1\n", (3, "", "utf-8")),
        (GENERIC.encode("utf-16-le"), (None, "", "text-file")),
        ("yi,vi\n0.1,1e-70\n0.2,1\n", (None, "", "range")),
        ("variance,o_minus_e\n0,1\n", (2, "variance", "positive-variance")),
    ],
)
def test_one_fault(faults, table, expected):
    (finding,) = faults(table)
    assert (finding.line, finding.column, finding.rule) == expected
    assert finding.remedy

"""A damaged number in a good table: refused, warned of, without effect, or counted as silent."""

from collections import Counter, defaultdict

import pytest
from damage import KINDS, damaged, emptied, letters, limits_swapped, row_doubled

# What no reader can see is a number that might as well be right;
# docs/reference/warnings.md has the shares.
# Of each kind, at most this share is silent; and moves the pool by half its standard error.
SILENT = {
    "digit_dropped": (0.40, 0.18), "digit_doubled": (0.25, 0.11), "point_moved": (0.12, 0.04),
    "sign_flipped": (0.16, 0.07), "letters": (0.0, 0.0), "rows_swapped": (0.72, 0.09),
    "columns_swapped": (0.27, 0.06), "limits_swapped": (0.0, 0.0),
    "error_as_variance": (0.45, 0.14), "percent": (0.09, 0.03), "thousands": (0.0, 0.0),
    "wrong_bytes": (0.0, 0.0), "row_doubled": (0.0, 0.0), "total_row": (0.08, 0.0),
    "emptied": (0.0, 0.0), "line_cut": (0.08, 0.02),
}  # fmt: skip
SURE = (letters, limits_swapped, row_doubled, emptied)


@pytest.mark.fuzz
def test_a_thousand_damaged_tables(tmp_path):
    found = defaultdict(Counter)
    for number in range(1000):
        one = damaged(number, tmp_path / "damaged.csv")
        found[one.kind][one.result] += 1
        if one.result == "silent":
            moved = abs(one.bad.estimate - one.good.estimate) / one.good.se
            found[one.kind]["moved"] += moved > 0.5
        # A refusal names its rule and says what to do.
        assert one.bad.estimate is not None or all("[" in line for line in one.bad.told)
    assert set(found) == {kind.__name__ for kind in KINDS} == set(SILENT)
    for kind, results in found.items():
        tables = results.total() - results["moved"]
        silent, moved = SILENT[kind]
        assert results["silent"] <= silent * tables, (kind, results)
        assert results["moved"] <= moved * tables, (kind, results)
    together = sum(found.values(), Counter())
    assert together["silent"] <= 0.15 * 1000
    assert together["moved"] <= 0.05 * 1000


def test_what_is_never_silent(tmp_path):
    for number in range(24):
        one = damaged(number, tmp_path / "damaged.csv", SURE)
        assert one.result != "silent", (one.kind, one.raw)

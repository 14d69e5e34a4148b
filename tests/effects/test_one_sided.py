"""Rung 6, a ratio with one limit, and what the sides of a p-value open and close."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trialpool.audit.context import AuditContext
from trialpool.audit.ratios.intervals import interval_complete, interval_holds_estimate
from trialpool.audit.ratios.p_values import p_one_sided
from trialpool.effects.one_sided import ONE_LIMIT
from trialpool.effects.rung import disagreement
from trialpool.effects.rungs import first_usable, rungs_of
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence, RawTable
from trialpool.evidence.validation import check_contents

Z90, Z95, Z975 = 1.2815515655446004, 1.6448536269514722, 1.959963984540054
TABLE = TABLES["time_to_event"]


def row(**cells: str) -> dict[str, str]:
    names = [column.name for column in (*TABLE.columns, *TABLE.optional)]
    return dict.fromkeys(names, "") | {"biomarker": "", "population": "ITT"} | cells


def rung(number: int, **cells: str):
    (found,) = [rung for rung in rungs_of(row(**cells)) if rung.number == number]
    return found


def judged(rule, **cells: str):
    table = RawTable(tuple(row()), ({**row(**cells), LINE: 2},))
    return list(rule.judge(AuditContext(Evidence({"time_to_event": table}), None)))


def test_precious_blinded_review_has_the_standard_error_of_its_upper_limit():
    """JCOG1607: 1.03, one-sided 95 % upper limit 1.36; METHODS §1 gives 0.169."""
    precious = {"estimate": "1.03", "ci_upper": "1.36", "ci_level": "95", "limit_sides": "upper"}
    found = first_usable(rungs_of(row(**precious)))
    assert found.number == 6
    assert found.name == ONE_LIMIT
    assert found.sei == pytest.approx(0.169, abs=5e-4)
    assert found.yi == pytest.approx(math.log(1.03), rel=1e-15)
    assert found.flags == ("standard error from the upper limit alone, one-sided 95%",)


def test_a_lower_limit_without_a_level_is_taken_as_of_a_two_sided_95_interval_and_says_so():
    """NSABP B-41 OS: 1.46, lower limit 0.68, level and upper limit not read."""
    found = rung(6, estimate="1.46", ci_lower="0.68", limit_sides="lower")
    assert found.sei == pytest.approx(math.log(1.46 / 0.68) / Z975, rel=1e-12)
    assert "level not printed" in found.flags[0]


def test_one_limit_of_persephone_agrees_with_its_whole_interval():
    """PERSEPHONE: 1.07 (90 % 0.93 to 1.24): either limit, one-sided 95 %, is the same interval."""
    whole = rung(1, estimate="1.07", ci_lower="0.93", ci_upper="1.24", ci_level="90")
    upper = rung(6, estimate="1.07", ci_upper="1.24", ci_level="95", limit_sides="upper")
    lower = rung(6, estimate="1.07", ci_lower="0.93", ci_level="95", limit_sides="lower")
    assert disagreement(whole, upper) == 0.0
    assert disagreement(whole, lower) == 0.0


@given(
    st.floats(-1.5, 1.5),
    st.floats(0.05, 0.6),
    st.sampled_from([("90", Z90), ("95", Z95), ("97.5", Z975)]),
    st.sampled_from(["upper", "lower"]),
    st.integers(2, 3),
)
def test_the_true_standard_error_lies_inside_what_rounding_leaves(yi, se, level, side, digits):
    limit = math.exp(yi + level[1] * se * (1 if side == "upper" else -1))
    cells = {"estimate": f"{math.exp(yi):.{digits}f}", f"ci_{side}": f"{limit:.{digits}f}"}
    assume(float(cells[f"ci_{side}"]) > 0 and cells["estimate"] != cells[f"ci_{side}"])
    found = rung(6, **cells, ci_level=level[0], limit_sides=side)
    assert found.sei_lower - 1e-12 <= se <= found.sei_upper + 1e-12
    assert found.sei_lower <= found.sei <= found.sei_upper


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"ci_upper": "0.90", "limit_sides": "upper"}, "wrong side"),
        ({"ci_lower": "0.90", "ci_upper": "1.36", "limit_sides": "upper"}, "given too"),
        ({"ci_upper": "1.36", "ci_level": "5", "limit_sides": "upper"}, "level"),
    ],
)
def test_what_cannot_be_one_limit_gives_no_standard_error_by_any_rung(cells, words):
    found = rungs_of(row(estimate="1.03", **cells))
    assert first_usable(found) is None
    assert words in found[-1].reason


def test_a_lone_limit_is_no_rung_where_the_row_does_not_say_that_it_is_the_only_one():
    assert rungs_of(row(estimate="1.03", ci_upper="1.36", ci_level="95")) == ()


def test_two_sides_open_rung_3_and_one_side_closes_it_whatever_the_cell_says():
    """DESTINY-Breast02 OS: 0.658, p = .0021 (two-sided): 0.136."""
    plain = rung(3, estimate="0.658", p_value="0.0021")
    assert not plain.is_usable
    two = rung(3, estimate="0.658", p_value="0.0021", p_sides="2")
    assert two.is_usable
    assert two.sei == pytest.approx(0.136, abs=5e-4)
    one = rung(3, estimate="0.658", p_value="0.0021 (two-sided)", p_sides="1")
    assert not one.is_usable
    assert one.sei is None
    contradicts = rung(3, estimate="0.658", p_value="0.0021 (one-sided)", p_sides="2")
    assert not contradicts.is_usable


def test_the_audit_asks_for_the_named_limit_and_no_other():
    good = {"estimate": "1.03", "ci_upper": "1.36", "limit_sides": "upper"}
    assert judged(interval_complete, **good) == [None]
    assert judged(interval_holds_estimate, **good) == [None]
    (missing,) = judged(interval_complete, **good | {"limit_sides": "lower"})
    assert missing.level == "warning"
    (both,) = judged(interval_complete, **good | {"ci_lower": "0.78"})
    assert both.level == "warning"
    (outside,) = judged(interval_holds_estimate, **good | {"ci_upper": "0.95"})
    assert outside.level == "fatal"


def test_a_p_value_in_a_column_of_one_side_is_not_called_an_undeclared_one():
    printed = {"estimate": "0.96", "ci_lower": "0.79", "ci_upper": "1.17", "p_value": "0.3392"}
    (found,) = judged(p_one_sided, **printed)
    assert found is not None
    assert judged(p_one_sided, **printed, p_sides="1") == []


def test_other_words_in_the_new_columns_are_fatal():
    table = RawTable(tuple(row()), ({**row(limit_sides="both", p_sides="3"), LINE: 2},))
    found = check_contents(Evidence({"time_to_event": table}))
    wrong = {f.column for f in found if f.level == "fatal" and f.column.endswith("_sides")}
    assert wrong == {"limit_sides", "p_sides"}

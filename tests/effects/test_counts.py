"""Counts from percentages and effect sizes of counts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.effects.counts import count_from_percent, effect_from_counts
from trialpool.evidence.printed import Printed, parse_number


def printed(text: str) -> Printed:
    number = parse_number(text)
    assert number is not None
    return number


def test_neosphere_pathological_complete_response():
    """Gianni 2012: 39.3 % of 107 and 21.5 % of 107 are 42 and 23 patients."""
    assert count_from_percent(printed("39.3"), 107).nearest == 42
    assert count_from_percent(printed("21.5"), 107).nearest == 23


def test_whole_percentages_of_117_fit_two_counts():
    """NOAH: 38 % of 117 may be 44 (37.6 %) or 45 (38.5 % prints as 38 or 39)."""
    count = count_from_percent(printed("38"), 117)
    assert (count.smallest, count.largest) == (44, 45)
    assert count.nearest == 44
    assert not count.is_unique


def test_impossible_percentage():
    """Neo-LaTH prints 101 of 212 and 47.9 %; 101/212 is 47.6 %, and 47.9 % is no count of 212."""
    count = count_from_percent(printed("47.9"), 212)
    assert count is None or not count.smallest <= 101 <= count.largest


@given(n=st.integers(1, 3000), share=st.floats(0, 1), decimals=st.integers(0, 2))
def test_a_true_count_is_always_among_those_that_its_percentage_allows(n, share, decimals):
    events = round(share * n)
    count = count_from_percent(printed(f"{100 * events / n:.{decimals}f}"), n)
    assert count is not None
    assert count.smallest <= events <= count.largest
    assert count.smallest <= count.nearest <= count.largest
    if decimals >= 2 and n < 5000:
        assert count.is_unique


def test_percentage_of_nobody():
    with pytest.raises(ValueError, match="n = 0"):
        count_from_percent(printed("10"), 0)


def test_odds_ratio_risk_ratio_and_difference_of_the_first_bcg_trial():
    """Aronson 1948 in Colditz 1994: 4 of 123 against 11 of 139 (metadat dat.bcg)."""
    risk = effect_from_counts(4, 123, 11, 139, "RR")
    # yi and vi as metafor::escalc prints them, and as in the reference colditz1994.csv.
    assert risk.yi == pytest.approx(-0.889311333920205, rel=1e-12)
    assert risk.sei**2 == pytest.approx(0.325584765003961, rel=1e-12)
    odds = effect_from_counts(4, 123, 11, 139, "OR")
    assert odds.yi == pytest.approx(math.log(4 * 128 / (119 * 11)), rel=1e-12)
    assert odds.sei**2 == pytest.approx(1 / 4 + 1 / 119 + 1 / 11 + 1 / 128, rel=1e-12)
    difference = effect_from_counts(4, 123, 11, 139, "RD")
    assert difference.yi == pytest.approx(4 / 123 - 11 / 139, rel=1e-12)


def test_zero_cell_adds_a_half_to_that_trial_only():
    effect = effect_from_counts(0, 20, 5, 20, "OR")
    assert effect.corrected
    assert effect.yi == pytest.approx(math.log(0.5 * 15.5 / (20.5 * 5.5)), rel=1e-12)
    assert not effect_from_counts(1, 20, 5, 20, "OR").corrected


@given(
    a=st.integers(0, 40),
    c=st.integers(0, 40),
    more=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_swapping_arms_changes_the_sign_only(a, c, more):
    n1, n2 = a + more[0], c + more[1]
    if a + c == 0:
        return
    one, other = effect_from_counts(a, n1, c, n2), effect_from_counts(c, n2, a, n1)
    assert one.yi == pytest.approx(-other.yi, abs=1e-12)
    assert one.sei == pytest.approx(other.sei, rel=1e-12)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((5, 4, 1, 10), "impossible"),
        ((0, 10, 0, 10), "no event"),
        ((10, 10, 10, 10), "no ratio"),
        ((1, 0, 1, 10), "impossible"),
    ],
)
def test_counts_without_a_ratio_are_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        effect_from_counts(*counts)


def test_unknown_measure_is_named_with_the_allowed_ones():
    with pytest.raises(ValueError, match=r"'HR'; allowed: OR, RR, RD"):
        effect_from_counts(1, 10, 2, 10, "HR")

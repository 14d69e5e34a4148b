"""What a printed number is, and what is not one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.evidence.printed import parse_number, parse_p_value


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [("0.65", 0.65, 2), (".048", 0.048, 3), ("12", 12.0, 0), ("0.70", 0.7, 2), ("-1.5", -1.5, 1)],
)
def test_numbers(text, value, decimals):
    number = parse_number(text)
    assert number is not None
    assert (number.value, number.decimals) == (value, decimals)


@pytest.mark.parametrize(
    "text", ["", "0,65", "nan", "inf", "1e-3", "65%", "NR", "1 234", "--1", "=1+1", "٣", "1_000"]
)
def test_what_is_not_a_number(text):
    assert parse_number(text) is None


@given(st.floats(0.001, 100), st.integers(0, 4))
def test_a_printed_number_holds_the_true_one(value, decimals):
    number = parse_number(f"{value:.{decimals}f}")
    assert number is not None
    assert number.lower - 1e-9 <= value <= number.upper + 1e-9


@pytest.mark.parametrize(
    ("text", "relation", "value", "exact"),
    [
        (".0064", "", 0.0064, True),
        ("<0.001", "<", 0.001, False),
        ("< .001", "<", 0.001, False),
        ("<.001 (one-sided)", "<", 0.001, False),
        ("1.000", "", 1.0, True),
    ],
)
def test_p_values(text, relation, value, exact):
    p = parse_p_value(text)
    assert p is not None
    assert (p.relation, p.number.value, p.is_exact) == (relation, value, exact)


@pytest.mark.parametrize("text", ["", "1.2", "-0.1", "significant", "0,05"])
def test_what_is_not_a_p_value(text):
    assert parse_p_value(text) is None

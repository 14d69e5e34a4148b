"""Where a line of text may end, and what notes on rows leave out."""

from __future__ import annotations

import pytest
from forest_records import record, trial
from hypothesis import given
from hypothesis import strategies as st

from trialpool.figures.forest.panels.pairing import Pairing, absence
from trialpool.figures.text.widths import text_width, wrap
from trialpool.records.files import result_of

SIZE = 7.0


@pytest.mark.parametrize("width", [60.0, 80.0, 100.0, 140.0, 200.0])
def test_a_number_stays_with_its_sign_and_a_plus_with_what_stands_before_it(width):
    text = (
        "Heterogeneity: τ² = 0.050 (τ = 0.22), I² = 82%, Q = 2.09 (df = 1, p < 0.001), "
        "F(2, 7) = 1.25; carboplatin + trastuzumab instead of doxorubicin –: not reported"
    )
    lines = wrap(text, SIZE, "regular", width)
    assert " ".join(lines) == text
    for line in lines:
        assert text_width(line, SIZE) <= width + 1e-6
        assert line.split()[0] not in {"=", "<", "+"}
        assert line.split()[-1] not in {"=", "<", "–:", "F(2,"}


@given(st.lists(st.sampled_from(["a", "=", "+", "<", "–:", "F(1,", "doxorubicin"]), max_size=12),
       st.floats(min_value=5.0, max_value=200.0))  # fmt: skip
def test_no_letter_is_lost_whatever_the_width(words, width):
    text = " ".join(words)
    lines = wrap(text, SIZE, "regular", width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, SIZE) <= width + 1e-6 or len(line) == 1 for line in lines)


def test_reason_of_a_missing_endpoint_is_given_without_the_name_of_its_check():
    reason = "failed the audit: the interval cannot be trusted [interval-symmetric]"
    item = {"label": "A", "trial_id": "a", "stage": "not poolable", "reason": reason}
    own = trial("A", 2020, "g", "", (0.8, 0.6, 1.1))
    result = result_of(record("x", "t", [own], excluded=[item]))
    absent = absence(result.trials[0], result, Pairing({}, True, ((), ())), 1)
    assert absent.flags == ("failed the audit: the interval cannot be trusted",)


@pytest.mark.parametrize("letter", ["w", "治"])
def test_a_long_word_fills_its_lines_and_is_measured_no_further_than_they_go(letter, monkeypatch):
    asked = []

    def counted(text, size, face="regular"):
        asked.append(len(text))
        return text_width(text, size, face)

    monkeypatch.setattr("trialpool.figures.text.widths.text_width", counted)
    word = letter * 3_000
    lines = wrap(word, SIZE, "regular", 100.0)
    assert "".join(lines) == word
    full = len(lines[0])
    assert {len(line) for line in lines[:-1]} == {full}
    assert text_width(lines[0], SIZE) <= 100.0 < text_width(letter * (full + 1), SIZE)
    assert max(asked) <= max(32, 2 * (full + 1))
    assert sum(asked) <= 20 * len(word) * 2

"""Comments and control risks that questions name: what resolves, what is said where it does not."""

from typing import Any

import pytest
from rule_cases import context_of

from trialpool.audit.registry import rule_of
from trialpool.audit.rule import Case
from trialpool.evidence.placeholders import fill

ROWS: dict[str, Any] = {
    "time_to_event": [{"row_id": "pertain.os.t01", "estimate": "1.05", "median_control": ""}],
    "responses": [{"row_id": "a.orr.r01", "percent": "62.0"}],
    "baseline_risk": [
        {"row_id": "k12", "measure": "survival", "time_months": "12", "value": "55"},
        {"row_id": "median", "measure": "median", "time_months": "", "value": "12.4"},
    ],
}


def found(**settings: Any) -> list[tuple[str, str, str, str]]:
    question = {"kind": "comparison", "table": "time_to_event", "endpoints": [], **settings}
    case = Case(ROWS, questions={"q": question})
    findings = [one for one in rule_of("question-setting").judge(context_of(case)) if one]
    return [(one.level, one.column, one.value, one.message) for one in findings]


def test_a_placeholder_becomes_the_printed_cell_of_any_table():
    evidence = context_of(Case(ROWS)).evidence
    text = "PERTAIN {pertain.os.t01.estimate}, {a.orr.r01.percent} %"
    assert fill(text, evidence) == "PERTAIN 1.05, 62.0 %"
    assert fill("HER2-low means IHC 1+ or 2+.", evidence) == "HER2-low means IHC 1+ or 2+."
    with pytest.raises(ValueError, match=r"\{pertain.os.t02.estimate\}: no table has a row"):
        fill("{pertain.os.t02.estimate}", evidence)


def test_comments_of_words_levels_and_durations_pass():
    comment = "HER2 2+, 9 weeks against 1 year, beyond 1; {pertain.os.t01.estimate}; ypT0/is."
    assert found(comment=comment) == []


@pytest.mark.parametrize(
    ("comment", "level", "value", "words"),
    [
        ("{pertain.os.t09.estimate}", "fatal", "{pertain.os.t09.estimate}", "near: pertain.os.t01"),
        ("{pertain.os.t01.hr}", "fatal", "{pertain.os.t01.hr}", "nothing under 'hr'; it has"),
        ("{pertain.os.t01.median_control}", "fatal", "{pertain.os.t01.median_control}", "nothing"),
        ("{nothing}", "fatal", "{nothing}", "no table has a row ''"),
        ("hazard ratio 1.05", "warning", "1.05", "a number of the data stands in the text"),
    ],
)
def test_what_is_said_of_a_comment(comment, level, value, words):
    ((was, column, shown, message),) = found(comment=comment)
    assert (was, column, shown) == (level, "comment", value)
    assert words in message


def test_a_named_control_risk_is_a_rate_at_the_landmark():
    def asked(row: str) -> dict[str, Any]:
        return {"absolute": {"landmark_months": 12, "control_risk": row}}

    assert found(**asked("k12")) == []
    for row, words in (("k36", "no such row"), ("median", "no rate")):
        ((level, column, value, message),) = found(**asked(row))
        assert (level, column, value) == ("fatal", "absolute.control_risk", row)
        assert words in message

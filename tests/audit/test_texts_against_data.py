"""What a hand-written text says of a trial is told where the tables say another thing."""

import pytest
from rule_cases import context_of

from trialpool.audit.registry import rule_of
from trialpool.audit.rule import Case

TRIALS = [
    {"trial_id": "alpha", "trial": "ALPHA-1 (A011)"},
    {"trial_id": "beta", "trial": "BETA-CARE"},
    {"trial_id": "gamma", "trial": "GAMMASTUDY"},
]
ROWS = [
    {"row_id": "alpha.pfs.t01", "trial_id": "alpha", "endpoint": "PFS", "estimate": "0.62"},
    {
        "row_id": "beta.pfs.t01",
        "trial_id": "beta",
        "endpoint": "PFS",
        "estimate": "0.8",
        "ci_lower": "0.6",
        "ci_upper": "1.1",
    },
]


def found(comment, endpoints=("PFS",)):
    question = {"kind": "comparison", "endpoints": list(endpoints), "comment": comment}
    case = Case({"trials": TRIALS, "time_to_event": ROWS}, questions={"q": question})
    findings = [one for one in rule_of("text-against-data").judge(context_of(case)) if one]
    assert all(
        (one.level, one.row_id, one.column) == ("warning", "q", "comment") for one in findings
    )
    return [(one.value, one.message) for one in findings]


@pytest.mark.parametrize(
    ("comment", "row_id"),
    [
        ("ALPHA-1 is under way.", "alpha.pfs.t01"),
        ("Not asked of others. ALPHA-1 and GAMMASTUDY are ongoing and listed.", "alpha.pfs.t01"),
        ("BETA-CARE met its margin, but prints no interval.", "beta.pfs.t01"),
        ("PFS of ALPHA-1 was not yet reported.", "alpha.pfs.t01"),
    ],
)
def test_a_result_that_came_since(comment, row_id):
    ((_, message),) = found(comment)
    assert message.endswith(f": {row_id}")


@pytest.mark.parametrize(
    "comment",
    [
        "GAMMASTUDY is under way.",
        "ALPHA-1 printed no interval.",
        "OS is awaited in ALPHA-1, whose arms crossed over.",
        "ALPHA-1 compares drugs that are under study.",
        "ALPHA-1 has a result, while GAMMASTUDY is under way.",
        "ALPHA-1: {alpha.pfs.t01.estimate}; see alpha.pfs.t01.",
        "RECIST and the ALPHA programme.",
    ],
)
def test_what_holds(comment):
    endpoints = ("OS",) if comment.startswith("OS") else ("PFS",)
    assert found(comment, endpoints) == []


def test_rows_and_names_that_are_not_there():
    assert found("See alpha.pfs.t09.") == [("alpha.pfs.t09", "no table has a row of this id")]
    ((word, message),) = found("GAMMASTUDI is larger.")
    assert word == "GAMMASTUDI"
    assert "GAMMASTUDY is near" in message


def test_a_text_is_judged_where_it_is_written_and_notes_of_the_taxonomy_too():
    taxonomy = {"overlaps": [{"pooled": "x", "members": [], "note": "ALPHA-1 is under way."}]}
    case = Case({"trials": TRIALS, "time_to_event": ROWS}, taxonomy=taxonomy)
    (finding,) = [one for one in rule_of("text-against-data").judge(context_of(case)) if one]
    assert (finding.file, finding.column) == ("taxonomy.yaml", "overlaps.0.note")

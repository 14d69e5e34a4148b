"""What a report says that it cannot say follows from its records."""

from msgspec import structs
from report_records import survival
from test_summary_of_findings import ABSOLUTE, OUTCOME

from trialpool.records.files import from_plain
from trialpool.records.pools import AbsoluteEffect
from trialpool.records.summary.findings import Outcome
from trialpool.report.limits import limits


def about(texts: tuple[str, ...], words: str) -> str:
    (text,) = [text for text in texts if text.startswith(words)]
    return text


def test_absolute_effects_are_a_limit_only_where_there_are_none():
    result = survival()
    assert "no baseline risk is known" in about(limits([result]), "How many patients gain")
    known = from_plain(ABSOLUTE, AbsoluteEffect)
    groups = tuple(structs.replace(group, absolute=known) for group in result.groups)
    with_risk = structs.replace(result, groups=groups)
    assert "control risk is another one" in about(limits([with_risk]), "How many patients gain")


def test_certainty_is_not_judged_until_somebody_judges():
    outcome = from_plain(OUTCOME, Outcome)
    assert about(limits([], [outcome]), "How certain").endswith("that was not judged.")
    judgement = {
        **{"comparison": "c", "question": "pfs", "domain": "overall", "judgement": "low"},
        **{"reason": "few events", "by": "AB", "date": "2026-01-01"},
    }
    judged = from_plain({**OUTCOME, "judgements": [judgement]}, Outcome)
    told = about(limits([], [outcome, judged]), "How certain")
    assert told.endswith("that was judged of 1 of 2 outcomes.")

"""Judged certainty in the sentence of a group, and absolute effects of a strategy."""

import math

import pooled_records
import pytest

from trialpool.evidence.tables import Evidence, RawTable
from trialpool.questions.shared.selection.certainty import certainties, with_certainty


def trial(trial_id, group, control):
    """A trial in which odds are doubled."""
    return {
        **{"group": group, "trial_id": trial_id, "label": trial_id, "row_ids": [trial_id]},
        **{"estimate": math.log(2), "se": 0.2, "endpoint": "pCR"},
        "experimental": {"arm_id": "x", "events": 60, "n": 100},
        "control": {"arm_id": "c", "events": control, "n": 100},
    }


def asked(**fields):
    headings = [{"label": name, "comparison": name.lower()} for name in ("A", "B")]
    return pooled_records.question(
        measure="OR", benefit="higher", groups=headings, endpoints=["pCR"],
        endpoint_names={"pCR": "complete response"}, **fields,
    )  # fmt: skip


TRIALS = [trial("one", "A", 30), trial("two", "B", 50)]


def test_a_sentence_ends_with_the_certainty_that_was_judged():
    rows = [
        {"comparison": "old", "question": "q", "domain": "overall", "judgement": "low"},
        {"comparison": "b", "question": "q", "domain": "imprecision", "judgement": "serious"},
        {"comparison": "b", "question": "other", "domain": "overall", "judgement": "high"},
    ]
    judged = certainties(
        Evidence({"certainty": RawTable(("comparison",), tuple(rows))}), {"old": "new", "new": "a"}
    )
    assert judged == {("a", "q"): "low", ("b", "other"): "high"}
    question = with_certainty(asked(), judged)
    first, second = pooled_records.built(
        question, [pooled_records.trial(one) for one in TRIALS]
    ).groups
    assert first.sentence.endswith("; certainty low")
    assert second.sentence.endswith("; certainty not judged")
    # Without a judgement the question is the same, byte by byte.
    assert with_certainty(asked(), {}) == asked()


def test_a_strategy_has_the_median_risk_of_all_its_control_arms():
    strategy = {"id": "s", "label": "S", "comparisons": ["a", "b"]}
    (pooled,) = pooled_records.pooled(
        {
            **{"measure": "OR", "benefit": "higher", "endpoints": ["pCR"]},
            "groups": [{"label": n, "comparison": n.lower()} for n in ("A", "B")],
            "strategies": [strategy],
        },
        TRIALS,
    ).strategies
    # 30 and 50 of 100; odds 2/3 doubled.
    assert pooled.absolute.control_risk == pytest.approx(0.4)
    assert pooled.absolute.treatment_risk.estimate == pytest.approx(4 / 7)
    assert [risk.trial_id for risk in pooled.absolute.control_risks] == ["one", "two"]

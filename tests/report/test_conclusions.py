"""Conclusions in words follow the stated rules."""

from __future__ import annotations

from typing import Any

import pytest
import sample_records

from trialpool.measures import Direction, get_measure
from trialpool.questions.shared.words.conclusions import RULES
from trialpool.questions.shared.words.sides import side_of_null
from trialpool.records.files import from_plain
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult
from trialpool.report.conclusions import conclude
from trialpool.report.rooms import comparative_words

EVENTS = {"OS": "deaths", "PFS": "progressions or deaths"}


def verdict(word: str, p: float = 0.98) -> dict[str, Any]:
    return {"word": word, "size": None, "p_benefit": p, "p_important": None, "flags": []}


def group(word: str = "benefit", p: float = 0.98, **fields: Any) -> Group:
    given = {"k": 6, "verdict": verdict(word, p), "sentence": "G: said; certainty not judged"}
    return from_plain(sample_records.group(**{"primary_model": "bayes", **given, **fields}), Group)


def record(
    benefit: str = "lower", measure: str = "HR", *endpoints: str, **fields: Any
) -> ComparativeResult:
    named = endpoints or ("OS" if benefit == "lower" else "pCR",)
    events = {code: EVENTS.get(code, "events") for code in named}
    given = {"endpoints": named, "endpoint_names": {}, "endpoint_events": events}
    given |= {"benefit": benefit, **fields}
    if measure == "RMSTD":
        given |= {"kind": "mean_time", "settings": {"horizon_months": 12}}
    found: Any = sample_records.result(measure=measure, scale=get_measure(measure).scale, **given)
    return found


def describe_side(side: Direction, result: ComparativeResult) -> str:
    return comparative_words(result).describe_side(side, result)


def test_the_sentence_is_that_of_the_record() -> None:
    found = conclude(group(), record())
    assert (found.word, found.text) == ("benefit", "G: said; certainty not judged.")
    assert conclude(group(verdict=None), record()).word == ""


def test_one_trial_has_no_remarks() -> None:
    alone = group("trial-benefit", k=1, pi_lower=-0.9, pi_upper=0.3, tau2_ci_lower=0.1)
    assert conclude(alone, record()).remarks == ()


def test_the_prediction_interval_is_remarked_on_only_where_a_direction_is_concluded() -> None:
    wide, narrow = {"pi_lower": -0.9, "pi_upper": 0.3}, {"pi_lower": -0.6, "pi_upper": -0.01}
    assert conclude(group(**wide), record()).remarks == (
        "The prediction interval includes 1: "
        "a further trial may show no difference, or the opposite.",
    )
    assert conclude(group(**narrow), record()).remarks == (
        "The prediction interval excludes 1 as well.",
    )
    assert conclude(group("leans-to-benefit", **wide), record()).remarks == ()
    assert conclude(group(), record()).remarks == ()
    differences = conclude(group(**wide), record("higher", "RD"))
    assert "The prediction interval includes 0" in differences.text


@pytest.mark.parametrize(("tau2_lower", "said"), [(0.01, True), (0.0, False), (None, False)])
def test_trials_differ_only_where_the_interval_of_tau2_lies_above_zero(
    tau2_lower: float | None, said: bool
) -> None:
    profile = sample_records.pool(k=6, tau2_ci_lower=tau2_lower)
    # That of the posterior lies above zero by its prior alone.
    shown = group("not-settled", 0.5, tau2_ci_lower=0.02, models={"hk-adhoc": profile})
    text = conclude(shown, record()).text
    assert ("The trials differ from each other beyond chance." in text) is said


def test_beside_a_margin_a_concluded_direction_is_said_as_well() -> None:
    asked = record(design="non-inferiority")
    worse = conclude(group("within-margin", 0.01), asked)
    assert worse.remarks == ("More deaths with the experimental treatment, worse (99.0 %).",)
    better = conclude(group("within-margin", 0.98), asked)
    assert better.remarks == ("Fewer deaths with the experimental treatment (98 %).",)
    assert conclude(group("within-margin", 0.5), asked).remarks == ()
    equal = conclude(group("within-margin", 0.01), record(design="equivalence"))
    assert equal.remarks == ()


@pytest.mark.parametrize(
    ("side", "fields", "words"),
    [
        ("lower", record("lower", "HR", "PFS"), "fewer progressions or deaths"),
        ("higher", record("lower", "HR", "DFS"), "more events"),
        ("lower", record("lower", "HR", "DFS", "IDFS"), "fewer events"),
        ("lower", record("lower", "HR", "OS", "PFS"), "fewer events"),
        ("higher", record("higher", "RMSTD", "PFS"), "longer mean time free of the event"),
        ("lower", record("higher", "RMSTD", "PFS"), "shorter mean time free of the event"),
        ("higher", record("higher", "OR", "new"), "new more often"),
        (
            "higher",
            record("higher", "OR", "new", endpoint_names={"new": "remission"}),
            "remission more often",
        ),
    ],
)
def test_sides_in_words(side: Any, fields: ComparativeResult, words: str) -> None:
    assert describe_side(side, fields) == f"{words} with the experimental treatment"


def test_sides() -> None:
    assert side_of_null(None) == "unknown"
    assert side_of_null(group(ci_lower=0.1, ci_upper=0.2), null_value=0.3) == "lower"


def test_the_rules_hold_the_thresholds_and_speak_of_no_significance() -> None:
    text = " ".join(RULES)
    for threshold in ("97.5%", "90%", "95%", "10%", "0.95 or 0.975"):
        assert threshold in text
    assert "signific" not in text.lower()
    assert "model" in RULES[0]


def test_the_question_names_its_sides():
    names = {"experimental": "shorter treatment", "control": "longer treatment"}
    asked = record("lower", "HR", "DFS", arm_names=names)
    assert describe_side("higher", asked) == "more events with the shorter treatment"

"""Published ratios and differences of a binary endpoint: derived, ranked by counts, audited."""

import math

import pytest
from small_tables import frame, run, used

from trialpool.audit.context import AuditContext
from trialpool.audit.ratios.intervals import (
    interval_complete,
    interval_holds_estimate,
    interval_width,
    limits_in_order,
    ratio_positive,
)
from trialpool.effects.derive import derive_effects
from trialpool.evidence.tables import Evidence
from trialpool.evidence.validation import check_contents
from trialpool.questions.registry import stage

Z95 = 1.959963984540054
DEFINITIONS = {"response_definitions": {"pCR": {"breast and nodes": "all", "breast": "breast"}}}
ASKED = {
    "table": "responses",
    "endpoints": ["pCR"],
    "definitions": ["all", "breast"],
    "populations": [],
}


def contrast(row_id: str, trial_id: str = "one", **cells: str) -> dict[str, str]:
    return {
        **{"row_id": row_id, "trial_id": trial_id, "experimental_arm": "x", "control_arm": "c"},
        **{"endpoint": "pCR", "definition": "breast and nodes", "population": "ITT"},
        **{"measure": "RD", "estimate": "17.5", "ci_lower": "6.9", "ci_upper": "28.0"},
        **{"ci_level": "95", "adjusted": "yes", "source_id": "s2020", "extraction": "single"},
    } | cells


def counts(row_id: str, arm: str, events: str, trial_id: str = "one", **cells: str):
    return {
        **{"row_id": row_id, "trial_id": trial_id, "arm_id": arm, "endpoint": "pCR"},
        **{"definition": "breast and nodes", "events": events, "n": "100"},
        **{"source_id": "s2020", "extraction": "single"},
    } | cells


@pytest.fixture(autouse=True)
def _definitions(monkeypatch):
    import small_tables

    monkeypatch.setattr(small_tables, "TAXONOMY", small_tables.TAXONOMY | DEFINITIONS)


def asked(contrasts, responses=(), measure: str = "RD", **settings):
    tables = {"response_contrasts": list(contrasts), "responses": list(responses)}
    trials = [{"row_id": f"{r['trial_id']}.pfs", "trial_id": r["trial_id"]} for r in contrasts]
    return run(trials, tables, **ASKED | {"measure": measure} | settings)


def derived(**cells: str):
    (row,) = derive_effects(Evidence({"response_contrasts": frame("response_contrasts", [
        contrast("a", **cells)])}))  # fmt: skip
    return row


def test_peony_s_difference_enters_the_question_of_differences():
    """Shao 2020: 17.5 points, 95 % 6.9 to 28.0, stratified."""
    (trial,) = asked([contrast("peony")]).trials
    assert trial.estimate == pytest.approx(0.175, rel=1e-15)
    assert trial.se == pytest.approx(0.211 / (2 * Z95), rel=1e-12)
    assert "adjusted or stratified estimate" in trial.flags
    assert trial.experimental.events is None


def test_a_published_odds_ratio_is_analysed_as_its_logarithm():
    """HELEN-006: 1.54 (1.10 to 2.14), level not printed."""
    row = derived(measure="OR", estimate="1.54", ci_lower="1.10", ci_upper="2.14", ci_level="")
    assert row["scale"] == "log"
    assert row["yi"] == pytest.approx(math.log(1.54), rel=1e-15)
    assert row["sei"] == pytest.approx(math.log(2.14 / 1.10) / (2 * Z95), rel=1e-12)
    assert "taken as 95%" in row["flags"]


@pytest.mark.parametrize(("estimate", "status"), [("1.04", "estimate-only"), ("", "none")])
def test_without_an_interval_or_an_estimate_there_is_no_effect(estimate, status):
    assert derived(measure="OR", estimate=estimate, ci_lower="", ci_upper="")["status"] == status


def test_a_difference_of_more_than_100_points_is_not_read():
    assert derived(estimate="175", ci_upper="280")["status"] == "unreadable"


def test_an_effect_of_another_measure_stays_out_with_the_reason():
    question, trials = asked([contrast("a")], measure="OR")
    assert trials == ()
    (reason,) = [item.reason for item in question.excluded if item.row_id == "a"]
    assert reason == "published as RD, the question asks for OR"


def test_counts_come_before_a_published_effect():
    both = [counts("r1", "x", "50"), counts("r2", "c", "30")]
    selection = asked([contrast("a", adjusted="no")], both)
    assert used(selection) == ["r1", "r2"]
    (reason,) = [i.reason for i in selection.question.excluded if i.row_id == "a"]
    assert "counts before a published effect" in reason


def test_the_definition_comes_before_the_counts():
    breast = {"definition": "breast"}
    both = [counts("r1", "x", "50", **breast), counts("r2", "c", "30", **breast)]
    assert used(asked([contrast("a")], both)) == ["a"]


def test_unadjusted_before_one_that_does_not_say_before_adjusted():
    rows = [contrast("a", adjusted="yes"), contrast("b", adjusted=""), contrast("c", adjusted="no")]
    assert used(asked(rows)) == ["c"]
    assert used(asked(rows[:2])) == ["b"]


def test_a_level_of_a_marker_is_a_part_of_the_trial():
    level = {"biomarker": "marker", "biomarker_level": "positive"}
    assert asked([contrast("a", **level)]).trials == ()


def test_a_pool_of_counts_and_a_published_difference_is_the_weighted_mean_of_both():
    """Common effect by hand."""
    two = [
        counts("r1", "x", "", "two", percent="50.2", n="450"),
        counts("r2", "c", "", "two", percent="30", n="450"),
    ]
    rows = [contrast("a"), contrast("b", "two", measure="OR")]
    question, trials = asked(rows, two)
    assert [trial.trial_id for trial in trials] == ["one", "two"]
    result, _ = stage("comparison", "pool").pool(question, trials)
    (group,) = [group for group in result.groups if group.k == 2]
    weights = [1 / trial.se**2 for trial in trials]
    mean = sum(w * t.estimate for w, t in zip(weights, trials, strict=True)) / sum(weights)
    assert group.models.common_effect.estimate == pytest.approx(mean, rel=1e-9)


def judged(rule, **cells: str):
    arms = [{"trial_id": "one", "arm_id": arm, "n": "100"} for arm in ("x", "c")]
    tables = {"response_contrasts": [contrast("a", **cells)], "arms": arms}
    evidence = Evidence({name: frame(name, rows) for name, rows in tables.items()})
    return [found and found.level for found in rule.judge(AuditContext(evidence, None))]


def test_the_audit_judges_differences_on_their_own_scale():
    below = {"estimate": "-8.3", "ci_lower": "-20.6", "ci_upper": "4.0"}
    for rule in (limits_in_order, interval_holds_estimate, interval_complete):
        assert judged(rule, **below) == [None]
    assert judged(ratio_positive, **below) == []
    assert judged(limits_in_order, ci_lower="28.0", ci_upper="6.9") == ["fatal"]
    assert judged(interval_holds_estimate, estimate="37.5") == ["fatal"]
    assert judged(interval_complete, ci_upper="") == ["warning"]


def test_the_audit_judges_odds_ratios_as_others():
    ratio = {"measure": "OR", "estimate": "1.54", "ci_lower": "1.10", "ci_upper": "2.14"}
    assert judged(ratio_positive, **ratio) == [None, None, None]
    assert judged(ratio_positive, **ratio | {"estimate": "-1.54"}) == ["fatal", None, None]
    # 200 patients cannot give a log odds ratio a standard error below 4 / √200 = 0.283.
    assert judged(interval_width, **ratio) == ["unusable"]
    assert judged(interval_width, **ratio | {"ci_lower": "0.85", "ci_upper": "2.79"}) == [None]


def test_other_words_in_the_table_are_fatal():
    table = frame("response_contrasts", [contrast("a", measure="HR", adjusted="partly")])
    found = check_contents(Evidence({"response_contrasts": table}))
    assert {"measure", "adjusted"} <= {f.column for f in found if f.level == "fatal"}

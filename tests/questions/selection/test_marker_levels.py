"""Levels within a trial on small tables: what is compared, what is named and never pooled."""

import math
from typing import Any

import pytest
from msgspec.structs import replace
from pooled_records import built
from small_tables import Selected, reasons, row, run, stages, used

from trialpool.questions.interaction.levels_pooled import by_mechanism
from trialpool.questions.interaction.page import section
from trialpool.questions.interaction.words import sentence
from trialpool.questions.shared.selection.files import read_selection, write_selection
from trialpool.records.interaction import InteractionResult
from trialpool.report.conclusions import conclude

ASKED: dict[str, Any] = {
    "kind": "interaction",
    "measure": "RHR",
    "populations": ["biomarker-level"],
    "multiarm": "choose",
    "interaction": {
        "biomarkers": {
            "marker": {"positive": ["positive"], "negative": ["negative"], "overlapping": ["any"]}
        },
        "labels": {"positive": "marked tumours", "negative": "unmarked tumours"},
    },
}


def level(row_id: str, which: str, estimate: str, trial_id: str = "one", **cells: str):
    limits = {
        "ci_lower": f"{float(estimate) / 1.5:.6f}",
        "ci_upper": f"{float(estimate) * 1.5:.6f}",
    }
    settings = {"population": "marked", "biomarker": "mark", "biomarker_level": which} | limits
    return row(row_id, trial_id, estimate=estimate, **(settings | cells))


def ask(rows: list[dict[str, str]], **settings: Any) -> Selected:
    return run(rows, **(ASKED | settings))


def record_of(selection: Selected, folder: Any) -> InteractionResult:
    """Write, read back and pool, as the pipeline does."""
    write_selection(folder, *selection)
    return built(*read_selection(folder))


def test_two_levels_of_one_report_make_a_log_ratio_of_ratios():
    found = ask([level("p", "yes", "0.5"), level("n", "negative", "0.8"), row("whole")])
    (trial,) = found.trials
    se = 2 * math.log(1.5) / (2 * 1.959963984540054)
    assert trial.row_ids == ("p", "n")
    assert trial.estimate == pytest.approx(math.log(0.5 / 0.8), rel=1e-6)
    assert trial.se == pytest.approx(math.sqrt(2) * se, rel=1e-4)
    assert [one.level for one in trial.levels] == ["positive", "negative"]
    assert [one.estimate for one in trial.levels] == pytest.approx(
        [math.log(0.5), math.log(0.8)], rel=1e-6
    )
    assert stages(found) == {"whole": "outside the question"}


def test_what_cannot_be_compared_is_named_and_never_pooled():
    found = ask(
        [
            level("only", "positive", "0.5", "a"),
            level("first", "positive", "0.5", "b"),
            level("second", "positive", "0.6", "b"),
            level("other", "negative", "0.8", "b"),
            level("early", "positive", "0.5", "c", maturity="interim"),
            level("late", "negative", "0.8", "c", maturity="final"),
            level("big", "positive", "0.5", "d", n_experimental="60", n_control="40"),
            level("bigger", "negative", "0.8", "d", n_experimental="60", n_control="40"),
            level("mixed", "any", "0.7", "e"),
            level("third", "unknown", "0.7", "f"),
            level("reader", "positive", "0.5", "g", assessor="BICR"),
            level("investigator", "negative", "0.5", "g", assessor="investigator"),
        ]
    )
    assert used(found) == []
    assert found.question.one_level == ()
    assert set(stages(found).values()) == {"not poolable"}
    said = reasons(found)
    assert said["only"] == "one level only: the other has no usable number in this trial"
    assert said["first"] == said["second"] == said["other"]
    assert said["first"].startswith("two rows for the positive level in one report (first, second)")
    assert said["early"].startswith("the two levels come from different reports, readers or data")
    assert said["reader"] == said["early"] == said["late"]
    assert said["big"] == "the levels overlap: 60 + 60 patients of the 100 of arm x"
    assert said["mixed"] == "marker any overlaps both levels that are compared"
    assert said["third"] == "marker unknown is on neither side"


def test_a_report_with_both_levels_comes_before_a_later_one_with_one():
    found = ask(
        [
            level("p1", "positive", "0.5"),
            level("n1", "negative", "0.8"),
            level("again", "positive", "0.5"),
            level("p2", "positive", "0.4", maturity="final", source_id="s2024"),
        ]
    )
    assert used(found) == ["again", "n1"]
    assert stages(found) == {"p1": "another report used", "p2": "another report used"}
    assert reasons(found)["p1"] == "the same numbers as again of the same report"


def test_of_two_reports_with_both_levels_the_reason_is_the_policy():
    found = ask(
        [
            level("p1", "positive", "0.5", maturity="interim"),
            level("n1", "negative", "0.8", maturity="interim"),
            level("p2", "positive", "0.6", maturity="final"),
            level("n2", "negative", "0.7", maturity="final"),
        ]
    )
    assert used(found) == ["p2", "n2"]
    why = "p2 + n2 is preferred: final before interim analysis"
    assert reasons(found) == {"p1": why, "n1": why}


def test_effects_by_level_of_a_record_agree_with_its_interaction(tmp_path):
    found = ask(
        [
            level("p1", "positive", "0.5", "a"),
            level("n1", "negative", "0.8", "a"),
            level("p2", "positive", "0.45", "b"),
            level("n2", "negative", "0.95", "b"),
            level("p3", "positive", "0.40", "c"),
        ]
    )
    assert [one.trial_id for one in found.question.one_level] == ["c"]
    record = record_of(found, tmp_path)
    (group,), (by_level,) = record.groups, record.by_level
    assert (group.k, group.primary_model) == (2, "bayes")
    assert record.settings.tau_prior == "half-normal:0.25"
    for name in ("common_effect", "hk_adhoc"):
        floating = getattr(by_level.floating, name)
        difference = floating.positive.estimate - floating.negative.estimate
        assert difference == pytest.approx(getattr(group.models, name).estimate, abs=1e-12)
        assert (floating.positive.k, floating.negative.k) == (3, 2)
    naive = by_level.naive
    assert naive.apparent == pytest.approx(naive.within + naive.between)
    answers = {item.item: item.answer for item in by_level.iceman}
    assert answers["number of trials"] == "2"
    assert answers["prespecified"] == "not noted in the data"
    assert record.favours.lower == "Better effect: marked tumours"
    shown = section(record)
    assert shown.positive == "marked tumours"
    assert len(shown.trials) == 2
    assert shown.sentences == (sentence(group, record),)


def test_groups_of_one_mechanism_are_pooled_together_beside_the_main_analysis(tmp_path):
    rows = [
        level("p1", "positive", "0.5", "a"),
        level("n1", "negative", "0.8", "a"),
        level("p2", "positive", "0.45", "b"),
        level("n2", "negative", "0.95", "b"),
    ]
    record_of(ask(rows), tmp_path)
    question, selected = read_selection(tmp_path)
    same = built(question, selected)
    assert [item.id for item in same.sensitivity] == ["prior-of-tau"]
    (group,), (heading,) = same.groups, question.groups
    apart = [replace(heading, label=label) for label in ("first", "second")]
    trials = [
        replace(trial, group=label)
        for trial, label in zip(same.trials, ("first", "second"), strict=True)
    ]
    question = replace(question, groups=tuple(apart))
    (entry,) = by_mechanism(question, trials)
    (row_,) = entry.results
    assert entry.ci_method == "bayes"
    assert row_.group == "first and second"
    assert row_.analysis == "marker positive v marker negative"
    assert row_.trials == ("A", "B")
    assert row_.estimate == pytest.approx(group.estimate, abs=1e-12)
    assert by_mechanism(question, trials[:1]) == []


def test_the_sentence_names_the_level_only_where_the_interval_is_on_one_side(tmp_path):
    clear = ask(
        [
            level("p", "positive", "0.3", ci_lower="0.25", ci_upper="0.36"),
            level("n", "negative", "0.8", ci_lower="0.70", ci_upper="0.92"),
        ]
    )
    record = record_of(clear, tmp_path)
    words = sentence(record.groups[0], record)
    assert "in this trial effect more favourable in marked tumours (RHR 0.37" in words
    assert words.endswith(" (p < 0.001: another trial has to confirm it).")
    assert record.groups[0].verdict.word == "trial-differs"
    assert conclude(record.groups[0], record).text == f"{record.groups[0].sentence}."
    # As PIK3CA in the two BOLERO trials: 1.10 is no benefit, and p is 0.046.
    weak = record_of(
        ask(
            [
                level("p", "positive", "0.67", ci_lower="0.45", ci_upper="1.00"),
                level("n", "negative", "1.10", ci_lower="0.83", ci_upper="1.45"),
            ]
        ),
        tmp_path,
    )
    words = sentence(weak.groups[0], weak)
    assert "benefit" not in words
    assert words.endswith(" (p = 0.046: chance is a likely explanation).")
    unclear = record_of(
        ask([level("p", "positive", "0.7"), level("n", "negative", "0.8")]), tmp_path
    )
    words = sentence(unclear.groups[0], unclear)
    assert "in this trial no difference settled" in words


def test_levels_of_one_article_at_two_cuts_are_not_compared():
    rows = [
        level("p", "yes", "0.5", follow_up_months="60"),
        level("n", "negative", "0.8", follow_up_months="24"),
    ]
    found = ask(rows)
    assert used(found) == []
    assert all("different reports, readers or data cuts" in why for why in reasons(found).values())
    rows[1]["follow_up_months"] = ""
    assert used(ask(rows)) == ["p", "n"]


def test_of_two_reports_with_both_levels_the_policy_chooses():
    late = {"source_id": "s2024", "maturity": "update", "follow_up_months": "100.8"}
    early = {"follow_up_months": "74", "maturity": "final"}
    rows = [
        level("a", "yes", "0.5", **early),
        level("b", "negative", "0.8", **early),
        level("c", "yes", "0.6", **late),
        level("d", "negative", "0.9", **late),
    ]
    found = ask(rows, report_policy="latest")
    assert used(found) == ["c", "d"]
    assert set(reasons(found).values()) == {
        "c + d is preferred: follow-up of 100.8 before 74 months"
    }

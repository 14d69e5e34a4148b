"""A question's settings on small tables: policies, levels, clocks, margins."""

import math

import pytest
from small_tables import reasons, row, run, stages, used

REPORTS = [
    row("blind-primary", assessor="BICR"),
    row("blind-update", assessor="BICR", maturity="update", source_id="s2024"),
    row("reader-primary", assessor="investigator"),
    row("reader-final", assessor="investigator", maturity="final", source_id="s2024"),
    row("unsaid", maturity="primary"),
]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("latest", "reader-final"),
        ("primary", "blind-primary"),
        ("blinded-primary", "blind-primary"),
        ("investigator-primary", "reader-primary"),
    ],
)
def test_report_policies(policy, expected):
    selection = run(REPORTS, report_policy=policy)
    assert used(selection) == [expected]
    others = {r["row_id"] for r in REPORTS} - {expected}
    assert stages(selection) == dict.fromkeys(others, "another report used")


def test_a_reader_who_is_not_named_comes_last():
    assert used(run(REPORTS[2:], report_policy="blinded-primary")) == ["reader-primary"]
    selection = run(REPORTS[-1:], report_policy="blinded-primary")
    assert used(selection) == ["unsaid"]
    assert "who read it is not in our data" in selection.trials[0].flags


def test_a_row_without_standard_error_never_displaces_one_with():
    rows = [row("bare", maturity="final", ci_lower="", ci_upper=""), row("full")]
    selection = run(rows)
    assert used(selection) == ["full"]
    assert stages(selection) == {"bare": "not poolable"}


def test_variants_are_selected_beside_the_main_analysis():
    variants = [
        {"id": "late", "label": "Latest", "settings": {"report_policy": "latest"}},
        {"id": "ttp", "label": "TTP too", "settings": {"endpoints": ["PFS", "TTP"]}},
    ]
    rows = [*REPORTS, row("only-ttp", "two", endpoint="TTP")]
    selection = run(rows, report_policy="blinded-primary", variants=variants)
    assert used(selection) == ["blind-primary"]
    late, ttp = selection.question.variants
    assert [trial.row_ids for trial in late.trials] == [("reader-final",)]
    assert [trial.row_ids for trial in ttp.trials] == [("blind-primary",), ("only-ttp",)]


def test_of_two_endpoints_the_first_named_is_preferred():
    rows = [row("ttp", endpoint="TTP", maturity="final"), row("pfs")]
    assert used(run(rows, endpoints=["PFS", "TTP"])) == ["pfs"]
    assert used(run(rows, endpoints=["TTP", "PFS"])) == ["ttp"]


def test_a_question_about_a_level_takes_that_level_only_under_any_spelling():
    rows = [
        row("all"),
        row("level", population="marked", biomarker="mark", biomarker_level="yes"),
        row("other", population="marked", biomarker="marker", biomarker_level="negative"),
    ]
    level = {"name": "marker", "levels": ["positive"]}
    selection = run(rows, biomarker=level, populations=["biomarker-level", "itt"])
    assert used(selection) == ["level"]
    assert set(stages(selection).values()) == {"outside the question"}
    # Trials that enrolled no other level report it as their whole.
    both = run([rows[0]], biomarker=level | {"whole_trials": True})
    assert used(both) == ["all"]


def test_the_arms_randomised_n_never_stands_for_that_of_a_level():
    level = row("level", population="marked", biomarker="marker", biomarker_level="positive")
    question = {"name": "marker", "levels": ["positive"]}
    part = run([level], biomarker=question, populations=["biomarker-level"]).trials[0]
    whole = run([row("all")]).trials[0]
    assert (part.experimental.n, part.control.n) == (None, None)
    assert (whole.experimental.n, whole.control.n) == (100, 100)


def test_a_level_never_stands_for_the_whole_trial():
    rows = [row("level", population="marked", biomarker="marker", biomarker_level="positive")]
    selection = run(rows, populations=["itt", "biomarker-level"])
    assert used(selection) == []
    assert stages(selection) == {"level": "part of the trial"}


def test_another_clock_is_another_population():
    selection = run([row("from-surgery", population="after surgery")])
    assert stages(selection) == {"from-surgery": "part of the trial"}
    assert "event" in selection.question.excluded[0].reason


def test_a_population_that_is_not_placed_is_told_only_where_its_row_could_enter():
    rows = [
        row("waits", population="all who consented"),
        row("level", population="all who consented", biomarker="mark", biomarker_level="yes"),
        row("no-interval", "two", population="all who consented", ci_lower="", ci_upper=""),
    ]
    selection = run(rows)
    assert stages(selection) == {
        "waits": "population not placed",
        "level": "part of the trial",
        "no-interval": "not poolable",
    }
    reasons = {item.row_id: item.reason for item in selection.question.excluded}
    assert reasons["waits"] == (
        "the taxonomy does not place the population 'all who consented'; as itt it could enter"
    )


def test_a_joint_analysis_enters_where_it_is_named_and_replaces_its_members():
    rows = [row("a", "one"), row("b", "two"), row("c", "three"), row("j", "joint")]
    assert used(run(rows)) == ["a", "c", "b"]  # by name: ONE, THREE, TWO
    selection = run(rows, joint_analyses=["joint"])
    assert sorted(used(selection)) == ["c", "j"]
    assert stages(selection) == {"a": "joint analysis", "b": "joint analysis"}


def test_rows_and_trials_are_set_aside_with_the_stated_reason():
    selection = run(
        [row("a"), row("b", "two"), row("c", "three")],
        exclude_rows={"a": "landmark"},
        exclude_trials={"two": "another question"},
    )
    assert used(selection) == ["c"]
    reasons = {item.row_id: (item.stage, item.reason) for item in selection.question.excluded}
    assert reasons == {"a": ("set aside", "landmark"), "b": ("set aside", "another question")}


def test_a_schedule_is_oriented_shorter_against_longer():
    rows = [row("t", "long", experimental_arm="two", control_arm="one")]
    selection = run(rows, contrasts=["schedule"])
    trial = selection.trials[0]
    # As printed, two years against one: 0.80. Turned: one against two, its inverse.
    assert trial.estimate == pytest.approx(-math.log(0.80), rel=1e-12)
    assert trial.se == pytest.approx(math.log(1 / 0.64) / (2 * 1.959963984540054), rel=1e-12)
    assert trial.experimental.arm_id == "one"
    assert trial.group == "drug, 1 v 2 years"
    assert "the report compares the arms the other way round" in trial.flags


def test_margins_are_kept_on_the_analysis_scale():
    selection = run(
        [row("a"), row("b", "two")],
        margins={"one": {"upper": 1.15, "source": "protocol"}},
    )
    margins = {trial.trial_id: trial.margin for trial in selection.trials}
    assert margins["two"] is None
    assert margins["one"].upper == pytest.approx(math.log(1.15), rel=1e-12)
    assert margins["one"].lower is None


@pytest.mark.parametrize(
    ("replaced_by", "reason"),
    [
        ("s2024", "its source is retracted; replaced by s2024"),
        ("", "its source is retracted"),
    ],
)
def test_what_a_retracted_report_printed_never_enters(replaced_by, reason):
    sources = [
        {"source_id": "s2020", "status": "retracted", "replaced_by": replaced_by},
        {"source_id": "s2024", "year": "2024", "status": "corrected"},
    ]
    rows = [row("old", maturity="final"), row("again", source_id="s2024"), row("b", "two")]
    selection = run(rows, {"sources": sources})
    assert used(selection) == ["again"]
    assert stages(selection) == {"old": "retracted", "b": "retracted"}
    assert set(reasons(selection).values()) == {reason}


def test_an_inferred_direction_enters_the_reanalysis_alone():
    inferred = "DIRECTION INFERRED; the abstract does not say which arm is the reference"
    rows = [row("a"), row("b", "two", evidence_note=inferred)]
    selection = run(rows)
    assert used(selection) == ["a"]
    assert stages(selection) == {"b": "set aside"}
    assert "direction inferred" in reasons(selection)["b"]
    (again,) = selection.question.variants
    assert again.id == "inferred-direction"
    assert [trial.row_ids for trial in again.trials] == [("a",), ("b",)]
    # A row that another one displaces changes nothing, and one that would not enter says why.
    beside = row("b", evidence_note=inferred, source_id="s2020", maturity="interim")
    assert run([row("a"), beside]).question.variants == ()
    part = run([row("a"), row("b", "two", evidence_note=inferred, population="marked")])
    assert stages(part) == {"b": "part of the trial"}

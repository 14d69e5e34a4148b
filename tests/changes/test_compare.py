"""What moved between two results, and which rows moved it."""

import json
import math

import pytest
from change_records import (
    ADDED,
    DAPA_HF,
    DELIVER,
    INSTEAD,
    PRESERVED,
    REDUCED,
    SOLOIST,
    excluded,
    record,
    row,
    trial,
)

from trialpool.changes.compare import compare_results
from trialpool.changes.plain import to_json
from trialpool.changes.tolerance import same
from trialpool.changes.words import describe
from trialpool.records.files import result_of

FOUR = [DAPA_HF, DELIVER, PRESERVED, REDUCED]


def compare(old, new, old_rows=(), new_rows=()):
    """Compare single questions."""
    sides = ({one["id"]: result_of(one)} if one else {} for one in (old, new))
    return compare_results(*sides, old_rows, new_rows)


def only_group(changes):
    (question,) = changes.questions
    (group,) = question.groups
    return group


def text(changes) -> str:
    return "\n".join(describe(changes))


def test_nothing_changed_says_nothing():
    old = record([trial(printed) for printed in FOUR])
    rows = [row(printed) for printed in FOUR]
    changes = compare(old, json.loads(json.dumps(old)), rows, [dict(r) for r in rows])
    assert not changes
    assert describe(changes) == []
    assert to_json(changes)["changed"] is False


def test_an_added_trial_is_named_with_what_it_moved():
    old = record([trial(printed) for printed in FOUR])
    new = record([trial(printed) for printed in [*FOUR, SOLOIST]])
    rows = [row(printed) for printed in FOUR]
    changes = compare(old, new, rows, [*rows, row(SOLOIST)])
    assert changes.trials_added == ("soloist-whf",)
    assert [(r.row_id, r.status) for r in changes.rows] == [("soloist-whf.cvd-hhf.t01", "added")]
    group = only_group(changes)
    assert {"k", "estimate", "interval", "verdict"} <= set(group.moved)
    assert set(group.models) == {"common-effect", "hk", "hk-adhoc"}
    (cause,) = group.causes
    assert (cause.row_ids, cause.change, cause.reason) == (
        ("soloist-whf.cvd-hhf.t01",),
        "entered",
        "new",
    )
    assert cause.old is None
    assert cause.new == pytest.approx((math.log(0.67), 0.12536), abs=1e-5)
    said = text(changes)
    assert f"worsening · {ADDED}" in said
    assert "k 4 → 5" in said
    assert "verdict benefit; one-trial → benefit, important" in said
    assert "because of row soloist-whf.cvd-hhf.t01, SOLOIST-WHF (new): HR 0.67" in said


def test_a_removed_trial_says_why_it_left():
    old = record([trial(printed) for printed in FOUR])
    rows = [row(printed) for printed in FOUR]
    new = record([trial(printed) for printed in FOUR[:3]])
    gone = compare(old, new, rows, rows[:3])
    assert gone.trials_removed == ("emperor-reduced",)
    assert only_group(gone).causes[0].reason == "removed from the tables"
    new = {**new, "excluded": [excluded(REDUCED, "follow-up is too short")]}
    (cause,) = only_group(compare(old, new, rows, rows)).causes
    assert (cause.change, cause.reason) == ("left", "follow-up is too short")
    (cause,) = only_group(compare(new, old, rows, rows)).causes
    assert (cause.change, cause.reason) == ("entered", "was left out: follow-up is too short")


def test_an_edited_hazard_ratio_names_row_column_and_both_values():
    edited = ("deliver", "0.84", "0.73", "0.92")
    old = record([trial(printed) for printed in FOUR])
    new = record([trial(printed) for printed in [DAPA_HF, edited, PRESERVED, REDUCED]])
    rows = [row(printed) for printed in FOUR]
    changes = compare(old, new, rows, [rows[0], row(edited), *rows[2:]])
    assert changes.trials_edited == ("deliver",)
    (change,) = changes.rows
    assert change.row_id == "deliver.cvd-hhf.t01"
    edits = {edit.name: (edit.old, edit.new) for edit in change.edits}
    assert edits["estimate"] == ("0.82", "0.84")
    assert set(edits) == {"estimate", "yi"}
    assert "yi:" not in text(changes)
    group = only_group(changes)
    assert "k" not in group.moved
    (cause,) = group.causes
    assert cause.change == "changed"
    assert "row deliver.cvd-hhf.t01, DELIVER (changed): HR 0.82" in text(changes)
    plain = to_json(changes)
    assert plain["rows"]["edited"]["deliver.cvd-hhf.t01"]["estimate"] == {
        "old": "0.82",
        "new": "0.84",
    }


def test_a_row_that_only_changed_its_line_was_not_edited():
    old = record([trial(DAPA_HF)])
    assert not compare(old, old, [row(DAPA_HF)], [row(DAPA_HF, line="7")])


def test_the_size_of_an_arm_is_an_edit_of_its_row():
    old = record([trial(DAPA_HF)])
    arm = {**trial(DAPA_HF)["control"], "n": 2371}
    new = record([trial(DAPA_HF, control=arm)])
    (change,) = compare(old, new, [row(DAPA_HF)], [row(DAPA_HF)]).rows
    assert [(e.name, e.old, e.new) for e in change.edits] == [("control.n", None, 2371)]


def test_a_verdict_that_flips_is_quoted_on_both_sides():
    harm = ("deliver", "1.82", "1.73", "1.92")
    old = record([trial(printed) for printed in (DAPA_HF, DELIVER)])
    new = record([trial(printed) for printed in (DAPA_HF, harm)])
    group = only_group(compare(old, new))
    assert "verdict" in group.moved
    assert (group.old.verdict, group.new.verdict) == ("benefit", "harm")
    assert "verdict benefit → harm" in text(compare(old, new))


def test_a_number_that_moves_within_its_verdict_moves_no_verdict():
    old = record([trial(printed) for printed in (DAPA_HF, DELIVER)])
    new = record([trial(printed) for printed in (DAPA_HF, ("deliver", "0.81", "0.72", "0.91"))])
    group = only_group(compare(old, new))
    assert "estimate" in group.moved
    assert "verdict" not in group.moved


def test_a_group_appears_and_disappears():
    old = record([trial(DAPA_HF), trial(DELIVER)])
    new = record([trial(DAPA_HF), trial(DELIVER), trial(SOLOIST, INSTEAD)])
    group = only_group(compare(old, new))
    assert (group.label, group.status, group.old) == (INSTEAD, "added", None)
    assert f"{INSTEAD} (new group)" in text(compare(old, new))
    assert only_group(compare(new, old)).status == "removed"
    assert f"{INSTEAD} (group is gone)" in text(compare(new, old))


def test_a_trial_that_changes_its_group_moves_both_but_not_the_overall_pool():
    overall = {"overall": record([trial(DAPA_HF), trial(DELIVER)])["groups"][0]}
    old = record([trial(DAPA_HF), trial(DELIVER)], **overall)
    new = record([trial(DAPA_HF), trial(DELIVER, INSTEAD)], **overall)
    (question,) = compare(old, new).questions
    by_label = {group.label: group for group in question.groups}
    assert set(by_label) == {ADDED, INSTEAD}
    assert by_label[ADDED].causes[0].reason == f"now in “{INSTEAD}”"
    assert by_label[INSTEAD].causes[0].reason == f"was in “{ADDED}”"


def test_the_overall_pool_and_the_test_between_groups_are_compared():
    overall = record([trial(DAPA_HF), trial(DELIVER)])["groups"][0]
    between = {
        **{"statistic": "Q", "value": 0.1, "df1": 1, "df2": None, "p_value": 0.75},
        **{"tau2_assumption": "common", "tau2": 0.0, "k": 2, "groups": 2, "note": ""},
        **{"residual_q": None, "residual_df": 0, "residual_p_value": None},
    }
    old = record([trial(DAPA_HF), trial(DELIVER)], overall=overall, subgroup_test=between)
    new = {
        **old,
        "overall": {**overall, "estimate": overall["estimate"] + 0.1},
        "subgroup_test": {**between, "value": 0.2, "p_value": 0.65},
    }
    (question,) = compare(old, new).questions
    assert [group.label for group in question.groups] == ["Overall"]
    assert question.test is not None
    said = text(compare(old, new))
    assert "Q(1) = 0.10, p = 0.75 → Q(1) = 0.20, p = 0.65" in said
    assert "because of no row: settings or code did" in said


def test_questions_appear_and_disappear():
    new = record([trial(DAPA_HF)])
    assert "worsening: new question" in text(compare(None, new))
    assert "worsening: question is gone" in text(compare(new, None))
    assert to_json(compare(None, new))["questions"]["worsening"]["status"] == "added"


def test_settings_and_everything_else_of_a_record_are_told():
    source = {"citation": "Author 2020", "doi": None, "pmid": None, "url": None}
    old = record([trial(DAPA_HF), trial(DELIVER)], sources={"a": source})
    new = {
        **old,
        "settings": {**old["settings"], "trials": {"design": ["rct"]}},
        "sources": {"a": {**source, "citation": "Author 2021"}},
    }
    (question,) = compare(old, new).questions
    assert [(e.name, e.new) for e in question.settings] == [("trials.design", ["rct"])]
    assert question.other == ("sources",)
    assert "worsening · trials.design: – → rct" in text(compare(old, new))


def test_reasons_for_leaving_rows_out_are_compared_where_a_row_stays_out():
    rows = [row(printed) for printed in FOUR]
    old = record([trial(DAPA_HF)], excluded=[excluded(DELIVER, "follow-up is too short")])
    new = {**old, "excluded": [excluded(DELIVER, "preserved"), excluded(REDUCED, "reduced")]}
    (question,) = compare(old, new, rows[:2], rows[:2]).questions
    (edit,) = question.excluded
    assert (edit.name, edit.old) == ("deliver.cvd-hhf.t01", "follow-up is too short")
    assert "deliver.cvd-hhf.t01 is not pooled: follow-up" in text(compare(old, new))
    # A new row that is left out is told as a row; the question did not change.
    new = {**old, "excluded": [*old["excluded"], excluded(REDUCED, "reduced")]}
    changes = compare(old, new, rows[:2], [*rows[:2], rows[3]])
    assert changes.questions == ()
    assert [change.row_id for change in changes.rows] == ["emperor-reduced.cvd-hhf.t01"]


def shifted(content, factor):
    """Return a copy of a record with every pooled number multiplied."""

    def scale(value):
        if isinstance(value, dict):
            return {key: scale(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [scale(entry) for entry in value]
        return value * factor if isinstance(value, float) else value

    trials = [{**t, "estimate": t["estimate"] * factor} for t in content["trials"]]
    return {**content, "trials": trials, "groups": scale(content["groups"])}


def test_a_relative_change_of_1e_9_is_silent_and_1e_7_speaks():
    old = record([trial(printed) for printed in FOUR])
    assert not compare(old, shifted(old, 1 + 1e-9))
    changes = compare(old, shifted(old, 1 + 1e-7))
    assert {"estimate", "interval"} <= set(only_group(changes).moved)
    # As printed nothing differs: the text must not show the same number twice.
    for line in describe(changes):
        for part in line.split("; "):
            before, arrow, after = part.partition(" → ")
            assert not arrow or not before.endswith(after)
    assert "as before; on the analysis scale" in text(changes)


@pytest.mark.parametrize(
    ("old", "new", "equal"),
    [
        (1.0, 1.0 + 1e-9, True),
        (1.0, 1.0 + 1e-7, False),
        (0.0, 5e-11, True),
        (0.0, 1e-9, False),
        (None, None, True),
        (None, 0.0, False),
        (3, 3, True),
        (100_000_000, 100_000_001, False),
        (True, 1, False),
        ([1.0, None], [1.0 + 1e-12, None], True),
        ({"a": 1.0}, {"b": 1.0}, False),
        ("0.70", "0.7", False),
    ],
)
def test_tolerance(old, new, equal):
    assert same(old, new) is equal
    assert same(new, old) is equal


def test_a_group_is_known_by_its_comparison_when_its_label_changes():
    """A second line of treatment joins: the first is called by its line, and has not moved."""
    old = record([trial(printed) for printed in FOUR])
    new = json.loads(json.dumps(old).replace(ADDED, f"{ADDED}, first line"))
    for one in (old, new):
        one["groups"][0]["comparison"] = "sglt2-added-on-none"
    (question,) = compare(old, new).questions
    assert question.groups == ()
    # Without an id the same rows under another name are the same group, other rows are not.
    for one in (old, new):
        del one["groups"][0]["comparison"]
    (question,) = compare(old, new).questions
    assert question.groups == ()
    fewer = record([trial(printed, f"{ADDED}, first line") for printed in FOUR[:3]])
    (question,) = compare(old, fewer).questions
    assert {group.status for group in question.groups} == {"added", "removed"}

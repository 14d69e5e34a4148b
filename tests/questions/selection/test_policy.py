"""Which comparison of a trial enters."""

from dataclasses import replace

from trialpool.evidence.comparisons import Compared
from trialpool.evidence.contrasts import Contrast
from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.library import Overlap
from trialpool.questions.shared.selection.report_policy import (
    choose_contrasts,
    replace_members,
)
from trialpool.records.comparisons import Comparison, Strategy
from trialpool.records.trials import Arm


def arm(name: str) -> Arm:
    return Arm(arm_id=name, label=name.upper(), agents=("drug",), n=None, events=None)


def candidate(
    row_id: str,
    trial_id: str = "trial",
    arms: tuple[str, str] = ("x", "c"),
    *,
    group: str = "Drug added",
) -> Candidate:
    contrast = Contrast(("drug",), (), (), ("drug",), "Drug", "added", ((1,), 0), "strategy")
    comparison = Comparison(
        **{"id": group, "label": group, "kind": "added", "added": ("drug",), "removed": ()},
        **{"shared": ((),), "background": (), "columns": {}, "setting": "", "strategy": "drug"},
    )
    return Candidate(
        row_ids=(row_id,),
        trial_id=trial_id,
        label=trial_id.upper(),
        endpoint="OS",
        experimental=arm(arms[0]),
        control=arm(arms[1]),
        compared=Compared(contrast, comparison, Strategy(id="drug", label="Drug")),
        group=group,
        source_id="source",
        locator="",
        effect=None,
        rank=(),
        flags=(),
    )


def rows(candidates: list[Candidate]) -> list[str]:
    return [row_id for one in candidates for row_id in one.row_ids]


def test_a_trial_with_several_comparisons_and_none_named_stays_out():
    kept, out = choose_contrasts([candidate("a"), candidate("b", arms=("y", "c"))], {})
    assert kept == []
    assert {item.row_id for item in out} == {"a", "b"}
    assert all("names none" in item.reason for item in out)


def test_the_named_comparison_enters():
    kept, out = choose_contrasts(
        [candidate("a"), candidate("b", arms=("y", "c"))], {"trial": [("y", "c")]}
    )
    assert rows(kept) == ["b"]
    assert out[0].stage == "several arms"
    assert "y v c" in out[0].reason


def test_two_named_comparisons_never_share_a_group():
    both = [candidate("a"), candidate("b", arms=("y", "c"))]
    named = {"trial": [("x", "c"), ("y", "c")]}
    kept, out = choose_contrasts(both, named)
    assert rows(kept) == ["a"]
    assert "shares patients with x v c" in out[0].reason
    apart = [both[0], candidate("b", arms=("y", "c"), group="Drug instead of other")]
    assert rows(choose_contrasts(apart, named)[0]) == ["a", "b"]


def test_a_named_comparison_that_is_not_there_lets_no_other_in():
    kept, out = choose_contrasts([candidate("a")], {"trial": [("y", "c")]})
    assert kept == []
    assert out[0].row_id == "a"


def test_a_trial_of_two_arms_needs_no_name():
    assert rows(choose_contrasts([candidate("a"), candidate("b")], {})[0]) == ["a", "b"]


def test_a_joint_analysis_replaces_its_members_only_where_it_is_there():
    overlaps = [Overlap("joint", ("one", "two"))]
    members = [candidate("a", "one"), candidate("b", "two"), candidate("c", "three")]
    assert rows(replace_members(members, overlaps)[0]) == ["a", "b", "c"]
    kept, out = replace_members([*members, replace(members[0], trial_id="joint")], overlaps)
    assert [one.trial_id for one in kept] == ["three", "joint"]
    assert {item.trial_id for item in out} == {"one", "two"}

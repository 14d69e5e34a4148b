"""The list of comparisons: what the trials of results compare, and which groups hold it."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from trialpool.chapters.comparisons import follow_renamed, list_comparisons
from trialpool.evidence.contrasts import Taxonomy
from trialpool.findings import InputError
from trialpool.records.groups import ExcludedRow
from trialpool.records.results import ComparativeResult, Result

TAXONOMY = Taxonomy(
    {
        "classes": {
            "antibody": {"label": "antibody", "targeted": True, "background": ["antibody"]},
            "kinase": {"label": "kinase inhibitor", "targeted": True},
            "chemo": {"label": "chemotherapy", "targeted": False},
        },
        "mechanisms": {
            "antibody": {"label": "Antibody", "class": "antibody", "order": 1},
            "kinase": {"label": "Kinase inhibitor", "class": "kinase", "order": 2},
            "chemo": {"label": "Chemotherapy", "class": "chemo", "order": 3},
        },
        "agents": {
            "amab": {"mechanism": "antibody"},
            "akinib": {"mechanism": "kinase"},
            "elkinib": {"mechanism": "kinase"},
            "taxol": {"mechanism": "chemo"},
            "cisplat": {"mechanism": "chemo"},
        },
        "comparison_columns": [{"column": "setting"}],
    }
)
TRIALS = [
    {"trial_id": name, "setting": setting}
    for name, setting in {"one": "early", "two": "early", "three": "late", "four": "early"}.items()
]
ARMS = [
    {"trial_id": trial_id, "arm_id": arm_id, "agents": agents}
    for trial_id, arm_id, agents in [
        ("one", "x", "akinib; amab; taxol"),
        ("one", "c", "amab; taxol"),
        ("two", "x", "amab; akinib; cisplat"),
        ("two", "c", "amab; cisplat"),
        ("three", "x", "akinib; amab"),
        ("three", "c", "amab"),
        ("four", "x", "elkinib; amab"),
        ("four", "y", "elkinib"),
        ("four", "c", "amab"),
    ]
]


def result(name: str, *trials: tuple[str, str, str, str]) -> Any:
    """What the list reads of a result: trials as (trial, experimental arm, control arm, group)."""
    made = [
        SimpleNamespace(
            trial_id=trial_id,
            group=group,
            experimental=SimpleNamespace(arm_id=ours),
            control=SimpleNamespace(arm_id=theirs),
        )
        for trial_id, ours, theirs, group in trials
    ]
    return of_kind(ComparativeResult, name, made)


def of_kind(kind: type[Result], name: str, trials: list[Any]) -> Any:
    what = {"endpoints": ("PFS",), "measure": "HR", "groups": (), "excluded": ()}
    return Mock(kind, id=name, trials=tuple(trials), **what)


ADDED, INSTEAD = "Kinase inhibitor added", "Kinase inhibitor instead of antibody"
PFS = result(
    "pfs",
    ("one", "x", "c", ADDED),
    ("two", "x", "c", ADDED),
    ("three", "x", "c", ADDED),
    ("four", "x", "c", ADDED),
    ("four", "y", "c", INSTEAD),
)
OS = result("os", ("two", "x", "c", "Other words"), ("one", "mutated", "wild-type", "A marker"))


def listed(*results: Any, **others: Any) -> Any:
    return list_comparisons(TAXONOMY, TRIALS, ARMS, results, **others)


def test_what_compares_no_two_sides_holds_no_comparison():
    """An association of endpoints has arms, but its group is no comparison of them."""
    other = of_kind(Result, "association", list(PFS.trials))
    assert listed(PFS, other) == listed(PFS)


def test_each_comparison_names_its_groups_in_every_question():
    record = listed(PFS, OS)
    cells = {
        one.id: [(cell.question, cell.group, cell.trials) for cell in one.cells]
        for one in record.comparisons
    }
    assert cells == {
        "akinib-added-on-antibody-early": [
            ("pfs", ADDED, ("one", "two")),
            ("os", "Other words", ("two",)),
        ],
        "elkinib-added-on-antibody-early": [("pfs", ADDED, ("four",))],
        "elkinib-v-amab-on-none-early": [("pfs", INSTEAD, ("four",))],
        "akinib-added-on-antibody-late": [("pfs", ADDED, ("three",))],
    }
    assert {one.id: one.label for one in record.comparisons} == {
        "akinib-added-on-antibody-early": "akinib added to amab + taxol or cisplat",
        "elkinib-added-on-antibody-early": "elkinib added to amab",
        "elkinib-v-amab-on-none-early": "elkinib v amab",
        "akinib-added-on-antibody-late": "akinib added to amab",
    }
    assert record.comparisons[0].shared == (("amab", "taxol"), ("amab", "cisplat"))
    assert [one.setting for one in record.comparisons] == ["early", "early", "early", "late"]


def test_sides_are_named_by_what_they_do_not_share():
    sides = {one.id: (one.experimental, one.control) for one in listed(PFS).comparisons}
    assert sides["akinib-added-on-antibody-early"] == ("akinib", "no akinib")
    assert sides["elkinib-v-amab-on-none-early"] == ("elkinib", "amab")


def left_out(row_id: str, trial_id: str, stage: str = "not poolable") -> ExcludedRow:
    words = {"label": trial_id, "reason": "no interval", "printed": "HR 1.05, p 0.78"}
    return ExcludedRow(row_id=row_id, trial_id=trial_id, stage=stage, **words)


def test_results_that_no_pool_holds_stand_with_their_comparison():
    """Of a trial of the pool nothing is missing; a comparison may have nothing else."""
    only = result("os", ("two", "x", "c", ADDED))
    rows = [
        {"row_id": "one.1", "trial_id": "one", "experimental_arm": "x", "control_arm": "c"},
        {"row_id": "one.2", "trial_id": "one", "experimental_arm": "x", "control_arm": "c"},
        {"row_id": "two.1", "trial_id": "two", "experimental_arm": "x", "control_arm": "c"},
        {"row_id": "four.1", "trial_id": "four", "experimental_arm": "c", "control_arm": "y"},
    ]
    only.excluded = (
        left_out("one.1", "one"),
        left_out("one.2", "one", "outside the question"),
        left_out("two.1", "two"),
        left_out("four.1", "four"),
    )
    found = {one.id: one for one in listed(only, rows=rows).comparisons}
    assert {name: [n.row_ids for n in one.not_pooled] for name, one in found.items()} == {
        "akinib-added-on-antibody-early": [("one.1",)],
        "amab-v-elkinib-on-none-early": [("four.1",)],
    }
    assert found["amab-v-elkinib-on-none-early"].cells == ()
    # Where the comparison is known the other way round, it is that one.
    found = {one.id: one for one in listed(PFS, only, rows=rows).comparisons}
    assert [n.row_ids for n in found["elkinib-v-amab-on-none-early"].not_pooled] == [("four.1",)]


def test_a_strategy_lists_its_comparisons():
    assert {one.id: one.comparisons for one in listed(PFS).strategies} == {
        "kinase-added-on-antibody": (
            "akinib-added-on-antibody-early",
            "elkinib-added-on-antibody-early",
            "akinib-added-on-antibody-late",
        ),
        "kinase-instead-of-antibody-on-none": ("elkinib-v-amab-on-none-early",),
    }


def test_another_order_of_trials_changes_cells_alone():
    turned = result("pfs", *[(t.trial_id, t.experimental.arm_id, t.control.arm_id, t.group)
                             for t in reversed(PFS.trials)])  # fmt: skip
    one, other = listed(PFS), listed(turned)
    assert [c.id for c in one.comparisons] == [c.id for c in other.comparisons]
    assert [c.label for c in one.comparisons] == [c.label for c in other.comparisons]
    assert one.strategies == other.strategies


def test_an_old_id_leads_to_the_one_of_today():
    now = "akinib-added-on-antibody-early"
    record = listed(PFS, renamed={"older": "old", "old": now})
    assert record.renamed == {"old": now, "older": now}


@pytest.mark.parametrize(
    ("renamed", "value"),
    [
        ({"old": "gone"}, "gone"),
        ({"here": "here-too"}, "here-too"),
        ({"old": "older", "older": "old"}, "older"),
    ],
)
def test_an_old_id_that_leads_nowhere_is_named(renamed, value):
    with pytest.raises(InputError) as error:
        follow_renamed(renamed, {"here", "here-too"})
    finding = error.value.findings[0]
    assert (finding.rule, finding.file, finding.value) == (
        "renamed-resolves",
        "renamed.yaml",
        value,
    )

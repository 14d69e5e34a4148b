"""The list of comparisons: what the trials of results compare, and which groups hold it."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from trialpool.chapters.comparisons import follow_renamed, list_comparisons
from trialpool.evidence.contrasts import Taxonomy
from trialpool.findings import InputError
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
    return Mock(kind, id=name, endpoints=("PFS",), measure="HR", trials=tuple(trials))


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

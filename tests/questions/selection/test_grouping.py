"""What is pooled together, and what it is called."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from small_tables import row, run

from trialpool.evidence.comparisons import Compared, compare
from trialpool.evidence.contrasts import Taxonomy
from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.cuts import Cut
from trialpool.questions.shared.selection.grouping import (
    grouped,
    groups_of,
    headings,
    in_display_order,
    strategies_over,
)
from trialpool.questions.shared.synthesis.comparative import totals
from trialpool.records.settings import ComparativeFilters, StrategySet
from trialpool.records.trials import Arm

TAXONOMY: dict[str, Any] = {
    "classes": {
        "antibody": {"label": "antibody", "targeted": True, "background": ["antibody"]},
        "chemo": {"label": "chemotherapy", "targeted": False, "compared_as": "chemotherapy"},
        "hormone": {"label": "hormone", "targeted": False, "background": ["hormone"]},
    },
    "mechanisms": {
        "a": {"label": "Antibody", "class": "antibody", "order": 1},
        "chemo": {"label": "Chemotherapy", "class": "chemo", "order": 8},
        "hormone": {"label": "Hormone", "class": "hormone", "order": 9},
    },
    "agents": {
        "amab": {"mechanism": "a"},
        "bemab": {"mechanism": "a"},
        "chemotherapy": {"mechanism": "chemo"},
        "taxol": {"mechanism": "chemo"},
        "oestrol": {"mechanism": "hormone"},
    },
    "comparison_columns": [
        {"column": "status", "labels": {"low": "A-low"}, "apart": True},
        {"column": "line", "values": {"1": "first-line", "2": "later-line"}},
    ],
}
FILTERS = ComparativeFilters(
    **{"table": "time_to_event", "trials": {}, "definitions": (), "report_policy": "latest"},
    **{"exclude_trials": {}, "exclude_rows": {}, "biomarker": None, "populations": ()},
    **{"contrasts": ("strategy",), "multiarm": "choose", "choose": {}, "joint_analyses": ()},
)


def arm(agents: str) -> Arm:
    return Arm(arm_id=agents, label=agents, agents=(), n=None, events=None)


def candidate(name: str, ours: str, theirs: str, line: str = "1", status: str = "high") -> Any:
    taxonomy = Taxonomy(TAXONOMY)
    trial = {"trial_id": name, "line": line, "status": status}
    sides = (("x", ours), ("c", theirs))
    contrast = taxonomy.contrast(name, *sides)
    return Candidate(
        **{"row_ids": (name,), "trial_id": name, "label": name, "endpoint": "OS"},
        **{"experimental": arm("x"), "control": arm("c"), "source_id": "s"},
        **{"locator": "", "maturity": "final", "population": "", "definition": ""},
        **{"extraction": "single", "effect": None, "rank": (), "flags": ()},
        compared=Compared(contrast, *compare(taxonomy, trial, *sides)),
    )


def groups(*candidates: Candidate, filters: ComparativeFilters = FILTERS, main: Any = None) -> Any:
    taxonomy = Taxonomy(TAXONOMY)
    pairs = [(one, None) for one in grouped(filters, candidates)]
    return groups_of(taxonomy, filters, (one for one, _ in in_display_order(taxonomy, pairs)), main)


FIRST = candidate("one", "amab; taxol", "taxol")
LATER = candidate("two", "amab; taxol", "taxol", line="2")
NO_LINE = candidate("three", "amab; chemotherapy", "chemotherapy", line="")
HORMONE = candidate("four", "amab; oestrol", "oestrol")
OTHER_DRUG = candidate("five", "bemab; taxol", "taxol")
SECOND = candidate("six", "bemab; amab", "amab")
LOW = candidate("seven", "amab; taxol", "taxol", status="low")


def labels(*candidates: Candidate, **settings: Any) -> list[str]:
    return list(groups(*candidates, **settings).names.values())


def test_a_name_says_no_more_than_it_has_to():
    assert labels(FIRST) == ["amab added to chemotherapy"]
    assert labels(FIRST, HORMONE, OTHER_DRUG) == [
        "amab added to chemotherapy",
        "amab added to oestrol",
        "bemab added to chemotherapy",
    ]


def test_the_same_words_are_told_apart_by_the_columns_that_differ():
    assert set(labels(FIRST, LATER)) == {
        "amab added to chemotherapy, first line",
        "amab added to chemotherapy, later line",
    }
    assert set(labels(FIRST, NO_LINE)) == {
        "amab added to chemotherapy, first line",
        "amab added to chemotherapy, line not stated",
    }
    assert set(labels(FIRST, LOW)) == {
        "amab added to chemotherapy, high",
        "amab added to chemotherapy, A-low",
    }


def test_a_reanalysis_calls_the_groups_of_the_main_analysis_by_their_names():
    main = groups(FIRST)
    again = groups(FIRST, LATER, HORMONE, main=main)
    (first,) = main.names
    assert again.names[first] == "amab added to chemotherapy"
    assert sorted(again.names.values()) == [
        "amab added to chemotherapy",
        "amab added to chemotherapy, high, later line",
        "amab added to oestrol",
    ]
    assert again.name(f"{first}, by marker") == "amab added to chemotherapy, by marker"
    assert again.name("no id") == "no id"


def test_strategies_hold_several_comparisons_of_one_kind_background_and_status():
    over = strategies_over(FILTERS, groups(FIRST, LATER, HORMONE, OTHER_DRUG, SECOND, LOW))
    (strategy,) = over
    ids = {one.compared.comparison.id for one in (FIRST, LATER, HORMONE, OTHER_DRUG)}
    assert set(strategy.comparisons) == ids
    assert strategies_over(FILTERS, groups(FIRST, SECOND, LOW)) == ()


def test_a_review_declares_its_own_strategies():
    ids = [one.compared.comparison.id for one in (FIRST, SECOND)]
    declared = {"mine": {"label": "Either", "comparisons": ids}}
    sets = msgspec.convert(declared, dict[str, StrategySet])
    filters = msgspec.structs.replace(FILTERS, strategies=sets)
    (strategy,) = strategies_over(filters, groups(FIRST, LATER, SECOND, filters=filters))
    assert (strategy.id, strategy.label) == ("mine", "Either")
    assert set(strategy.comparisons) == set(ids)


def test_groups_may_be_strategies():
    filters = msgspec.structs.replace(FILTERS, groups="strategy")
    found = groups(FIRST, LATER, OTHER_DRUG, SECOND, LOW, filters=filters)
    # Of one comparison a strategy has the name; HER2-low and -positive stay apart.
    assert sorted(found.names.values()) == [
        "Antibody added",
        "amab added to chemotherapy",
        "bemab added to amab",
    ]
    assert strategies_over(filters, found) == ()
    assert {one.comparison for one in headings(filters, found)} == {""}


def test_headings_carry_ids_and_the_class():
    (heading,) = headings(FILTERS, groups(FIRST))
    assert heading.comparison == "amab-added-on-none-high-first-line"
    assert heading.strategy == "a-added-on-none-high"
    assert (heading.mechanism, heading.mechanisms, heading.kind) == ("Antibody", ("a",), "added")


def test_groups_stand_together_and_trials_by_year():
    taxonomy = Taxonomy(TAXONOMY)
    early = replace(LATER, cut=Cut(year=2001), label="early")
    every = grouped(FILTERS, [LATER, OTHER_DRUG, FIRST, early])
    shown = in_display_order(taxonomy, [(one, None) for one in every])
    assert [one.label for one, _ in shown] == ["one", "early", "two", "five"]


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        ((10, 20), (30, False)),
        ((10, None), (10, True)),
        ((None, None), (None, False)),
    ],
)
def test_sums_known_in_part_are_minima(n, expected):
    arms = [Arm(arm_id="", label="", agents=(), n=one, events=one) for one in n]
    found = totals(arms)
    assert (found["n"], found["n_is_minimum"]) == expected
    assert (found["events"], found["events_are_minimum"]) == expected


def test_the_question_says_how_it_groups():
    selection = run([row("one.t01")], multiarm="choose", groups="strategy")
    assert selection.question.filters.groups == "strategy"
    assert [one.comparison for one in selection.question.groups] == [""]
    assert selection.trials[0].group == "drug added to care"

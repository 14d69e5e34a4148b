"""Robustness entries of a result record: what is refitted, and what is concluded from it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pooled_records
import pytest
from msgspec.structs import replace

import trialpool.sensitivity as sens
from trialpool.figures.forest.draw import draw_forest
from trialpool.pooling import bayesian_random_effects, random_effects
from trialpool.questions.shared.synthesis.answers import answer_of, answers_to
from trialpool.questions.shared.synthesis.multiverse import MULTIVERSE_COLUMNS, multiverse_of
from trialpool.questions.shared.synthesis.robustness import robustness
from trialpool.questions.shared.synthesis.trial_sets import ALL, MAIN, choices_of
from trialpool.records.base import kind_of, record_from
from trialpool.records.files import to_plain
from trialpool.records.questions import Variant, VariantTrial
from trialpool.records.results import ComparativeResult, heaviest
from trialpool.records.trials import SelectedTrial
from trialpool.sensitivity.multiverse import MODELS

REFERENCE = json.loads(
    (Path(__file__).parents[2] / "reference" / "metafor_bias.json").read_text("utf-8")
)


def trial(
    name: str, estimate: float, se: float, year: int | None = 2000, counts=None, **changes: Any
) -> SelectedTrial:
    a, n1, c, n2 = counts or (None, None, None, None)
    return pooled_records.trial(
        {
            "row_ids": [f"{name}.t01"],
            "trial_id": name,
            "label": name.upper(),
            "year": year,
            "group": "A",
            "comparison": "x added",
            "experimental": {"arm_id": "e", "label": "e", "agents": ["e"], "n": n1, "events": a},
            "control": {"arm_id": "c", "label": "c", "agents": ["c"], "n": n2, "events": c},
            "endpoint": "OS",
            "estimate": estimate,
            "se": se,
            "source": "s",
            "maturity": "final",
            "extraction": "double",
            **changes,
        }
    )


def built(trials: list[SelectedTrial], **changes: Any) -> ComparativeResult:
    return pooled_records.pooled({"groups": [{"label": "A"}], **changes}, trials)


def policy(label: str, trials: list[SelectedTrial], *changes: str) -> Variant:
    kept = tuple(record_from(one, VariantTrial) for one in trials)
    return Variant(id=label.lower(), label=label, changes=changes, trials=kept)


def entries(trials: list[SelectedTrial], **changes: Any):
    result = built(trials, **changes)
    found, rows = robustness(result, ())
    return result, {kind_of(entry): entry.results for entry in found}, rows


FIVE = [
    trial("a", -0.5, 0.10, 2001),
    trial("b", -0.4, 0.12, 1999, extraction="single"),
    trial("c", -0.3, 0.15, 2005, maturity="interim", flags=["interim analysis"]),
    trial("d", -0.45, 0.2, 2003),
    trial("e", -0.1, 0.3, 2010, flags=["read in a secondary source"]),
]


def test_refits_are_pools_of_the_other_trials():
    record, found, _ = entries(FIVE)
    rows = found["leave-one-out"]
    assert [row.analysis for row in rows] == [f"without {x}" for x in "ABCDE"]
    for i, row in enumerate(rows):
        rest = [t for j, t in enumerate(FIVE) if j != i]
        alone = random_effects([t.estimate for t in rest], [t.se**2 for t in rest], ci="hk-adhoc")
        assert (row.estimate, row.ci_upper) == (alone.estimate, alone.ci_upper)
        assert row.answer == ("lower" if alone.ci_upper < 0 else "neither")
    order = [row.analysis for row in found["cumulative"]]
    assert order[0] == "up to B (1999)"
    assert order[-1] == "up to E (2010)"
    assert found["cumulative"][-1].estimate == record.groups[0].estimate
    y, v = [t.estimate for t in FIVE], [t.se**2 for t in FIVE]
    assert [row.cook_d for row in found["influence"]] == sens.influence(y, v).cook_d.tolist()


def test_few_trials_have_what_exists():
    _, two, rows = entries(FIVE[:2])
    assert two["leave-one-out"] == two["cumulative"] == two["influence"] == two["gosh"] == ()
    assert len(rows) == len(MODELS)
    _, three, _ = entries(FIVE[:3])
    assert len(three["leave-one-out"]) == 3
    assert three["gosh"] == ()
    _, one, rows = entries(FIVE[:1])
    assert rows == []
    assert all(not results for results in one.values())
    unknown = [*FIVE[:2], trial("z", -0.2, 0.1, None)]
    assert entries(unknown)[1]["cumulative"] == ()


def test_gosh_says_how_many_subsets_agree():
    record, found, _ = entries(FIVE)
    (row,) = found["gosh"]
    y, v = [t.estimate for t in FIVE], [t.se**2 for t in FIVE]
    every = sens.gosh(y, v, ci="hk-adhoc", smallest=2)
    assert (row.subsets, row.complete) == (26, True)
    assert row.answer == answer_of(record.groups[0], record) == "lower"
    assert row.same == np.mean(every.ci_upper < 0)
    assert row.splits in "ABCDE"


def test_small_study_effects_from_ten_trials_on():
    _, few, _ = entries(FIVE)
    (row,) = few["small-study"]
    assert to_plain(row) == {
        "group": "A",
        "k": 5,
        "enough": False,
        "note": "5 trials: fewer than 10, too few to tell small-study effects from chance",
    }
    data = REFERENCE["sets"]["egger2001"]
    counts = REFERENCE["counts"]["egger2001"]
    cells = list(zip(*(counts[key] for key in ("ai", "n1i", "ci", "n2i")), strict=True))
    trials = [
        trial(f"m{i}", y, math.sqrt(v), counts=tuple(int(x) for x in cells[i]))
        for i, (y, v) in enumerate(zip(data["yi"], data["vi"], strict=True))
    ]
    _, many, _ = entries(trials, measure="OR")
    (row,) = many["small-study"]
    names = {test.name: test for test in row.regression_tests}
    assert names["Harbord"].p_value == pytest.approx(counts["harbord"]["p_value"], rel=1e-9)
    plain = sens.egger(data["yi"], data["vi"])
    assert names["Egger"].p_value == pytest.approx(plain.p_value, rel=1e-10)
    # The side that favours the experimental arm, whatever the pooled effect is.
    assert row.selection_model.alternative == "less"
    assert len(json.dumps(msgspec.to_builtins(many), allow_nan=False)) < 40_000


def test_choices_are_crossed_and_alike_ones_count_once():
    same = policy("Same", FIVE)
    other = [*FIVE[:4], trial("f", -0.2, 0.25)]
    found = choices_of("A", FIVE, [same, policy("Other", other)])
    named = {(c.policy, c.inclusion): [t.label for t in c.kept] for c in found.sets}
    assert named[MAIN, ALL] == ["A", "B", "C", "D", "E"]
    # Two ways to one set.
    assert named[MAIN, "double extraction only = without B"] == ["A", "C", "D", "E"]
    assert named[MAIN, "without interim reports = without C"] == ["A", "B", "D", "E"]
    assert named[MAIN, "without flagged rows"] == ["A", "B", "D"]
    assert named["Other", ALL] == ["A", "B", "C", "D", "F"]
    assert found.unchanged == ("Same",)
    # Without its new trial the other policy is the main analysis without E.
    assert ("Other", "without F") not in named
    keys = [tuple(sorted(t.label for t in c.kept)) for c in found.sets]
    assert len(keys) == len(set(keys))


def test_variants_with_another_estimand_are_no_choices():
    other = [replace(t, estimate=5.0) for t in FIVE]
    found = choices_of("A", FIVE, [policy("24", other, "horizon_months")])
    assert {choice.policy for choice in found.sets} == {MAIN}


def test_policies_whose_comparisons_share_patients_are_left_out():
    shared = [*FIVE[:4], replace(trial("f", -0.2, 0.25), trial_id="a")]
    found = choices_of("A", FIVE, [policy("Shared", shared)])
    assert {choice.policy for choice in found.sets} == {MAIN}


def test_rules_that_leave_too_few_are_named():
    found = choices_of("A", [FIVE[0], FIVE[1]], [policy("None", [])])
    assert len(found.sets) == 1
    assert "double extraction only" in found.too_few
    assert "None" in found.too_few


def test_multiverse_counts():
    record, found, rows = entries(FIVE)
    (summary,) = found["multiverse"]
    assert all(tuple(row._asdict()) == MULTIVERSE_COLUMNS for row in rows)
    assert len(rows) == summary.sets * len(MODELS)
    main = rows[0]
    assert (main.policy, main.inclusion, main.tau2_method, main.ci_method) == (
        *(MAIN, ALL),
        *("REML", "hk-adhoc"),
    )
    assert main.estimate == record.groups[0].estimate
    holds = sum(row.ci_upper is not None and row.ci_upper < 0 for row in rows)
    assert summary.answer == "lower"
    assert summary.holds == holds == summary.answers["lower"]
    assert summary.share == holds / summary.analyses
    assert summary.analyses + summary.without_interval == len(rows)
    for choice in ("tau2_method", "ci_method", "policy", "inclusion"):
        part = [c for c in summary.by_choice if c.choice == choice]
        assert sum(c.analyses for c in part) == summary.analyses
        assert sum(c.holds for c in part) == holds


def test_the_bayesian_model_is_one_more_where_the_settings_have_its_prior():
    record = built(FIVE, pooling={"tau_prior": "half-normal:0.5"})
    entry, rows = multiverse_of(record, ())
    (summary,) = entry.results
    assert summary.models == len(MODELS) + 1
    own = [row for row in rows if row.ci_method == "bayes"]
    assert len(own) == summary.sets
    without_e = next(row for row in own if row.inclusion == "without E")
    alone = bayesian_random_effects([t.estimate for t in FIVE[:4]], [t.se**2 for t in FIVE[:4]])
    assert without_e.ci_upper == alone.ci_upper
    assert without_e.tau2_method == "half-normal"


def test_leaving_one_out_and_time_follow_the_primary_model():
    record = built(FIVE, pooling={"tau_prior": "bartos2023-hr"})
    found = {kind_of(entry): entry for entry in robustness(record, ())[0]}
    rest = [(t.estimate, t.se**2) for t in FIVE[1:]]
    again = bayesian_random_effects(*zip(*rest, strict=True), prior="bartos2023-hr")
    first = found["leave-one-out"].results[0]
    assert found["leave-one-out"].ci_method == "bayes"
    assert first.analysis == "without A"
    assert first.ci_upper == pytest.approx(again.ci_upper, rel=1e-12)
    steps = found["cumulative"].results
    assert [row.k for row in steps] == [1, 2, 3, 4, 5]
    assert steps[0].analysis == "up to B (1999)"
    assert steps[0].tau2 is None
    assert steps[0].ci_upper == pytest.approx(-0.4 + 1.959963984540054 * 0.12)


def test_another_model_overturns_as_one_change():
    trials = [trial("a", -0.5, 0.1), trial("b", -0.4, 0.1)]
    record = built(trials, pooling={"tau_prior": "bartos2023-hr"})
    (summary,) = multiverse_of(record, ())[0].results
    assert record.groups[0].verdict.word == "benefit"
    assert summary.answer == "lower"
    overturned = {(change.choice, change.value) for change in summary.overturned_by}
    assert ("model", "hk-adhoc") in overturned
    assert ("model", "common-effect") not in overturned


def test_what_overturns_alone():
    # Only the precise trial carries the answer.
    trials = [trial("big", -0.4, 0.05), *(trial(x, 0.0, 0.6) for x in "abcd")]
    _, found, rows = entries(trials)
    (summary,) = found["multiverse"]
    assert summary.answer == "lower"
    values = {change.value for change in summary.overturned_by}
    assert "without BIG" in values
    assert "without A" not in values
    for change in summary.overturned_by:
        assert change.answer == "neither"
    assert summary.share < 1
    assert any(row.holds == "no" for row in rows)


def test_every_other_word_holds_where_the_interval_includes_no_difference():
    trials = [trial("a", -0.5, 0.1), trial("b", -0.1, 0.1)]
    record, found, rows = entries(trials)
    (summary,) = found["multiverse"]
    assert record.groups[0].verdict.word == "not-settled"
    assert answer_of(record.groups[0], record) == summary.answer == "neither"
    assert summary.holds == sum(row.answer == "neither" for row in rows)
    assert sum(summary.answers.values()) == summary.analyses


@pytest.mark.parametrize("prior", [None, "bartos2023-hr"])
@pytest.mark.parametrize("design", ["superiority", "non-inferiority"])
@pytest.mark.parametrize("benefit", ["lower", "higher"])
def test_a_verdict_answers_what_the_interval_of_the_primary_model_does(design, benefit, prior):
    """P = 0.975 is where a central interval of 95 % ends."""
    rng = np.random.default_rng(5)
    seen = set()
    pooling = {"margin_level": 0.975, "tau_prior": prior}
    for i in range(30):
        if i >= 18 and len(seen) == 3:
            break
        margin = {"lower": -0.3, "upper": 0.3, "source": ""} if i % 7 else None
        k = int(rng.integers(1, 8))
        mean, spread = rng.normal(0, 0.4), rng.choice([0.02, 0.1, 0.3])
        trials = [
            trial(f"t{j}", float(rng.normal(mean, spread)), 0.1, margin=margin) for j in range(k)
        ]
        record = built(trials, design=design, benefit=benefit, pooling=pooling)
        group = record.groups[0]
        answer = answer_of(group, record)
        if k == 1 or (margin is None and design != "superiority"):
            assert answer is None
            continue
        (own,) = answers_to([group.ci_lower], [group.ci_upper], group, record)
        assert answer == own
        seen.add(answer)
    assert len(seen) == 3


def test_intervals_without_limits_answer_nothing():
    record = built(FIVE)
    found = answers_to([np.nan, -1.0, 0.0], [np.nan, -0.5, 1.0], record.groups[0], record)
    assert found.tolist() == ["unknown", "lower", "neither"]


def test_the_heaviest_trials_of_many_stay_in_their_order():
    record = built(FIVE)
    weights = {trial.label: trial.weight for trial in record.trials}
    kept = heaviest(record, 3)
    order = [trial.label for trial in record.trials]
    most = sorted(order, key=lambda label: -weights[label])[:3]
    assert [trial.label for trial in kept.trials] == [x for x in order if x in most]
    assert kept.groups == record.groups
    assert heaviest(record, 5) is record
    drawn = draw_forest(record, heaviest=3)
    assert drawn.notes[0].startswith("Of 5 trials the 3 with the most weight")
    assert sum(row.kind == "trial" for row in drawn.table.rows) == 3

"""Meta-regressions of a question against the core, and what is said where there are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pooled_records
import pytest
import sample_records
from msgspec.structs import replace

from trialpool.pooling import meta_regression
from trialpool.questions.shared.synthesis.moderators import FEWEST_TRIALS, moderators_sensitivity
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.reanalyses import Moderator
from trialpool.records.trials import SelectedTrial
from trialpool.report.moderators import moderators

RNG = np.random.default_rng(3)
EFFECTS = np.round(RNG.normal(-0.3, 0.3, 12), 3).tolist()
ERRORS = np.round(RNG.uniform(0.1, 0.3, 12), 3).tolist()
YEARS = [2001, 2003, 2004, 2006, 2007, 2010, 2011, 2012, 2015, 2018, 2019, 2021]


def trials(groups: list[str]) -> list[SelectedTrial]:
    return [
        pooled_records.trial(
            {
                "row_ids": [f"r{i}"],
                "trial_id": f"t{i}",
                "label": f"T{i}",
                "group": group,
                "estimate": EFFECTS[i],
                "se": ERRORS[i],
                "experimental": {"arm_id": "a", "n": 100},
                "control": {"arm_id": "c", "n": 100},
            }
        )
        for i, group in enumerate(groups)
    ]


def question(column: str, values: list[Any]) -> ComparativeQuestion:
    named = {f"t{i}": str(value) for i, value in enumerate(values)}
    return pooled_records.question(moderators=[column], moderator_values={column: named})


def test_one_group_is_the_meta_regression():
    members = trials(["A"] * 12)
    (entry,) = moderators_sensitivity(question("year", YEARS), members)
    assert isinstance(entry, Moderator)
    assert entry.id == "moderator-year"
    (row,) = entry.results
    expected = meta_regression(
        EFFECTS,
        [se**2 for se in ERRORS],
        [year / 10 for year in YEARS],
        ci="hk-adhoc",
        permutations=1_000,
    )
    slope = expected.coefficients[1]
    assert row.analysis == "year of the report, per 10 years"
    for name in ("estimate", "ci_lower", "ci_upper", "p_value", "permutation_p_value"):
        assert getattr(row, name) == pytest.approx(getattr(slope, name), rel=1e-9), name
    assert row.r2 == pytest.approx(expected.r2, rel=1e-9)
    assert "between trials, not between patients" in entry.description


def test_all_groups_have_a_mean_each_and_one_slope():
    groups = ["A"] * 6 + ["B"] * 5 + ["C"]
    (entry,) = moderators_sensitivity(question("year", YEARS), trials(groups))
    (row,) = entry.results
    # The group of one trial says nothing about a slope within groups.
    assert row.k == 11
    x = np.column_stack([[g == "B" for g in groups[:11]], np.array(YEARS[:11]) / 10])
    expected = meta_regression(
        EFFECTS[:11], [se**2 for se in ERRORS[:11]], x.astype(float), ci="hk-adhoc"
    )
    assert row.estimate == pytest.approx(expected.coefficients[2].estimate, rel=1e-6)
    assert row.p_value == pytest.approx(expected.coefficients[2].p_value, rel=1e-5)
    assert row.permutation_p_value is None


def test_levels_are_compared_with_the_first():
    lines = ["1", "1", "2+", "1", "2+", "2+", "1", "2+", "1", "1", "2+", "1"]
    (entry,) = moderators_sensitivity(question("line", lines), trials(["A"] * 12))
    assert [row.analysis for row in entry.results] == ["line: 2+ against 1"]


def test_too_few_trials_and_missing_values_are_said():
    members = trials(["A"] * 12)
    values = [*YEARS[:9], "", "", ""]
    (entry,) = moderators_sensitivity(question("year", values), members)
    assert entry.results == ()
    assert f"{FEWEST_TRIALS} trials with this moderator" in entry.description
    assert "Not given for: T10, T11, T9." in entry.description
    (entry,) = moderators_sensitivity(question("year", [2001] * 12), members)
    assert "is the same in every trial" in entry.description
    assert moderators_sensitivity(pooled_records.question(), members) == []


def test_the_page_shows_ratios_of_ratios():
    entries = moderators_sensitivity(question("year", YEARS), trials(["A"] * 12))
    shown = moderators(replace(sample_records.result(), sensitivity=tuple(entries)))
    assert shown is not None
    assert shown.heading == "Ratio of HRs"
    (row,) = shown.regressions[0].rows
    low, high = (
        np.exp(entries[0].results[0].ci_lower),
        np.exp(entries[0].results[0].ci_upper),
    )
    assert f"{low:.2f} to {high:.2f}" in row.effect
    assert moderators(sample_records.result()) is None

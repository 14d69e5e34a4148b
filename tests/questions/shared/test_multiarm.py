"""Comparisons of one trial that share an arm, from trial records to pools."""

from __future__ import annotations

from typing import Any

import pooled_records
import pytest
from msgspec.structs import replace

from trialpool.audit.configuration.questions import _GLS_TAU2
from trialpool.pooling.dependent.gls import GLS_TAU2, gls_pool
from trialpool.questions.shared.selection.third_contrasts import spanning
from trialpool.questions.shared.synthesis.members import independent_groups
from trialpool.questions.shared.synthesis.multiarm import (
    gls_subgroup_test,
    multiarm_sensitivity,
    pool_members,
    shared_arms,
)
from trialpool.records.files import to_plain
from trialpool.records.trials import SelectedTrial

HR, OR = "HR", "OR"
POOLING = pooled_records.pooling()


def trial(
    row: str,
    trial_id: str,
    arms: tuple[str, str],
    estimate: float = -0.3,
    *,
    events: tuple[int | None, int | None] = (None, None),
    n: tuple[int | None, int | None] = (100, 100),
    group: str = "A",
    third: list[dict[str, Any]] | None = None,
) -> SelectedTrial:
    sides = {
        side: {"arm_id": arm, "events": e, "n": size}
        for side, arm, e, size in zip(("experimental", "control"), arms, events, n, strict=True)
    }
    return pooled_records.trial(
        {
            "row_ids": [row],
            "trial_id": trial_id,
            "label": trial_id.upper(),
            "group": group,
            "estimate": estimate,
            "se": 0.2,
            "third_contrasts": third or [],
            **sides,
        }
    )


def test_events_then_third_contrast_then_numbers():
    first = trial("1", "t", ("a", "c"), events=(40, 50))
    (found,) = shared_arms([first, trial("2", "t", ("b", "c"))], HR)
    assert (found.arm, found.covariance.source) == ("c", "events")
    assert found.covariance.covariance == pytest.approx(1 / 50)
    third = [{"arms": ["b", "a"], "se": 0.22, "row_ids": ["3"]}]
    (found,) = shared_arms(
        [trial("1", "t", ("a", "c"), third=third), trial("2", "t", ("b", "c"))], HR
    )
    assert found.covariance.source == "third contrast"
    assert found.covariance.covariance == pytest.approx((0.04 + 0.04 - 0.22**2) / 2)
    (found,) = shared_arms([trial("1", "t", ("a", "c")), trial("2", "t", ("b", "c"))], HR)
    assert (found.covariance.source, found.covariance.correlation) == ("n", pytest.approx(0.5))
    assert shared_arms([first, trial("2", "other", ("b", "c"))], HR) == []
    chain = [trial("1", "t", ("a", "b")), trial("2", "t", ("b", "c"))]
    (found,) = shared_arms(chain, HR)
    assert found.opposite
    assert found.covariance.covariance < 0


def test_of_two_cuts_the_later_events_count():
    members = [
        trial("1", "t", ("a", "c"), events=(40, 50)),
        trial("2", "t", ("b", "c"), events=(60, 80)),
    ]
    (found,) = shared_arms(members, HR)
    assert found.covariance.covariance == pytest.approx(1 / 80)


def test_counts_share_the_variance_of_their_arm():
    members = [
        trial("1", "t", ("a", "c"), events=(60, 40)),
        trial("2", "t", ("b", "c"), events=(55, 40)),
    ]
    (found,) = shared_arms(members, OR)
    # 1/40 + 1/60 is more than the variance 0.04 of either record: the inputs do not fit.
    assert found.covariance.source == "n"
    members = [replace(member, se=0.29) for member in members]
    (found,) = shared_arms(members, OR)
    assert found.covariance.covariance == pytest.approx(1 / 40 + 1 / 60)


def test_a_pool_takes_both_comparisons_with_their_covariance():
    members = [
        trial("1", "t", ("a", "c"), -0.5, events=(40, 50)),
        trial("2", "t", ("b", "c"), -0.3, events=(45, 50)),
        trial("3", "u", ("a", "c"), 0.1),
        trial("4", "v", ("a", "c"), -0.4),
    ]
    got = pool_members(members, HR, POOLING)
    expected = gls_pool(
        [-0.5, -0.3, 0.1, -0.4], [0.04] * 4, ["t", "t", "u", "v"], [(0, 1, 0.02)], measure="HR"
    )
    for name in ("estimate", "se", "ci_lower", "tau2", "q", "pi_upper"):
        assert getattr(got, name) == pytest.approx(getattr(expected, name), rel=1e-9), name
    assert got.k == 4
    assert independent_groups(members) == {}
    assert independent_groups(members[1:]) == {"A": members[1:]}


def test_the_test_between_groups_keeps_every_comparison():
    members = [
        trial("1", "t", ("a", "c"), -0.5, events=(40, 50)),
        trial("2", "t", ("b", "c"), -0.1, events=(45, 50), group="B"),
        trial("3", "u", ("a", "c"), -0.4),
        trial("4", "v", ("b", "c"), -0.2, group="B"),
    ]
    test = gls_subgroup_test(members, HR)
    assert test is not None
    assert (test.k, test.df1, test.df2) == (4, 1, 2)
    assert "T, correlation 0.50 from events" in test.note
    assert "between trials, not between patients" in test.note
    assert gls_subgroup_test(members[:1], HR) is None


def test_further_comparisons_and_other_correlations_stand_beside():
    main = [trial("1", "t", ("a", "c"), -0.5), trial("3", "u", ("a", "c"), 0.1)]
    further = [main[0], trial("2", "t", ("b", "c"), -0.3), main[1]]
    asked = pooled_records.question(all_arms=[to_plain(one) for one in further])
    entries = multiarm_sensitivity(asked, main)
    assert [entry.id for entry in entries] == ["all-arms", "multiarm-correlation"]
    (row,) = entries[0].results
    assert (row.k, row.trials) == (3, ("T",))
    assert "correlation 0.50 from n" in entries[0].description
    by = {row.analysis: row for row in entries[1].results}
    assert list(by) == ["every comparison, correlation 0.3", "every comparison, correlation 0.7"]
    for value in (0.3, 0.7):
        expected = gls_pool(
            [-0.5, -0.3, 0.1],
            [0.04] * 3,
            ["t", "t", "u"],
            [(0, 1, value * 0.04)],
            measure="HR",
        )
        found = by[f"every comparison, correlation {value}"]
        assert found.estimate == pytest.approx(expected.estimate, rel=1e-12)
        assert found.ci_lower == pytest.approx(expected.ci_lower, rel=1e-9)
    assert multiarm_sensitivity(pooled_records.question(), main) == []


def test_contrasts_that_follow_from_others_stay_out():
    assert spanning([("a", "b"), ("a", "c"), ("b", "c")]) == [("a", "c"), ("b", "c")]
    assert spanning([("a", "c"), ("b", "c")]) == [("a", "c"), ("b", "c")]


def test_the_audit_knows_the_estimators_of_the_pooling():
    assert set(_GLS_TAU2) == set(GLS_TAU2) - {"CE"}

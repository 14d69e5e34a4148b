"""Effects with what an early endpoint of the same trials says of them."""

import math

import msgspec
import numpy as np
import pooled_records
import pytest

import trialpool as tp
from trialpool.questions.comparison.borrowed import CORRELATIONS
from trialpool.questions.comparison.page import parts
from trialpool.records.files import read_result

EARLY, FINAL = [-0.5, -0.2, -0.6, -0.3], [-0.3, -0.1, -0.4]
EARLY_SE, FINAL_SE = [0.1, 0.12, 0.15, 0.1], [0.15, 0.2, 0.25]
GROUPS = [{"label": "A"}, {"label": "B"}]


def trials(effects, errors, group="A"):
    return [
        {
            **{"trial_id": f"{group}{i}", "row_ids": [f"{group}{i}"], "label": f"T{i}"},
            **{"group": group, "estimate": y, "se": se},
        }
        for i, (y, se) in enumerate(zip(effects, errors, strict=True))
    ]


def result(early, final, benefit="lower"):
    asked = pooled_records.question(groups=GROUPS)
    borrow = {
        "early": {
            **{"measure": "HR", "measure_name": "hazard ratio", "endpoints": ["PFS"]},
            **{"endpoint_names": {"PFS": "progression-free survival"}, "benefit": benefit},
            "filters": msgspec.to_builtins(asked.filters),
        },
        "trials": [msgspec.to_builtins(pooled_records.variant_trial(one)) for one in early],
    }
    ours = [one for one in GROUPS if any(trial["group"] == one["label"] for trial in final)]
    return pooled_records.pooled({"groups": ours, "borrow": borrow}, final)


def test_each_correlation_is_fitted_and_a_trial_with_the_early_effect_alone_lends():
    found = result(trials(EARLY, EARLY_SE), trials(FINAL, FINAL_SE)).borrowed
    alone, *fitted = found.effects
    pool = tp.random_effects(FINAL, np.square(FINAL_SE), ci="wald")
    assert (alone.correlation, alone.k) == (None, 3)
    assert (alone.estimate, alone.ci_lower) == pytest.approx((pool.estimate, pool.ci_lower))
    assert [one.correlation for one in fitted] == list(CORRELATIONS)
    for one in fitted:
        fit = tp.bivariate(
            EARLY,
            np.square(EARLY_SE),
            [*FINAL, math.nan],
            [*np.square(FINAL_SE), math.nan],
            correlation=one.correlation,
        )
        assert (one.k, one.k_both) == (4, 3)
        assert one.estimate == pytest.approx(fit.estimates[1], abs=1e-9)
        assert one.ci_upper == pytest.approx(fit.ci_upper[1], abs=1e-9)


def test_the_correlation_is_that_of_benefits():
    same = result(trials(EARLY, EARLY_SE), trials(FINAL, FINAL_SE)).borrowed
    turned = [-y for y in EARLY]
    other = result(trials(turned, EARLY_SE), trials(FINAL, FINAL_SE), "higher").borrowed
    for one, two in zip(same.effects, other.effects, strict=True):
        assert one.estimate == pytest.approx(two.estimate, abs=1e-6)


def test_groups_with_too_few_are_named():
    final = [*trials(FINAL, FINAL_SE), *trials(FINAL[:2], FINAL_SE[:2], "B")]
    early = [*trials(EARLY, EARLY_SE), *trials(EARLY, EARLY_SE, "B")]
    found = result(early, final)
    assert found.borrowed.too_few == {"B": 2}
    assert {one.group for one in found.borrowed.effects} == {"A"}
    part = next(one for one in parts(found) if "borrowed" in one.template)
    assert part.shown.too_few == "B (2)"
    assert [row.model for row in part.shown.rows][:2] == ["alone", "correlation within trials 0"]


def test_no_early_endpoint_no_borrowing():
    assert pooled_records.pooled({"groups": GROUPS[:1]}, trials(FINAL, FINAL_SE)).borrowed is None


def test_the_shipped_questions(shipped_review):
    """Four of five adjuvant trials report both; no comparison of advanced disease has three."""
    folder = shipped_review / "results/questions"
    adjuvant = read_result(folder / "adjuvant-os/result.json").borrowed
    assert {(one.k, one.k_both) for one in adjuvant.effects[1:]} == {(5, 4)}
    early = read_result(folder / "adjuvant-dfs/result.json")
    final = read_result(folder / "adjuvant-os/result.json")
    keys = [
        {
            (one.trial_id, one.experimental.arm_id, one.control.arm_id)
            for one in shown.trials
            if one.group == adjuvant.effects[0].group
        }
        for shown in (early, final)
    ]
    assert len(keys[0] & keys[1]) == 4
    advanced = read_result(folder / "metastatic-os/result.json").borrowed
    assert not advanced.effects
    assert max(advanced.too_few.values()) == 2

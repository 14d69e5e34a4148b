"""A pool is tested against "no effect" of its measure, by whatever way it is computed."""

from __future__ import annotations

import math

import pytest
from scipy import stats

import trialpool as tp
from trialpool.pooling.dependent.pooled_mean import pooled_mean
from trialpool.pooling.univariate.given_tau2 import at_tau2

AREAS = [0.71, 0.62, 0.80, 0.55, 0.68]
CASES, CONTROLS = [30, 40, 25, 60, 33], [50, 30, 60, 45, 40]
CLUSTERS = ["a", "a", "b", "c", "c"]


def areas(code):
    effects = tp.effect_sizes(auc=AREAS, n_cases=CASES, n_controls=CONTROLS, measure=code)
    assert effects.measure == code
    return effects


def p_against(null, found):
    """From t or the normal, as scipy.stats has them."""
    statistic = abs(found.estimate - null) / found.se
    law = stats.norm if found.df is None else stats.t(found.df)
    return pytest.approx(2 * law.sf(statistic), rel=1e-12)


@pytest.mark.parametrize("code", ["AUC", "CLES"])
@pytest.mark.parametrize("ci", ["hk-adhoc", "hk", "wald", "kr"])
def test_areas_are_tested_against_a_half(code, ci):
    effects = areas(code)
    y, v = effects.yi, effects.vi
    for found in (
        tp.random_effects(effects, ci=ci),
        tp.pool(effects, ci=ci),
        tp.random_effects(y, v, measure=code, ci=ci),
        tp.random_effects_many([y], [v], measure=code, ci=ci)[0],
        at_tau2(y, v, 0.002, measure=code, ci=ci),
        *tp.subgroups(effects, by=CLUSTERS, ci=ci).pools,
    ):
        if found.p_value is not None:
            assert found.p_value == p_against(0.5, found)
    # The same as differences from a half, of which 0 is no effect.
    shifted = tp.random_effects(y - 0.5, v, ci=ci)
    assert tp.random_effects(effects, ci=ci).p_value == pytest.approx(shifted.p_value, rel=1e-9)
    assert shifted.p_value > 10 * tp.random_effects(y, v, ci=ci).p_value


def test_refits_of_areas_are_tested_against_a_half():
    effects = areas("AUC")
    y, v = effects.yi, effects.vi
    without, steps = tp.leave_one_out(effects), tp.cumulative(effects, order=[1, 2, 3, 4, 5])
    shifted = tp.leave_one_out(y - 0.5, v), tp.cumulative(y - 0.5, v, [1, 2, 3, 4, 5])
    for found, same in zip((without, steps), shifted, strict=True):
        assert found.p_value == pytest.approx(same.p_value, rel=1e-9)
    assert tp.leave_one_out(y, v, measure="AUC").p_value.tolist() == without.p_value.tolist()


def test_means_of_clusters_of_areas_are_tested_against_a_half():
    effects = areas("AUC")
    fit = tp.dependent_effects(effects, cluster=CLUSTERS)
    found = pooled_mean(fit, effects.vi, CLUSTERS)
    assert found.p_value == p_against(0.5, found)
    # A coefficient is tested against 0, and so not printed as a test of no effect.
    mean = fit.coefficients[0]
    assert mean.p_value == p_against(0.0, mean)
    assert "<0.001" not in repr(fit)


def test_where_nothing_is_compared_nothing_is_tested():
    effects = tp.effect_sizes(events=[4, 9, 3], n=[40, 51, 38], measure="PLO")
    assert tp.random_effects(effects).p_value is None
    assert tp.pool(effects).p_value is None
    assert all(math.isnan(p) for p in tp.leave_one_out(effects).p_value)
    assert "\n" in repr(tp.random_effects(effects))

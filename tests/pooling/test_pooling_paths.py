"""One small set in floats, many sets in arrays, long sets: the same bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialpool.pooling import effects, random_effects
from trialpool.pooling.sets import column_sum
from trialpool.pooling.tau2 import TAU2_METHODS

OPTIONS = st.fixed_dictionaries(
    {
        "tau2": st.sampled_from(list(TAU2_METHODS)),
        "ci": st.sampled_from(["wald", "hk", "hk-adhoc"]),
        "pi": st.sampled_from(["t", "hts", "normal"]),
        "level": st.sampled_from([0.5, 0.9, 0.95, 0.999]),
    }
)


@st.composite
def sets_of_trials(draw):
    """Sets from two trials on: equal effects, wide and narrow spreads, negative zeros."""
    k = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    vi = 10.0 ** rng.uniform(*draw(st.sampled_from([(-2, 0), (-4, 2), (-9, 9)])), k)
    yi = rng.normal(0.0, np.sqrt(vi)) * draw(st.sampled_from([0.0, 0.3, 1.0, 3.0, 30.0]))
    return yi + draw(st.sampled_from([0.0, -0.3, 1e6])), vi


@given(sets_of_trials(), OPTIONS)
@settings(max_examples=400, deadline=None)
def test_floats_and_arrays_agree_in_every_bit(trials, options):
    yi, vi = trials
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effects, "_FEW_TRIALS", 40)
        in_floats = random_effects(yi, vi, **options)
        patch.setattr(effects, "_FEW_TRIALS", 0)
        in_arrays = random_effects(yi, vi, **options)
    # repr tells 0.0 from -0.0 and shows every bit of a double.
    assert repr(in_floats) == repr(in_arrays)


def test_small_sets_are_fitted_in_floats(monkeypatch):
    """Without this the test above would compare arrays with arrays."""
    monkeypatch.setattr(effects, "_fit", None)
    yi, vi = [0.1, 0.5, -0.2], [0.02, 0.05, 0.1]
    for tau2 in TAU2_METHODS:
        assert random_effects(yi, vi, tau2=tau2).k == 3


@pytest.mark.parametrize("shape", [(7, 1), (7, 11), (7, 12), (300, 13), (2000, 2), (9, 20, 60)])
def test_sums_run_from_the_first_row_to_the_last(shape):
    """Which numpy does not promise for `reduce`; every bit rests on it."""
    rng = np.random.default_rng(4)
    for terms in (rng.normal(size=shape), rng.normal(size=shape[::-1]).T):
        by_hand = np.zeros(terms.shape[1:])
        for row in terms:
            by_hand = by_hand + row
        assert column_sum(terms).tobytes() == by_hand.tobytes()

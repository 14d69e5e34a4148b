"""One small set in floats, a long one in vectors, many in arrays, without each trial: same bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialpool.pooling import random_effects, random_effects_many, without_each
from trialpool.pooling.numeric.batch_sums import column_sum
from trialpool.pooling.univariate import inverse_variance, leave_one_out
from trialpool.pooling.univariate.tau2 import TAU2_METHODS

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
        patch.setattr(inverse_variance, "_FEW_TRIALS", 40)
        in_floats = random_effects(yi, vi, **options)
        patch.setattr(inverse_variance, "_FEW_TRIALS", 0)
        in_vectors = random_effects(yi, vi, **options)
    in_arrays = random_effects_many(yi[None, :], vi[None, :], **options)[0]
    # repr tells 0.0 from -0.0 and shows every bit of a double.
    assert repr(in_floats) == repr(in_arrays)
    assert repr(in_vectors) == repr(in_arrays)


@pytest.mark.parametrize("k", [2, 3, 30, 31, 500])
def test_one_set_does_not_go_through_arrays(k, monkeypatch):
    """Without this the test above would compare arrays with arrays."""
    monkeypatch.setattr(inverse_variance, "fit", None)
    rng = np.random.default_rng(k)
    yi, vi = rng.normal(size=k), rng.uniform(0.02, 0.5, k)
    for tau2 in TAU2_METHODS:
        assert random_effects(yi, vi, tau2=tau2).k == k


NUMBERS = ["estimate", "se", "ci_lower", "ci_upper", "p_value", "tau2", "i2", "i2_q", "h2"]


@given(
    sets_of_trials(),
    st.sampled_from(["REML", "ML", "PM", "DL", "CE"]),
    st.integers(0, 10),
)
@settings(max_examples=80, deadline=None)
def test_without_each_is_the_fit_of_the_others(trials, tau2, copies):
    """Also where trials share the smallest variance or an extreme effect."""
    yi, vi = trials
    yi, vi = np.append(yi, [yi[0]] * copies), np.append(vi, [vi.min()] * copies)
    got = without_each(yi, vi, tau2=tau2)
    for i in range(yi.size):
        alone = random_effects(np.delete(yi, i), np.delete(vi, i), tau2=tau2)
        for name in NUMBERS:
            value = getattr(alone, name)
            assert repr(got[name][i].item()) == repr(np.nan if value is None else value), name
        assert got["multimodal"][i] == alone.diagnostics.multimodal
        assert got["at_boundary"][i] == alone.diagnostics.at_boundary


@st.composite
def many_trials(draw):
    """Hundreds of trials, one of which may outweigh the others, stand far off or be empty."""
    k = draw(st.integers(leave_one_out._MANY, 300))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    vi = 10.0 ** rng.uniform(*draw(st.sampled_from([(-2, -1), (-4, 2), (-1, -1)])), k)
    yi = rng.normal(0.0, np.hypot(draw(st.sampled_from([0.0, 0.2, 3.0])), np.sqrt(vi)))
    odd, spot = rng.integers(k, size=2)
    vi[odd] *= draw(st.sampled_from([1.0, 1e-3, 1e-5, 1e9]))
    yi[spot] += draw(st.sampled_from([0.0, 10.0, 1e4]))
    return yi + draw(st.sampled_from([0.0, 100.0])), vi


@given(many_trials(), st.sampled_from(list(TAU2_METHODS)), st.sampled_from(["hk", "wald", "kr"]))
@settings(max_examples=60, deadline=None)
def test_without_each_of_many_is_the_fit_of_the_others(trials, tau2, ci):
    """Sums of all less one against sums of the others: every estimator, every interval."""
    yi, vi = trials
    options = {"tau2": tau2, "ci": "wald" if ci == "kr" and tau2 != "REML" else ci}
    got = without_each(yi, vi, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leave_one_out, "_MANY", yi.size + 1)
        plain = without_each(yi, vi, **options)
    scale = {
        "tau2": plain["tau2"] + vi.min(),
        **dict.fromkeys(
            ("estimate", "ci_lower", "ci_upper"), plain["se"] + 1e-6 * np.abs(yi).max()
        ),
    }
    for name, values in plain.items():
        away = np.abs(got[name].astype(float) - values.astype(float))
        assert np.array_equal(np.isnan(got[name]), np.isnan(values)), name
        allowed = 1e-10 * scale.get(name, np.maximum(np.abs(values), 1e-2))
        assert not (away > allowed).any(), name


@pytest.mark.parametrize("tau2", list(TAU2_METHODS))
def test_without_each_of_many_fits_few_of_them_alone(tau2, monkeypatch):
    """Else time would grow with the square of the number of trials."""
    rng = np.random.default_rng(6)
    vi = rng.uniform(0.01, 0.2, 700)
    yi = rng.normal(-0.3, np.sqrt(0.04 + vi))
    yi[5], vi[9] = 1e3, 1e-5
    alone = []
    single = leave_one_out._one_by_one
    monkeypatch.setattr(
        leave_one_out, "_one_by_one", lambda *a: alone.extend(a[2].tolist()) or single(*a)
    )
    without_each(yi, vi, tau2=tau2)
    assert set(alone) <= {5, 9}


@pytest.mark.parametrize("shape", [(7, 1), (7, 11), (7, 12), (300, 13), (2000, 2), (9, 20, 60)])
def test_sums_run_from_the_first_row_to_the_last(shape):
    """Which numpy does not promise for `reduce`; every bit rests on it."""
    rng = np.random.default_rng(4)
    for terms in (rng.normal(size=shape), rng.normal(size=shape[::-1]).T):
        by_hand = np.zeros(terms.shape[1:])
        for row in terms:
            by_hand = by_hand + row
        assert column_sum(terms).tobytes() == by_hand.tobytes()

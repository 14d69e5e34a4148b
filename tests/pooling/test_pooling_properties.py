"""Properties that hold for every set of trials."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialpool.pooling import random_effects, random_effects_many
from trialpool.pooling.univariate import inverse_variance

MOMENTS = ["DL", "DL2", "PM", "EB", "HE", "HS", "HSk", "SJ"]
METHODS = st.sampled_from(["REML", "ML", "CE", *MOMENTS])
CIS = st.sampled_from(["wald", "hk", "hk-adhoc"])
EFFECTS = st.floats(-3, 3).map(lambda x: round(x, 4))
VARIANCES = st.floats(0.005, 2).map(lambda x: round(x, 4))
TRIALS = st.lists(st.tuples(EFFECTS, VARIANCES), min_size=1, max_size=9)
NUMBERS = ["estimate", "se", "ci_lower", "ci_upper", "tau2", "q"]


def split(trials):
    return np.array([y for y, _ in trials]), np.array([v for _, v in trials])


def close(a, b, rel=1e-9, abs_=1e-10):
    for name in NUMBERS:
        assert getattr(a, name) == pytest.approx(getattr(b, name), rel=rel, abs=abs_), name


OPTIONS = st.fixed_dictionaries(
    {"tau2": METHODS, "ci": CIS, "pi": st.sampled_from(["t", "hts", "normal"])}
) | st.fixed_dictionaries(
    {
        "tau2": st.just("REML"),
        "ci": st.just("kr"),
        "tau2_ci": st.sampled_from(["q-profile", "profile-likelihood"]),
    }
)


@given(
    st.lists(TRIALS, min_size=1, max_size=6),
    OPTIONS,
    st.integers(0, 3),
    st.randoms(use_true_random=False),
    st.sampled_from([1, 300, 2**18]),
)
@settings(max_examples=120, deadline=None)
def test_result_does_not_depend_on_the_batch(many, options, extra, random, chunk):
    """Padding, gaps between entries, neighbours and chunks change no bit."""
    width = max(len(trials) for trials in many) + extra
    yi, vi = np.full((2, len(many), width), np.nan)
    for row, trials in enumerate(many):
        places = sorted(random.sample(range(width), len(trials)))
        yi[row, places], vi[row, places] = split(trials)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inverse_variance, "_CHUNK_NUMBERS", chunk)
        batch = random_effects_many(yi, vi, **options)
    for row, trials in enumerate(many):
        alone = random_effects(*split(trials), **options)
        # repr tells 0.0 from -0.0 and shows every bit of a double.
        assert repr(batch[row]) == repr(alone)


@pytest.mark.parametrize("shape", [(900, 12), (150, 150), (2, 2000)])
def test_large_batch_and_long_sets_bit_by_bit(shape):
    """Crosses the size where sums change from one loop to the other."""
    rng = np.random.default_rng(11)
    yi, vi = rng.normal(size=shape), rng.uniform(0.01, 1, shape)
    gone = rng.random(shape) < rng.random((shape[0], 1)) * 0.95
    gone[:, 0] = False
    yi[gone] = vi[gone] = np.nan
    batch = random_effects_many(yi, vi)
    for row in range(0, shape[0], 1 + shape[0] // 50):
        own = ~gone[row]
        assert repr(batch[row]) == repr(random_effects(yi[row, own], vi[row, own]))


@given(TRIALS, METHODS, CIS, st.floats(-100, 100))
@settings(deadline=None)
def test_shift(trials, tau2, ci, shift):
    yi, vi = split(trials)
    plain, moved = (
        random_effects(yi, vi, tau2=tau2, ci=ci),
        random_effects(yi + shift, vi, tau2=tau2, ci=ci),
    )
    back = {name: getattr(moved, name) - shift for name in ("estimate", "ci_lower", "ci_upper")}
    # A shift of 100 leaves 1e-14 of the effects; tau² near a flat maximum amplifies that.
    close(plain, dataclasses.replace(moved, **back), rel=1e-7, abs_=1e-8)


@given(TRIALS, METHODS, CIS, st.integers(-20, 20), st.booleans())
@settings(deadline=None)
def test_scale_and_sign(trials, tau2, ci, power, flip):
    """Effects times c and variances times c² scale everything; exactly so for powers of two."""
    yi, vi = split(trials)
    c = 2.0**power * (-1 if flip else 1)
    plain = random_effects(yi, vi, tau2=tau2, ci=ci)
    scaled = random_effects(c * yi, c * c * vi, tau2=tau2, ci=ci)
    assert scaled.estimate == c * plain.estimate
    assert scaled.se == abs(c) * plain.se
    assert scaled.tau2 == c * c * plain.tau2
    assert (scaled.q, scaled.i2, scaled.weights) == (plain.q, plain.i2, plain.weights)
    assert scaled.p_value == plain.p_value


@given(TRIALS, st.sampled_from([*MOMENTS, "CE"]), CIS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_permutation(trials, tau2, ci, random):
    order = list(range(len(trials)))
    random.shuffle(order)
    yi, vi = split(trials)
    close(
        random_effects(yi, vi, tau2=tau2, ci=ci),
        random_effects(yi[order], vi[order], tau2=tau2, ci=ci),
        rel=1e-12,
        abs_=1e-12,
    )


@given(TRIALS, METHODS)
@settings(deadline=None)
def test_nothing_is_nan_and_bounds_hold(trials, tau2):
    got = random_effects(*split(trials), tau2=tau2)
    for name, value in got.to_dict().items():
        assert not (isinstance(value, float) and not math.isfinite(value)), name
    assert got.tau2 >= 0
    assert math.fsum(got.weights) == pytest.approx(1, abs=1e-14)
    assert got.diagnostics.converged
    if got.tau2_ci_lower is not None:
        assert 0 <= got.tau2_ci_lower <= got.tau2_ci_upper
    if got.i2 is not None:
        assert 0 <= got.i2 < 100
    assert got.ci_lower <= got.estimate <= got.ci_upper


@given(TRIALS)
@settings(deadline=None)
def test_without_heterogeneity_random_effects_are_the_common_effect(trials):
    """Effects pulled together until tau² is 0."""
    yi, vi = split(trials)
    yi = 1e-6 * yi
    # Sidik-Jonkman's tau² is above 0 unless all effects are equal.
    for method in ("REML", "ML", *MOMENTS[:-1]):
        random, common = (random_effects(yi, vi, tau2=m, ci="wald") for m in (method, "CE"))
        assert random.tau2 == 0.0
        assert (random.estimate, random.se, random.weights) == (
            common.estimate,
            common.se,
            common.weights,
        )


@given(TRIALS)
@settings(deadline=None)
def test_dominating_variance_gets_no_weight(trials):
    """A trial with a huge variance changes nothing but the degrees of freedom."""
    yi, vi = split(trials)
    plain = random_effects(yi, vi, tau2="CE", ci="wald")
    joined = random_effects(np.append(yi, 1.0), np.append(vi, 1e20), tau2="CE", ci="wald")
    assert joined.estimate == pytest.approx(plain.estimate, abs=1e-14)
    assert joined.se == pytest.approx(plain.se, rel=1e-14)


def tight(trials):
    """Effects that are rounded far less than they differ."""
    yi, vi = split(trials)
    return yi + np.linspace(0, 0.37, yi.size) ** 2, vi


@given(TRIALS, st.sampled_from(["REML", "ML"]), st.integers(-20, 20), st.booleans())
@settings(deadline=None, max_examples=50)
def test_scale_of_profile_likelihood_and_kenward_roger(trials, tau2, power, flip):
    yi, vi = tight(trials)
    c = 2.0**power * (-1 if flip else 1)
    options = {
        "tau2": tau2,
        "tau2_ci": "profile-likelihood",
        "ci": "kr" if tau2 == "REML" else "hk",
    }
    plain = random_effects(yi, vi, **options)
    scaled = random_effects(c * yi, c * c * vi, **options)
    assert (scaled.se, scaled.df) == (abs(c) * plain.se, plain.df)
    if plain.k > 1:
        assert scaled.tau2_ci_lower == c * c * plain.tau2_ci_lower
        assert scaled.tau2_ci_upper == c * c * plain.tau2_ci_upper
        assert (scaled.i2_ci_upper, scaled.h2_ci_upper) == (plain.i2_ci_upper, plain.h2_ci_upper)


@given(TRIALS, METHODS, st.sampled_from(["q-profile", "profile-likelihood"]), st.floats(0.5, 0.98))
@settings(deadline=None, max_examples=60)
def test_intervals_grow_with_the_level(trials, tau2, tau2_ci, level):
    yi, vi = tight(trials)
    if tau2 not in ("REML", "ML"):
        tau2_ci = "q-profile"
    narrow, wide = (
        random_effects(yi, vi, tau2=tau2, tau2_ci=tau2_ci, level=x) for x in (level, 0.99)
    )
    assert wide.ci_lower <= narrow.ci_lower <= narrow.ci_upper <= wide.ci_upper
    if narrow.tau2_ci_lower is not None:
        slack = 1e-9 * (1 + narrow.tau2_ci_upper)
        assert wide.tau2_ci_lower <= narrow.tau2_ci_lower + slack
        assert narrow.tau2_ci_upper <= wide.tau2_ci_upper + slack
        assert 0 <= narrow.i2_ci_lower <= narrow.i2_ci_upper <= 100
        assert 1 <= narrow.h2_ci_lower <= narrow.h2_ci_upper


@given(TRIALS)
@settings(deadline=None)
def test_empirical_bayes_is_paule_mandel(trials):
    yi, vi = split(trials)
    one, other = (random_effects(yi, vi, tau2=method) for method in ("EB", "PM"))
    assert dataclasses.replace(one, tau2_method="PM") == other

"""The rank test by its definition, and with many trials."""

import tracemalloc

import numpy as np
import pytest

from trialpool.sensitivity import rank_test


@pytest.mark.parametrize("k", [3, 6, 40, 300])
def test_the_rank_test_counts_pairs_as_their_definition_does(k):
    """Kendall's tau-b by all pairs, with ties; large k takes no k × k matrix."""
    rng = np.random.default_rng(k)
    y, v = rng.integers(0, 6, k) / 10.0, rng.integers(1, 4, k) / 50.0
    w = 1.0 / v
    x = (y - (w * y).sum() / w.sum()) / np.sqrt(v - 1.0 / w.sum())
    a, b = (np.sign(values[:, None] - values) for values in (x, v))
    found = rank_test(y, v)
    assert found.tau == pytest.approx((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


def test_the_rank_test_of_many_trials_needs_little_memory():
    tracemalloc.start()
    rng = np.random.default_rng(1)
    rank_test(rng.normal(size=5_000), rng.uniform(0.01, 0.1, 5_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6

"""Networks of unusual forms: right, or named."""

from __future__ import annotations

import math

import numpy as np
import pytest

import trialpool as tp


def test_one_trial_of_twelve_arms_is_itself():
    """Odds ratios and their errors are those of the two arms; tau² has nothing to come from."""
    names = [f"t{i}" for i in range(12)]
    events, n = np.arange(20, 32), np.full(12, 100)
    found = tp.network(
        study=["s"] * 12, treatment=names, events=events, n=n, measure="OR", reference="t0"
    )
    assert (found.k, found.n_contrasts, found.tau2.value) == (1, 11, 0.0)
    assert any("cannot be estimated" in note for note in found.notes)
    for i, j in ((1, 0), (11, 0), (7, 4)):
        own = found.compare(names[i], names[j])
        a, c = int(events[i]), int(events[j])
        assert own.estimate == pytest.approx(math.log(a * (100 - c) / (c * (100 - a))), abs=1e-12)
        variance = 1 / a + 1 / (100 - a) + 1 / c + 1 / (100 - c)
        assert own.se == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert all(split.p_value is None for split in found.node_splits)


def test_a_loop_within_one_trial_has_no_freedom():
    """A tree that a trial of three arms closes: nothing shows whether paths agree."""
    found = tp.network(
        study=["a", "a", "a", "b"],
        treat1=["x", "y", "y", "z"],
        treat2=["p", "p", "x", "y"],
        yi=[-0.2, -0.5, -0.3, -0.1],
        sei=[0.2, 0.2, 0.2, 0.3],
    )
    assert found.n_contrasts - (len(found.treatments) - 1) == 0
    assert found.decomposition.between.p_value is None
    chain = found.compare("z", "p")
    assert chain.estimate == pytest.approx(-0.6, abs=1e-12)
    assert chain.se == pytest.approx(math.hypot(0.2, 0.3), rel=1e-12)


def test_a_triangle_of_three_trials_has_one_degree_of_freedom():
    """Q of the loop is (a + b - c)² / (va + vb + vc) (Bucher 1997)."""
    found = tp.network(
        study=["a", "b", "c"],
        treat1=["x", "y", "y"],
        treat2=["p", "x", "p"],
        yi=[-0.4, -0.3, 0.1],
        sei=[0.2, 0.25, 0.15],
        tau2=0.0,
    )
    test = found.decomposition.between
    assert test.df == 1
    assert test.q == pytest.approx(0.8**2 / (0.2**2 + 0.25**2 + 0.15**2), rel=1e-10)


def test_a_long_chain_adds_up():
    size = 40
    found = tp.network(
        study=[f"s{i}" for i in range(size)],
        treat1=[f"t{i + 1}" for i in range(size)],
        treat2=[f"t{i}" for i in range(size)],
        yi=np.full(size, 0.1),
        sei=np.full(size, 0.2),
    )
    end = found.compare(f"t{size}", "t0")
    assert end.estimate == pytest.approx(0.1 * size, rel=1e-9)
    assert end.se == pytest.approx(0.2 * math.sqrt(size), rel=1e-9)

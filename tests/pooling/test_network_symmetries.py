"""Network meta-analysis: another formulation, and what must not matter."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_samples import analysed, arms, contrasts, matrix, random_rows
from scipy.special import ndtr

from trialpool.pooling.network import network
from trialpool.pooling.network.ranking import p_scores, rank_probabilities


def graph_theoretical(rows, tau2):
    """Rücker's electrical network: weights from each study's Laplacian, effects by L+."""
    names = sorted({*rows["treat1"], *rows["treat2"]})
    place = {name: i for i, name in enumerate(names)}
    total, current = np.zeros((len(names),) * 2), np.zeros(len(names))
    for study in dict.fromkeys(rows["study"]):
        own = [i for i, s in enumerate(rows["study"]) if s == study]
        used = sorted({place[rows[c][i]] for i in own for c in ("treat1", "treat2")})
        v = np.zeros((len(used),) * 2)
        y = np.zeros_like(v)
        for i in own:
            a, b = (used.index(place[rows[c][i]]) for c in ("treat1", "treat2"))
            v[a, b] = v[b, a] = rows["vi"][i] + tau2
            y[a, b], y[b, a] = rows["yi"][i], -rows["yi"][i]
        m = len(used)
        centre = np.eye(m) - 1 / m
        laplacian = np.linalg.pinv(-0.5 * centre @ v @ centre)
        # Adjusted weights of the contrasts (Rücker and Schwarzer 2014).
        weights = -laplacian
        for a, b in combinations(range(m), 2):
            w = weights[a, b]
            p, q = used[a], used[b]
            total[p, p] += w
            total[q, q] += w
            total[p, q] -= w
            total[q, p] -= w
            current[p] += w * y[a, b]
            current[q] -= w * y[a, b]
    inverse = np.linalg.pinv(total)
    effects = inverse @ current
    d = np.diag(inverse)
    return names, effects[:, None] - effects, np.sqrt(np.maximum(d[:, None] + d - 2 * inverse, 0))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("tau2", [0.0, 0.17])
def test_generalised_least_squares_is_the_graph_theoretical_method(seed, tau2):
    rows = random_rows(seed)
    names, effects, errors = graph_theoretical(rows, tau2)
    found = network(**rows, tau2=tau2, ci="wald", node_splitting=False)
    assert matrix(found, names, "random", "estimate") == pytest.approx(effects, abs=1e-10)
    assert matrix(found, names, "random", "se") == pytest.approx(errors, abs=1e-7)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shuffle=st.randoms(use_true_random=False))
def test_order_direction_and_reference_do_not_matter(seed, shuffle):
    rows = random_rows(seed, n=5, trials=6)
    whole = network(**rows, reference="T0", node_splitting=False)
    order = list(range(len(rows["yi"])))
    shuffle.shuffle(order)
    moved = {name: [values[i] for i in order] for name, values in rows.items()}
    for i in range(len(order)):
        if shuffle.random() < 0.5:
            moved["treat1"][i], moved["treat2"][i] = moved["treat2"][i], moved["treat1"][i]
            moved["yi"][i] = -moved["yi"][i]
    again = network(**moved, reference="T3", node_splitting=False)
    assert again.tau2.value == pytest.approx(whole.tau2.value, rel=1e-6, abs=1e-9)
    names = whole.treatments
    at = network(**moved, reference="T3", tau2=whole.tau2.value, node_splitting=False)
    for what in ("estimate", "se"):
        assert matrix(at, names, "random", what) == pytest.approx(
            matrix(whole, names, "random", what), abs=1e-9
        )
    assert at.p_scores() == pytest.approx(whole.p_scores(), abs=1e-9)
    assert at.decomposition.between.q == pytest.approx(whole.decomposition.between.q, abs=1e-8)
    assert at.decomposition.between.df == whole.decomposition.between.df


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_effects_add_up_and_p_scores_average_one_half(seed):
    found = network(**random_rows(seed, n=5, trials=6), node_splitting=False)
    for a, b, c in combinations(found.treatments, 3):
        left = found.compare(a, b).estimate
        assert left == pytest.approx(found.compare(a, c).estimate + found.compare(c, b).estimate)
        assert left == pytest.approx(-found.compare(b, a).estimate)
    scores = found.p_scores()
    assert np.mean(list(scores.values())) == pytest.approx(0.5, abs=1e-12)
    turned = p_scores(found.random.effects, found.random.covariance, "bad")
    assert 1.0 - turned == pytest.approx(np.array(list(scores.values())), abs=1e-12)
    parts = found.decomposition
    assert parts.total.q == pytest.approx((parts.within.q or 0.0) + (parts.between.q or 0.0))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), tau2=st.sampled_from([0.0, 0.1]))
def test_splits_of_two_arm_trials_are_one_and_the_same(seed, tau2):
    rng = np.random.default_rng(seed)
    pairs = [(0, 1), (1, 2), (0, 2), (2, 3), (0, 3), (0, 1), (3, 4)]
    found = network(
        study=list(range(7)),
        treat1=[f"T{a}" for a, _ in pairs], treat2=[f"T{b}" for _, b in pairs],
        yi=rng.normal(0, 0.5, 7), sei=rng.uniform(0.1, 0.5, 7), tau2=tau2,
    )  # fmt: skip
    for split in found.node_splits:
        other = found.split(split.treat1, split.treat2)
        for key in ("direct", "indirect", "difference", "difference_se", "p_value"):
            one, two = getattr(split, key), getattr(other, key)
            if key == "direct" and one is None:
                continue
            assert (one is None) == (two is None)
            if one is not None:
                assert one == pytest.approx(two, rel=1e-8, abs=1e-9), (split.treat1, split.treat2)


@pytest.mark.parametrize("power", [-40, 40])
def test_unit_of_the_effects_does_not_matter(power):
    rows, scale = random_rows(4), 2.0**power
    plain = network(**rows)
    rows["yi"] = [y * scale for y in rows["yi"]]
    rows["vi"] = [v * scale * scale for v in rows["vi"]]
    found = network(**rows)
    assert found.tau2.value == pytest.approx(plain.tau2.value * scale**2, rel=1e-12)
    assert found.tau2.upper == pytest.approx(plain.tau2.upper * scale**2, rel=1e-9)
    for one, two in zip(found.node_splits, plain.node_splits, strict=True):
        assert one.p_value == pytest.approx(two.p_value, abs=1e-12)
    a, b = found.treatments[:2]
    assert found.compare(a, b).se == pytest.approx(plain.compare(a, b).se * scale, rel=1e-12)


def test_rank_probabilities_agree_with_the_p_scores():
    found = analysed("dogliotti")
    chances = found.rank_probabilities(samples=40_000)
    assert chances.sum(axis=0) == pytest.approx(1.0)
    assert chances.sum(axis=1) == pytest.approx(1.0)
    n = len(found.treatments)
    mean_rank = chances @ np.arange(1, n + 1)
    scores = np.array(list(found.p_scores().values()))
    assert (n - mean_rank) / (n - 1) == pytest.approx(scores, abs=4 * 0.5 / math.sqrt(40_000))
    assert (found.rank_probabilities(samples=40_000) == chances).all()
    with pytest.raises(ValueError, match="samples=0; allowed"):
        found.rank_probabilities(samples=0)


def test_rank_probabilities_of_two_treatments_in_closed_form():
    effects, covariance = np.array([0.0, -0.3]), np.diag([0.0, 0.04])
    chances = rank_probabilities(effects, covariance, "good", samples=200_000)
    assert chances[1, 0] == pytest.approx(ndtr(0.3 / 0.2), abs=4 * 0.5 / math.sqrt(200_000))


def test_contrasts_and_arms_of_one_table_are_one_network():
    data = arms("dogliotti")
    from_arms = network(**data, measure="OR", reference="Aspirin")
    rows = {name: [] for name in ("study", "treat1", "treat2", "yi", "vi")}
    for study in from_arms.studies:
        for a, b in combinations(study.treatments, 2):
            y, v = study.contrast(a, b)
            for name, value in zip(rows, (study.label, a, b, y, v), strict=True):
                rows[name].append(value)
    again = network(**rows, measure="OR", reference="Aspirin")
    assert matrix(again, again.treatments, "random", "se") == pytest.approx(
        matrix(from_arms, again.treatments, "random", "se"), abs=1e-9
    )


def test_copies_joined_at_one_treatment_keep_tau2():
    rows = contrasts("smokingcessation")
    many = {name: [] for name in rows}
    for copy in range(6):
        for name, values in rows.items():
            turned = [f"{v}{copy}" if name not in ("yi", "sei") else v for v in values]
            # One treatment in common connects the copies.
            many[name] += ["A" if name.startswith("treat") and v[0] == "A" else v for v in turned]
    found = network(**many, node_splitting=False)
    assert len(found.treatments) == 19
    assert found.decomposition.total.df == 6 * 23
    assert found.tau2.value == pytest.approx(analysed("smokingcessation").tau2.value, rel=1e-6)

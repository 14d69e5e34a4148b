"""Network meta-analysis against netmeta, metafor, closed forms and its own symmetries."""

from __future__ import annotations

import json
import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_samples import REFERENCE, analysed, arms, contrasts, random_rows, table
from scipy.special import ndtr

from trialpool.pooling import at_tau2, random_effects
from trialpool.pooling.network import network
from trialpool.pooling.network.ranking import p_scores, rank_probabilities

NETMETA = json.loads((REFERENCE / "netmeta.json").read_text(encoding="utf-8"))
METAFOR = json.loads((REFERENCE / "network.json").read_text(encoding="utf-8"))
SETS = [
    ("smokingcessation_DL", "smokingcessation", "DL"),
    ("smokingcessation_REML", "smokingcessation", "REML"),
    ("parkinson_REML", "parkinson", "REML"),
    ("dietaryfat_REML", "dietaryfat", "REML"),
]


def matrix(result, names, model, what):
    league = result.league(model)
    return np.array([[getattr(league[a][b], what) for b in names] for a in names])


@pytest.fixture(params=SETS, ids=[key for key, _, _ in SETS])
def case(request):
    key, name, method = request.param
    expected = NETMETA[key]
    # At netmeta's own tau², so that what follows from it can be compared in every digit.
    return expected, analysed(name, tau2=expected["tau2"]), analysed(name, tau2=method)


def test_tau2_equals_netmeta(case):
    # netmeta's REML iteration stops at about 1e-6; its DL is a closed form.
    expected, _, found = case
    tolerance = 1e-12 if found.tau2.method == "DL" else 1e-6
    assert found.tau2.value == pytest.approx(expected["tau2"], rel=2 * tolerance, abs=1e-10)


def test_league_tables_equal_netmeta(case):
    expected, found, _ = case
    names = expected["treatments"]
    assert list(found.treatments) == names
    for model in ("random", "common"):
        for what, key in (("estimate", "te"), ("se", "se")):
            assert matrix(found, names, model, what) == pytest.approx(
                np.array(expected[f"{key}_{model}"]), abs=1e-12
            )


def test_p_scores_equal_netmeta(case):
    expected, found, _ = case
    assert found.p_scores() == pytest.approx(expected["pscore_random_small_good"], abs=1e-12)


def test_q_and_its_parts_equal_netmeta(case):
    expected, found, _ = case
    parts = found.decomposition
    assert parts.total.q == pytest.approx(expected["Q"], rel=1e-11)
    assert parts.total.df == expected["df_Q"]
    assert parts.within.q == pytest.approx(expected["Q_heterogeneity"], rel=1e-11)
    assert parts.between.q == pytest.approx(expected["Q_inconsistency"], rel=1e-11)
    wanted = expected["design_by_treatment"]
    assert parts.interaction.q == pytest.approx(wanted["Q"], rel=1e-11)
    assert parts.interaction.df == wanted["df"]
    assert parts.interaction.p_value == pytest.approx(wanted["p"], rel=1e-9)
    assert parts.interaction.tau2 == pytest.approx(wanted["tau2"], abs=1e-12)


def test_direct_and_indirect_estimates_equal_netsplit(case):
    expected, found, _ = case
    wanted = expected["netsplit"]
    for i, comparison in enumerate(wanted["comparison"]):
        a, b = comparison.split(":")
        split = found.split(a, b)
        sign = 1.0 if split.treat1 == a else -1.0
        for key, value in (
            ("direct", split.direct), ("indirect", split.indirect), ("diff", split.difference),
        ):  # fmt: skip
            if wanted[key][i] is None:
                assert value is None, (comparison, key)
            else:
                assert sign * value == pytest.approx(wanted[key][i], abs=1e-11), (comparison, key)
        if wanted["p"][i] is None:
            assert split.p_value is None
            assert split.note
        else:
            assert split.p_value == pytest.approx(wanted["p"][i], abs=1e-11)


@pytest.mark.parametrize("name", ["smokingcessation", "dogliotti"])
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_multivariate_model_of_metafor(name, method):
    expected = METAFOR[name][method]
    names = METAFOR[name]["treatments"]
    found = analysed(name, tau2=method, reference=names[0])
    # rma.mv maximises log(tau²) by BFGS: tau² is within about 3e-7 of the maximum.
    assert found.tau2.value == pytest.approx(expected["tau2"], rel=1e-6, abs=1e-8)
    at = analysed(name, tau2=expected["tau2"], reference=names[0])
    assert [at.compare(t, names[0]).estimate for t in names[1:]] == pytest.approx(
        expected["estimate"], abs=1e-12
    )
    assert [at.compare(t, names[0]).se for t in names[1:]] == pytest.approx(
        expected["se"], abs=1e-12
    )
    assert at.decomposition.total.q == pytest.approx(expected["QE"], rel=1e-11)


@pytest.mark.parametrize("name", ["smokingcessation", "dogliotti"])
def test_side_splitting_equals_metafor(name):
    found = {(s.treat1, s.treat2): s for s in analysed(name).node_splits}
    expected = {(s["treat1"], s["treat2"]): s for s in METAFOR[name]["splits"]}
    assert {pair for pair, split in found.items() if split.p_value is not None} == set(expected)
    for pair, wanted in expected.items():
        split = found[pair]
        assert split.tau2 == pytest.approx(wanted["tau2"], abs=1e-7)
        assert split.difference == pytest.approx(wanted["difference"], abs=1e-7)
        assert split.difference_se == pytest.approx(wanted["se"], abs=1e-7)
        assert split.p_value == pytest.approx(wanted["p"], abs=1e-7)


def test_counts_give_the_contrasts_of_netmeta():
    # The smoking trials as counts (Hasselblad 1998) and as contrasts by netmeta's pairwise().
    found = analysed("hasselblad")
    mine = sorted(
        (a, b, *s.contrast(a, b)) for s in found.studies for a, b in combinations(s.treatments, 2)
    )
    theirs = sorted(
        (r["treat1"], r["treat2"], float(r["yi"]), float(r["sei"]) ** 2)
        for r in table("smokingcessation")
    )
    assert [row[:2] for row in mine] == [row[:2] for row in theirs]
    assert [x for row in mine for x in row[2:]] == pytest.approx(
        [x for row in theirs for x in row[2:]], abs=1e-12
    )
    assert len(found.corrected) == 2


@pytest.mark.parametrize("method", ["REML", "ML", "DL"])
def test_two_treatments_are_a_pairwise_meta_analysis(method):
    rng = np.random.default_rng(5)
    v = rng.uniform(0.02, 0.2, 9)
    y = rng.normal(0.3, np.sqrt(v + 0.1))
    pooled = random_effects(y, v, tau2=method, ci="wald", pi="t")
    found = network(
        study=[f"s{i}" for i in range(9)], treat1=["b"] * 9, treat2=["a"] * 9, yi=y, vi=v,
        tau2=method,
    )  # fmt: skip
    assert found.tau2.value == pytest.approx(pooled.tau2, rel=1e-9)
    assert (found.tau2.lower, found.tau2.upper) == pytest.approx(
        (pooled.tau2_ci_lower, pooled.tau2_ci_upper), rel=1e-9
    )
    assert (found.tau2.i2, found.tau2.i2_q) == pytest.approx((pooled.i2, pooled.i2_q), rel=1e-9)
    one = found.compare("b", "a")
    assert (one.estimate, one.se, one.ci_lower, one.ci_upper, one.p_value) == pytest.approx(
        (pooled.estimate, pooled.se, pooled.ci_lower, pooled.ci_upper, pooled.p_value), rel=1e-8
    )
    assert (one.pi_lower, one.pi_upper) == pytest.approx(
        (pooled.pi_lower, pooled.pi_upper), rel=1e-8
    )
    assert found.decomposition.total.q == pytest.approx(pooled.q, rel=1e-11)
    assert found.decomposition.between.q is None
    assert "not estimable" in found.decomposition.between.note
    assert found.p_scores()["a"] == pytest.approx(ndtr(one.estimate / one.se), rel=1e-12)


def test_bucher_by_hand():
    # Three two-arm trials in a triangle (Bucher 1997): indirect = AC - BC, variances add up.
    y, v = {"AB": -0.5, "AC": -0.9, "BC": -0.1}, {"AB": 0.04, "AC": 0.05, "BC": 0.02}
    found = network(
        study=list(y), treat1=[p[0] for p in y], treat2=[p[1] for p in y], yi=list(y.values()),
        vi=list(v.values()), tau2=0.0,
    )  # fmt: skip
    split = found.split("A", "B")
    assert split.direct == pytest.approx(-0.5)
    assert split.indirect == pytest.approx(-0.9 - -0.1)
    assert split.difference == pytest.approx(0.3)
    assert split.difference_se == pytest.approx(math.sqrt(0.11))
    z = 0.3 / math.sqrt(0.11)
    assert split.p_value == pytest.approx(2 * ndtr(-z))
    # The one degree of freedom of the network is the loop.
    parts = found.decomposition
    assert parts.between.q == pytest.approx(z * z)
    assert (parts.between.df, parts.within.q) == (1, None)
    assert parts.interaction.q is None
    assert "apart from heterogeneity" in parts.interaction.note
    # Inverse-variance mean of direct and indirect evidence.
    w = (1 / 0.04, 1 / 0.07)
    one = found.compare("A", "B")
    assert one.estimate == pytest.approx((w[0] * -0.5 + w[1] * -0.8) / sum(w))
    assert one.se == pytest.approx(sum(w) ** -0.5)


def test_star_without_loops_is_one_pool_per_arm():
    rng = np.random.default_rng(8)
    y, v = rng.normal(0.0, 0.4, 8), rng.uniform(0.02, 0.1, 8)
    against = ["B"] * 5 + ["C"] * 3
    found = network(
        study=list(range(8)), treat1=against, treat2=["A"] * 8, yi=y, vi=v, reference="A"
    )
    tau2 = found.tau2.value
    assert tau2 > 0
    for name, part in (("B", slice(0, 5)), ("C", slice(5, 8))):
        pooled = at_tau2(y[part], v[part], tau2, ci="wald")
        one = found.compare(name, "A")
        assert (one.estimate, one.se) == pytest.approx((pooled.estimate, pooled.se), rel=1e-12)
    b, c = found.compare("B", "A"), found.compare("C", "A")
    between = found.compare("B", "C")
    assert between.se == pytest.approx(math.hypot(b.se, c.se), rel=1e-12)
    split = found.split("B", "C")
    assert (split.k, split.direct, split.p_value) == (0, None, None)
    assert split.indirect == pytest.approx(between.estimate)
    assert all(s.indirect is None for s in found.direct_indirect if s.k)
    assert all("not estimable" in s.note for s in found.node_splits)
    assert found.decomposition.between.q is None


def test_one_trial_with_three_arms_is_itself():
    found = network(
        study=["s"] * 3, treatment=["a", "b", "c"], events=[10, 20, 15], n=[100, 110, 90],
        measure="RR",
    )  # fmt: skip
    one = found.compare("b", "a")
    assert one.estimate == pytest.approx(math.log(20 / 110 / (10 / 100)))
    assert one.se == pytest.approx(math.sqrt(1 / 20 - 1 / 110 + 1 / 10 - 1 / 100))
    assert found.tau2.value == 0.0
    assert (found.tau2.i2, found.tau2.lower, one.pi_lower) == (None, None, None)
    assert found.decomposition.total.q is None
    assert any("cannot be estimated" in note for note in found.notes)


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
    found = network(**rows, tau2=tau2, node_splitting=False)
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


def test_large_networks_are_fast_and_finite():
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

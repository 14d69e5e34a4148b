"""Network meta-analysis against netmeta, metafor, closed forms and its own symmetries."""

from __future__ import annotations

import json
import math
from itertools import combinations

import numpy as np
import pytest
from network_samples import REFERENCE, analysed, matrix, table
from scipy.special import ndtr

from trialpool.pooling import at_tau2, random_effects
from trialpool.pooling.network import network

NETMETA = json.loads((REFERENCE / "netmeta.json").read_text(encoding="utf-8"))
METAFOR = json.loads((REFERENCE / "network.json").read_text(encoding="utf-8"))
SETS = [
    ("smokingcessation_DL", "smokingcessation", "DL"),
    ("smokingcessation_REML", "smokingcessation", "REML"),
    ("parkinson_REML", "parkinson", "REML"),
    ("dietaryfat_REML", "dietaryfat", "REML"),
]


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
        tau2=method, ci="wald",
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
        vi=list(v.values()), tau2=0.0, ci="wald",
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
        study=list(range(8)), treat1=against, treat2=["A"] * 8, yi=y, vi=v, reference="A",
        ci="wald",
    )  # fmt: skip
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

"""Additive network meta-analysis against netmeta's netcomb and discomb, and written out."""

from __future__ import annotations

import json
import math
from itertools import combinations

import numpy as np
import pytest
from network_samples import REFERENCE, analysed, contrasts, table
from scipy.stats import norm
from scipy.stats import t as student

from trialpool.pooling.network import network, network_components

NETMETA = json.loads((REFERENCE / "netmeta_components.json").read_text(encoding="utf-8"))
ADDITIVE = "through the additive assumption"
# Its name of an interaction, and ours.
CASES = [
    ("linde2016", "linde2016", {}),
    ("linde2016_tau_0.1", "linde2016", {"tau2": 0.01}),
    ("linde2016_interaction", "linde2016", {"interactions": ["Face-to-face CBT:SSRI"]}),
    ("disconnected", "disconnected", {}),
    ("disconnected_tau_0.1", "disconnected", {"tau2": 0.01}),
    ("disconnected_A:B", "disconnected", {"interactions": ["A:B"]}),
    ("disconnected_C:D", "disconnected", {"interactions": ["C:D"]}),
]


@pytest.fixture(params=CASES, ids=[case[0] for case in CASES])
def case(request):
    key, name, options = request.param
    inactive = "Placebo" if name == "linde2016" else "placebo"
    found = analysed(name, reference=inactive, tau2="DL", node_splitting=False)
    return NETMETA[key], network_components(found, inactive=inactive, **options)


def number(value):
    return None if value is None else pytest.approx(value, rel=1e-10, abs=1e-11)


def test_component_effects_equal_netmeta(case):
    expected, found = case
    names = [name.replace("*", ":") for name in expected["comps"]]
    for model in ("common", "random"):
        effects = {one.name: one.effect for one in found.effects(model)}
        assert set(effects) == set(names)
        for i, name in enumerate(names):
            assert effects[name].estimate == number(expected[f"Comp.{model}"][i])
            assert effects[name].se == number(expected[f"seComp.{model}"][i])
    random = {one.name: one.effect for one in found.effects()}
    for i, name in enumerate(names):
        if random[name].estimate is not None:
            assert random[name].ci_lower == number(expected["lower.Comp.random"][i])
            assert random[name].ci_upper == number(expected["upper.Comp.random"][i])
            # Its p-value of one tiny tail keeps fewer digits.
            assert random[name].p_value == pytest.approx(expected["pval.Comp.random"][i], rel=1e-8)


def test_combinations_against_the_inactive_one_equal_netmeta(case):
    expected, found = case
    for model in ("common", "random"):
        for i, name in enumerate(expected["trts"]):
            own = found.compare(name, found.reference, model)
            assert own.estimate == number(expected[f"Comb.{model}"][i])
            assert own.se == number(expected[f"seComb.{model}"][i])


def test_tau2_and_tests_equal_netmeta(case):
    expected, found = case
    assert math.sqrt(found.tau2.value) == pytest.approx(expected["tau"], rel=1e-10, abs=1e-12)
    assert found.q.q == number(expected["Q.additive"])
    assert found.q.df == expected["df.Q.additive"]
    assert found.q.p_value == number(expected["pval.Q.additive"])
    if expected["Q.standard"] is None:
        return
    assert found.q_treatments.q == number(expected["Q.standard"])
    assert found.q_treatments.df == expected["df.Q.standard"]
    assert found.q_difference.q == number(expected["Q.diff"])
    assert found.q_difference.df == expected["df.Q.diff"]
    assert found.q_difference.p_value == number(expected["pval.Q.diff"])


def test_league_table_equals_netmeta():
    found = analysed("linde2016", reference="Placebo", tau2="DL", node_splitting=False)
    own, expected = network_components(found, inactive="Placebo"), NETMETA["linde2016"]
    for i, a in enumerate(expected["trts"]):
        for j, b in enumerate(expected["trts"]):
            cell = own.compare(a, b)
            assert cell.estimate == number(expected["TE.random"][i][j])
            assert cell.se == number(expected["seTE.random"][i][j])
            assert cell.note == ""


def test_additivity_of_a_disconnected_network_is_tested_within_its_parts():
    """Q of the treatment model by hand: one loop of three in the first part, trees else."""
    found = network(**contrasts("disconnected"), reference="placebo", tau2="DL")
    own = network_components(found, inactive="placebo")
    y = {r["study"]: (float(r["yi"]), float(r["sei"]) ** 2) for r in table("disconnected")}
    gap = y["V1"][0] + y["V2"][0] - y["V5"][0]
    by_hand = gap**2 / sum(y[s][1] for s in ("V1", "V2", "V5"))
    assert own.q_treatments.q == pytest.approx(by_hand)
    assert own.q_treatments.df == 1
    assert own.q_difference.q == pytest.approx(own.q.q - by_hand)
    assert own.q_difference.df == 4


def test_what_only_components_join_is_marked_and_never_ranked():
    """A + B against C + B, of which no trial connects the two parts."""
    rows = {
        "study": ["1", "2", "3", "4", "5"],
        "treat1": ["A", "A", "B", "C", "C"],
        "treat2": ["p", "p", "p", "C + A", "C + B"],
        "yi": [-0.3, -0.4, -0.1, 0.2, 0.15],
        "vi": [0.02, 0.03, 0.04, 0.03, 0.05],
    }
    found = network(**rows, reference="p", tau2=0.01, ci="wald")
    own = network_components(found, inactive="p")
    joined = own.compare("C + A", "C + B")
    assert joined.note == ""
    # Through C both are compared; A and B come from both parts.
    weights = [1 / 0.03, 1 / 0.04, 1 / 0.04]
    of_a = np.average([-0.3, -0.4, -0.2], weights=weights)
    of_b = np.average([-0.1, -0.15], weights=[1 / 0.05, 1 / 0.06])
    assert joined.estimate == pytest.approx(of_a - of_b, abs=1e-12)
    variance = 1 / sum(weights) + 1 / (1 / 0.05 + 1 / 0.06)
    assert joined.se == pytest.approx(math.sqrt(variance), rel=1e-12)
    # C against nothing is in no contrast.
    assert own.compare("C", "p").estimate is None
    assert own.notes == ("the trials do not tell apart: C",)
    assert own.ranking.ranks == ()
    assert "tree with 1 degree of freedom" in own.ranking.reason


def test_a_part_that_additivity_joins():
    rows = {
        "study": ["1", "2", "3"], "treat1": ["A", "B", "A + B"], "treat2": ["p", "p", "q"],
        "yi": [-0.3, -0.1, -0.6], "vi": [0.02, 0.04, 0.03],
    }  # fmt: skip
    own = network_components(network(**rows, reference="p", tau2=0.0), inactive="p")
    joined = own.compare("A + B", "p")
    assert joined.note == ADDITIVE
    assert (joined.estimate, joined.se) == pytest.approx((-0.4, math.sqrt(0.06)))
    assert own.compare("q", "p").estimate == pytest.approx(0.2)
    assert own.p_scores() == dict.fromkeys(("A", "A + B", "B", "p", "q"))
    assert own.q_difference.q is None
    record = own.to_dict()
    assert record["league"]["A + B"]["p"]["note"] == ADDITIVE
    assert json.dumps(record, allow_nan=False)


@pytest.mark.parametrize(("seed", "ci"), [(0, "wald"), (1, "hk"), (2, "hk-adhoc"), (3, "wald")])
def test_trials_of_several_arms_against_least_squares_written_out(seed, ci):
    rng = np.random.default_rng(seed)
    names = ["p", "A", "B", "C", "A+B", "B+C", "A+B+C"]
    rows = {c: [] for c in ("study", "treat1", "treat2", "yi", "vi")}
    y, v, x, tau2 = [], [], [], 0.05
    for trial in range(12):
        m = int(rng.integers(2, 5))
        own = rng.choice(len(names), m, replace=False)
        of_arms, effects = rng.uniform(0.02, 0.2, m), rng.normal(0.0, 0.5, m)
        for i, j in combinations(range(m), 2):
            row = (f"s{trial}", names[own[i]], names[own[j]], effects[i] - effects[j],
                   of_arms[i] + of_arms[j])  # fmt: skip
            for column, value in zip(rows, row, strict=True):
                rows[column].append(value)
        # All arms against the last, whatever the program takes.
        y.append(effects[:-1] - effects[-1])
        v.append(np.diag(of_arms[:-1]) + of_arms[-1] + tau2 * 0.5 * (np.eye(m - 1) + 1.0))
        c = np.array([[float(part in names[i].split("+")) for part in "ABC"] for i in own])
        x.append(c[:-1] - c[-1])
    gram = sum(a.T @ np.linalg.solve(b, a) for a, b in zip(x, v, strict=True))
    cross = sum(a.T @ np.linalg.solve(b, d) for a, b, d in zip(x, v, y, strict=True))
    expected = np.linalg.solve(gram, cross)
    found = network_components(
        network(**rows, tau2=tau2, ci=ci, node_splitting=False), inactive="p"
    )
    ours = [one.effect for one in found.effects()]
    assert [one.estimate for one in ours] == pytest.approx(expected, abs=1e-10)
    errors = np.sqrt(np.diag(np.linalg.inv(gram)))
    half = norm.ppf(0.975)
    if ci != "wald":
        # Jackson and Riley 2014: residuals over their degrees of freedom, and t.
        left = [d - a @ expected for a, d in zip(x, y, strict=True)]
        q = sum(r @ np.linalg.solve(b, r) for r, b in zip(left, v, strict=True))
        df = sum(map(len, y)) - len(expected)
        errors *= math.sqrt(max(1.0, q / df) if ci == "hk-adhoc" else q / df)
        half = student.ppf(0.975, df)
    assert [one.se for one in ours] == pytest.approx(errors, rel=1e-10)
    assert [one.ci_upper for one in ours] == pytest.approx(expected + half * errors, abs=1e-9)


def test_treatments_without_a_plus_are_the_treatment_model():
    found = network(**contrasts("parkinson"), node_splitting=False)
    own = network_components(found)
    for a, b in combinations(found.treatments, 2):
        one, two = own.compare(a, b), found.compare(a, b)
        assert (one.estimate, one.se) == pytest.approx((two.estimate, two.se), abs=1e-9)
        assert (one.pi_lower, one.pi_upper) == pytest.approx((two.pi_lower, two.pi_upper), abs=1e-8)
    assert own.tau2.value == pytest.approx(found.tau2.value, abs=1e-9)
    between = found.decomposition.between
    assert own.q_inconsistency.q == pytest.approx(between.q, rel=1e-9)
    assert own.q_inconsistency.df == between.df
    assert own.q_difference.q is None
    assert "cannot be tested" in own.q_difference.note
    assert own.p_scores() == pytest.approx(found.p_scores(), abs=1e-8)


def test_every_combination_with_its_interaction_is_the_treatment_model():
    data = {
        "study": list("123456"), "treat1": ["A", "B", "A+B", "A+B", "A", "A+B"],
        "treat2": ["p", "p", "p", "A", "B", "B"], "yi": [-0.2, -0.1, -0.9, -0.5, -0.2, -0.6],
        "sei": [0.1] * 6,
    }  # fmt: skip
    found = network(**data, reference="p", tau2=0.0)
    own = network_components(found, inactive="p", interactions=["A:B"])
    effects = {one.name: one.effect for one in own.effects()}
    gap = found.compare("A+B", "p").estimate - sum(found.compare(t, "p").estimate for t in "AB")
    assert effects["A:B"].estimate == pytest.approx(gap, abs=1e-12)
    assert own.q.q == pytest.approx(found.decomposition.total.q)
    plain = network_components(found, inactive="p")
    # With one interaction its test is the difference of Q: z² of it.
    z = effects["A:B"].estimate / effects["A:B"].se
    assert plain.q_difference.q == pytest.approx(z * z)
    assert plain.q_difference.df == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inactive": "sham"}, "inactive='sham' is in no treatment"),
        ({"separator": " "}, "separator=' ' is empty"),
        ({"interactions": "A:B"}, "is one text"),
        ({"interactions": ["A:Z"]}, "'Z' is no component"),
        ({"interactions": ["A"]}, "needs two"),
        ({"interactions": ["B:D", "D:B"]}, "only once"),
        ({"interactions": ["A:D"]}, "no treatment has all of them"),
        ({"tau2": "PM"}, "tau2='PM'"),
        ({"tau2": -0.1}, "tau2=-0.1"),
    ],
)
def test_what_is_refused(options, message):
    found = network(**contrasts("disconnected"), reference="placebo")
    with pytest.raises(ValueError, match=message):
        network_components(found, **({"inactive": "placebo"} | options))


@pytest.mark.parametrize("name", ["A++B", "A+A", "+A"])
def test_names_that_are_no_combination(name):
    found = network(study=["1"], treat1=[name], treat2=["p"], yi=[0.1], sei=[0.1])
    with pytest.raises(ValueError, match="component"):
        network_components(found)


@pytest.mark.slow
def test_components_are_recovered_in_2000_networks():
    rng = np.random.default_rng(5)
    truth, tau = {"A": -0.3, "B": 0.2, "C": -0.1}, 0.1
    designs = [("A", "p"), ("B", "p"), ("A+B", "p"), ("A+B", "A"), ("A+C", "A"), ("B+C", "C"),
               ("A+B+C", "B")] * 3  # fmt: skip
    errors, covered, rejected = [], [], 0
    for _ in range(2000):
        v = rng.uniform(0.01, 0.06, len(designs))
        y = [sum(truth.get(p, 0.0) for p in a.split("+")) - sum(truth.get(p, 0.0)
             for p in b.split("+")) for a, b in designs] + rng.normal(0, np.sqrt(v))  # fmt: skip
        at_zero = network(ci="wald", study=range(len(v)), treat1=[a for a, _ in designs],
                          treat2=[b for _, b in designs], yi=y, vi=v, reference="p", tau2=0.0,
                          node_splitting=False)  # fmt: skip
        own = network_components(at_zero, inactive="p")
        rejected += own.q_difference.p_value < 0.05
        noisy = y + rng.normal(0, tau, len(v))
        found = network(study=range(len(v)), treat1=[a for a, _ in designs],
                        treat2=[b for _, b in designs], yi=noisy, vi=v, reference="p",
                        node_splitting=False)  # fmt: skip
        for one in network_components(found, inactive="p", tau2="REML").effects():
            errors.append(one.effect.estimate - truth[one.name])
            covered.append(one.effect.ci_lower <= truth[one.name] <= one.effect.ci_upper)
    assert abs(np.mean(errors)) <= 4 * 0.1 / math.sqrt(2000)
    # Wald intervals with an estimated tau²: a little below the level.
    assert 0.915 <= np.mean(covered) <= 0.96
    # The test keeps its size, 0.05 ± 4 standard errors.
    assert rejected / 2000 == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 2000))

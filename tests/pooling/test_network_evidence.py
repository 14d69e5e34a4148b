"""Where network estimates come from, their intervals and splits, against netmeta and algebra."""

import json
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from network_samples import analysed, plain_split, random_rows
from scipy import integrate, stats

from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.bayes.hierarchical_model import bayesian_random_effects
from trialpool.pooling.network import network
from trialpool.pooling.network.evidence.contributions import contributions
from trialpool.pooling.network.evidence.funnel import comparison_adjusted
from trialpool.pooling.network.evidence.heat import net_heat
from trialpool.pooling.network.evidence.splitting import node_splits
from trialpool.pooling.network.graph import compared_pairs
from trialpool.pooling.network.inconsistency import (
    LITTLE_INDIRECT,
    NO_LOOP,
    ONE_PATH,
    ONLY_DIRECT,
    back_calculation,
)
from trialpool.pooling.univariate.inverse_variance import random_effects
from trialpool.pooling.univariate.results import NARROWER

NETMETA = json.loads(
    (Path(__file__).parents[1] / "reference" / "netmeta_evidence.json").read_text(encoding="utf-8")
)
NAMES = ("senn2013", "smoking", "parkinson", "oncology")


def fitted(name, **options):
    study, treat1, treat2, yi, sei = zip(*NETMETA[name]["data"], strict=True)
    return network(study=study, treat1=treat1, treat2=treat2, yi=yi, sei=sei,
                   node_splitting=False, **options)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("model", ["common", "random"])
def test_contributions_of_comparisons_are_those_of_netmeta(name, model):
    expected = NETMETA[name]["contributions"][model]
    found = fitted(name, tau2="DL")
    own = found.contributions(model=model)
    rows = {frozenset(pair): i for i, pair in enumerate(own.pairs)}
    columns = {frozenset(pair): i for i, pair in enumerate(own.comparisons)}
    at = [rows[frozenset(row.split(" vs "))] for row in expected["rows"]]
    of = [columns[frozenset(column.split(" vs "))] for column in expected["columns"]]
    assert own.by_comparison[np.ix_(at, of)] == pytest.approx(np.array(expected["values"]),
                                                             abs=1e-9)  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_contributions_add_up_and_a_star_is_its_direct_evidence(seed):
    found = network(**random_rows(seed), node_splitting=False)
    own = found.contributions()
    for shares in (own.by_comparison, own.by_study):
        assert shares.sum(axis=1) == pytest.approx(np.ones(len(own.pairs)), abs=1e-12)
        assert (shares >= 0.0).all()
    star = network(study=list("abc"), treat1=list("BCC"), treat2=list("AAA"), yi=[0.1, 0.2, 0.4],
                   sei=[0.1, 0.2, 0.2])  # fmt: skip
    own = star.contributions([("B", "A"), ("B", "C")])
    direct, through = own.by_comparison.tolist()
    assert direct == [1.0, 0.0]
    assert through == pytest.approx([0.5, 0.5])
    # Two trials of one comparison share by their weights, here equal.
    assert own.by_study[1] == pytest.approx([0.5, 0.25, 0.25])


def test_judgements_are_shared_by_contribution():
    star = network(study=list("abc"), treat1=list("BCC"), treat2=list("AAA"), yi=[0.1, 0.2, 0.4],
                   sei=[0.1, 0.2, 0.2])  # fmt: skip
    own = star.contributions([("B", "C")])
    shares = own.judged({"a": "low", "b": "high"})
    assert shares["B", "C"] == pytest.approx({"low": 0.5, "high": 0.25, "not judged": 0.25})
    with pytest.raises(ValueError, match="z: no such trial in the network; allowed: a, b, c"):
        own.judged({"z": "low"})


@pytest.mark.parametrize("name", NAMES)
def test_reml_takes_the_covariance_of_trials_with_several_arms_into_account(name):
    expected = NETMETA[name]["reml_full_covariance"]
    found = fitted(name)
    assert found.tau2.value == pytest.approx(expected["tau2"], abs=1e-6)


@pytest.mark.parametrize("name", ["senn2013", "smoking", "oncology"])
def test_inconsistency_left_when_a_design_is_detached_is_that_of_netmeta(name):
    found = fitted(name, tau2="DL")
    own = net_heat(found.studies, found.treatments, 0.0)
    assert own.total == pytest.approx(found.decomposition.between.q, abs=1e-9)
    expected = {
        frozenset(design.split(" vs ")): q for design, q in NETMETA[name]["detached"].items()
    }
    left = {frozenset(d): q for d, q in zip(own.designs, own.detached.tolist(), strict=True)}
    assert left.keys() == expected.keys()
    for design, q in expected.items():
        assert left[design] == pytest.approx(q, abs=1e-8)
    # Detached, a design agrees with itself; all changes are of the row's own Q.
    assert np.diag(own.change) == pytest.approx(own.q, abs=1e-9)
    assert own.change.sum(axis=0) == pytest.approx(own.total - own.detached, abs=1e-8)


def test_the_inconsistency_of_a_network_without_loops_is_not_estimable():
    found = network(study=list("abc"), treat1=list("BCD"), treat2=list("AAC"),
                    yi=[0.1, 0.2, 0.4], sei=[0.1, 0.2, 0.2])  # fmt: skip
    record = found.to_dict()
    assert record["q_inconsistency"] is None
    assert record["design_by_treatment"]["q"] is None
    assert "not estimable" in record["q_inconsistency_note"]
    with pytest.raises(ValueError, match=NO_LOOP):
        net_heat(found.studies, found.treatments, 0.0)


@pytest.mark.parametrize("name", ["smoking", "oncology"])
def test_eggers_test_of_adjusted_effects_is_that_of_netmeta(name):
    expected = NETMETA[name]["funnel"]
    own = comparison_adjusted(fitted(name).studies, expected["order"])
    # netmeta takes the earlier treatment against the later one.
    assert (-own.bias, own.bias_se, own.p_value) == pytest.approx(
        (expected["bias"], expected["bias_se"], expected["p"]), abs=1e-9
    )
    assert own.effects.size - 2 == expected["df"]


def test_adjusted_effects_leave_out_what_the_order_does_not_turn():
    rows = {"study": list("abc"), "treat1": list("BCC"), "treat2": list("AAB"),
            "yi": [0.1, 0.2, 0.4], "sei": [0.1, 0.2, 0.2]}  # fmt: skip
    studies = network(**rows).studies
    own = comparison_adjusted(studies, ["A"])
    assert own.pairs == (("B", "A"), ("C", "A"))
    assert own.left_out == 1
    assert own.effects == pytest.approx([0.0, 0.0])
    with pytest.raises(ValueError, match="allowed are the treatments"):
        comparison_adjusted(studies, ["A", "Z"])


def dense(found):
    """y, X, S and G of all contrasts, written out."""
    names = [t for t in found.treatments if t != found.reference]
    y, x, s, g = [], [], [], []
    for study in found.studies:
        m = len(study.treatments) - 1
        y.append(study.contrasts)
        s.append(study.contrast_covariance)
        g.append(0.5 * (np.eye(m) + 1.0))
        x.append([[(b == t) - (study.treatments[0] == t) for t in names]
                  for b in study.treatments[1:]])  # fmt: skip
    size = sum(len(part) for part in y)
    whole, spread, at = np.zeros((size, size)), np.zeros((size, size)), 0
    for own, same in zip(s, g, strict=True):
        place = slice(at, at + len(own))
        whole[place, place], spread[place, place] = own, same
        at += len(own)
    return np.concatenate(y), np.concatenate(x).astype(float), whole, spread, names


@pytest.mark.parametrize("ci", ["hk", "hk-adhoc"])
def test_hartung_knapp_is_the_general_linear_model_written_out(ci):
    found = network(**random_rows(4), ci=ci, node_splitting=False)
    y, x, s, g, names = dense(found)
    w = np.linalg.inv(s + found.tau2.value * g)
    a = np.linalg.inv(x.T @ w @ x)
    beta = a @ x.T @ w @ y
    df = y.size - x.shape[1]
    factor = float((y - x @ beta) @ w @ (y - x @ beta)) / df
    factor = max(1.0, factor) if ci == "hk-adhoc" else factor
    for i, name in enumerate(names):
        own = found.compare(name, found.reference)
        se = math.sqrt(factor * a[i, i])
        half = stats.t.ppf(0.975, df) * se
        assert own.estimate == pytest.approx(beta[i], abs=1e-8)
        assert own.se == pytest.approx(se, abs=1e-8)
        assert own.ci_upper == pytest.approx(beta[i] + half, abs=1e-8)
        assert own.p_value == pytest.approx(2 * stats.t.sf(abs(beta[i]) / se, df), abs=1e-9)
    record = found.to_dict()
    assert (record["ci_method"], record["ci_df"]) == (ci, df)
    assert record["ci_factor"] == pytest.approx(factor)


def test_direct_and_indirect_evidence_keep_the_errors_of_the_model():
    """The interval multiplies errors; back-calculation takes precisions apart."""
    rows = random_rows(4)
    wald, hk = (network(**rows, ci=ci, node_splitting=False) for ci in ("wald", "hk"))
    assert hk.interval.factor != pytest.approx(1.0)
    for one, other in zip(wald.direct_indirect, hk.direct_indirect, strict=True):
        assert one == other


def test_a_plain_interval_that_is_narrower_than_the_common_effects_says_so():
    alike = TWO | {"yi": [0.1, 0.1, 0.1, 0.1, 0.11]}
    assert network(**alike, ci="hk").warnings == (NARROWER,)
    assert network(**alike).warnings == ()
    assert network(**TWO, ci="hk").warnings == ()


def test_ranks_of_the_posterior_are_those_of_its_mixture():
    """P-scores from the probabilities of pairs; mean ranks of the draws agree with them."""
    found = network(**random_rows(4), measure="HR", node_splitting=False)
    posterior = found.posterior(prior="half-normal:0.3")
    ranking = posterior.ranking("good", reason=found.no_ranks)
    names = found.treatments
    for one in ranking.ranks:
        others = [name for name in names if name != one.treatment]
        score = np.mean([posterior.compare(one.treatment, b).p_below for b in others])
        assert one.p_score == pytest.approx(score, abs=1e-12)
        mean = sum(rank * p for rank, p in enumerate(one.probabilities, 1))
        # 100,000 draws: 4 standard errors of a rank among six.
        assert (len(names) - mean) / (len(names) - 1) == pytest.approx(score, abs=0.006)
        assert one.lower <= one.median <= one.upper
    bad = posterior.ranking("bad")
    assert [one.treatment for one in bad.ranks] == [one.treatment for one in ranking.ranks][::-1]
    assert posterior.ranking("good", reason="a tree").reason == "a tree"
    # Two treatments: the probability of the better one, in closed form.
    (first, second) = (
        network(**TWO, measure="HR").posterior(prior="half-normal:0.3").ranking("good").ranks
    )
    pool = bayesian_random_effects(TWO["yi"], TWO["vi"], prior="half-normal:0.3", measure="HR")
    assert first.p_score == pytest.approx(
        max(pool.probability_below, 1 - pool.probability_below), abs=1e-8
    )
    assert first.probabilities[0] == pytest.approx(first.p_score, abs=0.006)
    assert second.probabilities[0] == pytest.approx(1 - first.p_score, abs=0.006)


TWO = {"study": list("abcde"), "treat1": ["B"] * 5, "treat2": ["A"] * 5,
       "yi": [0.1, -0.3, -0.5, -0.1, 0.05], "vi": [0.02, 0.05, 0.03, 0.1, 0.01]}  # fmt: skip


def test_two_treatments_are_the_pairwise_pool():
    for ci in ("wald", "hk", "hk-adhoc"):
        found = network(**TWO, measure="HR", ci=ci).compare("B", "A")
        pool = random_effects(TWO["yi"], TWO["vi"], ci=ci)
        assert (found.estimate, found.se, found.ci_lower, found.ci_upper) == pytest.approx(
            (pool.estimate, pool.se, pool.ci_lower, pool.ci_upper), abs=1e-10
        )
    for prior in (None, "half-normal:0.3", "uniform:2", "half-cauchy:0.3"):
        posterior = network(**TWO, measure="HR").posterior(prior=prior)
        own = posterior.compare("B", "A")
        pool = bayesian_random_effects(TWO["yi"], TWO["vi"], prior=prior, measure="HR")
        found = (own.estimate, own.ci_lower, own.ci_upper, own.pi_lower, own.pi_upper,
                 own.p_below, posterior.tau, posterior.tau_upper)  # fmt: skip
        assert found == pytest.approx(
            (pool.estimate, pool.ci_lower, pool.ci_upper, pool.pi_lower, pool.pi_upper,
             pool.probability_below, pool.tau.median, pool.tau.upper), abs=1e-8,
        )  # fmt: skip
    alone = {name: values[:1] for name, values in TWO.items()}
    single = network(**alone, measure="HR")
    assert (single.interval.asked, single.interval.method) == ("hk-adhoc", "wald")
    assert len(single.warnings) == 1
    assert network(**TWO, measure="HR").interval.method == "hk-adhoc"
    own = network(**alone, measure="HR").posterior().compare("B", "A")
    pool = bayesian_random_effects(TWO["yi"][:1], TWO["vi"][:1], measure="HR")
    assert own.ci_upper == pytest.approx(pool.ci_upper, abs=1e-8)
    assert own.pi_upper == pytest.approx(pool.pi_upper, abs=1e-8)


def test_posterior_of_a_network_is_the_integral_over_tau():
    found = network(**random_rows(7, n=4, trials=6), measure="HR", node_splitting=False)
    y, x, s, g, names = dense(found)
    prior = check_prior("half-normal:0.4").prior

    def given(tau):
        whole = s + tau * tau * g
        w = np.linalg.inv(whole)
        a = np.linalg.inv(x.T @ w @ x)
        beta = a @ x.T @ w @ y
        rest = y - x @ beta
        log = -0.5 * (np.linalg.slogdet(whole)[1] - np.linalg.slogdet(a)[1] + rest @ w @ rest)
        t = np.array([tau])
        return math.exp(log + float(prior.log_kernel(t, np.log(np.maximum(t, 1e-300)))[0])), beta, a

    nodes = np.linspace(0.0, 4.0, 1601)
    weights, means, covariances = zip(*(given(float(t)) for t in nodes), strict=True)
    total = integrate.simpson(weights, x=nodes)
    posterior = found.posterior(prior="half-normal:0.4")
    for i, name in enumerate(names):
        own = posterior.compare(name, found.reference)

        def below(value, more=0.0, i=i):
            inside = [
                w * stats.norm.cdf((value - m[i]) / math.sqrt(a[i, i] + more * t * t))
                for w, m, a, t in zip(weights, means, covariances, nodes, strict=True)
            ]
            return integrate.simpson(inside, x=nodes) / total

        assert below(own.estimate) == pytest.approx(0.5, abs=1e-7)
        assert below(own.ci_lower) == pytest.approx(0.025, abs=1e-7)
        assert below(own.pi_upper, 1.0) == pytest.approx(0.975, abs=1e-7)
        assert below(0.0) == pytest.approx(own.p_below, abs=1e-7)
    other = network(**random_rows(7, n=4, trials=6), measure="HR", reference=names[0])
    turned = other.posterior(prior="half-normal:0.4")
    for a, b in combinations(found.treatments, 2):
        one, two = posterior.compare(a, b), turned.compare(a, b)
        assert (one.estimate, one.ci_lower) == pytest.approx((two.estimate, two.ci_lower), abs=1e-8)
    with pytest.raises(ValueError, match="has no prior of tau of its own"):
        network(**TWO).posterior()


def split_both_ways(found, method, relative=1e-9):
    """All splits by updates of one model, each beside a model of its own; how many have none."""
    columns = {n: i for i, n in enumerate(t for t in found.treatments if t != found.reference)}
    pairs = compared_pairs(found.studies)
    estimates = [(c.estimate, c.se) for c in (found.compare(a, b) for a, b in pairs)]
    splits = node_splits(found.studies, pairs, columns, estimates, method)
    for own, pair, network_estimate in zip(splits, pairs, estimates, strict=True):
        model = plain_split(found.studies, *pair, columns, network_estimate, method)
        assert (own.treat1, own.treat2, own.k, own.note) == (*pair, model.k, model.note)
        for key in ("direct", "direct_se", "indirect", "indirect_se", "difference",
                    "difference_se", "z", "p_value", "tau2"):  # fmt: skip
            expected = getattr(model, key)
            if expected is None:
                assert getattr(own, key) is None
            else:
                near = pytest.approx(expected, rel=relative, abs=1e-10)
                assert getattr(own, key) == near, key
    return sum(own.z is None for own in splits)


@pytest.mark.parametrize("method", ["REML", "ML", "DL", 0.1])
@pytest.mark.parametrize("name", ["dogliotti", "hasselblad", "parkinson", "dietaryfat"])
def test_splits_by_updates_are_those_of_a_model_each(name, method):
    split_both_ways(analysed(name, tau2=method, node_splitting=False), method)


@pytest.mark.parametrize("method", ["REML", "ML", "DL", 0.1])
@pytest.mark.parametrize("seed", range(3))
def test_splits_of_random_networks_are_those_of_a_model_each(seed, method):
    """Up to four arms, some comparisons that nothing else connects, errors from 0.01 to 10."""
    rows = random_rows(seed, trials=12)
    if seed:
        # Treatments that hang on one comparison: no split of these.
        rows = {
            name: values + more
            for (name, values), more in zip(
                rows.items(), (["L1", "L2"], ["T0", "X"], ["X", "Y"], [0.3, 0.1], [0.2, 0.1]),
                strict=True,
            )
        }  # fmt: skip
    if seed == 2:
        scale = np.random.default_rng(5).choice([1e-3, 1.0, 300.0], 14)
        trial = {name: i for i, name in enumerate(dict.fromkeys(rows["study"]))}
        rows["vi"] = [v * scale[trial[s]] for v, s in zip(rows["vi"], rows["study"], strict=True)]
    found = network(**rows, tau2=method, node_splitting=False)
    assert split_both_ways(found, method, 1e-8 if seed == 2 else 1e-9) >= (2 if seed else 0)


def test_splits_without_a_degree_of_freedom_are_at_no_tau2():
    rows = {"study": list("abc"), "treat1": list("AAB"), "treat2": list("BCC"),
            "yi": [0.1, 0.5, 0.3], "vi": [0.1, 0.2, 0.3]}  # fmt: skip
    found = network(**rows)
    assert [split.tau2 for split in found.node_splits] == [0.0] * 3
    assert split_both_ways(found, "REML") == 0
    # Nothing to split at all.
    alone = network(**{name: values[:1] for name, values in rows.items()})
    assert [split.note for split in alone.node_splits] == [ONE_PATH]


def test_many_trials_of_few_treatments_are_split_too():
    rng = np.random.default_rng(3)
    pairs = [("A", "B"), ("B", "C"), ("A", "C")]
    rows = [(f"S{i}", *pairs[i % 3], float(rng.normal(0.1, 0.2)), 0.2) for i in range(400)]
    study, treat1, treat2, yi, sei = zip(*rows, strict=True)
    found = network(study=study, treat1=treat1, treat2=treat2, yi=yi, sei=sei, tau2=0.0)
    for own in found.node_splits:
        calculated = found.split(own.treat1, own.treat2)
        assert own.difference == pytest.approx(calculated.difference, abs=1e-9)


def test_indirect_evidence_of_less_than_a_thousandth_is_not_shown():
    def split(share):
        # With direct variance 1 the network's is the share of direct evidence.
        return back_calculation([(0.3, 1.0)], "A", "B", 0.3, math.sqrt(share), 0.0)

    shown, little, none = split(0.998), split(0.9995), split(1.0)
    assert shown.indirect is not None
    assert (little.indirect, little.note) == (None, LITTLE_INDIRECT)
    assert little.proportion_direct == pytest.approx(0.9995)
    assert (none.indirect, none.note) == (None, ONLY_DIRECT)


def test_contributions_of_a_large_network_go_with_its_reference():
    n = 32
    rows = {"study": [f"S{i}" for i in range(n)], "treat1": [f"T{i}" for i in range(n)],
            "treat2": [f"T{(i + 1) % n}" for i in range(n)], "yi": [0.1] * n,
            "sei": [0.2] * n}  # fmt: skip
    record = network(**rows, reference="T0").to_dict()["contributions"]
    assert len(record) == n - 1
    assert all(list(row) == ["T0"] for row in record.values())
    # Round a ring of equal trials: most of it over the short way.
    shares = {tuple(sorted((c["treat1"], c["treat2"]))): c["share"]
              for c in record["T1"]["T0"]["comparisons"]}  # fmt: skip
    assert shares["T0", "T1"] == pytest.approx((n - 1) / n)
    own = contributions(network(**rows).studies, [f"T{i}" for i in range(n)], 0.0, [("T0", "T1")])
    assert own.by_comparison.sum() == pytest.approx(1.0)

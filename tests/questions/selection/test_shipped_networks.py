"""The shipped networks: their direct evidence, their loop, what connects them."""

from __future__ import annotations

import math

import pytest
from scipy.stats import chi2, norm

from trialpool.records.files import read_result

Z = norm.ppf(0.975)


def of(fit, name):
    return next(one for one in fit.effects if one.treatment == name)


def entry(fit, a, b):
    return next(one for one in fit.league if (one.treatment, one.against) == (a, b))


@pytest.fixture(scope="module")
def shipped(shipped_review):
    return lambda name: read_result(shipped_review / "results/questions" / name / "result.json")


SECOND_LINE = "network-metastatic-second-line-pfs"


def group_of(found, label):
    return next(group for group in found.groups if group.label == label)


def test_second_line_reproduces_its_direct_evidence(shipped):
    found = shipped(SECOND_LINE)
    fit = found.network.fit
    # Cortés 2022: 0.28 (0.22 to 0.37).
    own = entry(fit, "T-DM1", "T-DXd")
    assert own.evidence == "direct"
    assert own.random.estimate == pytest.approx(-math.log(0.28), abs=1e-12)
    assert own.direct.estimate == pytest.approx(-math.log(0.28), abs=1e-12)
    group = group_of(found, "T-DXd v T-DM1")
    assert (group.k, group.estimate) == (1, pytest.approx(math.log(0.28), abs=1e-12))
    # The pair of the comparison question, to the last digit.
    other = shipped("metastatic-pfs-later-line")
    pairwise = next(g for g in other.groups if "pyrotinib" in g.label.casefold())
    group = group_of(found, "pyrotinib + chemotherapy v lapatinib + chemotherapy")
    assert (group.k, group.estimate, group.ci_lower, group.ci_upper) == (
        pairwise.k, pairwise.estimate, pairwise.ci_lower, pairwise.ci_upper,
    )  # fmt: skip
    # Tucatinib through trastuzumab + chemotherapy: HER2CLIMB 0.57 less CEREBEL 1.30.
    own = entry(fit, "lapatinib + chemotherapy", "trastuzumab + tucatinib + chemotherapy")
    assert own.evidence == "indirect"
    assert own.random.estimate == pytest.approx(-math.log(0.57 / 1.30), abs=1e-12)
    assert fit.ranks == ()


def test_second_line_closes_one_loop_and_that_is_inconsistent(shipped):
    """Q of the loop by hand: the direct ratio against the way round, common effect."""
    again = {
        (one.merged is not None, one.bounded): one for one in shipped(SECOND_LINE).network.again
    }
    assert again[True, ""].fit.inconsistency.q is None
    one = again[True, "largest"]
    found = shipped(SECOND_LINE)
    trials = {trial.trial_id: trial for trial in found.trials}
    edge = [trials[name] for name in ("emilia", "elaina", "th3resa")]
    w = [trial.se**-2 for trial in edge]
    indirect = sum(a * t.estimate for a, t in zip(w, edge, strict=True)) / sum(w)
    # DESTINY-Breast02 prints 0.359 and p < 0.000001: 4.7 to 4.9 standard errors at least.
    largest = abs(math.log(0.359)) / norm.isf(0.5e-6 * 2)
    difference = math.log(0.359) - (math.log(0.28) + indirect)
    variance = trials["destiny-breast03"].se ** 2 + 1 / sum(w)
    assert one.fit.inconsistency.df == 1
    q = difference**2 / (variance + largest**2)
    assert one.fit.inconsistency.q == pytest.approx(q, rel=0.01)
    assert one.fit.inconsistency.p_value == pytest.approx(chi2.sf(q, 1), abs=2e-4)
    assert round(one.fit.inconsistency.p_value, 3) == 0.006


def test_three_arms_of_counts_share_the_events_of_their_control(shipped):
    found = shipped("network-neoadjuvant-pcr")
    own = [trial for trial in found.trials if trial.trial_id == "neoaltto"]
    assert len(own) == 2
    assert {trial.control.arm_id for trial in own} == {"h"}
    from trialpool.questions.network.studies import studies_of

    pairs = {pair.group: (pair.treatment, pair.against) for pair in found.network.pairs}
    (study,) = studies_of(own, pairs, "OR")
    arms = {
        pairs[trial.group][0]: (trial.experimental.events, trial.experimental.n) for trial in own
    }
    # The log odds of each arm varies by 1/a + 1/(n - a): a difference of two by their sum.
    (a, (ea, na)), (b, (eb, nb)) = arms.items()
    effect, variance = study.contrast(a, b)
    assert variance == pytest.approx(1 / ea + 1 / (na - ea) + 1 / eb + 1 / (nb - eb), abs=1e-12)
    assert effect == pytest.approx(math.log(ea / (na - ea) / (eb / (nb - eb))), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "nodes", "trials", "loops"),
    [
        (SECOND_LINE, 17, 19, 0),
        ("network-metastatic-first-line-pfs", 11, 12, 1),
        ("network-neoadjuvant-pcr", 16, 18, 1),
    ],
)
def test_shipped_networks_are_connected_as_counted_by_hand(shipped, name, nodes, trials, loops):
    fit = shipped(name).network.fit
    assert (len(fit.nodes), fit.k, fit.inconsistency.df) == (nodes, trials, loops)
    assert len(fit.league) == nodes * (nodes - 1) // 2
    assert len(fit.effects) == nodes - 1


def test_second_line_under_other_policies_and_through_a_class(shipped):
    found = shipped(SECOND_LINE)
    network, fit = found.network, found.network.fit
    assert [one.policy for one in network.again if one.policy] == [
        *("investigator", "latest-cut", "with-ttp")
    ]
    # Everything said of T-DXd here goes over DESTINY-Breast03.
    chain = of(fit, "T-DXd")
    assert set(chain.trials) == {"destiny-breast03", "emilia", "elaina"}
    assert "one-trial" in chain.verdict.flags
    # TULIP is in no part with the reference; its class joins it, and it gets no rank.
    assert "trastuzumab duocarmazine" not in {one.treatment for one in fit.effects}
    joined = {one.treatment: one for one in network.classes.effects}["trastuzumab duocarmazine"]
    assert joined.through == "through the class assumption"
    assert joined.effect.ci_upper > 0 > joined.effect.estimate
    tulip = next(trial for trial in found.trials if trial.trial_id == "tulip")
    # Wider than the trial by the departures of both controls from the mean of their class.
    assert joined.effect.se > math.hypot(tulip.se, 2**0.5 * network.classes.spread.lower)
    # The tree leaves too little for a slope.
    assert [one.slope for one in network.covariates] == [None, None]
    assert all("not estimable" in one.reason for one in network.covariates)
    universe = next(one for one in found.sensitivity if one.id == "multiverse")
    held = {one.group: one for one in universe.results}
    assert len(held) == len(fit.effects)
    # Benefit whatever the policy, the estimator and the trials.
    assert held["T-DXd v lapatinib + chemotherapy"].share == 1.0
    assert held["disitamab vedotin v lapatinib + chemotherapy"].holds is None


def test_components_do_not_add_up_to_complete_responses(shipped):
    components = shipped("network-neoadjuvant-pcr").network.components
    assert components.q_difference.df == 5
    assert components.q_difference.p_value < 0.001
    assert {one.name for one in components.components} >= {"trastuzumab", "lapatinib"}


def test_the_first_line_has_one_loop_and_its_heat_is_its_inconsistency(shipped):
    network = shipped("network-metastatic-first-line-pfs").network
    heat = network.evidence.heat
    assert sum(heat.q) == pytest.approx(network.fit.inconsistency.q, abs=1e-9)
    assert {frozenset(design) for design in heat.designs} == {
        frozenset(("T-DM1", "trastuzumab + chemotherapy")),
        frozenset(("T-DM1", "pertuzumab + T-DM1", "trastuzumab + chemotherapy")),
    }

"""Networks: nodes, turned comparisons, arms that trials share, and what all of them say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_networks import (
    ASKED,
    NODES,
    TRIALS,
    Z,
    entry,
    library,
    of,
    printed,
    result,
)
from small_tables import select

from trialpool.findings import InputError
from trialpool.pooling import bayesian_random_effects, random_effects
from trialpool.pooling.network import network
from trialpool.questions.network.page import parts
from trialpool.questions.network.pool import pool
from trialpool.questions.network.table import tables
from trialpool.questions.registry import stage
from trialpool.questions.shared.selection.library import Library
from trialpool.records.files import from_plain, to_plain
from trialpool.records.network import NetworkResult
from trialpool.report.exports.texts import markdown


def test_nodes_are_named_by_what_an_arm_is_given_and_comparisons_point_one_way():
    question, trials = select(library("one", "two", "four"), ASKED)
    assert {trial.group for trial in trials} == {"alpha + care v care", "beta + care v care"}
    turned = next(trial for trial in trials if trial.trial_id == "two")
    assert turned.estimate == pytest.approx(-math.log(1.25))
    assert (turned.experimental.arm_id, turned.control.arm_id) == ("c", "x")
    assert any("turned round" in flag for flag in turned.flags)
    # Of three arms two comparisons enter; the third one says how they vary together.
    four = [trial for trial in trials if trial.trial_id == "four"]
    assert len(four) == 2
    assert all(("x", "y") in [third.arms for third in one.third_contrasts] for one in four)
    assert {one.row_id for one in question.excluded} == {"four.x.y"}


def test_two_arms_of_one_node_make_no_comparison():
    both = {"x": "alpha; care", "c": "alike; more care"}
    TRIALS["same"] = (both, [("x", "c", "0.9", "0.7", "1.2")])
    question, trials = select(library("one", "same"), ASKED)
    assert [trial.trial_id for trial in trials] == ["one"]
    reasons = {one.row_id: one.reason for one in question.excluded}
    assert reasons["same.x.c"] == "both arms are one node of the network: alpha + care"


def test_of_two_arms_with_the_same_drugs_one_stands_for_the_node():
    arms = {"x": "alpha; care", "y": "alpha; more care", "c": "care"}
    TRIALS["doses"] = (arms, [("x", "c", "0.7", "0.55", "0.89"), ("y", "c", "0.8", "0.64", "1")])
    question, trials = select(library("doses"), ASKED)
    assert [trial.row_ids for trial in trials] == [("doses.x.c",)]
    (out,) = question.excluded
    assert (out.stage, out.reason) == (
        "several arms",
        "another arm of the trial stands for the node alpha + care",
    )


def test_the_comparisons_of_a_trial_are_of_one_cut():
    known = library("four")
    rows = known.evidence.rows("time_to_event")
    rows[1]["maturity"] = "interim"
    question, trials = select(Library(known.evidence, known.effects, NODES, {}), ASKED)
    assert [trial.row_ids for trial in trials] == [("four.x.c",)]
    reasons = {one.row_id: one.reason for one in question.excluded}
    assert "data cut than the trial's other" in reasons["four.y.c"]


def test_a_sentence_says_what_the_rows_of_its_trials_say():
    known = library("one", "three", "five")
    rows = {row["row_id"]: row for row in known.evidence.rows("time_to_event")}
    rows["five.x.c"]["maturity"] = "interim"
    found, _ = pool(*select(Library(known.evidence, known.effects, NODES, {}), ASKED))
    chain = of(found.network.fit, "gamma")
    assert chain.verdict.flags == ("mixed-follow-up",)
    assert "interim and later analyses together" in chain.sentence
    assert of(found.network.fit, "alpha + care").verdict.flags == ()


def test_the_network_is_the_general_linear_model():
    """Written out: y = Xb + e with the covariance of the trial of three arms, tau² as estimated."""
    fit = result("one", "two", "three", "four", "five").network.fit
    y1, v1 = printed("one")
    y2, v2 = printed("two")
    y3, v3 = printed("three")
    (y4, v4), (y5, v5), (_, v6) = (printed("four", place) for place in range(3))
    y7, v7 = printed("five")
    y = np.array([y1, -y2, y3, y4, y5, y7])
    # Columns: alpha, beta, gamma against care.
    x = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0], [0, -1, 1]], dtype=float)
    v = np.diag([v1, v2, v3, v4, v5, v7])
    v[3, 4] = v[4, 3] = (v4 + v5 - v6) / 2
    between = np.eye(6)
    between[3, 4] = between[4, 3] = 0.5
    weight = np.linalg.inv(v + fit.tau2 * between)
    covariance = np.linalg.inv(x.T @ weight @ x)
    expected = covariance @ x.T @ weight @ y
    for place, name in enumerate(("alpha + care", "beta + care", "gamma")):
        own = entry(fit, *sorted((name, "care")))
        sign = 1 if own.treatment == name else -1
        assert sign * own.random.estimate == pytest.approx(expected[place], abs=1e-10)
    # The common effect's Q and its part between designs.
    weight = np.linalg.inv(v)
    fitted = np.linalg.inv(x.T @ weight @ x) @ x.T @ weight @ y
    q = (y - x @ fitted) @ weight @ (y - x @ fitted)
    assert fit.heterogeneity.q + fit.inconsistency.q == pytest.approx(q, abs=1e-10)
    assert (fit.heterogeneity.df, fit.inconsistency.df) == (1, 2)


def test_the_network_is_that_of_the_engine_called_by_hand():
    names = ("one", "two", "three", "four", "five")
    fit = result(*names).network.fit
    rows = [
        (name, NODE[arms[a]], NODE[arms[b]], *printed(name, place))
        for name in names
        for arms, own in [TRIALS[name]]
        for place, (a, b, *_) in enumerate(own)
    ]
    study, treat1, treat2, yi, vi = zip(*rows, strict=True)
    found = network(
        study=study, treat1=treat1, treat2=treat2, yi=yi, vi=vi, rounding=[0.01] * len(yi),
        reference="care", ci="hk-adhoc", measure="HR",
    )  # fmt: skip
    assert fit.tau2 == pytest.approx(found.tau2.value, abs=1e-8)
    for one in fit.league:
        known = found.compare(one.treatment, one.against)
        assert one.random.estimate == pytest.approx(known.estimate, abs=1e-8)
        assert one.random.ci_lower == pytest.approx(known.ci_lower, abs=1e-7)
    assert [rank.treatment for rank in fit.ranks] == list(found.ranked())


NODE = {
    **{"alpha; care": "alpha + care", "beta; care": "beta + care", "care": "care"},
    **{"more care": "care", "alike; more care": "alpha + care", "gamma": "gamma"},
}


def test_two_nodes_are_the_pairwise_fits():
    found = result("one", "two")
    (group,), fit = found.groups, found.network.fit
    y, v = zip(*(printed(name) for name in ("one", "two")), strict=True)
    y = (y[0], -y[1])
    # Without a prior in the settings of the tests the frequentist model speaks.
    pairwise = random_effects(y, v, tau2="REML", ci="hk-adhoc")
    own = of(fit, "alpha + care")
    assert (own.estimate, own.ci_lower, own.ci_upper) == pytest.approx(
        (pairwise.estimate, pairwise.ci_lower, pairwise.ci_upper), abs=1e-12
    )
    assert own.verdict.word == group.verdict.word
    assert own.verdict.p_benefit == pytest.approx(group.verdict.p_benefit, abs=1e-10)
    assert own.evidence == "direct"


def test_the_posterior_of_two_nodes_is_that_of_the_pair():
    prior = "half-normal:0.2"
    found = result("one", "two", tau_prior=prior, important=0.8, null_band=[0.9, 1.11])
    (group,), own = found.groups, of(found.network.fit, "alpha + care")
    y, v = zip(*(printed(name) for name in ("one", "two")), strict=True)
    at = (0.0, math.log(0.8))
    known = bayesian_random_effects((y[0], -y[1]), v, prior=prior, measure="HR", at=at)
    assert own.estimate == pytest.approx(known.estimate, abs=1e-7)
    assert (own.ci_lower, own.ci_upper) == pytest.approx((known.ci_lower, known.ci_upper), abs=1e-6)
    assert own.verdict.p_benefit == pytest.approx(known.below_at[0], abs=1e-7)
    assert own.verdict.p_important == pytest.approx(known.below_at[1], abs=1e-7)
    assert (own.verdict.word, own.verdict.flags) == (group.verdict.word, group.verdict.flags)
    assert found.network.fit.tau == pytest.approx(known.tau.median, abs=1e-6)


def test_an_effect_that_rests_on_one_trial_is_that_trial():
    own = of(result("one", "five", "three").network.fit, "alpha + care")
    assert (own.k, own.verdict.word) == (1, "trial-benefit")
    y, v = printed("one")
    assert own.estimate == pytest.approx(y, abs=1e-12)
    assert own.ci_upper == pytest.approx(y + Z * math.sqrt(v), abs=1e-12)
    assert "in this trial fewer progressions or deaths (HR 0.70 [0.55 to 0.89])" in own.sentence
    assert "not replicated" in own.sentence
    # A chain of two trials is no trial: it is the sum of both.
    chain = of(result("one", "five", "three").network.fit, "gamma")
    assert (chain.k, chain.evidence) == (2, "indirect")
    assert chain.estimate == pytest.approx(printed("five")[0] + printed("three")[0], abs=1e-12)
    assert [(c.treatment, c.against) for c in chain.comparisons] == [
        ("beta + care", "care"),
        ("beta + care", "gamma"),
    ]
    assert sum(chain.trials.values()) == pytest.approx(1.0)


def test_parts_that_nothing_connects_are_listed_and_a_tree_is_not_ranked():
    found = result("one", "three", "six").network
    assert [part.nodes for part in found.parts] == [
        ("alpha + care", "beta + care", "care"),
        ("delta", "epsilon"),
    ]
    assert {one.treatment for one in found.fit.effects} == {"alpha + care", "beta + care"}
    assert found.fit.ranks == ()
    assert "tree with no degree of freedom" in found.fit.no_ranks
    assert found.fit.inconsistency.q is None
    assert "not estimable" in found.fit.inconsistency.note


def test_nodes_taken_as_one_stand_beside_and_in_place():
    merge = {"name": "any drug", "nodes": ["alpha + care", "beta + care"], "reason": "a class"}
    beside = result("one", "three", nodes={"again": [merge]}).network
    (again,) = beside.again
    assert again.label == "alpha + care and beta + care taken as any drug"
    (own,) = again.fit.effects
    y, v = zip(printed("one"), printed("three"), strict=True)
    assert own.estimate == pytest.approx(random_effects(y, v, ci="hk-adhoc").estimate, abs=1e-12)
    assert len(beside.fit.effects) == 2
    main = result("one", "three", nodes={"merge": [merge]})
    assert [group.label for group in main.groups] == ["any drug v care"]
    assert main.groups[0].k == 2
    assert of(main.network.fit, "any drug").estimate == pytest.approx(own.estimate, abs=1e-12)
    # Of two comparisons of one trial that come to be one, the first stays.
    assert result("four", nodes={"again": [merge]}).network.again[0].fit.k == 1


def test_a_node_that_no_arm_gives_is_named():
    with pytest.raises(InputError, match=r"alpha \+ cares.*Known are: alpha \+ care, care"):
        result("one", reference="alpha + cares")
    merge = {"name": "x", "nodes": ["zeta"], "reason": "r"}
    with pytest.raises(InputError, match="zeta"):
        result("one", nodes={"again": [merge]})


def test_without_a_trial_there_is_a_result_without_a_network():
    found = result("six", endpoints=["OS"])
    assert found.network.fit is None
    assert found.network.parts == ()
    assert list(tables(found))
    assert from_plain(to_plain(found), NetworkResult) == found


def test_what_is_written_and_shown():
    found = result("one", "two", "three", "four", "five", "six", transitivity=["line"])
    assert from_plain(to_plain(found), NetworkResult) == found
    (part, beside) = parts(found)
    shown = part.shown
    assert (part.place, beside.place) == ("network", "network")
    assert shown.sentences[0] == f"{found.network.fit.effects[0].sentence}."
    assert [row.columns for row in shown.circumstances] == [("2",)] * len(found.trials)
    assert len(beside.shown.parts) == 2
    assert shown.league[0].cells[0] == ("", "")
    lines = markdown(tables(found))
    assert "Network, against care:" in lines
    assert "| gamma | 5 | indirect |" in lines
    figure = stage("network", "figures").plots(found)["network"]
    drawn = [shape.label for shape in figure.geometry.shapes if shape.kind == "node"]
    assert sorted(drawn) == ["alpha + care v care", "beta + care v care", "gamma v care"]


# The shipped review.

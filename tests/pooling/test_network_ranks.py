"""Ranks with their distribution, and where a network gives none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from network_samples import REFERENCE, contrasts
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from trialpool.pooling.network import network
from trialpool.pooling.network.ranking import ranking, why_not_ranked

NETMETA = json.loads((REFERENCE / "netmeta_ranks_regression.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def oncology():
    return network(**contrasts("oncology"), reference="placebo", tau2="DL", node_splitting=False)


def test_mean_ranks_agree_with_the_p_scores_of_netmeta(oncology):
    """Its rankogram is no reference: it is up to 0.04 away from its own P-scores."""
    expected = NETMETA["oncology"]["P_scores_DL"]
    for own in oncology.ranking().ranks:
        assert own.p_score == pytest.approx(expected[own.treatment], abs=1e-10)
        mean = float(np.arange(1, 8) @ np.array(own.probabilities))
        assert (7 - mean) / 6 == pytest.approx(expected[own.treatment], abs=0.005)


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["best", "worst"])
def test_chances_of_the_ends_are_orthants_of_a_normal(oncology, sign):
    """The chance to be best is that all differences to the others are below 0."""
    effects, c = oncology.random.effects, oncology.random.covariance
    n = effects.size
    own = {rank.treatment: rank.probabilities for rank in oncology.ranking().ranks}
    for i, name in enumerate(oncology.treatments):
        turn = np.delete(sign * (np.eye(n)[i] - np.eye(n)), i, axis=0)
        normal = multivariate_normal(turn @ effects, turn @ c @ turn.T, allow_singular=True)
        chance = normal.cdf(np.zeros(n - 1), rng=np.random.default_rng(1))
        assert own[name][0 if sign > 0 else -1] == pytest.approx(chance, abs=0.006)


def test_two_treatments_in_closed_form():
    v = 0.04 / 5
    found = network(study=list("12345"), treat1=["a"] * 5, treat2=["b"] * 5, yi=[-0.15] * 5,
                    vi=[0.04] * 5)  # fmt: skip
    first, second = found.ranking().ranks
    chance = float(ndtr(0.15 / math.sqrt(v)))
    assert first.treatment == "a"
    assert first.probabilities[0] == pytest.approx(chance, abs=4 * 0.5 / math.sqrt(100_000))
    assert first.p_score == pytest.approx(chance)
    assert (first.median, first.lower, first.upper) == (1, 1, 2)
    assert (second.median, second.lower, second.upper) == (2, 1, 2)


def test_median_and_limits_of_a_known_distribution():
    chances = np.array([[0.02, 0.5, 0.47, 0.01], [0.025, 0.475, 0.475, 0.025],
                        [0.955, 0.025, 0.02, 0.0], [0.0, 0.0, 0.035, 0.965]])  # fmt: skip
    found = ranking("abcd", np.array([0.5, 0.4, 0.9, 0.1]), chances, level=0.95, samples=1, seed=1)
    assert [(r.treatment, r.median, r.lower, r.upper) for r in found.ranks] == [
        ("c", 1, 1, 2),
        ("a", 2, 2, 3),
        ("b", 2, 1, 3),
        ("d", 4, 3, 4),
    ]


@pytest.mark.parametrize(
    ("trials", "told"),
    [(1, "a tree with no degree of"), (2, "with 1 degree"), (4, "with 3 degrees"), (5, "")],
)
def test_a_tree_is_ranked_from_four_degrees_of_freedom_on(trials, told):
    """A star of two arms: trials of one of them add degrees of freedom, no loop."""
    names = ["a"] * trials + ["b"]
    found = network(study=range(trials + 1), treat1=names, treat2=["p"] * len(names),
                    yi=np.linspace(-0.4, 0.1, len(names)), vi=[0.05] * len(names))  # fmt: skip
    assert found.decomposition.total.df == trials - 1
    assert told in found.no_ranks
    assert (found.no_ranks == "") == (told == "")
    record = found.to_dict()
    if told:
        assert "at least 4 are needed" in found.no_ranks
        assert found.ranking().ranks == ()
        assert record["ranks"]["reason"] == found.no_ranks
        assert record["ranks"]["treatments"] == {}
        assert record["p_scores"] == {"a": None, "b": None, "p": None}
        assert found.ranked() == ("a", "b", "p")
        assert found.summary()["p_score"].isna().all()
    else:
        assert set(record["ranks"]["treatments"]) == {"a", "b", "p"}
        assert record["p_scores"] == pytest.approx(found.p_scores())


def test_a_loop_is_ranked():
    found = network(study=list("123"), treat1=list("aab"), treat2=list("bcc"), yi=[0.1, 0.3, 0.2],
                    vi=[0.02] * 3)  # fmt: skip
    assert found.no_ranks == ""
    assert [rank.treatment for rank in found.ranking().ranks] == ["c", "b", "a"]


def test_one_treatment_has_no_rank():
    assert why_not_ranked(1, 9, 9) == "there is only one treatment"


def test_ranks_are_the_same_every_time():
    found = network(**contrasts("oncology"), node_splitting=False)
    assert found.ranking(samples=2000) == found.ranking(samples=2000)
    assert found.ranking(samples=2000) != found.ranking(samples=2000, seed=2)

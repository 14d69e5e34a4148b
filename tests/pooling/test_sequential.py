"""Boundaries, information sizes and one more trial against packages, closed forms, simulation."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from trialpool.pooling import bayesian_random_effects, random_effects
from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.sequential.boundaries import boundaries, spend
from trialpool.pooling.sequential.information import (
    events,
    information_size,
    least_trials,
    participants,
    participants_per_trial,
    required_information,
)
from trialpool.pooling.sequential.looks import looks
from trialpool.pooling.sequential.one_more import _below, one_more_trial

REFERENCE = json.loads((Path(__file__).parents[1] / "reference/sequential.json").read_text("utf-8"))


@pytest.mark.parametrize("case", REFERENCE["boundaries"], ids=str)
@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_boundaries_equal_those_of_other_programs(case, spending):
    found = boundaries(
        case["information_fractions"], alpha=case["alpha"], sides=case["side"], spending=spending
    )
    # The reference takes 1 - Φ of about 7, which leaves it five digits of z at such looks.
    exact = [z for z in found if z < 6]
    assert exact == pytest.approx(case[spending][len(found) - len(exact) :], abs=1e-8)
    assert list(found) == pytest.approx(case[spending], abs=2e-5)


def test_the_table_of_obrien_fleming():
    """DeMets and Lan 1994, Stat Med 13:1341: five equal looks, two-sided 0.05."""
    found = boundaries([0.2, 0.4, 0.6, 0.8, 1.0])
    assert [round(z, 3) for z in found] == [4.877, 3.357, 2.680, 2.290, 2.031]


@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.3, 1.0])
def test_the_first_look_has_a_closed_form(fraction):
    (z,) = boundaries([fraction])
    error = spend("obrien-fleming", 0.025, fraction)
    assert z == pytest.approx(-float(special.ndtri(error)), abs=1e-10)


def test_one_look_at_the_end_is_no_sequential_test():
    assert boundaries([1.0])[0] == pytest.approx(1.959963984540054, abs=1e-12)
    assert boundaries([1.0], sides=1)[0] == pytest.approx(1.6448536269514722, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_the_error_is_kept_in_simulated_looks(spending):
    fractions = np.array([0.15, 0.4, 0.45, 0.9, 1.0])
    bounds = np.array(boundaries(fractions, spending=spending))
    random = np.random.default_rng(20)
    steps = np.sqrt(np.diff(fractions, prepend=0.0))
    paths = np.cumsum(random.standard_normal((400_000, 5)) * steps, axis=1) / np.sqrt(fractions)
    crossed = float((np.abs(paths) > bounds).any(axis=1).mean())
    assert crossed == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 400_000))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.02, 1.0), min_size=2, max_size=8, unique_by=lambda x: round(x, 2)))
def test_looks_cost_and_never_help(fractions):
    looks = sorted(fractions)
    found = boundaries(looks)
    assert all(z >= 1.9599 for z in found)
    # Another look before changes no boundary before it.
    assert boundaries(looks[:-1]) == pytest.approx(found[:-1], abs=1e-9)


@pytest.mark.parametrize(
    ("fractions", "more"),
    [([], {}), ([0.5, 0.4], {}), ([0.0, 1.0], {}), ([0.5, 1.2], {}), ([0.5], {"sides": 3})],
)
def test_looks_that_make_no_sense_are_refused(fractions, more):
    with pytest.raises(ValueError, match=r"fractions=|sides="):
        boundaries(fractions, **more)


# RTSA prints 4,992 participants for a difference of 0.05 from 0.30: twice what both formulas in
# use give, 2,504 with the mean risk and 2,496 with each arm's own.
SIZES = [case for case in REFERENCE["sizes"] if case["options"]["outcome"] != "RD"]


def test_participants_of_a_difference():
    """Fleiss 1981 without correction: (z + z)² (p1 q1 + p2 q2) / d² in each arm."""
    found = participants("RD", -0.05, 0.30, power=0.8)
    by_arm = required_information(1.0, power=0.8) * (0.25 * 0.75 + 0.30 * 0.70) / 0.05**2
    assert math.ceil(found) == 2504
    assert found == pytest.approx(2 * by_arm, rel=0.005)


@pytest.mark.parametrize("case", SIZES, ids=lambda case: str(case["options"]))
def test_sizes_equal_those_of_rtsa(case):
    options, result = case["options"], case["result"]
    errors = {"alpha": options["alpha"], "power": 1 - options["beta"], "sides": options["side"]}
    if options["outcome"] == "MD":
        # 4 (z + z)² sd² / difference².
        needed = 4 * options["sd_mc"] ** 2 * required_information(options["mc"], **errors)
    else:
        needed = participants(options["outcome"], options["mc"], options["pC"], **errors)
    assert math.ceil(needed) == result["NF"]
    if "NR_D2" not in result:
        return
    assert math.ceil(math.ceil(needed) / (1 - options["D2"])) == result["NR_D2"]
    of_trials = result["NR_tau"]
    required = required_information(math.log(options["mc"]), **errors)
    assert least_trials(required, options["tau2"]) == of_trials["minTrial"]
    trials, patients, _ = of_trials["nPax"]["values"]
    for count, number in zip(trials, patients, strict=True):
        found = participants_per_trial(
            options["outcome"], options["mc"], options["pC"], options["tau2"], int(count), **errors
        )
        assert math.ceil(found) == number
    assert participants_per_trial("RR", options["mc"], options["pC"], 0.5, 1, **errors) is None


def test_events_of_a_hazard_ratio():
    """Schoenfeld: 380 events for 0.717 at 90 % power, two-sided 0.05, one to one."""
    needed = events(required_information(math.log(0.717)))
    assert needed == pytest.approx(4 * (1.959963984540054 + 1.2815515655446004) ** 2
                                   / math.log(0.717) ** 2)  # fmt: skip
    assert math.ceil(needed) == 380


def test_information_reached_and_diversity():
    y, v = [-0.3, -0.1, -0.5, 0.1], [0.02, 0.01, 0.04, 0.03]
    tau2 = random_effects(y, v).tau2
    found = information_size(v, tau2, math.log(0.8))
    assert found.reached == pytest.approx(50 + 100 + 25 + 100 / 3)
    common, spread = random_effects(y, v, tau2="CE", ci="wald"), random_effects(y, v, ci="wald")
    assert found.diversity == pytest.approx(1 - (common.se / spread.se) ** 2, rel=1e-9)
    assert found.fraction == pytest.approx(found.reached * (1 - found.diversity) / found.required)
    none = information_size(v, 0.0, math.log(0.8))
    assert (none.diversity, none.adjusted, none.least_trials) == (0.0, none.required, 1)
    # Both variances alike: tau2 + v over v, whatever 1 - diversity rounds to.
    apart = information_size([1e-8, 1e-8], 5e23, math.log(0.8))
    assert apart.adjusted == pytest.approx(5e31 * apart.required, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: required_information(0.0), "no information"),
        (lambda: required_information(0.1, power=1.0), "between 0 and 1"),
        (lambda: information_size([], 0.0, 0.1), "positive variances"),
        (lambda: information_size([0.1], -0.1, 0.1), "0 or more"),
        (lambda: participants("RR", 2.0, 0.6), "both must lie"),
        (lambda: participants("HR", 0.8, 0.3), "not known"),
        (lambda: participants("OR", 1.0, 0.3), "differ"),
    ],
)
def test_bad_sizes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


PRIOR = "bartos2023-hr"


def test_one_more_trial_against_simulation():
    y, v, prior = np.array([-0.35, -0.15, -0.3]), np.array([0.02, 0.03, 0.025]), PRIOR
    found = one_more_trial(y, v, prior=prior, null_band=(math.log(0.9), math.log(1.11)))
    assert sum(found.words.values()) == pytest.approx(1.0)
    assert found.se == pytest.approx(math.sqrt(0.025))
    pool = bayesian_random_effects(y, v, prior=prior)
    assert found.now == ("benefit" if pool.probability_below >= 0.975 else "leans-to-benefit")
    # Draws from the prediction by inverting its density, with noise; the pool fitted to each.
    random = np.random.default_rng(5)
    grid = np.linspace(-2, 2, 4001)
    from trialpool.pooling.bayes.predictive import predictive_pdf

    cdf = np.cumsum(predictive_pdf(y, v, grid, prior=prior))
    true = np.interp(random.uniform(size=200), cdf / cdf[-1], grid)
    seen = true + random.normal(0, found.se, 200)
    concluded = np.mean(
        [
            bayesian_random_effects([*y, e], [*v, found.se**2], prior=prior).probability_below
            >= 0.975
            for e in seen
        ]
    )
    share = found.words["benefit"]
    assert concluded == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 200))
    assert found.changes == pytest.approx(1 - found.words[found.now])


def test_a_settled_pool_stays_settled():
    y, v = np.full(6, -0.5), np.full(6, 0.01)
    found = one_more_trial(y, v, prior=PRIOR)
    assert found.now == "benefit"
    assert found.changes < 0.001
    mirrored = one_more_trial(-y, v, prior=PRIOR, benefit="higher")
    assert mirrored.words == pytest.approx(found.words, abs=1e-9)


def test_a_new_trial_must_say_something():
    with pytest.raises(ValueError, match="positive"):
        one_more_trial([-0.1, -0.2], [0.01, 0.02], prior=PRIOR, se=0.0)


@pytest.mark.parametrize("prior", [PRIOR, "turner2015-composite-pharm", "half-normal:0.1"])
@pytest.mark.parametrize("k", [1, 2, 6])
def test_the_refits_with_one_more_trial_equal_single_fits(prior, k):
    random = np.random.default_rng(k)
    y, v = random.normal(-0.3, 0.2, k), random.uniform(0.01, 0.05, k)
    tried, at = np.array([-1.5, -0.4, 0.0, 0.6]), np.array([0.0, -0.1])
    found = _below(at, y, v, tried, 0.02, check_prior(prior).prior)
    single = [
        bayesian_random_effects([*y, one], [*v, 0.02], prior=prior, at=at).below_at for one in tried
    ]
    assert found == pytest.approx(np.array(single).T, abs=1e-8)


def test_looks_beyond_all_information_spend_what_is_left():
    y, v = [-0.3, -0.2, -0.4, -0.1], [0.01, 0.01, 0.004, 0.01]
    effect = 0.3
    required = required_information(effect)
    found = looks(y, v, [2001, 2001, 2005, 2009], 0.0, effect)
    assert [look.trials for look in found] == [2, 3, 4]
    assert [look.fraction for look in found] == pytest.approx(
        [200 / required, 450 / required, 550 / required]
    )
    assert found[0].fraction > 1
    assert [look.boundary for look in found] == [pytest.approx(1.959963984540054), None, None]
    slower = looks(y, v, [1, 2, 3, 4], 0.0, 0.15)
    assert [look.boundary for look in slower][:3] == pytest.approx(
        list(boundaries([look.fraction for look in slower][:3]))
    )
    pooled = random_effects(y[:2], v[:2], tau2="CE", ci="wald")
    assert found[0].z == pytest.approx(pooled.estimate / pooled.se)

"""Counts by hand, at the edges, by properties, and with wrong input."""

from __future__ import annotations

import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from trialpool.effects.counts import effect_from_counts
from trialpool.pooling import random_effects
from trialpool.pooling.counts import (
    count_effects,
    exact_interval,
    mantel_haenszel,
    odds_ratio_glmm,
    peto,
    proportion_effects,
    proportion_glmm,
)
from trialpool.pooling.counts.mantel_haenszel_random import mantel_haenszel_random
from trialpool.pooling.counts.proportions import largest_shift

CATHETERS = ([2, 9, 1, 12, 7], [30, 41, 25, 50, 44], [8, 6, 6, 10, 20], [31, 40, 24, 52, 45])


def arm():
    return st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def trials(least=2, most=7):
    return st.lists(st.tuples(arm(), arm()), min_size=least, max_size=most)


def columns(drawn):
    return (
        [x[0][0] for x in drawn],
        [x[0][1] for x in drawn],
        [x[1][0] for x in drawn],
        [x[1][1] for x in drawn],
    )


def turned(data):
    a, n1, c, n2 = data
    return c, n2, a, n1


def opposite(data):
    a, n1, c, n2 = data
    return (
        [n - x for x, n in zip(a, n1, strict=True)],
        n1,
        [n - x for x, n in zip(c, n2, strict=True)],
        n2,
    )


def both_sides(data):
    """Whether the Mantel-Haenszel odds ratio is neither 0 nor infinite."""
    a, n1, c, n2 = data
    up = sum(x * (m - y) for x, y, m in zip(a, c, n2, strict=True))
    down = sum((n - x) * y for x, n, y in zip(a, n1, c, strict=True))
    return up > 0 and down > 0


@given(trials())
@settings(max_examples=60, deadline=None)
def test_arms_swapped_or_events_counted_as_non_events_turn_the_log_odds_ratio(drawn):
    data = columns(drawn)
    assume(both_sides(data))
    for method in (mantel_haenszel, peto):
        got = method(*data)
        for other in (method(*turned(data)), method(*opposite(data))):
            assert other.estimate == pytest.approx(-got.estimate, abs=1e-9)
            assert other.se == pytest.approx(got.se, rel=1e-9)
            assert other.weights == pytest.approx(got.weights) or method is mantel_haenszel


@given(trials(3, 5), st.sampled_from(["unconditional", "conditional"]))
@settings(max_examples=5, deadline=None)
def test_the_mixed_models_turn_too(drawn, model):
    data = columns(drawn)
    assume(both_sides(data))
    got = odds_ratio_glmm(*data, model=model)
    assume(got.diagnostics.converged)
    for other in (turned(data), opposite(data)):
        back = odds_ratio_glmm(*other, model=model)
        assert back.estimate == pytest.approx(-got.estimate, abs=1e-6)
        assert back.tau2 == pytest.approx(got.tau2, abs=1e-5)


@given(trials(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_trials_does_not_matter(drawn, random):
    data = columns(drawn)
    assume(both_sides(data))
    order = list(range(len(drawn)))
    random.shuffle(order)
    shuffled = columns([drawn[i] for i in order])
    for method in (mantel_haenszel, peto):
        assert method(*shuffled).estimate == pytest.approx(method(*data).estimate, abs=1e-11)


@given(trials())
@settings(max_examples=60, deadline=None)
def test_a_risk_difference_turns_with_the_arms_and_stays_in_its_range(drawn):
    data = columns(drawn)
    assume(any(0 < x < n for x, n in [*zip(*data[:2], strict=True), *zip(*data[2:], strict=True)]))
    got = mantel_haenszel(*data, measure="RD")
    assert -1 <= got.estimate <= 1
    assert mantel_haenszel(*turned(data), measure="RD").estimate == pytest.approx(-got.estimate)


def test_mantel_haenszel_in_fractions():
    """ΣR/ΣS with R = ad/N, S = bc/N, exact."""
    a, n1, c, n2 = CATHETERS
    r = sum(Fraction(x * (m - y), n + m) for x, n, y, m in zip(a, n1, c, n2, strict=True))
    s = sum(Fraction((n - x) * y, n + m) for x, n, y, m in zip(a, n1, c, n2, strict=True))
    assert mantel_haenszel(*CATHETERS).estimate == pytest.approx(math.log(r / s), rel=1e-14)


def test_one_trial_is_its_own_odds_ratio():
    """One table: the Mantel-Haenszel OR is ad/bc and RBG's variance 1/a + 1/b + 1/c + 1/d."""
    got = mantel_haenszel([8], [20], [3], [25])
    assert got.estimate == pytest.approx(math.log(8 * 22 / (12 * 3)), rel=1e-14)
    assert got.se == pytest.approx(math.sqrt(1 / 8 + 1 / 12 + 1 / 3 + 1 / 22), rel=1e-14)
    assert got.q is None
    assert got.tests["breslow-day"].value is None
    assert got.pi_lower is None


@pytest.mark.parametrize(
    "model", [pytest.param("unconditional", marks=pytest.mark.slow), "conditional"]
)
def test_the_mixed_model_by_adaptive_integration(model):
    """The same likelihood by scipy's integration and its simplex, without intercept tricks."""
    a, n1, c, n2 = CATHETERS

    def normal(z):
        return math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)

    def binomial(x, n, p):
        return math.comb(n, x) * p**x * (1 - p) ** (n - x)

    def of_trial(i, theta, tau):
        def conditional(z):
            # Fisher's noncentral hypergeometric law, from its definition.
            odds, both = math.exp(theta + tau * z), a[i] + c[i]
            ways = [
                math.comb(n1[i], x) * math.comb(n2[i], both - x) * odds**x
                for x in range(max(0, both - n2[i]), min(both, n1[i]) + 1)
            ]
            here = math.comb(n1[i], a[i]) * math.comb(n2[i], c[i]) * odds ** a[i]
            return here / sum(ways) * normal(z)

        def unconditional(alpha):
            def at(z):
                up = 1 / (1 + math.exp(-(alpha + theta + tau * z / 2)))
                down = 1 / (1 + math.exp(-(alpha - tau * z / 2)))
                return binomial(a[i], n1[i], up) * binomial(c[i], n2[i], down) * normal(z)

            return -integrate.quad(at, -8, 8, epsabs=1e-14, limit=200)[0]

        if model == "conditional":
            return math.log(integrate.quad(conditional, -8, 8, epsabs=1e-13, limit=200)[0])
        found = optimize.minimize_scalar(unconditional, bounds=(-6, 4), method="bounded")
        return math.log(-found.fun)

    got = odds_ratio_glmm(*CATHETERS, model=model)
    tau = math.sqrt(got.tau2)

    def total(theta, tau):
        return sum(of_trial(i, theta, tau) for i in range(len(a)))

    here = total(got.estimate, tau)
    assert got.log_likelihood == pytest.approx(here, abs=1e-6)
    for theta, other in ((0.03, 0.0), (-0.03, 0.0), (0.0, 0.03), (0.0, -0.03)):
        assert total(got.estimate + theta, tau + other) < here


def test_without_heterogeneity_the_mixed_model_is_logistic_regression():
    data = ([10, 20, 15], [100, 200, 150], [20, 40, 30], [100, 200, 150])
    got = odds_ratio_glmm(*data)
    assert got.tau2 == 0
    assert got.diagnostics.at_boundary
    assert got.tau2_se is None
    assert got.estimate == pytest.approx(math.log((0.1 / 0.9) / (0.2 / 0.8)), abs=1e-10)
    information = 1 / (1 / 45 + 1 / 405 + 1 / 90 + 1 / 360)
    assert got.se == pytest.approx(1 / math.sqrt(information), rel=1e-9)
    assert got.tests["likelihood-ratio"].value == pytest.approx(0, abs=1e-8)


def test_trials_without_events_change_nothing_in_a_ratio():
    with_it = tuple(
        [*column, extra] for column, extra in zip(CATHETERS, (0, 12, 0, 9), strict=True)
    )
    for method in (mantel_haenszel, peto, odds_ratio_glmm):
        got = method(*with_it)
        assert got.estimate == method(*CATHETERS).estimate
        assert [x.row for x in got.left_out] == [5]
        assert "no events in both arms" in got.left_out[0].reason
    difference = mantel_haenszel(*with_it, measure="RD")
    assert difference.left_out == ()
    assert abs(difference.estimate) < abs(mantel_haenszel(*CATHETERS, measure="RD").estimate)


def test_where_every_patient_has_the_event_the_ratio_of_risks_takes_part():
    data = ([9, 5], [9, 20], [11, 10], [11, 22])
    assert mantel_haenszel(*data, measure="RR").k == 2
    assert mantel_haenszel(*data, measure="OR").k == 1


def test_the_treatment_arm_correction():
    """Sweeting 2004: the corrections sum to 1, and a trial without events has odds ratio 1."""
    data = ([0, 0], [30, 30], [0, 4], [90, 90])
    got = count_effects(*data, zero_cells="treatment-arm", double_zero="keep")
    assert got.yi[0] == pytest.approx(0, abs=1e-14)
    assert got.yi[1] == pytest.approx(math.log(0.25 * 86.75 / (30.25 * 4.75)), rel=1e-13)
    plain = count_effects(*data, zero_cells="affected", double_zero="keep")
    assert plain.yi[0] == pytest.approx(math.log(90.5 / 30.5), rel=1e-13)


@given(arm(), arm(), st.sampled_from(["OR", "RR", "RD"]))
@settings(max_examples=100, deadline=None)
def test_the_default_rule_is_that_of_the_pipeline(first, second, measure):
    """Effects of a table and of the pipeline's rows are one number."""
    a, n1 = first
    c, n2 = second
    assume(measure == "RD" or 0 < a + c < n1 + n2)
    got = count_effects([a], [n1], [c], [n2], measure=measure)
    want = effect_from_counts(a, n1, c, n2, measure)
    assert got.yi[0] == pytest.approx(want.yi, rel=1e-12, abs=1e-14)
    assert math.sqrt(got.vi[0]) == pytest.approx(want.sei, rel=1e-12)
    assert bool(got.corrected[0]) == want.corrected


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: peto([1.5], [3], [1], [3]), r"events_experimental\[0\]=1.5; allowed: whole"),
        (lambda: peto([4], [3], [1], [3]), r"events_experimental\[0\]=4; allowed: at most n_exp"),
        (lambda: peto([1], [3], [1], [0]), r"n_control\[0\]=0.0; allowed: whole numbers from 1"),
        (lambda: peto([1, 2], [3], [1], [3]), "length 2 and n_experimental 1"),
        (lambda: peto([0], [3], [0], [3]), "no trial is left of 1: no events in both arms"),
        (lambda: peto([1], [3], [1], [3], level=2), "level=2"),
        (lambda: mantel_haenszel([1], [3], [0], [3]), "infinite.*another zero_cells"),
        (lambda: mantel_haenszel([1], [3], [1], [3], measure="HR"), "measure='HR'.*OR, RR, RD"),
        (lambda: mantel_haenszel([0], [3], [0], [3], measure="RD"), "variance .* is 0"),
        (lambda: count_effects([1], [3], [0], [3], zero_cells="x"), "zero_cells='x'.*affected"),
        (lambda: count_effects([1], [3], [0], [3], zero_cells="none"), "no trial is left of 1"),
        (lambda: count_effects([1], [3], [0], [3], add=0.0), "add=0.0"),
        (lambda: odds_ratio_glmm([0, 0], [9, 9], [2, 3], [9, 9]), "odds ratio goes to 0"),
        (lambda: odds_ratio_glmm([3], [9], [2], [9], model="x"), "model='x'.*conditional"),
        (lambda: odds_ratio_glmm([3], [9], [2], [9], quadrature_points=0), "quadrature_points=0"),
        (lambda: odds_ratio_glmm([3], [9], [2], [9], pi="x"), "pi='x'"),
        (lambda: proportion_glmm([0, 0], [4, 5]), "no patient of any trial"),
        (lambda: proportion_glmm([4, 5], [4, 5]), "every patient of any trial"),
        (lambda: proportion_effects([0], [4], zero_cells="none"), "the logit is infinite"),
        (lambda: proportion_effects([0], [4], measure="OR"), "measure='OR'.*PLO, PFT"),
        (lambda: proportion_effects([0], [4], zero_cells="treatment-arm"), "not known; allowed"),
        (lambda: exact_interval(5, 4), r"events\[0\]=5"),
    ],
)
def test_errors_name_argument_value_and_what_is_allowed(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_the_keys_of_the_contract_are_there():
    record = odds_ratio_glmm(*CATHETERS).to_dict()
    effect = random_effects([0.1, 0.2], [0.1, 0.2]).to_dict()
    assert [key for key in record if key in effect][:28] == list(effect)[:27]
    assert record["weights"] is None
    assert record["i2"] is None
    assert record["tau2_method"] == "ML"
    assert set(record) - set(effect) == {
        *("method", "model", "tests", "zero_cells", "log_likelihood", "quadrature_points"),
    }


def test_exact_interval_inverts_the_binomial():
    lower, upper = exact_interval(7, 20)
    assert stats.binom.sf(6, 20, lower) == pytest.approx(0.025)
    assert stats.binom.cdf(7, 20, upper) == pytest.approx(0.025)
    assert exact_interval(0, 10) == (0.0, pytest.approx(1 - 0.025**0.1))
    assert exact_interval(10, 10) == (pytest.approx(0.025**0.1), 1.0)


def test_one_proportion_is_itself():
    got = proportion_glmm([7], [20])
    assert got.estimate == pytest.approx(math.log(7 / 13), abs=1e-10)
    assert got.se == pytest.approx(math.sqrt(1 / 7 + 1 / 13), rel=1e-9)
    assert got.tau2 == 0


def test_the_double_arcsine_turned_back_never_depends_on_the_smallest_trial():
    """Rare events in two large trials: a harmonic mean of sizes turns the pool into 0.

    Schwarzer et al. 2019 found this in published data; here sizes and
    proportions are made up so that it happens.
    """
    events, n = [30, 12, 0, 0, 0], [200_000, 80_000, 40, 20, 12]
    effects = proportion_effects(events, n, measure="PFT")
    pooled = random_effects(effects.yi, effects.vi, tau2="CE", ci="wald")
    back = math.sin(pooled.estimate) ** 2
    assert back == pytest.approx(42 / 280_072, rel=0.1)
    harmonic = 5 / sum(1 / x for x in n)
    lowest = 0.5 * math.asin(math.sqrt(1 / (harmonic + 1)))
    # Below this value Miller's inverse has no solution but 0.
    assert pooled.estimate < lowest


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=200, deadline=None)
def test_what_the_safe_inverse_gives_away_is_bounded(drawn):
    x, n = drawn
    effect = proportion_effects([x], [n], measure="PFT").yi[0]
    assert abs(math.sin(effect) ** 2 - x / n) <= largest_shift(n) + 1e-12


def test_proportions_turn_with_their_complement():
    x, n = [3, 8, 9, 1], [10, 20, 33, 14]
    rest = [b - a for a, b in zip(x, n, strict=True)]
    assert proportion_glmm(rest, n).estimate == pytest.approx(-proportion_glmm(x, n).estimate)
    up, down = (proportion_effects(v, n, measure="PFT").yi for v in (x, rest))
    assert up + down == pytest.approx(np.full(4, math.pi / 2))


def test_contradicting_trials_are_said_to_be_beyond_the_model():
    got = odds_ratio_glmm([0, 50], [50, 50], [50, 0], [50, 50])
    assert not got.diagnostics.converged
    assert "contradict" in got.diagnostics.notes[0]


def test_the_package_stands_on_numpy_and_scipy_special_alone():
    code = (
        "import sys, trialpool.pooling.counts as c; c.odds_ratio_glmm([1,2],[9,9],[2,3],[9,9]); "
        "print([m for m in ('scipy.stats','scipy.optimize','scipy.integrate','pandas') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


# RevMan 5's own output ("M-H, Random"): a review's headache on day 3, and rheumatic fever with
# trials without events in one or both arms: estimate, limits, τ², Q.
REVMAN_RANDOM = (
    (
        ([61, 54, 7], [277, 157, 118], [80, 30, 37], [198, 50, 111]),
        (0.4387726872933742, 0.2726347745572424, 0.7061515590859719),
        (0.1266475539714208, 8.706450340067734),
    ),
    (
        (
            [0, 0, 2, 5, 0, 2, 2, 26],
            [369, 257, 798, 978, 605, 277, 157, 650],
            [0, 2, 17, 35, 2, 5, 1, 12],
            [386, 109, 804, 996, 608, 198, 50, 220],
        ),
        (0.26852367541999833, 0.12006602298627175, 0.6005442877816402),
        (0.5084481786426333, 12.195290766294914),
    ),
)


@pytest.mark.parametrize(("counts", "total", "spread"), REVMAN_RANDOM)
def test_random_effects_about_mantel_haenszel_are_revmans(counts, total, spread):
    found = mantel_haenszel_random(*counts, measure="RR", zero_cells="affected")
    shown = [math.exp(x) for x in (found.estimate, found.ci_lower, found.ci_upper)]
    assert shown == pytest.approx(total, rel=1e-13)
    assert (found.tau2, found.q) == pytest.approx(spread, rel=1e-13)
    assert sum(found.weights) == pytest.approx(1, abs=1e-14)
    assert len(found.rows) + len(found.left_out) == len(counts[0])


@given(trials(), st.sampled_from(("OR", "RR", "RD")))
def test_without_excess_the_random_effects_are_inverse_variance(drawn, measure):
    counts = columns(drawn)
    try:
        found = mantel_haenszel_random(*counts, measure=measure, zero_cells="affected")
    except ValueError:
        assume(False)
    assert found.tau2 >= 0
    if found.tau2 == 0:
        effects = count_effects(*counts, measure=measure)
        common = random_effects(effects.yi, effects.vi, tau2="CE", ci="wald")
        assert found.estimate == pytest.approx(common.estimate, abs=1e-9)
        assert found.se == pytest.approx(common.se, rel=1e-9)

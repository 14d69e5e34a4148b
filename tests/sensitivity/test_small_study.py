"""Small-study effects: published numbers, closed forms, properties and refused input."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trialpool.pooling import random_effects
from trialpool.sensitivity import (
    egger,
    gosh,
    harbord,
    multiverse,
    pet_peese,
    peters,
    rank_test,
    regression_test,
    selection_model,
    summarise_gosh,
    trim_and_fill,
)
from trialpool.sensitivity.step_likelihood import Data, Point, _derivatives, _value, hessian_at

SETS = json.loads(
    (Path(__file__).parents[1] / "reference" / "metafor_bias.json").read_text("utf-8")
)["sets"]
HACKSHAW = SETS["hackshaw1998"]

effects = st.lists(
    st.tuples(
        st.floats(-2, 2).map(lambda x: round(x, 3)),
        st.floats(0.05, 1.0).map(lambda x: round(x, 3)),
    ),
    min_size=4,
    max_size=12,
)


def columns(pairs):
    return np.array([y for y, _ in pairs]), np.array([s**2 for _, s in pairs])


# ---- published ------------------------------------------------------------------------------


def test_hackshaw_as_published():
    # Takagi et al. 2006, Lung Cancer 51:245, on the 37 studies of Hackshaw 1997 (passive
    # smoking and lung cancer), whose pooled OR is 1.24 (1.13 to 1.36): seven trials filled
    # in, then 1.19 (1.08 to 1.31).
    pooled = random_effects(HACKSHAW["yi"], HACKSHAW["vi"], tau2="DL", ci="wald")
    assert [round(math.exp(x), 2) for x in (pooled.estimate, pooled.ci_lower, pooled.ci_upper)] == [
        1.24,
        1.13,
        1.36,
    ]
    found = trim_and_fill(HACKSHAW["yi"], HACKSHAW["vi"], tau2="DL", ci="wald")
    assert (found.side, found.k0) == ("left", 7)
    shown = (found.pooled.estimate, found.pooled.ci_lower, found.pooled.ci_upper)
    assert [round(math.exp(x), 2) for x in shown] == [1.19, 1.08, 1.31]


def test_magnesium_as_published():
    # Sixteen trials of intravenous magnesium in myocardial infarction: Egger et al. 1997
    # (BMJ 315:629) and Sterne and Egger 2001 name the asymmetry strong, p < 0.001.
    data = SETS["egger2001"]
    found = egger(data["yi"], data["vi"])
    assert found.slope < 0
    assert found.p_value < 0.001
    assert trim_and_fill(data["yi"], data["vi"], tau2="CE", estimator="R0").side == "right"


# ---- regression tests -----------------------------------------------------------------------


def test_egger_is_their_regression():
    """Their own form: the standardised effect y/s on the precision 1/s, tested at its intercept."""
    y, s = np.array(HACKSHAW["yi"]), np.sqrt(HACKSHAW["vi"])
    theirs = stats.linregress(1 / s, y / s)
    mine = egger(HACKSHAW["yi"], HACKSHAW["vi"])
    assert mine.slope == pytest.approx(theirs.intercept, rel=1e-10)
    assert mine.slope_se == pytest.approx(theirs.intercept_stderr, rel=1e-10)
    assert mine.limit == pytest.approx(theirs.slope, rel=1e-10)
    assert mine.df == len(y) - 2


@given(effects, st.floats(-3, 3), st.sampled_from(["REML", "DL", "ML", "PM", "CE"]))
@settings(max_examples=60, deadline=None)
def test_shift_and_mirror(pairs, shift, tau2):
    y, v = columns(pairs)
    here = regression_test(y, v, tau2=tau2)
    if here.note:
        return
    moved = regression_test(y + shift, v, tau2=tau2)
    mirrored = regression_test(-y, v, tau2=tau2)
    assert moved.limit == pytest.approx(here.limit + shift, abs=1e-5 * (1 + abs(here.limit)))
    assert mirrored.limit == pytest.approx(-here.limit, abs=1e-5 * (1 + abs(here.limit)))
    assert mirrored.p_value == pytest.approx(here.p_value, abs=1e-4)


@pytest.mark.parametrize("tau2", ["REML", "ML", "PM", "DL"])
def test_estimating_equation_of_the_line(tau2):
    """tau² of the line, put into its estimating equation written with matrices."""
    data = SETS["molloy2014"]
    y, v = np.array(data["yi"]), np.array(data["vi"])
    t = regression_test(y, v, tau2=tau2).tau2
    assert t > 0
    x = np.column_stack([np.ones_like(y), np.sqrt(v)])

    def projection(at):
        w = np.diag(1 / (v + at))
        return w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w

    p = projection(t)
    df = len(y) - 2
    gap = {
        "REML": y @ p @ p @ y - np.trace(p),
        "ML": y @ p @ p @ y - np.sum(1 / (v + t)),
        "PM": y @ p @ y - df,
        "DL": t - (y @ projection(0) @ y - df) / np.trace(projection(0)),
    }[tau2]
    assert gap == pytest.approx(0.0, abs=1e-7)


def test_no_line_is_said():
    same = egger([0.1, 0.2, 0.3], [0.04, 0.04, 0.04])
    assert same.p_value is None
    assert "same in all trials" in same.note
    assert "three trials" in egger([0.1, 0.2], [0.1, 0.2]).note
    assert "exactly" in egger([0.2, 0.4, 0.6], [0.01, 0.04, 0.09]).note
    none = harbord([0, 0, 0, 1], [10, 10, 10, 10], [0, 0, 0, 2], [9, 9, 9, 9])
    assert (none.k, none.p_value) == (1, None)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: regression_test([0, 1, 2], [1, 1, 2], predictor="n"), "predictor='n'"),
        (lambda: regression_test([0, 1, 2], [1, 1, 2], predictor="ni"), "needs ni"),
        (lambda: regression_test([0, 1, 2], [1, 1, 2], model="lm"), "model='lm'"),
        (lambda: regression_test([0, 1, 2], [1, 1, 2], tau2="SJ"), "tau2='SJ'"),
        (lambda: regression_test([0, 1], [1, 2], predictor="ni", ni=[3, 0]), r"ni\[1\]"),
        (lambda: harbord([5], [4], [1], [4]), r"ai\[0\]=5 exceeds"),
        (lambda: peters([1.5], [4], [1], [4]), r"ai\[0\]=1.5"),
        (lambda: trim_and_fill([0, 1, 2], [1, 1, 2], estimator="Q0"), "estimator='Q0'"),
        (lambda: trim_and_fill([0, 1, 2], [1, 1, 2], side="up"), "side='up'"),
        (lambda: selection_model([0, 1, 2], [1, 1, 2], steps=[0.5, 0.1]), "steps"),
        (lambda: selection_model([0, 1, 2], [1, 1, 2], steps=[]), "steps"),
        (lambda: selection_model([0, 1, 2], [1, 1, 2], alternative="two"), "alternative='two'"),
        (lambda: pet_peese([0, 1, 2], [1, 1, 2], alpha=0.0), "alpha=0.0"),
        (lambda: gosh([0, 1, 2], [1, 1, 2], smallest=4), "smallest=4"),
        (lambda: gosh([0, 1, 2], [1, 1, 2], max_subsets=0), "max_subsets=0"),
        (lambda: rank_test([0.0, np.nan], [1, 1]), r"yi\[1\]"),
    ],
)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# ---- rank test ------------------------------------------------------------------------------


@given(effects)
@settings(max_examples=80, deadline=None)
def test_rank_test_is_kendall(pairs):
    y, v = columns(pairs)
    found = rank_test(y, v)
    w = 1 / v
    standardised = (y - (w * y).sum() / w.sum()) / np.sqrt(v - 1 / w.sum())
    if found.note:
        assert len(set(v.tolist())) == 1 or np.ptp(standardised) < 1e-9
        return
    expected = stats.kendalltau(standardised, v, method="exact" if found.exact else "asymptotic")
    assert found.tau == pytest.approx(expected.statistic, abs=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)


def test_exact_p_by_counting():
    """Five trials: all 120 orders counted."""
    y = np.array([0.9, 0.1, 0.5, 0.7, -0.2])
    v = np.array([0.5, 0.2, 0.3, 0.1, 0.4])
    found = rank_test(y, v)

    def score(order):
        return sum(np.sign(b - a) for a, b in itertools.combinations(order, 2))

    scores = [score(order) for order in itertools.permutations(range(5))]
    mine = round(found.tau * 10)
    both = 2 * min(sum(s <= mine for s in scores) / 120, sum(s >= mine for s in scores) / 120)
    assert found.p_value == pytest.approx(min(1.0, both), abs=1e-12)


# ---- trim and fill --------------------------------------------------------------------------


@given(effects, st.sampled_from(["L0", "R0"]), st.sampled_from(["CE", "DL", "REML", "SJ"]))
@settings(max_examples=60, deadline=None)
def test_mirrored_trials_give_mirrored_results(pairs, estimator, tau2):
    y, v = columns(pairs)
    left = trim_and_fill(y, v, estimator=estimator, side="left", tau2=tau2)
    right = trim_and_fill(-y, v, estimator=estimator, side="right", tau2=tau2)
    assert left.k0 == right.k0
    assert left.converged == right.converged
    if not left.converged:
        return
    assert left.filled_yi == pytest.approx([-x for x in right.filled_yi], abs=1e-9)
    assert left.pooled.k == left.k + left.k0
    assert len(left.trimmed) == left.k0
    if left.k0 == 0:
        assert left.pooled.estimate == random_effects(y, v, tau2=tau2).estimate
    else:
        # What is filled in on the left draws the mean down.
        assert max(left.filled_yi) <= y.max()


def test_a_symmetric_funnel_is_whole():
    y = np.array([-0.4, -0.2, -0.1, 0.0, 0.1, 0.2, 0.4])
    v = np.array([0.2, 0.1, 0.05, 0.01, 0.05, 0.1, 0.2])
    for estimator in ("L0", "R0"):
        assert trim_and_fill(y, v, estimator=estimator).k0 == 0


def test_trimmed_trials_are_found_again():
    """A funnel whose three lowest trials are taken away gets three back, where they stood."""
    gaps = np.array([0.11, 0.23, 0.29, 0.41, 0.53, 0.67, 0.83, 0.97])
    y = np.concatenate([0.005 - gaps, [0.0], gaps])
    v = np.where(y == 0.0, 1e-8, 0.04)
    keep = y > -0.6
    found = trim_and_fill(y[keep], v[keep], side="left", estimator="L0", tau2="CE")
    # Ranks of the positive ones 3, 5, 7, 9, 11, 12, 13, 14: (4·74 - 14·15)/27 = 3.19.
    assert found.k0 == 3
    assert sorted(found.filled_yi) == pytest.approx([-0.97, -0.83, -0.67], abs=1e-5)
    # R0: a run of the four extreme ranks, less one.
    assert trim_and_fill(y[keep], v[keep], side="left", estimator="R0", tau2="CE").k0 == 3


# ---- selection model ------------------------------------------------------------------------


def test_derivatives_of_the_likelihood():
    rng = np.random.default_rng(3)
    y, v = rng.normal(0.2, 0.4, 9), rng.uniform(0.02, 0.3, 9)
    bounds = np.column_stack([1.96 * np.sqrt(v), 0.3 * np.sqrt(v)])
    data = Data(y, v, bounds, np.array([3.0, 2.0, 4.0]))
    x = np.array([0.15, 0.07, -0.4, -0.9])
    gradient, hessian = (part[0] for part in _derivatives(data, x[None, :]))
    h = 1e-5
    steps = np.eye(4) * h
    numeric = (_value(data, x + steps) - _value(data, x - steps)) / (2 * h)
    assert gradient == pytest.approx(numeric, rel=1e-6)
    rows = [
        (_derivatives(data, (x + s)[None])[0][0] - _derivatives(data, (x - s)[None])[0][0])
        / (2 * h)
        for s in steps
    ]
    assert hessian == pytest.approx(np.array(rows), rel=1e-6, abs=1e-6)
    point = Point(x[0], x[1], x[2:], 0.0)
    assert np.array_equal(hessian_at(data, point), hessian)


def test_density_integrates_to_one():
    """The likelihood of one trial is a density over its effect."""
    v = np.array([0.09])
    x = np.array([[0.2, 0.05, math.log(0.3)]])
    grid = np.linspace(-4, 4, 40001)
    bound = np.array([[1.96 * 0.3]])
    inside = grid > bound[0, 0]
    density = [
        math.exp(_value(Data(np.array([y]), v, bound, np.array([hit, 1 - hit])), x)[0])
        for y, hit in zip(grid[::40], inside[::40].astype(float), strict=True)
    ]
    assert np.trapezoid(density, grid[::40]) == pytest.approx(1.0, abs=2e-3)


@given(effects)
@settings(max_examples=25, deadline=None)
def test_selection_never_fits_worse_and_mirrors(pairs):
    y, v = columns(pairs)
    found = selection_model(y, v, steps=[0.025], alternative="greater")
    mirrored = selection_model(-y, v, steps=[0.025], alternative="less")
    assert found.counts == mirrored.counts
    assert (found.note == "") == (mirrored.note == "")
    if found.note:
        assert found.estimate is None
        return
    assert found.lrt >= 0
    assert mirrored.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-7)
    assert found.ci_lower < found.estimate < found.ci_upper
    assert all(w > 0 for w in found.weights)


def test_selection_is_undone():
    """Trials that were seen by a known rule: the model finds mean and weight again."""
    rng = np.random.default_rng(11)
    s = rng.uniform(0.05, 0.5, 60_000)
    y = rng.normal(0.1, np.sqrt(s**2 + 0.01))
    seen = (y / s > 1.959963984540054) | (rng.random(s.size) < 0.2)
    y, v = y[seen][:4000], s[seen][:4000] ** 2
    found = selection_model(y, v, alternative="greater")
    assert random_effects(y, v).estimate > 0.15
    assert found.estimate == pytest.approx(0.1, abs=3 * found.se)
    assert found.tau2 == pytest.approx(0.01, abs=3 * found.tau2_se)
    assert found.weights[1] == pytest.approx(0.2, abs=3 * found.weights_se[1])
    assert found.lrt_p_value < 1e-20


# ---- PET-PEESE ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETS)
def test_pet_peese_is_two_weighted_lines(name):
    y, v = np.array(SETS[name]["yi"]), np.array(SETS[name]["vi"])
    found = pet_peese(y, v)
    for line, x in ((found.pet, np.sqrt(v)), (found.peese, v)):
        design = np.column_stack([np.ones_like(y), x]) / np.sqrt(v)[:, None]
        beta, residual, *_ = np.linalg.lstsq(design, y / np.sqrt(v), rcond=None)
        covariance = residual[0] / (len(y) - 2) * np.linalg.inv(design.T @ design)
        assert line.limit == pytest.approx(beta[0], rel=1e-7, abs=1e-9)
        half = stats.t.ppf(0.975, len(y) - 2) * math.sqrt(covariance[0, 0])
        assert line.limit_upper - line.limit == pytest.approx(half, rel=1e-8)
    same_side = found.pet.limit * np.average(y, weights=1 / v) > 0
    significant = found.pet_p_value < 0.1 and same_side
    assert found.chosen == ("PEESE" if significant else "PET")
    assert found.estimate == (found.peese if significant else found.pet).limit


# ---- GOSH and multiverse --------------------------------------------------------------------


@given(effects, st.sampled_from(["REML", "DL"]))
@settings(max_examples=10, deadline=None)
def test_gosh_equals_separate_fits(pairs, tau2):
    y, v = columns(pairs[:6])
    found = gosh(y, v, tau2=tau2, ci="hk")
    assert len(found) == 2**y.size - 1
    for own, estimate, lower, t in zip(
        found.member, found.estimate, found.ci_lower, found.tau2, strict=True
    ):
        alone = random_effects(y[own], v[own], tau2=tau2, ci="hk")
        assert (alone.estimate, alone.tau2) == (estimate, t)
        assert alone.ci_lower == lower


def test_random_subsets_are_seeded_and_differ():
    y, v = HACKSHAW["yi"], HACKSHAW["vi"]
    one, two, other = (gosh(y, v, tau2="DL", max_subsets=500, seed=s) for s in (1, 1, 2))
    assert not one.complete
    assert len(one) == 500
    assert len({row.tobytes() for row in one.member}) == 500
    assert np.array_equal(one.estimate, two.estimate)
    assert not np.array_equal(one.member, other.member)
    # Every subset has the same chance, so a trial is in half of them.
    assert abs(one.member.mean() - 0.5) < 0.02


def test_gosh_limit_counts_subsets():
    y, v = HACKSHAW["yi"][:15], HACKSHAW["vi"][:15]
    found = gosh(y, v, tau2="DL")
    assert found.complete
    assert len(found) == 2**15 - 1
    sizes = gosh(y[:5], v[:5], tau2="DL", smallest=2)
    assert sizes.k.min() == 2
    assert len(sizes) == 2**5 - 6


def test_the_trial_that_splits_is_found():
    y = np.array([0.1, 0.12, 0.09, 3.0, 0.11])
    v = np.array([0.02, 0.03, 0.02, 0.02, 0.03])
    summary = summarise_gosh(gosh(y, v, tau2="CE", ci="wald", smallest=2))
    assert summary.splits == 3
    assert summary.explained > 0.7
    assert summary.median_with > summary.median_without
    assert summary.lower + summary.higher + summary.neither == pytest.approx(1.0)
    assert summary.minimum <= summary.quantiles[0] <= summary.quantiles[2] <= summary.maximum
    flat = summarise_gosh(gosh([0.5, 0.5, 0.5], [0.1, 0.1, 0.1], ci="wald"))
    assert flat.splits is None


def test_multiverse_equals_separate_fits():
    y, v = HACKSHAW["yi"][:6], HACKSHAW["vi"][:6]
    sets = [list(range(6)), [0, 1, 2], [4]]
    found = multiverse([[y[i] for i in s] for s in sets], [[v[i] for i in s] for s in sets])
    assert found.k.tolist() == [6, 3, 1]
    assert len(set(found.models)) == len(found.models)
    for i, own in enumerate(sets):
        for j, (tau2, ci) in enumerate(found.models):
            alone = random_effects([y[n] for n in own], [v[n] for n in own], tau2=tau2, ci=ci)
            assert alone.estimate == found.estimate[i, j]
            lower = found.ci_lower[i, j]
            assert (alone.ci_lower is None and np.isnan(lower)) or alone.ci_lower == lower

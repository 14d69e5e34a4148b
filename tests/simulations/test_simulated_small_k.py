"""A small run of the simulation of few trials against what is known about words and intervals."""

import csv
import math
import sys
from pathlib import Path

import numpy as np
import pytest

import trialpool as tp
from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.verdict import verdict_word

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "simulations"))

from few_trials import batches, page, priors, words  # noqa: E402
from few_trials.shipped import ShippedGroup, shipped  # noqa: E402

HR, OR = words.SETTINGS
PRIORS = ("bartos2023-hr", "turner2015-composite-pharm", "half-normal:0.5")


@pytest.fixture(scope="module")
def data():
    return shipped()


def run(setting, errors, k, tau, n=2000, seed=11):
    found = words.simulate(setting, np.array(errors), n, [k], [tau], seed)
    return {cell.ratio: cell for cell in found}


@pytest.mark.parametrize("prior", PRIORS)
def test_batched_posterior_is_the_one_of_the_package(prior):
    rng = np.random.default_rng(3)
    chosen = check_prior(prior).prior
    for k in (2, 3, 10):
        y, v = words.draw(rng, 3, k, 0.4, np.array([0.05, 0.1, 0.3, 0.6]), chosen)
        ((_, found),) = batches.posteriors(y, v, chosen)
        below, lower = found.below(-0.1), found.quantile(0.025)
        for i in range(3):
            one = tp.bayesian_random_effects(y[i], v[i], prior=prior, at=[-0.1])
            assert below[i] == pytest.approx(one.below_at[0], abs=1e-6)
            assert lower[i] == pytest.approx(one.ci_lower, abs=1e-5)


def test_tau_is_drawn_from_its_prior():
    """Quantiles of inverse gamma (2.42, 0.30), of log-normal and of half-normal by scipy."""
    from scipy import stats

    rng = np.random.default_rng(5)
    for prior, known in (
        ("bartos2023-hr", stats.invgamma(2.42, scale=0.30)),
        ("turner2015-composite-pharm", stats.lognorm(0.895, scale=math.exp(-1.975))),
        ("half-normal:0.5", stats.halfnorm(scale=0.5)),
        ("uniform:2", stats.uniform(0, 2)),
    ):
        drawn = batches.draw_tau(check_prior(prior).prior, rng, 40_000)
        for p in (0.05, 0.5, 0.95):
            assert np.mean(drawn < known.ppf(p)) == pytest.approx(p, abs=0.006), prior


@pytest.mark.parametrize("setting", [HR, OR])
def test_words_are_those_of_single_fits(setting):
    """Moved to the true ratio and fitted one by one, a set has the word of the batch."""
    rng = np.random.default_rng(8)
    prior = check_prior(setting.prior).prior
    y, v = words.draw(rng, 8, 3, 0.1, np.array([0.03, 0.1, 0.2]), prior)
    answers = words.ask(y, v, prior, words.thresholds(setting))
    for ratio in setting.ratios:
        theta = math.log(ratio)
        band = [math.log(limit) for limit in setting.null_band or (1.0, 1.0)]
        expected = []
        for i in range(8):
            fit = tp.bayesian_random_effects(y[i] + theta, v[i], prior=setting.prior, at=band)
            side = fit.probability_below if setting.lower_is_better else fit.probability_above
            expected.append(verdict_word(side, fit.below_at[1] - fit.below_at[0]))
        assert words.words_of(setting, answers, theta).tolist() == expected


def test_without_spread_and_with_one_precision_all_is_known():
    """Equal errors and τ = 0: the common effect is exact, and so is plain Hartung-Knapp."""
    cell = run(HR, [0.15], 3, 0.0, 2500)[1.0]
    for model in ("common-effect", "hk"):
        assert cell.covered[model] == pytest.approx(0.95, abs=0.018)
    assert cell.covered["hk-adhoc"] >= cell.covered["hk"]
    assert cell.width["hk-adhoc"] >= cell.width["hk"]
    assert sum(cell.words.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("k", [2, 4])
def test_credible_intervals_are_calibrated_where_the_prior_is_true(k):
    for setting in (HR, OR):
        cell = run(setting, [0.1, 0.15, 0.3], k, math.nan, 1000)[1.0]
        assert cell.covered["bayes"] == pytest.approx(0.95, abs=4 * math.sqrt(0.0475 / 1000))
        # A 95 % interval and a conclusion of either side are the same statement at the truth.
        concluded = cell.words["benefit"] + cell.words["harm"]
        assert concluded == pytest.approx(1.0 - cell.covered["bayes"], abs=1e-9)


def test_the_old_rule_cannot_conclude_from_two_trials():
    """Hartung-Knapp with floor and one degree of freedom needs |z| > 12.7."""
    cell = run(HR, [0.15], 2, 0.0, 500)[0.65]
    assert cell.before["benefit"] == 0.0
    assert cell.words["benefit"] > 0.4


def test_equal_chances_on_both_sides_of_no_difference():
    cell = run(HR, [0.1, 0.2], 3, 0.2, 1500)[1.0].words
    for good, bad in (("benefit", "harm"), ("leans-to-benefit", "leans-to-harm")):
        assert cell[good] == pytest.approx(cell[bad], abs=5 * math.sqrt(0.1 / 1500))


@pytest.mark.parametrize("setting", [HR, OR])
def test_one_more_identical_trial_weakens_no_word(setting):
    falls, steps = words.weakened(setting, np.array([0.05, 0.1, 0.2, 0.4]))
    assert (falls, steps) == (0, 41 * 5 * 9)


def test_weakening_is_seen(monkeypatch):
    """With ever fewer patients in each of the trials the word does weaken."""
    monkeypatch.setattr(words, "posteriors", lambda y, v, prior: batches.posteriors(
        y, v * y.shape[1] ** 3, prior))  # fmt: skip
    assert words.weakened(HR, np.array([0.1]))[0] > 10


def group(yi, vi):
    return ShippedGroup("HR", "q", "g", frozenset(), np.array(yi), np.array(vi))


def test_the_fitted_scale_is_where_the_likelihood_is_highest():
    """Of one pair of trials with equal errors: the difference is normal given tau."""
    scale, lower, upper = priors.fitted_scale(
        lambda x: -0.5 * ((math.log(x) - math.log(0.2)) / 0.3) ** 2
    )
    assert scale == pytest.approx(0.2, rel=1e-3)
    assert lower == pytest.approx(0.2 * math.exp(-1.959964 * 0.3), rel=1e-3)
    assert upper == pytest.approx(0.2 * math.exp(1.959964 * 0.3), rel=1e-3)
    alike = [group([0.1, 0.1], [0.01, 0.01])]
    _, lower, upper = priors.fitted_scale(lambda x: priors.total(alike, f"half-normal:{x!r}"))
    assert lower == 0.0
    assert 0.1 < upper <= math.inf


def test_what_the_review_holds(data):
    assert all(errors.size > 20 for errors in data.errors.values())
    assert np.median(data.errors["HR"]) < np.median(data.errors["OR"])
    # cerebel's interval of overall survival is too narrow for its patients: not used.
    used = {row for one in data.groups for rows in one.rows for row in rows}
    assert used
    assert "cerebel.os.t01" not in used
    for one in data.groups:
        others = [two.rows for two in data.groups if two is not one and two.measure == one.measure]
        assert not any(one.rows <= rows for rows in others)


def test_shipped_numbers_are_those_of_the_page_and_of_a_small_run(data):
    file = ROOT / "docs/explanation/small-k.csv"
    rows = list(csv.DictReader(file.open(encoding="utf-8", newline="")))
    assert len(rows) == sum(len(s.ratios) for s in words.SETTINGS) * len(words.SIZES) * len(
        words.TAUS
    )
    text = (ROOT / "docs/explanation/small-k.md").read_text(encoding="utf-8")
    falls = {setting.measure: (0, 41 * 5 * 9) for setting in words.SETTINGS}
    written = {
        "errors": list(page.error_lines(data)),
        "aims": page.table(("aim", "found", "met"), list(page.aims(rows, falls))),
        "words": list(page.word_lines(rows)),
        "coverage": page.coverage_lines(rows),
    }
    assert page.between_markers(text, written) == text
    assert "**no**" not in "".join(written["aims"])
    shipped_row = {(r["measure"], r["k"], r["tau"], r["true_ratio"]): r for r in rows}
    for setting in words.SETTINGS:
        for ratio, cell in run(setting, data.errors[setting.measure], 3, 0.2, 1000, 5).items():
            row = shipped_row[setting.measure, "3", "0.2", f"{ratio:g}"]
            pairs = [(row[word], share) for word, share in cell.words.items()]
            pairs += [(row[f"coverage_{m}"], share) for m, share in cell.covered.items()]
            for printed, share in pairs:
                p = float(printed)
                assert share == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 1000) + 2e-3)


def test_shipped_table_of_priors(data):
    """The printed primary prior and half-normal 0.5 again, and their order."""
    text = (ROOT / "docs/explanation/small-k.md").read_text(encoding="utf-8")
    for setting in words.SETTINGS:
        own = [one for one in data.groups if one.measure == setting.measure]
        effects = sum(one.yi.size for one in own)
        part = text[text.index(f"{setting.measure}: {len(own)} groups, {effects} effects") :]
        primary, wide = (priors.total(own, name) for name in (setting.prior, "half-normal:0.5"))
        assert wide < primary
        for name, value in ((f"**`{setting.prior}`**", primary), ("`half-normal:0.5`", wide)):
            line = next(line for line in part.splitlines() if name in line)
            assert f"{value:.2f}".replace("-", "−") in line


def test_markers_must_be_there():
    with pytest.raises(ValueError, match="no place for aims"):
        page.between_markers("nothing", {"aims": []})


def test_seeded():
    first, again = (run(HR, [0.1, 0.2], 2, 0.2, 300) for _ in range(2))
    assert first == again

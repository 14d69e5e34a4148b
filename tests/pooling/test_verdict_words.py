"""The word of a result by the probabilities it rests on."""

import numpy as np
import pytest
from scipy import stats

from trialpool.pooling import bayesian_random_effects, random_effects
from trialpool.pooling.verdict import (
    WORDS,
    Thresholds,
    likelier_beyond,
    margin_word,
    probability_below,
    verdict_size,
    verdict_word,
)


@pytest.mark.parametrize(
    ("p_benefit", "p_inside", "word"),
    [
        (1.0, 0.0, "benefit"),
        (0.975, 0.0, "benefit"),
        (0.9749, 0.0, "leans-to-benefit"),
        (0.90, 0.0, "leans-to-benefit"),
        (0.8999, 0.0, "not-settled"),
        (0.5, 0.9499, "not-settled"),
        (0.5, 0.95, "little-or-no-difference"),
        (0.1001, 0.0, "not-settled"),
        (0.10, 0.0, "leans-to-harm"),
        (0.0251, 0.0, "leans-to-harm"),
        (0.025, 0.0, "harm"),
        (0.0, 0.0, "harm"),
        # A direction that is concluded comes before the band; one that is leant to does not.
        (0.98, 0.99, "benefit"),
        (0.02, 0.99, "harm"),
        (0.93, 0.96, "little-or-no-difference"),
        (0.07, 0.96, "little-or-no-difference"),
    ],
)
def test_words_at_and_beside_their_thresholds(p_benefit, p_inside, word):
    assert verdict_word(p_benefit, p_inside) == word
    assert word in WORDS


def test_without_a_null_band_no_word_speaks_of_it():
    assert verdict_word(0.5) == "not-settled"
    assert verdict_word(0.93) == "leans-to-benefit"


def test_arrays_give_the_words_of_their_elements():
    rng = np.random.default_rng(3)
    p, inside = rng.uniform(size=(2, 500))
    found = verdict_word(p, inside)
    assert found.tolist() == [verdict_word(*pair) for pair in zip(p, inside, strict=True)]
    # A mirrored posterior has the mirrored word.
    mirrored = {
        "benefit": "harm",
        "harm": "benefit",
        "leans-to-benefit": "leans-to-harm",
        "leans-to-harm": "leans-to-benefit",
    }
    assert verdict_word(1 - p, inside).tolist() == [mirrored.get(w, w) for w in found.tolist()]
    sizes = verdict_size(p).tolist()
    assert sizes == [verdict_size(float(value)) or "" for value in p]


@pytest.mark.parametrize(
    ("p_important", "size"),
    [
        (1.0, "important"),
        (0.9, "important"),
        (0.8999, None),
        (0.1001, None),
        (0.1, "smaller-than-important"),
        (0.0, "smaller-than-important"),
        (None, None),
    ],
)
def test_sizes_at_and_beside_their_thresholds(p_important, size):
    assert verdict_size(p_important) == size


def test_other_thresholds():
    strict = Thresholds(concluded=0.995, leaning=0.975, little=0.99, size=0.95)
    assert verdict_word(0.99, 0.0, strict) == "leans-to-benefit"
    assert verdict_word(0.5, 0.96, strict) == "not-settled"
    assert verdict_size(0.93, strict) is None


def test_importance_is_asked_on_the_likelier_side():
    assert likelier_beyond(0.7, 0.3, 0.1) == 0.3
    assert likelier_beyond(0.2, 0.01, 0.6) == 0.6
    assert likelier_beyond(0.2, None, None) is None


def test_words_of_margins():
    assert margin_word(0.975, 0.975) == "within-margin"
    assert margin_word(0.96, 0.975) == "margin-not-shown"
    assert margin_word(0.96, 0.95) == "within-margin"
    assert margin_word(0.04, 0.95) == "beyond-margin"
    assert margin_word(0.04, 0.975) == "margin-not-shown"


def test_probability_from_an_interval_agrees_with_that_interval():
    """P(mean < 0) is 0.975 exactly where the interval of 95 % ends at 0."""
    yi, vi = [-0.51, -0.22, -0.35, -0.60], [0.02, 0.05, 0.03, 0.08]
    pooled = random_effects(yi, vi, ci="hk-adhoc")
    limits = [pooled.ci_lower, pooled.estimate, pooled.ci_upper]
    found = probability_below(limits, pooled.estimate, pooled.se, pooled.df)
    assert found == pytest.approx([0.025, 0.5, 0.975], abs=1e-12)
    below = probability_below(0.0, pooled.estimate, pooled.se, pooled.df)
    assert below == pytest.approx(stats.t(3).cdf(-pooled.estimate / pooled.se), abs=1e-13)
    assert 1 - below == pytest.approx(pooled.p_value / 2, abs=1e-12)
    normal = probability_below(1.0, 0.2, 0.5, [np.inf, np.nan])
    assert normal == pytest.approx([stats.norm.cdf(1.6)] * 2)


def test_two_concordant_trials_conclude_where_hartung_knapp_cannot():
    """DESTINY-Breast04 (HR 0.50, 0.40 to 0.63) and -06 (0.62, 0.51 to 0.74), HER2-low PFS."""
    yi = np.log([0.50, 0.62])
    vi = (np.log([0.63 / 0.40, 0.74 / 0.51]) / (2 * stats.norm.ppf(0.975))) ** 2
    at = np.log([0.80, 0.90, 1 / 0.90])
    pooled = bayesian_random_effects(yi, vi, prior="bartos2023-hr", measure="HR", at=at)
    p_important, low, high = pooled.below_at
    assert verdict_word(pooled.probability_below, high - low) == "benefit"
    assert verdict_size(p_important) == "important"
    hk = random_effects(yi, vi, ci="hk-adhoc")
    assert hk.ci_upper > 0.0
    assert pooled.probability_below == pytest.approx(0.996, abs=5e-4)
    assert pooled.probability_below > probability_below(0.0, hk.estimate, hk.se, hk.df)

"""How often the word of a verdict is what, and what its intervals cover, by number of trials."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from few_trials.batches import draw_tau, posteriors
from few_trials.shipped import review
from trialpool.pooling import random_effects_many
from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.bayes.priors import TauPrior
from trialpool.pooling.options import Floats
from trialpool.pooling.verdict import WORDS, Words, verdict_word

SIZES = (2, 3, 4, 6, 10)
# Standard deviations of true log ratios; NaN draws one for each set from the prior.
TAUS = (0.0, 0.1, 0.2, 0.4, math.nan)
LEVEL = 0.95
REPLICATES = 10_000
# Sets whose Bayesian interval is inverted for its width; its coverage is known without.
WIDTHS = 2_000
SEED = 20200406
MODELS = ("bayes", "hk-adhoc", "hk", "common-effect")
# What the first version of the report did: this prior, and every model had to agree below five
# trials; from five on Hartung-Knapp with floor alone decided.
BEFORE_PRIOR = "half-normal:0.5"
BEFORE_FLOOR_FROM = 5


@dataclass(frozen=True)
class Setting:
    """A measure as the review pools it.

    Attributes
    ----------
    measure : str
    prior : str
        Of tau, by its name in the catalogue.
    lower_is_better : bool
    ratios : tuple of float
        True mean ratios that are simulated.
    null_band : (float, float) or None
        Ratios that make little or no difference.
    """

    measure: str
    prior: str
    lower_is_better: bool
    ratios: tuple[float, ...]
    null_band: tuple[float, float] | None


def _setting(measure: str, *ratios: float, lower_is_better: bool) -> Setting:
    """Take prior and null band from the settings of the review."""
    pooling = review().config["pooling"]
    band = pooling["null_band"].get(measure)
    prior = pooling["tau_priors"][measure]
    return Setting(measure, prior, lower_is_better, ratios, band and (band[0], band[1]))


SETTINGS = (
    _setting("HR", 1.0, 0.8, 0.65, lower_is_better=True),
    _setting("OR", 1.0, 1.5, 2.0, lower_is_better=False),
)


@dataclass(frozen=True)
class Cell:
    """Shares of sets in one setting.

    Attributes
    ----------
    words : dict of str to float
        Share of each word.
    before : dict of str to float
        Share of "benefit" and of "harm" when all models had to agree.
    alone, alone_leaning, alone_concluded : int
        Of two trials: sets in which each excludes no difference alone on the same side, and
        those of them whose word at least leans to that side, or concludes it.
    covered, width : dict of str to float
        By model: share of 95 % intervals that hold the truth; median width on the log scale.
    """

    measure: str
    k: int
    tau: float
    ratio: float
    replicates: int
    words: dict[str, float]
    before: dict[str, float]
    alone: int = 0
    alone_leaning: int = 0
    alone_concluded: int = 0
    covered: dict[str, float] = field(default_factory=dict)
    width: dict[str, float] = field(default_factory=dict)


def draw(
    rng: np.random.Generator, n: int, k: int, tau: float, errors: Floats, prior: TauPrior
) -> tuple[Floats, Floats]:
    """Draw n sets of k estimates around 0, and their variances."""
    variances = np.square(rng.choice(errors, (n, k)))
    spread = draw_tau(prior, rng, n)[:, None] if math.isnan(tau) else np.full((n, 1), tau)
    return rng.normal(0.0, np.sqrt(variances + spread**2)), variances


@dataclass(frozen=True)
class Answers:
    """What the models say of sets around 0.

    Attributes
    ----------
    below : dict of float to ndarray of shape (n,)
        Posterior probability of a mean below a value.
    before_below : dict of float to ndarray of shape (n,)
        The same under `BEFORE_PRIOR`.
    limits : dict of str to (ndarray, ndarray)
        By model; those of the Bayesian model for the first `WIDTHS` sets.
    """

    below: dict[float, Floats]
    before_below: dict[float, Floats]
    limits: dict[str, tuple[Floats, Floats]]


def ask(y: Floats, v: Floats, prior: TauPrior, at: Sequence[float]) -> Answers:
    """Fit every model to sets of shape (n, k); at holds values on the log scale."""
    below = {value: np.empty(len(y)) for value in at}
    before = {value: np.empty(len(y)) for value in at}
    limits = {}
    for found, chosen in ((below, prior), (before, check_prior(BEFORE_PRIOR).prior)):
        for part, fits in posteriors(y, v, chosen):
            for value in at:
                found[value][part] = fits.below(value)
    tails = ((1.0 - LEVEL) / 2, (1.0 + LEVEL) / 2)
    some = [
        [fits.quantile(tail) for tail in tails]
        for _, fits in posteriors(y[:WIDTHS], v[:WIDTHS], prior)
    ]
    lower, upper = (np.concatenate(part) for part in zip(*some, strict=True))
    limits["bayes"] = (lower, upper)
    for model in MODELS[1:]:
        options = {"tau2": "CE", "ci": "wald"} if model == "common-effect" else {"ci": model}
        pooled = random_effects_many(y, v, level=LEVEL, **options)
        limits[model] = (pooled.ci_lower, pooled.ci_upper)
    return Answers(below, before, limits)


def words_of(setting: Setting, answers: Answers, theta: float) -> Words:
    """Give the word of each set when its mean is moved from 0 to theta."""
    below = answers.below[-theta]
    inside = None
    if setting.null_band is not None:
        low, high = (math.log(limit) - theta for limit in setting.null_band)
        inside = answers.below[high] - answers.below[low]
    return verdict_word(below if setting.lower_is_better else 1.0 - below, inside)


def before_words(setting: Setting, answers: Answers, theta: float, k: int) -> dict[str, float]:
    """Share of sets in which all models that had to agree exclude no difference on one side."""
    models = ("hk-adhoc",) if k >= BEFORE_FLOOR_FROM else ("hk-adhoc", "common-effect")
    low = np.all([answers.limits[model][1] + theta < 0.0 for model in models], axis=0)
    high = np.all([answers.limits[model][0] + theta > 0.0 for model in models], axis=0)
    if k < BEFORE_FLOOR_FROM:
        tail = (1.0 - LEVEL) / 2
        below = answers.before_below[-theta]
        low, high = low & (below > 1.0 - tail), high & (below < tail)
    good, bad = (low, high) if setting.lower_is_better else (high, low)
    return {"benefit": float(good.mean()), "harm": float(bad.mean())}


def each_alone(
    setting: Setting, y: Floats, v: Floats, words: Words, theta: float
) -> tuple[int, int, int]:
    """Count sets whose trials all exclude no difference alone on one side, and their words."""
    z = (y + theta) / np.sqrt(v) * (-1.0 if setting.lower_is_better else 1.0)
    better, worse = (z > 1.959964).all(axis=1), (z < -1.959964).all(axis=1)
    concluded = (better & (words == "benefit")) | (worse & (words == "harm"))
    leaning = (better & (words == "leans-to-benefit")) | (worse & (words == "leans-to-harm"))
    counts = (better | worse, concluded | leaning, concluded)
    alone, at_least, all_the_way = (int(part.sum()) for part in counts)
    return alone, at_least, all_the_way


def thresholds(setting: Setting) -> list[float]:
    """Values below which the probability is asked, on the log scale and around 0."""
    band = setting.null_band or ()
    values = {0.0}
    for theta in map(math.log, setting.ratios):
        values |= {-theta, *(math.log(limit) - theta for limit in band)}
    return sorted(values)


def simulate(
    setting: Setting,
    errors: Floats,
    replicates: int = REPLICATES,
    sizes: Sequence[int] = SIZES,
    taus: Sequence[float] = TAUS,
    seed: int = SEED,
) -> Iterator[Cell]:
    """Run every setting of a measure; each has a stream of random numbers of its own."""
    prior = check_prior(setting.prior).prior
    streams = np.random.SeedSequence(seed).spawn(len(sizes) * len(taus))
    tail = (1.0 - LEVEL) / 2
    for place, stream in enumerate(streams):
        k, tau = sizes[place // len(taus)], taus[place % len(taus)]
        y, v = draw(np.random.default_rng(stream), replicates, k, tau, errors, prior)
        answers = ask(y, v, prior, thresholds(setting))
        covered = {
            model: float(np.mean((lower <= 0.0) & (upper >= 0.0)))
            for model, (lower, upper) in answers.limits.items()
        }
        # The central interval holds 0 where neither tail beyond 0 is too small: all sets count.
        inner = (answers.below[0.0] >= tail) & (answers.below[0.0] <= 1.0 - tail)
        covered["bayes"] = float(inner.mean())
        width = {
            model: float(np.median(upper - lower))
            for model, (lower, upper) in answers.limits.items()
        }
        for ratio in setting.ratios:
            theta = math.log(ratio)
            words = words_of(setting, answers, theta)
            alone = each_alone(setting, y, v, words, theta) if k == 2 else (0, 0, 0)
            yield Cell(
                setting.measure,
                k,
                tau,
                ratio,
                replicates,
                {word: float(np.mean(words == word)) for word in WORDS},
                before_words(setting, answers, theta, k),
                *alone,
                covered,
                width,
            )


def weakened(setting: Setting, errors: Floats) -> tuple[int, int]:
    """Count identical trials whose word weakens when one more joins them, and all such steps.

    From one to ten trials; a conclusion is stronger than leaning, that than nothing settled.
    """
    prior = check_prior(setting.prior).prior
    strength = dict.fromkeys(WORDS, 1) | {"not-settled": 0}
    strength |= dict.fromkeys(("benefit", "harm", "little-or-no-difference"), 2)
    ratios, ses = np.geomspace(0.3, 3.0, 41), np.quantile(errors, (0.0, 0.25, 0.5, 0.75, 1.0))
    one_y, one_v = (part.ravel() for part in np.meshgrid(np.log(ratios), np.square(ses)))
    ranks = []
    for k in range(1, 11):
        y, v = (np.repeat(part[:, None], k, axis=1) for part in (one_y, one_v))
        at = [0.0, *(map(math.log, setting.null_band or ()))]
        below = {value: np.empty(len(y)) for value in at}
        for part, fits in posteriors(y, v, prior):
            for value in at:
                below[value][part] = fits.below(value)
        words = words_of(setting, Answers(below, {}, {}), 0.0)
        ranks.append([strength[word] for word in words.tolist()])
    falls = np.diff(np.array(ranks), axis=0) < 0
    return int(falls.sum()), falls.size

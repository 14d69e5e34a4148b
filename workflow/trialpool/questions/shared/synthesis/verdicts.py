"""The verdict of a group: the word of its primary model, and what that word hangs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from scipy.special import ndtri

from trialpool.effects.flags import INFERRED
from trialpool.evidence.grades import ARTICLE
from trialpool.pooling import BayesianPool, PooledEffect
from trialpool.pooling.verdict import (
    CONCLUDED,
    likelier_beyond,
    margin_word,
    probability_below,
    verdict_size,
    verdict_word,
)
from trialpool.questions.shared.synthesis.members import follow_up_range, mixes_interim
from trialpool.questions.shared.synthesis.multiarm import pool_members
from trialpool.questions.shared.synthesis.primary_model import (
    SINGLE,
    Primary,
    choose_primary,
    fit_bayes,
    other_priors,
    prior_of,
)
from trialpool.questions.shared.synthesis.refits import Again, Pool, without_each
from trialpool.records.groups import Flag, Size, Verdict, Word
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.trials import Margin, SelectedTrial

Members = Sequence[SelectedTrial]
# Probability that the mean effect is below a value on the analysis scale.
Below = Callable[[float], float]

_DECIDED: Final = (*CONCLUDED, "within-margin", "beyond-margin")
# Levels of a marker do better or worse; that is no benefit or harm of a treatment.
_OF_LEVELS: Final[dict[str, Word]] = {
    "benefit": "differs",
    "harm": "differs",
    "leans-to-benefit": "leans-to-differ",
    "leans-to-harm": "leans-to-differ",
    "trial-benefit": "trial-differs",
    "trial-harm": "trial-differs",
}
_FROM_THREE: Final = 3
# Share of the weight from which a pool rests on other reports than articles.
_MOST: Final = 0.5


@dataclass(frozen=True)
class Asked:
    """What a verdict asks of the probabilities; all on the analysis scale.

    Attributes
    ----------
    lower_is_better : bool
    important : float or None
        Distance from no difference of an effect that matters.
    band : (float, float) or None
        Little or no difference.
    margin : (float or None, float or None) or None
        Lower and upper margin that the design asks for.
    by_margin : bool
        Whether the design is decided by a margin.
    level : float or None
        Probability from which a pool is within its margin.
    of_levels : bool
        Whether levels of a marker are compared, not treatments.
    """

    lower_is_better: bool
    important: float | None = None
    band: tuple[float, float] | None = None
    margin: tuple[float | None, float | None] | None = None
    by_margin: bool = False
    level: float | None = None
    of_levels: bool = False

    @property
    def at(self) -> tuple[float, ...]:
        """The values below which probabilities are needed."""
        sizes = () if self.important is None else (-self.important, self.important)
        limits = (0.0, *sizes, *(self.band or ()), *(self.margin or ()))
        return tuple(value for value in limits if value is not None)


@dataclass(frozen=True)
class Judged:
    """A verdict with the probabilities that its sentence prints.

    Attributes
    ----------
    verdict : Verdict
    p_inside, p_within : float or None
        Of lying inside the null band, within the margin.
    """

    verdict: Verdict
    p_inside: float | None = None
    p_within: float | None = None


def asked_of(
    question: ComparativeQuestion, margin: Margin | None, *, of_levels: bool = False
) -> Asked:
    """Say what the verdict of one group asks, from the question and the group's margin."""
    pooling, design = question.pooling, question.design
    by_margin = design != "superiority" or "equivalence" in question.filters.contrasts
    lower_is_better = question.benefit == "lower"
    limits: tuple[float | None, float | None] | None = None
    if margin is not None and by_margin:
        if design == "non-inferiority":
            limits = (None, margin.upper) if lower_is_better else (margin.lower, None)
            missing = limits == (None, None)
        else:
            limits = (margin.lower, margin.upper)
            missing = None in limits
        limits = None if missing else limits
    return Asked(
        lower_is_better=lower_is_better,
        important=None if by_margin else pooling.important,
        band=None if by_margin else pooling.null_band,
        margin=limits,
        by_margin=by_margin,
        level=pooling.margin_level,
        of_levels=of_levels,
    )


def judge(asked: Asked, below: Below) -> Judged | None:
    """Apply the rule of `trialpool.pooling.verdict` to one pool; flags are added by `verdict_of`.

    Returns
    -------
    Judged or None
        None for a design with a margin where margin or level are not declared.
    """
    better = below(0.0) if asked.lower_is_better else 1.0 - below(0.0)
    if asked.by_margin:
        if asked.margin is None or asked.level is None:
            return None
        within = _within(asked, below)
        return Judged(_verdict(margin_word(within, asked.level), better), p_within=within)
    inside = None if asked.band is None else below(asked.band[1]) - below(asked.band[0])
    word: Word = verdict_word(better, inside)
    important = _important(asked, below, better)
    if asked.of_levels:
        word = _OF_LEVELS.get(word, word)
    size = verdict_size(important)
    return Judged(_verdict(word, better, size, important), p_inside=inside)


def _verdict(
    word: Word, better: float | None, size: Size | None = None, important: float | None = None
) -> Verdict:
    return Verdict(word=word, size=size, p_benefit=better, p_important=important, flags=())


def _within(asked: Asked, below: Below) -> float:
    lower, upper = asked.margin or (None, None)
    most = 1.0 if upper is None else below(upper)
    return most - (0.0 if lower is None else below(lower))


def _important(asked: Asked, below: Below, better: float) -> float | None:
    if asked.important is None:
        return None
    lower, higher = below(-asked.important), 1.0 - below(asked.important)
    sides = (lower, higher) if asked.lower_is_better else (higher, lower)
    return likelier_beyond(better, *sides)


def verdict_of(
    question: ComparativeQuestion,
    members: Members,
    primary: Primary,
    pool: BayesianPool | PooledEffect,
    asked: Asked,
) -> Judged | None:
    """Judge one group.

    Parameters
    ----------
    question : ComparativeQuestion
    members : sequence of SelectedTrial
    primary : Primary
    pool : BayesianPool or PooledEffect
        Of the primary model; of one trial its own.
    asked : Asked
    """
    if primary.model == SINGLE:
        found = _of_one_trial(question, members, pool, asked)
        flags: tuple[Flag, ...] = ()
    else:
        below = _below(pool, asked)
        if below is None:
            return Judged(_verdict("not-pooled", None))
        found = judge(asked, below)
        flags = () if found is None else tuple(_hangs_on(question, members, primary, asked, found))
    if found is None:
        return None
    flags = (*flags, *of_rows(members, pool.weights))
    plain = found.verdict
    verdict = Verdict(
        word=plain.word,
        size=plain.size,
        p_benefit=plain.p_benefit,
        p_important=plain.p_important,
        flags=flags,
    )
    return Judged(verdict, found.p_inside, found.p_within)


def _below(pool: Pool | None, asked: Asked) -> Below | None:
    """Return the distribution of the mean: the posterior, or what the interval implies."""
    if isinstance(pool, BayesianPool) or (isinstance(pool, Again) and pool.below_at):
        known = dict(zip(asked.at, pool.below_at, strict=True))
        return known.__getitem__
    if pool is None or not pool.se or pool.ci_lower is None:
        return None
    estimate, se = pool.estimate, pool.se
    df = float("inf") if pool.df is None else pool.df
    return lambda at: float(probability_below(at, estimate, se, df))


def _of_one_trial(
    question: ComparativeQuestion,
    members: Members,
    pool: BayesianPool | PooledEffect,
    asked: Asked,
) -> Judged | None:
    """Give one trial a word of its own, by its own interval.

    Its probabilities allow for tau: they are those of the Bayesian model where it has a prior.
    """
    estimate, se = pool.estimate, pool.se
    assert se is not None
    pooling = question.pooling
    if asked.by_margin:
        if asked.margin is None:
            return None
        margin = members[0].margin
        planned = pooling.level if margin is None or margin.level is None else margin.level
        word: Word = _by_margin(asked.margin, estimate, float(ndtri(0.5 + planned / 2)) * se)
    else:
        half = float(ndtri(0.5 + pooling.level / 2)) * se
        better, worse = (
            (estimate + half < 0.0, estimate - half > 0.0)
            if asked.lower_is_better
            else (estimate - half > 0.0, estimate + half < 0.0)
        )
        word = "trial-benefit" if better else "trial-harm" if worse else "trial-not-settled"
        if asked.of_levels:
            word = _OF_LEVELS.get(word, word)
    prior = prior_of(pooling) if len(members) == 1 else None
    fit = fit_bayes(members, question.measure, pooling, prior, asked.at)
    below = _below(fit, asked)
    if below is None:
        below = _normal(estimate, se)
    p_better = below(0.0) if asked.lower_is_better else 1.0 - below(0.0)
    important = None if asked.by_margin else _important(asked, below, p_better)
    return Judged(_verdict(word, p_better, verdict_size(important), important))


def _normal(estimate: float, se: float) -> Below:
    return lambda at: float(probability_below(at, estimate, se, float("inf")))


def _by_margin(margin: tuple[float | None, float | None], estimate: float, half: float) -> Word:
    """Judge one interval by its margin."""
    lower, upper = margin
    low, high = estimate - half, estimate + half
    if (lower is None or lower < low) and (upper is None or high < upper):
        return "within-margin"
    beyond = (lower is not None and high < lower) or (upper is not None and low > upper)
    return "beyond-margin" if beyond else "margin-not-shown"


def _hangs_on(
    question: ComparativeQuestion, members: Members, primary: Primary, asked: Asked, main: Judged
) -> Iterator[Flag]:
    """Say whether another prior, or one trial less, makes or unmakes a concluded word."""
    measure, pooling = question.measure, question.pooling

    def changes(pool: Pool | None) -> bool:
        below = _below(pool, asked)
        other = None if below is None else judge(asked, below)
        return other is not None and _differs(main.verdict.word, other.verdict.word)

    if primary.bayes is not None:
        priors = other_priors(pooling) or ()
        if any(changes(fit_bayes(members, measure, pooling, p, asked.at)) for p in priors):
            yield "prior"
    ids = dict.fromkeys(trial.trial_id for trial in members)
    if len(ids) >= _FROM_THREE:
        again = _with_shared_arms if len(ids) < len(members) else _independent
        if any(changes(pool) for pool in again(question, members, asked)):
            yield "one-trial"
    if len(ids) < len(members):
        yield "shared-arm"


def _independent(question: ComparativeQuestion, members: Members, asked: Asked) -> Iterator[Pool]:
    return without_each(members, question.measure, question.pooling, asked.at, limits=False)


def _with_shared_arms(
    question: ComparativeQuestion, members: Members, asked: Asked
) -> Iterator[Pool]:
    """Pool without each trial in turn, with all of its comparisons."""
    measure, pooling = question.measure, question.pooling
    for left_out in dict.fromkeys(trial.trial_id for trial in members):
        rest = [trial for trial in members if trial.trial_id != left_out]
        again = choose_primary(rest, measure, pooling, asked.at)
        yield again.bayes or pool_members(rest, measure, pooling)


def _differs(word: str, other: str) -> bool:
    """Whether one of two different words is a concluded one."""
    words = {word, other}
    return len(words) > 1 and bool(words & {*_DECIDED, "differs"})


def of_rows(members: Members, weights: Sequence[float]) -> Iterator[Flag]:
    """Say what is known of the rows themselves, and of the reports that carry the weight."""
    if mixes_interim(members) or follow_up_range(members):
        yield "mixed-follow-up"
    flags = {flag for trial in members for flag in trial.flags}
    if INFERRED in flags:
        yield "inferred"
    of_others = (
        weight
        for trial, weight in zip(members, weights, strict=True)
        if trial.grade not in ("", ARTICLE)
    )
    if sum(of_others) > _MOST:
        yield "surrogate-source"

"""How much each pooled group hangs on trials, time, small studies and choices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, TypedDict, TypeVar

from msgspec.structs import replace

from trialpool.questions.shared.synthesis.answers import answer_of, answers_to
from trialpool.questions.shared.synthesis.members import (
    MAIN_CI,
    effects_of,
    independent_groups,
)
from trialpool.questions.shared.synthesis.multiverse import Analysis, multiverse_of, number
from trialpool.questions.shared.synthesis.primary_model import pooling_of, usual_model
from trialpool.questions.shared.synthesis.refits import Pool, of_first, without_each
from trialpool.records.base import record_from
from trialpool.records.groups import Group
from trialpool.records.questions import Variant
from trialpool.records.reanalyses import (
    Cumulative,
    Filled,
    Gosh,
    GoshGroup,
    Influence,
    LeaveOneOut,
    NamedLineTest,
    Refit,
    Sensitivity,
    SmallStudy,
    SmallStudyGroup,
    TrialInfluence,
)
from trialpool.records.results import ComparativeResult
from trialpool.records.trials import Trial
from trialpool.sensitivity import (
    MIN_TRIALS_FOR_TESTS,
    gosh,
    influence,
    summarise_gosh,
)
from trialpool.sensitivity.small_study_tests import Counts, small_study_tests, too_few

C = TypeVar("C", bound=ComparativeResult)
Trials = Sequence[Trial]

FROM_THREE: Final = 3
GOSH_FROM: Final = 4
# Drawn anew in every build: enough for shares to about one percent.
GOSH_SUBSETS: Final = 2**12


class _Fit(TypedDict):
    """How the main analysis is fitted."""

    tau2: str
    ci: str
    level: float


def with_robustness(result: C, variants: Sequence[Variant]) -> tuple[C, list[dict[str, object]]]:
    """Add what `robustness` finds to a result.

    Returns
    -------
    result : ComparativeResult
    rows : list of dict
        Of multiverse.csv.
    """
    entries, analyses = robustness(result, variants)
    whole = replace(result, sensitivity=(*result.sensitivity, *entries))
    return whole, [analysis._asdict() for analysis in analyses]


def robustness(
    result: ComparativeResult, variants: Sequence[Variant]
) -> tuple[tuple[Sensitivity, ...], list[Analysis]]:
    """Compute the entries of `sensitivity` on robustness (docs/reference/result-record.md).

    Parameters
    ----------
    result : ComparativeResult
    variants : sequence of Variant
        The question's other policies with their trials.

    Returns
    -------
    entries : tuple
    analyses : list of Analysis
        The multiverse.
    """
    alone = independent_groups(result.trials)
    groups = [
        (group, alone[group.label])
        for group in result.groups
        if group.k > 1 and group.label in alone
    ]
    fit = _Fit(tau2=result.settings.tau2_method, ci=MAIN_CI, level=result.settings.level)
    usual = usual_model(pooling_of(result.settings))
    entry, analyses = multiverse_of(result, variants)
    return (
        LeaveOneOut(
            id="leave-one-out",
            label="Leave-one-out",
            description="The pool without each trial in turn, for groups of three trials or more.",
            ci_method=usual,
            results=tuple(
                row for group, own in groups for row in _leave_one_out(group, own, result)
            ),
        ),
        Cumulative(
            id="cumulative",
            label="Cumulative by year",
            description=(
                "The pool of the first trials up to each year, for groups of three trials or more "
                "whose years are all known."
            ),
            ci_method=usual,
            results=tuple(row for group, own in groups for row in _cumulative(group, own, result)),
        ),
        Influence(
            id="influence",
            label="Influence",
            description=(
                "What each trial does to the pool when it is left out (Viechtbauer and Cheung "
                "2010), for groups of three trials or more."
            ),
            ci_method=MAIN_CI,
            results=tuple(row for group, own in groups for row in _influence(group, own, result)),
        ),
        SmallStudy(
            id="small-study",
            label="Small-study effects",
            description=(
                "Regression and rank tests, trim and fill, selection model and PET-PEESE, for "
                f"groups of {MIN_TRIALS_FOR_TESTS} trials or more."
            ),
            ci_method=MAIN_CI,
            results=tuple(_small_study(group, own, result, fit) for group, own in groups),
        ),
        Gosh(
            id="gosh",
            label="Subsets of the trials (GOSH)",
            description=(
                "The pool of every subset of two trials or more (a seeded sample of "
                f"{GOSH_SUBSETS} where there are more), for groups of four trials or more."
            ),
            ci_method=MAIN_CI,
            results=tuple(
                _gosh(group, own, result, fit) for group, own in groups if len(own) >= GOSH_FROM
            ),
        ),
        entry,
    ), analyses


def _leave_one_out(group: Group, trials: Trials, result: ComparativeResult) -> list[Refit]:
    if len(trials) < FROM_THREE:
        return []
    pools = without_each(trials, result.measure, pooling_of(result.settings))
    return _refits(pools, trials, [f"without {trial.label}" for trial in trials], group, result)


def _cumulative(group: Group, trials: Trials, result: ComparativeResult) -> list[Refit]:
    """Pool the trials up to each year: those of one year enter in the order of their rows."""
    dated = sorted(
        ((trial.year, i) for i, trial in enumerate(trials) if trial.year is not None),
    )
    if len(trials) < FROM_THREE or len(dated) < len(trials):
        return []
    order = [trials[i] for _, i in dated]
    pools = of_first(order, result.measure, pooling_of(result.settings))
    words = [f"up to {trial.label} ({trial.year})" for trial in order]
    return _refits(pools, order, words, group, result)


def _refits(
    pools: Iterable[Pool],
    trials: Trials,
    words: Sequence[str],
    group: Group,
    result: ComparativeResult,
) -> list[Refit]:
    """Say of each pool what it is of, and what it answers."""
    found = list(pools)
    lower, upper = (
        [math.nan if x is None else x for x in limits]
        for limits in ([p.ci_lower for p in found], [p.ci_upper for p in found])
    )
    answers = answers_to(lower, upper, group, result).tolist()
    return [
        record_from(
            pool,
            Refit,
            group=group.label,
            analysis=analysis,
            tau2=pool.tau2 if pool.k > 1 else None,
            trials=(trial.label,),
            answer=answer,
        )
        for pool, trial, analysis, answer in zip(found, trials, words, answers, strict=True)
    ]


def _influence(group: Group, trials: Trials, result: ComparativeResult) -> list[TrialInfluence]:
    if len(trials) < FROM_THREE:
        return []
    found = influence(*effects_of(trials), tau2=result.settings.tau2_method)
    return [
        TrialInfluence(
            group=group.label,
            trial=trials[at].label,
            rstudent=number(found.rstudent[i]),
            dffits=number(found.dffits[i]),
            cook_d=number(found.cook_d[i]),
            cov_ratio=number(found.cov_ratio[i]),
            tau2_deleted=number(found.tau2_deleted[i]),
            hat=number(found.hat[i]),
            influential=bool(found.influential[i]),
        )
        for i, at in enumerate(found.trial.tolist())
    ]


def _small_study(
    group: Group, trials: Trials, result: ComparativeResult, fit: _Fit
) -> SmallStudyGroup:
    k = len(trials)
    if k < MIN_TRIALS_FOR_TESTS:
        return SmallStudyGroup(group=group.label, k=k, enough=False, note=too_few(k))
    found = small_study_tests(
        *effects_of(trials),
        measure=result.measure,
        counts=_counts(trials) if result.measure == "OR" else None,
        ni=_patients(trials),
        # Results that favour the experimental side are the ones likelier to be seen.
        alternative="less" if result.benefit == "lower" else "greater",
        **fit,
    )
    return record_from(
        found,
        SmallStudyGroup,
        group=group.label,
        regression_tests=[
            record_from(test, NamedLineTest, name=name)
            for name, test in found.regression_tests.items()
        ],
        trim_and_fill=[
            record_from(filled, Filled, trimmed=[trials[i].label for i in filled.trimmed])
            for filled in found.trim_and_fill
        ],
    )


def _patients(trials: Trials) -> list[int] | None:
    sizes = [
        trial.experimental.n + trial.control.n
        for trial in trials
        if trial.experimental.n is not None and trial.control.n is not None
    ]
    return sizes if len(sizes) == len(trials) else None


def _counts(trials: Trials) -> Counts | None:
    cells = [
        [arm.events, arm.n, other.events, other.n]
        for arm, other in ((trial.experimental, trial.control) for trial in trials)
    ]
    known = [[cell for cell in row if cell is not None] for row in cells]
    return Counts(*map(list, zip(*known, strict=True))) if known == cells else None


def _gosh(group: Group, trials: Trials, result: ComparativeResult, fit: _Fit) -> GoshGroup:
    found = gosh(*effects_of(trials), smallest=2, max_subsets=GOSH_SUBSETS, **fit)
    summary = summarise_gosh(found, null_value=result.null_value)
    answer = answer_of(group, result)
    same = None
    if answer is not None:
        own = answers_to(found.ci_lower, found.ci_upper, group, result)
        same = float((own == answer).mean())
    return record_from(
        summary,
        GoshGroup,
        group=group.label,
        k=len(trials),
        answer=answer,
        same=same,
        splits=None if summary.splits is None else trials[summary.splits].label,
    )

"""The record of what is found of each comparison: results/summaries.json."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import structs

from trialpool.evidence.arm_pairs import ArmPairs
from trialpool.evidence.contrasts import Taxonomy
from trialpool.evidence.tables import Evidence
from trialpool.pooling.absolute import MEASURES
from trialpool.questions.registry import stage
from trialpool.questions.shared.words.sides import endpoint_names
from trialpool.records.base import kind_of
from trialpool.records.comparisons import Comparison, Comparisons
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult, Result
from trialpool.records.summary.certainty import CertaintyJudgement
from trialpool.records.summary.findings import (
    Outcome,
    SummariesOfFindings,
    SummaryOfFindings,
)
from trialpool.records.trials import PrintedEffect, Trial
from trialpool.summary.inputs import certainty_inputs
from trialpool.summary.not_pooled import results_not_pooled

SCHEMA_VERSION: Final = 1
# The raw table of judgements, which a review may have.
CERTAINTY: Final = "certainty"

_Judged = Mapping[tuple[str, str], Sequence[CertaintyJudgement]]


def summaries_of_findings(
    taxonomy: Taxonomy,
    evidence: Evidence,
    comparisons: Comparisons,
    results: Iterable[Result],
    endpoints: Iterable[str] = (),
) -> SummariesOfFindings:
    """Say of each comparison what is found, outcome by outcome.

    Parameters
    ----------
    taxonomy : Taxonomy
    evidence : Evidence
        Trials and arms, and certainty.csv where the review has it.
    comparisons : Comparisons
    results : iterable of Result
        Of every kind: outcomes are groups of one comparison, of measures that have an absolute
        effect, in questions that say something of strategies.
    endpoints : iterable of str
        Codes in the order of the outcomes, the one that matters most first.

    Returns
    -------
    SummariesOfFindings
        A judgement under an id that was renamed is of the comparison that has it now.
    """
    trials = evidence.rows("trials")
    rows = {str(row["trial_id"]): row for row in trials}
    order = {code: place for place, code in enumerate(endpoints)}
    pairs = ArmPairs(taxonomy, trials, evidence.rows("arms"))
    judged = _judgements(evidence, comparisons.renamed)
    asked = [
        result
        for result in results
        if isinstance(result, ComparativeResult)
        and result.measure in MEASURES
        and stage(kind_of(result), "chapter").COMPARES_STRATEGIES
    ]

    def outcomes(comparison: Comparison) -> Iterator[Outcome]:
        missing = {one.question: set(one.row_ids) for one in comparison.not_pooled}
        for result in asked:
            ours = missing.get(result.id, set())
            beside = {
                "not_pooled": results_not_pooled(e for e in result.excluded if e.row_id in ours),
                "judgements": tuple(judged.get((comparison.id, result.id), ())),
            }
            groups = [group for group in result.groups if group.comparison == comparison.id]
            for group in groups:
                own = [trial for trial in result.trials if trial.group == group.label]
                backgrounds = [_shared(pairs, trial) for trial in own]
                inputs = certainty_inputs(
                    *(group, own, result),
                    rows=rows,
                    columns=taxonomy.trial_columns,
                    backgrounds=backgrounds,
                )
                yield structs.replace(_pooled(result, group, own), inputs=inputs, **beside)
            if not groups and beside["not_pooled"]:
                yield structs.replace(_without_pool(result), **beside)

    def place(outcome: Outcome) -> tuple[int, bool]:
        """Sort outcomes by their endpoint; those of one stay in the order of the questions."""
        return order.get(outcome.endpoints[0], len(order)), outcome.of_part

    summaries = tuple(
        SummaryOfFindings(
            comparison=one.id,
            label=one.label,
            setting=one.setting,
            outcomes=tuple(sorted(_once(outcomes(one)), key=place)),
        )
        for one in comparisons.comparisons
    )
    placed = {
        (summary.comparison, question)
        for summary in summaries
        for outcome in summary.outcomes
        for question in (outcome.question, *outcome.also)
    }
    return SummariesOfFindings(
        schema_version=SCHEMA_VERSION,
        summaries=summaries,
        unplaced=tuple(one for key, ones in judged.items() if key not in placed for one in ones),
    )


def _judgements(evidence: Evidence, renamed: Mapping[str, str]) -> _Judged:
    """Return the rows of certainty.csv by comparison, under its present id, and question."""
    found: dict[tuple[str, str], list[CertaintyJudgement]] = defaultdict(list)
    names = [field.name for field in structs.fields(CertaintyJudgement)]
    for row in evidence.rows(CERTAINTY):
        one = CertaintyJudgement(**{name: str(row[name]) for name in names})
        one = structs.replace(one, comparison=renamed.get(one.comparison, one.comparison))
        found[one.comparison, one.question].append(one)
    return found


def _shared(pairs: ArmPairs, trial: Trial) -> tuple[str, ...]:
    """Return the drugs that both sides of a trial receive."""
    comparison = pairs.of(trial.trial_id, trial.experimental.arm_id, trial.control.arm_id)
    return () if comparison is None else comparison.shared[0]


def _without_pool(result: ComparativeResult) -> Outcome:
    """Say what an outcome is of which no trial could be pooled."""
    asked = result.settings.biomarker
    return Outcome(
        question=result.id,
        title=result.title,
        of_part=asked is not None and not asked.whole_trials,
        endpoints=result.endpoints,
        names=tuple(endpoint_names(result)),
        endpoint_events=result.endpoint_events,
        measure=result.measure,
        benefit=result.benefit,
        level=result.settings.level,
        null_band=result.settings.null_band,
        important=result.settings.important,
        group="",
        estimate=None,
        ci_lower=None,
        ci_upper=None,
        k=0,
        trials=(),
        row_ids=(),
        n=None,
        events=None,
    )


def _pooled(result: ComparativeResult, group: Group, trials: Sequence[Trial]) -> Outcome:
    """Repeat what a group says."""
    return structs.replace(
        _without_pool(result),
        group=group.label,
        estimate=group.estimate,
        ci_lower=group.ci_lower,
        ci_upper=group.ci_upper,
        printed=_printed(trials, group.level),
        k=len({trial.trial_id for trial in trials}),
        trials=tuple(dict.fromkeys(trial.trial_id for trial in trials)),
        row_ids=tuple(name for trial in trials for name in trial.row_ids),
        n=group.n,
        events=group.events,
        n_is_minimum=group.n_is_minimum,
        events_are_minimum=group.events_are_minimum,
        primary_model=group.primary_model,
        verdict=group.verdict,
        sentence=group.sentence,
        absolute=group.absolute,
        medians=group.medians,
    )


def _printed(trials: Sequence[Trial], level: float) -> PrintedEffect | None:
    """Return what the report of a single trial prints, if that is of the level of the table."""
    printed = trials[0].printed if len(trials) == 1 else None
    return printed if printed is not None and printed.is_of(level) else None


def _once(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Keep the first of outcomes that several questions make of the very same rows.

    A sort of patients whose trials are all that there are, another measure of one response: what
    is judged under any of their questions is judged of the one outcome.
    """
    found: dict[object, Outcome] = {}
    for one in outcomes:
        rows = one.row_ids or [name for other in one.not_pooled for name in other.row_ids]
        place = one.endpoints, one.k > 0, frozenset(rows)
        first = found.get(place)
        found[place] = (
            one
            if first is None
            else structs.replace(
                first,
                also=(*first.also, one.question),
                judgements=first.judgements or one.judgements,
            )
        )
    shown = {
        (o.endpoints, n) for o in found.values() if o.k for r in o.not_pooled for n in r.row_ids
    }
    # What stands beside a pool of the same endpoints need not stand alone as well.
    return [
        one
        for one in found.values()
        if one.k or not {(one.endpoints, n) for r in one.not_pooled for n in r.row_ids} <= shown
    ]

"""A question's selection: from all rows of its endpoints to the trials of its pool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from msgspec import structs

from trialpool.evidence.citations import cite
from trialpool.questions.shared.selection import (
    outcomes,
    response_contrasts,
    responses,
    time_to_event,
)
from trialpool.questions.shared.selection.asked import with_filters
from trialpool.questions.shared.selection.candidates import (
    ONLY_INFERRED,
    Candidate,
    FindCandidates,
)
from trialpool.questions.shared.selection.grouping import (
    Groups,
    grouped,
    groups_of,
    headings,
    in_display_order,
    strategies_over,
)
from trialpool.questions.shared.selection.library import Library
from trialpool.questions.shared.selection.report_policy import (
    choose_contrasts,
    choose_reports,
    replace_members,
)
from trialpool.questions.shared.selection.third_contrasts import third_contrasts
from trialpool.questions.shared.selection.trial_records import margin_of, trial_of
from trialpool.records.base import record_from
from trialpool.records.groups import ExcludedRow, Heading, SourceCited
from trialpool.records.questions import (
    Bounded,
    ComparativeQuestion,
    Question,
    Variant,
    VariantTrial,
)
from trialpool.records.settings import (
    Asked,
    ComparativeAsked,
    RiskOfBiasFilter,
    VariantAsked,
)
from trialpool.records.trials import SelectedTrial

C = TypeVar("C", bound=ComparativeAsked)
Q = TypeVar("Q", bound=Question)
K = TypeVar("K", bound=ComparativeQuestion)

# Fields of a trial of a re-analysis that most have no use for.
_OPTIONAL: Final = {"experimental": None, "control": None, "third_contrasts": (), "levels": ()}


def _responses(
    library: Library, asked: ComparativeAsked
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Find what counts of two arms give, and what was published of them."""
    counted, left = responses.candidates(library, asked)
    published, others = response_contrasts.candidates(library, asked)
    return counted + published, left + others


# The comparisons that a raw table holds.
CANDIDATES: Final[dict[str, FindCandidates]] = {
    "time_to_event": time_to_event.candidates,
    "responses": _responses,
    "means": outcomes.candidates,
    "rates": outcomes.candidates,
}


@dataclass(frozen=True)
class Selection:
    """What a question's pools are made of.

    Attributes
    ----------
    trials : tuple of SelectedTrial
        One per effect, in display order.
    groups : tuple of Heading
        In display order.
    excluded : tuple of ExcludedRow
        Every other row of the question's endpoints.
    named : Groups
        What the trials of each group compare, where they compare arms.
    """

    trials: tuple[SelectedTrial, ...]
    groups: tuple[Heading, ...]
    excluded: tuple[ExcludedRow, ...]
    named: Groups = field(default_factory=lambda: Groups({}, {}))


# Makes the selection of a question; that of a re-analysis under the names of the main one.
Choose = Callable[[Library, C, Groups | None], Selection]


def choose_comparisons(
    library: Library,
    asked: ComparativeAsked,
    candidates: list[Candidate],
    excluded: list[ExcludedRow],
    main: Groups | None = None,
) -> Selection:
    """Apply a question's filters and policies.

    Parameters
    ----------
    library : Library
        Raw tables, derived effects and taxonomy.
    asked : ComparativeAsked
    candidates : list of Candidate
        The comparisons that the question could use.
    excluded : list of ExcludedRow
        The rows that it could not.
    main : Groups, optional
        Of the main analysis, where this is a re-analysis.
    """
    filters = asked.filters
    every, members = replace_members(grouped(filters, candidates), library.overlaps)
    named, other_arms = choose_contrasts(every, filters.choose, filters.multiarm)
    reports, others = choose_reports(named, filters.report_policy)
    excluded = [*excluded, *members, *other_arms, *others]
    chosen: list[tuple[Candidate, SelectedTrial]] = []
    for candidate in reports:
        trial = trial_of(candidate, asked.measure)
        if isinstance(trial, str):
            excluded += candidate.out("not poolable", trial)
        else:
            chosen.append((candidate, trial))
    chosen = in_display_order(library.taxonomy, chosen)
    groups = groups_of(library.taxonomy, filters, (one for one, _ in chosen), main)
    ids = [candidate.trial_id for candidate, _ in chosen]
    trials = tuple(
        structs.replace(
            trial,
            group=groups.name(trial.group),
            margin=margin_of(asked, trial.trial_id),
            third_contrasts=third_contrasts(candidate, every)
            if ids.count(trial.trial_id) > 1
            else (),
        )
        for candidate, trial in chosen
    )
    # An arm may serve in one comparison that is used and in another that is not.
    used = {row_id for trial in trials for row_id in trial.row_ids}
    once = {item.row_id: item for item in reversed(excluded) if item.row_id not in used}
    return Selection(trials, headings(filters, groups), in_order(once.values()), groups)


def in_order(excluded: Iterable[ExcludedRow]) -> tuple[ExcludedRow, ...]:
    """Sort rows by trial and row."""
    return tuple(sorted(excluded, key=lambda row: (row.trial_id, row.row_id)))


def with_selection(
    kind: type[Q], library: Library, asked: Asked, selection: Selection, **own: object
) -> Q:
    """Make the question record of a kind: what is asked, what was found, and its own fields."""
    named = sorted({trial.source for trial in selection.trials})
    return record_from(
        asked,
        kind,
        groups=selection.groups,
        excluded=library.with_printed(selection.excluded),
        sources={name: SourceCited(**cite(library.source(name))) for name in named},
        **own,
    )


def comparative_question(
    kind: type[K],
    library: Library,
    asked: C,
    selection: Selection,
    choose: Choose[C],
    variants: Iterable[VariantAsked[C]] = (),
    **own: object,
) -> K:
    """Make the question record of a kind that compares two sides, with its re-analyses.

    A variant changes settings of the question (another report policy, more endpoints, other
    populations); the trials that it would pool are kept for a re-analysis beside the main one.
    Two more, where they change anything: with the rows whose direction was inferred, and without
    results at high risk of bias.

    Parameters
    ----------
    kind : type of ComparativeQuestion
    library : Library
    asked : ComparativeAsked
    selection : Selection
        Of the question itself.
    choose : callable
        Makes the selection of a question that asks a little differently.
    variants : iterable of VariantAsked
    **own
        The fields that only this kind has.
    """
    every: tuple[VariantTrial, ...] = ()
    if asked.all_arms:
        contrasts = {**asked.filters.choose, **asked.all_arms}
        with_all = with_filters(asked, multiarm="gls", choose=contrasts)
        beside = choose(library, with_all, selection.named)
        shared = ("experimental", "control", "third_contrasts")
        every = tuple(variant_trial(trial, *shared) for trial in beside.trials)
    main = [trial.row_ids for trial in selection.trials]
    again = ((one, choose(library, one.asked, selection.named).trials) for one in variants)
    further = (
        (one, choose(library, one.asked, selection.named).trials)
        for one in automatic(library, asked, selection)
    )
    changing = (pair for pair in further if [trial.row_ids for trial in pair[1]] != main)
    return with_selection(
        kind,
        library,
        asked,
        selection,
        variants=tuple(
            Variant(
                id=variant.id,
                label=variant.label,
                changes=variant.changes,
                trials=tuple(map(variant_trial, trials)),
            )
            for variant, trials in (*again, *changing)
        ),
        all_arms=every,
        bounded=bounded_trials(library, asked, selection, choose),
        moderator_values=moderator_values(library, asked, selection.trials),
        **{"strategies": strategies_over(asked.filters, selection.named), **own},
    )


def automatic(library: Library, asked: C, selection: Selection) -> Iterator[VariantAsked[C]]:
    """Yield the re-analyses that no question has to name.

    With rows that only a re-analysis may take, where one would otherwise enter; without results
    at high risk of bias, where some of the selection are judged.
    """
    if any(item.reason == ONLY_INFERRED for item in selection.excluded):
        yield VariantAsked(
            id="inferred-direction",
            label="With results whose direction their reader inferred",
            changes=("inferred",),
            asked=with_filters(asked, inferred=True),
        )
    judged = (library.risk_of_bias(one.trial_id, one.endpoint) for one in selection.trials)
    if asked.filters.risk_of_bias is None and any(judged):
        yield VariantAsked(
            id="without-high-risk",
            label="Without results at high risk of bias",
            changes=("risk_of_bias",),
            asked=with_filters(asked, risk_of_bias=RiskOfBiasFilter(exclude=("high", "critical"))),
        )


def bounded_trials(
    library: Library, asked: C, main: Selection, choose: Choose[C]
) -> Bounded | None:
    """Find the trials that a question would pool if their standard errors were known.

    The question chooses again as if every bounded standard error were the smallest, and as if it
    were the largest. A trial that its group has by a known standard error is not among them.

    Parameters
    ----------
    library : Library
    asked : ComparativeAsked
    main : Selection
        The main analysis.
    choose : callable
        Makes the selection of the question from a library.

    Returns
    -------
    Bounded or None
        None where the question has no such trial.
    """
    bounded = {row_id for _, row_id in library.bounded}
    rows = {one.row_id for one in main.excluded if one.stage == "not poolable"} & bounded
    if not rows:
        return None
    ends = [choose(end, asked, main.named) for end in library.at_ends]
    low, high = ({trial.row_ids: trial for trial in end.trials} for end in ends)
    present = {trial.trial_id for trial in main.trials}
    taken = {(trial.trial_id, trial.group) for trial in main.trials}
    # Their patients are in the main analysis already, trial by trial.
    joint = {one.pooled for one in library.overlaps if present & set(one.members)}
    trials = tuple(
        structs.replace(
            trial,
            derivation=structs.replace(
                trial.derivation,
                se_lower=low[row_ids].se if row_ids in low else None,
                se_upper=high[row_ids].se if row_ids in high else None,
            ),
        )
        for row_ids, trial in {**high, **low}.items()
        if rows & set(row_ids)
        and (trial.trial_id, trial.group) not in taken
        and trial.trial_id not in joint
    )
    if not trials:
        return None
    labels = {trial.group for trial in trials}
    groups = {one.label: one for end in ends for one in end.groups if one.label in labels}
    compared = {**main.named.compared, **ends[1].named.compared, **ends[0].named.compared}
    ids = {one.strategy for one in groups.values()}
    every = strategies_over(asked.filters, Groups(compared, {}))
    strategies = tuple(one for one in every if one.id in ids)
    return Bounded(trials=trials, groups=tuple(groups.values()), strategies=strategies)


def variant_trial(trial: SelectedTrial, *kept: str) -> VariantTrial:
    """Keep of a trial what a re-analysis needs; `kept` are optional fields that it needs too."""
    left_out = {name: value for name, value in _OPTIONAL.items() if name not in kept}
    return record_from(trial, VariantTrial, **left_out)


def moderator_values(
    library: Library, asked: ComparativeAsked, trials: Iterable[SelectedTrial]
) -> dict[str, dict[str, str]]:
    """Value of each moderator in each trial: the year of its report, or a column of trials.csv."""
    return {
        column: {
            trial.trial_id: str(trial.year or "")
            if column == "year"
            else str(library.trials[trial.trial_id][column])
            for trial in trials
        }
        for column in asked.moderators
    }

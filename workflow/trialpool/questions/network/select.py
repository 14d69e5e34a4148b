"""What a network asks for, and the trials that it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from trialpool.findings import Finding, InputError
from trialpool.measures import Endpoint
from trialpool.questions.network.merging import merged
from trialpool.questions.network.nodes import (
    between_nodes,
    by_pair,
    one_arm_per_node,
    pairs_of,
)
from trialpool.questions.shared.selection.asked import comparative_asked
from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.comparative import (
    CANDIDATES,
    Selection,
    automatic,
    bounded_trials,
    in_order,
    moderator_values,
    with_selection,
)
from trialpool.questions.shared.selection.control_risks import baselines
from trialpool.questions.shared.selection.grouping import Groups, in_display_order
from trialpool.questions.shared.selection.library import Library
from trialpool.questions.shared.selection.report_policy import (
    choose_contrasts,
    choose_reports,
    replace_members,
)
from trialpool.questions.shared.selection.third_contrasts import spanning, third_contrasts
from trialpool.questions.shared.selection.trial_records import trial_of
from trialpool.records.groups import ExcludedRow, Heading
from trialpool.records.network import (
    Circumstance,
    NetworkAsked,
    NetworkPolicy,
    NetworkQuestion,
    NodePair,
)
from trialpool.records.pools import ControlRisk
from trialpool.records.trials import SelectedTrial


def asked(
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> NetworkAsked:
    """Make the typed question of its settings."""
    return comparative_asked(NetworkAsked, question_id, settings, pooling, endpoints)


def select(
    library: Library, asked: NetworkAsked
) -> tuple[NetworkQuestion, tuple[SelectedTrial, ...]]:
    """Choose the comparisons of the network, each trial with all its arms.

    Raises
    ------
    InputError
        If the question names a node that no arm gives.
    """
    main = _choose(library, asked)
    ends: list[_Chosen] = []

    def choose(end: Library, again: NetworkAsked, _: Groups | None) -> Selection:
        ends.append(_choose(end, again))
        return ends[-1].selection

    bounded = bounded_trials(library, asked, main.selection, choose)
    _check_nodes(asked, (pair for end in (main, *ends) for pair in end.pairs))
    others = [
        (variant, _choose(library, variant.asked))
        for variant in (*asked.variants, *automatic(library, asked, main.selection))
    ]
    policies = tuple(
        NetworkPolicy(
            id=variant.id, label=variant.label, changes=variant.changes,
            trials=chosen.selection.trials,
        )
        for variant, chosen in others
        if _effects(chosen) != _effects(main)
    )  # fmt: skip
    changing = {policy.id for policy in policies}
    every = (main, *ends, *(chosen for _, chosen in others))
    used = {pair.group for pair in main.pairs}
    used |= set() if bounded is None else {one.group for one in bounded.trials}
    used |= {trial.group for policy in policies for trial in policy.trials}
    known = {pair.group: pair for chosen in every for pair in chosen.pairs}
    question = with_selection(
        NetworkQuestion,
        library,
        asked,
        main.selection,
        variants=(),
        all_arms=(),
        moderator_values=moderator_values(library, asked, main.selection.trials),
        bounded=bounded,
        pairs=tuple(pair for label, pair in known.items() if label in used),
        circumstances=_circumstances(library, asked, main.selection.trials),
        policies=policies,
        unchanged=tuple(one.label for one in asked.variants if one.id not in changing),
    )
    return question, main.selection.trials


@dataclass(frozen=True)
class _Chosen:
    """A selection with the nodes of its groups."""

    selection: Selection
    pairs: tuple[NodePair, ...]


def _effects(chosen: _Chosen) -> list[tuple[object, ...]]:
    return [(one.row_ids, one.group, one.estimate, one.se) for one in chosen.selection.trials]


def _choose(library: Library, asked: NetworkAsked) -> _Chosen:
    """Apply the question's filters and policies; of a trial all arms, by one report."""
    filters = asked.filters
    found, excluded = CANDIDATES[filters.table](library, asked)
    between, same = between_nodes(library, found, asked.nodes.merge)
    every, members = replace_members(between, library.overlaps)
    named, other_arms = choose_contrasts(every, _spanning(filters.choose), filters.multiarm)
    turned, groups = by_pair(library, named, asked.nodes.merge)
    single, other_nodes = one_arm_per_node(turned, groups)
    reports, others = choose_reports(single, filters.report_policy)
    reports, other_cuts = _one_cut(reports)
    excluded = [*excluded, *same, *members, *other_arms, *other_nodes, *others, *other_cuts]
    chosen: list[tuple[Candidate, SelectedTrial]] = []
    for candidate in reports:
        trial = trial_of(candidate, asked.measure)
        if isinstance(trial, str):
            excluded += candidate.out("not poolable", trial)
        else:
            chosen.append((candidate, trial))
    chosen = in_display_order(library.taxonomy, chosen)
    trials = tuple(
        structs.replace(trial, third_contrasts=third_contrasts(candidate, every))
        for candidate, trial in chosen
    )
    used = {row_id for trial in trials for row_id in trial.row_ids}
    once = {item.row_id: item for item in reversed(excluded) if item.row_id not in used}
    headings = _headings(candidate for candidate, _ in chosen)
    return _Chosen(
        Selection(trials, headings, in_order(once.values())),
        pairs_of(groups, (one.label for one in headings)),
    )


def _spanning(
    choose: Mapping[str, Sequence[tuple[str, str]]],
) -> dict[str, list[tuple[str, str]]]:
    """Keep of the comparisons that a question names those with one common arm.

    All others of the trial follow from them and their covariance.
    """
    return {trial_id: spanning(list(pairs)) for trial_id, pairs in choose.items()}


def _one_cut(
    candidates: Sequence[Candidate],
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Keep the comparisons of a trial that are of one report and cut: that of most of them."""
    of_trial: dict[str, list[Candidate]] = {}
    for one in candidates:
        of_trial.setdefault(one.trial_id, []).append(one)
    kept, excluded = [], []
    for own in of_trial.values():
        cuts = [(one.source_id, one.maturity, one.assessor, one.population) for one in own]
        usual = max(cuts, key=cuts.count)
        for one, cut in zip(own, cuts, strict=True):
            if cut == usual:
                kept.append(one)
            else:
                reason = "of another report or data cut than the trial's other comparisons"
                excluded += one.out("another report used", reason)
    return kept, excluded


def _headings(candidates: Iterable[Candidate]) -> tuple[Heading, ...]:
    """Return the heading of each direct comparison, from the first trial that makes it."""
    firsts: dict[str, Candidate] = {}
    for one in candidates:
        firsts.setdefault(one.group, one)
    return tuple(
        Heading(
            label=label,
            mechanism=one.compared.contrast.mechanism,
            mechanisms=one.compared.contrast.mechanisms,
            kind=one.compared.contrast.kind,
        )
        for label, one in firsts.items()
    )


def _check_nodes(asked: NetworkAsked, pairs: Iterable[NodePair]) -> None:
    """Refuse nodes that no arm of the question gives: a name that is off by a letter."""
    used = {node for pair in pairs for node in (pair.treatment, pair.against)}
    # Of what is merged the question may name each part, whether it enters or not.
    parts = {node for merge in asked.nodes.merge for node in merge.nodes}
    named = {asked.reference: "reference"}
    named |= {node: "nodes.again" for one in asked.nodes.again for node in one.nodes}
    if asked.classes is not None:
        named |= {node: "classes.of" for one in asked.classes.of for node in one.nodes}
    faults = [
        Finding(
            "fatal",
            "node-known",
            "questions.yaml",
            column=f"{asked.id}.{where}",
            value=node,
            message="no arm that enters the question is such a node",
            remedy=f"Known are: {', '.join(sorted(used))}.",
        )
        for node, where in named.items()
        if used and merged(node, asked.nodes.merge) not in used and node not in parts
    ]
    if faults:
        raise InputError(faults)


def _circumstances(
    library: Library, asked: NetworkAsked, trials: Sequence[SelectedTrial]
) -> tuple[Circumstance, ...]:
    known = baselines(library, asked.absolute, trials)
    risks = {} if known is None else {one.row_ids: one.risk for one in known.trials}
    return tuple(
        Circumstance(
            row_ids=trial.row_ids,
            columns={
                column: str(library.trials[trial.trial_id][column]) for column in asked.transitivity
            },
            control_risk=risks.get(trial.row_ids) or _counted(trial),
        )
        for trial in trials
    )


def _counted(trial: SelectedTrial) -> ControlRisk | None:
    """Return the share of a control arm with the response; of times to an event there is none."""
    control = trial.control
    if trial.derivation.rung != "counts of two arms" or not control.n or control.events is None:
        return None
    return ControlRisk(
        trial_id=trial.trial_id,
        label=trial.label,
        arm=control.label,
        risk=control.events / control.n,
        basis="counts",
        row_id=trial.row_ids[-1],
        source=trial.source,
    )

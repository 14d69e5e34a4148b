"""From a result to the texts of the report's tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.margins import margin_text
from trialpool.questions.shared.words.models import (
    MODEL_NAMES,
    SHOWN,
    basis,
    models_shown,
    support,
)
from trialpool.questions.shared.words.sides import Conclusion, effect_text
from trialpool.records.groups import Group
from trialpool.records.pools import Pool
from trialpool.records.results import ComparativeResult, Result
from trialpool.records.trials import Arm, Trial
from trialpool.report.rooms import words_of
from trialpool.report.sources import Source, source_of


@dataclass(frozen=True)
class GroupRow:
    """A group (or the overall pool) as its tables show it; all texts are ready to print.

    Attributes
    ----------
    behind : str
        The mechanism, in grey behind the label.
    effect : str
        Of the primary model, or of the one trial.
    models : tuple of str
        Estimate and interval by `SHOWN`; empty for a single trial.
    p_values : tuple of str
        In the order of `models`.
    tau : str
        With the interval of its posterior.
    basis : str
        Which estimate is primary.
    fit_remarks : tuple of str
        What a reader must know of a fit, for example an interval of width zero.
    conclusion : Conclusion
    words : str
        The conclusion without the label that heads the row.
    """

    label: str
    behind: str
    k: str
    n: str
    events: str
    effect: str
    models: tuple[str, ...]
    p_values: tuple[str, ...]
    prediction: str
    tau: str
    i2_q: str
    q_test: str
    margin: str
    basis: str
    note: str
    fit_remarks: tuple[str, ...]
    conclusion: Conclusion
    words: str
    is_single: bool


def group_rows(result: ComparativeResult) -> tuple[GroupRow, ...]:
    """Prepare the groups of a question, and its overall pool where there is one."""
    groups = [*result.groups, *([result.overall] if result.overall is not None else [])]
    return tuple(_group_row(group, result) for group in groups)


@dataclass(frozen=True)
class StrategyRow:
    """A pool over several comparisons, with the labels of these."""

    pool: GroupRow
    comparisons: tuple[str, ...]


def strategy_rows(result: ComparativeResult) -> tuple[StrategyRow, ...]:
    """Prepare the strategies of a question, each with the groups that it pools."""
    labels = {group.comparison: group.label for group in result.groups}
    return tuple(
        StrategyRow(_group_row(one, result), tuple(labels[name] for name in one.comparisons))
        for one in result.strategies
    )


def _group_row(group: Group, result: ComparativeResult) -> GroupRow:
    measure = get_measure(result.measure)
    models = models_shown(group)
    conclusion = words_of(result).conclude(group, result)
    own = [trial for trial in result.trials if trial.group == group.label]

    def heterogeneity(text: str) -> str:
        return text if group.k > 1 else fmt.NOT_AVAILABLE

    return GroupRow(
        label=group.label,
        behind=group.mechanism,
        k=fmt.whole(group.k),
        n=fmt.at_least(fmt.whole(group.n), group.n_is_minimum),
        events=fmt.at_least(fmt.whole(group.events), group.events_are_minimum),
        effect=printed_effect(own[0], result) if len(own) == 1 else effect_text(group, measure),
        models=tuple(
            effect_text(models[name], measure) if name in models else fmt.NOT_AVAILABLE
            for name in SHOWN
        )
        if models
        else (),
        p_values=tuple(support(models[name]) if name in models else "" for name in SHOWN)
        if models
        else (),
        prediction=fmt.interval(group.pi_lower, group.pi_upper, measure),
        tau=heterogeneity(
            fmt.tau_with_interval(group.tau2, group.tau2_ci_lower, group.tau2_ci_upper)
        ),
        i2_q=heterogeneity(
            fmt.i_squared_with_interval(group.i2_q, group.i2_q_ci_lower, group.i2_q_ci_upper)
        ),
        q_test=heterogeneity(_q_test(group)),
        margin=margin_text(group, result),
        basis=basis(group),
        note=group.primary_note,
        fit_remarks=_fit_remarks(models),
        conclusion=conclusion,
        words=conclusion.text.removeprefix(f"{group.label}: "),
        is_single=group.k == 1,
    )


def _fit_remarks(models: Mapping[str, Pool]) -> tuple[str, ...]:
    by_note: dict[str, list[str]] = {}
    for name, words in MODEL_NAMES.items():
        for note in models[name].diagnostics.notes if name in models else ():
            by_note.setdefault(note, []).append(words)
    return tuple(f"{' and '.join(names)}: {note}" for note, names in by_note.items())


def _q_test(pool: Pool) -> str:
    if pool.q is None:
        return fmt.NOT_AVAILABLE
    return f"{fmt.statistic('Q', pool.q, pool.q_df)}, {fmt.p_statement(pool.q_p_value)}"


def group_test(result: Result) -> str | None:
    """Print the test of differences between groups; None where the result has none."""
    test = result.subgroup_test
    if test is None:
        return None
    note = test.note.strip()
    if test.value is None:
        return _stop(f"Not computed: {note or 'no reason given'}")
    label = "" if "low credibility" in note else "Between trials, low credibility: "
    statistic = fmt.statistic(test.statistic, test.value, test.df1, test.df2)
    assumption = {"common": " (one τ² for all groups)", "separate": " (a τ² for each group)"}
    words = assumption.get(test.tau2_assumption, "")
    sentence = f"{label}{statistic}, {fmt.p_statement(test.p_value)}{words}."
    if test.residual_q is not None:
        rest = fmt.statistic("Q", test.residual_q, test.residual_df)
        sentence += (
            f" Residual heterogeneity within groups: {rest}, "
            f"{fmt.p_statement(test.residual_p_value)}."
        )
    return f"{sentence} {_stop(note)}" if note else sentence


@dataclass(frozen=True)
class TrialRow:
    """A trial as the table of trials shows it; all texts are ready to print."""

    label: str
    year: str
    comparison: str
    experimental: str
    control: str
    effect: str
    margin: str
    margin_source: str
    weight: str
    weight_common: str
    inputs: tuple[tuple[str, str], ...]
    rung: str
    formula: str
    reference: str
    facts: tuple[str, ...]
    flags: tuple[str, ...]
    row_ids: tuple[str, ...]
    source: Source
    locator: str
    grade: str
    read_at: tuple[str, ...]
    trial_id: str = ""


def trial_rows(result: ComparativeResult) -> tuple[tuple[str, tuple[TrialRow, ...]], ...]:
    """Prepare the trials of a question, group by group in the order of the groups."""
    by_group: dict[str, list[TrialRow]] = {group.label: [] for group in result.groups}
    for trial in result.trials:
        by_group.setdefault(trial.group, []).append(_trial_row(trial, result))
    return tuple((label, tuple(rows)) for label, rows in by_group.items())


def printed_effect(trial: Trial, result: ComparativeResult) -> str:
    """Print a trial's effect in the digits of its report, as analysed where it printed none."""
    measure, printed = get_measure(result.measure), trial.printed
    if printed is None or not printed.is_of(result.settings.level):
        return effect_text(trial, measure)
    return fmt.as_printed(printed.texts, measure)


def _trial_row(trial: Trial, result: ComparativeResult) -> TrialRow:
    derivation, flags = trial.derivation, trial.flags
    facts = [
        trial.definition,
        f"{trial.maturity} analysis" if trial.maturity else "",
        trial.population,
        _EXTRACTION.get(trial.extraction, ""),
    ]
    if len(result.endpoints) > 1:
        facts.insert(0, trial.endpoint)
    measure = get_measure(result.measure)
    own, shown = effect_text(trial, measure), printed_effect(trial, result)
    return TrialRow(
        label=trial.label,
        year=fmt.whole(trial.year),
        comparison=trial.comparison,
        experimental=_arm(trial.experimental),
        control=_arm(trial.control),
        effect=shown,
        margin=margin_text(trial, result),
        margin_source=trial.margin.source if trial.margin is not None else "",
        weight=fmt.percent(trial.weight),
        weight_common=fmt.percent(trial.weight_common),
        inputs=(*flatten(derivation.inputs), *([("analysed", own)] if shown != own else ())),
        rung=derivation.rung,
        formula=derivation.formula,
        reference=derivation.reference,
        facts=tuple(fact for fact in facts if fact and not any(fact in flag for flag in flags)),
        flags=flags,
        row_ids=trial.row_ids,
        source=source_of(trial.source, result.sources.get(trial.source)),
        locator=trial.locator,
        grade=trial.grade,
        read_at=trial.read_at,
        trial_id=trial.trial_id,
    )


_EXTRACTION: Final = {"single": "found by one reader", "double": "found by two readers"}


def heading_of_arms(trials: Iterable[Trial]) -> str:
    """Say what stands in the columns of the arms."""
    arms = [arm for trial in trials for arm in (trial.experimental, trial.control)]
    if any(arm.mean is not None for arm in arms):
        return "mean (SD), n"
    return "events in person-time" if any(arm.time is not None for arm in arms) else "events/n"


def _arm(arm: Arm) -> str:
    return fmt.arm_of(arm.n, arm.events, arm.time, arm.mean, arm.sd)


@dataclass(frozen=True)
class ExcludedRow:
    """Rows of one trial that fell out at one stage for one reason, each with its printed number."""

    trial_id: str
    label: str
    stage: str
    reason: str
    rows: tuple[tuple[str, str], ...]
    is_pooled: bool


@dataclass(frozen=True)
class Reason:
    """A reason and how many rows it took out."""

    stage: str
    reason: str
    count: str
    rows: int


def candidate_rows(result: Result) -> tuple[ExcludedRow, ...]:
    """List the rows that could have entered the pool and did not.

    Trials without any pooled result come first: they are what a pool misses.
    """
    pooled = {trial.trial_id for trial in result.trials}
    merged: dict[tuple[str, str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in result.excluded:
        if row.is_candidate:
            label = row.label or row.trial_id
            of = merged[row.trial_id, label, row.stage, row.reason]
            of.append((row.row_id, row.printed))
    rows = [
        ExcludedRow(trial_id, label, stage, reason, tuple(own), trial_id in pooled)
        for (trial_id, label, stage, reason), own in merged.items()
    ]
    return tuple(sorted(rows, key=lambda row: (row.is_pooled, row.label.casefold())))


def other_reasons(result: Result) -> tuple[Reason, ...]:
    """Count the rows that were never candidates by reason, the commonest first.

    Reasons that differ in what follows a colon are one: "not by A: B" and "not by A: C" become
    "not by A: B 12, C 3".
    """
    merged: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in result.excluded:
        if not row.is_candidate:
            reason, _, particular = row.reason.partition(": ")
            merged[row.stage, reason][particular] += 1
    ordered = sorted(merged.items(), key=lambda item: (-item[1].total(), item[0]))
    return tuple(
        Reason(stage, _with_counts(reason, found), fmt.whole(found.total()), found.total())
        for (stage, reason), found in ordered
    )


def _with_counts(reason: str, found: Counter[str]) -> str:
    """Name what follows the colon, with its number of rows where it differs."""
    if len(found) == 1:
        (only,) = found
        return f"{reason}: {only}" if only else reason
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0].casefold()))
    named = ", ".join(f"{name or 'no more said'} {fmt.whole(n)}" for name, n in ordered)
    return f"{reason}: {named}"


def flatten(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Turn nested settings into pairs of name and text, keeping their order."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from flatten(part, f"{name} {key}".strip().replace("_", " "))
    elif isinstance(value, list | tuple):
        if value:
            yield name, _list(value)
    elif value is not None and value != "":
        yield name, {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _list(values: Sequence[Any]) -> str:
    if any(isinstance(value, list | tuple) for value in values):
        return "; ".join(" versus ".join(map(str, value)) for value in values)
    return ", ".join(str(value) for value in values)


def _stop(text: str) -> str:
    return text if text.endswith(".") else text + "."

"""A network on the page: each node against the reference, and what the numbers rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions.shared.words.parts import Part
from trialpool.questions.shared.words.sides import effect_text, joined
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.records.network import (
    ChiSquare,
    LeagueEntry,
    NetworkAgain,
    NetworkFit,
    NetworkResult,
    NodeEffect,
)

FOREST_REMARK: Final = " of the direct comparisons"
# Smaller contributions are left out of a line of text; the record has all.
_SHOWN: Final = 0.01


@dataclass(frozen=True)
class NodeRow:
    """A node against the reference: texts that are ready to print."""

    node: str
    trials: str
    patients: str
    effect: str
    prediction: str
    evidence: str
    from_comparisons: str


@dataclass(frozen=True)
class LeagueRow:
    """A node against each of the others, in the order of the columns."""

    node: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SplitRow:
    """A pair with direct and indirect evidence."""

    pair: str
    direct: str
    indirect: str
    p_value: str


@dataclass(frozen=True)
class CircumstanceRow:
    """A trial and comparison, and what it was made in."""

    comparison: str
    trial: str
    year: str
    population: str
    columns: tuple[str, ...]
    risk: str


@dataclass(frozen=True)
class AgainRow:
    """The network again: what is different, what is left, what moves."""

    label: str
    reason: str
    k: str
    tau: str
    inconsistency: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class NetworkSection:
    """What the section shows; `fit` is False where no trial compares the reference."""

    reference: str
    fit: bool
    sentences: tuple[str, ...]
    statements: tuple[str, ...]
    nodes: tuple[NodeRow, ...]
    ranks: tuple[tuple[str, str, str], ...]
    league: tuple[LeagueRow, ...]
    splits: tuple[SplitRow, ...]
    parts: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    circumstances: tuple[CircumstanceRow, ...]
    again: tuple[AgainRow, ...]
    merged: tuple[str, ...]


def figures(_: NetworkResult) -> tuple[str, ...]:
    """Name the figures beside the forest plot."""
    return ("network",)


def parts(result: NetworkResult) -> tuple[Part, ...]:
    """Prepare the section on the network."""
    network, labels = result.network, {trial.trial_id: trial.label for trial in result.trials}
    fit = network.fit
    merged = tuple(
        f"{joined(one.nodes)} taken as {one.name}: {one.reason}." for one in network.merged
    )
    columns = tuple(dict.fromkeys(c for one in network.circumstances for c in one.columns))
    shown = NetworkSection(
        reference="" if fit is None else fit.reference,
        fit=fit is not None,
        sentences=() if fit is None else tuple(f"{one.sentence}." for one in fit.effects),
        statements=() if fit is None else tuple(_statements(fit, result)),
        nodes=() if fit is None else tuple(_nodes(fit, result)),
        ranks=() if fit is None else _ranks(fit),
        league=() if fit is None else tuple(_league(fit, result)),
        splits=() if fit is None else tuple(_splits(fit, result)),
        parts=tuple(
            (", ".join(part.nodes), ", ".join(labels.get(trial, trial) for trial in part.trials))
            for part in network.parts
        ),
        columns=tuple(column.replace("_", " ") for column in columns),
        circumstances=tuple(_circumstances(result, columns)),
        again=tuple(_again(one, fit) for one in network.again),
        merged=merged,
    )
    return (Part("network", "network/page.html.j2", shown),)


def _statements(fit: NetworkFit, result: NetworkResult) -> Iterator[str]:
    """Say how large the network is, how much its trials differ and whether paths agree."""
    patients = [node.n for node in fit.nodes]
    counted = "" if None in patients else f", {fmt.whole(sum(n or 0 for n in patients))} patients"
    yield f"{fmt.whole(len(fit.nodes))} nodes, {fmt.whole(fit.k)} trials{counted}."
    if fit.tau is not None:
        limits = fmt.interval(fit.tau_ci_lower, fit.tau_ci_upper, get_measure("generic"))
        yield (
            f"τ {fmt.number(fit.tau)} [{limits}] for all comparisons, {fit.prior}; by restricted "
            f"maximum likelihood {fmt.number(fit.tau2**0.5)}."
        )
    yield f"Differences within comparisons: {_test(fit.heterogeneity)}."
    yield f"Inconsistency between paths: {_test(fit.inconsistency)}."
    if fit.inconsistency.p_value is not None:
        yield f"With differences between trials allowed for: {_test(fit.design_by_treatment)}."
    if fit.no_ranks:
        yield f"No ranks: {fit.no_ranks}."


def _test(test: ChiSquare) -> str:
    if test.q is None:
        return test.note or "not estimable"
    return f"{fmt.statistic('Q', test.q, test.df)}, {fmt.p_statement(test.p_value)}"


def _nodes(fit: NetworkFit, result: NetworkResult) -> Iterator[NodeRow]:
    measure = get_measure(result.measure)
    known = {node.name: node for node in fit.nodes}
    for one in fit.effects:
        node = known[one.treatment]
        yield NodeRow(
            node=one.treatment,
            trials=fmt.whole(one.k),
            patients=fmt.whole(node.n),
            effect=effect_text(one, measure),
            prediction=fmt.interval(one.pi_lower, one.pi_upper, measure),
            evidence=one.evidence,
            from_comparisons=_contributions(one),
        )


def _contributions(one: NodeEffect) -> str:
    return "; ".join(
        f"{share.treatment} v {share.against} {fmt.percent(share.share, 0)}"
        for share in one.comparisons
        if share.share >= _SHOWN
    )


def _ranks(fit: NetworkFit) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (
            one.treatment,
            f"{fmt.whole(one.median)} [{fmt.whole(one.lower)} to {fmt.whole(one.upper)}]",
            fmt.number(one.p_score),
        )
        for one in fit.ranks
    )


def _league(fit: NetworkFit, result: NetworkResult) -> Iterator[LeagueRow]:
    measure = get_measure(result.measure)
    entries = {(one.treatment, one.against): one for one in fit.league}
    names = [node.name for node in fit.nodes]
    for row in names:
        yield LeagueRow(row, tuple(_cell(entries, row, column, measure) for column in names))


def _cell(
    entries: Mapping[tuple[str, str], LeagueEntry], row: str, column: str, measure: Measure
) -> tuple[str, str]:
    if (row, column) in entries:
        one = entries[row, column]
        values = (one.estimate, one.ci_lower, one.ci_upper)
    elif (column, row) in entries:
        one = entries[column, row]
        values = (-one.estimate, -one.ci_upper, -one.ci_lower)
    else:
        return "", ""
    return fmt.effect_with_interval(*values, measure), one.evidence


def _splits(fit: NetworkFit, result: NetworkResult) -> Iterator[SplitRow]:
    measure = get_measure(result.measure)
    for one in fit.league:
        if one.direct is not None and one.indirect is not None:
            yield SplitRow(
                pair=f"{one.treatment} v {one.against}",
                direct=effect_text(one.direct, measure),
                indirect=effect_text(one.indirect, measure),
                p_value=fmt.p_value(one.p_difference),
            )


def _circumstances(result: NetworkResult, columns: Sequence[str]) -> Iterator[CircumstanceRow]:
    known = {one.row_ids: one for one in result.network.circumstances}
    for trial in result.trials:
        found = known[trial.row_ids]
        risk = found.control_risk
        yield CircumstanceRow(
            comparison=trial.group,
            trial=trial.label,
            year=fmt.NOT_AVAILABLE if trial.year is None else str(trial.year),
            population=trial.population or fmt.NOT_AVAILABLE,
            columns=tuple(found.columns.get(c, "") or fmt.NOT_AVAILABLE for c in columns),
            risk=fmt.NOT_AVAILABLE
            if risk is None
            else f"{fmt.percent(risk.risk, 0)} ({risk.basis})",
        )


def _again(one: NetworkAgain, main: NetworkFit | None) -> AgainRow:
    """Show a network beside the main one: the sentences that are not in that."""
    fit = one.fit
    known = set() if main is None else {effect.sentence for effect in main.effects}
    new = () if fit is None else tuple(e.sentence for e in fit.effects if e.sentence not in known)
    return AgainRow(
        label=one.label,
        reason="" if one.merged is None else f"{one.merged.reason}.",
        k=fmt.NOT_AVAILABLE if fit is None else fmt.whole(fit.k),
        tau=fmt.NOT_AVAILABLE if fit is None or fit.tau is None else fmt.number(fit.tau),
        inconsistency=fmt.NOT_AVAILABLE if fit is None else _test(fit.inconsistency),
        sentences=tuple(f"{text}." for text in new),
    )


def methods(results: Sequence[NetworkResult], cite: Citations) -> Section | None:
    """Say how networks are analysed."""
    if not results:
        return None
    text = (
        "A node of a network is what an arm is given, by the names under which drugs are compared; "
        "what a question takes as one node stands with its reason. All comparisons of a trial "
        "enter by one report, those that share an arm with their covariance "
        f"{cite('rucker2014')}. One τ holds for all comparisons, with the prior of the pairwise "
        "questions; its posterior gives the estimates and verdicts, generalised least squares with "
        "the Hartung-Knapp interval with floor stand in the record. An estimate that rests on one "
        "trial is that trial’s. Direct and indirect evidence is told apart by back-calculation, "
        f"inconsistency by Q between designs {cite('krahn2013')}, contributions by shortest "
        f"paths {cite('papakonstantinou2018')}. Ranks {cite('rucker2015')} are given where the "
        "network has a loop or at least four degrees of freedom, never without their interval. "
        "Only the part that holds the reference is analysed. A network assumes that its trials "
        "could stand for each other; what speaks for and against stands in a table per trial."
    )
    return Section("Networks", (text,))

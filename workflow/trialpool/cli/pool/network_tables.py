"""A network meta-analysis as tables for a reader, on the scale of the measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.network import sources
from trialpool.cli.pool.tables import estimate, heading, new_table, printed, table_row
from trialpool.findings import shorten
from trialpool.measures import Measure, get_measure
from trialpool.pooling.network import NetworkResult
from trialpool.pooling.network.graph import Pair
from trialpool.pooling.network.inconsistency import EvidenceSplit, NetworkTest
from trialpool.pooling.network.posterior import NetworkPosterior

# A league table of more treatments is wider than a terminal.
_MOST_IN_LEAGUE: Final = 5
_WIDEST: Final = 118


def in_tables(
    result: NetworkResult,
    recognised: str,
    posterior: NetworkPosterior | None = None,
    judged: Mapping[Pair, Mapping[str, float]] | None = None,
) -> str:
    """Write a result for a reader.

    Parameters
    ----------
    result : NetworkResult
    recognised : str
        What the file was taken for.
    posterior : NetworkPosterior, optional
    judged : mapping, optional
        Per comparison the share of each judgement of the trials.
    """
    measure = get_measure(result.measure)
    return printed(
        [
            *_parts(result, measure),
            *(sources.bayes(result, posterior, measure) if posterior is not None else ()),
            *sources.contributions(result, judged),
            *_remarks(result, recognised),
        ]
    )


def _parts(result: NetworkResult, measure: Measure) -> Iterator[Table | Text]:
    yield Text(_title(result, measure), style="bold")
    yield _against_reference(result, measure)
    yield Text("\n".join(_statistics(result)))
    if _league_fits(result, measure):
        yield Text("\nLeague table: row against column, random effects", style="bold")
        yield _league(result, measure)
    yield Text("\nDirect and indirect evidence, random effects", style="bold")
    yield _evidence(result, measure)
    hidden = len(result.direct_indirect) - len(_shown_pairs(result))
    if hidden:
        yield Text(f"The other {hidden} pairs: indirect evidence alone; --json has them.")


def _remarks(result: NetworkResult, recognised: str) -> Iterator[Text]:
    yield Text(f"\nRead as {recognised}.")
    for left in result.left_out:
        yield Text(f"Not analysed: {shorten(left.label)}: {left.reason}.")
    for part in result.components[1:]:
        names = ", ".join(shorten(name) for name in part.treatments)
        yield Text(f"Not connected with {result.reference}: {names}.")
    if result.corrected:
        names = ", ".join(shorten(name) for name in result.corrected)
        yield Text(f"0.5 added to both cells of all arms of (a zero cell): {names}.")
    for warning in result.warnings:
        yield Text(f"Warning: {warning}.")
    for note in result.notes:
        yield Text(f"Note: {note}.")


def _title(result: NetworkResult, measure: Measure) -> str:
    unit = measure.display_unit
    name = measure.name[0].upper() + measure.name[1:] + (f" ({unit})" if unit else "")
    trials = "1 trial" if result.k == 1 else f"{result.k} trials"
    several = sum(len(study.treatments) > 2 for study in result.studies)
    arms = f" ({several} with more than two arms)" if several else ""
    return (
        f"{name}, network of {len(result.treatments)} treatments, {trials}{arms}, random effects, "
        f"τ² by {result.tau2.method}, {sources.interval_words(result.interval)}"
    )


def _against_reference(result: NetworkResult, measure: Measure) -> Table:
    head = heading(result.level, measure)
    table = new_table(
        f"Against {shorten(result.reference, 40)}", "Trials", head, "Prediction", "Common effect",
        "P-score", "Rank",
    )  # fmt: skip
    places = {rank.treatment: rank for rank in result.ranking().ranks}
    for name in result.ranked():
        trials = sum(name in study.treatments for study in result.studies)
        cells = ("reference", "", "")
        if name != result.reference:
            found = result.compare(name, result.reference)
            common = result.compare(name, result.reference, "common")
            cells = (
                estimate(found, measure),
                fmt.interval(found.pi_lower, found.pi_upper, measure),
                estimate(common, measure),
            )
        ranks, rank = ("", ""), places.get(name)
        if rank is not None:
            ranks = (fmt.number(rank.p_score, 3), f"{rank.median} [{rank.lower} to {rank.upper}]")
        table_row(table, name, str(trials), *cells, *ranks)
    return table


def _statistics(result: NetworkResult) -> Iterator[str]:
    if result.no_ranks:
        yield f"No ranks: {result.no_ranks}."
    else:
        yield (
            "P-scores: 1 is certainly the best, 0 certainly the worst; rank: median and "
            f"{fmt.level(result.level)} limits; small values are {result.small_values}."
        )
    tau2, parts = result.tau2, result.decomposition
    shown = fmt.tau_squared_with_interval(tau2.value, tau2.lower, tau2.upper)
    yield (
        f"Heterogeneity: τ² {shown}, I² {fmt.i_squared(tau2.i2)}, {_test('Q', parts.total)}; "
        f"within designs {_test('Q', parts.within)}"
    )
    if parts.between.q is None:
        yield f"Inconsistency: {parts.between.note}"
        return
    random = parts.interaction
    told = (
        f"{_test('Q', random)} with τ² {fmt.tau_squared(random.tau2)} within designs"
        if random.q is not None
        else random.note
    )
    yield (
        f"Inconsistency between designs: common effect {_test('Q', parts.between)}; "
        f"random effects (design by treatment) {told}"
    )


def _test(name: str, test: NetworkTest) -> str:
    if test.q is None:
        return test.note
    return f"{fmt.statistic(name, test.q, test.df)}, {fmt.p_statement(test.p_value)}"


def _league_fits(result: NetworkResult, measure: Measure) -> bool:
    names = result.ranked()
    if len(names) > _MOST_IN_LEAGUE:
        return False
    widest = max(
        len(estimate(found, measure)) for row in result.league().values() for found in row.values()
    )
    heads = sum(3 + max(widest, min(len(name), 30)) for name in names)
    return heads + max(min(len(name), 30) for name in names) <= _WIDEST


def _league(result: NetworkResult, measure: Measure) -> Table:
    names = result.ranked()
    table = new_table("", *(shorten(name, 30) for name in names))
    league = result.league()
    for a in names:
        table_row(table, a, *("·" if a == b else estimate(league[a][b], measure) for b in names))
    return table


def _shown_pairs(result: NetworkResult) -> list[EvidenceSplit]:
    """Give every pair, of many treatments only those that trials compare."""
    few = len(result.treatments) <= _MOST_IN_LEAGUE
    return [split for split in result.direct_indirect if few or split.k]


def _evidence(result: NetworkResult, measure: Measure) -> Table:
    split = ("p split",) if result.node_splits else ()
    table = new_table("Comparison", "k", "Share", "Network", "Direct", "Indirect", "p", *split)
    splits = {(s.treat1, s.treat2): s for s in result.node_splits}
    for found in _shown_pairs(result):
        own = splits.get((found.treat1, found.treat2))
        comparison = f"{shorten(found.treat1, 30)} – {shorten(found.treat2, 30)}"
        table_row(
            table,
            comparison,
            str(found.k),
            fmt.percent(found.proportion_direct, 0),
            _effect(found.estimate, found.se, result, measure),
            _effect(found.direct, found.direct_se, result, measure),
            _effect(found.indirect, found.indirect_se, result, measure),
            fmt.p_value(found.p_value),
            *(fmt.p_value(None if own is None else own.p_value) for _ in split),
        )
    return table


def _effect(own: float | None, se: float | None, result: NetworkResult, measure: Measure) -> str:
    if own is None or se is None:
        return fmt.NOT_AVAILABLE
    half = result.quantile * se
    return fmt.effect_with_interval(own, own - half, own + half, measure)

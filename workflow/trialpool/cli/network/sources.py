"""Where network estimates come from, and their Bayesian counterparts, as tables for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.pool.tables import heading, new_table, table_row
from trialpool.findings import shorten
from trialpool.measures import Measure
from trialpool.pooling.network import NetworkResult
from trialpool.pooling.network.graph import Pair
from trialpool.pooling.network.intervals import NetworkInterval
from trialpool.pooling.network.posterior import NetworkPosterior

_MOST_NAMED: Final = 3


def interval_words(own: NetworkInterval) -> str:
    """Name the interval of the random-effects estimates."""
    if own.method == "wald":
        return "Wald intervals"
    floor = "" if own.method == "hk" else " with floor"
    return f"Hartung-Knapp intervals{floor} (t with {own.df} degrees of freedom)"


def contributions(
    result: NetworkResult, judged: Mapping[Pair, Mapping[str, float]] | None
) -> Iterator[Table | Text]:
    """Which comparisons and trials the estimates against the reference rest on."""
    pairs = [(a, result.reference) for a in result.ranked() if a != result.reference]
    found = result.contributions(pairs)
    yield Text("\nContributions to the estimates, random effects: the largest", style="bold")
    table = new_table(f"Against {shorten(result.reference, 30)}", "Direct", "Comparisons", "Trials")
    for row, (name, _) in enumerate(pairs):
        shares: dict[tuple[str, ...], float] = dict(
            zip(found.comparisons, found.by_comparison[row].tolist(), strict=True)
        )
        both = (name, result.reference), (result.reference, name)
        direct = sum(shares.pop(pair, 0.0) for pair in both)
        trials: dict[tuple[str, ...], float] = {
            (label,): share
            for label, share in zip(found.studies, found.by_study[row].tolist(), strict=True)
        }
        cells = (_largest(shares, 20), _largest(trials, 24))
        table_row(table, shorten(name, 30), fmt.percent(direct, 0), *cells)
    yield table
    if judged is None:
        return
    words = list(dict.fromkeys(word for shares in judged.values() for word in shares))
    yield Text("\nShare of the evidence by the judgement of its trials", style="bold")
    table = new_table(f"Against {shorten(result.reference, 30)}", *(shorten(w, 30) for w in words))
    for (name, _), of_words in judged.items():
        percents = tuple(fmt.percent(of_words.get(word, 0.0), 0) for word in words)
        table_row(table, shorten(name, 30), *percents)
    yield table


def _largest(shares: Mapping[tuple[str, ...], float], width: int) -> str:
    order = sorted(shares.items(), key=lambda own: -own[1])[:_MOST_NAMED]
    return ", ".join(
        f"{' – '.join(shorten(name, width) for name in names)} {fmt.percent(share, 0)}"
        for names, share in order
        if share >= 0.005
    )


def bayes(
    result: NetworkResult, posterior: NetworkPosterior, measure: Measure
) -> Iterator[Table | Text]:
    """Posterior of the effects against the reference."""
    yield Text(f"\nBayesian model, {posterior.prior}", style="bold")
    table = new_table(
        f"Against {shorten(result.reference, 40)}", heading(result.level, measure), "Prediction",
        "P(lower)",
    )  # fmt: skip
    for name in result.ranked():
        if name == result.reference:
            continue
        own = posterior.compare(name, result.reference)
        table_row(
            table,
            name,
            fmt.effect_with_interval(own.estimate, own.ci_lower, own.ci_upper, measure),
            fmt.interval(own.pi_lower, own.pi_upper, measure),
            fmt.probability(own.p_below),
        )
    yield table
    tau = ", ".join(fmt.number(x, 3) for x in (posterior.tau_lower, posterior.tau_upper))
    yield Text(f"τ {fmt.number(posterior.tau, 3)} [{tau.replace(', ', ' to ')}].")

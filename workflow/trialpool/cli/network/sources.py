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
        comparisons = [
            (f"{shorten(a, 20)} – {shorten(b, 20)}", share, {a, b} == {name, result.reference})
            for (a, b), share in zip(
                found.comparisons, found.by_comparison[row].tolist(), strict=True
            )
        ]
        direct = sum(share for _, share, own in comparisons if own)
        trials = [
            (shorten(label, 24), share)
            for label, share in zip(found.studies, found.by_study[row].tolist(), strict=True)
        ]
        cells = (_largest([(n, s) for n, s, own in comparisons if not own]), _largest(trials))
        table_row(table, shorten(name, 30), fmt.percent(direct, 0), *cells)
    yield table
    if judged is None:
        return
    words = list(dict.fromkeys(word for shares in judged.values() for word in shares))
    yield Text("\nShare of the evidence by the judgement of its trials", style="bold")
    table = new_table(f"Against {shorten(result.reference, 30)}", *(shorten(w, 30) for w in words))
    for (name, _), shares in judged.items():
        own = tuple(fmt.percent(shares.get(word, 0.0), 0) for word in words)
        table_row(table, shorten(name, 30), *own)
    yield table


def _largest(shares: list[tuple[str, float]]) -> str:
    order = sorted(shares, key=lambda own: -own[1])[:_MOST_NAMED]
    return ", ".join(f"{n} {fmt.percent(share, 0)}" for n, share in order if share >= 0.005)


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

"""Class effects, components and covariates of a network on the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.sides import effect_text, joined
from trialpool.records.network import (
    AssumedEffect,
    ChiSquare,
    ClassesFit,
    ComponentsFit,
    CovariateFit,
    NamedEffect,
    NetworkResult,
    Spread,
    SpreadAgain,
)


@dataclass(frozen=True)
class AssumedRow:
    """A node against the reference under a model that assumes more."""

    node: str
    effect: str
    through: str


@dataclass(frozen=True)
class AssumedModel:
    """Such a model: what it is, what it says, its other effects by name."""

    heading: str
    statements: tuple[str, ...]
    sentences: tuple[str, ...]
    rows: tuple[AssumedRow, ...]
    named_heading: str
    named: tuple[tuple[str, str], ...]


def test_words(test: ChiSquare) -> str:
    """Write a test, or why there is none."""
    if test.q is None:
        return test.note or "not estimable"
    return f"{fmt.statistic('Q', test.q, test.df)}, {fmt.p_statement(test.p_value)}"


def assumed_models(result: NetworkResult) -> Iterator[AssumedModel]:
    """Show class effects and components, or why they could not be fitted."""
    network = result.network
    if network.classes is not None:
        yield _classes(network.classes, result)
    if network.components is not None:
        yield _components(network.components, result)
    for name, reason in network.assumed.items():
        yield AssumedModel(f"With {name}", (f"Not estimable: {reason}.",), (), (), "", ())


def _classes(found: ClassesFit, result: NetworkResult) -> AssumedModel:
    told = [f"{one.name}: {joined(one.nodes)}. {one.reason}." for one in found.asked.of]
    alike = "equal" if found.spread is None else "alike"
    told.append(
        f"Effects of the nodes of a class are taken as {alike}; {fmt.whole(found.k)} trials."
    )
    if found.spread is not None:
        told.append(
            f"Spread within classes {_spread(found.spread)}, τ {_spread(found.tau)}, "
            f"{found.spread.prior}."
        )
    told.append(f"That the nodes of a class are equal: {test_words(found.q_difference)}.")
    told += [f"With the prior of the spread × {one.factor:g}: {_of_joined(one, found, result)}."
             for one in found.again if any(x.through for x in found.effects)]  # fmt: skip
    return AssumedModel(
        heading="With class effects",
        statements=(*told, *(f"{note}." for note in found.notes)),
        sentences=tuple(f"{one.sentence}." for one in found.effects if one.sentence),
        rows=tuple(_assumed_rows(found.effects, result)),
        named_heading="Mean of the class",
        named=tuple(_named(found.means, result)),
    )


def _of_joined(again: SpreadAgain, found: ClassesFit, result: NetworkResult) -> str:
    measure, through = (
        get_measure(result.measure),
        {x.treatment for x in found.effects if x.through},
    )
    return "; ".join(
        f"{one.name} {effect_text(one.effect, measure)}"
        for one in again.effects
        if one.effect is not None and one.name in through
    )


def _components(found: ComponentsFit, result: NetworkResult) -> AssumedModel:
    return AssumedModel(
        heading="With components: effects of drugs add up",
        statements=(
            f"{found.asked.reason}.",
            f"{fmt.whole(found.k)} trials, τ² {fmt.tau_squared(found.tau2)}. That effects add up, "
            f"against the model of the nodes: {test_words(found.q_difference)}.",
            *(f"{note}." for note in found.notes),
        ),
        sentences=tuple(f"{one.sentence}." for one in found.effects if one.sentence),
        rows=tuple(_assumed_rows(found.effects, result)),
        named_heading="Component",
        named=tuple(_named(found.components, result)),
    )


def _spread(own: Spread) -> str:
    limits = fmt.interval(own.lower, own.upper, get_measure("generic"))
    return f"{fmt.number(own.value)} [{limits}]"


def _assumed_rows(effects: Sequence[AssumedEffect], result: NetworkResult) -> Iterator[AssumedRow]:
    measure = get_measure(result.measure)
    for one in effects:
        effect = one.note if one.effect is None else effect_text(one.effect, measure)
        yield AssumedRow(one.treatment, effect, one.through)


def _named(effects: Sequence[NamedEffect], result: NetworkResult) -> Iterator[tuple[str, str]]:
    measure = get_measure(result.measure)
    for one in effects:
        yield one.name, one.note if one.effect is None else effect_text(one.effect, measure)


def covariate_words(one: CovariateFit, labels: Mapping[str, str]) -> str:
    """Say how effects change with a covariate, or why that is not estimable."""
    missing = ", ".join(labels.get(trial, trial) for trial in one.missing)
    without = f" Not given for: {missing}." if missing else ""
    if one.slope is None:
        return f"{one.covariate}: {one.reason}.{without}"
    numbers = (one.slope.estimate, one.slope.ci_lower, one.slope.ci_upper)
    slope, lower, upper = (fmt.number(x, 3) for x in numbers)
    return (
        f"{one.covariate}: every effect against the reference changes by {slope} [{lower} to "
        f"{upper}] on the analysis scale, {fmt.p_statement(one.p_value)}; {fmt.whole(one.k)} "
        f"trials, τ² {fmt.tau_squared(one.tau2)} (without it {fmt.tau_squared(one.tau2_without)}). "
        f"A comparison between trials, not between patients.{without}"
    )

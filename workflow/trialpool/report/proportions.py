"""Questions about proportions of single arms, as their section of the page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.report import tables
from trialpool.report.sources import Source, source_of
from trialpool.report.svg import InlineFigure, SharedStyles, inline_figure

Record = Mapping[str, Any]
MODELS: Final[dict[str, str]] = {
    "glmm": "Binomial-normal mixed model",
    "logit": "Logit, inverse variance (Hartung-Knapp with floor)",
    "freeman-tukey": "Double arcsine, inverse variance (Hartung-Knapp with floor)",
}


@dataclass(frozen=True)
class ProportionGroup:
    """A group: counts, and its proportion under each model in the order of `MODELS`."""

    label: str
    k: str
    counts: str
    models: tuple[str, ...]
    prediction: str
    basis: str
    note: str


@dataclass(frozen=True)
class ProportionTrial:
    """A trial's own proportion with its exact interval."""

    group: str
    label: str
    treatment: str
    counts: str
    effect: str
    flags: tuple[str, ...]
    row_ids: tuple[str, ...]
    source: Source | None
    locator: str


@dataclass(frozen=True)
class ProportionQuestion:
    """A question of single arms as its section shows it."""

    anchor: str
    folder: str
    record: Record
    heading: str
    level: str
    endpoint: str
    groups: tuple[ProportionGroup, ...]
    trials: tuple[ProportionTrial, ...]
    candidates: tuple[tables.ExcludedRow, ...]
    others: tuple[tables.Reason, ...]
    settings: tuple[tuple[str, str], ...]
    figure: InlineFigure | None


def prepare_proportions(
    record: Record, svg: str | None, anchor: str, styles: SharedStyles
) -> ProportionQuestion:
    """Prepare the section of one question; `styles` are those of the page's figures."""
    return ProportionQuestion(
        anchor=anchor,
        folder=f"../questions/{record['id']}",
        record=record,
        heading=str(record["title"]),
        level=fmt.level(record["settings"]["level"]),
        endpoint=", ".join(record["endpoint_names"].values()),
        groups=tuple(_group(group, record) for group in record["groups"]),
        trials=tuple(_trial(trial, record) for trial in record["trials"]),
        candidates=tables.candidate_rows(record),
        others=tables.other_reasons(record),
        settings=tuple(tables.flatten(record["settings"])),
        figure=None if svg is None else inline_figure(svg, record["id"], styles),
    )


def _percent(pool: Record) -> str:
    limits = (pool["ci_lower"], pool["ci_upper"])
    return fmt.effect_with_interval(pool["estimate"], *limits, get_measure(pool["measure"]))


def _group(group: Record, record: Record) -> ProportionGroup:
    models, primary = group["models"], group["primary_model"]
    prediction = fmt.NOT_AVAILABLE
    if primary in models:
        pool = models[primary]
        measure = get_measure(pool["measure"])
        prediction = fmt.interval(pool["pi_lower"], pool["pi_upper"], measure)
    basis = "none is primary" if primary is None else MODELS.get(primary, "the trial itself")
    return ProportionGroup(
        label=str(group["label"]),
        k=fmt.whole(group["k"]),
        counts=fmt.count_of(group["events"], group["n"]),
        models=tuple(
            _percent(models[name]) if name in models else fmt.NOT_AVAILABLE for name in MODELS
        ),
        prediction=prediction,
        basis=basis,
        note=str(group["primary_note"]),
    )


def _trial(trial: Record, record: Record) -> ProportionTrial:
    own, arm = trial["proportion"], trial["experimental"]
    return ProportionTrial(
        group=str(trial["group"]),
        label=str(trial["label"]),
        treatment=str(trial["comparison"]),
        counts=fmt.count_of(arm["events"], arm["n"]),
        effect=fmt.effect_with_interval(
            own["estimate"], own["ci_lower"], own["ci_upper"], get_measure("PR")
        ),
        flags=tuple(trial["flags"]),
        row_ids=tuple(trial["row_ids"]),
        source=source_of(str(trial["source"]), record["sources"]),
        locator=str(trial["locator"]),
    )

"""From the diamond to the paper: one block per pooled trial, ready to print."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.provenance.text import MODELS, fate, interval, rung_line, standard_error
from trialpool.records.explanations import (
    DerivedEffect,
    PooledRow,
    ReportedResult,
    TrialExplanation,
    Use,
)
from trialpool.report.sources import doi_link, linked, pmid_link

# Cells that say which row it is, not what was printed.
_NOT_PRINTED: Final = frozenset({"row_id", "trial_id", "measure"})


@dataclass(frozen=True)
class Pooled:
    """A row in a question's pool: the diamond, the square and its weight."""

    question: str
    heading: str
    group: str
    diamonds: tuple[str, ...]
    square: str
    weight: str
    weight_common: str


@dataclass(frozen=True)
class PaperRow:
    """A pooled row with everything between its square and the page it was read on."""

    row_id: str
    endpoint: str
    pooled: tuple[Pooled, ...]
    number: str
    rung: str
    formula: str
    reference: str
    inputs: str
    rungs: tuple[str, ...]
    printed: tuple[tuple[str, str], ...]
    place: str
    cited: tuple[tuple[str, str], ...]
    page_read: str
    note: str
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    """A trial that some question pools; `others` are the results that none does."""

    trial_id: str
    anchor: str
    trial: str
    rows: tuple[PaperRow, ...]
    others: tuple[tuple[str, str], ...]


def paper_anchor(trial_id: str) -> str:
    """Return the anchor of a trial's block."""
    return "paper-" + re.sub(r"[^a-zA-Z0-9-]+", "-", trial_id)


def prepare_papers(
    explanations: Sequence[TrialExplanation], anchors: Mapping[str, str]
) -> dict[str, Paper]:
    """Prepare the blocks.

    Parameters
    ----------
    explanations : sequence of TrialExplanation
        By `trialpool.provenance.explain.explain_trial`.
    anchors : mapping of str to str
        Anchor of each question on the page.

    Returns
    -------
    dict of str to Paper
        By trial, in the order given.
    """
    return {record.trial_id: _paper(record, anchors) for record in explanations}


def _paper(record: TrialExplanation, anchors: Mapping[str, str]) -> Paper:
    others = [
        (_described(row), fate(row))
        for row in record.rows
        # Restricted means repeat a curve at every horizon: they are named in their question.
        if not row.pooled_in and row.table != "reconstructed_survival"
    ]
    return Paper(
        record.trial_id,
        paper_anchor(record.trial_id),
        record.trial,
        tuple(_row(pooled, anchors) for pooled in record.pooled),
        tuple(others),
    )


def _described(row: ReportedResult) -> str:
    parts = (row.endpoint, row.result, row.arms, ", ".join(row.about.values()))
    return " · ".join(part for part in parts if part)


def _row(record: PooledRow, anchors: Mapping[str, str]) -> PaperRow:
    effect, source = record.effect, record.source
    links = (doi_link(source.doi), pmid_link(source.pmid))
    used = "" if effect is None else effect.rung
    return PaperRow(
        row_id=record.row_id,
        endpoint=record.endpoint,
        pooled=tuple(_pooled(use, anchors) for use in record.questions or ()),
        number="" if effect is None else _number(effect),
        rung=used,
        formula="" if effect is None else effect.formula,
        reference="" if effect is None else effect.reference,
        inputs="" if effect is None else "; ".join(map(" ".join, effect.inputs.items())),
        rungs=tuple(rung_line(rung) for rung in record.rungs if rung.name != used),
        printed=tuple(
            (name.replace("_", " "), text)
            for name, text in record.printed.items()
            if name not in _NOT_PRINTED
        ),
        place=source.place,
        cited=linked(source.citation, [link for link in links if link is not None]),
        page_read=source.page_read,
        note=source.note,
        findings=tuple(
            f"{found.level}, {found.column}: {found.message}" for found in record.findings
        ),
    )


def _number(effect: DerivedEffect) -> str:
    if effect.status == "effect":
        return standard_error(effect)
    return f"{effect.events} of {effect.n}" if effect.status == "count" else effect.reason


def _pooled(use: Use, anchors: Mapping[str, str]) -> Pooled:
    measure = get_measure(use.measure)
    return Pooled(
        question=anchors.get(use.question, ""),
        heading=use.title,
        group=use.group,
        diamonds=tuple(
            f"{MODELS[name]} {interval(model, measure)}"
            for name, model in use.models.items()
            if name in MODELS
        ),
        square=f"{measure.code} {interval(use, measure)}",
        weight=fmt.percent(use.weight),
        weight_common=fmt.percent(use.weight_common),
    )

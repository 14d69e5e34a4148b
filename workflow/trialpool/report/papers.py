"""From the diamond to the paper: the pooled rows of a trial, ready to print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.effects.flags import OF_ARM
from trialpool.measures import get_measure
from trialpool.provenance.text import MODELS, interval, rung_line, standard_error
from trialpool.records.explanations import (
    DerivedEffect,
    PooledRow,
    TrialExplanation,
    Use,
)
from trialpool.report.shown import ShownQuestion
from trialpool.report.sources import doi_link, linked, pmid_link

# Cells that say which row it is, not what was printed.
_NOT_PRINTED: Final = frozenset({"row_id", "trial_id", "measure"})


@dataclass(frozen=True)
class Pooled:
    """A row in a question's pool: the diamond, the square and its weight."""

    href: str
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


def paper_rows(
    record: TrialExplanation, questions: Mapping[str, ShownQuestion]
) -> tuple[PaperRow, ...]:
    """Prepare the pooled rows of a trial.

    Parameters
    ----------
    record : TrialExplanation
        By `trialpool.provenance.explain.explain_trial`.
    questions : mapping of str to ShownQuestion
        By id.
    """
    return tuple(_row(pooled, questions) for pooled in record.pooled)


def _row(record: PooledRow, questions: Mapping[str, ShownQuestion]) -> PaperRow:
    effect, source = record.effect, record.source
    links = (doi_link(source.doi), pmid_link(source.pmid))
    used = "" if effect is None else effect.rung
    return PaperRow(
        row_id=record.row_id,
        endpoint=record.endpoint,
        pooled=tuple(_pooled(use, questions) for use in record.questions or ()),
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
    if effect.status in ("effect", *OF_ARM):
        return standard_error(effect)
    return f"{effect.events} of {effect.n}" if effect.status == "count" else effect.reason


def _pooled(use: Use, questions: Mapping[str, ShownQuestion]) -> Pooled:
    measure = get_measure(use.measure)
    return Pooled(
        href=questions[use.question].href if use.question in questions else "",
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

"""The section of results that are in the data and in no question, ready to print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.records.chapters import NotAsked, NotAskedResult
from trialpool.report.shown import ShownQuestion
from trialpool.report.sources import Source, source_of

_HEADINGS: Final = {
    "time_to_event": "Times to an event, between arms",
    "responses": "Responses, counts of the arms of one report",
    "response_contrasts": "Responses, published effects between arms",
    "means": "Means, the arms of one report",
    "rates": "Rates, the arms of one report",
    "correlations": "Correlations, the arms of one report",
    "outcome_contrasts": "Means and rates, published effects between arms",
    "biomarker_contrasts": "Outcome with and without a marker, under the same treatment",
}


@dataclass(frozen=True)
class NotAskedRow:
    """A result as the section shows it.

    `whom` is its population or level of a marker, `question` the title of the nearest question.
    """

    trial_id: str
    trial: str
    endpoint: str
    contrast: str
    whom: str
    printed: str
    grade: str
    source: Source
    locator: str
    read_at: tuple[str, ...]
    href: str
    question: str
    reason: str
    row_ids: tuple[str, ...]


@dataclass(frozen=True)
class NotAskedTable:
    """The results of one raw table."""

    heading: str
    count: str
    rows: tuple[NotAskedRow, ...]


@dataclass(frozen=True)
class NotAskedSection:
    """The whole section; `asked` counts the other results of these kinds."""

    total: str
    asked: str
    tables: tuple[NotAskedTable, ...]


def prepare_not_asked(
    record: NotAsked | None, questions: Mapping[str, ShownQuestion]
) -> NotAskedSection | None:
    """Prepare the section.

    Parameters
    ----------
    record : NotAsked or None
    questions : mapping of str to ShownQuestion
        By id.

    Returns
    -------
    NotAskedSection or None
        None without a record, or where every result is asked for.
    """
    if record is None or not record.results:
        return None
    tables = []
    for table in dict.fromkeys(one.table for one in record.results):
        rows = tuple(_row(record, one, questions) for one in record.results if one.table == table)
        tables.append(NotAskedTable(_HEADINGS.get(table, table), fmt.whole(len(rows)), rows))
    return NotAskedSection(fmt.whole(len(record.results)), fmt.whole(record.asked), tuple(tables))


def _row(
    record: NotAsked, one: NotAskedResult, questions: Mapping[str, ShownQuestion]
) -> NotAskedRow:
    nearest = questions.get(one.question)
    level = f"{one.biomarker} {one.biomarker_level}".strip()
    return NotAskedRow(
        trial_id=one.trial_id,
        trial=one.trial,
        endpoint=one.endpoint,
        contrast=one.contrast,
        whom="; ".join(dict.fromkeys(text for text in (one.population, level) if text)),
        printed=one.printed,
        grade=one.grade,
        source=source_of(one.source, record.sources.get(one.source)),
        locator=one.locator,
        read_at=one.read_at,
        href="" if nearest is None else nearest.href,
        question=one.question if nearest is None else nearest.heading,
        reason=one.reason,
        row_ids=one.row_ids,
    )

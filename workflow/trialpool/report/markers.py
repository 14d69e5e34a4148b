"""The tables of rows that report a marker: one table per kind of row and chapter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import MEASURES, get_measure
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records import chapters as records
from trialpool.report.sources import Source, source_of

_TITLES: Final = {
    "effects": "Treatment effect by level of a marker",
    "responses": "Response rate by level of a marker",
    "outcomes": "One level of a marker against another, under one treatment",
}
_CAPTIONS: Final = {
    "effects": "Two arms compared among the patients of one level: whether a marker predicts what "
    "a treatment adds. Confidence intervals of {level} as analysed; a printed interval of "
    "another level is converted, and its last digit can differ from the printed one.",
    "responses": "Patients with a response in one arm at one level. One arm alone cannot tell "
    "prediction from prognosis. A rate is as printed, or computed where only counts were.",
    "outcomes": "Prognosis: who does better under the same treatment, not what a treatment adds. "
    "Ratios with confidence intervals of {level} as analysed; rates and medians as printed "
    "(NR: not reached).",
}
_COLUMNS: Final = {
    "effects": ("Level", "Ratio [CI]", "Remarks"),
    "responses": ("Arm", "Level", "Events/n", "Rate", "Remarks"),
    "outcomes": ("Arm", "Levels compared", "Ratio [CI] or values", "Remarks"),
}
# Classes of the cells that hold words; all others hold numbers.
_CLASSES: Final = {
    "Arm": "label",
    "Level": "level",
    "Levels compared": "label",
    "Remarks": "notes",
}


@dataclass(frozen=True)
class MarkerRow:
    """One row; `cells` in the order of the table's columns."""

    cells: tuple[str, ...]
    row_id: str
    source: Source
    locator: str


@dataclass(frozen=True)
class MarkerSet:
    """Rows of one trial and endpoint, and for effects of one comparison."""

    trial_id: str
    trial: str
    comparison: str
    endpoint: str
    levels: str
    rows: tuple[MarkerRow, ...]


@dataclass(frozen=True)
class MarkerTable:
    """All rows of one kind in a chapter, by marker, and their sources without identifier."""

    title: str
    summary: str
    caption: str
    columns: tuple[tuple[str, str], ...]
    markers: tuple[tuple[str, tuple[MarkerSet, ...]], ...]
    unlinked: tuple[Source, ...]


def marker_table(
    kind: str,
    markers: records.Markers,
    sources: Mapping[str, records.ShortSource],
    level: float,
    questions: Mapping[str, Any],
) -> MarkerTable:
    """Prepare the rows of one kind.

    Parameters
    ----------
    kind : {"effects", "responses", "outcomes"}
    markers : trialpool.records.chapters.Markers
        The chapter's markers.
    sources : mapping of str to ShortSource
    level : float
        Level of the confidence intervals.
    questions : mapping
        Question id to an object with a `heading`.
    """
    sets, labels = markers.sets()[kind], markers.labels
    by_marker: dict[str, list[MarkerSet]] = {}
    for one in sets:
        rows = tuple(
            MarkerRow(
                (*_cells(row), _remarks(row, questions)),
                row.row_id,
                _source(row.source_id, sources),
                row.locator,
            )
            for row in one.rows
        )
        levels = "" if kind == "outcomes" else ", ".join(one.levels)
        shown = MarkerSet(one.trial_id, one.trial, one.comparison, one.endpoint, levels, rows)
        by_marker.setdefault(labels[one.marker], []).append(shown)
    return MarkerTable(
        title=_TITLES[kind],
        summary=_summary(kind, sets, labels),
        caption=_CAPTIONS[kind].format(level=fmt.level(level)),
        columns=tuple((name, _CLASSES.get(name, "num")) for name in _COLUMNS[kind]),
        markers=tuple((marker, tuple(found)) for marker, found in by_marker.items()),
        unlinked=tuple(_unlinked(by_marker)),
    )


def _source(source_id: str, sources: Mapping[str, records.ShortSource]) -> Source:
    cited = sources.get(source_id)
    return source_of(source_id, cited, short=cited.short if cited is not None else "")


def _unlinked(by_marker: Mapping[str, Sequence[MarkerSet]]) -> list[Source]:
    found = {
        row.source.source_id: row.source
        for sets in by_marker.values()
        for one in sets
        for row in one.rows
        if not row.source.links
    }
    return sorted(found.values(), key=lambda source: source.citation.casefold())


def _summary(kind: str, sets: Sequence[records.MarkerSet], labels: Mapping[str, str]) -> str:
    counts: Counter[str] = Counter()
    for one in sets:
        counts[one.marker] += len(one.rows)
    total, trials = sum(counts.values()), len({one.trial_id for one in sets})
    each = ", ".join(f"{labels[marker]} {fmt.whole(count)}" for marker, count in counts.items())
    return (
        f"{_TITLES[kind]}: {fmt.whole(total)} {'row' if total == 1 else 'rows'} from "
        f"{fmt.whole(trials)} {'trial' if trials == 1 else 'trials'} ({each})"
    )


def _ratio(row: records.EffectRow | records.OutcomeRow) -> str:
    """Print a ratio with its measure, a dash where there is none."""
    if row.estimate is None:
        return fmt.NOT_AVAILABLE
    return f"{row.measure} {effect_text(row, get_measure(row.measure))}"


def _versus(first: str, second: str) -> str:
    """Join two values, "28.6% v 53.1%"; only the known one where one is missing."""
    return " v ".join(part for part in (first, second) if part) or fmt.NOT_AVAILABLE


def _cells(row: records.MarkerRow) -> tuple[str, ...]:
    """Cells of a row in the order of its table's columns, without the remarks."""
    match row:
        case records.EffectRow():
            return (row.level or "not given", _ratio(row))
        case records.ResponseRow():
            counts = fmt.count_of(row.events, row.n)
            return (row.arm, row.level or "not given", counts, _rate(row))
        case records.OutcomeRow():
            levels = _versus(row.level_a, row.level_b)
            return (row.arm or "all arms together", levels, _outcome(row))
    raise TypeError(f"no cells for {type(row).__name__}")


def _rate(row: records.ResponseRow) -> str:
    if row.percent:
        return f"{row.percent}%"
    if row.events is None or row.n is None:
        return fmt.NOT_AVAILABLE
    return fmt.percent(row.events / row.n)


def _outcome(row: records.OutcomeRow) -> str:
    if row.measure in MEASURES:
        return _ratio(row)
    unit = "%" if row.measure == "percent" else ""
    prefix = "median " if row.measure == "median" else ""
    return prefix + _versus(_with_unit(row.value_a, unit), _with_unit(row.value_b, unit))


def _with_unit(value: str, unit: str) -> str:
    return value + unit if value and unit and not value.endswith(unit) else value


def _remarks(row: records.MarkerRow, questions: Mapping[str, Any]) -> str:
    """Join what a reader should know of a row, each thing once."""
    used = [questions[q].heading for q in row.questions if q in questions]
    words = [
        *_described(row),
        _no_effect(row),
        row.note,
        f"in the pool of: {', '.join(used)}" if used else "",
    ]
    return "; ".join(dict.fromkeys(word for word in words if word))


def _described(row: records.MarkerRow) -> tuple[str, ...]:
    """Say whom a row is about and how sure it is."""
    match row:
        case records.EffectRow():
            analysis = f"{row.maturity} analysis" if row.maturity else ""
            patients = _patients(row.n_experimental, row.n_control)
            return (row.population, row.assessor, patients, analysis, _p_value(row.p_value))
        case records.ResponseRow():
            return (row.definition,)
        case records.OutcomeRow():
            return (_patients(row.n_a, row.n_b), _p_value(row.p_value))
    return ()


def _p_value(printed: str) -> str:
    return f"p {printed}" if printed else ""


def _patients(first: int | None, second: int | None) -> str:
    """Say how many patients were compared, "192 v 96 patients"."""
    if first is None or second is None:
        return ""
    return f"{_versus(fmt.whole(first), fmt.whole(second))} patients"


def _no_effect(row: records.MarkerRow) -> str:
    """Say why a row has no usable number; a rate or a median by level needs no excuse."""
    if row.status in ("effect", "count"):
        return ""
    if isinstance(row, records.OutcomeRow) and row.measure in ("percent", "median"):
        return ""
    return "no interval" if row.status == "estimate-only" else row.reason

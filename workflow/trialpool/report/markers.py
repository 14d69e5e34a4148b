"""The tables of rows that report a marker: one table per kind of row and chapter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import MEASURES, get_measure
from trialpool.records.files import from_plain
from trialpool.records.groups import SourceCited
from trialpool.report.sources import Source, source_of

Record = Mapping[str, Any]

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
    kind: str, markers: Record, sources: Record, level: float, questions: Mapping[str, Any]
) -> MarkerTable:
    """Prepare the rows of one kind.

    Parameters
    ----------
    kind : {"effects", "responses", "outcomes"}
    markers : mapping
        The chapter's markers: their ``labels`` and the sets of each kind.
    sources : mapping
        Source id to its citation.
    level : float
        Level of the confidence intervals.
    questions : mapping
        Question id to an object with a `heading`.
    """
    cells, sets, labels = _CELLS[kind], markers[kind], markers["labels"]
    by_marker: dict[str, list[MarkerSet]] = {}
    for one in sets:
        rows = tuple(
            MarkerRow(
                (*cells(row), _remarks(row, questions)),
                row["row_id"],
                _source(row["source_id"], sources),
                row["locator"],
            )
            for row in one["rows"]
        )
        levels = "" if kind == "outcomes" else ", ".join(one["levels"])
        shown = MarkerSet(one["trial"], one["comparison"], one["endpoint"], levels, rows)
        by_marker.setdefault(labels[one["marker"]], []).append(shown)
    return MarkerTable(
        title=_TITLES[kind],
        summary=_summary(kind, sets, labels),
        caption=_CAPTIONS[kind].format(level=fmt.level(level)),
        columns=tuple((name, _CLASSES.get(name, "num")) for name in _COLUMNS[kind]),
        markers=tuple((marker, tuple(found)) for marker, found in by_marker.items()),
        unlinked=tuple(_unlinked(by_marker)),
    )


def _source(source_id: str, sources: Record) -> Source:
    if source_id not in sources:
        return source_of(source_id, None)
    cited = sources[source_id]
    return source_of(source_id, from_plain(cited, SourceCited), short=str(cited["short"]))


def _unlinked(by_marker: Mapping[str, Sequence[MarkerSet]]) -> list[Source]:
    found = {
        row.source.source_id: row.source
        for sets in by_marker.values()
        for one in sets
        for row in one.rows
        if not row.source.links
    }
    return sorted(found.values(), key=lambda source: source.citation.casefold())


def _summary(kind: str, sets: Sequence[Record], labels: Record) -> str:
    counts: Counter[str] = Counter()
    for one in sets:
        counts[one["marker"]] += len(one["rows"])
    total, trials = sum(counts.values()), len({one["trial_id"] for one in sets})
    each = ", ".join(f"{labels[marker]} {fmt.whole(count)}" for marker, count in counts.items())
    return (
        f"{_TITLES[kind]}: {fmt.whole(total)} {'row' if total == 1 else 'rows'} from "
        f"{fmt.whole(trials)} {'trial' if trials == 1 else 'trials'} ({each})"
    )


def _ratio(row: Record) -> str:
    """Print a ratio with its measure, a dash where there is none."""
    if row["estimate"] is None:
        return fmt.NOT_AVAILABLE
    shown = fmt.effect_with_interval(
        row["estimate"], row["ci_lower"], row["ci_upper"], get_measure(row["measure"])
    )
    return f"{row['measure']} {shown}"


def _versus(first: str, second: str) -> str:
    """Join two values, "28.6% v 53.1%"; only the known one where one is missing."""
    return " v ".join(part for part in (first, second) if part) or fmt.NOT_AVAILABLE


def _effect_cells(row: Record) -> tuple[str, ...]:
    return (row["level"] or "not given", _ratio(row))


def _response_cells(row: Record) -> tuple[str, ...]:
    rate = fmt.NOT_AVAILABLE
    if row["percent"]:
        rate = f"{row['percent']}%"
    elif row["events"] is not None:
        rate = fmt.percent(row["events"] / row["n"])
    return (
        row["arm"],
        row["level"] or "not given",
        fmt.count_of(row["events"], row["n"]),
        rate,
    )


def _outcome_cells(row: Record) -> tuple[str, ...]:
    if row["measure"] in MEASURES:
        shown = _ratio(row)
    else:
        unit = "%" if row["measure"] == "percent" else ""
        values = (_with_unit(row[name], unit) for name in ("value_a", "value_b"))
        prefix = "median " if row["measure"] == "median" else ""
        shown = prefix + _versus(*values)
    return (row["arm"] or "all arms together", _versus(row["level_a"], row["level_b"]), shown)


def _with_unit(value: str, unit: str) -> str:
    return value + unit if value and unit and not value.endswith(unit) else value


_CELLS: Final[dict[str, Callable[[Record], tuple[str, ...]]]] = {
    "effects": _effect_cells,
    "responses": _response_cells,
    "outcomes": _outcome_cells,
}


def _remarks(row: Record, questions: Mapping[str, Any]) -> str:
    """Join what a reader should know of a row, each thing once."""
    used = [questions[q].heading for q in row["questions"] if q in questions]
    words = [
        str(row.get("population") or ""),
        str(row.get("definition") or ""),
        str(row.get("assessor") or ""),
        _patients(row, "n_experimental", "n_control") or _patients(row, "n_a", "n_b"),
        f"{row['maturity']} analysis" if row.get("maturity") else "",
        f"p {row['p_value']}" if row.get("p_value") else "",
        _no_effect(row),
        row["note"],
        f"in the pool of: {', '.join(used)}" if used else "",
    ]
    return "; ".join(dict.fromkeys(word for word in words if word))


def _patients(row: Record, *names: str) -> str:
    """Say how many patients were compared, "192 v 96 patients"."""
    counts = [fmt.whole(row[name]) for name in names if row.get(name) is not None]
    return f"{_versus(*counts)} patients" if len(counts) == len(names) else ""


def _no_effect(row: Record) -> str:
    """Say why a row has no usable number; a rate or a median by level needs no excuse."""
    if row["status"] in ("effect", "count") or row.get("measure") in ("percent", "median"):
        return ""
    if row["status"] == "estimate-only":
        return "no interval"
    return str(row["reason"])

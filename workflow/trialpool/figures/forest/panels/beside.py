"""Two results on one set of rows: one outcome beside another of the same trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from trialpool.figures.forest.figure import ForestFigure
from trialpool.figures.forest.options.display_options import (
    ARMS,
    COMPARISON,
    RIGHT,
    Choice,
    cell_value,
    extra_column,
    is_given,
    ordered,
    printable_choice,
)
from trialpool.figures.forest.options.forest_options import ForestOptions
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.panels.beside_notes import beside_alt, beside_notes
from trialpool.figures.forest.panels.draw import draw_panels, with_rows
from trialpool.figures.forest.panels.pairing import (
    Pairing,
    absence,
    pair_trials,
    shared_label,
    under_shared_names,
)
from trialpool.figures.forest.panels.table import (
    Absent,
    PanelRow,
    PanelTable,
    SharedColumn,
    merged,
    refuse_rob,
    without_rob,
)
from trialpool.figures.forest.rows import NOT_IN_THE_POOL, build_table, doi_url, flag_symbols
from trialpool.figures.forest.scaling import printable_record
from trialpool.figures.forest.table import Row, Table
from trialpool.figures.text.unprinted import notes_on_unprinted, printable
from trialpool.formatting import NOT_AVAILABLE, cell
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.results import ComparativeResult, Result
from trialpool.records.trials import Trial

# Width in points that each of the two plots would like.
_PLOT: Final = 128.0
# Lines of statistics that can say in their head whose they are.
_NAMED: Final = ("Heterogeneity", "Test for overall effect", "Overall effect")
_PER_ENDPOINT: Final = frozenset({*ARMS, "counts", *RIGHT})


def draw_beside(
    first: Result,
    second: Result,
    options: ForestOptions,
    *,
    names: tuple[str, str] | None = None,
) -> ForestFigure:
    """Draw two result records side by side, each trial on one row.

    Trials are matched by identifier and arms where both records have them, else by name.
    Rows stand in the order of the first record, what only the second has after its
    forerunner there. A trial without a result of one endpoint says so in its place.

    Parameters
    ----------
    first, second : Result
        Each has its own axis, weights and pools.
    options : ForestOptions
        By default at most 297 mm wide. `columns`: "comparison" and fields with one value for
        both stand once, after the trials; others (counts, weight, effect ...) before each
        plot. `columns_right`: after each plot.
    names : (str, str), optional
        What stands over the two plots; by default the names of their endpoints.

    Raises
    ------
    ValueError
        If a record compares nothing, a trial stands twice under one name, a column is
        unknown, or the width is too narrow.
    """
    preset, asked = options.preset, options.choice
    called = names or (_endpoint(first), _endpoint(second))
    if len(set(called)) < 2:
        raise ValueError(f"names={called!r}: the two plots must be told apart")
    chosen = under_shared_names(
        *(
            _own_order(record, asked.order, name)
            for record, name in zip((first, second), called, strict=True)
        )
    )
    heads = _Heads(called, short_names(first, second, names), options.title)
    printed = tuple(map(printable_record, chosen))
    table = build_beside(printed, preset, printable_choice(asked), heads.printable())
    last = notes_on_unprinted(
        (chosen, asked.arms, called, options.title),
        lambda: build_beside(chosen, preset, asked, heads),
    )
    return draw_panels(
        table,
        lambda clipped, enlarged: (*beside_notes(printed, table, clipped, enlarged), *last),
        beside_alt(printed, table),
        options,
    )


@dataclass(frozen=True)
class _Heads:
    """What the two plots are called, at length and in short, and the title over both."""

    names: tuple[str, str]
    codes: tuple[str, str]
    title: bool | str

    def printable(self) -> _Heads:
        """Copy with every text in characters that the font has."""
        (one, two), (first, second) = self.names, self.codes
        title = printable(self.title) if isinstance(self.title, str) else self.title
        return _Heads(
            (printable(one), printable(two)), (printable(first), printable(second)), title
        )


def _own_order(record: Result, order: str, name: str) -> ComparativeResult:
    if not isinstance(record, ComparativeResult):
        nothing: str = stage(kind_of(record), "figures").COMPARES_NOTHING
        raise ValueError(f"{name}: {nothing} have no plot beside another")
    try:
        return ordered(record, order)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _endpoint(record: Result) -> str:
    """Name of what a record estimates, as it stands over its plot."""
    text = " or ".join(record.endpoint_names.values()) or record.title
    return text[:1].upper() + text[1:]


def short_names(first: Result, second: Result, names: tuple[str, str] | None) -> tuple[str, str]:
    """Short names: the codes of the endpoints, else what the plots are called."""
    found = tuple("/".join(record.endpoints) for record in (first, second))
    if names is not None or not all(found) or len(set(found)) < 2:
        return names or (_endpoint(first), _endpoint(second))
    return found[0], found[1]


def joint_title(records: Sequence[Result]) -> str:
    """Put two titles together: "A, patients" and "B, patients" are "A and b, patients"."""
    (one, rest), (two, other) = (record.title.partition(", ")[::2] for record in records)
    if (one, rest) == (two, other):
        return records[0].title
    if rest != other:
        return " | ".join(record.title for record in records)
    lower = two[:1].lower() + two[1:] if two[1:2].islower() else two
    return f"{one} and {lower}{', ' if rest else ''}{rest}"


def build_beside(
    records: Sequence[ComparativeResult], preset: Preset, choice: Choice, heads: _Heads
) -> PanelTable:
    """Turn two records into rows that have a part in each of two panels."""
    refuse_rob(choice)
    names, codes, title = heads.names, heads.codes, heads.title
    pairing = pair_trials(records)
    columns, own = _columns(records, pairing, choice)
    halves = [_half(r, n, preset, own) for r, n in zip(records, names, strict=True)]
    rows: list[PanelRow] = []
    labels = merged(*([group.label for group in record.groups] for record in records))
    for label in labels:
        rows += _group_rows(label, records, halves, pairing, columns, codes)
    if any(record.overall is not None for record in records):
        rows += _pool_rows("", [_rows_of(half, "") for half in halves], codes)
    rows += _missing_rows(halves, codes)
    rows, flags = _with_letters(rows, halves, names)
    table = PanelTable(
        id=f"{records[0].id}-beside-{records[1].id}",
        title=title if isinstance(title, str) else joint_title(records),
        preset=halves[0].preset if halves[0].measure == halves[1].measure else preset,
        label_head=preset.label_head,
        shared=tuple(columns),
        rows=tuple(rows),
        panels=tuple(halves),
        names=names,
        codes=codes,
        widths=(_PLOT, _PLOT),
        flags=flags,
        dated=pairing.years_agree,
    )
    panels = tuple(with_rows(half, table, index) for index, half in enumerate(halves))
    return replace(table, panels=panels)


@dataclass(frozen=True)
class _Own:
    """Columns of each endpoint: before and after its plot; None leaves them to the preset."""

    before: tuple[str, ...]
    after: tuple[str, ...] | None
    arms: tuple[str, str] | None


def _columns(
    records: Sequence[ComparativeResult], pairing: Pairing, choice: Choice
) -> tuple[list[SharedColumn], _Own]:
    """Tell columns that both endpoints share from those that each has for itself."""
    every = [trial for record in records for trial in record.trials]
    if choice.columns is None:
        asked = [COMPARISON] if any(trial.comparison for trial in every) else []
    else:
        asked = list(choice.columns)
    shared, before = [], []
    for name in asked:
        if name in _PER_ENDPOINT or not _agrees(name, pairing):
            before.append(name)
        else:
            shared.append(name)
    for name in shared:
        if every and not any(is_given(cell_value(trial, name)) for trial in every):
            raise ValueError(f"columns: no trial of either result has {name}")
    return [_shared(name, every) for name in shared], _Own(
        tuple(before), choice.columns_right, choice.arms
    )


def _agrees(name: str, pairing: Pairing) -> bool:
    """Whether a field has the same value wherever a trial is in both results."""
    return all(
        cell_value(one, name) == cell_value(two, name)
        for one, two in pairing.rows.values()
        if one is not None and two is not None
    )


def _shared(name: str, trials: Sequence[Trial]) -> SharedColumn:
    if name == COMPARISON:
        return SharedColumn(name, "Comparison")
    extra = extra_column(name, trials)
    return SharedColumn(name, extra.head, extra.words)


def _half(record: ComparativeResult, name: str, preset: Preset, own: _Own) -> Table:
    """Build the table of one endpoint, whose rows are then put beside the other's."""
    choice = Choice(columns=own.before, columns_right=own.after, arms=own.arms)
    try:
        return without_rob(build_table(record, preset, choice))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _rows_of(half: Table, group: str) -> list[Row]:
    """Rows of a group; those on trials outside the pool, which have no group, left out."""
    rows = [row for row in half.rows if row.group == group]
    start = next((i for i, row in enumerate(rows) if row.label == NOT_IN_THE_POOL), len(rows))
    return rows[:start]


def _missing_rows(halves: Sequence[Table], short: Sequence[str]) -> list[PanelRow]:
    """Name the trials of tables that could not be pooled, each with the reason."""
    rows: list[PanelRow] = []
    for half, code in zip(halves, short, strict=True):
        own = [row for row in half.rows if not row.group]
        for row in own[len(_rows_of(half, "")) + 1 :]:
            rows.append(PanelRow("statistics", "", f"{code}: {row.label}"))
    return [PanelRow("heading", "", NOT_IN_THE_POOL), *rows] if rows else []


def _group_rows(
    label: str,
    records: Sequence[ComparativeResult],
    halves: Sequence[Table],
    pairing: Pairing,
    columns: Sequence[SharedColumn],
    short: Sequence[str],
) -> list[PanelRow]:
    own = [_rows_of(half, label) for half in halves]
    rows = [_heading(label, label, own)]
    found = [[row for row in part if row.kind == "trial"] for part in own]
    placed = [dict(zip(pairing.keys(i, label), found[i], strict=True)) for i in (0, 1)]
    for key in merged(list(placed[0]), list(placed[1])):
        trials = pairing.rows[key]
        known = next(trial for trial in trials if trial is not None)
        parts = tuple(placed[i].get(key) or absence(known, records[i], pairing, i) for i in (0, 1))
        source = next(part for part in parts if isinstance(part, Row))
        rows.append(
            PanelRow(
                "trial",
                label,
                shared_label(trials, halves[0].preset.label_style, with_year=pairing.years_agree),
                parts,
                tuple((c.name, _text(known, c)) for c in columns),
                trial_id=source.trial_id,
                url=source.url or doi_url(None),
            )
        )
    return [*rows, *_pool_rows(label, own, short)[1:]]


def _text(trial: Trial, column: SharedColumn) -> str:
    if column.name == COMPARISON:
        return trial.comparison or NOT_AVAILABLE
    return cell(cell_value(trial, column.name))


def _heading(group: str, label: str, own: Sequence[Sequence[Row]]) -> PanelRow:
    parts = tuple(next((r for r in part if r.kind == "heading"), None) for part in own)
    named = next((part.label for part in parts if part is not None), label)
    behind = next((part.behind for part in parts if part is not None), "")
    return PanelRow("heading", group, named, parts, behind=behind)


def _pool_rows(group: str, own: Sequence[Sequence[Row]], short: Sequence[str]) -> list[PanelRow]:
    """Head, pools and prediction intervals by name, then the heterogeneity of each endpoint."""
    rows = [_heading(group, group, own)]
    pools = [
        {(row.kind, row.label): row for row in part if row.kind in ("total", "pool", "prediction")}
        for part in own
    ]
    order = merged(list(pools[0]), list(pools[1]))
    first_pool = next((key for key in order if key[0] == "pool"), None)
    for key in order:
        parts: list[Row | Absent | None] = [part.get(key) for part in pools]
        if key == first_pool:
            for i in (0, 1):
                k = sum(row.kind == "trial" for row in own[i])
                if not pools[i] and k == 1:
                    parts[i] = Absent("one trial")
        found = [part.standing for part in parts if isinstance(part, Row)]
        standing = "primary" if "primary" in found else found[0]
        kind, label = key
        rows.append(PanelRow(kind, group, label, tuple(parts), standing=standing))
    for part, code in zip(own, short, strict=True):
        for row in part:
            if row.kind == "statistics":
                what, _, rest = row.label.partition(":")
                label = f"{what}, {code}:{rest}" if what in _NAMED else f"{code}: {row.label}"
                rows.append(PanelRow("statistics", group, label))
    return rows


def _with_letters(
    rows: Sequence[PanelRow], halves: Sequence[Table], names: Sequence[str]
) -> tuple[list[PanelRow], tuple[tuple[str, str], ...]]:
    """Give the notes of both endpoints their letters in the order in which they are met."""
    own = [dict(half.flags) for half in halves]

    def texts(part: Row | Absent | None, index: int) -> list[str]:
        if isinstance(part, Absent):
            return [f"{names[index]}: {text}" for text in part.flags]
        return [own[index][symbol] for symbol in part.flags] if part is not None else []

    met = [text for row in rows for i, part in enumerate(row.parts) for text in texts(part, i)]
    letters = flag_symbols(met)
    lettered = []
    for row in rows:
        parts = tuple(
            part if part is None else replace(part, flags=tuple(letters[t] for t in texts(part, i)))
            for i, part in enumerate(row.parts)
        )
        lettered.append(replace(row, parts=parts))
    return lettered, tuple((symbol, text) for text, symbol in letters.items())

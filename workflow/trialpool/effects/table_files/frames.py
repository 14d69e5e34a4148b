"""`trialpool.effect_sizes`: effects from arrays, from a data frame or from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from trialpool.effects.forms import FORMS, Form
from trialpool.effects.inputs import (
    MeasureRefusedError,
    Table,
    form_of,
    is_missing,
    lacking,
    named,
    read_effects,
    read_table,
)
from trialpool.effects.measures import MeasureOptions
from trialpool.effects.table_files.labels import row_labels
from trialpool.effects.typed import EffectSizes, Excluded
from trialpool.findings import InputError, shorten

if TYPE_CHECKING:
    import pandas as pd

# What remedies call an option of the command line, and what it is here.
_OPTIONS: Final = (
    ("with --drop-missing", "with drop_missing=True"),
    (r"say --columns \w+=[^.]+", "hand them in as yi, with standard errors as sei"),
    ("--columns NAME=HEADER,NAME=HEADER", 'effect_sizes(data, NAME="HEADER", …)'),
)


def effect_sizes(
    data: pd.DataFrame | Mapping[str, Any] | str | Path | None = None,
    *,
    measure: str | None = None,
    labels: str | Sequence[str] | None = None,
    drop_missing: bool = False,
    add: float = 0.5,
    to: str = "only0",
    drop00: bool | None = None,
    correct: bool = True,
    vtype: str | None = None,
    **columns: Any,
) -> EffectSizes:
    """Give effect sizes from a table, or from arrays, in one of the accepted sets of columns.

    Parameters
    ----------
    data : DataFrame, mapping of arrays, str or Path, optional
        A table with a row per trial, or the file that holds one. All its columns stay with
        the effects (`EffectSizes.data`), so that moderators, groups and clusters can be
        named in every analysis.
    measure : str, optional
        Code of the measure; needed where neither the columns say it nor `data.attrs`, as
        those of `trialpool.datasets` do.
    labels : str or sequence of str, optional
        The column that names the trials, or the names. By default a column that is called as
        such columns usually are (study, trial, author, …), else "1", "2", and so on.
    drop_missing : bool
        Whether rows that lack a number are left out, and named in `excluded`; otherwise they
        are an error that lists them.
    add, to, drop00, correct, vtype
        Of effects that are computed: `MeasureOptions`. By default 0.5 is added to the cells
        of a trial that has an empty one, and a trial with no event, or only events, in both
        arms is in `excluded` where the measure is a function of a ratio.
    **columns : array-like of shape (k,) or str
        What the numbers are, by name; a text is the name of a column of `data`:
        `events_control="deaths_placebo"`. Without any, the columns of `data` that bear the
        names are taken.
        yi with vi or sei: effects on the analysis scale (log for ratios); with both, they
        must say the same, and `vi` is used.
        hr, or, rr, rd, irr, md, smd, rom or cor: effects as printed (not logged), with
        ci_lower and ci_upper (and ci_level in percent, 95 where not given), with p_value
        (two-sided), or with sei (on the analysis scale). SE = (U − L)/(2z) on that scale:
        Parmar 1998, Stat Med 17:2815. `or_` stands for `or`, a word of Python.
        Counts, person-time, means, medians, correlations and so on: `docs/reference/measures.md`.
        o_minus_e, variance: observed minus expected events and their variance, log HR =
        (O − E)/V, SE = 1/√V (Yusuf et al. 1985, Prog Cardiovasc Dis 27:335).

    Returns
    -------
    EffectSizes

    Raises
    ------
    ValueError
        Naming every argument, position and value that is wrong and what is allowed.
    InputError
        If a file cannot be read as a table.
    """
    given = {name.removesuffix("_"): value for name, value in columns.items() if value is not None}
    options = MeasureOptions(add, to, drop00, correct, vtype)
    asked = measure or getattr(data, "attrs", {}).get("measure")
    frame, table = _read(data)
    try:
        table = _with_columns(table, given) if given or table is None else named(table, asked)
        return _derive(table, frame, asked, labels, options, drop_missing=drop_missing)
    except (InputError, MeasureRefusedError) as error:
        if isinstance(data, (str, Path)):
            raise
        raise ValueError(_in_words(error)) from None


def _in_words(error: Exception) -> str:
    """Say what is wrong with numbers that stand in no file."""
    if not isinstance(error, InputError):
        return str(error)
    lines = []
    for one in error.findings:
        value = f"={shorten(one.value)}" if one.column else ""
        place = f"{one.column}[{one.line - 1}]{value}: " if one.column and one.line else ""
        remedy = one.remedy
        for option, argument in _OPTIONS:
            remedy = re.sub(option, argument, remedy)
        lines.append(f"{place}{one.message} [{one.rule}] {remedy}".rstrip())
    return "\n".join(lines)


def _derive(
    table: Table,
    frame: pd.DataFrame | None,
    measure: str | None,
    labels: str | Sequence[str] | None,
    options: MeasureOptions,
    *,
    drop_missing: bool,
) -> EffectSizes:
    form = form_of(table, measure)
    if stray := [name for name in table.used if name not in form.columns and frame is None]:
        raise ValueError(f"{', '.join(stray)} does not go with {form.name}; leave it out")
    names = _labels(table, form, labels)
    gone = _without_numbers(form, table, names) if frame is not None or drop_missing else ()
    if gone and not drop_missing:
        told = "; ".join(f"{x.label}: {x.reason}" for x in gone)
        raise ValueError(f"{told}. Enter the numbers, or leave these out with drop_missing=True")
    lost = {x.row for x in gone}
    kept = [i for i in range(len(table.rows)) if i not in lost]
    if not kept:
        raise ValueError("no row has all its numbers: " + gone[0].reason)
    part = replace(
        table,
        rows=tuple(table.rows[i] for i in kept),
        lines=tuple(table.lines[i] for i in kept),
    )
    own = [names[i] for i in kept]
    effects = read_effects(part, measure, None, options, own)
    rows = tuple(kept[row] for row in effects.rows)
    entered = effects.entered
    assert entered is not None
    return replace(
        effects,
        rows=rows,
        excluded=(*gone, *(replace(x, row=kept[x.row]) for x in effects.excluded)),
        warnings=tuple(x.at(lambda row: kept[row]) for x in effects.warnings),
        data=None if frame is None else frame.iloc[list(rows)].reset_index(drop=True),
        entered=replace(entered, rows=tuple(kept[row] for row in entered.rows)),
    )


def _read(
    data: pd.DataFrame | Mapping[str, Any] | str | Path | None,
) -> tuple[pd.DataFrame | None, Table | None]:
    """Give the columns of the input as they are, and its cells as text."""
    if data is None:
        return None, None
    # Arrays alone need no data frame, and no time to load what makes one.
    import pandas as pd

    if isinstance(data, (str, Path)):
        table = read_table(Path(data))
        frame = pd.DataFrame(list(table.rows), columns=list(table.columns), dtype=object)
        return frame.apply(_numbers_if_all), table
    if not isinstance(data, (pd.DataFrame, Mapping)):
        raise TypeError(
            f"data is {type(data).__name__}; allowed: a data frame, a mapping of arrays, or the "
            "path of a table"
        )
    frame = pd.DataFrame(data).reset_index(drop=True)
    frame.columns = pd.Index([str(name) for name in frame.columns])
    if twice := frame.columns[frame.columns.duplicated()].tolist():
        raise ValueError(f"data has {', '.join(twice)} more than once; keep one of them")
    if frame.empty:
        raise ValueError("data is empty; at least one trial is needed")
    cells = {str(name): _texts(frame[name]) for name in frame}
    return frame, _as_table(cells)


def _as_table(cells: Mapping[str, Sequence[str]], used: Sequence[str] = ()) -> Table:
    k = len(next(iter(cells.values())))
    rows = tuple({name: values[i] for name, values in cells.items()} for i in range(k))
    return Table("data", tuple(cells), rows, tuple(range(1, k + 1)), used=tuple(used))


def _numbers_if_all(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column of a file as numbers if every cell that is not missing is one."""
    import pandas as pd

    known = column.where(~column.map(is_missing), None)
    numbers = pd.to_numeric(known, errors="coerce")
    return numbers if numbers.notna().sum() == known.notna().sum() > 0 else known


def _with_columns(table: Table | None, given: Mapping[str, Any]) -> Table:
    """Take the columns that the arguments name, and no other numbers."""
    known = {column for form in FORMS for column in form.columns}
    cells: dict[str, list[str]] = {}
    for name, value in given.items():
        if not isinstance(value, str):
            cells[name] = _numbers(name, value)
            continue
        if table is None:
            raise ValueError(f"{name}={value!r} is the name of a column, and there is no data")
        if value not in table.columns:
            there = ", ".join(table.columns)
            raise ValueError(f"{name}={value!r} is no column of data; there are: {there}")
        if name not in known:
            raise ValueError(f"{name} is not known; allowed: {', '.join(sorted(known))}")
        cells[name] = [row[value] for row in table.rows]
    sizes = {name: len(values) for name, values in cells.items()}
    if table is not None:
        sizes["data"] = len(table.rows)
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise ValueError(f"lengths differ: {told}; they must be equal")
    if empty := [name for name, size in sizes.items() if not size]:
        raise ValueError(f"{empty[0]} is empty; at least one trial is needed")
    if table is None:
        return _as_table(cells, tuple(cells)) if cells else Table("data", (), ({},), (1,))
    others = [name for name in table.columns if name not in known or name in cells]
    columns = tuple(dict.fromkeys((*others, *cells)))
    rows = tuple(
        {**row, **{name: values[i] for name, values in cells.items()}}
        for i, row in enumerate(table.rows)
    )
    return replace(table, columns=columns, rows=rows, used=tuple(cells))


def _numbers(argument: str, values: Any) -> list[str]:
    """Write numbers as text that reads back to the same double; text is not taken for numbers."""
    raw = np.asarray(values)
    if raw.ndim != 1:
        raise ValueError(f"{argument} has shape {raw.shape}; expected (k,)")
    if raw.size and raw.dtype.kind not in "fiu":
        raise ValueError(f"{argument} has entries of type {raw.dtype}; allowed: real numbers")
    return [repr(x) for x in raw.tolist()]


def _texts(column: pd.Series[Any]) -> list[str]:
    """Cells of a column as text: numbers so that they read back the same, nothing as empty."""
    return [
        "" if missing else value.strip() if isinstance(value, str) else _text(value)
        for value, missing in zip(column.tolist(), column.isna().tolist(), strict=True)
    ]


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _labels(table: Table, form: Form, labels: str | Sequence[str] | None) -> list[str]:
    k = len(table.rows)
    if labels is not None and not isinstance(labels, str):
        if len(labels) != k:
            raise ValueError(f"lengths differ: labels {len(labels)}, data {k}; they must be equal")
        return [str(label) for label in labels]
    if labels is not None and labels not in table.columns:
        there = ", ".join(table.columns)
        raise ValueError(f"labels={labels!r} is no column of data; there are: {there}")
    found = row_labels(table, [c for c in form.columns if c in table.columns], labels)
    unnamed = [f"line {line}" for line in table.lines]
    return [
        str(i + 1) if name == none else name
        for i, (name, none) in enumerate(zip(found, unnamed, strict=True))
    ]


def _without_numbers(form: Form, table: Table, labels: Sequence[str]) -> tuple[Excluded, ...]:
    """Rows that lack a number which the form needs."""
    columns = [name for name in form.columns if name in table.columns]
    missing = [lacking(form, columns, row) for row in table.rows]
    return tuple(
        Excluded(i, labels[i], f"{', '.join(table.header(c) for c in own)} not given")
        for i, own in enumerate(missing)
        if own
    )

"""`trialpool.effect_sizes`: effects from arrays, from a data frame or from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trialpool.effects.forms import FORMS, Form, choose_form, choose_measure
from trialpool.effects.inputs import LABEL_COLUMNS, is_missing, read_table
from trialpool.effects.measures import MeasureOptions
from trialpool.effects.typed import EffectSizes, Excluded, derive_rows

if TYPE_CHECKING:
    import pandas as pd

Cells = dict[str, list[str]]


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
        Code of the measure; needed where the columns do not say it (counts, means).
    labels : str or sequence of str, optional
        The column that names the trials, or the names. By default the first of label, study,
        trial, trial_id, author that is there, else "1", "2", and so on.
    drop_missing : bool
        Whether rows that lack a number are left out, and named in `excluded`; otherwise they
        are an error that lists them.
    add, to, drop00, correct, vtype
        Of effects that are computed: `MeasureOptions`.
    **columns : array-like of shape (k,) or str
        What the numbers are, by name (docs/pooling.md has all sets): `yi` with `vi` or `sei`
        on the analysis scale, log for ratios; a printed ratio `hr` with `ci_lower`,
        `ci_upper` and `ci_level` in percent, log HR = ln(hr), its standard error
        (ln upper - ln lower)/(2z) (Parmar 1998, Stat Med 17:2815); `events_experimental`,
        `n_experimental`, `events_control`, `n_control`; `events` and `n` of single arms;
        `o_minus_e` and `variance`, log HR = (O - E)/V, SE = 1/√V (Yusuf et al. 1985, Prog
        Cardiovasc Dis 27:335); and so on. A text is the name of a column of `data`:
        `events_control="deaths_placebo"`. Without any, the columns of `data` that bear these
        names are taken.

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
    table = _table(data)
    options = MeasureOptions(add, to, drop00, correct, vtype)
    given = {name.removesuffix("_"): value for name, value in columns.items() if value is not None}
    cells = _cells_of(given, table)
    headers = tuple(cells) if given or table is None else tuple(map(str, table))
    form = choose_form(headers, measure)
    if not given and table is not None:
        cells = {name: _texts(table[name]) for name in form.columns if name in table}
    if stray := [name for name in given if name not in form.columns]:
        raise ValueError(f"{', '.join(stray)} does not go with {form.name}; leave it out")
    chosen = choose_measure(form, measure)
    names = _labels(labels, table)
    sizes = {name: len(values) for name, values in cells.items()}
    if names is not None:
        sizes["labels"] = len(names)
    if len(set(sizes.values())) != 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise ValueError(f"lengths differ: {told}; they must be equal")
    k = sizes[next(iter(sizes))]
    if k == 0:
        raise ValueError(f"{next(iter(cells))} is empty; at least one trial is needed")
    names = names if names is not None else [str(i + 1) for i in range(k)]
    rows = [{name: values[i] for name, values in cells.items()} for i in range(k)]
    gone = _without_numbers(form, rows, names)
    if gone and not drop_missing and table is not None:
        told = "; ".join(f"{x.label}: {x.reason}" for x in gone)
        raise ValueError(f"{told}. Enter the numbers, or leave these out with drop_missing=True")
    kept = [i for i in range(k) if not drop_missing or i not in {x.row for x in gone}]
    if not kept:
        raise ValueError("no row has all its numbers: " + gone[0].reason)
    effects, faults = derive_rows(
        form, chosen, [rows[i] for i in kept], [names[i] for i in kept], options
    )
    if effects is None:
        moved = [replace(fault, row=kept[fault.row]) for fault in faults]
        raise ValueError("\n".join(fault.in_words() for fault in moved))
    return _in_place(effects, kept, gone if drop_missing else (), table)


def _in_place(
    effects: EffectSizes, kept: Sequence[int], gone: Sequence[Excluded], table: pd.DataFrame | None
) -> EffectSizes:
    """Count rows as the caller's input does, and add its columns."""
    rows = tuple(kept[row] for row in effects.rows)
    entered = effects.entered
    assert entered is not None
    return replace(
        effects,
        rows=rows,
        excluded=(*gone, *(replace(x, row=kept[x.row]) for x in effects.excluded)),
        warnings=tuple(replace(x, row=kept[x.row]) for x in effects.warnings),
        data=None if table is None else table.iloc[list(rows)].reset_index(drop=True),
        entered=replace(entered, rows=tuple(kept[row] for row in entered.rows)),
    )


def _table(data: pd.DataFrame | Mapping[str, Any] | str | Path | None) -> pd.DataFrame | None:
    if data is None:
        return None
    # Arrays alone need no data frame, and no time to load what makes one.
    import pandas as pd

    if isinstance(data, (str, Path)):
        table = read_table(Path(data))
        frame = pd.DataFrame(list(table.rows), columns=list(table.columns), dtype=object)
        return frame.apply(_numbers_if_all)
    if not isinstance(data, (pd.DataFrame, Mapping)):
        raise TypeError(
            f"data is {type(data).__name__}; allowed: a data frame, a mapping of arrays, or the "
            "path of a table"
        )
    frame = pd.DataFrame(data).reset_index(drop=True)
    frame.columns = pd.Index([str(name) for name in frame.columns])
    if twice := frame.columns[frame.columns.duplicated()].tolist():
        raise ValueError(f"data has {', '.join(twice)} more than once; keep one of them")
    return frame


def _numbers_if_all(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column of a file as numbers if every cell that is not missing is one."""
    import pandas as pd

    known = column.where(~column.map(is_missing), None)
    numbers = pd.to_numeric(known, errors="coerce")
    return numbers if numbers.notna().sum() == known.notna().sum() > 0 else known


def _cells_of(given: Mapping[str, Any], table: pd.DataFrame | None) -> Cells:
    """Cells of the arguments, by the name of what they hold."""
    known = {column for form in FORMS for column in form.columns}
    cells: Cells = {}
    for name, value in given.items():
        if not isinstance(value, str):
            cells[name] = _numbers(name, value)
            continue
        if table is None:
            raise ValueError(f"{name}={value!r} is the name of a column, and there is no data")
        if value not in table:
            there = ", ".join(table.columns)
            raise ValueError(f"{name}={value!r} is no column of data; there are: {there}")
        if name not in known:
            raise ValueError(f"{name} is not known; allowed: {', '.join(sorted(known))}")
        cells[name] = _texts(table[value])
    return cells


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
        "" if missing else value.strip() if isinstance(value, str) else repr(value)
        for value, missing in zip(column.tolist(), column.isna().tolist(), strict=True)
    ]


def _labels(labels: str | Sequence[str] | None, table: pd.DataFrame | None) -> list[str] | None:
    if labels is not None and not isinstance(labels, str):
        return [str(label) for label in labels]
    if table is None:
        if labels is not None:
            raise ValueError(f"labels={labels!r} is the name of a column, and there is no data")
        return None
    if labels is not None and labels not in table:
        raise ValueError(
            f"labels={labels!r} is no column of data; there are: {', '.join(table.columns)}"
        )
    name = labels or next((column for column in LABEL_COLUMNS if column in table), None)
    if name is None:
        return None
    pairs = zip(table[name].tolist(), table[name].isna().tolist(), strict=True)
    texts = ["" if missing else _label(value) for value, missing in pairs]
    return [text or str(i + 1) for i, text in enumerate(texts)]


def _label(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _without_numbers(
    form: Form, rows: Sequence[Mapping[str, str]], labels: Sequence[str]
) -> tuple[Excluded, ...]:
    """Rows that lack a number which the form needs."""
    found = []
    for i, row in enumerate(rows):
        needed = [name for name in (*form.required, *form.optional) if name in row]
        lacking = [
            name for name in needed if is_missing(row[name]) and name not in form.may_be_empty
        ]
        sets = [names for names in form.alternatives if set(names) <= set(row)]
        if sets and all(any(is_missing(row[name]) for name in names) for names in sets):
            lacking += [name for name in sets[0] if is_missing(row[name])]
        if lacking:
            found.append(Excluded(i, labels[i], f"{', '.join(lacking)} not given"))
    return tuple(found)

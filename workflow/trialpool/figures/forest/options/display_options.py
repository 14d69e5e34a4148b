"""What the caller of a plot chooses: its columns, names of the arms, and order of the trials."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import msgspec

from trialpool import formatting as fmt
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.text.unprinted import printable
from trialpool.records.base import Record
from trialpool.records.groups import Group
from trialpool.records.pools import Pool
from trialpool.records.results import Result
from trialpool.records.trials import WeighedTrial

R = TypeVar("R", bound=Result)

ARMS: Final = ("experimental", "control")
# The column that says what is compared.
COMPARISON: Final = "comparison"
LEFT: Final[tuple[str, ...]] = (COMPARISON, *ARMS)
RIGHT: Final[tuple[str, ...]] = ("effect", "margin", "weight", "rob")
BUILT_IN: Final[tuple[str, ...]] = (*LEFT, *RIGHT)
# The test of each effect against no difference.
P_VALUE: Final = "p"
# Absolute effects of the groups, of comparisons with a control risk.
ABSOLUTE: Final = "absolute"
ORDERS: Final = ("given", "estimate", "precision", "year", "label")
# What a record holds for machines.
_NOT_PRINTED: Final = frozenset(
    {"trial_id", "group", "label", "estimate", "se", "ci_lower", "ci_upper", "weight",
     "weight_common", "margin", "rob", "flags", "source", "cells", "experimental", "control"}
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """Columns and order; None leaves the decision to the preset.

    Attributes
    ----------
    columns, columns_right : tuple of str or None
        Columns between the trials and the plot, and after the plot: "comparison",
        "counts" (both arms), "effect", "weight", "margin", "rob", "p", "absolute" (per 1,000
        patients, of the pools), or any field of the trials.
    arms : (str, str) or None
        Names over the counts of the experimental and the control arm.
    order : str
        Of the trials within their group: "given", "estimate", "precision" (most precise
        first), "year", "label", or any field of the trials.
    rob_names : mapping of str to str
        What domains of risk of bias are called, where their tool's names do not do.
    """

    columns: tuple[str, ...] | None = None
    columns_right: tuple[str, ...] | None = None
    arms: tuple[str, str] | None = None
    order: str = "given"
    rob_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Extra:
    """A further column: its name, its head, and whether it holds words."""

    name: str
    head: str
    words: bool


def choose_columns(
    trials: Sequence[WeighedTrial], found: frozenset[str], choice: Choice, preset: Preset
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Extra, ...]]:
    """Say which columns stand left and right of the plot, in order.

    Parameters
    ----------
    trials : sequence of WeighedTrial
        Of the record.
    found : frozenset of str
        Optional built-in columns for which a trial has something to print.
    choice : Choice
    preset : Preset

    Returns
    -------
    left, right : tuple of str
    extras : tuple of Extra
        Those that are not built in.

    Raises
    ------
    ValueError
        If no trial has a column that was asked for, or one is asked for twice.
    """
    shown = {*found, "effect"}
    left = [name for name in LEFT if name in shown]
    right = [name for name in RIGHT if name in shown]
    if preset.numbers_left:
        moved = [name for name in ("margin", "weight", "effect") if name in right]
        left, right = [*left, *moved], [name for name in right if name == "rob"]
    if choice.columns is not None:
        numbers = [name for name in left if name in RIGHT]
        left = _expanded(choice.columns)
        if choice.columns_right is None:
            left += [name for name in numbers if name not in left]
        right = [name for name in right if name not in left]
    if choice.columns_right is not None:
        right = _expanded(choice.columns_right)
        if choice.columns is None:
            left = [name for name in left if name not in right]
    asked = [*left, *right]
    if twice := sorted({name for name in asked if asked.count(name) > 1}):
        raise ValueError(f"columns: {', '.join(twice)} is asked for twice")
    if "effect" not in asked:
        right.append("effect")
    extras = [name for name in asked if name not in BUILT_IN]
    allowed = sorted({COMPARISON, "counts", "effect", "weight", "margin"} | _fields(trials))
    allowed += [P_VALUE, *(name for name in ("rob", ABSOLUTE) if name in found)]
    lacking = [name for name in asked if name in LEFT and name not in found and trials]
    fields = _fields(trials) | {P_VALUE} | ({ABSOLUTE} & found)
    lacking += [name for name in extras if trials and name not in fields]
    lacking += [name for name in ("margin", "rob") if name in asked and name not in found]
    if lacking:
        raise ValueError(
            f"columns: no trial has {', '.join(lacking)}; there are: {', '.join(allowed)}"
        )
    columns = [
        Extra(P_VALUE, preset.style.p_letter, words=False)
        if _is_test(name, trials)
        else extra_column(name, trials)
        for name in extras
    ]
    return tuple(left), tuple(right), tuple(columns)


def _is_test(name: str, trials: Sequence[WeighedTrial]) -> bool:
    """Whether a column is the test against no difference; a column of the table goes before."""
    return name == P_VALUE and name not in _fields(trials)


def absolute_cells(group: Group, extras: Sequence[Extra]) -> tuple[tuple[str, str], ...]:
    """Print a group's effect in 1,000 patients, where its column is asked for and it has one."""
    if group.absolute is None or all(extra.name != ABSOLUTE for extra in extras):
        return ()
    shown = group.absolute.per_1000
    return ((ABSOLUTE, fmt.per_1000(shown.estimate, shown.ci_lower, shown.ci_upper)),)


def with_landmark(extras: Sequence[Extra], groups: Sequence[Group]) -> tuple[Extra, ...]:
    """Say over the column of absolute effects at what time they are."""
    known = [group.absolute for group in groups if group.absolute is not None]
    months = next((found.landmark_months for found in known), None)
    when = "" if months is None else f" at {fmt.plain(months)} months"
    return tuple(
        replace(extra, head=f"{extra.head}{when}") if extra.name == ABSOLUTE else extra
        for extra in extras
    )


def pool_cells(
    pool: Pool, extras: Sequence[Extra], trials: Sequence[WeighedTrial], style: fmt.Style
) -> tuple[tuple[str, str], ...]:
    """Print the p-value of a pool, where its column is asked for and the record has one."""
    tested = any(_is_test(extra.name, trials) for extra in extras)
    value = pool.p_value
    return ((P_VALUE, fmt.p_value(value, style)),) if tested and value is not None else ()


def _expanded(names: Sequence[str]) -> list[str]:
    return [part for name in names for part in (ARMS if name == "counts" else (name,))]


def cell_value(trial: WeighedTrial, name: str) -> object:
    """Value of a trial in a column of its table, else of a field of the record."""
    return trial.cells[name] if name in trial.cells else getattr(trial, name, None)


def is_given(value: object) -> bool:
    """Whether a cell holds anything."""
    return value not in (None, "", (), [], {})


def _fields(trials: Sequence[WeighedTrial]) -> set[str]:
    """Fields that can be printed and that at least one trial has."""
    names = {name for trial in trials for name in (*trial.__struct_fields__, *trial.cells)}
    return {
        name
        for name in names - _NOT_PRINTED
        if any(is_given(cell_value(trial, name)) for trial in trials)
        and not any(_is_record(cell_value(trial, name)) for trial in trials)
    }


def _is_record(value: object) -> bool:
    """Whether a value has parts of its own: no text says them all."""
    if isinstance(value, (tuple, list)):
        return any(map(_is_record, value))
    return isinstance(value, (Mapping, Record))


def extra_column(name: str, trials: Sequence[WeighedTrial]) -> Extra:
    """Head of a further column, and whether its cells are words."""
    if name == ABSOLUTE:
        return Extra(name, "Per 1,000", words=False)
    head = name.replace("_", " ")
    texts = [fmt.cell(cell_value(trial, name)) for trial in trials]
    words = any(not fmt.reads_as_number(text) for text in texts if text != fmt.NOT_AVAILABLE)
    return Extra(name, f"{head[:1].upper()}{head[1:]}", words)


def extra_cells(
    trial: WeighedTrial, extras: Sequence[Extra], style: fmt.Style
) -> tuple[tuple[str, str], ...]:
    """Print the further columns of a trial."""
    cells = []
    for extra in extras:
        if extra.name == ABSOLUTE:
            continue
        if _is_test(extra.name, [trial]):
            # Two-sided Wald test on the analysis scale.
            z = trial.estimate / trial.se
            cells.append((extra.name, fmt.p_value(math.erfc(abs(z) / math.sqrt(2.0)), style)))
            continue
        text = fmt.cell(cell_value(trial, extra.name))
        cells.append((extra.name, text if extra.words else style.pointed(text)))
    return tuple(cells)


def ordered(result: R, order: str) -> R:
    """Return a record whose trials stand in the order asked for, groups as they were.

    Raises
    ------
    ValueError
        If no trial has the field.
    """
    if order == "given":
        return result
    trials = list(result.trials)
    if order not in ORDERS and order not in _fields(trials):
        allowed = ", ".join(sorted({*ORDERS, *_fields(trials)}))
        raise ValueError(f"order={order!r}: no trial has it; there are: {allowed}")
    keys: dict[str, Callable[[WeighedTrial], Any]] = {
        "estimate": lambda trial: trial.estimate,
        "precision": lambda trial: trial.se,
        "label": lambda trial: trial.label.casefold(),
    }
    trials.sort(key=keys.get(order, lambda trial: _sortable(cell_value(trial, order))))
    return msgspec.structs.replace(result, trials=tuple(trials))


def _sortable(value: object) -> tuple[int, float, str]:
    """Numbers by size, then words, then what is missing."""
    text = fmt.cell(value)
    if text == fmt.NOT_AVAILABLE:
        return 2, 0.0, ""
    if fmt.reads_as_number(text):
        return 0, float(text.replace(fmt.MINUS, "-")), ""
    return 1, 0.0, text.casefold()


def printable_choice(choice: Choice) -> Choice:
    """Return a choice whose columns, arms and domains are named as `printable` names them."""

    def texts(names: tuple[str, ...] | None) -> Any:
        return None if names is None else tuple(map(printable, names))

    return replace(
        choice,
        columns=texts(choice.columns),
        columns_right=texts(choice.columns_right),
        arms=texts(choice.arms),
        rob_names={key: printable(name) for key, name in choice.rob_names.items()},
    )

"""Effect sizes that say what they are, from columns whose names say what they hold.

A number never enters as "the effect" with "its error": it is an effect on the
analysis scale with a variance or a standard error, a hazard ratio with an
interval, counts, or O − E with its variance. So a standard error cannot be
taken for a variance, nor a hazard ratio for its logarithm.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from trialpool.effects.doubts.rows import row_doubts
from trialpool.effects.doubts.table import Rows
from trialpool.effects.forms import Fault, Form, Numbers
from trialpool.effects.measures import DEFAULTS, MeasureOptions
from trialpool.evidence.printed import Printed
from trialpool.measures import Measure, get_measure
from trialpool.pooling.doubt import Doubt
from trialpool.pooling.plain_values import About, Shown

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = re.compile(r"[+-]?(?:\d+\.?(?P<a>\d*)|\.(?P<b>\d+))(?:[eE](?P<exponent>[+-]?\d{1,4}))?")
# Far beyond any data; the numerical core refuses what lies outside.
_LARGEST: Final = 1e100


@dataclass(frozen=True)
class Excluded:
    """A row that holds no information on the effect: its position, its label, and why."""

    row: int
    label: str
    reason: str


@dataclass(frozen=True, eq=False)
class Entered:
    """The numbers that effects were made from, of every row without a fault.

    Models of counts take these: rows that hold no information on an effect are among them.

    Attributes
    ----------
    columns : dict of ndarray of shape (n,)
        By the names of the form; NaN where a cell may be empty and is.
    rows : tuple of int
        Position of each in the input.
    labels : tuple of str
    """

    columns: Mapping[str, npt.NDArray[np.float64]]
    rows: tuple[int, ...]
    labels: tuple[str, ...]

    def without(self, gone: Collection[int]) -> Entered:
        """Return the same without some rows of the input."""
        kept = [i for i, row in enumerate(self.rows) if row not in gone]
        return Entered(
            {name: values[kept] for name, values in self.columns.items()},
            tuple(self.rows[i] for i in kept),
            tuple(self.labels[i] for i in kept),
        )


@dataclass(frozen=True, eq=False, repr=False)
class EffectSizes(Shown):
    """Effects of trials with their sampling variances, ready to be pooled.

    Attributes
    ----------
    yi, vi : ndarray of shape (k,)
        On the analysis scale of the measure (log for ratios); read-only.
    measure : str
    labels : tuple of str
        One per trial.
    rows : tuple of int
        Position of each trial in the input.
    excluded : tuple of Excluded
        Rows of the input without information on the effect.
    warnings : tuple of Doubt
        What does not keep a row out: each has `rule`, `message`, `remedy`, `rows`, `labels`.
    data : DataFrame or None
        Every column of the table that the effects came from, a row per effect: moderators,
        groups, clusters.
    entered : Entered or None
        The numbers that the effects were made from.
    """

    yi: npt.NDArray[np.float64]
    vi: npt.NDArray[np.float64]
    measure: str
    labels: tuple[str, ...]
    rows: tuple[int, ...]
    excluded: tuple[Excluded, ...] = ()
    warnings: tuple[Doubt, ...] = ()
    data: pd.DataFrame | None = None
    entered: Entered | None = None

    def __post_init__(self) -> None:
        get_measure(self.measure)
        sizes = {len(self.yi), len(self.vi), len(self.labels), len(self.rows)}
        if len(sizes) != 1:
            raise ValueError(f"yi, vi, labels and rows have lengths {sorted(sizes)}; one is needed")
        object.__setattr__(self, "about", About(self.measure, tuple(self.labels), self.warnings))
        for name in ("yi", "vi"):
            own = np.array(getattr(self, name), dtype=np.float64)
            own.flags.writeable = False
            object.__setattr__(self, name, own)
        if not (np.isfinite(self.yi).all() and np.isfinite(self.vi).all() and (self.vi > 0).all()):
            raise ValueError("yi must be finite and vi finite and above 0")

    def __len__(self) -> int:
        return len(self.yi)

    def take(
        self, keep: Sequence[int] | Sequence[bool] | npt.NDArray[Any], why: str
    ) -> EffectSizes:
        """Return some of the effects; the others go to `excluded`.

        Parameters
        ----------
        keep : sequence of int, or of bool
            Positions of the effects to keep, or whether to keep each.
        why : str
            Reason that `excluded` gives of the others.

        Raises
        ------
        ValueError
            If none is left.
        """
        chosen = np.arange(len(self))[np.asarray(keep)].tolist()
        if not chosen:
            raise ValueError(f"no effect is left: {why}")
        gone = [i for i in range(len(self)) if i not in set(chosen)]
        lost = tuple(Excluded(self.rows[i], self.labels[i], why) for i in gone)
        rows = {self.rows[i] for i in gone}
        return replace(
            self,
            yi=self.yi[chosen],
            vi=self.vi[chosen],
            labels=tuple(self.labels[i] for i in chosen),
            rows=tuple(self.rows[i] for i in chosen),
            excluded=(*self.excluded, *lost),
            warnings=tuple(doubt for doubt in self.warnings if not rows & set(doubt.rows)),
            data=None if self.data is None else self.data.iloc[chosen].reset_index(drop=True),
            entered=None if self.entered is None else self.entered.without(rows),
        )

    def where_known(self, *columns: str) -> EffectSizes:
        """Leave out the effects without a value in some columns of `data`; `excluded` names them.

        Raises
        ------
        ValueError
            If there is no such column, or no effect is left.
        """
        found = self
        for column in columns:
            if found.data is None or column not in found.data:
                have = "none" if found.data is None else ", ".join(map(str, found.data))
                raise ValueError(f"{column!r} is no column; there are: {have}")
            known = found.data[column].notna() & (found.data[column].astype(str).str.strip() != "")
            if not known.all():
                found = found.take(known.to_numpy(), f"{column} not given")
        return found


def parse_real(text: str) -> Printed | None:
    """Read a decimal number, with or without exponent; None where the text is not one."""
    stripped = text.strip()
    match = _NUMBER.fullmatch(stripped) if stripped.isascii() else None
    if match is None or not abs(value := float(stripped)) <= _LARGEST:
        return None
    a, b, exponent = match.groups()
    return Printed(stripped, value, len(a or b or "") - int(exponent or 0))


def derive_rows(
    form: Form,
    measure: Measure,
    rows: Sequence[Mapping[str, str]],
    labels: Sequence[str],
    options: MeasureOptions = DEFAULTS,
) -> tuple[EffectSizes | None, list[Fault]]:
    """Turn cells into effect sizes, collecting every fault.

    Parameters
    ----------
    form : Form
    measure : Measure
    rows : sequence of mapping
        Cells by column, as text.
    labels : sequence of str
    options : MeasureOptions
        Of computed effects.

    Returns
    -------
    EffectSizes or None
        None where there are faults or no row is left.
    faults : list of Fault
    """
    numbers: list[Numbers | None] = []
    unread: list[Fault] = []
    for i, row in enumerate(rows):
        found, mine = _numbers(form, row, i)
        numbers.append(None if mine else found)
        unread += mine
    effects, faults = form.derive(numbers, measure, options)
    faults = sorted(unread + faults, key=lambda fault: fault.row)
    found_effects = [(i, effect) for i, effect in enumerate(effects) if effect is not None]
    kept = [(i, effect) for i, effect in found_effects if not effect.excluded]
    excluded = [Excluded(i, labels[i], x.excluded) for i, x in found_effects if x.excluded]
    if not faults and excluded and not kept:
        message = "no row holds information on the effect: " + excluded[0].reason
        remedy = "Pool a risk difference, or trials with events."
        faults.append(Fault(0, "", "", "rows-left", message, remedy))
    if faults or not kept:
        return None, faults
    table = Rows(
        measure,
        labels=tuple(labels[i] for i, _ in kept),
        rows=tuple(i for i, _ in kept),
        numbers=tuple(numbers[i] or {} for i, _ in kept),
        cells=tuple(rows[i] for i, _ in kept),
        yi=np.array([effect.yi for _, effect in kept]),
        vi=np.array([effect.vi for _, effect in kept]),
    )
    return EffectSizes(
        yi=table.yi,
        vi=table.vi,
        measure=measure.code,
        labels=table.labels,
        rows=table.rows,
        excluded=tuple(excluded),
        warnings=(
            *(_doubt(fault, labels[i]) for i, effect in kept for fault in effect.warnings),
            *row_doubts(table),
        ),
        entered=_entered(form, numbers, labels),
    ), []


def _doubt(fault: Fault, label: str) -> Doubt:
    """Turn what is said of one cell into a doubt."""
    return Doubt(
        fault.rule,
        fault.message,
        fault.remedy,
        (fault.row,),
        (label,),
        fault.column,
        fault.value,
    )


def _entered(form: Form, numbers: Sequence[Numbers | None], labels: Sequence[str]) -> Entered:
    """Put the numbers of the rows into columns."""
    read = {i: own for i, own in enumerate(numbers) if own is not None}
    columns = [name for name in form.columns if any(name in own for own in read.values())]
    return Entered(
        {
            name: np.array([n[name].value if name in n else math.nan for n in read.values()])
            for name in columns
        },
        tuple(read),
        tuple(labels[i] for i in read),
    )


def _numbers(form: Form, row: Mapping[str, str], i: int) -> tuple[dict[str, Printed], list[Fault]]:
    """Read the cells that a form uses."""
    numbers: dict[str, Printed] = {}
    faults: list[Fault] = []
    for column in form.columns:
        if column not in row:
            continue
        text = row[column]
        if not text.strip():
            if column not in form.may_be_empty:
                message = "the cell is empty"
                remedy = "Enter the number, or take the row out."
                faults.append(Fault(i, column, "", "number", message, remedy))
            continue
        number = parse_real(text)
        if number is None:
            message = "not a number"
            remedy = (
                "Write plain digits with a decimal point, for example 0.85 or 1.2e-05; "
                "no NaN, no comma, no % sign."
            )
            faults.append(Fault(i, column, text, "number", message, remedy))
        else:
            numbers[column] = number
    return numbers, faults

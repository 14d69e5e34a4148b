"""Effect sizes that say what they are, from columns whose names say what they hold.

A number never enters as "the effect" with "its error": it is an effect on the
analysis scale with a variance or a standard error, a hazard ratio with an
interval, counts, or O − E with its variance. So a standard error cannot be
taken for a variance, nor a hazard ratio for its logarithm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialpool.effects.doubts.rows import row_doubts
from trialpool.effects.doubts.table import Rows
from trialpool.effects.forms import Fault, Form, RowEffect, choose_form, choose_measure
from trialpool.evidence.printed import Printed
from trialpool.measures import Measure, get_measure
from trialpool.pooling.doubt import Doubt

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
class EffectSizes:
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
    """

    yi: npt.NDArray[np.float64]
    vi: npt.NDArray[np.float64]
    measure: str
    labels: tuple[str, ...]
    rows: tuple[int, ...]
    excluded: tuple[Excluded, ...] = ()
    warnings: tuple[Doubt, ...] = ()

    def __post_init__(self) -> None:
        get_measure(self.measure)
        sizes = {len(self.yi), len(self.vi), len(self.labels), len(self.rows)}
        if len(sizes) != 1:
            raise ValueError(f"yi, vi, labels and rows have lengths {sorted(sizes)}; one is needed")
        for name in ("yi", "vi"):
            own = np.array(getattr(self, name), dtype=np.float64)
            own.flags.writeable = False
            object.__setattr__(self, name, own)
        if not (np.isfinite(self.yi).all() and np.isfinite(self.vi).all() and (self.vi > 0).all()):
            raise ValueError("yi must be finite and vi finite and above 0")

    def __len__(self) -> int:
        return len(self.yi)


def parse_real(text: str) -> Printed | None:
    """Read a decimal number, with or without exponent; None where the text is not one."""
    stripped = text.strip()
    match = _NUMBER.fullmatch(stripped) if stripped.isascii() else None
    if match is None or not abs(float(stripped)) <= _LARGEST:
        return None
    decimals = len(match["a"] or match["b"] or "") - int(match["exponent"] or 0)
    return Printed(stripped, float(stripped), decimals)


def derive_rows(
    form: Form, measure: Measure, rows: Sequence[Mapping[str, str]], labels: Sequence[str]
) -> tuple[EffectSizes | None, list[Fault]]:
    """Turn cells into effect sizes, collecting every fault.

    Parameters
    ----------
    form : Form
    measure : Measure
    rows : sequence of mapping
        Cells by column, as text.
    labels : sequence of str

    Returns
    -------
    EffectSizes or None
        None where there are faults or no row is left.
    faults : list of Fault
    """
    faults: list[Fault] = []
    warnings: list[Doubt] = []
    excluded: list[Excluded] = []
    kept: list[tuple[int, RowEffect]] = []
    read: list[Mapping[str, Printed]] = []
    for i, row in enumerate(rows):
        numbers, mine = _numbers(form, row, i)
        if not mine:
            effect, mine = form.derive(i, numbers, measure)
            if effect is not None and effect.excluded:
                excluded.append(Excluded(i, labels[i], effect.excluded))
            elif effect is not None:
                kept.append((i, effect))
                read.append(numbers)
                warnings += [_doubt(fault, labels[i]) for fault in effect.warnings]
        faults += mine
    if not faults and rows and not kept:
        message = "no row holds information on the effect: " + excluded[0].reason
        remedy = "Pool a risk difference, or trials with events."
        faults.append(Fault(0, "", "", "rows-left", message, remedy))
    if faults or not kept:
        return None, faults
    table = Rows(
        measure,
        labels=tuple(labels[i] for i, _ in kept),
        rows=tuple(i for i, _ in kept),
        numbers=tuple(read),
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
        warnings=(*warnings, *row_doubts(table)),
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


def effect_sizes(
    *,
    yi: npt.ArrayLike | None = None,
    vi: npt.ArrayLike | None = None,
    sei: npt.ArrayLike | None = None,
    hr: npt.ArrayLike | None = None,
    ci_lower: npt.ArrayLike | None = None,
    ci_upper: npt.ArrayLike | None = None,
    ci_level: npt.ArrayLike | None = None,
    events_experimental: npt.ArrayLike | None = None,
    n_experimental: npt.ArrayLike | None = None,
    events_control: npt.ArrayLike | None = None,
    n_control: npt.ArrayLike | None = None,
    o_minus_e: npt.ArrayLike | None = None,
    variance: npt.ArrayLike | None = None,
    measure: str | None = None,
    labels: Sequence[str] | None = None,
) -> EffectSizes:
    """Give effect sizes from one of the accepted sets of arguments, each of shape (k,).

    Parameters
    ----------
    yi, vi, sei : array-like, optional
        Effects on the analysis scale (log for ratios) with sampling variances
        or standard errors; with both, they must say the same, and `vi` is used.
    hr, ci_lower, ci_upper, ci_level : array-like, optional
        Hazard ratios (not logged) with their intervals, and the level of each
        interval in percent (95 where not given). log HR = ln(hr), its standard
        error (ln upper − ln lower)/(2z): Parmar 1998, Stat Med 17:2815.
    events_experimental, n_experimental, events_control, n_control : array-like, optional
        Patients with the event and all patients of the two arms; needs
        `measure`. Where a cell of a trial's table is zero, 0.5 is added to its
        four cells; a trial with no event, or only events, in both arms says
        nothing about a ratio and is in `excluded`.
    o_minus_e, variance : array-like, optional
        Observed minus expected events and their variance: log HR = (O − E)/V,
        SE = 1/√V (Yusuf et al. 1985, Prog Cardiovasc Dis 27:335).
    measure : {"HR", "OR", "RR", "RD", "RMSTD", "generic"}, optional
        By default "generic" with `yi`, "HR" with `hr` and with `o_minus_e`.
    labels : sequence of str, optional
        One per trial; by default "1", "2", and so on.

    Returns
    -------
    EffectSizes

    Raises
    ------
    ValueError
        Naming every argument, position and value that is wrong and what is allowed.
    """
    own = {name: value for name, value in locals().items() if value is not None}
    for name in ("measure", "labels"):
        own.pop(name, None)
    form = choose_form(own)
    if stray := [name for name in own if name not in form.columns]:
        raise ValueError(f"{', '.join(stray)} does not go with {form.name}; leave it out")
    chosen = choose_measure(form, measure)
    columns = {name: _cells(name, value) for name, value in own.items()}
    sizes = {name: len(cells) for name, cells in columns.items()}
    if labels is not None:
        sizes["labels"] = len(labels)
    if len(set(sizes.values())) != 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise ValueError(f"lengths differ: {told}; they must be equal")
    k = len(columns[next(iter(own))])
    if k == 0:
        raise ValueError(f"{next(iter(own))} is empty; at least one trial is needed")
    names = [str(label) for label in labels] if labels is not None else _numbered(k)
    rows = [{name: cells[i] for name, cells in columns.items()} for i in range(k)]
    effects, faults = derive_rows(form, chosen, rows, names)
    if effects is None:
        raise ValueError("\n".join(fault.in_words() for fault in faults))
    return effects


def _numbered(k: int) -> list[str]:
    return [str(i + 1) for i in range(k)]


def _cells(argument: str, values: Any) -> list[str]:
    """Write numbers as text that reads back to the same double; text is not taken for numbers."""
    raw = np.asarray(values)
    if raw.ndim != 1:
        raise ValueError(f"{argument} has shape {raw.shape}; expected (k,)")
    if raw.size and raw.dtype.kind not in "fiu":
        raise ValueError(f"{argument} has entries of type {raw.dtype}; allowed: real numbers")
    return [repr(x) for x in raw.tolist()]

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

from trialpool.effects.forms import Fault, Form, Numbers, choose_form, choose_measure
from trialpool.effects.measures import DEFAULTS, MeasureOptions
from trialpool.evidence.printed import Printed
from trialpool.measures import Measure, get_measure

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
    warnings : tuple of Fault
        Doubts that do not keep a row out.
    """

    yi: npt.NDArray[np.float64]
    vi: npt.NDArray[np.float64]
    measure: str
    labels: tuple[str, ...]
    rows: tuple[int, ...]
    excluded: tuple[Excluded, ...] = ()
    warnings: tuple[Fault, ...] = ()

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
    return EffectSizes(
        yi=np.array([effect.yi for _, effect in kept]),
        vi=np.array([effect.vi for _, effect in kept]),
        measure=measure.code,
        labels=tuple(labels[i] for i, _ in kept),
        rows=tuple(i for i, _ in kept),
        excluded=tuple(excluded),
        warnings=tuple(warning for _, effect in kept for warning in effect.warnings),
    ), []


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
    measure: str | None = None,
    labels: Sequence[str] | None = None,
    add: float = 0.5,
    to: str = "only0",
    drop00: bool | None = None,
    correct: bool = True,
    vtype: str | None = None,
    **columns: npt.ArrayLike | None,
) -> EffectSizes:
    """Give effect sizes from one of the accepted sets of columns, each of shape (k,).

    Parameters
    ----------
    measure : str, optional
        Code of a measure, as `docs/measures.md` lists them. By default "generic" with `yi`,
        that of the column with a printed effect, "HR" with `o_minus_e`.
    labels : sequence of str, optional
        One per trial; by default "1", "2", and so on.
    add, to, drop00, correct, vtype
        Of effects that are computed: `MeasureOptions`. By default 0.5 is added to the cells
        of a trial that has an empty one, and a trial with no event, or only events, in both
        arms is in `excluded` where the measure is a function of a ratio.
    **columns : array-like
        yi with vi or sei: effects on the analysis scale (log for ratios); with both, they
        must say the same, and `vi` is used.
        hr, or, rr, rd, irr, md, smd, rom or cor: effects as printed (not logged), with
        ci_lower and ci_upper (and ci_level in percent, 95 where not given), with p_value
        (two-sided), or with sei (on the analysis scale). SE = (U − L)/(2z) on that scale:
        Parmar 1998, Stat Med 17:2815.
        Counts, person-time, means, medians, correlations and so on: `docs/measures.md`.
        o_minus_e, variance: observed minus expected events and their variance, log HR =
        (O − E)/V, SE = 1/√V (Yusuf et al. 1985, Prog Cardiovasc Dis 27:335).

    Returns
    -------
    EffectSizes

    Raises
    ------
    ValueError
        Naming every argument, position and value that is wrong and what is allowed.
    """
    own = {name: value for name, value in columns.items() if value is not None}
    options = MeasureOptions(add, to, drop00, correct, vtype)
    form = choose_form(own, measure)
    if stray := [name for name in own if name not in form.columns]:
        raise ValueError(f"{', '.join(stray)} does not go with {form.name}; leave it out")
    chosen = choose_measure(form, measure)
    texts = {name: _cells(name, value) for name, value in own.items()}
    sizes = {name: len(cells) for name, cells in texts.items()}
    if labels is not None:
        sizes["labels"] = len(labels)
    if len(set(sizes.values())) != 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise ValueError(f"lengths differ: {told}; they must be equal")
    k = len(texts[next(iter(own))])
    if k == 0:
        raise ValueError(f"{next(iter(own))} is empty; at least one trial is needed")
    names = [str(label) for label in labels] if labels is not None else _numbered(k)
    rows = [{name: cells[i] for name, cells in texts.items()} for i in range(k)]
    effects, faults = derive_rows(form, chosen, rows, names, options)
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

"""Two-by-two tables: checks, zero cells, and effect sizes.

Cells of a trial: a, b events and non-events of the experimental arm, c, d those
of the control arm; n1 = a + b, n2 = c + d.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.options import Bools, Floats, Ints, as_floats, choose

COUNT_MEASURES: Final = ("OR", "RR", "RD")
ZERO_CELLS: Final = ("affected", "all-if-any", "all", "treatment-arm", "none")
DOUBLE_ZERO: Final = ("drop", "keep")
_MOST_PATIENTS: Final = 1e12


@dataclass(frozen=True)
class LeftOut:
    """A trial that takes no part: its position in the input, and why."""

    row: int
    reason: str


@dataclass(frozen=True, eq=False)
class Tables:
    """Cells of k trials as float arrays of shape (k,)."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats

    @property
    def n1(self) -> Floats:
        """Patients of the experimental arms."""
        return self.a + self.b

    @property
    def n2(self) -> Floats:
        """Patients of the control arms."""
        return self.c + self.d

    @property
    def total(self) -> Floats:
        """Patients of the trials."""
        return self.a + self.b + self.c + self.d

    def take(self, index: Ints) -> Tables:
        """Return some of the trials."""
        return Tables(self.a[index], self.b[index], self.c[index], self.d[index])

    @property
    def without_events(self) -> Bools:
        """Whether neither arm has an event."""
        return np.asarray(self.a + self.c == 0)

    @property
    def only_events(self) -> Bools:
        """Whether every patient of both arms has the event."""
        return np.asarray(self.b + self.d == 0)

    @property
    def has_zero(self) -> Bools:
        """Whether any of the four cells is zero."""
        return np.asarray((self.a == 0) | (self.b == 0) | (self.c == 0) | (self.d == 0))


def check_arm(events: object, n: object, name_events: str, name_n: str) -> tuple[Floats, Floats]:
    """Check the counts of one arm of each trial.

    Raises
    ------
    ValueError
        Naming the argument, the position, the value and what is allowed.
    """
    x, size = as_floats(name_events, events, 1), as_floats(name_n, n, 1)
    if x.shape != size.shape:
        raise ValueError(
            f"{name_events} has length {x.size} and {name_n} {size.size}; they must be equal"
        )
    for name, values, least in ((name_events, x, 0.0), (name_n, size, 1.0)):
        whole = (values == np.floor(values)) & (values >= least) & (values <= _MOST_PATIENTS)
        if not whole.all():
            at = int(np.argmin(whole))
            raise ValueError(
                f"{name}[{at}]={values[at]!s}; allowed: whole numbers from {least:.0f}"
            )
    if (x > size).any():
        at = int(np.argmax(x > size))
        raise ValueError(
            f"{name_events}[{at}]={x[at]:.0f}; allowed: at most {name_n}[{at}]={size[at]:.0f}"
        )
    return x, size


def check_tables(
    events_experimental: object, n_experimental: object, events_control: object, n_control: object
) -> Tables:
    """Check the counts of both arms and return the cells; raises as `check_arm`."""
    a, n1 = check_arm(events_experimental, n_experimental, "events_experimental", "n_experimental")
    c, n2 = check_arm(events_control, n_control, "events_control", "n_control")
    if a.shape != c.shape:
        raise ValueError(
            f"events_experimental has length {a.size} and events_control {c.size}; "
            "they must be equal"
        )
    return Tables(a, n1 - a, c, n2 - c)


def correct(tables: Tables, zero_cells: str, add: float = 0.5) -> tuple[Tables, Bools]:
    """Add to cells by a rule of `ZERO_CELLS`; see `count_effects`.

    Returns
    -------
    Tables
    corrected : ndarray of bool
        Which trials were added to.
    """
    choose("zero_cells", zero_cells, ZERO_CELLS)
    zero = tables.has_zero
    where: Bools = {
        "affected": zero,
        "treatment-arm": zero,
        "all-if-any": np.full(zero.shape, bool(zero.any())),
        "all": np.ones(zero.shape, dtype=np.bool_),
        "none": np.zeros(zero.shape, dtype=np.bool_),
    }[zero_cells]
    to_experimental = np.where(where, add, 0.0)
    to_control = to_experimental
    if zero_cells == "treatment-arm":
        to_experimental = np.where(where, 2.0 * add * tables.n1 / tables.total, 0.0)
        to_control = np.where(where, 2.0 * add * tables.n2 / tables.total, 0.0)
    return Tables(
        tables.a + to_experimental,
        tables.b + to_experimental,
        tables.c + to_control,
        tables.d + to_control,
    ), where


def uninformative(tables: Tables, measure: str) -> list[LeftOut]:
    """Trials without events, or with only events, in both arms, and what that means."""
    found = []
    name = {"OR": "an odds ratio", "RR": "a risk ratio", "RD": "a risk difference"}[measure]
    for row in np.flatnonzero(tables.without_events | tables.only_events).tolist():
        which = "no events" if tables.without_events[row] else "only events"
        reason = f"{which} in both arms: the trial says nothing about {name}"
        found.append(LeftOut(row, reason))
    return found


def rest(k: int, left_out: list[LeftOut]) -> Ints:
    """Positions of the trials that are not left out."""
    gone = {x.row for x in left_out}
    return np.array([i for i in range(k) if i not in gone], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class CountEffects:
    """Effect sizes of trials on the analysis scale.

    Attributes
    ----------
    yi, vi : ndarray of shape (k,)
        Log OR, log RR (natural logarithms) or RD with sampling variances.
    rows : ndarray of int of shape (k,)
        Position of each in the input.
    corrected : ndarray of bool of shape (k,)
        Whether the zero-cell rule added to the trial's cells.
    left_out : tuple of LeftOut
    measure, zero_cells, double_zero : str
    """

    yi: Floats
    vi: Floats
    rows: Ints
    corrected: Bools
    left_out: tuple[LeftOut, ...]
    measure: str
    zero_cells: str
    double_zero: str


def raw_effects(tables: Tables, measure: str) -> tuple[Floats, Floats]:
    """Effects and variances of cells as they are; not finite where cells are zero."""
    a, b, c, d, n1, n2 = tables.a, tables.b, tables.c, tables.d, tables.n1, tables.n2
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "OR":
            return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
        if measure == "RR":
            return np.log(a * n2 / (c * n1)), 1 / a - 1 / n1 + 1 / c - 1 / n2
        return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3


def count_effects(
    events_experimental: object,
    n_experimental: object,
    events_control: object,
    n_control: object,
    *,
    measure: str = "OR",
    zero_cells: str = "affected",
    double_zero: str | None = None,
    add: float = 0.5,
) -> CountEffects:
    """Effect sizes of two-by-two tables.

    Parameters
    ----------
    events_experimental, n_experimental, events_control, n_control : array-like of shape (k,)
        Patients with the event and all patients of the two arms.
    measure : {"OR", "RR", "RD"}
    zero_cells : {"affected", "all-if-any", "all", "treatment-arm", "none"}
        `add` goes to the four cells of each trial that has a zero cell
        (default), of all trials if any of them has one, or of all trials.
        "treatment-arm": to each trial with a zero cell, 2·add·n_arm/N to both
        cells of an arm, which sums to as much and leaves the log OR of a trial
        without events at 0 (Sweeting 2004). "none": nothing; a trial whose
        effect or variance then does not exist is left out.
    double_zero : {"drop", "keep"}, optional
        Trials without events, or with only events, in both arms. By default
        they are dropped for OR and RR, on which they hold no information, and
        kept for RD, which they say is 0. "all-if-any" looks at kept trials.
    add : float
        Above 0.

    Returns
    -------
    CountEffects

    Raises
    ------
    ValueError
        Naming argument, value and what is allowed; also where no trial is left.

    Notes
    -----
    Cochrane Handbook 6.5, 10.4; Sweeting, Sutton and Lambert 2004, Stat Med 23:1351.
    """
    choose("measure", measure, COUNT_MEASURES)
    choose("zero_cells", zero_cells, ZERO_CELLS)
    if not 0.0 < add <= 1.0:
        raise ValueError(f"add={add!r}; allowed: above 0 and at most 1")
    rule = double_zero or ("keep" if measure == "RD" else "drop")
    choose("double_zero", rule, DOUBLE_ZERO)
    tables = check_tables(events_experimental, n_experimental, events_control, n_control)
    k = tables.a.size
    left_out = uninformative(tables, measure) if rule == "drop" else []
    rows = rest(k, left_out)
    used, corrected = correct(tables.take(rows), zero_cells, add)
    yi, vi = raw_effects(used, measure)
    exists = np.isfinite(yi) & np.isfinite(vi) & (vi > 0)
    left_out += [
        LeftOut(row, f"a zero cell, and nothing is added: its {measure} or variance does not exist")
        for row in rows[~exists].tolist()
    ]
    if not exists.any():
        raise ValueError(
            f"no trial is left of {k}: {left_out[0].reason}; allowed: trials with events, "
            "another zero_cells, or measure='RD'"
        )
    return CountEffects(
        yi=yi[exists],
        vi=vi[exists],
        rows=rows[exists],
        corrected=corrected[exists],
        left_out=tuple(sorted(left_out, key=lambda x: x.row)),
        measure=measure,
        zero_cells=zero_cells,
        double_zero=rule,
    )

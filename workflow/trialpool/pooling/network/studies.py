"""Studies of a network: contrasts or arms in, effects of arms with their covariance out.

A study with m arms says how its treatments stand to each other. That is kept as one
number per arm, their mean taken out, with the covariance of these numbers: every contrast
is a difference of two of them, whatever arm is taken as the study's control. From all
m(m - 1)/2 contrasts with variances V the covariance is -½JVJ with J = I - 11'/m (Rücker
2012, Research Synthesis Methods 3:312; Rücker and Schwarzer 2014, Statistics in Medicine
33:4353), from arms with variances v it is J diag(v) J.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trialpool.pooling.options import Floats


@dataclass(frozen=True)
class NetworkFault:
    """What is wrong with one or several rows of the input.

    Attributes
    ----------
    rows : tuple of int
        Positions, from 0.
    argument, value : str
        Where it stands and what stands there.
    rule, message, remedy : str
        Short name of the rule, what is wrong, what to do.
    """

    rows: tuple[int, ...]
    argument: str
    value: str
    rule: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.argument}[{self.rows[0]}]" if self.rows else self.argument
        return f"{place}={self.value}: {self.message} [{self.rule}] {self.remedy}"


class NetworkInputError(ValueError):
    """Studies that make no network; carries every fault."""

    def __init__(self, faults: Sequence[NetworkFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True)
class LeftOutStudy:
    """A study that takes no part, and why."""

    label: str
    reason: str


@dataclass(frozen=True, eq=False)
class StudyEffects:
    """What one study says of its treatments.

    Attributes
    ----------
    label : str
    treatments : tuple of str, length m
        In natural order.
    effects : ndarray of shape (m,)
        Analysis scale, with mean 0; the contrast of two arms is the difference.
    covariance : ndarray of shape (m, m)
        Of `effects`; rows add up to 0.
    patients : tuple of int or None
        Per arm, where known.
    rows : tuple of int
        Positions in the input.
    """

    label: str
    treatments: tuple[str, ...]
    effects: Floats
    covariance: Floats
    patients: tuple[int, ...] | None
    rows: tuple[int, ...]

    @property
    def contrasts(self) -> Floats:
        """Effects of all arms but the first against the first, shape (m - 1,)."""
        return np.asarray(self.effects[1:] - self.effects[0])

    @property
    def contrast_covariance(self) -> Floats:
        """Covariance of `contrasts`, shape (m - 1, m - 1)."""
        c = self.covariance
        return np.asarray(c[1:, 1:] - c[1:, :1] - c[:1, 1:] + c[0, 0])

    def contrast(self, a: str, b: str) -> tuple[float, float]:
        """Effect and sampling variance of treatment `a` against `b`."""
        i, j = self.treatments.index(a), self.treatments.index(b)
        c = self.covariance
        variance = c[i, i] + c[j, j] - 2.0 * c[i, j]
        return float(self.effects[i] - self.effects[j]), float(variance)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Key that sorts "dose 2" before "dose 10", the same everywhere."""
    parts = re.findall(r"\d+|\D+", name)
    return (*((0, int(p), p) if p.isdecimal() else (1, 0, p.casefold()) for p in parts),
            (2, 0, name))  # fmt: skip


def check_names(argument: str, values: Sequence[object], k: int) -> list[str]:
    """Return one name per row, none of them empty."""
    if isinstance(values, str):
        raise ValueError(f"{argument}={values!r} is one text; allowed: one name per row")
    found = [str(value).strip() if value is not None else "" for value in values]
    if len(found) != k:
        raise ValueError(f"{argument} has length {len(found)}; expected {k}, one name per row")
    faults = [
        NetworkFault((i,), argument, repr(name), "named", "the name is empty", "Enter it.")
        for i, name in enumerate(found)
        if name in ("", "nan")
    ]
    if faults:
        raise NetworkInputError(faults)
    return found


def by_study(study: Sequence[str]) -> dict[str, list[int]]:
    """Rows of each study, in the order of their first rows."""
    rows: dict[str, list[int]] = {}
    for i, label in enumerate(study):
        rows.setdefault(label, []).append(i)
    return rows

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
from itertools import combinations
from typing import Final

import numpy as np

from trialpool.pooling.options import Floats, check_effects

# A loop of contrasts inside one study must close: its arms are the same patients. Beyond
# the rounding that the caller states, this share of the smallest standard error is allowed.
_CLOSES: Final = 0.01
_SMALLEST_SHARE: Final = 1e-9
_MOST_ARMS: Final = 30
_MOST_EFFECT: Final = 1e15


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


def from_contrasts(
    study: Sequence[object],
    treat1: Sequence[object],
    treat2: Sequence[object],
    yi: object,
    vi: object,
    *,
    rounding: object | None = None,
) -> tuple[StudyEffects, ...]:
    """Studies from contrasts, one row each.

    Parameters
    ----------
    study, treat1, treat2 : sequence of str, length k
        `yi` is the effect of `treat1` against `treat2`.
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale (log for ratios). A study
        with m arms gives all m(m - 1)/2 contrasts: their variances hold the covariance
        of contrasts that share an arm.
    rounding : array-like of shape (k,), optional
        By how much each `yi` may be off because it was rounded when printed.

    Raises
    ------
    NetworkInputError
        With every study whose contrasts do not belong together.
    ValueError
        If an argument has another length or holds what is no number.
    """
    y, v, _ = check_effects(yi, vi, ndim=1)
    k = y.size
    _check_sizes(y, v)
    labels = check_names("study", study, k)
    first, second = check_names("treat1", treat1, k), check_names("treat2", treat2, k)
    off = np.zeros(k) if rounding is None else np.asarray(rounding, dtype=np.float64)
    if off.shape != (k,) or not (np.isfinite(off) & (off >= 0.0)).all():
        raise ValueError(f"rounding has shape {off.shape}; allowed: {k} numbers of at least 0")
    faults: list[NetworkFault] = []
    found: list[StudyEffects] = []
    for label, rows in by_study(labels).items():
        pairs = {i: (first[i], second[i]) for i in rows}
        mine = _pair_faults(label, pairs)
        if not mine:
            built = _study_from_pairs(label, pairs, y, v, off)
            if isinstance(built, StudyEffects):
                found.append(built)
            else:
                mine = [built]
        faults += mine
    if faults:
        raise NetworkInputError(faults)
    return tuple(found)


def _check_sizes(y: Floats, v: Floats) -> None:
    """Refuse numbers that no effect has: their powers would leave the range of a double."""
    for argument, size, least, most in (
        ("yi", np.abs(y), 0.0, _MOST_EFFECT),
        ("vi", v, _MOST_EFFECT**-2, _MOST_EFFECT**2),
    ):
        fine = (size >= least) & (size <= most)
        if not fine.all():
            at = int(np.argmin(fine))
            raise ValueError(
                f"{argument}[{at}] has size {size[at]:g}; allowed: {least:g} to {most:g}"
            )


def _pair_faults(label: str, pairs: dict[int, tuple[str, str]]) -> list[NetworkFault]:
    """Contrasts of a treatment with itself, twice the same, or too few of them."""
    faults = []
    seen: dict[frozenset[str], int] = {}
    for i, (a, b) in pairs.items():
        if a == b:
            message = f"study {label!r} compares the treatment with itself"
            remedy = "Name the two treatments apart, or take the row out."
            faults.append(NetworkFault((i,), "treat2", repr(b), "two-treatments", message, remedy))
            continue
        key = frozenset((a, b))
        if key in seen:
            message = f"study {label!r} has {a} against {b} more than once"
            remedy = "Keep one row per pair, or give the studies names apart."
            rows = (i, seen[key])
            faults.append(NetworkFault(rows, "treat1", repr(a), "contrast-once", message, remedy))
        seen[key] = i
    if faults:
        return faults
    arms = sorted({name for pair in pairs.values() for name in pair}, key=natural)
    missing = [p for p in combinations(arms, 2) if frozenset(p) not in seen]
    if len(arms) > _MOST_ARMS:
        message = f"study {label!r} has {len(arms)} arms; allowed: at most {_MOST_ARMS}"
        return [NetworkFault(tuple(pairs), "study", repr(label), "arms", message,
                             "Check whether several studies have one name.")]  # fmt: skip
    if missing:
        told = "; ".join(f"{a} against {b}" for a, b in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        message = (
            f"study {label!r} has {len(arms)} treatments, and not all of their "
            f"{len(arms) * (len(arms) - 1) // 2} contrasts; missing: {told}{more}"
        )
        remedy = (
            "Give every pair with its error (the covariance of contrasts that share an arm follows "
            "from them), or give the arms with events and n; if they are several studies, name "
            "them apart."
        )
        return [NetworkFault(tuple(pairs), "study", repr(label), "all-contrasts", message, remedy)]
    return []


def _study_from_pairs(
    label: str, pairs: dict[int, tuple[str, str]], y: Floats, v: Floats, off: Floats
) -> StudyEffects | NetworkFault:
    arms = sorted({name for pair in pairs.values() for name in pair}, key=natural)
    m, place = len(arms), {name: i for i, name in enumerate(arms)}
    effect, variance, slack = np.zeros((m, m)), np.zeros((m, m)), np.zeros((m, m))
    for i, (one, two) in pairs.items():
        p, q = place[one], place[two]
        effect[p, q], effect[q, p] = y[i], -y[i]
        variance[p, q] = variance[q, p] = v[i]
        slack[p, q] = slack[q, p] = off[i]
    rows = tuple(pairs)
    closes = _CLOSES * float(np.sqrt(v[list(rows)].min())) + 1e-9 * float(np.abs(effect).max())
    for a, b, c in combinations(range(m), 3):
        gap = abs(effect[a, b] + effect[b, c] + effect[c, a])
        if gap > slack[a, b] + slack[b, c] + slack[c, a] + closes:
            message = (
                f"study {label!r}: {arms[a]} against {arms[b]} and {arms[b]} against {arms[c]} add "
                f"up to {effect[a, b] + effect[b, c]:.4g}, but {arms[a]} against {arms[c]} "
                f"is {effect[a, c]:.4g}: the contrasts of one study must agree"
            )
            remedy = "Check signs and numbers, and that they are of the same patients."
            return NetworkFault(rows, "yi", f"{effect[a, c]:.6g}", "loop-closes", message, remedy)
    centring = np.eye(m) - 1.0 / m
    covariance = -0.5 * centring @ variance @ centring
    built = StudyEffects(
        label, tuple(arms), effect.mean(axis=1), 0.5 * (covariance + covariance.T), None, rows
    )
    values = np.linalg.eigvalsh(built.contrast_covariance)
    if values[0] <= _SMALLEST_SHARE * values[-1]:
        message = (
            f"study {label!r}: no trial with {m} arms can have these standard errors: the "
            "covariance that they give to contrasts that share an arm is not positive definite"
        )
        return NetworkFault(rows, "vi", ", ".join(f"{x:.4g}" for x in v[list(rows)]),
                            "errors-of-one-study", message,
                            "Check the errors against the source.")  # fmt: skip
    return built

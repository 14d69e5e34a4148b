"""What a table says of its trials, as the doubts about rows read it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from trialpool.evidence.printed import Printed
from trialpool.findings import shorten
from trialpool.measures import Measure
from trialpool.pooling.doubt import Doubt
from trialpool.pooling.names import plain_name

# Words before a number that name no trial.
_GENERIC = {
    "study",
    "trial",
    "studie",
    "paper",
    "report",
    "line",
    "row",
    "the",
    "no",
    "nr",
    "group",
}
_MOST_NAMES = 4
# Beyond twice so many different tau² not each has sums of its own.
_NODES = 64
ARMS = ("experimental", "control")


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows that became effects.

    Attributes
    ----------
    measure : Measure
    labels : tuple of str
    rows : tuple of int
        Position of each in the input.
    numbers : tuple of mapping
        Cells of the form's columns, read.
    cells : tuple of mapping
        All cells, as text.
    yi, vi : ndarray of shape (k,)
        On the analysis scale.
    """

    measure: Measure
    labels: tuple[str, ...]
    rows: tuple[int, ...]
    numbers: tuple[Mapping[str, Printed], ...]
    cells: tuple[Mapping[str, str], ...]
    yi: npt.NDArray[np.float64]
    vi: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def columns(self) -> frozenset[str]:
        """Columns that every row fills."""
        return frozenset.intersection(*(frozenset(own) for own in self.numbers))

    @cached_property
    def sei(self) -> npt.NDArray[np.float64]:
        """Standard errors on the analysis scale."""
        return np.asarray(np.sqrt(self.vi))

    @cached_property
    def others(self) -> Others:
        """Pools of the other rows, for each row of two or more."""
        return Others.of(self.yi, self.vi)

    @cached_property
    def _values(self) -> dict[str, list[float]]:
        return {}

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """Labels as a reader compares them."""
        return tuple(map(compared_name, self.labels))

    @cached_property
    def _times(self) -> Counter[str]:
        """How often each label stands."""
        return Counter(self.labels)

    def column(self, name: str) -> list[float]:
        """Values of a column that every row fills."""
        found = self._values.get(name)
        if found is None:
            found = self._values[name] = [own[name].value for own in self.numbers]
        return found

    def doubt(self, rule: str, at: Sequence[int], message: str, remedy: str) -> Doubt:
        """Make a doubt about some of the rows."""
        return Doubt(
            rule,
            message,
            remedy,
            tuple(self.rows[i] for i in at),
            tuple(self.labels[i] for i in at),
        )

    def names(self, at: Sequence[int]) -> str:
        """Name rows for a sentence: by label, and by position where a label stands twice."""
        most = len(at) if len(at) <= _MOST_NAMES else _MOST_NAMES - 1
        shown = [
            shorten(self.labels[i])
            + (f" (row {self.rows[i] + 1})" if self._times[self.labels[i]] > 1 else "")
            for i in at[:most]
        ]
        if len(at) > most:
            shown.append(f"{len(at) - most} more")
        return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)

    @property
    def pairs(self) -> float:
        """Number of pairs of rows."""
        return len(self) * (len(self) - 1) / 2


@dataclass(frozen=True, eq=False)
class Others:
    """Pools of all rows but one: means and variances, arrays of shape (k,).

    `common` is the common effect, `random` that of DerSimonian and Laird (1986, Control Clin
    Trials 7:177) with `tau2`.
    """

    common: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    random: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    tau2: npt.NDArray[np.float64]

    @classmethod
    def of(cls, y: npt.NDArray[np.float64], v: npt.NDArray[np.float64]) -> Others:
        """Pool."""
        # Around the pool of all, so that taking one row off the sums loses few digits.
        w = 1.0 / v
        shift = w @ y / w.sum()
        x = y - shift
        total, first, second, squares = (_without(each) for each in (w, w * x, w * x**2, w**2))
        mean = first / total
        q = np.maximum(second - first * mean, 0.0)
        c = total - squares / total
        with np.errstate(divide="ignore", invalid="ignore"):
            tau2 = np.where(c > 0, np.maximum(0.0, (q - (y.size - 2)) / c), 0.0)
        weight, weighted = _weighed(x, v, tau2)
        return cls((shift + mean, 1 / total), (shift + weighted / weight, 1 / weight), tau2)


def _without(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sum all values but one, for each of them."""
    sums = values.sum() - values
    # Where one value is most of the sum the difference has few digits left.
    for i in np.flatnonzero(np.abs(values) > 0.1 * np.abs(values).sum()):
        sums[i] = np.delete(values, i).sum()
    return np.asarray(sums)


def _weighed(
    x: npt.NDArray[np.float64], v: npt.NDArray[np.float64], tau2: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Sum 1/(v + tau²) and x/(v + tau²) over all rows but one, each with its own tau².

    Over many rows the sums are straight lines between those of some tau², the ends among them.
    """
    nodes = np.unique(tau2)
    if nodes.size > 2 * _NODES:
        ends = np.r_[nodes[:_NODES], nodes[-_NODES:]]
        nodes = np.unique(np.r_[ends, np.quantile(nodes, np.linspace(0, 1, _NODES))])
    sums = np.array([(u.sum(), u @ x) for u in (1.0 / (v + t) for t in nodes)])
    own = 1.0 / (v + tau2)
    weight = np.interp(tau2, nodes, sums[:, 0]) - own
    weighted = np.interp(tau2, nodes, sums[:, 1]) - own * x
    for i in np.flatnonzero(own > 0.1 * (weight + own)):
        u = 1.0 / (np.delete(v, i) + tau2[i])
        weight[i], weighted[i] = u.sum(), u @ np.delete(x, i)
    return weight, weighted


def compared_name(label: str) -> str:
    """Reduce a name to what a reader compares: case, hyphens, spaces and stops at its ends."""
    return plain_name(label, sorted_parts=False).casefold().strip(" .,;:-")


def trial_word(compared: str) -> str:
    """Return the word by which a name begins, as those of arms of one trial do; empty for none."""
    word = re.split(r"[^\w]+", compared, maxsplit=1)[0]
    return "" if word in _GENERIC or word.isdigit() else word


def digits(text: str) -> int:
    """Count significant digits as printed, at most three; none of zeros at the end."""
    mantissa = re.split(r"[eE]", text.strip().lstrip("+-"))[0]
    shown = mantissa.replace(".", "").lstrip("0")
    if "." not in mantissa:
        shown = shown.rstrip("0")
    return min(len(shown), 3)

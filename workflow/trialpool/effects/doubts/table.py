"""What a table says of its trials, as the doubts about rows read it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from trialpool.evidence.printed import Printed
from trialpool.findings import shorten
from trialpool.measures import Measure
from trialpool.pooling.doubt import Doubt

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

    def column(self, name: str) -> list[float]:
        """Values of a column that every row fills."""
        return [own[name].value for own in self.numbers]

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
        shown = [
            shorten(self.labels[i])
            + (f" (row {self.rows[i] + 1})" if self.labels.count(self.labels[i]) > 1 else "")
            for i in at
        ]
        if len(shown) > _MOST_NAMES:
            shown = [*shown[: _MOST_NAMES - 1], f"{len(shown) - _MOST_NAMES + 1} more"]
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
        k = y.size
        found = np.empty((5, k))
        for i in range(k):
            own_y, own_v = np.delete(y, i), np.delete(v, i)
            w = 1.0 / own_v
            total = w.sum()
            mean = w @ own_y / total
            c = total - w @ w / total
            q = w @ np.square(own_y - mean)
            tau2 = max(0.0, (q - (k - 2)) / c) if c > 0 else 0.0
            u = 1.0 / (own_v + tau2)
            found[:, i] = mean, 1 / total, u @ own_y / u.sum(), 1 / u.sum(), tau2
        return cls((found[0], found[1]), (found[2], found[3]), found[4])


def plain_name(label: str) -> str:
    """Reduce a name to what a reader compares: Unicode forms, case, hyphens and spaces."""
    text = unicodedata.normalize("NFKC", label).casefold()
    text = re.sub(r"[‐‑‒–—―−_-]+", "-", text)
    return re.sub(r"\s+", " ", text).strip(" .,;:-")


def of_one_trial(one: str, other: str) -> bool:
    """Whether two names begin with the same word, as arms of one trial do."""
    first, second = (re.split(r"[^\w]+", plain_name(name)) for name in (one, other))
    word = first[0]
    return word == second[0] and word not in _GENERIC and not word.isdigit() and bool(word)


def digits(text: str) -> int:
    """Count significant digits as printed, at most three; none of zeros at the end."""
    mantissa = re.split(r"[eE]", text.strip().lstrip("+-"))[0]
    shown = mantissa.replace(".", "").lstrip("0")
    if "." not in mantissa:
        shown = shown.rstrip("0")
    return min(len(shown), 3)

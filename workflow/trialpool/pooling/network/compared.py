"""What all models of a network give back alike: one treatment against another, league, table."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from trialpool.pooling.network.ranking import Ranking, TreatmentRank
from trialpool.pooling.options import Scale
from trialpool.pooling.plain_values import Shown

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS: Final = ("estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper")
_COLUMNS: Final = ("estimate", "lower", "upper", "pi_lower", "pi_upper",
                   "p_score", "rank", "rank_lower", "rank_upper")  # fmt: skip


# One treatment against another, analysis scale; None means "does not exist".
C_co = TypeVar("C_co", covariant=True)


@dataclass(frozen=True, eq=False, repr=False)
class ComparedTreatments(Shown, ABC, Generic[C_co]):
    """Treatments of a network, each against each other.

    Attributes
    ----------
    treatments : tuple of str, length n
        In natural order.
    reference : str
    measure : str
    scale : {"log", "identity"}
    small_values : {"good", "bad"}
    level : float
    k : int
        Trials.
    n_contrasts : int
        Independent contrasts, arms less one of every trial.
    """

    treatments: tuple[str, ...]
    reference: str
    measure: str
    scale: Scale
    small_values: str
    level: float
    k: int
    n_contrasts: int

    def compare(self, a: str, b: str, model: str = "random") -> C_co:
        """Effect of treatment `a` against `b`.

        Parameters
        ----------
        a, b : str
        model : {"random", "common"}

        Raises
        ------
        ValueError
            If a treatment or model is not known.
        """
        for argument, name in (("a", a), ("b", b)):
            if name not in self.treatments:
                allowed = ", ".join(self.treatments)
                raise ValueError(f"{argument}={name!r} is not in the network; allowed: {allowed}")
        if model not in ("random", "common"):
            raise ValueError(f"model={model!r} is not known; allowed: random, common")
        return self._compare(self.treatments.index(a), self.treatments.index(b), model)

    @abstractmethod
    def _compare(self, i: int, j: int, model: str) -> C_co:
        """Effect of the treatment at `i` against that at `j`, which may be the same."""

    def league(self, model: str = "random") -> dict[str, dict[str, C_co]]:
        """Every treatment against every other: ``league["A"]["B"]`` is A against B."""
        return {a: {b: self.compare(a, b, model) for b in self.treatments} for a in self.treatments}

    @abstractmethod
    def ranked(self) -> tuple[str, ...]:
        """Treatments as a table shows them: by rank, then without a rank in natural order."""

    @abstractmethod
    def _ranking(self) -> Ranking:
        """Ranks, or why there are none."""

    def places(self) -> dict[str, TreatmentRank]:
        """Rank of each treatment that has one."""
        return {one.treatment: one for one in self._ranking().ranks}

    @property
    @abstractmethod
    def model_words(self) -> str:
        """Name the model: `additive model, tau² by REML`."""

    @property
    @abstractmethod
    def spreads(self) -> dict[str, float]:
        """Standard deviations of effects, by name: between trials, within classes."""

    def summary(self) -> pd.DataFrame:
        """Return every treatment against the reference on the scale a reader expects.

        Returns
        -------
        DataFrame
            Index: treatments, those with a rank first; columns estimate, lower, upper (ratios
            not logged), pi_lower, pi_upper, p_score, rank (median), rank_lower, rank_upper (NaN
            without a rank), and note where some comparisons exist through an assumption.
        """
        # Imported here because the numerical core runs without pandas.
        import pandas as pd

        order, places = self.ranked(), self.places()
        found = [self.compare(name, self.reference) for name in order]
        rows = []
        for name, own in zip(order, found, strict=True):
            place, rank = [math.nan] * 4, places.get(name)
            if rank is not None:
                place = [rank.p_score, rank.median, rank.lower, rank.upper]
            rows.append([*(shown(getattr(own, x), self.scale) for x in _NUMBERS), *place])
        table = pd.DataFrame(rows, index=list(order), columns=list(_COLUMNS), dtype="float64")
        if hasattr(found[0], "note"):
            table["note"] = [getattr(own, "note", "") for own in found]
        table.index.name = f"{self.measure} against {self.reference}"
        return table

    def _head(self) -> dict[str, Any]:
        """Return what every record of a network begins with."""
        return {
            "treatments": list(self.treatments),
            "reference": self.reference,
            "measure": self.measure,
            "scale": self.scale,
            "level": self.level,
            "k": self.k,
            "n_contrasts": self.n_contrasts,
        }


def shown(value: float | None, scale: str) -> float:
    """Return a value as a reader expects it: ratios not logged; NaN for None."""
    if value is None:
        return math.nan
    if scale == "identity":
        return value
    return math.exp(value) if value < 709.0 else math.inf


def plain_league(league: Mapping[str, Mapping[str, Any]], *left_out: str) -> dict[str, Any]:
    """Return a league as plain values, without the numbers that are left out."""
    return {
        a: {
            b: {key: value for key, value in asdict(found).items() if key not in left_out}
            for b, found in row.items()
        }
        for a, row in league.items()
    }

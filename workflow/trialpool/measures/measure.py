"""What an effect measure is: its scale, its null value and its names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from trialpool.measures.scales import (
    TRANSFORMATIONS,
    Scale,
    double_arcsine_back,
    double_root_back,
)

Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class Measure:
    """An effect measure.

    Attributes
    ----------
    code : str
        Short name as printed in tables, for example ``"HR"``; that of metafor's
        ``escalc`` where it has the measure.
    name : str
        Full name in words.
    scale : Scale
        Scale on which the effect is analysed and pooled. Ratios are analysed
        as natural logarithms, proportions as logits or double arcsines.
    unit : str
        Unit of the displayed number, empty for ratios.
    ratio_of : str
        Code of the measure of which it is the ratio of two; empty for others.
    null : float or None
        "No effect" on the analysis scale; None where nothing is compared (a mean
        or a proportion of one group).
    percent : bool
        Whether the number is printed times 100.
    formula, source : str
        How `yi` and `vi` are computed, on the analysis scale, and from which paper.
        Empty where the measure is only ever given.
    variants : tuple of str
        Values of `vtype`, the default first; empty where there is one variance.
    limits : tuple of float or None
        Ends that a printed number cannot pass; None for those of the scale.
    decimals : int
        Digits behind the point of a printed number that is no ratio.
    favours : {"lower", "higher", ""}
        Side of the null that is the better one whatever is measured; empty
        where that depends on the outcome.
    """

    code: str
    name: str
    scale: Scale
    unit: str = ""
    ratio_of: str = ""
    null: float | None = 0.0
    percent: bool = False
    formula: str = ""
    source: str = ""
    variants: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    decimals: int = 2
    favours: Direction | Literal[""] = ""

    @property
    def compares(self) -> bool:
        """Whether there is a value that stands for no effect."""
        return self.null is not None

    @property
    def is_ratio(self) -> bool:
        """Whether the measure is a ratio of two groups, analysed on the log scale."""
        return self.scale == "log" and self.compares

    @property
    def is_proportion(self) -> bool:
        """Whether the measure is a proportion of one arm: it compares nothing."""
        return self.percent and not self.compares

    @property
    def short(self) -> str:
        """The code, or "Effect" where nobody said what the numbers are."""
        return "Effect" if self.code == "generic" else self.code

    @property
    def as_printed(self) -> Measure:
        """The same measure on the scale of its printed numbers, on which nothing is turned back."""
        null = None if self.null is None else self.to_display(self.null)
        return replace(self, scale="identity", null=null, limits=self.bounds)

    @property
    def with_article(self) -> str:
        """The name with its article: "an odds ratio"."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"

    @property
    def heading(self) -> str:
        """What a column of printed numbers is called: the code, or "Correlation" for ZCOR.

        A measure that is only analysed on another scale is printed as what it measures.
        """
        plain, how, _ = self.name.partition(", by ")
        return plain[0].upper() + plain[1:] if how else self.short

    @property
    def display_unit(self) -> str:
        """Unit of a printed number: "percentage points", "percent", "months" or none."""
        if self.percent:
            return "percentage points" if self.compares else "percent"
        return self.unit

    @property
    def axis_label(self) -> str:
        """Name and unit, as an axis is labelled: "Risk difference, percentage points"."""
        name = self.name[0].upper() + self.name[1:]
        return f"{name}, {self.display_unit}" if self.display_unit else name

    @property
    def bounds(self) -> tuple[float, float]:
        """Ends of printed numbers, not times 100: (0, inf) of a ratio, (−1, 1) of a correlation."""
        return self.limits or TRANSFORMATIONS[self.scale].domain

    def to_display(self, value: float) -> float:
        """Turn a number on the analysis scale into the number that is printed.

        A limit beyond what the measure can be is its end: no proportion above 1.
        """
        shown = TRANSFORMATIONS[self.scale].back(value)
        if self.limits is None or self.scale == "identity":
            return shown
        return min(max(shown, self.limits[0]), self.limits[1])

    def display(self, value: float, n: float | None = None) -> float:
        """Turn a number on the analysis scale back with the size of the trials.

        Parameters
        ----------
        value : float
        n : float, optional
            Patients or person-time; of a pooled value the harmonic mean of the trials'.
            Used by the transformations of Freeman and Tukey (PFT, IRFT) alone.

        Returns
        -------
        float
            `to_display(value)` where no size is needed or none is given.
        """
        if n is not None and self.code == "PFT":
            return double_arcsine_back(value, n)
        if n is not None and self.code == "IRFT":
            return double_root_back(value, n)
        return self.to_display(value)

    def to_analysis(self, value: float) -> float:
        """Turn a printed number into a number on the analysis scale.

        Raises
        ------
        ValueError
            If the number lies outside what the scale can hold: a ratio must be
            positive, a logit needs more than 0 and less than 1.
        """
        transformation = TRANSFORMATIONS[self.scale]
        if self.scale == "identity":
            return value
        low, high = self.bounds
        if not (low <= value <= high and transformation.holds(value)):
            needs = transformation.needs.format(name=self.with_article)
            raise ValueError(f"{self.code} = {value}: {needs}")
        return transformation.forward(value)

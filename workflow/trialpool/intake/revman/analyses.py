"""One analysis of a Cochrane review: its data, the review's settings, its diamonds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from trialpool.intake.revman.compared import Diamond, How

Kind = Literal["dichotomous", "continuous", "generic", "o-e"]

# Columns of the table to pool.
COLUMNS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "dichotomous": ("events_experimental", "n_experimental", "events_control", "n_control"),
    "continuous": (
        *("mean_experimental", "sd_experimental", "n_experimental"),
        *("mean_control", "sd_control", "n_control"),
    ),
    "generic": ("yi", "sei"),
    "o-e": ("o_minus_e", "variance"),
}
COUNTED: Final = frozenset(("events_experimental", "n_experimental", "events_control", "n_control"))
KIND_NAMES: Final[Mapping[Kind, str]] = {
    "dichotomous": "Dichotomous",
    "continuous": "Continuous",
    "generic": "Generic inverse variance",
    "o-e": "O-E and Variance",
}
# What reviews call a measure, in lower case, without signs; every other name is generic.
_MEASURES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("hr", "hazard ratio"), "HR"),
    **dict.fromkeys(("or", "odds ratio"), "OR"),
    **dict.fromkeys(("peto or", "peto odds ratio"), "OR"),
    **dict.fromkeys(("rr", "risk ratio", "relative risk"), "RR"),
    **dict.fromkeys(("rd", "risk difference"), "RD"),
    **dict.fromkeys(("rate ratio", "incidence rate ratio", "irr"), "IRR"),
    **dict.fromkeys(("md", "mean difference", "wmd", "weighted mean difference"), "MD"),
    **dict.fromkeys(
        (
            *("smd", "std mean difference", "standardised mean difference"),
            *("standardized mean difference", "hedges g"),
        ),
        "SMD",
    ),
    **dict.fromkeys(("rom", "ratio of means"), "ROM"),
}
_ALLOWED: Final[Mapping[Kind, tuple[str, ...]]] = {
    "dichotomous": ("OR", "RR", "RD"),
    "continuous": ("MD", "SMD"),
    "generic": ("HR", "OR", "RR", "IRR", "ROM", "RD", "MD", "SMD"),
    "o-e": ("HR", "OR"),
}


def measure_of(text: str, kind: Kind) -> str | None:
    """Return the code of an effect measure; generic effects may be of any name, others not."""
    # "Hazard Ratio (Random, 95% CI)", "Risk Ratio (Non-event)"
    bare = re.sub(r"[(\[].*?[)\]]", " ", text.casefold())
    plain = " ".join("".join(char if char.isalnum() else " " for char in bare).split())
    code = _MEASURES.get(plain)
    if code in _ALLOWED[kind]:
        return code
    return "generic" if kind == "generic" else None


@dataclass(frozen=True)
class DataRow:
    """One study in one analysis.

    Attributes
    ----------
    study : str
        Its name in the review.
    subgroup : str
        Empty where the analysis has none.
    cells : mapping of str to str
        By the columns of `COLUMNS`.
    source_id, locator : str
    shown : tuple of three str
        Effect and limits as the review displays them; empty where the file has none.
    counts : tuple of four str
        Events and patients of both arms where they stand in the file.
    overall, within : bool
        Whether it takes part in the overall total, and in that of its subgroup.
    """

    study: str
    subgroup: str
    cells: Mapping[str, str]
    source_id: str
    locator: str
    shown: tuple[str, str, str] = ("", "", "")
    counts: tuple[str, str, str, str] = ("", "", "", "")
    overall: bool = True
    within: bool = True


@dataclass(frozen=True)
class Analysis:
    """What the review computed, and from what.

    Attributes
    ----------
    number, comparison, name : str
        Such as 1.2, of the comparison and of the outcome.
    kind : {"dichotomous", "continuous", "generic", "o-e"}
    effect_measure, method, model : str
        In the words of the file.
    how : How
        The same as trialpool pools it.
    overall, subtotals : bool
        Whether the review shows a total, and totals of subgroups.
    rows : tuple of DataRow
    labels : tuple of two str
        Of the experimental and the control group.
    diamond : Diamond
        The review's total.
    subgroups : mapping of str to Diamond
        Those of subgroups, by name.
    swapped : bool
        Whether the review analysed the patients without the event.
    on_log : bool
        Whether generic effects are logarithms.
    study_level : float
        Of the intervals of studies.
    """

    number: str
    comparison: str
    name: str
    kind: Kind
    effect_measure: str
    method: str
    model: str
    how: How
    overall: bool
    subtotals: bool
    rows: tuple[DataRow, ...]
    labels: tuple[str, str]
    diamond: Diamond = field(default_factory=Diamond)
    subgroups: Mapping[str, Diamond] = field(default_factory=dict)
    swapped: bool = False
    on_log: bool = False
    study_level: float = 0.95

    @property
    def place(self) -> str:
        """Where it stands, for a list of what was left out."""
        return f"comparison {self.number}, {self.comparison}: {self.name}"

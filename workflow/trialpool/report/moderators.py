"""Meta-regressions of a question, prepared for the page."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions.shared.words.models import MODEL_NAMES
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records import reanalyses
from trialpool.records.results import Result


@dataclass(frozen=True)
class Slope:
    """One coefficient as the reader sees it."""

    group: str
    moderator: str
    k: str
    effect: str
    p: str
    permutation_p: str
    tau2: str


@dataclass(frozen=True)
class Regression:
    """The regressions on one moderator; without rows the description says why."""

    label: str
    description: str
    model: str
    rows: tuple[Slope, ...]


@dataclass(frozen=True)
class Moderators:
    """All regressions of a question, with the heading of their effects."""

    heading: str
    regressions: tuple[Regression, ...]


def moderators(result: Result) -> Moderators | None:
    """Prepare the meta-regressions; None where a question names none."""
    measure = get_measure(result.measure)
    found = [entry for entry in result.sensitivity if isinstance(entry, reanalyses.Moderator)]
    if not found:
        return None
    return Moderators(_heading(measure), tuple(_regression(entry, measure) for entry in found))


def _regression(entry: reanalyses.Moderator, measure: Measure) -> Regression:
    rows = tuple(
        Slope(
            group=row.group,
            moderator=row.analysis,
            k=fmt.whole(row.k),
            effect=effect_text(row, measure),
            p=fmt.p_value(row.p_value),
            permutation_p=fmt.p_value(row.permutation_p_value),
            tau2=fmt.tau_squared(row.tau2),
        )
        for row in entry.results
    )
    model = MODEL_NAMES.get(entry.ci_method, entry.ci_method)
    return Regression(entry.label, entry.description, model, rows)


def _heading(measure: Measure) -> str:
    """Say what a slope is: ratios of ratios, or differences of differences."""
    return f"Ratio of {measure.code}s" if measure.is_ratio else f"Difference in {measure.code}"

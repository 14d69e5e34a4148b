"""Meta-regressions of a question, prepared for the page."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.report import tables
from trialpool.report.models import MODEL_NAMES
from trialpool.report.tables import Record

KIND = "moderator"


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


def moderators(record: Record) -> Moderators | None:
    """Prepare the entries of kind "moderator"; None where a question names none."""
    measure = get_measure(record["measure"])
    found = [item for item in record.get("sensitivity") or () if item.get("kind") == KIND]
    if not found:
        return None
    regressions = []
    for item in found:
        model = str(item.get("ci_method") or "")
        rows = tuple(
            Slope(
                group=str(row["group"]),
                moderator=str(row["analysis"]),
                k=fmt.whole(row["k"]),
                effect=tables.effect_text(row, measure),
                p=fmt.p_value(row["p_value"]),
                permutation_p=fmt.p_value(row["permutation_p_value"]),
                tau2=fmt.tau_squared(row["tau2"]),
            )
            for row in item["results"]
        )
        name = MODEL_NAMES.get(model, model)
        regressions.append(Regression(str(item["label"]), str(item["description"]), name, rows))
    return Moderators(_heading(measure), tuple(regressions))


def _heading(measure: Measure) -> str:
    """Say what a slope is: ratios of ratios, or differences of differences."""
    return f"Ratio of {measure.code}s" if measure.is_ratio else f"Difference in {measure.code}"

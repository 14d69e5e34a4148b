"""Re-analyses of a question beside its main analysis, prepared for the page."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.models import MODEL_NAMES
from trialpool.questions.shared.words.reanalyses import trials_concerned
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records.reanalyses import Reanalysis
from trialpool.records.results import ComparativeResult, Result


@dataclass(frozen=True)
class SensitivityRow:
    """One re-analysis of one group, beside the same model in the main analysis."""

    group: str
    analysis: str
    trials: str
    k: str
    effect: str
    main: str
    tau2: str


@dataclass(frozen=True)
class Sensitivity:
    """A named set of re-analyses."""

    label: str
    description: str
    model: str
    rows: tuple[SensitivityRow, ...]


def sensitivities(result: Result) -> tuple[Sensitivity, ...]:
    """Prepare the named re-analyses; robustness has a section of its own."""
    return tuple(
        _sensitivity(entry, result) for entry in result.sensitivity if isinstance(entry, Reanalysis)
    )


def _sensitivity(entry: Reanalysis, result: Result) -> Sensitivity:
    measure = get_measure(entry.measure or result.measure)
    model = entry.ci_method
    strategies = result.strategies if isinstance(result, ComparativeResult) else ()
    main = {
        group.label: effect_text(group.models.named().get(model, group), measure)
        for group in (*result.groups, *strategies)
        # A re-analysis may be of another measure of the same trials: nothing stands beside it.
        if measure.code == result.measure
    }
    rows = tuple(
        SensitivityRow(
            group=row.group,
            analysis=row.analysis,
            trials=trials_concerned(row, measure),
            k=fmt.whole(row.k),
            effect=effect_text(row, measure),
            main=main.get(row.group, fmt.NOT_AVAILABLE),
            # One trial says nothing of how much trials differ.
            tau2=fmt.NOT_AVAILABLE if row.k == 1 else fmt.tau_squared(row.tau2),
        )
        for row in entry.results
    )
    name = MODEL_NAMES.get(model, "the trial itself" if model == "single-trial" else model)
    return Sensitivity(entry.label, entry.description, name, rows)

"""Questions on one estimate per study, as their section of the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.models import basis
from trialpool.questions.shared.words.parts import Part
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.questions.single_group.words import interval_text, shown_trial
from trialpool.records.single_group.questions import SingleGroup, SingleGroupResult
from trialpool.records.trials import Trial

FOREST_REMARK: Final = ""
_SAID: Final = {
    "ZCOR": "Correlations are pooled as Fisher’s z and printed as r.",
    "MN": "Means are pooled as they are.",
    "MNLN": "Means are pooled by their logarithms and printed as means.",
    "IR": "Rates are pooled as they are; those of studies have exact Poisson intervals.",
    "IRLN": "Rates are pooled by their logarithms; those of studies have exact Poisson intervals.",
    "IRFT": "Rates are pooled by Freeman and Tukey’s double root and turned back with the "
    "harmonic mean of person-time; those of studies have exact Poisson intervals.",
}


@dataclass(frozen=True)
class GroupRow:
    """A group with its pool on the printed scale."""

    label: str
    k: str
    n: str
    effect: str
    prediction: str
    heterogeneity: str
    basis: str
    note: str
    sentence: str


@dataclass(frozen=True)
class TrialRow:
    """A study's own estimate; `source` is a key of the sources."""

    group: str
    label: str
    treatment: str
    numbers: str
    effect: str
    weight: str
    flags: tuple[str, ...]
    row_ids: tuple[str, ...]
    source: str
    grade: str
    locator: str
    read_at: tuple[str, ...]


@dataclass(frozen=True)
class SingleGroupSection:
    """What the section shows."""

    measure: str
    said: str
    groups: tuple[GroupRow, ...]
    trials: tuple[TrialRow, ...]


def figures(_: SingleGroupResult) -> tuple[str, ...]:
    """Name the figures beside the forest plot: none."""
    return ()


def methods(_: Sequence[SingleGroupResult], __: Citations) -> Section | None:
    """Describe what only this kind does: its section says it beside the numbers."""
    return None


def parts(result: SingleGroupResult) -> tuple[Part, ...]:
    """Prepare the whole section."""
    shown = SingleGroupSection(
        measure=f"{result.measure_name[:1].upper()}{result.measure_name[1:]}",
        said=_SAID[result.measure],
        groups=tuple(_group(group) for group in result.groups),
        trials=tuple(_trial(trial, result) for trial in result.trials),
    )
    return (Part("section", "single_group/page.html.j2", shown),)


def _group(group: SingleGroup) -> GroupRow:
    measure, shown = get_measure(group.measure).as_printed, group.shown
    i2 = (group.i2_q, group.i2_q_ci_lower, group.i2_q_ci_upper)
    return GroupRow(
        label=group.label,
        k=fmt.whole(group.k),
        n=fmt.whole(group.n),
        effect=interval_text(shown, group.measure),
        prediction=fmt.interval(shown.pi_lower, shown.pi_upper, measure),
        heterogeneity=fmt.i_squared_with_interval(*i2) if group.k > 1 else fmt.NOT_AVAILABLE,
        basis=basis(group),
        note=group.primary_note,
        sentence=group.sentence,
    )


def _trial(trial: Trial, result: SingleGroupResult) -> TrialRow:
    arm = trial.experimental
    return TrialRow(
        group=trial.group,
        label=trial.label,
        treatment=trial.comparison,
        numbers=fmt.arm_of(arm.n, arm.events, arm.time, arm.mean, arm.sd),
        effect=interval_text(shown_trial(trial, result), result.measure),
        weight=fmt.percent(trial.weight),
        flags=trial.flags,
        row_ids=trial.row_ids,
        source=trial.source,
        grade=trial.grade,
        locator=trial.locator,
        read_at=trial.read_at,
    )

"""Questions about proportions of single arms, as their section of the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.parts import Part
from trialpool.questions.shared.words.sides import effect_text
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.records.proportion import ProportionGroup, ProportionResult, ProportionTrial

FOREST_REMARK: Final = ""
MODELS: Final[dict[str, str]] = {
    "bayes": "Bayesian random effects of logits",
    "glmm": "Binomial-normal mixed model",
    "logit": "Logit, inverse variance (Hartung-Knapp with floor)",
    "freeman-tukey": "Double arcsine, inverse variance (Hartung-Knapp with floor)",
}


@dataclass(frozen=True)
class GroupRow:
    """A group: counts, and its proportion under each model in the order of `MODELS`."""

    label: str
    k: str
    counts: str
    models: tuple[str, ...]
    prediction: str
    basis: str
    note: str


@dataclass(frozen=True)
class TrialRow:
    """A trial's own proportion with its exact interval; `source` is a key of the sources."""

    group: str
    label: str
    treatment: str
    counts: str
    effect: str
    flags: tuple[str, ...]
    row_ids: tuple[str, ...]
    source: str
    grade: str
    locator: str
    read_at: tuple[str, ...]


@dataclass(frozen=True)
class ProportionSection:
    """What the section shows; `models` heads the columns of the groups."""

    endpoint: str
    models: tuple[str, ...]
    groups: tuple[GroupRow, ...]
    trials: tuple[TrialRow, ...]


def figures(_: ProportionResult) -> tuple[str, ...]:
    """Name the figures beside the forest plot: none."""
    return ()


def methods(_: Sequence[ProportionResult], __: Citations) -> Section | None:
    """Describe what only this kind does: its section says it beside the numbers."""
    return None


def parts(result: ProportionResult) -> tuple[Part, ...]:
    """Prepare the whole section."""
    shown = ProportionSection(
        endpoint=", ".join(result.endpoint_names.values()),
        models=tuple(MODELS.values()),
        groups=tuple(_group(group) for group in result.groups),
        trials=tuple(_trial(trial) for trial in result.trials),
    )
    return (Part("section", "proportion/page.html.j2", shown),)


def _group(group: ProportionGroup) -> GroupRow:
    models, primary = group.models.named(), group.primary_model
    prediction = fmt.NOT_AVAILABLE
    if primary in models:
        pool = models[primary]
        prediction = fmt.interval(pool.pi_lower, pool.pi_upper, get_measure(pool.measure))
    return GroupRow(
        label=group.label,
        k=fmt.whole(group.k),
        counts=fmt.count_of(group.events, group.n),
        models=tuple(
            effect_text(models[name], get_measure(models[name].measure))
            if name in models
            else fmt.NOT_AVAILABLE
            for name in MODELS
        ),
        prediction=prediction,
        basis=MODELS.get(str(primary), "the trial itself"),
        note=group.primary_note,
    )


def _trial(trial: ProportionTrial) -> TrialRow:
    return TrialRow(
        group=trial.group,
        label=trial.label,
        treatment=trial.comparison,
        counts=fmt.count_of(trial.experimental.events, trial.experimental.n),
        effect=effect_text(trial.proportion, get_measure("PR")),
        flags=trial.flags,
        row_ids=trial.row_ids,
        source=trial.source,
        grade=trial.grade,
        locator=trial.locator,
        read_at=trial.read_at,
    )

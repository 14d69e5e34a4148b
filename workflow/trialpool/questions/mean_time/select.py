"""What a question on curves asks for, the trials that it pools, and those that end early."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from trialpool.measures import Endpoint
from trialpool.questions.mean_time.candidates import ContrastKey, candidates, horizons_of
from trialpool.questions.mean_time.landmarks import short_curves
from trialpool.questions.shared.selection.asked import comparative_asked
from trialpool.questions.shared.selection.comparative import (
    Selection,
    choose_comparisons,
    comparative_question,
)
from trialpool.questions.shared.selection.grouping import Groups
from trialpool.questions.shared.selection.library import Library
from trialpool.records.mean_time import MeanTimeAsked, MeanTimeQuestion
from trialpool.records.trials import SelectedTrial


def asked(
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> MeanTimeAsked:
    """Make the typed question of its settings."""
    return comparative_asked(MeanTimeAsked, question_id, settings, pooling, endpoints)


def select(
    library: Library, asked: MeanTimeAsked
) -> tuple[MeanTimeQuestion, tuple[SelectedTrial, ...]]:
    """Choose the comparisons whose curves are pooled, each group up to a horizon of its own.

    That is the largest that the curves of all its trials reach, unless the question names one for
    all groups; it stands in the label of the group. Re-analyses keep the horizons of the groups,
    where they do not change them, and their labels.
    """
    own = _choose(library, asked, {})
    horizons = {heading.label: _horizon_of(own, heading.label) for heading in own.groups}
    labels = {label: f"{label}, within {months:g} months" for label, months in horizons.items()}

    def choose(library: Library, asked: MeanTimeAsked, main: Groups | None) -> Selection:
        return _relabelled(_choose(library, asked, horizons, main), labels)

    chosen = _relabelled(own, labels)
    question = comparative_question(
        MeanTimeQuestion,
        library,
        asked,
        chosen,
        choose,
        asked.variants,
        # Each comparison has a horizon of its own: months are never pooled over several.
        strategies=(),
        short_curves=short_curves(library, asked, chosen, choose),
    )
    return question, chosen.trials


def _choose(
    library: Library,
    asked: MeanTimeAsked,
    horizons: Mapping[str, float],
    main: Groups | None = None,
) -> Selection:
    """Choose at the horizons of the groups; of a group without one at what its curves share."""
    longest = choose_comparisons(library, asked, *candidates(library, asked, {}), main)
    if asked.horizon_months is not None:
        return longest
    wanted = {
        contrast: horizons.get(label) or _shared(library, contrasts)
        for label, contrasts in _by_group(longest).items()
        for contrast in contrasts
    }
    return choose_comparisons(library, asked, *candidates(library, asked, wanted), main)


def _by_group(selection: Selection) -> dict[str, list[ContrastKey]]:
    """Collect the contrasts of each group."""
    found: dict[str, list[ContrastKey]] = {}
    for trial in selection.trials:
        arms = (trial.experimental.arm_id, trial.control.arm_id)
        found.setdefault(trial.group, []).append((trial.trial_id, *arms, trial.endpoint))
    return found


def _shared(library: Library, contrasts: Sequence[ContrastKey]) -> float:
    """Return the largest horizon that all contrasts have; the shortest reach if they share none."""
    known = [horizons_of(library, contrast) for contrast in contrasts]
    return max(frozenset.intersection(*known), default=min(map(max, known)))


def _horizon_of(selection: Selection, label: str) -> float:
    curves = (trial.curve for trial in selection.trials if trial.group == label)
    return next(curve.horizon_months for curve in curves if curve is not None)


def _relabelled(selection: Selection, labels: Mapping[str, str]) -> Selection:
    """Name the groups by their labels with the horizon."""

    def named(label: str) -> str:
        return labels.get(label) or f"{label}, within {_horizon_of(selection, label):g} months"

    return dataclasses.replace(
        selection,
        trials=tuple(structs.replace(t, group=named(t.group)) for t in selection.trials),
        groups=tuple(structs.replace(g, label=named(g.label)) for g in selection.groups),
    )

"""What changes when a question uses other reports, endpoints or populations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from trialpool.questions.shared.synthesis.members import Member, by_group
from trialpool.questions.shared.synthesis.primary_model import pool_as_primary, usual_model
from trialpool.records.base import record_from
from trialpool.records.questions import Variant
from trialpool.records.reanalyses import PoolAgain, Reanalysis
from trialpool.records.settings import Pooling
from trialpool.records.trials import SelectedTrial


def variants_sensitivity(
    variants: Sequence[Variant],
    trials: Sequence[SelectedTrial],
    measure: str,
    pooling: Pooling,
) -> list[Reanalysis]:
    """Pool each variant's trials group by group, where they differ from the main analysis.

    A variant that changes no group is listed with no results: that it changes
    nothing is an answer too. Groups that lose all their trials are named.
    """
    main = _rows_by_group(trials)
    analyses = []
    for variant in variants:
        rows = []
        for label, members in by_group(variant.trials).items():
            known = main.get(label, set())
            if {trial.row_ids for trial in members} == known:
                continue
            pooled = pool_as_primary(members, measure, pooling)
            added = tuple(trial.label for trial in members if trial.row_ids not in known)
            rows.append(
                record_from(pooled, PoolAgain, group=label, analysis=variant.label, trials=added)
            )
        analyses.append(
            Reanalysis(
                id=variant.id,
                label=variant.label,
                description=_description(rows, main, variant),
                ci_method=usual_model(pooling),
                results=tuple(rows),
            )
        )
    return analyses


def _description(
    rows: Sequence[PoolAgain], main: Mapping[str, set[tuple[str, ...]]], variant: Variant
) -> str:
    """Say which groups the table holds, and which have no trial left."""
    left = {trial.group for trial in variant.trials}
    gone = [label for label in main if label not in left]
    words = []
    if rows:
        words.append("Groups whose trials or reports differ from the main analysis.")
    elif not gone:
        words.append("No group differs from the main analysis.")
    if gone:
        words.append(f"No trial is left in: {'; '.join(gone)}.")
    return " ".join(words)


def _rows_by_group(trials: Iterable[Member]) -> dict[str, set[tuple[str, ...]]]:
    return {
        label: {trial.row_ids for trial in members} for label, members in by_group(trials).items()
    }

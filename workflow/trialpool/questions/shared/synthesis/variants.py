"""What changes when a question uses other reports, endpoints or populations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trialpool.measures import Measure
from trialpool.pooling import random_effects

Json = dict[str, Any]


def variants_sensitivity(
    variants: Sequence[Mapping[str, Any]],
    trials: Sequence[Mapping[str, Any]],
    measure: Measure,
    pooling: Mapping[str, Any],
) -> list[Json]:
    """Pool each variant's trials group by group, where they differ from the main analysis.

    A variant that changes no group is listed with no results: that it changes
    nothing is an answer too. Groups that lose all their trials are named.
    """
    main = _rows_by_group(trials)
    analyses = []
    for variant in variants:
        rows = []
        for label, members in _by_group(variant["trials"]).items():
            if _rows_by_group(members).get(label) == main.get(label):
                continue
            pooled = random_effects(
                [trial["estimate"] for trial in members],
                [trial["se"] ** 2 for trial in members],
                tau2=pooling["tau2"],
                ci="hk-adhoc",
                pi=pooling["pi"],
                level=pooling["level"],
                measure=measure.code,
            )
            known = main.get(label, set())
            rows.append(
                {
                    "group": label,
                    "analysis": variant["label"],
                    "k": pooled.k,
                    "estimate": pooled.estimate,
                    "ci_lower": pooled.ci_lower,
                    "ci_upper": pooled.ci_upper,
                    "tau2": pooled.tau2,
                    "trials": [
                        trial["label"] for trial in members if tuple(trial["row_ids"]) not in known
                    ],
                }
            )
        analyses.append(
            {
                "id": variant["id"],
                "label": variant["label"],
                "description": _description(rows, main, variant["trials"]),
                "ci_method": "hk-adhoc",
                "results": rows,
            }
        )
    return analyses


def _description(
    rows: Sequence[Json],
    main: Mapping[str, set[tuple[str, ...]]],
    trials: Sequence[Mapping[str, Any]],
) -> str:
    """Say which groups the table holds, and which have no trial left."""
    gone = [label for label in main if label not in _by_group(trials)]
    words = []
    if rows:
        words.append("Groups whose trials or reports differ from the main analysis.")
    elif not gone:
        words.append("No group differs from the main analysis.")
    if gone:
        words.append(f"No trial is left in: {'; '.join(gone)}.")
    return " ".join(words)


def _by_group(trials: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for trial in trials:
        groups.setdefault(trial["group"], []).append(trial)
    return groups


def _rows_by_group(trials: Sequence[Mapping[str, Any]]) -> dict[str, set[tuple[str, ...]]]:
    return {
        label: {tuple(trial["row_ids"]) for trial in members}
        for label, members in _by_group(trials).items()
    }

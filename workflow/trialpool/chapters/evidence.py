"""The questions on markers that bear on a mechanism: who benefits, and who fares better anyway."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool.chapters.material import Json, Material


def _is_another_level(reason: str) -> bool:
    """Tell whether a row is left out for its level and not for its numbers."""
    return (
        "is on neither side" in reason
        or "is not among the levels" in reason
        or ("overlaps both levels" in reason)
    )


def on_markers(material: Material, markers: Sequence[str]) -> list[Json]:
    """List the questions on any of some markers.

    Parameters
    ----------
    material : Material
    markers : sequence of str
        Canonical names.

    Returns
    -------
    list of dict
        ``question, kind`` ("predictive" or "prognostic"), ``markers``, ``groups`` (labels; numbers
        stay in the question's record) and ``left_out`` (trials with rows on the levels that
        could not be used: ``trial, reason``), in the order of the results.
    """
    found = []
    for record in material.results:
        if "interaction" in record:
            kind, asked = "predictive", list(record["interaction"]["biomarkers"])
        elif "prognostic" in record:
            kind, asked = "prognostic", [record["prognostic"]["biomarker"]]
        else:
            continue
        shared = [name for name in asked if name in markers]
        if not shared:
            continue
        used = {trial["trial_id"] for trial in record["trials"]}
        rows = [
            item
            for item in record["excluded"]
            if item["stage"] == "not poolable" and item["trial_id"] not in used
        ]
        reasons: dict[str, Json] = {}
        # Why a level that is asked for has no number says more than that others exist.
        for item in sorted(rows, key=lambda item: _is_another_level(str(item["reason"]))):
            told = {"trial": item["label"], "reason": item["reason"]}
            reasons.setdefault(item["trial_id"], told)
        found.append(
            {
                "question": record["id"],
                "kind": kind,
                "markers": shared,
                "groups": [group["label"] for group in record["groups"]],
                "left_out": [reasons[trial_id] for trial_id in sorted(reasons)],
            }
        )
    return found

"""What changes when a percentage stands for other counts than the nearest one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from trialpool.effects.counts import effect_from_counts
from trialpool.measures import Measure
from trialpool.pooling import random_effects

Json = dict[str, Any]


def counts_sensitivity(
    groups: Sequence[Mapping[str, Any]],
    trials: Sequence[Mapping[str, Any]],
    measure: Measure,
    pooling: Mapping[str, Any],
) -> list[Json]:
    """Pool again with the extreme counts that the printed percentages allow.

    Once with the fewest events in the experimental and the most in the control
    arms, once the other way round; between the two lies every reading of the
    percentages. Groups whose counts are all certain are not listed.
    """
    rows = []
    for group in groups:
        members = [trial for trial in trials if trial["group"] == group["label"]]
        uncertain = [trial["label"] for trial in members if _is_uncertain(trial)]
        if not uncertain:
            continue
        low = [_extreme(t, "events_smallest", "events_largest", measure) for t in members]
        high = [_extreme(t, "events_largest", "events_smallest", measure) for t in members]
        if any(effect is None for effect in (*low, *high)):
            continue
        for words, effects in (
            ("fewest events in experimental, most in control arms", low),
            ("most events in experimental, fewest in control arms", high),
        ):
            pooled = random_effects(
                [effect[0] for effect in effects if effect],
                [effect[1] ** 2 for effect in effects if effect],
                tau2=pooling["tau2"],
                ci="hk-adhoc",
                pi=pooling["pi"],
                level=pooling["level"],
                measure=measure.code,
            )
            rows.append(
                {
                    "group": group["label"],
                    "analysis": words,
                    "k": pooled.k,
                    "estimate": pooled.estimate,
                    "ci_lower": pooled.ci_lower,
                    "ci_upper": pooled.ci_upper,
                    "tau2": pooled.tau2,
                    "trials": uncertain,
                }
            )
    if not rows:
        return []
    return [
        {
            "id": "counts-from-percentages",
            "label": "Percentages that fit several counts",
            "description": (
                "Where a printed percentage fits several numbers of events, the nearest one is "
                "used; here the extremes that it allows."
            ),
            "ci_method": "hk-adhoc",
            "results": rows,
        }
    ]


def _is_uncertain(trial: Mapping[str, Any]) -> bool:
    return any("events_smallest" in trial[side] for side in ("experimental", "control"))


def _extreme(
    trial: Mapping[str, Any], ours: str, theirs: str, measure: Measure
) -> tuple[float, float] | None:
    """Effect and standard error with the extreme counts, None where they give no ratio."""
    (a, n1), (c, n2) = (
        (int(trial[side].get(name, trial[side]["events"])), int(trial[side]["n"]))
        for side, name in (("experimental", ours), ("control", theirs))
    )
    try:
        effect = effect_from_counts(a, n1, c, n2, measure.code)
    except ValueError:
        return None
    assert math.isfinite(effect.yi)
    return effect.yi, effect.sei

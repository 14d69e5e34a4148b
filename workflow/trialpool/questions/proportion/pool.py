"""The result record of a question about proportions of single arms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from trialpool.pooling import random_effects
from trialpool.pooling.counts import exact_interval, proportion_effects, proportion_glmm

Json = dict[str, Any]

# With fewer arms maximum likelihood says next to nothing of how much they differ.
PRIMARY_FROM: Final = 4
_SETTINGS: Final = (
    "table",
    "trials",
    "definitions",
    "report_policy",
    "exclude_trials",
    "exclude_rows",
    "biomarker",
    "single_arm",
)


def build_proportions(question: Mapping[str, Any], trials: Sequence[Json]) -> Json:
    """Pool the proportions of a question group by group; no groups are pooled together.

    Parameters
    ----------
    question : mapping
        Contents of question.json.
    trials : sequence of dict
        Trial records of input.csv, estimates as logits.

    Returns
    -------
    dict
        The result record (docs/result-record.md, single arms).
    """
    pooling = question["pooling"]
    records = [_trial(trial, pooling["level"]) for trial in trials]
    groups = [
        _pool_group(heading, [t for t in records if t["group"] == heading["label"]], pooling)
        for heading in question["groups"]
    ]
    return {
        "schema_version": 1,
        "id": question["id"],
        "title": question["title"],
        "question": question["question"],
        "single_arm": True,
        "measure": "PLO",
        "scale": "logit",
        "measure_name": "proportion",
        "null_value": None,
        "design": question["design"],
        "endpoints": question["endpoints"],
        "endpoint_names": question["endpoint_names"],
        "benefit": question["benefit"],
        "arm_names": question["arm_names"],
        "favours": {"lower": "", "higher": ""},
        "model": "binomial-normal mixed model, maximum likelihood",
        "settings": {
            "tau2_method": "ML",
            "ci_method": "wald",
            "pi_method": pooling["pi"],
            "level": pooling["level"],
            "primary_from_k": PRIMARY_FROM,
            **{name: question[name] for name in _SETTINGS},
        },
        "trials": records,
        "groups": groups,
        "overall": None,
        "overall_reason": question["overall_reason"],
        "subgroup_test": None,
        "excluded": question["excluded"],
        "sensitivity": [],
        "sources": question["sources"],
        "comment": question["comment"],
    }


def _trial(trial: Json, level: float) -> Json:
    """Add the exact interval: as proportions, and as logits, null where infinite."""
    events, n = trial["experimental"]["events"], trial["experimental"]["n"]
    lower, upper = exact_interval(events, n, level=level)
    return {
        **trial,
        "ci_lower": _logit(lower),
        "ci_upper": _logit(upper),
        "weight": None,
        "weight_common": None,
        "proportion": {"estimate": events / n, "ci_lower": lower, "ci_upper": upper},
    }


def _logit(p: float) -> float | None:
    return math.log(p / (1 - p)) if 0 < p < 1 else None


def _pool_group(heading: Json, members: Sequence[Json], pooling: Mapping[str, Any]) -> Json:
    events = [trial["experimental"]["events"] for trial in members]
    n = [trial["experimental"]["n"] for trial in members]
    models: Json = {}
    for measure, name in (("PLO", "logit"), ("PFT", "freeman-tukey")):
        effects = proportion_effects(events, n, measure=measure)
        fit = random_effects(
            effects.yi,
            effects.vi,
            tau2=pooling["tau2"],
            ci="hk-adhoc",
            pi=pooling["pi"],
            level=pooling["level"],
            measure=measure,
        )
        models[name] = {**fit.to_dict(), "p_value": None}
    main = models["logit"]
    note = ""
    # A mixed model needs an event and a non-event somewhere.
    if 0 < sum(events) < sum(n):
        mixed = proportion_glmm(events, n, pi=pooling["pi"], level=pooling["level"])
        models = {"glmm": mixed.to_dict(), **models}
        main = models["glmm"]
    else:
        note = " The mixed model does not exist: no arm has both events and non-events."
    primary: str | None
    if len(members) == 1:
        models, primary = {}, "single-trial"
        words = "One trial: its own proportion with its exact interval, nothing is pooled."
    elif len(members) < PRIMARY_FROM or note:
        primary = None
        words = (
            f"{len(members)} trials: too few to estimate how much they differ. The mixed model, "
            "the logit and the double arcsine stand side by side; none is primary."
        )
    else:
        primary = "glmm"
        words = (
            "Binomial-normal mixed model; the logit and the double arcsine, pooled by inverse "
            "variance, stand beside it."
        )
    return {
        **heading,
        "n": sum(n),
        "events": sum(events),
        **main,
        "margin": None,
        "primary_model": primary,
        "primary_note": words + note,
        "models": models,
    }

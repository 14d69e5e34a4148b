"""The multiverse of a question: every choice of model crossed with every choice of trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from trialpool.pooling import bayesian_random_effects
from trialpool.questions.shared.synthesis.answers import (
    BAYES,
    BY_MARGIN,
    DIFFERS,
    SUPERIORITY,
    UNKNOWN,
    answer_of,
    answers_to,
)
from trialpool.questions.shared.synthesis.multiarm import independent_groups
from trialpool.questions.shared.synthesis.trial_sets import ALL, MAIN, Choice, choices_of
from trialpool.sensitivity import Multiverse, multiverse

Json = dict[str, Any]

MULTIVERSE_COLUMNS: Final = (
    *("group", "policy", "inclusion", "tau2_method", "ci_method", "k"),
    *("estimate", "ci_lower", "ci_upper", "tau2", "answer", "holds"),
)
MAIN_CI: Final = "hk-adhoc"


def multiverse_of(record: Json, variants: Sequence[Mapping[str, Any]]) -> tuple[Json, list[Json]]:
    """Pool every group under every combination of choices.

    Parameters
    ----------
    record : dict
        The result record of the question.
    variants : sequence of mapping
        Its other policies with their trials.

    Returns
    -------
    entry : dict
        An entry of the record's `sensitivity`: per group how often the answer
        of the main analysis holds, and which single choices overturn it.
    rows : list of dict
        One per analysis, with `MULTIVERSE_COLUMNS`.
    """
    groups = [
        group for group in independent_groups(record["groups"], record["trials"]) if group["k"] > 1
    ]
    found = {g["label"]: choices_of(g["label"], record["trials"], variants) for g in groups}
    sets = [choice for choices in found.values() for choice in choices.sets]
    results: list[Json] = []
    rows: list[Json] = []
    if sets:
        pools = multiverse(
            [[trial["estimate"] for trial in choice.trials] for choice in sets],
            [[trial["se"] ** 2 for trial in choice.trials] for choice in sets],
            level=record["settings"]["level"],
        )
        pools = _with_bayes(pools, sets, record["settings"])
        start = 0
        for group in groups:
            choices = found[group["label"]]
            part = slice(start, start + len(choices.sets))
            start = part.stop
            answers = answers_to(pools.ci_lower[part], pools.ci_upper[part], group, record)
            main = answer_of(group, record)
            own = [
                _row(group, choice, pools, i + part.start, j, str(answers[i, j]), main)
                for i, choice in enumerate(choices.sets)
                for j in range(len(pools.models))
                if not math.isnan(pools.estimate[i + part.start, j])
            ]
            rows += own
            size = {"sets": len(choices.sets), "models": len(pools.models)}
            summary = _summary(group, record, own, main, size)
            summary["unchanged"] = list(choices.unchanged)
            summary["too_few"] = list(choices.too_few)
            results.append(summary)
    entry = {
        "id": "multiverse",
        "kind": "multiverse",
        "label": "Multiverse",
        "description": (
            "Every combination of estimator of τ², interval of the mean, report policy and "
            "inclusion rule that leaves two trials or more; sets of trials that come out alike "
            "count once. All analyses: multiverse.csv."
        ),
        "ci_method": "",
        "results": results,
    }
    return entry, rows


def _with_bayes(pools: Multiverse, sets: Sequence[Choice], settings: Json) -> Multiverse:
    """Add the Bayesian model of the question's settings, where it has one.

    From `primary_from_k` trials on it is no model of the question: NaN, and such
    an analysis is not listed.
    """
    if not settings.get("tau_prior"):
        return pools
    columns = np.full((len(sets), 4), np.nan)
    for i, choice in enumerate(sets):
        if len(choice.trials) >= settings["primary_from_k"]:
            continue
        try:
            found = bayesian_random_effects(
                [trial["estimate"] for trial in choice.trials],
                [trial["se"] ** 2 for trial in choice.trials],
                prior=settings["tau_prior"],
                scale=settings["tau_prior_scale"],
                level=settings["level"],
            )
        except ValueError:
            # Trials too far apart for the prior.
            continue
        columns[i] = found.estimate, found.ci_lower, found.ci_upper, found.tau2
    prior = f"{settings['tau_prior']} {settings['tau_prior_scale']:g}"
    added = {
        name: np.concatenate([getattr(pools, name), columns[:, [j]]], axis=1)
        for j, name in enumerate(("estimate", "ci_lower", "ci_upper", "tau2"))
    }
    return replace(pools, models=(*pools.models, (prior, BAYES)), **added)


def _row(
    group: Json, choice: Choice, pools: Any, i: int, j: int, answer: str, main: str | None
) -> Json:
    tau2, ci = pools.models[j]
    judged = main is not None and main != DIFFERS and answer != UNKNOWN
    return {
        "group": group["label"],
        "policy": choice.policy,
        "inclusion": choice.inclusion,
        "tau2_method": tau2,
        "ci_method": ci,
        "k": int(pools.k[i]),
        "estimate": float(pools.estimate[i, j]),
        "ci_lower": _number(pools.ci_lower[i, j]),
        "ci_upper": _number(pools.ci_upper[i, j]),
        "tau2": float(pools.tau2[i, j]),
        "answer": answer,
        "holds": ("yes" if answer == main else "no") if judged else "",
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _summary(
    group: Json, record: Json, rows: Sequence[Json], main: str | None, size: Mapping[str, int]
) -> Json:
    words = SUPERIORITY if record.get("design", "superiority") == "superiority" else BY_MARGIN
    answers = {word: sum(row["answer"] == word for row in rows) for word in words}
    known = [row for row in rows if row["answer"] != UNKNOWN]
    judged = [row for row in rows if row["holds"]]
    holds = sum(row["holds"] == "yes" for row in judged)
    estimates = np.array([row["estimate"] for row in rows])
    return {
        "group": group["label"],
        "k": group["k"],
        "answer": main,
        "analyses": len(known),
        "without_interval": len(rows) - len(known),
        **size,
        "holds": holds if judged else None,
        "share": holds / len(judged) if judged else None,
        "answers": answers,
        "estimate_min": float(estimates.min()),
        "estimate_max": float(estimates.max()),
        "overturned_by": _overturning(rows, record["settings"]["tau2_method"]) if judged else [],
        "by_choice": _by_choice(judged),
    }


def _overturning(rows: Sequence[Json], estimator: str) -> list[Json]:
    """Single departures from the main analysis whose answer is another one."""
    usual = {"tau2_method": estimator, "ci_method": MAIN_CI, "policy": MAIN, "inclusion": ALL}
    found = []
    for row in rows:
        changed = [name for name, value in usual.items() if row[name] != value]
        # The common effect and the Bayesian model change estimator and interval together.
        together = changed == ["tau2_method", "ci_method"] and (
            row["tau2_method"] == "CE" or row["ci_method"] == BAYES
        )
        if row["holds"] == "no" and (len(changed) == 1 or together):
            found.append(
                {
                    "choice": changed[0],
                    "value": row[changed[0]],
                    "ci_method": row["ci_method"],
                    **{key: row[key] for key in ("k", "estimate", "ci_lower", "ci_upper")},
                    "answer": row["answer"],
                }
            )
    return found


def _by_choice(rows: Sequence[Json]) -> list[Json]:
    """How often the answer holds under each value of each choice."""
    counts: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        for name in ("tau2_method", "ci_method", "policy", "inclusion"):
            tally = counts.setdefault((name, row[name]), [0, 0])
            tally[0] += 1
            tally[1] += row["holds"] == "yes"
    return [
        {"choice": name, "value": value, "analyses": n, "holds": holds}
        for (name, value), (n, holds) in counts.items()
    ]

"""Judgements of risk of bias, put beside the trials whose results they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from trialpool.evidence.tables import Evidence
from trialpool.questions.shared.selection.comparative import Selection

Json = dict[str, Any]
Judgements = Mapping[tuple[str, str], Json]

TABLE = "risk_of_bias"
_DOMAINS = tuple(f"D{number}" for number in range(1, 8))


def judgements(evidence: Evidence) -> dict[tuple[str, str], Json]:
    """Read risk_of_bias.csv, where the review has it.

    Returns
    -------
    dict
        (trial, endpoint) → `tool` and `judgements` by domain, "overall" last; the endpoint
        is empty where a judgement is about every result of its trial.
    """
    if TABLE not in evidence.tables:
        return {}
    found = {}
    for row in evidence.rows(TABLE):
        words = {name: str(row.get(name) or "") for name in (*_DOMAINS, "overall")}
        judged = {name: word for name, word in words.items() if word}
        if judged:
            key = str(row["trial_id"]), str(row["endpoint"])
            found[key] = {"tool": str(row["tool"]), "judgements": judged}
    return found


def with_judgements(selection: Selection, known: Judgements) -> Selection:
    """Return a selection whose trials carry `risk_of_bias` where it was judged.

    What was judged for the endpoint of a result goes before what was judged for its trial.
    """
    if not known:
        return selection
    return replace(selection, trials=tuple(_judged(selection.trials, known)))


def _judged(trials: Iterable[Json], known: Judgements) -> Iterable[Json]:
    for trial in trials:
        name = str(trial["trial_id"])
        entry = known.get((name, str(trial.get("endpoint") or ""))) or known.get((name, ""))
        yield {**trial, "risk_of_bias": entry} if entry else trial

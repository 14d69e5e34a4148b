"""Judgements of risk of bias, put beside the trials whose results they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import structs

from trialpool.evidence.tables import Evidence
from trialpool.records.trials import RiskOfBias, SelectedTrial

Judgements = Mapping[tuple[str, str], RiskOfBias]

TABLE = "risk_of_bias"
_DOMAINS = tuple(f"D{number}" for number in range(1, 8))


def judgements(evidence: Evidence) -> dict[tuple[str, str], RiskOfBias]:
    """Read risk_of_bias.csv, where the review has it.

    Returns
    -------
    dict
        (trial, endpoint) → its judgements by domain, "overall" last; the endpoint is empty
        where a judgement is about every result of its trial.
    """
    if TABLE not in evidence.tables:
        return {}
    found = {}
    for row in evidence.rows(TABLE):
        words = {name: str(row.get(name) or "") for name in (*_DOMAINS, "overall")}
        judged = {name: word for name, word in words.items() if word}
        if judged:
            key = str(row["trial_id"]), str(row["endpoint"])
            found[key] = RiskOfBias(tool=str(row["tool"]), judgements=judged)
    return found


def with_judgements(
    trials: Iterable[SelectedTrial], known: Judgements
) -> tuple[SelectedTrial, ...]:
    """Return the trials, with `risk_of_bias` where it was judged.

    What was judged for the endpoint of a result goes before what was judged for its trial.
    """
    return tuple(
        structs.replace(
            trial,
            risk_of_bias=known.get((trial.trial_id, trial.endpoint))
            or known.get((trial.trial_id, "")),
        )
        for trial in trials
    )

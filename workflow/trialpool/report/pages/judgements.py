"""What the page of a question says of risk of bias: in a sentence, and trial by trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialpool.evidence.risk_of_bias import NAMES, OVERALL
from trialpool.evidence.risk_of_bias_summary import (
    coverage_sentence,
    results_of,
    summarise,
)
from trialpool.records.results import Result
from trialpool.records.trials import RiskOfBias, WeighedTrial


@dataclass(frozen=True)
class JudgedRow:
    """One result: what was judged in words, by whom and when, and why."""

    trial: str
    trial_id: str
    tool: str
    overall: str
    domains: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]
    judged: str


@dataclass(frozen=True)
class Judgements:
    """How many trials were judged, and each one that was."""

    sentence: str
    rows: tuple[JudgedRow, ...]


def judgements_of(result: Result) -> Judgements | None:
    """Prepare the judgements of a question; None where nobody judged a trial of it."""
    summary = summarise(results_of(result.trials))
    if not summary.judged:
        return None
    names = {(tool.tool, one.key): one.name for tool in summary.tools for one in tool.domains}
    first: dict[tuple[str, str], WeighedTrial] = {}
    for trial in result.trials:
        first.setdefault((trial.trial_id, trial.endpoint), trial)
    rows = (
        JudgedRow(
            trial=trial.label,
            trial_id=trial.trial_id,
            tool=entry.tool,
            overall=NAMES.get(entry.judgements.get(OVERALL, ""), "not judged"),
            domains=tuple(_domains(entry, names)),
            reasons=tuple(
                (names.get((entry.tool, key), key), text) for key, text in entry.reasons.items()
            ),
            judged=", ".join(filter(None, (entry.by, entry.when))),
        )
        for trial in first.values()
        if (entry := trial.risk_of_bias) is not None
    )
    return Judgements(coverage_sentence(summary), tuple(rows))


def _domains(entry: RiskOfBias, names: dict[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each domain with its judgement, the overall one left out."""
    for key, word in entry.judgements.items():
        if key != OVERALL:
            yield names[entry.tool, key], NAMES[word]

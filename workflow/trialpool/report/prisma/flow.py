"""How many rows, trials and reports came how far, counted from the data and the results."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool.evidence.printed_rows import RESULT_TABLES
from trialpool.evidence.tables import Evidence
from trialpool.records.results import Result
from trialpool.records.review.prisma import Flow, FlowReason, FlowStage

Row = Mapping[str, Any]

# Stages from the least far: a trial or report stands where its furthest row stands.
STAGES: Final[Mapping[str, str]] = {
    "no-result": "no row of results",
    "unusable": "no number that could be pooled",
    "outside": "outside every question",
    "passed-over": "within a question, not pooled",
    "pooled": "pooled in a question",
}
_USABLE: Final = frozenset({"effect", "count"})
_NOT_ASKED: Final = "no question asks for this endpoint"


@dataclass(frozen=True)
class _Placed:
    """A row with its trial and report, its stage and the reason."""

    trial: str
    source: str
    stage: str
    reason: str


def flow_of(evidence: Evidence, effects: Sequence[Row], results: Sequence[Result]) -> Flow:
    """Place every row of results at the furthest stage that it reaches in any question.

    Parameters
    ----------
    evidence : Evidence
        The raw tables.
    effects : sequence of mapping
        Rows of effects.csv.
    results : sequence of Result

    Returns
    -------
    Flow
    """
    derived = {(row["table"], row["row_id"]): row for row in effects}
    pooled = {row_id for one in results for trial in one.trials for row_id in trial.row_ids}
    seen: dict[str, tuple[str, str]] = {}
    for result in results:
        for item in result.excluded:
            stage = "passed-over" if item.is_candidate else "outside"
            # The first question within whose filters it lies, else the first that passes it by.
            if item.row_id not in seen or (stage, seen[item.row_id][0]) == (
                "passed-over", "outside",
            ):  # fmt: skip
                seen[item.row_id] = (stage, item.stage)
    by_pmid = {row["pmid"]: row["source_id"] for row in evidence.rows("sources") if row["pmid"]}
    placed = []
    for table in RESULT_TABLES:
        for row in evidence.rows(table):
            own = derived.get((table, row["row_id"]), {})
            source = row.get("source_id") or by_pmid.get(row.get("pmid", ""), "")
            placed.append(
                _Placed(row["trial_id"], source, *_stage(row["row_id"], own, pooled, seen))
            )
    trials = [row["trial_id"] for row in evidence.rows("trials")]
    sources = [row["source_id"] for row in evidence.rows("sources")]
    return Flow(
        tables={name: n for name in RESULT_TABLES if (n := len(evidence.rows(name)))},
        rows=len(placed),
        trials=len(trials),
        sources=len(sources),
        stages=_stages(placed, trials, sources),
    )


def _stage(
    row_id: str, derived: Row, pooled: set[str], seen: Mapping[str, tuple[str, str]]
) -> tuple[str, str]:
    """Return the stage of a row and its reason."""
    if row_id in pooled:
        return "pooled", ""
    if derived.get("status") not in _USABLE:
        return "unusable", _plain(derived)
    return seen.get(row_id, ("outside", _NOT_ASKED))


def _plain(derived: Row) -> str:
    """Say in short why nothing could be derived: without the numbers of the single row."""
    if derived.get("status") == "unusable":
        return "failed a check"
    reason = re.split(r" \(|; |, and |, not ", str(derived.get("reason", "")))[0]
    return "printed numbers that fit no number of patients" if re.search(r"\d", reason) else reason


def _stages(
    placed: Sequence[_Placed], trials: Sequence[str], sources: Sequence[str]
) -> tuple[FlowStage, ...]:
    order = list(STAGES)

    def furthest(names: Sequence[str], attribute: str) -> dict[str, int]:
        reached = dict.fromkeys(names, 0)
        for one in placed:
            name = getattr(one, attribute)
            if name in reached:
                reached[name] = max(reached[name], order.index(one.stage))
        counts = dict.fromkeys(order, 0)
        for place in reached.values():
            counts[order[place]] += 1
        return counts

    of_trials, of_sources = furthest(trials, "trial"), furthest(sources, "source")
    found = []
    for stage, label in STAGES.items():
        own = [one for one in placed if one.stage == stage]
        reasons: dict[str, list[str]] = defaultdict(list)
        for one in own:
            if one.reason:
                reasons[one.reason].append(one.trial)
        counted = (
            FlowReason(label=reason, rows=len(of), trials=len(set(of)))
            for reason, of in reasons.items()
        )
        found.append(
            FlowStage(
                id=stage,
                label=label,
                rows=len(own),
                trials=of_trials[stage],
                sources=of_sources[stage],
                reasons=tuple(sorted(counted, key=lambda one: (-one.rows, one.label))),
            )
        )
    return tuple(found)

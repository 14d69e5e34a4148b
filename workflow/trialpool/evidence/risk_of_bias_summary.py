"""How many trials were judged for risk of bias, by tool and domain, and the sentence of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from trialpool import formatting as fmt
from trialpool.evidence.risk_of_bias import DOMAINS, NAMES, NOT_JUDGED, OVERALL, TOOLS, judged_as
from trialpool.records.review.risk_of_bias import DomainSummary, RiskOfBiasSummary, ToolSummary
from trialpool.records.trials import RiskOfBias, WeighedTrial

# Judgements in the order of figures, and what each is called.
ORDER: Final[Mapping[str, str]] = {**NAMES, NOT_JUDGED: NOT_JUDGED}


class Result(NamedTuple):
    """A result of a trial with its weight, and what was judged of it."""

    trial: str
    entry: RiskOfBias | None
    weight: float = 1.0


def results_of(trials: Iterable[WeighedTrial], *, weighted: bool = False) -> list[Result]:
    """Take the results of trials, each endpoint of a trial once.

    Parameters
    ----------
    trials : iterable of WeighedTrial
        Of one question, or of several.
    weighted : bool
        By their weight in their groups; comparisons of one trial add up. A trial that no pool
        weighs counts nothing then.
    """
    found: dict[tuple[str, str], Result] = {}
    for one in trials:
        key = (one.trial_id, one.endpoint)
        before = found[key].weight if key in found else 0.0
        weight = before + (one.weight or 0.0) if weighted else 1.0
        found[key] = Result(one.trial_id, one.risk_of_bias, weight)
    return list(found.values())


def summarise(
    results: Sequence[Result], *, weighted: bool = False, names: Mapping[str, str] | None = None
) -> RiskOfBiasSummary:
    """Count judgements by tool and domain.

    Parameters
    ----------
    results : sequence of Result
    weighted : bool
        Whether shares are of weight.
    names : mapping of str to str, optional
        Names of domains, where those of the tool do not do.
    """
    by_tool: dict[str, list[Result]] = defaultdict(list)
    for one in results:
        if one.entry is not None:
            by_tool[one.entry.tool].append(one)
    return RiskOfBiasSummary(
        trials=len({one.trial for one in results}),
        judged=len({one.trial for one in results if one.entry is not None}),
        weighted=weighted,
        tools=tuple(_tool(tool, own, names or {}) for tool, own in sorted(by_tool.items())),
    )


def _tool(tool: str, results: Sequence[Result], names: Mapping[str, str]) -> ToolSummary:
    known = TOOLS.get(tool, ())
    usual = {**dict(zip(DOMAINS, known, strict=False)), OVERALL: "overall", **names}
    keys = dict.fromkeys(key for one in results if one.entry for key in one.entry.judgements)
    numbers = {key: number for number, key in enumerate(DOMAINS)}
    ordered = sorted(keys, key=lambda key: (key == OVERALL, numbers.get(key, len(numbers))))
    return ToolSummary(
        tool=tool,
        results=len(results),
        domains=tuple(_domain(key, usual.get(key, key), results) for key in ordered),
    )


def _domain(key: str, name: str, results: Sequence[Result]) -> DomainSummary:
    counts, weights = dict.fromkeys(ORDER, 0), dict.fromkeys(ORDER, 0.0)
    for one in results:
        word = judged_as(one.entry, key)
        counts[word] += 1
        weights[word] += one.weight
    total = sum(weights.values())
    return DomainSummary(
        key=key,
        name=name,
        counts={word: n for word, n in counts.items() if n},
        shares={word: weights[word] / total if total else 0.0 for word, n in counts.items() if n},
    )


def coverage_sentence(summary: RiskOfBiasSummary) -> str:
    """Say how many of the trials were judged, and the overall judgements by tool."""
    if not summary.judged:
        return "Risk of bias was not judged."
    whole, noun = fmt.whole(summary.trials), "trial" if summary.trials == 1 else "trials"
    words = f"Risk of bias was judged for {fmt.whole(summary.judged)} of {whole} {noun}"
    return f"{words}: {'; '.join(map(_in_words, summary.tools))}."


def _in_words(tool: ToolSummary) -> str:
    name = tool.tool or "tool not named"
    overall = next((one for one in tool.domains if one.key == OVERALL), None)
    if overall is None:
        return f"{name}, no overall judgement"
    counted = ", ".join(
        f"{fmt.whole(overall.counts[word])} {text}"
        for word, text in ORDER.items()
        if word in overall.counts
    )
    results = "result" if tool.results == 1 else "results"
    return f"{name}, overall of {fmt.whole(tool.results)} {results} {counted}"

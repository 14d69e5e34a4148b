"""What was judged of the trials of a question or of a review, by tool and domain."""

from __future__ import annotations

from trialpool.records.base import Record


class DomainSummary(Record, frozen=True, kw_only=True):
    """Judgements of one domain.

    Attributes
    ----------
    key, name : str
        "D1", "overall", or a domain of the review's own; what a reader calls it.
    counts : dict of str to int
        Judgement to results; "not judged" where a result of the tool lacks this domain.
    shares : dict of str to float
        The same as fractions of all results of the tool, or of their weight.
    """

    key: str
    name: str
    counts: dict[str, int]
    shares: dict[str, float]


class ToolSummary(Record, frozen=True, kw_only=True):
    """The results that were judged by one tool; the domain "overall" is the last."""

    tool: str
    results: int
    domains: tuple[DomainSummary, ...]


class RiskOfBiasSummary(Record, frozen=True, kw_only=True):
    """How many trials were judged, and how.

    Attributes
    ----------
    trials, judged : int
        Trials, and those of which a result was judged.
    weighted : bool
        Whether shares are of weight in the pools.
    tools : tuple of ToolSummary
    """

    trials: int
    judged: int
    weighted: bool
    tools: tuple[ToolSummary, ...]

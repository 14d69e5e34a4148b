"""Judgements of the certainty of evidence, put beside the groups that they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from msgspec import structs

from trialpool.evidence.certainty import OVERALL
from trialpool.evidence.tables import Evidence
from trialpool.records.questions import Question

Q = TypeVar("Q", bound=Question)
TABLE = "certainty"


def certainties(evidence: Evidence, renamed: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Read the certainty that was judged overall from certainty.csv, where the review has it.

    Parameters
    ----------
    evidence : Evidence
    renamed : mapping of str to str
        An id of an earlier build to the one that took its place.

    Returns
    -------
    dict
        (comparison, question) → word; the comparison under its present id.
    """
    found = {}
    for row in evidence.rows(TABLE):
        if row["domain"] == OVERALL:
            comparison = str(row["comparison"])
            for _ in renamed:
                comparison = renamed.get(comparison, comparison)
            found[comparison, str(row["question"])] = str(row["judgement"])
    return found


def with_certainty(question: Q, judged: Mapping[tuple[str, str], str]) -> Q:
    """Return a question whose headings know what was judged of them."""
    if not judged:
        return question
    groups = tuple(
        structs.replace(one, certainty=judged.get((one.comparison, question.id), ""))
        for one in question.groups
    )
    return structs.replace(question, groups=groups)

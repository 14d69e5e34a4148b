"""What kind of reports the pooled numbers come from: what the front of a report may say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.evidence.grades import GRADES
from trialpool.questions.shared.words.sides import joined
from trialpool.records.results import Result
from trialpool.records.trials import WeighedTrial

_ONE: Final = {
    "article": "an article",
    "registry": "a registry",
    "abstract": "an abstract",
    "regulatory": "a regulatory document",
    "release": "a release",
    "secondary copy": "a secondary copy",
}
_UNKNOWN: Final = "a source of unknown kind"


@dataclass(frozen=True)
class Graded:
    """Pooled rows, each once however many questions pool it.

    Attributes
    ----------
    rows : int
    grades : tuple of (str, int)
        Grade and its rows, the better grade first; "" where nothing is known of a source.
    identified : int
        Rows whose source has a DOI or a PubMed number.
    read_twice : int
        Rows that two readers found.
    """

    rows: int
    grades: tuple[tuple[str, int], ...]
    identified: int
    read_twice: int


def graded(results: Iterable[Result]) -> Graded:
    """Count the rows of all pools by the grade of their source."""
    rows: dict[str, tuple[WeighedTrial, bool]] = {}
    for result in results:
        for trial in result.trials:
            source = result.sources.get(trial.source)
            identified = source is not None and bool(source.doi or source.pmid)
            rows.update(dict.fromkeys(trial.row_ids, (trial, identified)))
    counts = Counter(trial.grade for trial, _ in rows.values())
    return Graded(
        rows=len(rows),
        grades=tuple((grade, counts[grade]) for grade in (*GRADES, "") if counts[grade]),
        identified=sum(identified for _, identified in rows.values()),
        read_twice=sum(trial.extraction == "double" for trial, _ in rows.values()),
    )


def grades_sentence(results: Iterable[Result]) -> str:
    """Say on what kind of reports the pools rest; empty where nothing is pooled."""
    found = graded(results)
    if not found.rows:
        return ""
    kinds = [f"{fmt.whole(n)} {_ONE.get(grade, _UNKNOWN)}" for grade, n in found.grades]
    kinds[0] = kinds[0].replace(" ", " cite ", 1)
    return (
        f"Of {fmt.whole(found.rows)} pooled rows, {joined(kinds)}; "
        f"{fmt.whole(found.identified)} have a DOI or a PubMed number, and "
        f"{fmt.whole(found.read_twice)} were read by two readers."
    )

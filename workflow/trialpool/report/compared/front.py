"""What the front page says before the matrix: what this is, how much it holds, how to cite it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialpool import formatting as fmt
from trialpool.records.results import Result
from trialpool.report.grades import graded

_NOT_GIVEN = "not given"


@dataclass(frozen=True)
class Front:
    """The head of the front page; all texts are ready to print.

    Attributes
    ----------
    facts : tuple of (str, str)
        Version, dates and status, each with its name.
    counts : tuple of (str, str)
        Number and noun.
    citation : str
    """

    facts: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, str], ...]
    citation: str


def front(
    settings: Mapping[str, Any],
    results: Sequence[Result],
    trials: Iterable[Mapping[str, str]],
    sources: int,
) -> Front:
    """Prepare the head of the front page.

    Parameters
    ----------
    settings : mapping
        The part "report" of config.yaml.
    results : sequence of Result
    trials : iterable of mapping
        Rows of trials.csv, for the numbers of patients.
    sources : int
        Cited sources.
    """
    names = ("version", "data_date", "search_date", "status")
    facts = tuple(
        (words, str(settings.get(name) or _NOT_GIVEN))
        for name, words in zip(names, ("Version", "Data of", "Last search", "Status"), strict=True)
    )
    pooled = {trial.trial_id for result in results for trial in result.trials}
    sizes = [row.get("n_randomised", "") for row in trials if row["trial_id"] in pooled]
    known = [int(size) for size in sizes if size.isdigit()]
    patients = fmt.at_least(fmt.whole(sum(known)), len(known) < len(pooled))
    counts = (
        (fmt.whole(len(pooled)), "trials"),
        (patients, "patients"),
        (fmt.whole(graded(results).rows), "results"),
        (fmt.whole(sources), "sources"),
    )
    return Front(facts, counts, citation(settings))


def citation(settings: Mapping[str, Any], page: str = "") -> str:
    """Say how to cite the review, or one of its pages."""
    given = settings.get("citation")
    if not given:
        authors, title = str(settings.get("authors") or ""), str(settings["title"])
        subtitle = str(settings.get("subtitle") or "")
        title = f"{title}: {subtitle[:1].lower()}{subtitle[1:]}" if subtitle else title
        version = f"version {settings['version']}" if settings.get("version") else ""
        given = ". ".join(filter(None, (authors, title, version)))
    return f"{str(given).removesuffix('.')}. {f'{page}.' if page else ''}".strip()

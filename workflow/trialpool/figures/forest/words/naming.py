"""What a trial is called: with its year, and with the number of its source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from trialpool.figures.forest.options.presets import LabelStyle
from trialpool.records.groups import SourceCited
from trialpool.records.trials import SelectedTrial

_YEAR: Final = re.compile(r"\b(19|20)\d\d\b")
_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def trial_label(
    trial: SelectedTrial,
    style: LabelStyle = "comma",
    number: int | None = None,
    *,
    year: bool = True,
) -> str:
    """Name a trial with the year of its report.

    Parameters
    ----------
    trial : SelectedTrial
        A year that its label holds is not printed twice.
    style : {"comma", "source", "parentheses"}
        "DAPA-HF, 2019", "DAPA-HF,¹² 2019" or "DAPA-HF (2019)".
    number : int, optional
        Of the source in the list of sources, for style "source".
    year : bool
        False where the year has a column of its own.
    """
    label, printed = trial.label, trial.year
    dated = year and _year_is_printed(trial)
    raised = str(number).translate(_RAISED) if style == "source" and number is not None else ""
    if not dated:
        return f"{label}{raised}"
    if style == "parentheses":
        return f"{label} ({printed})"
    return f"{label},{raised} {printed}"


def _year_is_printed(trial: SelectedTrial) -> bool:
    return trial.year is not None and str(trial.year) not in trial.label


def undated_sentence(trials: Sequence[SelectedTrial]) -> str:
    """Say what a name without a year means, where others have one; else empty."""
    without = [t for t in trials if t.year is None and not _YEAR.search(t.label)]
    if not without or not any(_year_is_printed(trial) for trial in trials):
        return ""
    return "Year: of the report; a trial without one has a report whose date is not known."


def source_numbers(
    trials: Sequence[SelectedTrial], sources: Mapping[str, SourceCited]
) -> dict[str, int]:
    """Give the sources of the trials numbers, in the order in which a reader meets them."""
    met = dict.fromkeys(trial.source for trial in trials)
    return {name: number + 1 for number, name in enumerate(n for n in met if n in sources)}


def source_list(trials: Sequence[SelectedTrial], sources: Mapping[str, SourceCited]) -> str:
    """Print the numbered sources, each with its first words and where it is found."""
    parts = []
    for name, number in source_numbers(trials, sources).items():
        source = sources[name]
        words = (source.citation or name).split(". ")[0].rstrip(".")
        years = [trial.year for trial in trials if trial.source == name]
        dated = f" {years[0]}" if years and years[0] and str(years[0]) not in words else ""
        if source.doi:
            place = f", doi:{source.doi}"
        elif source.pmid:
            place = f", PMID {source.pmid}"
        else:
            place = f", {source.url}" if source.url else ""
        parts.append(f"{number}. {words}{dated}{place}")
    return f"Sources: {'; '.join(parts)}." if parts else ""


def doi_url(source: SourceCited | None) -> str:
    """Address of a report: its DOI, else PubMed, else the address it was read at."""
    if not source:
        return ""
    if source.doi:
        return f"https://doi.org/{source.doi}"
    if source.pmid:
        return f"https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/"
    return source.url or ""

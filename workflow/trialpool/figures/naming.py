"""What a trial is called: with its year, and with the number of its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from trialpool.figures.presets import LabelStyle

Record = Mapping[str, Any]

_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def trial_label(
    trial: Record, style: LabelStyle = "comma", number: int | None = None, *, year: bool = True
) -> str:
    """Name a trial with the year of its report.

    Parameters
    ----------
    trial : mapping
        With `label` and perhaps `year`; a year that the label holds is not printed twice.
    style : {"comma", "source", "parentheses"}
        "CLEOPATRA, 2020", "CLEOPATRA,¹² 2020" or "CLEOPATRA (2020)".
    number : int, optional
        Of the source in the list of sources, for style "source".
    year : bool
        False where the year has a column of its own.
    """
    label, printed = str(trial["label"]), trial.get("year")
    dated = year and printed is not None and str(printed) not in label
    raised = str(number).translate(_RAISED) if style == "source" and number is not None else ""
    if not dated:
        return f"{label}{raised}"
    if style == "parentheses":
        return f"{label} ({printed})"
    return f"{label},{raised} {printed}"


def source_numbers(trials: Sequence[Record], sources: Record) -> dict[str, int]:
    """Give the sources of the trials numbers, in the order in which a reader meets them."""
    met = dict.fromkeys(str(trial.get("source") or "") for trial in trials)
    return {name: number + 1 for number, name in enumerate(n for n in met if n in sources)}


def source_list(trials: Sequence[Record], sources: Record) -> str:
    """Print the numbered sources, each with its first words and where it is found."""
    parts = []
    for name, number in source_numbers(trials, sources).items():
        source = sources[name]
        words = str(source.get("citation") or name).split(". ")[0].rstrip(".")
        years = [trial["year"] for trial in trials if trial.get("source") == name]
        dated = f" {years[0]}" if years and years[0] and str(years[0]) not in words else ""
        if source.get("doi"):
            place = f", doi:{source['doi']}"
        elif source.get("pmid"):
            place = f", PMID {source['pmid']}"
        else:
            place = f", {source['url']}" if source.get("url") else ""
        parts.append(f"{number}. {words}{dated}{place}")
    return f"Sources: {'; '.join(parts)}." if parts else ""

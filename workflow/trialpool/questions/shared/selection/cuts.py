"""When the data of a report were cut, as far as it says: which of two cuts is later or the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from trialpool.evidence.assessors import Reader
from trialpool.evidence.printed import parse_number
from trialpool.questions.shared.selection.library import Library, Row

# Median follow-up rounds to months, or to tenths of a year.
_SAME_MONTHS: Final = 1.0
# A congress shows a result a year or two before its article is printed.
PRINTED_WITHIN: Final = 2
# Grades of sources whose year tells of a cut: labels, registries and reviews reprint older ones.
_DATED: Final = frozenset({"article", "abstract"})
# Cells of medians or events that say nothing of a cut.
_OPEN: Final = frozenset({"", "NR"})


class Cut(NamedTuple):
    """What a report says of its data cut.

    Attributes
    ----------
    cutoff : str
        ISO day, or month; empty where not printed.
    follow_up : float or None
        Median follow-up in months.
    year : int or None
        Of the report.
    events, medians, n : (str, str)
        As printed, of the experimental and the control arm. `n` where patients are counted.
    """

    cutoff: str = ""
    follow_up: float | None = None
    year: int | None = None
    events: tuple[str, str] = ("", "")
    medians: tuple[str, str] = ("", "")
    n: tuple[str, str] = ("", "")


@dataclass(frozen=True, kw_only=True)
class Report:
    """What tells several reports of one comparison, or of one arm, apart.

    Attributes
    ----------
    row_ids : tuple of str
    rank : tuple
        What the question itself prefers (endpoint, definition, population, level, how sure the
        number is), the preferred first; its policy decides after it.
    endpoint, maturity, population, definition, extraction, assessor, level : str
        As in the raw tables; `level` by its canonical name.
    reader : {"blinded", "open", "other", ""}
        How the assessor judged.
    exactness : int
        How sure a count is, the surest first.
    is_published : bool
        Whether an effect was published, rather than computed from arms.
    timepoint, value : str
        When a mean or rate was taken, and whether a mean is of a change.
    of_arms : str
        What is known of the arms: counts, means, rates.
    grade : str
        Of the source.
    cut : Cut
    """

    row_ids: tuple[str, ...]
    rank: tuple[object, ...]
    endpoint: str
    maturity: str = ""
    population: str = ""
    definition: str = ""
    extraction: str = ""
    assessor: str = ""
    reader: Reader = ""
    level: str = ""
    exactness: int = 0
    is_published: bool = False
    timepoint: str = ""
    value: str = ""
    of_arms: str = "counts"
    grade: str = ""
    cut: Cut = field(default_factory=Cut)


def cut_of(library: Library, row: Row) -> Cut:
    """Read what a row of time_to_event.csv says of its cut."""
    follow_up = parse_number(str(row["follow_up_months"]))
    return Cut(
        cutoff=str(row.get("cutoff", "")),
        follow_up=None if follow_up is None else follow_up.value,
        year=library.year(row["source_id"]),
        events=(str(row["events_experimental"]), str(row["events_control"])),
        medians=(str(row["median_experimental"]), str(row["median_control"])),
    )


def cut_later(one: Report, other: Report) -> bool:
    """Whether the printed cut-off is the later, to the day or the month that both print."""
    digits = min(len(one.cut.cutoff), len(other.cut.cutoff))
    return one.cut.cutoff[:digits] > other.cut.cutoff[:digits]


def cut_after_report(one: Report, other: Report) -> bool:
    """Whether the cut-off lies after the year in which the other report was printed."""
    return bool(one.cut.cutoff) and _after(int(one.cut.cutoff[:4]), other.cut.year)


def followed_longer(one: Report, other: Report) -> bool:
    """Whether the median follow-up is longer, by more than its rounding."""
    ours, theirs = one.cut.follow_up, other.cut.follow_up
    return ours is not None and theirs is not None and ours - theirs > _SAME_MONTHS


def reported_later(one: Report, other: Report) -> bool:
    """Whether the year of the report says that its cut is the later.

    Of articles and congress reports only. An article follows the congress that showed the same
    cut, so one that appears within two years of a congress report may hold the same or an
    earlier cut: the years do not tell.
    """
    if not {one.grade, other.grade} <= _DATED or one.cut.year is None:
        return False
    waits = (one.grade, other.grade) == ("article", "abstract")
    return _after(one.cut.year - (PRINTED_WITHIN if waits else 0), other.cut.year)


def _after(year: int, other: int | None) -> bool:
    return other is not None and year > other


def not_one_cut(one: Report, other: Report) -> bool:
    """Whether the cut-offs or follow-ups that both print differ."""
    return any(
        later(*pair)
        for later in (cut_later, followed_longer)
        for pair in ((one, other), (other, one))
    )


def same_cut(one: Report, other: Report) -> bool:
    """Whether two reports of one comparison are known to hold the same analysis.

    That is: nothing that both print of their cut differs (cut-off, follow-up, events, patients
    counted, medians; years by no more than an article takes), the same reader or one not named,
    and something that both print agrees, or both are called the primary analysis.
    """
    ours, theirs = one.cut, other.cut
    if len({one.assessor, other.assessor} - {""}) > 1 or not_one_cut(one, other):
        return False
    if cut_after_report(one, other) or cut_after_report(other, one):
        return False
    if ours.year and theirs.year and abs(ours.year - theirs.year) > PRINTED_WITHIN:
        return False
    printed = [
        pair
        for pair in zip(
            (ours.events, ours.medians, ours.n),
            (theirs.events, theirs.medians, theirs.n),
            strict=True,
        )
        if not _OPEN & {cell for side in pair for cell in side}
    ]
    dated = (ours.cutoff and theirs.cutoff) or None not in (ours.follow_up, theirs.follow_up)
    called = one.maturity == other.maturity == "primary"
    return all(a == b for a, b in printed) and bool(printed or dated or called)

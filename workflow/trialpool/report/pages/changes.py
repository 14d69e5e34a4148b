"""The page of what changed since the last release, and its first lines for the front page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.records.changes.release import ChangedRow, PoolChange, ReleaseChanges
from trialpool.report.pages.paired_marks import paired_marks
from trialpool.report.site.page import Page, comparison_path, question_path, trial_path
from trialpool.report.site.render import render
from trialpool.report.site.review import Review

PATH = "changes.html"
_HEADINGS = {
    "new": "Pools that are new",
    "gone": "Pools that are gone",
    "changed": "Pools that moved",
    "renamed": "Pools with another name",
}


@dataclass(frozen=True)
class Moved:
    """A pool that moved: its sentence, its marks as SVG, and where it stands on the site."""

    sentence: str
    marks: str
    links: tuple[tuple[str, str], ...]


def headlines(changes: ReleaseChanges | None, most: int = 5) -> tuple[str, ...]:
    """Say what changed in a few lines: the sum, then the pools, changed conclusions first.

    Parameters
    ----------
    changes : ReleaseChanges or None
        None where the build keeps no such record.
    most : int
        Lines; the last one says how much more there is.
    """
    if changes is None:
        return ()
    told = [pool.sentence for pool in changes.pools if pool.level == "group"]
    told += [f"{note.title}: {text}" for note in changes.questions for text in note.sentences]
    if len(told) < most:
        return (changes.summary, *told)
    rest = len(told) - (most - 2)
    return (changes.summary, *told[: most - 2], f"And {fmt.whole(rest)} further changes.")


def pages(review: Review) -> Iterator[Page]:
    """Return the page, where the build keeps the record."""
    changes = review.changes
    if changes is None:
        return
    parts = [
        (heading, [_moved(pool, review) for pool in ours])
        for status, heading in _HEADINGS.items()
        if (ours := [pool for pool in changes.pools if pool.status == status])
    ]
    files = review.offered("changes.json")
    yield Page(
        path=PATH,
        title="What changed",
        lead=changes.summary,
        body=render(
            "changes.html.j2",
            changes=changes,
            parts=parts,
            rows=[_row(row, review) for row in changes.rows],
            files=files,
        ),
        menu="Changes",
        files=files,
    )


def _moved(pool: PoolChange, review: Review) -> Moved:
    links = []
    listed = review.comparisons.comparisons if review.comparisons else ()
    if pool.comparison in {one.id for one in listed}:
        links.append(("its comparison", f"site:{comparison_path(pool.comparison)}"))
    if pool.question in review.by_id:
        links.append((pool.title, f"site:{question_path(pool.question)}"))
    measure = get_measure(pool.measure)
    null = review.by_id[pool.question].null_value if pool.question in review.by_id else None
    return Moved(pool.sentence, paired_marks(pool, measure, null), tuple(links))


@dataclass(frozen=True)
class Row:
    """A raw row that is new, gone or edited, with the page of its trial."""

    row: ChangedRow
    link: str


def _row(row: ChangedRow, review: Review) -> Row:
    known = row.trial_id in review.trials
    return Row(row, f"site:{trial_path(row.trial_id)}" if known else "")

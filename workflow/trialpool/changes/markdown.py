"""What moved between two builds as Markdown, for the comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from trialpool import formatting
from trialpool.changes.folders import Results
from trialpool.changes.release import Release, changes_since
from trialpool.changes.sentences import cell_words, changes_conclusion
from trialpool.records.changes.release import ChangedRow, PoolChange, ReleaseChanges

# A comment holds 65,536 characters; a sentence has about 300.
_MOST: Final = 40
# What Markdown would read as markup.
_MARKUP: Final = re.compile(r"([\\`*_\[\]<>|~])")
# Before a name or number it would call a person or link to another issue.
_CALLS: Final = re.compile(r"([@#])(?=\w)")


def describe_markdown(
    name: str, old: Results, new: Results, renamed: Mapping[str, str] | None = None
) -> str:
    """Say what moved: conclusions first, then other pools, settings and rows.

    Parameters
    ----------
    name : str
        How the earlier build is called, as in "Since …: one new trial".
    old, new : Results
        An earlier and a later build.
    renamed : mapping of str to str, optional
        Id of a comparison in the earlier build to the one that it has in the later one.

    Returns
    -------
    str
        Markdown that ends with a line end. Whatever stands in the tables is text: none of it
        becomes markup.
    """
    changes = changes_since(Release(name, old), new, renamed)
    lines = [f"**{_text(changes.summary)}**"]
    for title, sentences in _sections(changes):
        if sentences:
            lines += ["", f"### {title}", "", *_listed(sentences)]
    return "\n".join(lines) + "\n"


def _sections(changes: ReleaseChanges) -> Iterator[tuple[str, list[str]]]:
    """Sort what is told: each thing stands once."""
    turned = [pool for pool in changes.pools if changes_conclusion(pool)]
    others = [pool for pool in changes.pools if not changes_conclusion(pool)]
    yield "Changed conclusions", [_pool(pool) for pool in turned]
    yield "New pools", [_pool(pool) for pool in others if pool.status == "new"]
    yield "Pools that are gone", [_pool(pool) for pool in others if pool.status == "gone"]
    moved = [pool for pool in others if pool.status in ("changed", "renamed")]
    yield "Pools with the same conclusion", [_pool(pool) for pool in moved]
    notes = [(note, text) for note in changes.questions for text in note.sentences]
    yield "Questions", [f"{_page(note.question)} {_text(text)}" for note, text in notes]
    yield "Rows", [_row(row) for row in changes.rows]


def _pool(pool: PoolChange) -> str:
    return f"{_text(pool.sentence)} {_page(pool.question)}"


def _page(question: str) -> str:
    """Name the page of a question in the report."""
    return f"`questions/{question}.html`"


def _row(row: ChangedRow) -> str:
    words = f"{_text(row.row_id)}, {_text(row.table)}: {row.status}"
    if row.cells:
        words += f", {_text('; '.join(map(cell_words, row.cells)))}"
    return words + (f" (in no pool: {_text(row.left_out)})" if row.left_out else "")


def _listed(sentences: Sequence[str]) -> Iterator[str]:
    yield from (f"- {sentence}" for sentence in sentences[:_MOST])
    if len(sentences) > _MOST:
        yield f"- and {formatting.whole(len(sentences) - _MOST)} more"


def _text(words: str) -> str:
    """Take the meaning of markup away, and line ends."""
    return _CALLS.sub("\\1\u200b", _MARKUP.sub(r"\\\1", " ".join(words.split())))

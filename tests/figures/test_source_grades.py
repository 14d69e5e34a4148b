"""Grades of sources in forest plots: a quiet letter on rows whose number is not from an article."""

from __future__ import annotations

import forest_records
from msgspec import structs

from trialpool.figures.api import forest
from trialpool.figures.configured import WithRelease, draw_configured
from trialpool.records.files import result_of

COPY = "read in a secondary source"


def marked(*grades):
    """A result whose trials have these grades, the last one of all others."""
    result = result_of(forest_records.survival())
    every = [*grades, *grades[-1:] * len(result.trials)]
    pairs = zip(result.trials, every, strict=False)
    return structs.replace(result, trials=tuple(structs.replace(t, grade=g) for t, g in pairs))


def test_only_what_is_not_from_an_article_has_a_letter():
    result = marked("abstract", "article", "")
    drawn = draw_configured(WithRelease(result), {})
    (letter,) = [letter for letter, text in drawn.table.flags if text == "source: abstract"]
    rows = [row for row in drawn.table.rows if row.kind == "trial"]
    assert [letter in row.flags for row in rows].count(True) == 1
    flagged = next(row for row in rows if letter in row.flags)
    assert flagged.trial_id == result.trials[0].trial_id
    assert not [text for _, text in drawn.table.flags if text in ("source: article", "source: ")]
    # The same in Python, without settings of a review.
    assert forest(result).table.flags == drawn.table.flags


def test_a_row_that_says_it_is_a_copy_says_it_once():
    result = marked("secondary copy", "article")
    assert "source: secondary copy" in dict(forest(result).table.flags).values()
    first = structs.replace(result.trials[0], flags=(COPY,))
    again = structs.replace(result, trials=(first, *result.trials[1:]))
    texts = list(dict(forest(again).table.flags).values())
    assert COPY in texts
    assert "source: secondary copy" not in texts

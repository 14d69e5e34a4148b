"""The page of what changed: marks where the numbers are, sentences escaped, five lines in front."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from trialpool.measures import get_measure
from trialpool.records.changes.release import (
    ChangedCell,
    ChangedRow,
    PoolChange,
    PoolThen,
    QuestionNote,
    ReleaseChanges,
)
from trialpool.report.pages.changes import headlines, pages
from trialpool.report.pages.paired_marks import paired_marks
from trialpool.report.site.review import Review

HR = get_measure("HR")


def then(hr: float, lower: float, upper: float, k: int = 2) -> PoolThen:
    numbers = map(math.log, (hr, lower, upper))
    return PoolThen(k=k, verdict="benefit", **dict(zip(NAMES, numbers, strict=True)))


NAMES = ("estimate", "ci_lower", "ci_upper")


def pool(**changes) -> PoolChange:
    fields = {
        **{"question": "q", "title": "Survival", "measure": "HR", "level": "group"},
        **{"label": "A added", "status": "changed", "sentence": "A added, Survival: moved."},
        **{"before": then(0.8, 0.64, 1.0), "after": then(0.5, 0.25, 1.0), **changes},
    }
    return PoolChange(**fields)


def test_marks_stand_where_the_numbers_are():
    svg = ElementTree.fromstring(paired_marks(pool(), HR))
    lines = {line.get("class"): line for line in svg.iter("line")}
    squares = {rect.get("class"): rect for rect in svg.iter("rect")}
    # 0.25, 0.5 and 1 are equally far apart as logarithms; no difference is 1.
    left, right = (float(lines["after"].get(end)) for end in ("x1", "x2"))
    middle = float(squares["after"].get("x")) + float(squares["after"].get("width")) / 2
    assert middle == pytest.approx((left + right) / 2, abs=0.1)
    assert float(lines["null"].get("x1")) == pytest.approx(right, abs=0.1)
    share = math.log(0.8 / 0.25) / math.log(1 / 0.25)
    before = float(squares["before"].get("x")) + float(squares["before"].get("width")) / 2
    assert before == pytest.approx(left + share * (right - left), abs=0.1)
    assert svg.get("aria-label") == "before HR 0.80 [0.64 to 1.00]; after HR 0.50 [0.25 to 1.00]"


def test_a_new_pool_has_one_mark():
    svg = ElementTree.fromstring(paired_marks(pool(before=None, status="new"), HR))
    assert [rect.get("class") for rect in svg.iter("rect")] == ["after"]


def changed(number: int) -> ReleaseChanges:
    pools = tuple(pool(sentence=f"Pool {n} moved.") for n in range(number))
    return ReleaseChanges(
        schema_version=1, release="release 1", summary="Since release 1: much.", pools=pools
    )


@pytest.mark.parametrize(("pools", "lines"), [(0, 1), (3, 4), (4, 5), (5, 5), (40, 5)])
def test_the_front_page_has_at_most_five_lines(pools, lines):
    told = headlines(changed(pools))
    assert len(told) == lines
    assert told[0] == "Since release 1: much."
    if pools > 4:
        shown = sum(line.startswith("Pool") for line in told)
        assert told[-1] == f"And {pools - shown} further changes."


def test_no_record_no_lines():
    assert headlines(None) == ()
    assert list(pages(Review({"title": "T"}, ()))) == []


HOSTILE = '<script>alert(1)</script> "&'


def test_hostile_words_are_text():
    changes = ReleaseChanges(
        schema_version=1,
        release=HOSTILE,
        summary=f"Since {HOSTILE}: 1 new trial.",
        trials_new=(HOSTILE,),
        rows=(
            ChangedRow(
                row_id=HOSTILE, table="t", trial_id="x", endpoint=HOSTILE, status="edited",
                cells=(ChangedCell(name=HOSTILE, before=HOSTILE, after=HOSTILE),), left_out=HOSTILE,
            ),
        ),
        pools=(pool(label=HOSTILE, sentence=HOSTILE),),
        questions=(
            QuestionNote(question="q", title=HOSTILE, status="changed", sentences=(HOSTILE,)),
        ),
    )  # fmt: skip
    (page,) = pages(Review({"title": "T"}, (), changes=changes))
    assert "<script" not in page.body
    # One trial, one pool, two of the question, and the row's id, endpoint, cell and reason.
    assert page.body.count("&lt;script&gt;") == 1 + 1 + 2 + 6
    assert re.findall(r"<svg[^>]*>", page.body)

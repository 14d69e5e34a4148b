"""Grades of sources: by kind, by words of a journal or title, by how a number was read."""

import pytest

from trialpool.evidence.grades import GRADES, grade_of, grade_rank

GRADED = {
    "kinds": {"registry": "registry", "page": "release"},
    "words": {"regulatory": ["label"], "secondary copy": ["(Table"]},
}


@pytest.mark.parametrize(
    ("cells", "grade"),
    [
        ({"kind": "article", "title": "A randomised, open-label trial"}, "article"),
        ({"kind": "registry", "title": "Posted results"}, "registry"),
        ({"kind": "registry", "journal": "FDA label (2025)"}, "regulatory"),
        ({"kind": "page"}, "release"),
        ({"kind": "article", "title": "Trials of a drug (Table 2)"}, "secondary copy"),
        ({"kind": "article", "title": "Labels of sites"}, "article"),
        ({}, ""),
    ],
)
def test_grade(cells, grade):
    assert grade_of(cells, GRADED, secondary=False) == grade


def test_what_was_read_elsewhere_is_a_copy():
    assert grade_of({"kind": "article"}, GRADED, secondary=True) == "secondary copy"


def test_without_a_map_the_kind_is_the_grade():
    assert grade_of({"kind": "abstract"}, {}, secondary=False) == "abstract"


def test_grades_are_ranked_with_the_unknown_last():
    assert sorted([*GRADES[::-1], ""], key=grade_rank) == [*GRADES, ""]

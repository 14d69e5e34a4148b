"""Which of several reports is preferred: by dates, readers, words and sources, in that order."""

from __future__ import annotations

import random
from typing import Any

import pytest

from trialpool.questions.shared.selection.cuts import Cut, Report, same_cut
from trialpool.questions.shared.selection.preference import prefer


def report(row_id: str, **fields: Any) -> Report:
    dates = {name: fields.pop(name) for name in Cut._fields if name in fields}
    plain: dict[str, Any] = {
        "rank": (),
        "endpoint": "OS",
        "grade": "article",
        "extraction": "double",
    }
    return Report(row_ids=(row_id,), cut=Cut(**dates), **{**plain, **fields})


def best_of(policy: str, *reports: Report) -> tuple[str, dict[str, str]]:
    best, others = prefer(reports, policy)
    return best.row_ids[0], {other.row_ids[0]: reason for other, reason in others}


LATEST = [
    # A cut-off against a cut-off, to what both print.
    (
        {"cutoff": "2018-11", "maturity": "update"},
        {"cutoff": "2014-02-11", "maturity": "final"},
        "data cut-off 2018-11 before 2014-02-11",
    ),
    # CLEOPATRA: a cut-off after the year in which the other report was printed, whatever it is
    # called and however long its follow-up.
    (
        {"cutoff": "2018-11", "year": 2020, "maturity": "update"},
        {"follow_up": 50.0, "year": 2015, "maturity": "final"},
        "data cut-off 2018-11, after the report of 2015",
    ),
    # A longer follow-up, though reported earlier (a subgroup paper of an older cut).
    (
        {"follow_up": 100.8, "year": 2022, "maturity": "update"},
        {"follow_up": 74.0, "year": 2024, "maturity": "final"},
        "follow-up of 100.8 before 74 months",
    ),
    # A later report of the same grade, not its word.
    (
        {"year": 2020, "maturity": "update"},
        {"year": 2015, "maturity": "final"},
        "report of 2020 before 2015",
    ),
    # A congress after the article.
    (
        {"year": 2025, "grade": "abstract", "maturity": "update"},
        {"year": 2023, "maturity": "final"},
        "report of 2025 before 2023",
    ),
    # TULIP: an article that waited a year is no later than the congress; the words decide.
    (
        {"year": 2023, "grade": "abstract", "maturity": "final"},
        {"year": 2024, "maturity": "interim"},
        "final before interim analysis",
    ),
    # Three years are no waiting for print.
    (
        {"year": 2024, "maturity": "update"},
        {"year": 2021, "grade": "abstract", "maturity": "final"},
        "report of 2024 before 2021",
    ),
    # A label or a review table reprints: its year dates nothing.
    (
        {"year": 2010, "maturity": "final"},
        {"year": 2019, "grade": "regulatory", "maturity": "primary"},
        "final before primary analysis",
    ),
    # A follow-up of 46.1 months is one of 46.
    (
        {"follow_up": 46.0, "maturity": "primary"},
        {"follow_up": 46.1, "maturity": "interim"},
        "primary before interim analysis",
    ),
    # What remains equal: the better source, two readers, the id.
    ({}, {"grade": "registry"}, "article before registry"),
    ({}, {"extraction": "single"}, "two readers before one"),
    ({}, {}, "equal in every other respect, first by row id"),
]


@pytest.mark.parametrize(("first", "second", "reason"), LATEST)
def test_the_latest_cut_is_told_by_dates_before_words(first, second, reason):
    best, others = best_of("latest", report("b", **second), report("a", **first))
    assert (best, others) == ("a", {"b": f"a is preferred: {reason}"})


BLINDED = {"assessor": "BICR", "reader": "blinded"}
INVESTIGATOR = {"assessor": "investigator", "reader": "open"}


@pytest.mark.parametrize(
    ("policy", "first", "second", "reason"),
    [
        # PHILA: the reader of the poster is not named.
        (
            "blinded-primary",
            {**INVESTIGATOR, "maturity": "primary", "year": 2023},
            {"maturity": "update", "year": 2025, "grade": "abstract"},
            "read by investigator before unknown",
        ),
        ("blinded-primary", BLINDED, INVESTIGATOR, "read by BICR before investigator"),
        ("investigator-primary", INVESTIGATOR, BLINDED, "read by investigator before BICR"),
        ("investigator-primary", BLINDED, {}, "read by BICR before unknown"),
        (
            "blinded-primary",
            {**BLINDED, "maturity": "primary", "year": 2020},
            {**BLINDED, "maturity": "update", "year": 2023},
            "primary before update analysis",
        ),
        (
            "primary",
            {**INVESTIGATOR, "maturity": "primary", "year": 2019},
            {**BLINDED, "maturity": "final", "year": 2023},
            "primary before final analysis",
        ),
        ("primary", BLINDED, INVESTIGATOR, "read by BICR before investigator"),
        ("latest", BLINDED, INVESTIGATOR, "read by BICR before investigator"),
        # Several interim analyses: the later.
        (
            "primary",
            {"maturity": "interim", "year": 2023},
            {"maturity": "interim", "year": 2021},
            "report of 2023 before 2021",
        ),
    ],
)
def test_readers_and_words_of_the_policies(policy, first, second, reason):
    best, others = best_of(policy, report("b", **second), report("a", **first))
    assert (best, others) == ("a", {"b": f"a is preferred: {reason}"})


MEDIANS = ("44.3", "29.1")
PATINA = (
    {**INVESTIGATOR, "maturity": "final", "year": 2026, "follow_up": 53.5, "medians": MEDIANS},
    {
        **INVESTIGATOR,
        "maturity": "primary",
        "year": 2024,
        "medians": MEDIANS,
        "grade": "abstract",
    },
)


@pytest.mark.parametrize("policy", ["latest", "primary", "blinded-primary", "investigator-primary"])
def test_a_congress_number_of_the_same_cut_never_displaces_the_article(policy):
    best, others = best_of(policy, report("congress", **PATINA[1]), report("article", **PATINA[0]))
    assert best == "article"
    assert others["congress"].endswith("article before abstract of the same analysis")


@pytest.mark.parametrize(
    "change",
    [
        {"medians": ("44.3", "30.0")},
        {"follow_up": 40.0},
        BLINDED,
        {"year": 2020},
        {"medians": ("", "")},  # nothing that both print agrees
        {"medians": ("NR", "NR")},
    ],
)
def test_the_same_cut_is_known_not_supposed(change):
    congress = report("congress", **{**PATINA[1], **change})
    assert not same_cut(report("article", **PATINA[0]), congress)


def test_two_reports_of_the_primary_analysis_are_of_one_cut_unless_they_differ():
    article = report("article", maturity="primary", year=2021)
    label = report("label", maturity="primary", grade="regulatory")
    assert same_cut(article, label)
    other = report("other", maturity="primary", year=2021, events=("10", "20"))
    assert same_cut(article, other)
    assert not same_cut(report("article", maturity="primary", events=("11", "20")), other)


def test_a_cut_off_after_the_other_report_is_another_cut():
    early = report("early", year=2017, medians=MEDIANS)
    assert not same_cut(early, report("late", year=2018, cutoff="2018-01", medians=MEDIANS))


def test_the_definition_comes_before_how_sure_a_count_is():
    # (definition, level, exactness): ypT0/is ypN0 read off a percentage, ypT0/is with its counts.
    best, others = best_of(
        "surest-count",
        report("sure", rank=(2, 0, 0), definition="ypT0/is", exactness=0),
        report("range", rank=(0, 0, 2), definition="ypT0/is ypN0", exactness=2),
    )
    assert best == "range"
    assert others["sure"].endswith("definition ypT0/is ypN0 before ypT0/is")


def test_of_counts_of_the_same_patients_the_article_is_used_and_of_others_the_later():
    article = report("article", n=("30", "30"), year=2019)
    congress = {"grade": "abstract", "year": 2020}
    same = report("same", n=("30", "30"), **congress)
    assert best_of("surest-count", same, article)[0] == "article"
    more = report("more", n=("35", "36"), **congress)
    assert best_of("surest-count", more, article)[0] == "more"


def test_the_order_of_reports_does_not_matter_and_circles_do_not_either():
    # By follow-up a before b, by year b before c and c before a: follow-up is asked first.
    circle = [
        report("a", follow_up=60.0, year=2018),
        report("b", follow_up=40.0, year=2020),
        report("c", year=2019),
    ]
    rng = random.Random(7)
    for _ in range(20):
        rng.shuffle(circle)
        best, others = best_of("latest", *circle)
        assert best == "c"
        assert others == {
            "a": "c is preferred: report of 2019 before 2018",
            "b": "a is preferred: follow-up of 60 before 40 months",
        }

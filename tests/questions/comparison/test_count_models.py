"""Models of counts beside a question's effect sizes."""

from __future__ import annotations

import pooled_records
import pytest

from trialpool.pooling.counts import mantel_haenszel, odds_ratio_glmm, peto
from trialpool.questions.comparison.count_models import count_models_sensitivity
from trialpool.questions.shared.synthesis.members import by_group

FOUR = [(2, 30, 8, 31), (9, 41, 6, 40), (0, 25, 6, 24), (12, 50, 10, 52)]


def trial(group, a, n1, c, n2):
    arms = {"experimental": {"events": a, "n": n1}, "control": {"events": c, "n": n2}}
    return pooled_records.trial({"group": group, **arms})


TRIALS = [
    *(trial("four", *row) for row in FOUR),
    *(trial("two", *row) for row in FOUR[:2]),
    trial("one", 3, 9, 2, 9),
    trial("unknown", 3, 9, 2, 9),
    trial("unknown", None, 9, 2, 9),
    trial("none", 0, 9, 2, 9),
    trial("none", 0, 8, 1, 9),
]


def analyses(measure):
    found = count_models_sensitivity(by_group(TRIALS), measure, pooled_records.pooling())
    return {item.id: item for item in found}


def test_odds_ratios_are_pooled_by_three_models():
    got = analyses("OR")
    assert list(got) == ["mantel-haenszel", "peto", "glmm"]
    columns = [list(column) for column in zip(*FOUR, strict=True)]
    for name, want in (
        ("mantel-haenszel", mantel_haenszel(*columns)),
        ("peto", peto(*columns)),
        ("glmm", odds_ratio_glmm(*columns, model="conditional")),
    ):
        row = got[name].results[0]
        assert row.group == "four"
        assert row.estimate == want.estimate
        assert (row.ci_lower, row.ci_upper) == (want.ci_lower, want.ci_upper)


def test_groups_of_one_trial_or_without_counts_are_not_listed():
    got = analyses("OR")
    assert [row.group for row in got["mantel-haenszel"].results] == ["four", "two"]
    assert [row.group for row in got["peto"].results] == ["four", "two", "none"]
    assert [row.group for row in got["glmm"].results] == ["four"]
    assert "No finite estimate: none." in got["mantel-haenszel"].description


@pytest.mark.parametrize("measure", ["RR", "RD"])
def test_other_measures_are_pooled_by_mantel_and_haenszel(measure):
    assert list(analyses(measure)) == ["mantel-haenszel"]


def test_ratios_of_hazards_have_no_counts():
    assert analyses("HR") == {}

"""Re-analyses under another policy: listed where they differ, said where they do not."""

from typing import Any

import pooled_records
import pytest

from trialpool.questions.shared.synthesis.variants import variants_sensitivity
from trialpool.records.reanalyses import Reanalysis


def trial(row_id: str, group: str = "A", estimate: float = -0.3) -> dict[str, Any]:
    return {
        "row_ids": [row_id],
        "trial_id": row_id,
        "label": row_id.upper(),
        "group": group,
        "estimate": estimate,
        "se": 0.2,
    }


def run(main: list[dict[str, Any]], other: list[dict[str, Any]]) -> Reanalysis:
    variants = [{"id": "other", "label": "Other", "trials": other}]
    asked = pooled_records.question(variants=variants)
    trials = [pooled_records.trial(one) for one in main]
    (analysis,) = variants_sensitivity(asked.variants, trials, "HR", asked.pooling)
    return analysis


def test_a_variant_that_changes_nothing_says_so():
    analysis = run([trial("a")], [trial("a")])
    assert analysis.results == ()
    assert analysis.description == "No group differs from the main analysis."


def test_a_group_with_another_report_is_pooled_again():
    analysis = run([trial("a"), trial("b")], [trial("a"), trial("c", estimate=-0.5)])
    (row,) = analysis.results
    # Equal standard errors: the mean is the plain average of -0.3 and -0.5.
    assert row.estimate == pytest.approx(-0.4, rel=1e-12)
    assert (row.k, row.trials) == (2, ("C",))


def test_groups_that_lose_all_their_trials_are_named():
    analysis = run([trial("a"), trial("b", "B")], [trial("a")])
    assert analysis.results == ()
    assert analysis.description == "No trial is left in: B."


def test_a_group_that_only_the_variant_has_is_listed():
    analysis = run([trial("a")], [trial("a"), trial("t", "T")])
    assert [(row.group, row.trials) for row in analysis.results] == [("T", ("T",))]

"""The sentence of what is known: its rules on records written here."""

from types import SimpleNamespace
from typing import Any

import pytest

from trialpool.report.known import known, marker_sentences, names_a_level


def row(verdict: str, *, is_single: bool = False) -> Any:
    return SimpleNamespace(is_single=is_single, conclusion=SimpleNamespace(verdict=verdict))


def group(k: int, lower: float, upper: float) -> dict[str, Any]:
    return {
        **{"label": "Drug added", "k": k, "estimate": (lower + upper) / 2, "models": {}},
        **{"ci_lower": lower, "ci_upper": upper},
        "primary_model": "single-trial" if k == 1 else "bayes",
    }


def record(*groups: dict[str, Any]) -> dict[str, Any]:
    labels = {"positive": "marked", "negative": "unmarked"}
    return {
        **{"measure": "RHR", "benefit": "lower", "groups": list(groups)},
        "trials": [{"label": "ALPHA", "group": "Drug added"}],
        "interaction": {"biomarkers": {"marker": {}}, "labels": labels},
    }


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        (
            ["benefit", "benefit", "undecided"],
            "Of 3 pools of these strategies over all endpoints, 2 show benefit under every model "
            "and 1 is undecided (two or more pools agree).",
        ),
        (["benefit"], "1 shows benefit under every model (one pool)."),
        (
            ["undecided", "differs"],
            "none shows benefit under every model, 1 depends on the model and 1 is undecided",
        ),
        (
            ["benefit", "harm"],
            "1 shows benefit under every model and 1 shows harm under every model (conflicting).",
        ),
        (["harm"], "1 shows harm under every model (no benefit shown)."),
    ],
)
def test_pools_are_counted_and_single_trials_are_not(verdicts, words):
    assert words in known([*map(row, verdicts), row("single", is_single=True)], [])


def test_nothing_is_said_where_there_is_nothing():
    assert known([row("single", is_single=True)], []) == ""


def test_who_benefits_is_told_by_pools_before_single_trials():
    clear, unclear = group(1, -0.9, -0.1), group(1, -0.9, 0.1)
    assert names_a_level(record(clear, unclear, group(3, 0.1, 0.9))) == (1, 1)
    suggested = known([], [record(clear, unclear)])
    assert suggested == (
        "Whether marker tells who benefits is suggested in 1 of 2 comparisons, each by one trial, "
        "and confirmed in none."
    )
    assert "shown in trials that agree (1 of 1 comparison)" in known([], [record(group(2, 0.1, 1))])
    assert known([], [record(unclear)]).endswith("is not shown (1 comparison).")
    assert known([], [record()]).endswith(
        "is unknown: no trial reports both levels with usable numbers."
    )


def test_prognostic_results_say_that_they_are_not_about_treatment():
    shown = marker_sentences(
        {
            **{"measure": "HR", "benefit": "lower", "groups": [group(1, 0.0, 0.4)]},
            "endpoint_names": {"PFS": "progression-free survival"},
            "trials": [{"label": "ALPHA", "group": "marker"}],
            "prognostic": {"biomarker": "marker", "levels": ["high", "low"]},
        }
    )
    assert shown == (
        "marker high against low under the same treatment, progression-free survival: hazard "
        "ratio 1.22 [1.00 to 1.49] (ALPHA). It says nothing of whom the treatment helps.",
    )
    assert marker_sentences({"groups": []}) == ()

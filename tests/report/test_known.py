"""The sentence of what is known: its rules on records written here."""

from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from trialpool.report.known import StrategyPool, counted, known, marker_sentences, names_a_level

_NUMBERS = count()


def row(
    verdict: str,
    *,
    is_single: bool = False,
    measure: str = "HR",
    endpoints: tuple[str, ...] = ("PFS",),
    trials: str = "",
    label: str = "Drug added",
) -> StrategyPool:
    shown: Any = SimpleNamespace(is_single=is_single, conclusion=SimpleNamespace(verdict=verdict))
    # Unless said otherwise every pool has trials of its own.
    own = frozenset(trials.split() or [f"trial {next(_NUMBERS)}"])
    return StrategyPool(shown, label, "Survival", measure, endpoints, own)


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
            "(Drug added: PFS) and 1 is undecided (two or more pools agree).",
        ),
        (["benefit"], "1 shows benefit under every model (Drug added: PFS) (one pool)."),
        (
            ["undecided", "differs"],
            "none shows benefit under every model, 1 depends on the model and 1 is undecided",
        ),
        (
            ["benefit", "harm"],
            "1 shows benefit under every model (Drug added: PFS) and 1 shows harm under every "
            "model (Drug added: PFS) (conflicting).",
        ),
        (["harm"], "1 shows harm under every model (Drug added: PFS) (no benefit shown)."),
    ],
)
def test_pools_are_counted_and_single_trials_are_not(verdicts, words):
    assert words in known([*map(row, verdicts), row("single", is_single=True)], [])


def test_nothing_is_said_where_there_is_nothing():
    assert known([], []) == ""


def test_strategies_with_single_trials_only_are_told_from_pools():
    alone = [row("single", is_single=True) for _ in range(2)]
    assert known(alone[:1], []) == ("These strategies have no pool, only 1 result of one trial.")
    assert known(alone, []) == "These strategies have no pool, only 2 results of one trial each."


def test_what_says_the_same_again_is_not_counted():
    whole = row("benefit", trials="a b c")
    others = [
        row("benefit", trials="a b"),  # by line of treatment
        row("benefit", trials="a b c"),  # the same trials under another question
        row("benefit", trials="a b c", measure="RD"),
        row("benefit", trials="d e", measure="RMSTD"),
    ]
    assert counted([*others[:2], whole, *others[2:]]) == [whole]
    apart = [
        row("benefit", trials="a b", endpoints=("OS",)),
        row("benefit", trials="a b", label="Drug instead of care"),
        row("benefit", trials="a d"),
    ]
    assert counted([whole, *apart]) == [whole, *apart]


def test_benefit_and_harm_of_different_comparisons_do_not_conflict():
    text = known([row("benefit"), row("harm", label="Drug instead of care")], [])
    assert "(Drug instead of care: PFS) (by strategy)." in text


def test_markers_have_their_names_and_single_arms_are_told():
    text = known([], [record(group(1, -0.9, 0.1))], {"marker": "Receptor status"}, ["Response"])
    assert text == (
        "Whether receptor status tells who benefits is not shown (1 comparison); patients by a "
        "marker of this mechanism are also in single arms, which compare nothing (“Response”)."
    )


def test_several_levels_of_one_comparison_are_one_answer():
    def joint(p: float, k: int) -> dict[str, Any]:
        model = {"test": {"p_value": p}}
        one = {"k": k, "models": {"single-trial" if k == 1 else "hk-adhoc": model}}
        return {**record(group(k, -0.9, -0.1), group(k, -0.8, -0.1)), "joint": [one]}

    assert names_a_level(joint(0.04, 1)) == (0, 1)
    assert names_a_level(joint(0.04, 3)) == (1, 0)
    assert names_a_level(joint(0.06, 3)) == (0, 0)
    assert known([], [joint(0.04, 1)]).endswith(
        "is suggested in 1 of 1 comparison, each by one trial, and confirmed in none."
    )


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

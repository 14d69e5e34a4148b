"""The sentence of what is known: its rules on records written here."""

from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import sample_records

from trialpool.records.results import Result
from trialpool.report.known import StrategyPool, comparisons, counted, known
from trialpool.report.rooms import words_of

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
    shown: Any = SimpleNamespace(is_single=is_single, conclusion=SimpleNamespace(word=verdict))
    # Unless said otherwise every pool has trials of its own.
    own = frozenset(trials.split() or [f"trial {next(_NUMBERS)}"])
    return StrategyPool(shown, label, "Survival", measure, endpoints, own)


def group(
    k: int, lower: float, upper: float, label: str = "Drug added", p: float | None = None
) -> dict[str, Any]:
    clear = lower > 0 or upper < 0
    word = ("trial-" if k == 1 else "") + ("differs" if clear else "not-settled")
    return {
        **{"label": label, "k": k, "p_value": p, "estimate": (lower + upper) / 2, "models": {}},
        **{"ci_lower": lower, "ci_upper": upper, "sentence": f"{label}: said"},
        "primary_model": "single-trial" if k == 1 else "bayes",
        "verdict": {
            **{"word": word, "size": None, "p_benefit": 0.5, "p_important": None, "flags": []},
        },
    }


def record(
    *groups: dict[str, Any], id_: str = "asked", marker: str = "marker", **fields: Any
) -> Result:
    labels = {"positive": "marked", "negative": "unmarked"}
    trials = [
        {
            "label": "ALPHA",
            "group": one["label"],
            "row_ids": [f"{one['label']}: {side}" for side in labels],
            "levels": [level(side, marker) for side in labels],
            "p_value": 0.5,
        }
        for one in groups
    ]
    asked = {"biomarkers": {marker: {}}, "labels": labels, **fields.pop("interaction", {})}
    return sample_records.result(
        kind="interaction",
        **{"id": id_, "measure": "RHR", "groups": groups, "trials": trials},
        **{"interaction": asked, "settings": {"interaction": asked}, "by_level": []},
        **fields,
    )


def level(side: str, marker: str) -> dict[str, Any]:
    nobody = {"n": None, "events": None}
    return {
        **{"side": side, "marker": marker, "level": side, "described": "", "row_ids": []},
        **{"experimental": nobody, "control": nobody, "estimate": 0.0, "se": 0.1},
        **{"derivation": sample_records.trial()["derivation"], "ci_lower": 0.0, "ci_upper": 0.0},
    }


def marker_sentences(result: Result) -> tuple[str, ...]:
    words = words_of(result).on_markers(result)
    assert words is not None
    return words.sentences


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        (
            ["benefit", "benefit", "not-settled"],
            "4 verdicts on these strategies over all endpoints, 3 of pools: 2 benefit (Drug added: "
            "PFS), 1 not settled and 1 benefit in one trial (Drug added: PFS) (two or more pools "
            "agree).",
        ),
        (["benefit"], "1 benefit (Drug added: PFS) and 1 benefit in one trial"),
        (["benefit"], "(one pool)"),
        (["leans-to-benefit"], "1 leaning to benefit (Drug added: PFS)"),
        (["not-settled"], "(single trials only)"),
        (["benefit", "harm"], "1 benefit (Drug added: PFS), 1 harm (Drug added: PFS)"),
        (["benefit", "harm"], "(conflicting)"),
        (["harm"], "(no benefit shown)"),
    ],
)
def test_verdicts_are_counted_and_single_trials_are_marked(verdicts, words):
    assert words in known([*map(row, verdicts), row("trial-benefit", is_single=True)], [])


def test_nothing_is_said_where_there_is_nothing():
    assert known([], []) == ""


def test_strategies_with_single_trials_only():
    alone = [row("trial-not-settled", is_single=True) for _ in range(2)]
    assert known(alone[:1], []) == (
        "1 verdict on these strategies over all endpoints: 1 not settled in one trial (not "
        "settled)."
    )
    # A design with a margin that declares none has no verdict to count.
    assert known([row("", is_single=True)], []) == ""


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
    assert "1 harm (Drug instead of care: PFS) (by strategy)." in text


def test_markers_have_their_names_and_single_arms_are_told():
    text = known([], [record(group(1, -0.9, 0.1))], {"marker": "Receptor status"}, ["Response"])
    assert text == (
        "Whether receptor status tells who benefits is not shown (1 comparison); patients by a "
        "marker of this mechanism are also in single arms, which compare nothing (“Response”)."
    )


def test_several_levels_of_one_comparison_are_one_answer():
    def joint(p: float, k: int) -> Result:
        test = {"p_value": p, "statistic": "chi2", "value": 4.81, "df1": 3, "df2": None}
        model = {"tau2": 0.0, "levels": [], "test": test}
        one = {"k": k, "models": {"single-trial" if k == 1 else "hk-adhoc": model}}
        one |= {"group": "Drug added", "marker": "marker", "reference": "none"}
        groups = [group(k, low, -0.1, f"Drug added, marker {low} v none", 0.03) for low in (-1, -2)]
        return record(*groups, joint=[one], interaction={"compare": "levels"})

    (one,) = comparisons([joint(0.04, 1)])
    assert (one.k, one.differs, one.p_value, one.markers) == (1, True, 0.04, ("marker",))
    assert len(one.rows) == 4
    assert [c.differs for c in comparisons([joint(0.06, 3)])] == [False]
    assert known([], [joint(0.04, 1)]).endswith(
        "is suggested in 1 of 1 comparison, by one trial with p above 0.01, which chance is likely "
        "to explain, and confirmed in none."
    )
    assert (
        "Drug added: χ²(3) = 4.81, p = 0.19 that none of the levels of marker differs."
        in marker_sentences(joint(0.19, 1))
    )


def test_who_benefits_is_told_by_pools_before_single_trials():
    clear, unclear = group(1, -0.9, -0.1, "First", 0.002), group(1, -0.9, 0.1, "Second", 0.2)
    found = comparisons([record(clear, unclear, group(3, 0.1, 0.9, "Third"))])
    assert [(one.k, one.differs) for one in found] == [(1, True), (1, False), (3, True)]
    suggested = known([], [record(clear, unclear)])
    assert suggested == (
        "Whether marker tells who benefits is suggested in 1 of 2 comparisons, by one trial, "
        "and confirmed in none."
    )
    by_chance = known([], [record(group(1, -0.9, -0.1, "First", 0.046), unclear)])
    assert "by one trial with p above 0.01, which chance is likely to explain" in by_chance
    assert "shown in trials that agree (1 of 1 comparison)" in known([], [record(group(2, 0.1, 1))])
    assert known([], [record(unclear)]).endswith("is not shown (1 comparison).")
    assert known([], [record()]).endswith(
        "is unknown: no trial reports both levels with usable numbers."
    )


def test_the_same_rows_under_two_questions_are_one_comparison():
    clear = group(1, -0.9, -0.1, "First", 0.002)
    twice = [record(clear, id_="pairs"), record(clear, id_="steps")]
    assert len(comparisons(twice)) == 1
    assert "suggested in 1 of 1 comparison" in known([], twice)


def test_a_marker_without_any_comparison_is_not_counted_among_those_compared():
    text = known([], [record(group(1, -0.9, 0.1)), record(id_="other", marker="silent")])
    assert text == (
        "Whether marker tells who benefits is not shown (1 comparison); whether silent does is "
        "unknown: no trial reports both levels with usable numbers."
    )


def test_prognostic_results_say_that_they_are_not_about_treatment():
    prognostic = {"biomarker": "marker", "levels": ["high", "low"]}
    asked = sample_records.result(
        kind="prognosis",
        groups=[group(1, 0.0, 0.4)],
        trials=[{"label": "ALPHA", "group": "marker"}],
        **{"prognostic": prognostic, "settings": {"prognostic": prognostic}},
    )
    shown = marker_sentences(asked)
    assert shown == (
        "marker high against low under the same treatment, progression-free survival: hazard "
        "ratio 1.22 [1.00 to 1.49] (ALPHA). It says nothing of whom the treatment helps.",
    )
    compared = sample_records.result()
    assert words_of(compared).on_markers(compared) is None

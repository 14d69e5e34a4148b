"""From a record to rows and texts."""

from __future__ import annotations

import forest_records
import pytest
from forest_records import BACK_CALCULATED, CROSSOVER, trial

from trialpool import formatting as fmt
from trialpool.figures.forest.rows import build_table
from trialpool.figures.forest.words.notes import alt_text, build_notes, subgroup_sentence
from trialpool.measures import get_measure
from trialpool.records.files import result_of
from trialpool.records.groups import SubgroupTest


def survival(**changes):
    return result_of({**forest_records.survival(), **changes})


def response():
    return result_of(forest_records.response())


def non_inferiority():
    return result_of(forest_records.non_inferiority())


def equivalence():
    return result_of(forest_records.equivalence())


def single():
    return result_of(forest_records.single())


def record(*trials):
    return result_of(forest_records.record("x", "t", list(trials)))


def rows_of(table, group):
    return [row for row in table.rows if row.group == group]


def test_every_trial_has_one_row_in_the_order_of_the_record(result):
    rows = [row for row in build_table(result).rows if row.kind == "trial"]
    assert [row.trial_id for row in rows] == [item.trial_id for item in result.trials]


def test_printed_numbers_are_those_of_the_formatting_module(result):
    measure = get_measure(result.measure)
    rows = [row for row in build_table(result).rows if row.kind == "trial"]
    for row, item in zip(rows, result.trials, strict=True):
        limits = item.ci_lower, item.ci_upper
        assert row.effect == fmt.effect_with_interval(item.estimate, *limits, measure)
        assert " ".join(row.effect_parts) == row.effect
        assert row.weight_text in ("", fmt.percent(item.weight))
        if row.experimental:
            arm = item.experimental
            assert row.experimental == fmt.count_of(arm.events, arm.n)


def test_kinds_of_rows_follow_the_number_of_trials():
    table = build_table(survival())
    kinds = {
        group: [row.kind for row in rows_of(table, group) if row.kind != "trial"]
        for group in dict.fromkeys(row.group for row in table.rows)
    }
    assert list(kinds.values()) == [
        ["heading", "pool", "prediction", "statistics"],
        ["heading", "pool", "statistics"],
        ["heading", "pool", "prediction", "statistics"],
        ["heading"],
    ]


def test_one_diamond_is_drawn_for_each_group():
    pools = [row for row in build_table(survival()).rows if row.kind == "pool"]
    assert [(row.standing, row.label) for row in pools] == [
        ("primary", "Random effects (REML, HK with floor)")
    ] * 3


def test_pool_of_all_groups_is_drawn_where_the_record_has_one():
    result = response()
    rows = build_table(result).rows
    last = [row for row in rows if row.kind == "pool"][-1]
    assert last.group == ""
    assert last.estimate == result.overall.models.hk_adhoc.estimate
    assert build_table(survival()).overall is None


def test_sums_stand_on_the_heading_and_only_where_every_trial_has_the_number():
    headings = [row for row in build_table(survival()).rows if row.kind == "heading"]
    assert (headings[0].experimental, headings[0].control) == ("881", "880")
    assert (headings[1].experimental, headings[1].control) == ("300/638", "198/437")
    assert (headings[3].experimental, headings[3].control) == ("", "")


def test_columns_appear_only_where_a_row_has_something():
    survival_heads = build_table(survival()).heads
    assert survival_heads.experimental == ("Experimental", "events/n")
    one = build_table(single()).heads
    assert (one.comparison, one.experimental, one.control) == (None, None, None)
    assert one.weight is None
    assert survival_heads.weight == ("Weight",)
    sizes = record(trial("A", 2020, "g", "c", (0.8, 0.6, 1.1), (None, 10), (None, 12)))
    assert build_table(sizes).heads.control == ("Control", "n")


def test_missing_counts_are_dashes():
    row = next(row for row in build_table(survival()).rows if row.trial_id == "monarcher")
    assert (row.experimental, row.control) == (fmt.NOT_AVAILABLE, fmt.NOT_AVAILABLE)


def test_equal_flags_share_one_letter():
    table = build_table(survival())
    assert table.flags[:2] == (("a", CROSSOVER), ("b", BACK_CALCULATED))
    marked = {row.trial_id: row.flags for row in table.rows if row.flags}
    assert marked["cleopatra"] == marked["emilia"] == ("a",)
    assert marked["pherexa"] == ("a", "b")


def test_more_flags_than_letters():
    flags = tuple(f"flag {index}" for index in range(30))
    table = build_table(record(trial("A", 2020, "g", "c", (0.8, 0.6, 1.1), flags=flags)))
    symbols = [symbol for symbol, _ in table.flags]
    assert symbols[25:28] == ["z", "aa", "ab"]
    assert len(set(symbols)) == 30


def test_a_name_without_a_year_is_explained_where_others_have_one():
    sentence = "Year: of the report; a trial without one has a report whose date is not known."
    assert sentence not in notes_of(survival())[-1]
    first, *others = forest_records.survival()["trials"]
    some = [first | {"year": None}, *others]
    assert sentence in notes_of(survival(trials=some))[-1]
    none = [item | {"year": None} for item in some]
    assert sentence not in notes_of(survival(trials=none))[-1]
    some[0] |= {"label": "Pyrotinib phase II (Ma 2019)"}
    assert sentence not in notes_of(survival(trials=some))[-1]


def test_year_is_not_printed_twice():
    items = [
        trial("Ma 2019", 2019, "g", "c", (0.8, 0.6, 1.1)),
        trial("PHOEBE", 2021, "g", "c", (0.8, 0.6, 1.1)),
        trial("PHILA", None, "g", "c", (0.8, 0.6, 1.1)),
    ]
    rows = [row for row in build_table(record(*items)).rows if row.kind == "trial"]
    assert [row.label for row in rows] == ["Ma 2019", "PHOEBE, 2021", "PHILA"]


def test_sides_of_the_null_come_from_the_record():
    assert build_table(survival()).favours == ("Favours experimental", "Favours control")
    assert build_table(response()).favours == ("Favours control", "Favours experimental")


def test_heterogeneity_line():
    line = next(row.label for row in build_table(response()).rows if row.kind == "statistics")
    assert line == "Heterogeneity: τ² = 0.000, I² = 0%, Q = 3.59 (df = 4, p = 0.46)"


def difference(**changes):
    unknown = {
        "tau2_assumption": "common", "tau2": None, "k": 13, "groups": 4, "note": "",
        "residual_q": None, "residual_df": 9, "residual_p_value": None,
    }  # fmt: skip
    return SubgroupTest(**{**unknown, **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"statistic": "F", "df2": 12.0}, "F(3, 12) = 4.10, p = 0.032 (one τ² for all groups)."),
        ({"statistic": "F", "df2": 7.25}, "F(3, 7.2) = 4.10, p = 0.032 (one τ² for all groups)."),
        ({"statistic": "Q", "df2": None, "tau2_assumption": "separate"},
         "Q(3) = 4.10, p = 0.032 (a τ² for each group)."),
    ],
)  # fmt: skip
def test_subgroup_sentence(changes, expected):
    test = difference(**{"value": 4.1, "df1": 3, "p_value": 0.0321, **changes})
    assert subgroup_sentence(test) == f"Between-trial test of group differences: {expected}"


def test_residual_heterogeneity_stands_behind_the_test_between_groups():
    plain = forest_records.survival()["subgroup_test"] | {
        "residual_q": 12.345, "residual_df": 9, "residual_p_value": 0.195,
    }  # fmt: skip
    result = survival(subgroup_test=plain)
    assert subgroup_sentence(result.subgroup_test) == (
        "Between-trial test of group differences: F(3, 9) = 1.37, p = 0.31 (one τ² for all groups)."
        " Residual heterogeneity within groups: Q = 12.35 (df = 9, p = 0.20). "
        "A comparison between trials, not between patients: low credibility."
    )
    assert "Residual heterogeneity within groups" in notes_of(result)[0]


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("every group has one trial: no residual degree of freedom.",
         "none, because every group has one trial: no residual degree of freedom."),
        ("There is only one group", "none, because there is only one group."),
        ("", "none."),
    ],
)  # fmt: skip
def test_a_test_that_cannot_be_done_is_said_in_words(note, expected):
    test = difference(statistic="F", value=None, df1=1, df2=0.0, p_value=None, note=note)
    assert subgroup_sentence(test) == f"Between-trial test of group differences: {expected}"


def notes_of(result, **changes):
    return build_notes(result, build_table(result), **{"clipped": (), "enlarged": False, **changes})


def test_reason_for_no_overall_estimate_is_printed():
    assert "No overall estimate. Adding a drug" in notes_of(survival())[1]
    assert not any("No overall" in note for note in notes_of(response()))


def test_notes_explain_only_what_is_drawn():
    text = " ".join(notes_of(single()))
    for word in ("Diamond", "Prediction", "Bayesian", "Arrow", "not in our data", "HK"):
        assert word not in text
    text = " ".join(
        notes_of(survival(), clipped=("Arrow: the interval continues beyond the axis.",))
    )
    for word in (
        "Diamond",
        "Prediction",
        "model of its diamond",
        "Arrow",
        "not in our data",
        "REML",
    ):
        assert word in text


def test_alt_text_names_every_group_and_its_estimate(result):
    table = build_table(result)
    text = alt_text(result, table)
    for group in result.groups:
        assert group.label in text
    for row in table.rows:
        if row.kind == "pool":
            assert row.effect in text


def test_alt_text_keeps_the_capitals_of_abbreviations():
    result = survival(favours={"lower": "Better effect: PD-L1-negative", "higher": ""})
    assert "below 1.00: better effect: PD-L1-negative." in alt_text(result, build_table(result))
    result = survival(favours={"lower": "PD-L1-negative", "higher": ""})
    assert "below 1.00: PD-L1-negative." in alt_text(result, build_table(result))


def test_margins_are_printed_on_trials_and_pools_of_a_question_that_has_some():
    table = build_table(non_inferiority())
    printed = [row.margin_text for row in table.rows if row.kind in ("trial", "pool")]
    assert printed == [fmt.NOT_AVAILABLE, "1.15", "1.29", "1.80", "1.29"]
    assert table.heads.margin == ("Margin",)
    table = build_table(equivalence())
    assert {row.margin_text for row in table.rows if row.kind == "trial"} == {"0.80 to 1.25"}
    assert build_table(survival()).heads.margin is None


def test_margin_marks_are_explained_where_they_are_drawn():
    def notes(result):
        table = build_table(result)
        return " ".join(build_notes(result, table, clipped=(), enlarged=False))

    sentence = (
        "Dotted mark: the trial's non-inferiority margin; the strictest of the group on pooled "
        "rows. – under Margin: none known."
    )
    assert sentence in notes(non_inferiority())
    assert "Dotted marks: the equivalence margins; the strictest" in notes(equivalence())
    assert "Dotted" not in notes(survival())
    assert "margin 0.80 to 1.25" in alt_text(equivalence(), build_table(equivalence()))

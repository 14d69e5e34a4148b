"""Slopes over scores, several levels against one, and levels by subtraction, on small tables."""

import math
from typing import Any

import numpy as np
import pytest
from site_pages import questions
from small_tables import Selected, reasons, row, stages, used
from test_marker_levels import ASKED, ask, level, record_of

from trialpool import formatting as fmt
from trialpool.effects.levels import rest_by_rounding, subtract_level, trend
from trialpool.figures.forest.draw import draw_forest
from trialpool.pooling.dependent.floating_subgroups import within_trial_levels
from trialpool.questions.interaction.joint_levels import any_difference
from trialpool.questions.interaction.page import section
from trialpool.questions.interaction.subtraction import FLAG
from trialpool.questions.interaction.words import on_markers, sentence
from trialpool.records.interaction import FloatingModels, InteractionResult
from trialpool.records.trials import SelectedLevel
from trialpool.report.conclusions import conclude
from trialpool.report.reanalyses import sensitivities

LABELS = {"positive": "most of it", "negative": "least of it"}
TREND: dict[str, Any] = {
    "interaction": {
        "compare": "trend",
        "biomarkers": {"marker": {"scores": {"none": 0, "some": 1, "much": 3}}},
        "step": "unit of the marker",
        "labels": LABELS,
    }
}
LEVELS: dict[str, Any] = {
    "interaction": {
        "compare": "levels",
        "biomarkers": {"marker": {"levels": ["none", "some", "much"]}},
        "labels": LABELS,
    }
}
EXHAUSTIVE: dict[str, Any] = {
    "interaction": {**ASKED["interaction"], "exhaustive": {"marker": "all were tested"}}
}
PRECISE = {"ci_lower": "0.70", "ci_upper": "0.90"}


def shown(record: InteractionResult) -> str:
    """Draw the record and print it on a page."""
    drawn = draw_forest(record)
    assert drawn.geometry.texts
    return questions([record])


def three(trial_id: str, *estimates: str, **cells: str) -> list[dict[str, str]]:
    return [
        level(f"{trial_id}-{name}", name, estimate, trial_id, **cells)
        for name, estimate in zip(("none", "some", "much"), estimates, strict=False)
    ]


def test_a_slope_is_the_weighted_regression_over_the_declared_scores():
    found = ask([*three("a", "0.9", "0.8", "0.5"), *three("b", "0.7", "0.6")], **TREND)
    first, second = found.trials
    assert first.row_ids == ("a-much", "a-some", "a-none")
    assert [(one.level, one.score, one.side) for one in first.levels] == [
        ("much", 3, "positive"),
        ("some", 1, "between"),
        ("none", 0, "negative"),
    ]
    # Equal standard errors: the slope of a line through three points, by hand.
    x, y = np.array([0.0, 1.0, 3.0]), np.log([0.9, 0.8, 0.5])
    se = math.log(1.5) / 1.959963984540054
    assert first.estimate == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-6)
    assert first.se == pytest.approx(se / math.sqrt(((x - x.mean()) ** 2).sum()), rel=1e-4)
    # Two levels: their difference over that of the scores.
    assert second.estimate == pytest.approx(math.log(0.6 / 0.7), rel=1e-6)
    assert second.se == pytest.approx(math.sqrt(2) * se, rel=1e-4)


def test_a_trend_goes_through_to_sentence_table_and_figure(tmp_path):
    found = ask([*three("a", "0.9", "0.8", "0.3"), *three("b", "0.9", "0.7", "0.2")], **TREND)
    record = record_of(found, tmp_path)
    (group,) = record.groups
    (entry,) = record.by_level
    assert (group.k, entry.floating, entry.naive) == (2, FloatingModels(), None)
    words = sentence(group, record)
    assert "RHR per unit of the marker 0." in words
    assert ", 2 trials; differs: effect more favourable in most of it (99.1 %); hangs on" in words
    levels = section(record)
    assert levels.trials == ()
    assert levels.ordered[0][1][0] == ("marker none", "0", "0.90 [0.60 to 1.35]", "marked")
    drawn = {text.text for text in draw_forest(record).geometry.texts}
    assert {"Ratio per step", "marker none", "marker some", "marker much"} <= drawn
    page = shown(record)
    assert "a difference of 1 in the score is one unit of the marker" in page
    assert "the slope over their scores" not in page
    assert conclude(group, record).word == group.verdict.word == "differs"


def test_a_shorter_treatment_is_named_where_the_question_names_it(tmp_path):
    names = {"arm_names": {"experimental": "shorter treatment", "control": "longer treatment"}}
    found = ask(three("a", "0.7", "1.1", "3.5"), **TREND, **names)
    record = record_of(found, tmp_path)
    # No benefit of shorter treatment is claimed where it does worse.
    assert "in this trial effect of shorter treatment more favourable in least of it" in sentence(
        record.groups[0], record
    )
    assert record.favours.lower == "Better effect of shorter treatment: most of it"


def test_levels_without_a_score_alone_or_apart_are_named_and_never_pooled():
    found = ask(
        [
            *three("a", "0.9"),
            level("other", "odd", "0.5", "a"),
            level("early", "none", "0.5", "c", maturity="interim"),
            level("late", "much", "0.8", "c", maturity="final"),
            level("first", "none", "0.5", "d"),
            level("second", "none", "0.6", "d"),
            level("third", "much", "0.6", "d"),
            *three("e", "0.9", "0.8", "0.7", n_experimental="40", n_control="40"),
        ],
        **TREND,
    )
    assert used(found) == []
    assert set(stages(found).values()) == {"not poolable"}
    said = reasons(found)
    assert said["a-none"] == "one level only: the other has no usable number in this trial"
    assert said["other"] == "marker odd is not among the levels with a score"
    assert said["early"].startswith("the two levels come from different reports")
    assert said["first"].startswith("two rows for the none level in one report (first, second)")
    assert said["e-some"] == "the levels overlap: 40 + 40 + 40 patients of the 100 of arm x"


def test_the_report_with_most_levels_is_used():
    rows = [
        *three("a", "0.9", "0.8", maturity="final"),
        *(
            {**one, "row_id": f"old-{one['row_id']}"}
            for one in three("a", "0.95", "0.85", "0.6", source_id="s2024")
        ),
    ]
    found = ask(rows, **TREND)
    assert sorted(used(found)) == ["old-a-much", "old-a-none", "old-a-some"]
    assert reasons(found)["a-some"].endswith("is preferred: most levels of one report")


def test_each_level_stands_against_the_reference_and_all_in_one_model(tmp_path):
    rows = [*three("a", "0.9", "0.8", "0.4"), *three("b", "0.95", "0.7", "0.5")]
    found = ask([*rows, *three("c", "0.9", "0.7")], **LEVELS)
    assert [trial.group for trial in found.trials] == [
        *["drug added to care, marker some v none"] * 3,
        *["drug added to care, marker much v none"] * 2,
    ]
    record = record_of(found, tmp_path)
    (joint,) = record.joint
    assert (joint.group, joint.reference, joint.k) == ("drug added to care", "none", 3)
    for name, (tau2, ci) in (("common_effect", ("CE", "wald")), ("hk_adhoc", ("REML", "hk-adhoc"))):
        model = getattr(joint.models, name)
        # The reference of a trial enters once, however many levels it is compared with.
        effects = [(t, one) for t in "abc" for one in _levels(found, t)]
        within = within_trial_levels(
            [one.estimate for _, one in effects],
            [one.se**2 for _, one in effects],
            [t for t, _ in effects],
            [one.level for _, one in effects],
            ["none", "some", "much"],
            tau2=tau2,
            ci=ci,
        )
        none, some, much = model.levels
        assert none.difference is None
        assert some.difference.estimate == pytest.approx(within.estimates[1], abs=1e-12)
        assert much.difference.se == pytest.approx(math.sqrt(within.covariance[2, 2]))
        assert much.effect.estimate - none.effect.estimate == pytest.approx(
            within.estimates[2], abs=1e-12
        )
        assert (none.k, some.k, much.k) == (3, 3, 2)
    assert joint.models.common_effect.test.statistic == "chi2"
    assert joint.models.hk_adhoc.test.df1 == 2
    page = shown(record)
    assert "all levels in one multivariate model" in page
    words = sentence(record.groups[1], record)
    assert words.startswith("drug added to care, marker much v none: RHR 0.48 [")
    assert "differs: effect more favourable in most of it" in words


def _levels(selection: Selected, trial_id: str) -> list[SelectedLevel]:
    found = {}
    for trial in selection.trials:
        if trial.trial_id == trial_id:
            found |= {one.level: one for one in trial.levels}
    return list(found.values())


def test_a_report_without_the_reference_is_named():
    found = ask([*three("a", "0.9", "0.8", "0.4")[1:]], **LEVELS)
    assert used(found) == []
    assert reasons(found)["a-some"] == "no effect in marker none, the level of reference"


def test_the_test_of_any_difference_is_that_of_the_square_for_one_difference():
    within = within_trial_levels(
        [0.1, -0.3, 0.2, -0.1], [0.04, 0.05, 0.03, 0.06], ["a", "a", "b", "b"], ["x", "y"] * 2,
        ["x", "y"], tau2="CE", ci="wald",
    )  # fmt: skip
    test = any_difference(within)
    z = within.estimates[1] / math.sqrt(within.covariance[1, 1])
    assert test.value == pytest.approx(z**2)
    assert test.p_value == pytest.approx(math.erfc(abs(z) / math.sqrt(2)))


def test_a_level_by_subtraction_stands_beside_and_never_in_the_pool(tmp_path):
    rows = [
        level("p", "positive", "0.50", "a"),
        level("n", "negative", "0.80", "a"),
        row("whole", "b", estimate="0.80", **PRECISE),
        level("part", "positive", "0.60", "b", ci_lower="0.48", ci_upper="0.75"),
    ]
    found = ask(rows, **EXHAUSTIVE)
    assert used(found) == ["p", "n"]
    assert reasons(found)["part"] == "one level only: the other has no usable number in this trial"
    (derived,) = found.question.subtracted
    assert derived.flags[0] == FLAG
    assert derived.row_ids == ("whole", "part")
    _, rest = derived.levels
    assert (rest.side, rest.is_derived, rest.row_ids) == ("negative", True, ())

    def effect(estimate: float, lower: float, upper: float) -> tuple[float, float]:
        se = math.log(upper / lower) / (2 * 1.959963984540054)
        return math.log(estimate), se**2

    whole, part = effect(0.8, 0.7, 0.9), effect(0.6, 0.48, 0.75)
    estimate, variance = subtract_level(whole, part)
    assert rest.estimate == pytest.approx(estimate, rel=1e-9)
    assert rest.se == pytest.approx(math.sqrt(variance), rel=1e-9)
    assert rest.derivation.se_lower < rest.se < rest.derivation.se_upper
    assert derived.estimate == pytest.approx(part[0] - estimate, rel=1e-9)
    record = record_of(found, tmp_path)
    assert [group.k for group in record.groups] == [1]
    (entry,) = [one for one in record.sensitivity if one.id == "subtraction"]
    (line,) = entry.results
    assert (line.k, line.trials, entry.ci_method) == (2, ("B",), "bayes")
    assert line.derived[0].level == "negative"
    words = next(one for one in sensitivities(record) if one.label == "Levels by subtraction")
    assert words.rows[0].trials.startswith(
        "B: marker negative by subtraction, HR 0.91 [0.79 to 1.06]"
    )
    assert "all were tested" in shown(record)
    told = on_markers(record).sentences[-1]
    assert told.startswith("For sensitivity only, drug added to care: ratio of hazard ratios 0.")
    assert told.endswith(
        "with levels by subtraction (B: marker negative by subtraction, HR 0.91 [0.79 to 1.06])."
    )


def test_a_single_trial_by_subtraction_has_no_heterogeneity(tmp_path):
    rows = [
        row("whole", "b", estimate="0.80", **PRECISE),
        level("part", "positive", "0.60", "b", ci_lower="0.48", ci_upper="0.75"),
    ]
    record = record_of(ask(rows, **EXHAUSTIVE), tmp_path)
    (shown,) = [one for one in sensitivities(record) if one.label == "Levels by subtraction"]
    assert [(line.k, line.tau2) for line in shown.rows] == [("1", fmt.NOT_AVAILABLE)]


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({}, {"interaction": ASKED["interaction"]}),  # nobody declared that the levels exhaust it
        ({"source_id": "s2024"}, {}),  # another report
        ({"maturity": "final"}, {}),  # another data cut
        ({"assessor": "BICR"}, {}),  # another reader
        ({"population": "marked"}, {}),  # not the whole trial
        ({"ci_lower": "0.50", "ci_upper": "1.30"}, {}),  # less precise than the level
        ({"ci_lower": "0.63", "ci_upper": "1.00"}, {}),  # rounding leaves nothing sure
    ],
)
def test_a_level_is_not_subtracted_from_what_it_is_not_a_part_of(changes, settings):
    part = level("part", "positive", "0.80", "b", ci_lower="0.63", ci_upper="1.01")
    whole = row("whole", "b", **{"estimate": "0.80", **PRECISE, **changes})
    assert ask([whole, part], **{**EXHAUSTIVE, **settings}).question.subtracted == ()
    assert len(
        ask([row("whole", "b", estimate="0.80", **PRECISE), part], **EXHAUSTIVE).question.subtracted
    )


def test_rounding_bounds_hold_the_rest_of_every_number_that_prints_alike():
    rng = np.random.default_rng(20261126)
    for _ in range(200):
        whole, part = rng.uniform(0.08, 0.12), rng.uniform(0.14, 0.3)
        low, high = (np.array([whole, part]) * f for f in (0.97, 1.03))
        bounds = rest_by_rounding((low[0], high[0]), (low[1], high[1]))
        for _ in range(20):
            at = rng.uniform(low, high)
            _, variance = subtract_level((0.0, at[0] ** 2), (0.0, at[1] ** 2))
            if bounds is not None:
                assert bounds[0] - 1e-12 <= math.sqrt(variance) <= bounds[1] + 1e-12
    assert rest_by_rounding((None, 0.1), (0.2, 0.3)) is None
    assert rest_by_rounding((0.1, 0.2), (0.15, 0.3)) is None


def test_trend_of_two_levels_is_their_difference_over_that_of_the_scores():
    assert trend([0.3, 0.1], [0.01, 0.03], [4, 2]) == pytest.approx((0.1, 0.01))

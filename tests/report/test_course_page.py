"""Sentences, tables and figure of the course over time, and of curves beside printed numbers."""

from __future__ import annotations

import itertools
import math

import pytest
import sample_records
from msgspec.structs import replace

from trialpool.effects.agreement import AGREEMENT_COLUMNS, FAR, NEAR
from trialpool.figures.plots.drawing.scene import overlap
from trialpool.questions.mean_time.course_plot import course_plot
from trialpool.questions.mean_time.page import CourseSection, figures, methods, parts
from trialpool.questions.shared.words.wording import Citations
from trialpool.records.files import from_plain, to_plain
from trialpool.records.mean_time import PeriodRatio
from trialpool.report.agreement import prepare_agreement

POOL = {"measure": "HR", "scale": "log", "k": 1, "p_value": 0.5, "tau2": None,
        "primary_model": "single-trial", "models": {}, "trials": [], "left_out": []}  # fmt: skip


def pool(hr: float, se: float = 0.1, **more):
    y = math.log(hr)
    return {**POOL, "estimate": y, "se": se, "ci_lower": y - 1.96 * se, "ci_upper": y + 1.96 * se,
            **more}  # fmt: skip


def arm(*survival: float):
    return [
        {"months": 6.0 * (i + 1), "survival": s, "ci_lower": s - 0.05, "ci_upper": s + 0.04,
         "tau2": 0.0, "k": 1}
        for i, s in enumerate(survival)
    ]  # fmt: skip


def record(**changes):
    entry = {
        "group": "A added", "k": 1, "data": "landmarks", "trials": ["ONE"], "note": "",
        "pooled": True,
        "arms": {"experimental": arm(0.9, 0.7, 0.5), "control": arm(0.8, 0.65, 0.48)},
        "whole": pool(0.8),
        "intervals": [pool(0.5, start=0.0, end=6.0), pool(1.0, start=6.0, end=12.0),
                      pool(1.1, start=12.0, end=18.0)],
        "early": pool(0.5, start=0.0, end=6.0), "late": pool(1.0, start=6.0, end=18.0),
        "change": pool(2.0, 0.15, measure="RHR"), "not_proportional": [],
    }  # fmt: skip
    return result([entry | changes], {})


def result(curves, group):
    own = {"label": "A added", "estimate": 0.9, "ci_lower": 0.4, "ci_upper": 1.4}
    own["horizon_months"] = 12
    return sample_records.result(
        kind="mean_time", id="q", title="Months", measure="RMSTD", scale="identity",
        benefit="higher", settings={"horizon_months": 12}, groups=[own | group], curves=curves,
    )  # fmt: skip


def shown(asked) -> CourseSection:
    (part,) = parts(asked)
    return part.shown


def words(**changes) -> str:
    (group,) = shown(record(**changes)).groups
    return " ".join(group.sentences)


def test_a_change_is_said_with_its_numbers():
    text = words()
    assert "over the whole follow-up is 0.80 [0.66 to 0.97]; up to month 6 it is 0.50" in text
    assert "(late over early 2.00 [1.49 to 2.68])" in text
    assert "The effect changes with time: a benefit early, none shown later." in text
    assert "farthest apart at month 6: 90.0% against 80.0%; at month 18, the last landmark" in text
    assert "up to month 12: a difference of 0.90 [0.40 to 1.40] months." in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"change": pool(1.1)}, "That the effect changes with time is not shown."),
        (
            {"change": pool(1.1), "not_proportional": [{"trial": "ONE", "p_value": 0.003}]},
            "The test of proportional hazards fails (ONE, p = 0.003)",
        ),
        (
            {"early": pool(0.5, start=0.0, end=6.0), "late": pool(1.6, start=6.0, end=18.0)},
            "early and late lie on opposite sides of 1",
        ),
        (
            {
                "early": pool(1.0, start=0.0, end=6.0),
                "late": pool(0.5, start=6.0, end=18.0),
                "change": pool(0.5),
            },
            "none shown early, a benefit later",
        ),
        ({"whole": pool(0.95)}, "hides fewer progressions or deaths with the experimental"),
        (
            {"pooled": False},
            "Known to month 18 only, short of the horizon: not in the pools above.",
        ),
        ({"note": "two comparisons share"}, "Not pooled: two comparisons share."),
    ],
)
def test_each_rule_has_its_sentence(changes, expected):
    assert expected in words(**changes)


def test_proportional_hazards_are_not_said_to_fail_and_nothing_is_hidden_then():
    text = words(change=pool(1.1), whole=pool(0.7))
    assert "not proportional" not in text
    assert "hides" not in text


def test_of_several_trials_the_common_effect_is_quoted():
    models = {"common-effect": pool(0.6, tau2=0.0), "hk-adhoc": pool(0.62, 0.9, tau2=0.1)}
    several = pool(0.62, 0.9, k=2, primary_model=None, models=models)
    text = words(k=2, whole=several)
    assert "whole follow-up is 0.60 [0.49 to 0.73] (common effect)" in text
    section = shown(record(k=2, whole=several))
    whole = section.ratios[-1]
    assert [name for _, name in whole.models] == ["common effect", "random effects, HK with floor"]


def test_months_are_those_of_the_primary_model():
    own = {"estimate": 0.60, "ci_lower": -0.95, "ci_upper": 2.14}
    entry = to_plain(record())["curves"][0]
    (group,) = shown(result([entry], {"k": 2, "primary_model": "bayes", **own})).groups
    assert group.sentences[-1].endswith("a difference of 0.60 [−0.95 to 2.14] months.")


def test_tables_hold_every_interval_and_landmark():
    section = shown(record())
    assert [row.months for row in section.ratios] == [
        "0 to 6", "6 to 12", "12 to 18", "early: 0 to 6", "late: 6 to 18", "late over early",
        "whole follow-up",
    ]  # fmt: skip
    assert section.survival[0].experimental == "90.0 [85.0 to 94.0]"
    assert figures(record()) == ("curves",)
    assert (parts(result([], {})), figures(result([], {}))) == ((), ())


def test_the_figure_puts_curves_and_ratios_where_their_numbers_are():
    drawn = course_plot(record())
    for side, survival in (("experimental", (0.9, 0.7, 0.5)), ("control", (0.8, 0.65, 0.48))):
        (curve,) = [s for s in drawn.geometry.of("curve") if s.label == f"A added: {side}"]
        assert curve.values[1::2] == pytest.approx((1.0, *survival))
        frame = drawn.geometry.frames[0]
        assert curve.points[1] == pytest.approx(frame.at(6.0, survival[0]))
    intervals = drawn.geometry.of("interval")
    assert len(intervals) == 4
    right = drawn.geometry.frames[1]
    assert intervals[0].points[0][0] == pytest.approx(right.x(math.log(0.5) - 0.196))
    for text in drawn.geometry.texts:
        left, top, end, bottom = text.box
        assert min(left, top) >= 0
        assert end <= drawn.geometry.width
        assert bottom <= drawn.geometry.height
    shown = [row for row in drawn.rows if row[1] == "hazard ratio"]
    assert [row[4] for row in shown] == [6.0, 12.0, 18.0, None]
    assert drawn.id == "q-curves"
    pairs = itertools.combinations(drawn.geometry.texts, 2)
    assert [a.text for a, b in pairs if overlap(a.box, b.box)] == []
    with pytest.raises(ValueError, match="too narrow"):
        course_plot(record(), width_mm=70)


def test_an_interval_without_events_and_a_record_without_curves_are_drawn():
    none = dict.fromkeys(("estimate", "se", "ci_lower", "ci_upper"))
    empty = from_plain({**POOL, **none, "k": 0, "start": 12.0, "end": 18.0}, PeriodRatio)
    (entry,) = record().curves
    entry = replace(entry, intervals=(*entry.intervals[:2], empty))
    changed = replace(record(), curves=(entry,))
    texts = [text.text for text in course_plot(changed).geometry.texts]
    assert "no event in an arm" in texts
    assert "No group has curves" in course_plot(replace(changed, curves=())).alt


def agreement_row(**cells: str) -> dict[str, str]:
    return dict.fromkeys(AGREEMENT_COLUMNS, "") | {
        "trial_id": "one", "experimental_arm": "x", "control_arm": "c", "endpoint": "PFS",
        "trial": "ONE", "experimental": "new", "control": "old",
        "row_id": "one.pfs.t01", "same_report": "yes", "hr": "0.62", "hr_ci_lower": "0.51",
        "hr_ci_upper": "0.75", "curve_hr": "0.667", "curve_ci_lower": "0.57",
        "curve_ci_upper": "0.79", "gap_in_se": "0.8", "ph_p_value": "0.04261",
        "median_experimental": "18.5", "median_control": "12.4",
        "curve_median_experimental": "19.03", "verdict": FAR,
    } | cells  # fmt: skip


def test_curves_beside_what_was_printed():
    near = agreement_row(row_id="one.pfs.t02", verdict=NEAR, gap_in_se="0.1", ph_p_value="0.04261")
    made = agreement_row(trial_id="two", verdict=NEAR, ph_p_value="0.4",
                         curve_error_experimental="0.0123", at_risk_error_control="2",
                         reconstruction_notes="", notes="x: levelled")  # fmt: skip
    section = prepare_agreement([agreement_row(), near, made])
    assert (section.far, section.contrasts, section.not_proportional) == ("1", "2", "1")
    first, _, third = section.rows
    assert first.printed == "0.62 [0.51 to 0.75]"
    assert first.curve == "0.67 [0.57 to 0.79]"
    assert (first.medians, first.curve_medians) == ("18.50 / 12.40", "19.03 / –")
    assert first.hazards == "not proportional, p = 0.043"
    assert (first.trial, first.arms) == ("ONE, PFS", "new against old")
    assert first.report == "same article"
    assert third.quality == "1.2 points from the curve; 2 from the numbers at risk; x: levelled"
    assert prepare_agreement([]) is None


def test_methods_tell_of_the_data_at_hand():
    (text,) = methods([record()], Citations()).paragraphs
    assert "Where survival and its standard error" in text
    assert "individual data" not in text
    (text,) = methods([record(data="individual")], Citations()).paragraphs
    assert "Cox model among those still followed" in text
    assert methods([result([], {})], Citations()) is None
